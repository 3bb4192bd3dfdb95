//! Google's Gemini.

use assay_core::Tokens;
use assay_core::answer::Finish;
use assay_core::infra_error::{InfraClass, InfraError};
use serde_json::{Map, Value, json};

use super::body::{count_at, list_at, put, set_given, take, text_at, tokens};
use super::ending::is_end;
use super::spoken::Spoken;
use crate::subject::model_config::{Effort, ModelConfig, ModelError};
use crate::subject::question::AnswerSchema;

/// What a user may not set: Assay does.
pub(super) const OWN: [&str; 2] = ["contents", "systemInstruction"];

/// The model is named in the address, alone or with the folder that it lies in.
pub(super) fn segments(model: &str, stream: bool) -> Vec<String> {
    segments_of(model, if stream { "streamGenerateContent" } else { "generateContent" })
}

/// The same of any action.
pub(super) fn segments_of(model: &str, action: &str) -> Vec<String> {
    let model = format!("{model}:{action}");
    match model.contains('/') {
        true => model.split('/').map(str::to_owned).collect(),
        false => vec!["models".to_owned(), model],
    }
}

pub(super) fn settings(
    config: &ModelConfig,
    schema: Option<&AnswerSchema>,
) -> Result<Value, ModelError> {
    let mut generation = Map::new();
    let mut set = |key: &str, value| set_given(&mut generation, key, value);
    set("temperature", config.temperature.map(|number| json!(number)));
    set("topP", config.top_p.map(|number| json!(number)));
    set("maxOutputTokens", config.max_tokens.map(|most| json!(most)));
    set("seed", config.seed.map(|seed| json!(seed)));
    set("stopSequences", (!config.stop.is_empty()).then(|| json!(config.stop)));
    set("thinkingConfig", thinking(config)?);
    if let Some(schema) = schema {
        set("responseMimeType", Some(json!("application/json")));
        set("responseJsonSchema", Some(schema.schema.clone()));
    }
    Ok(match generation.is_empty() {
        true => json!({}),
        false => json!({ "generationConfig": generation }),
    })
}

fn thinking(config: &ModelConfig) -> Result<Option<Value>, ModelError> {
    let level = match (config.reasoning_effort, config.thinking_tokens) {
        (None, None) => return Ok(None),
        (None, Some(most)) => {
            return Ok(Some(json!({ "thinkingBudget": most, "includeThoughts": true })));
        }
        (Some(Effort::None), _) => return Ok(Some(json!({ "thinkingBudget": 0 }))),
        (Some(Effort::Minimal), _) => "MINIMAL",
        (Some(Effort::Low), _) => "LOW",
        (Some(Effort::Medium), _) => "MEDIUM",
        (Some(Effort::High), _) => "HIGH",
        (Some(Effort::Xhigh | Effort::Max), _) => {
            return Err(ModelError::Unsupported("reasoning-effort above high", "thinking-tokens"));
        }
    };
    Ok(Some(json!({ "thinkingLevel": level, "includeThoughts": true })))
}

pub(super) fn read(body: &Value) -> Result<Spoken, InfraError> {
    let tokens = usage(&body["usageMetadata"]);
    let Some(candidate) = body.pointer("/candidates/0") else {
        // The question itself was filtered: the model never saw it.
        if text_at(body, "/promptFeedback/blockReason").is_empty() {
            let message = "the server's answer has no candidates";
            return Err(InfraError::new(InfraClass::MalformedResponse, message));
        }
        return Ok(Spoken { finish: Finish::Filtered, tokens, ..Spoken::default() });
    };
    let mut spoken = Spoken::ended("finishReason", text_at(candidate, "/finishReason"))?;
    spoken.tokens = tokens;
    for part in list_at(candidate, "/content/parts") {
        spoken.calls_tool |= part.get("functionCall").is_some();
        match part.get("thought").and_then(Value::as_bool) {
            Some(true) => spoken.thinking.push_str(text_at(part, "/text")),
            _ => spoken.text.push_str(text_at(part, "/text")),
        }
        let mut names = part.as_object().into_iter().flat_map(Map::keys);
        spoken.does_more |= names.any(|name| name != "text" && name != "thought");
    }
    Ok(spoken)
}

/// `None` unless both sides were counted. Thoughts are counted beside the candidates. A count of 0
/// is left out, and only the total tells it from a missing one.
fn usage(usage: &Value) -> Option<Tokens> {
    let tools = count_at(usage, "/toolUsePromptTokenCount").unwrap_or_default();
    let input = count_at(usage, "/promptTokenCount")? + tools;
    let cached = count_at(usage, "/cachedContentTokenCount").unwrap_or_default();
    let said = count_at(usage, "/candidatesTokenCount");
    let thought = count_at(usage, "/thoughtsTokenCount");
    let output = match (said, thought) {
        (None, None) => count_at(usage, "/totalTokenCount")?.checked_sub(input)?,
        _ => said.unwrap_or_default() + thought.unwrap_or_default(),
    };
    Some(tokens(input, cached, output, thought.unwrap_or_default()))
}

pub(super) fn is_answer(value: &Value) -> bool {
    ["candidates", "promptFeedback", "usageMetadata"].iter().any(|name| value.get(name).is_some())
}

pub(super) fn fold(body: &mut Value, mut event: Value) -> bool {
    if body.is_null() {
        *body = json!({});
    }
    for name in ["usageMetadata", "promptFeedback"] {
        if event.get(name).is_some_and(Value::is_object) {
            put(body, name, take(&mut event, &format!("/{name}")));
        }
    }
    let is_blocked = !text_at(body, "/promptFeedback/blockReason").is_empty();
    if event.pointer("/candidates/0").is_none() {
        return is_blocked;
    }
    if list_at(body, "/candidates").is_empty() {
        put(body, "candidates", json!([{ "content": { "parts": [] } }]));
    }
    let parts = body.pointer_mut("/candidates/0/content/parts").and_then(Value::as_array_mut);
    if let (Some(parts), Value::Array(more)) =
        (parts, take(&mut event, "/candidates/0/content/parts"))
    {
        parts.extend(more);
    }
    let reason = take(&mut event, "/candidates/0/finishReason");
    let is_finished = reason.as_str().is_some_and(is_end);
    if let (true, Some(candidate)) = (is_finished, body.pointer_mut("/candidates/0")) {
        put(candidate, "finishReason", reason);
    }
    is_finished
}
