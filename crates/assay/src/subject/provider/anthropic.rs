//! Anthropic's Messages.

use assay_core::Tokens;
use assay_core::infra_error::{InfraClass, InfraError};
use serde_json::{Map, Value, json};

use super::body::{append, count_at, put, set_given, take, text_at, tokens};
use super::ending::is_end;
use super::spoken::Spoken;
use crate::json_text::parse;
use crate::subject::model_config::{Effort, ModelConfig, ModelError};
use crate::subject::question::AnswerSchema;

/// The version of the protocol that is spoken.
pub(super) const VERSION: &str = "2023-06-01";

/// What a user may not set: Assay does.
pub(super) const OWN: [&str; 4] = ["model", "messages", "system", "stream"];

/// Where the text of a tool's input is gathered until it is whole.
const PARTIAL: &str = "partial_json";

/// The protocol demands a limit; all current models can take this one.
const DEFAULT_MAX_TOKENS: u32 = 64_000;

pub(super) fn settings(
    config: &ModelConfig,
    schema: Option<&AnswerSchema>,
) -> Result<Value, ModelError> {
    if config.seed.is_some() {
        return Err(ModelError::Unsupported("seed", "no other key; there is no such thing"));
    }
    let mut settings = Map::new();
    settings.insert("model".to_owned(), json!(config.model));
    let limit = config.max_tokens.map_or(DEFAULT_MAX_TOKENS, u32::from);
    settings.insert("max_tokens".to_owned(), json!(limit));
    let mut set = |key: &str, value| set_given(&mut settings, key, value);
    set("temperature", config.temperature.map(|number| json!(number)));
    set("top_p", config.top_p.map(|number| json!(number)));
    set("stop_sequences", (!config.stop.is_empty()).then(|| json!(config.stop)));
    let thinking = match (config.reasoning_effort, config.thinking_tokens) {
        (Some(Effort::None), _) => Some(json!({ "type": "disabled" })),
        (Some(_), _) => Some(json!({ "type": "adaptive" })),
        (None, Some(most)) => Some(json!({ "type": "enabled", "budget_tokens": most })),
        (None, None) => None,
    };
    set("thinking", thinking);
    let mut output = Map::new();
    if let Some(effort) = config.reasoning_effort.filter(|effort| *effort != Effort::None) {
        output.insert("effort".to_owned(), json!(effort));
    }
    if let Some(schema) = schema {
        let format = json!({ "type": "json_schema", "schema": schema.schema });
        output.insert("format".to_owned(), format);
    }
    set("output_config", (!output.is_empty()).then_some(Value::Object(output)));
    Ok(Value::Object(settings))
}

pub(super) fn read(body: &Value) -> Result<Spoken, InfraError> {
    let Some(content) = body.get("content").and_then(Value::as_array) else {
        let message = "the server's answer is not a message: it has no content";
        return Err(InfraError::new(InfraClass::MalformedResponse, message));
    };
    let mut spoken = Spoken::ended("stop_reason", text_at(body, "/stop_reason"))?;
    spoken.tokens = usage(&body["usage"]);
    for block in content {
        match text_at(block, "/type") {
            "text" => spoken.text.push_str(text_at(block, "/text")),
            "tool_use" => spoken.calls_tool = true,
            "thinking" => {
                // What is hidden has a signature alone.
                spoken.does_more |= !text_at(block, "/signature").is_empty();
                spoken.thinking.push_str(text_at(block, "/thinking"));
            }
            _ => spoken.does_more = true,
        }
    }
    Ok(spoken)
}

/// `None` unless both sides were counted. What was read from the cache, or written to it,
/// is counted beside the rest of the input.
fn usage(usage: &Value) -> Option<Tokens> {
    let cached = count_at(usage, "/cache_read_input_tokens").unwrap_or_default();
    let written = count_at(usage, "/cache_creation_input_tokens").unwrap_or_default();
    let input = count_at(usage, "/input_tokens")? + cached + written;
    let output = count_at(usage, "/output_tokens")?;
    let reasoning = count_at(usage, "/output_tokens_details/thinking_tokens").unwrap_or_default();
    Some(Tokens { written, ..tokens(input, cached, output, reasoning) })
}

pub(super) fn is_answer(value: &Value) -> bool {
    value.get("content").is_some_and(Value::is_array) || is_event(value)
}

pub(super) fn is_event(value: &Value) -> bool {
    let kind = text_at(value, "/type");
    kind.starts_with("message_") || kind.starts_with("content_block_")
}

pub(super) fn fold(body: &mut Value, mut event: Value) -> bool {
    match text_at(&event, "/type") {
        "message_start" => *body = take(&mut event, "/message"),
        "content_block_start" => {
            let block = take(&mut event, "/content_block");
            if let Some(Value::Array(content)) = body.get_mut("content") {
                content.push(block);
            }
        }
        "content_block_delta" => {
            // Blocks come one after the other, so it is of the last one.
            let content = body.get_mut("content").and_then(Value::as_array_mut);
            if let Some(block) = content.and_then(|content| content.last_mut()) {
                for (kind, name) in [
                    ("text_delta", "text"),
                    ("thinking_delta", "thinking"),
                    ("signature_delta", "signature"),
                    ("input_json_delta", PARTIAL),
                ] {
                    if text_at(&event, "/delta/type") == kind {
                        append(block, name, text_at(&event, &format!("/delta/{name}")));
                    }
                }
            }
        }
        "content_block_stop" => {
            let content = body.get_mut("content").and_then(Value::as_array_mut);
            if let Some(Value::Object(block)) = content.and_then(|content| content.last_mut())
                && let Some(Ok(input)) = block.get(PARTIAL).and_then(Value::as_str).map(parse)
            {
                block.remove(PARTIAL);
                block.insert("input".to_owned(), input);
            }
        }
        "message_delta" => {
            let reason = take(&mut event, "/delta/stop_reason");
            let is_over = reason.as_str().is_some_and(is_end);
            put(body, "stop_reason", reason);
            let counts = take(&mut event, "/usage");
            match (body.get_mut("usage"), counts) {
                (Some(Value::Object(usage)), Value::Object(counts)) => usage.extend(counts),
                (_, counts) => put(body, "usage", counts),
            }
            return is_over;
        }
        "message_stop" => return true,
        _ => {}
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_is_unknown_is_passed_over() {
        let body = json!({ "content": [{ "type": "new" }, { "type": "text", "text": "x" }] });
        assert_eq!(read(&body).expect("it is read").text, "x");
    }

    #[test]
    fn the_input_of_a_tool_comes_in_pieces_and_is_kept_whole() {
        let block = json!({ "type": "tool_use", "id": "t", "name": "bash", "input": {} });
        let mut body = Value::Null;
        for event in [
            json!({ "type": "message_start", "message": { "content": [] } }),
            json!({ "type": "content_block_start", "index": 0, "content_block": block }),
            json!({ "type": "content_block_delta", "delta": { "type": "input_json_delta", "partial_json": "{\"com" } }),
            json!({ "type": "content_block_delta", "delta": { "type": "input_json_delta", "partial_json": "mand\":1}" } }),
            json!({ "type": "content_block_stop", "index": 0 }),
        ] {
            fold(&mut body, event);
        }
        let expect =
            json!({ "type": "tool_use", "id": "t", "name": "bash", "input": { "command": 1 } });
        assert_eq!(body["content"][0], expect);
    }
}
