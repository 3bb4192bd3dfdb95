//! What a server states about a model without being asked a question: the number of tokens of its
//! context. There is no standard way to ask for it, but most servers know at least one. A server
//! that says nothing, or cannot be reached, is asked its questions anyway.

#[cfg(test)]
mod properties;

use std::time::Duration;

use assay_core::served::{Kinship, kinship};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::{Value, json};
use tracing::{debug, trace};

use super::provider::Provider;
use crate::json_text;

/// How much a server says that a model can take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stated {
    /// Tokens of a question and its answer together.
    pub context: Option<u64>,
    /// Tokens of a question, where they are limited apart.
    pub input: Option<u64>,
}

/// Where servers state the tokens of a context: vLLM and SGLang, OpenRouter, Together and
/// Ollama, Groq, LM Studio and Mistral, llama.cpp, text-generation-inference. The smallest
/// counts: what is loaded is less than what a model was made for.
const CONTEXTS: [&str; 10] = [
    "/max_model_len",
    "/context_length",
    "/top_provider/context_length",
    "/context_window",
    "/max_context_length",
    "/loaded_context_length",
    "/n_ctx",
    "/meta/n_ctx",
    "/default_generation_settings/n_ctx",
    "/max_total_tokens",
];

/// Where they state the tokens of a question alone: Gemini, Anthropic and LiteLLM,
/// text-generation-inference.
const INPUTS: [&str; 4] =
    ["/inputTokenLimit", "/max_input_tokens", "/max_input_length", "/max_prompt_tokens"];

/// How long a server may take to state something.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of a statement. Gateways list hundreds of models at length.
const MOST_BYTES: usize = 16 << 20;

impl Stated {
    /// Whether a question and its answer, in tokens, can fit.
    pub fn takes(&self, question: u64, answer: u64) -> bool {
        self.context.is_none_or(|most| question.saturating_add(answer) <= most)
            && self.input.is_none_or(|most| question <= most)
    }

    /// What an object says about its model; `None` if it says nothing.
    fn of(said: &Value) -> Option<Stated> {
        let least = |places: &[&str]| places.iter().filter_map(|place| count(said, place)).min();
        let stated = Stated { context: least(&CONTEXTS), input: least(&INPUTS) };
        (stated != Stated::default()).then_some(stated)
    }

    /// What a list of models says about one of them.
    fn in_list(said: &Value, model: &str) -> Option<Stated> {
        let mut lists = [said.get("data"), said.get("models"), Some(said)].into_iter().flatten();
        let models = lists.find_map(Value::as_array)?;
        let names = ["id", "name", "model"];
        let is_it = |entry: &&Value| {
            let mut named = names.iter().filter_map(|name| entry.get(*name)?.as_str());
            named.any(|name| kinship(model, name) == Kinship::Same)
        };
        match (models.iter().find(is_it), models.as_slice()) {
            (Some(entry), _) => Stated::of(entry),
            // A server of one model takes any name for it.
            (None, [sole]) => Stated::of(sole),
            (None, _) => None,
        }
    }

    /// What Ollama shows about a model: the context that it is loaded with, if that is set,
    /// otherwise the one that it was made for.
    fn in_show(said: &Value) -> Option<Stated> {
        let parameters = said.get("parameters").and_then(Value::as_str).unwrap_or_default();
        let set = parameters.lines().find_map(|line| {
            let (name, value) = line.trim().split_once(char::is_whitespace)?;
            (name == "num_ctx").then(|| value.trim().parse().ok())?
        });
        let made_for = || {
            let facts = said.get("model_info")?.as_object()?;
            let name = facts.keys().find(|name| name.ends_with(".context_length"))?;
            facts[name].as_u64()
        };
        let context = set.or_else(made_for).filter(|tokens| *tokens > 0)?;
        Some(Stated { context: Some(context), input: None })
    }
}

/// A count of more than nothing, as a number or as text.
fn count(said: &Value, place: &str) -> Option<u64> {
    let found = said.pointer(place)?;
    let number = found.as_u64().or_else(|| found.as_str()?.trim().parse().ok());
    number.filter(|tokens| *tokens > 0)
}

/// Who is asked, about which model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inquiry<'a> {
    pub(super) http: &'a Client,
    pub(super) provider: Provider,
    /// What stands before the addresses of the protocol.
    pub(super) base: &'a Url,
    pub(super) model: &'a str,
}

/// Why it is useless to ask the server anything else.
struct Unreached;

impl Inquiry<'_> {
    /// What the server states, if anything.
    pub(super) async fn ask(&self) -> Option<Stated> {
        let stated = self.ask_all().await.unwrap_or_default();
        debug!(model = self.model, ?stated, "asked how long a context the server has");
        stated
    }

    async fn ask_all(&self) -> Result<Option<Stated>, Unreached> {
        let model = self.model;
        let stated = match self.provider {
            Provider::OpenAi | Provider::OpenAiResponses => {
                let list = self.get(&under(self.base, &["models"])).await?;
                Stated::in_list(&list, model)
            }
            Provider::Anthropic => {
                Stated::of(&self.get(&under(self.base, &["models", model])).await?)
            }
            Provider::Gemini => {
                let folder = if model.contains('/') { vec![] } else { vec!["models"] };
                let parts: Vec<&str> = folder.into_iter().chain(model.split('/')).collect();
                Stated::of(&self.get(&under(self.base, &parts)).await?)
            }
        };
        // Only servers of one's own have the addresses below, and few of those a certificate.
        if stated.is_some() || self.base.scheme() != "http" {
            return Ok(stated);
        }
        let root = root(self.base);
        if let Some(stated) = Stated::of(&self.get(&under(&root, &["props"])).await?) {
            return Ok(Some(stated));
        }
        for list in [&["api", "ps"][..], &["api", "v0", "models"]] {
            let list = self.get(&under(&root, list)).await?;
            if let Some(stated) = Stated::in_list(&list, model) {
                return Ok(Some(stated));
            }
        }
        let show = self.http.post(under(&root, &["api", "show"])).json(&json!({ "model": model }));
        if let Some(stated) = Stated::in_show(&self.send(show).await?) {
            return Ok(Some(stated));
        }
        Ok(Stated::of(&self.get(&under(&root, &["info"])).await?))
    }

    async fn get(&self, address: &Url) -> Result<Value, Unreached> {
        self.send(self.http.get(address.clone())).await
    }

    /// The reply; null if it is not an answer or not JSON.
    async fn send(&self, request: RequestBuilder) -> Result<Value, Unreached> {
        let mut response = match request.timeout(PATIENCE).send().await {
            Ok(response) if response.status().is_success() => response,
            Ok(response) => {
                let status = response.status().as_u16();
                trace!(status, "nothing is stated there");
                return Ok(Value::Null);
            }
            Err(error) => {
                let (connect, timeout) = (error.is_connect(), error.is_timeout());
                debug!(connect, timeout, "the server cannot be asked what it states");
                return if connect || timeout { Err(Unreached) } else { Ok(Value::Null) };
            }
        };
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => break,
                Err(error) => {
                    debug!(timeout = error.is_timeout(), "what the server states broke off");
                    break;
                }
            }
            if body.len() > MOST_BYTES {
                return Ok(Value::Null);
            }
        }
        Ok(json_text::parse_bytes(&body).unwrap_or_default())
    }
}

/// An address below another, whose query is kept.
fn under(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

/// Where a server's own addresses begin, beside those of a protocol.
fn root(base: &Url) -> Url {
    let mut url = base.clone();
    let path = base.path().trim_end_matches('/');
    let is_version = |last: &str| {
        last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if let Some((before, last)) = path.rsplit_once('/')
        && is_version(last)
    {
        url.set_path(before);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(context: Option<u64>, input: Option<u64>) -> Option<Stated> {
        Some(Stated { context, input })
    }

    #[test]
    fn lists_of_servers_say_how_long_a_context_is() {
        let check = |list: Value, expect: Option<Stated>| {
            assert_eq!(Stated::in_list(&list, "qwen3-8b"), expect, "{list}");
        };
        let other = json!({ "id": "other", "max_model_len": 7 });
        check(
            json!({ "data": [other, { "id": "Qwen3-8B", "max_model_len": 4096 }] }),
            of(Some(4096), None),
        );
        check(json!({ "data": [other, { "id": "third", "max_model_len": 9 }] }), None);
        check(json!({ "data": [other] }), of(Some(7), None));
        check(json!([{ "id": "qwen3-8b", "context_length": 32768 }]), of(Some(32768), None));
        check(
            json!({ "models": [{ "name": "qwen3-8b:latest", "context_length": 4096 }] }),
            of(Some(4096), None),
        );
        check(
            json!({ "data": [{ "id": "qwen3-8b", "max_context_length": 131072, "loaded_context_length": "8192" }] }),
            of(Some(8192), None),
        );
        check(
            json!({ "data": [{ "id": "qwen3-8b", "owned_by": "me", "max_model_len": null }] }),
            None,
        );
        check(json!({ "choices": [{ "message": {} }] }), None);
        check(Value::Null, None);
    }

    #[test]
    fn what_a_server_shows_of_one_model_says_it_too() {
        let check =
            |said: Value, expect: Option<Stated>| assert_eq!(Stated::of(&said), expect, "{said}");
        check(json!({ "default_generation_settings": { "n_ctx": 2048 } }), of(Some(2048), None));
        check(
            json!({ "inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536 }),
            of(None, Some(1_048_576)),
        );
        check(json!({ "id": "claude", "max_input_tokens": 200_000 }), of(None, Some(200_000)));
        check(json!({ "n_ctx": 0 }), None);
        let show = json!({ "model_info": { "llama.context_length": 8192 }, "parameters": "stop x\nnum_ctx  2048" });
        assert_eq!(Stated::in_show(&show), of(Some(2048), None));
        let show = json!({ "model_info": { "llama.context_length": 8192 } });
        assert_eq!(Stated::in_show(&show), of(Some(8192), None));
        assert_eq!(Stated::in_show(&json!({ "parameters": 3 })), None);
    }

    #[test]
    fn what_fits_is_told_from_what_does_not() {
        let stated = Stated { context: Some(100), input: Some(60) };
        assert!(stated.takes(60, 40) && !stated.takes(61, 0) && !stated.takes(60, 41));
        assert!(Stated::default().takes(u64::MAX, u64::MAX));
    }

    #[test]
    fn a_servers_own_addresses_are_beside_those_of_the_protocol() {
        let check = |base: &str, expect: &str| {
            let base = Url::parse(base).expect("an address");
            assert_eq!(under(&root(&base), &["props"]).as_str(), expect);
        };
        check("http://h:1/v1", "http://h:1/props");
        check("http://h:1/v1/", "http://h:1/props");
        check("http://h:1/sub/v1beta?a=b", "http://h:1/sub/props?a=b");
        check("http://h:1", "http://h:1/props");
        check("http://h:1/vllm", "http://h:1/vllm/props");
    }
}
