//! What differs between protocols: where each has its place for what a user sets, and how
//! its answers are read.
//!
//! A stream is first put together to the body that would have come without one, so that
//! there is one reading of each protocol.

use assay_core::infra_error::InfraError;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::body::merge;
use super::spoken::Spoken;
use super::{Provider, anthropic, gemini, openai, openai_responses, served};
use crate::subject::api_key::ApiKey;
use crate::subject::model_config::{ModelConfig, ModelError};
use crate::subject::question::{AnswerSchema, Reply};

impl Provider {
    /// Anthropic refuses to answer at length in one piece: a connection that is silent
    /// for minutes is cut on the way. The others answer at any length.
    pub(in crate::subject) fn streams_by_default(self) -> bool {
        self == Provider::Anthropic
    }

    /// Where questions go. The query of the base is kept.
    pub(in crate::subject) fn endpoint(self, base: &Url, model: &str, stream: bool) -> Url {
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
    pub(in crate::subject) fn headers(self, key: Option<&ApiKey>) -> HeaderMap {
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
    pub(in crate::subject) fn settings(
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
    pub(in crate::subject) fn output_limit(self, settings: &Map<String, Value>) -> Option<u64> {
        let names = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let settings = match self {
            Provider::Gemini => settings.get("generationConfig")?.as_object()?,
            _ => settings,
        };
        let mut limits = names.iter().chain(&["maxOutputTokens"]);
        limits.find_map(|name| settings.get(*name)?.as_u64())
    }

    /// What a body without an error says.
    pub(in crate::subject) fn read(self, body: &Value) -> Result<Reply, InfraError> {
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

    /// What a body says in any form, as text: to estimate how much it is.
    pub(in crate::subject) fn said_in(self, body: &Value) -> String {
        let place = match self {
            Provider::OpenAi => "/choices/0/message",
            Provider::OpenAiResponses => "/output",
            Provider::Anthropic => "/content",
            Provider::Gemini => "/candidates/0/content/parts",
        };
        body.pointer(place).map(Value::to_string).unwrap_or_default()
    }

    /// Whether a body is an answer, or an event a piece of one, by its form.
    pub(in crate::subject) fn is_answer(self, value: &Value) -> bool {
        match self {
            Provider::OpenAi => openai::is_answer(value),
            Provider::OpenAiResponses => openai_responses::is_answer(value),
            Provider::Anthropic => anthropic::is_answer(value),
            Provider::Gemini => gemini::is_answer(value),
        }
    }

    /// Whether a value is a whole answer, which an event may hold too.
    pub(in crate::subject) fn is_whole(self, value: &Value) -> bool {
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
    pub(in crate::subject) fn is_event(self, value: &Value) -> bool {
        match self {
            Provider::OpenAi => openai::is_event(value),
            Provider::OpenAiResponses => openai_responses::is_event(value),
            Provider::Anthropic => anthropic::is_event(value),
            Provider::Gemini => false,
        }
    }

    /// Adds an event of a stream to the body that it makes; says whether the answer is
    /// whole now.
    pub(in crate::subject) fn fold(self, body: &mut Value, event: Value) -> bool {
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
}
