//! Reads the body of a request: no more than it may have, no slower than it may come, and while
//! there is memory for it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;

use super::admission::{Admission, Held};
use super::reply::Reply;

/// How long a body may pause, and how long it may take in all.
const PAUSE: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(60);

/// What a body may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum BodyLimit {
    /// One artifact, in JSON.
    Artifact,
    /// A batch of them.
    Batch,
    /// An archive.
    Archive,
}

impl BodyLimit {
    pub(super) fn bytes(self) -> usize {
        match self {
            BodyLimit::Artifact => 8 << 20,
            BodyLimit::Batch => 32 << 20,
            BodyLimit::Archive => 32 << 20,
        }
    }
}

/// A body, and the memory that it takes.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    _held: Vec<Held>,
}

/// Reads a body; of a stranger it is not known yet who it is.
pub(super) async fn receive(
    body: Incoming,
    limit: BodyLimit,
    (admission, is_strange): (&Arc<Admission>, bool),
) -> Result<Received, Reply> {
    let reading = read(body, limit, admission, is_strange);
    tokio::time::timeout(WHOLE, reading).await.unwrap_or_else(|_| Err(too_slow()))
}

async fn read(
    mut body: Incoming,
    limit: BodyLimit,
    admission: &Arc<Admission>,
    is_strange: bool,
) -> Result<Received, Reply> {
    let most = limit.bytes();
    let too_large = || {
        let message = format!("the body is larger than {most} bytes");
        Err(Reply::error(413, "body-too-large", message).closing())
    };
    if body.size_hint().lower() > u64::try_from(most).unwrap_or(u64::MAX) {
        return too_large();
    }
    let mut received = Received { bytes: Vec::new(), _held: Vec::new() };
    loop {
        let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let frame = match tokio::time::timeout(PAUSE, next).await {
            Err(_) => return Err(too_slow()),
            Ok(None) => return Ok(received),
            Ok(Some(Err(_))) => {
                return Err(Reply::error(400, "body-broken", "the body breaks off").closing());
            }
            Ok(Some(Ok(frame))) => frame,
        };
        // What follows a body says nothing about it.
        let Ok(data): Result<Bytes, _> = frame.into_data() else { continue };
        if received.bytes.len() + data.len() > most {
            return too_large();
        }
        let held = admission.hold(u64::try_from(data.len()).unwrap_or(u64::MAX), is_strange);
        received._held.push(held.map_err(|full| Reply::full(&full).closing())?);
        received.bytes.extend_from_slice(&data);
    }
}

fn too_slow() -> Reply {
    Reply::error(408, "body-too-slow", "the body does not come fast enough").closing()
}

/// The JSON of a body. A page of another site cannot say that it sends JSON without being asked.
pub(super) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Reply> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let message = "the body is to be JSON, with content-type: application/json";
        return Err(Reply::error(415, "not-json", message));
    }
    serde_json::from_slice(body).map_err(|error| {
        // The message names members and places, and repeats no value.
        let place = format!("line {}, column {}", error.line(), error.column());
        let message = match error.classify() {
            serde_json::error::Category::Data => format!("the body is not as expected: {error}"),
            _ => format!("the body is not JSON: {place}"),
        };
        Reply::error(400, "malformed", message)
    })
}
