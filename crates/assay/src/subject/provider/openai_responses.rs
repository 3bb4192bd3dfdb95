//! OpenAI's Responses API.

use assay_core::Tokens;
use assay_core::infra_error::{InfraClass, InfraError};
use serde_json::{Map, Value, json};

use super::body::{append, count_at, list_at, put, set_given, take, text_at, tokens};
use super::ending::is_end;
use super::spoken::Spoken;
use crate::subject::model_config::{ModelConfig, ModelError};
use crate::subject::question::AnswerSchema;

/// What a user may not set: Assay does.
pub(super) const OWN: [&str; 5] = ["model", "input", "instructions", "stream", "background"];

pub(super) fn settings(
    config: &ModelConfig,
    schema: Option<&AnswerSchema>,
) -> Result<Value, ModelError> {
    for (key, is_set) in [
        ("thinking-tokens", config.thinking_tokens.is_some()),
        ("seed", config.seed.is_some()),
        ("stop", !config.stop.is_empty()),
    ] {
        if is_set {
            return Err(ModelError::Unsupported(key, "extra, if the server does"));
        }
    }
    let mut settings = Map::new();
    settings.insert("model".to_owned(), json!(config.model));
    let mut set = |key: &str, value| set_given(&mut settings, key, value);
    set("temperature", config.temperature.map(|number| json!(number)));
    set("top_p", config.top_p.map(|number| json!(number)));
    set("max_output_tokens", config.max_tokens.map(|most| json!(most)));
    set("reasoning", config.reasoning_effort.map(|effort| json!({ "effort": effort })));
    set("text", schema.map(text_format));
    Ok(Value::Object(settings))
}

fn text_format(schema: &AnswerSchema) -> Value {
    json!({
        "format": {
            "type": "json_schema",
            "name": schema.name,
            "strict": true,
            "schema": schema.schema,
        },
    })
}

pub(super) fn read(body: &Value) -> Result<Spoken, InfraError> {
    let malformed = |what: &str| {
        let message = format!("the server's answer is not a finished response: {what}");
        InfraError::new(InfraClass::MalformedResponse, message)
    };
    let output = body.get("output").and_then(Value::as_array);
    let output = output.ok_or_else(|| malformed("it has no output"))?;
    let mut spoken = ended(body)?;
    spoken.tokens = usage(&body["usage"]);
    for item in output {
        match text_at(item, "/type") {
            "message" => {
                for part in list_at(item, "/content") {
                    spoken.text.push_str(text_at(part, "/text"));
                    spoken.refusal.push_str(text_at(part, "/refusal"));
                }
            }
            "reasoning" => {
                spoken.does_more |= !text_at(item, "/encrypted_content").is_empty();
                let parts = list_at(item, "/summary").iter().chain(list_at(item, "/content"));
                for part in parts {
                    if !spoken.thinking.is_empty() {
                        spoken.thinking.push_str("\n\n");
                    }
                    spoken.thinking.push_str(text_at(part, "/text"));
                }
            }
            "function_call" | "custom_tool_call" => spoken.calls_tool = true,
            _ => spoken.does_more = true,
        }
    }
    Ok(spoken)
}

/// How a response ended. Some servers call a response complete that they also say is cut off, and
/// some give no status for a complete response.
fn ended(body: &Value) -> Result<Spoken, InfraError> {
    let reason = text_at(body, "/incomplete_details/reason");
    match text_at(body, "/status") {
        "" | "completed" => Spoken::ended("incomplete_details", reason),
        "incomplete" if is_end(reason) => Spoken::ended("incomplete_details", reason),
        status @ ("incomplete" | "failed" | "cancelled") => Spoken::ended("status", status),
        status => {
            let message =
                format!("the server's answer is not a finished response: its status is {status:?}");
            Err(InfraError::new(InfraClass::MalformedResponse, message))
        }
    }
}

pub(super) fn is_answer(value: &Value) -> bool {
    value.get("output").is_some_and(Value::is_array) || is_event(value)
}

pub(super) fn is_event(value: &Value) -> bool {
    text_at(value, "/type").starts_with("response.")
}

/// `None` unless both sides were counted.
fn usage(usage: &Value) -> Option<Tokens> {
    let input = count_at(usage, "/input_tokens")?;
    let output = count_at(usage, "/output_tokens")?;
    let cached = count_at(usage, "/input_tokens_details/cached_tokens").unwrap_or_default();
    let reasoning = count_at(usage, "/output_tokens_details/reasoning_tokens").unwrap_or_default();
    Some(tokens(input, cached, output, reasoning))
}

/// The last event holds the whole response; some servers leave its output out, so what
/// came before is kept until then.
pub(super) fn fold(body: &mut Value, mut event: Value) -> bool {
    if body.is_null() {
        *body = json!({ "output": [
            { "type": "reasoning", "content": [{ "text": "" }] },
            { "type": "message", "content": [{ "text": "", "refusal": "" }] },
        ] });
    }
    let mut more = |item: usize, name: &str| {
        if let Some(part) = body.pointer_mut(&format!("/output/{item}/content/0")) {
            append(part, name, text_at(&event, "/delta"));
        }
    };
    match text_at(&event, "/type") {
        "response.output_text.delta" => more(1, "text"),
        "response.refusal.delta" => more(1, "refusal"),
        "response.reasoning_text.delta" | "response.reasoning_summary_text.delta" => {
            more(0, "text");
        }
        "response.completed"
        | "response.incomplete"
        | "response.failed"
        | "response.cancelled"
        | "response.done" => {
            let so_far = take(body, "/output");
            *body = take(&mut event, "/response");
            if list_at(body, "/output").is_empty() {
                put(body, "output", so_far);
            }
            return true;
        }
        _ => {}
    }
    false
}
