//! The protocols that models are asked in: where each has its place for what a user
//! sets, and how its answers are read.
//!
//! A stream is first put together to the body that would have come without one, so that
//! there is one reading of each protocol.

mod anthropic;
mod ending;
mod gemini;
mod lost;
mod openai;
mod openai_responses;
mod request;
mod served;

use assay_core::Tokens;
use assay_core::answer::{Answer, Finish};
use assay_core::infra_error::InfraError;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::api_key::ApiKey;
use super::model_config::{ModelConfig, ModelError};
use super::question::{AnswerSchema, Reply};

/// A protocol, named after the provider that defined it. Other servers speak it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Chat completions, which most servers speak.
    OpenAi,
    OpenAiResponses,
    /// Messages.
    Anthropic,
    Gemini,
}

impl Provider {
    pub const ALL: [Provider; 4] =
        [Provider::OpenAi, Provider::OpenAiResponses, Provider::Anthropic, Provider::Gemini];

    /// The name in `assay.toml` and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Provider::OpenAi => "openai",
            Provider::OpenAiResponses => "openai-responses",
            Provider::Anthropic => "anthropic",
            Provider::Gemini => "gemini",
        }
    }

    /// The server that the protocol is from.
    pub fn default_base_url(self) -> &'static str {
        match self {
            Provider::OpenAi | Provider::OpenAiResponses => "https://api.openai.com/v1",
            Provider::Anthropic => "https://api.anthropic.com/v1",
            Provider::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        }
    }

    pub fn default_api_key_env(self) -> &'static str {
        match self {
            Provider::OpenAi | Provider::OpenAiResponses => "OPENAI_API_KEY",
            Provider::Anthropic => "ANTHROPIC_API_KEY",
            Provider::Gemini => "GEMINI_API_KEY",
        }
    }

    /// Anthropic refuses to answer at length in one piece: a connection that is silent
    /// for minutes is cut on the way. The others answer at any length.
    pub(super) fn streams_by_default(self) -> bool {
        self == Provider::Anthropic
    }

    /// Where questions go. The query of the base is kept.
    pub(super) fn endpoint(self, base: &Url, model: &str, stream: bool) -> Url {
        let mut url = base.clone();
        let segments: Vec<String> = match self {
            Provider::OpenAi => vec!["chat".to_owned(), "completions".to_owned()],
            Provider::OpenAiResponses => vec!["responses".to_owned()],
            Provider::Anthropic => vec!["messages".to_owned()],
            Provider::Gemini => gemini::segments(model, stream),
        };
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if self == Provider::Gemini && stream {
            url.query_pairs_mut().append_pair("alt", "sse");
        }
        url
    }

    /// The headers of every request.
    pub(super) fn headers(self, key: Option<&ApiKey>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if self == Provider::Anthropic {
            let version = HeaderValue::from_static(anthropic::VERSION);
            headers.insert(HeaderName::from_static("anthropic-version"), version);
        }
        if let Some(key) = key {
            match self {
                Provider::OpenAi | Provider::OpenAiResponses => {
                    headers.insert(AUTHORIZATION, key.bearer());
                }
                Provider::Anthropic => {
                    headers.insert(HeaderName::from_static("x-api-key"), key.plain());
                }
                Provider::Gemini => {
                    headers.insert(HeaderName::from_static("x-goog-api-key"), key.plain());
                }
            }
        }
        headers
    }

    /// What a request holds beside its messages and the system prompt: the exact model
    /// where the protocol names it there, what the user set, and last what the user set
    /// for this provider alone.
    pub(super) fn settings(
        self,
        config: &ModelConfig,
        schema: Option<&AnswerSchema>,
    ) -> Result<Map<String, Value>, ModelError> {
        let (settings, own): (_, &[&str]) = match self {
            Provider::OpenAi => (openai::settings(config, schema)?, &openai::OWN),
            Provider::OpenAiResponses => {
                (openai_responses::settings(config, schema)?, &openai_responses::OWN)
            }
            Provider::Anthropic => (anthropic::settings(config, schema)?, &anthropic::OWN),
            Provider::Gemini => (gemini::settings(config, schema)?, &gemini::OWN),
        };
        if let Some(key) = own.iter().find(|key| config.extra.contains_key(**key)) {
            return Err(ModelError::Extra((*key).to_owned()));
        }
        let Value::Object(mut settings) = settings else { return Ok(Map::new()) };
        merge(&mut settings, &config.extra);
        Ok(settings)
    }

    /// The limit on the tokens of an answer in what is sent.
    pub(super) fn output_limit(self, settings: &Map<String, Value>) -> Option<u64> {
        let names = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let settings = match self {
            Provider::Gemini => settings.get("generationConfig")?.as_object()?,
            _ => settings,
        };
        let mut limits = names.iter().chain(&["maxOutputTokens"]);
        limits.find_map(|name| settings.get(*name)?.as_u64())
    }

    /// What a body without an error says.
    pub(super) fn read(self, body: &Value) -> Result<Reply, InfraError> {
        let spoken = match self {
            Provider::OpenAi => openai::read(body),
            Provider::OpenAiResponses => openai_responses::read(body),
            Provider::Anthropic => anthropic::read(body),
            Provider::Gemini => gemini::read(body),
        };
        let mut reply = Reply::from(spoken.and_then(Spoken::not_lost)?);
        reply.served = served::named(body);
        Ok(reply)
    }

    /// Whether a body is an answer, or an event a piece of one, by its form.
    pub(super) fn is_answer(self, value: &Value) -> bool {
        match self {
            Provider::OpenAi => openai::is_answer(value),
            Provider::OpenAiResponses => openai_responses::is_answer(value),
            Provider::Anthropic => anthropic::is_answer(value),
            Provider::Gemini => gemini::is_answer(value),
        }
    }

    /// Whether a value is a whole answer, which an event may hold too.
    pub(super) fn is_whole(self, value: &Value) -> bool {
        let has = match self {
            Provider::OpenAi => value.pointer("/choices/0/message").is_some_and(Value::is_object),
            Provider::OpenAiResponses => value.get("output").is_some_and(Value::is_array),
            Provider::Anthropic => value.get("content").is_some_and(Value::is_array),
            // Pieces have the form of whole answers, and are added up.
            Provider::Gemini => false,
        };
        has && !self.is_event(value)
    }

    /// Whether JSON is an event of a stream, wherever it came.
    pub(super) fn is_event(self, value: &Value) -> bool {
        match self {
            Provider::OpenAi => openai::is_event(value),
            Provider::OpenAiResponses => openai_responses::is_event(value),
            Provider::Anthropic => anthropic::is_event(value),
            Provider::Gemini => false,
        }
    }

    /// Adds an event of a stream to the body that it makes; says whether the answer is
    /// whole now.
    pub(super) fn fold(self, body: &mut Value, event: Value) -> bool {
        let served = served::named(&event);
        let is_whole = match self {
            Provider::OpenAi => openai::fold(body, &event),
            Provider::OpenAiResponses => openai_responses::fold(body, event),
            Provider::Anthropic => anthropic::fold(body, event),
            Provider::Gemini => gemini::fold(body, event),
        };
        served::keep(body, served);
        is_whole
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was read of a body.
#[derive(Debug, Default)]
struct Spoken {
    text: String,
    /// What the model said in the place that its protocol has for refusals.
    refusal: String,
    thinking: String,
    finish: Finish,
    tokens: Option<Tokens>,
    calls_tool: bool,
    /// Whether there is something that is neither said nor shown: thinking that its
    /// provider hides, a tool of its own.
    does_more: bool,
}

impl From<Spoken> for Reply {
    fn from(spoken: Spoken) -> Reply {
        let Spoken { mut text, refusal, thinking, mut finish, tokens, calls_tool, .. } = spoken;
        if !refusal.is_empty() {
            finish = Finish::Refused;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&refusal);
        }
        if calls_tool && text.trim().is_empty() && finish == Finish::Complete {
            finish = Finish::ToolCall;
        }
        let mut reply = Reply::from(Answer::Text(text));
        reply.thinking = (!thinking.trim().is_empty()).then_some(thinking);
        reply.finish = finish;
        reply.usage.tokens = tokens;
        reply
    }
}

/// Puts the members of one object over those of another; objects in both are joined.
fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The text at a place of a body; empty where there is none.
fn text_at<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a place of a body; empty where there is none.
fn list_at<'a>(value: &'a Value, place: &str) -> &'a [Value] {
    value.pointer(place).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// No answer takes this many tokens. Larger counts are treated as missing: their sums and costs
/// would overflow.
const MOST_TOKENS: u64 = 1 << 40;

/// The count at a place of a body; some servers write it as a text, or with a fraction.
fn count_at(value: &Value, place: &str) -> Option<u64> {
    let count = match value.pointer(place)? {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_u64().or_else(|| {
            let whole = number.as_f64().filter(|it| it.fract() == 0.0)?;
            format!("{whole:.0}").parse().ok()
        }),
        _ => None,
    };
    count.filter(|count| *count < MOST_TOKENS)
}

/// Takes what is at a place of an event; null where there is nothing.
fn take(event: &mut Value, place: &str) -> Value {
    event.pointer_mut(place).map(Value::take).unwrap_or_default()
}

/// Sets a member of an object of a body. Indexing would panic on a value that is not an object, and
/// servers may send anything.
fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// Sets what the user has given a value.
fn set_given(settings: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        settings.insert(key.to_owned(), value);
    }
}

/// Lengthens a text that is a member of an object of a body.
fn append(object: &mut Value, name: &str, more: &str) {
    let Value::Object(members) = object else { return };
    match members.get_mut(name) {
        Some(Value::String(text)) => text.push_str(more),
        _ => put(object, name, Value::String(more.to_owned())),
    }
}

/// Counts that agree with each other: what is a part of another is no more than it.
fn tokens(input: u64, cached: u64, output: u64, reasoning: u64) -> Tokens {
    Tokens { input, cached: cached.min(input), output, reasoning: reasoning.min(output) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_no_answer_has_is_none() {
        let huge = serde_json::json!({ "prompt_tokens": u64::MAX, "completion_tokens": 3 });
        let message = serde_json::json!({ "message": { "content": "x" }, "finish_reason": "stop" });
        let body = serde_json::json!({ "choices": [message], "usage": huge });
        let reply = Provider::OpenAi.read(&body).expect("an answer");
        assert_eq!(reply.usage.tokens, None);
        let usage = |count: u64| {
            serde_json::json!({ "input_tokens": count, "output_tokens": 1,
            "cache_read_input_tokens": count, "cache_creation_input_tokens": count })
        };
        let body = |count| {
            serde_json::json!({ "content": [{ "type": "text", "text": "x" }],
            "stop_reason": "end_turn", "usage": usage(count) })
        };
        let tokens = |count| Provider::Anthropic.read(&body(count)).expect("it").usage.tokens;
        assert_eq!(tokens(u64::MAX / 2), None);
        assert_eq!(tokens(5).map(|tokens| tokens.input), Some(15));
    }

    #[test]
    fn objects_are_joined_and_all_else_is_replaced() {
        let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).expect("JSON");
        let mut into = object(r#"{"a":{"b":1,"c":[1]},"d":2}"#);
        merge(&mut into, &object(r#"{"a":{"c":[2],"e":3},"d":{"f":4}}"#));
        assert_eq!(into, object(r#"{"a":{"b":1,"c":[2],"e":3},"d":{"f":4}}"#));
    }
}
