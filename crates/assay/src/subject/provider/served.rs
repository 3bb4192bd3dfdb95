//! The name of the model that answered, and of the configuration that it ran in, off a
//! body or an event of any protocol.

use assay_core::Served;
use serde_json::Value;

use super::body::{put, text_at};

/// Where protocols name the model, the last of them in the first event of a stream.
const MODELS: [&str; 4] = ["/model", "/modelVersion", "/response/model", "/message/model"];

/// Where they name its configuration; gateways name the host that they passed a question to.
const FINGERPRINTS: [&str; 3] =
    ["/system_fingerprint", "/response/system_fingerprint", "/provider"];

/// What a body or an event says about it.
pub(super) fn named(said: &Value) -> Served {
    let first = |places: &[&str]| {
        let texts = places.iter().map(|place| text_at(said, place));
        texts.map(str::to_owned).find(|text| !text.trim().is_empty())
    };
    Served { model: first(&MODELS), fingerprint: first(&FINGERPRINTS), sent_bytes: None }
}

/// Keeps what an event said about it in the body that is assembled from events, unless the body
/// says something itself.
pub(super) fn keep(body: &mut Value, said: Served) {
    let known = named(body);
    if let (None, Some(model)) = (known.model, said.model) {
        put(body, "model", Value::String(model));
    }
    if let (None, Some(fingerprint)) = (known.fingerprint, said.fingerprint) {
        put(body, "system_fingerprint", Value::String(fingerprint));
    }
}
