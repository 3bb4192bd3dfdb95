//! OpenAI's chat completions, which most servers of models speak.

use assay_core::Tokens;
use assay_core::infra_error::{InfraClass, InfraError};
use serde_json::{Map, Value, json};

use super::Provider;
use super::body::{append, count_at, list_at, put, set_given, text_at, tokens};
use super::ending::is_end;
use super::spoken::Spoken;
use crate::subject::model_config::{ModelConfig, ModelError};
use crate::subject::question::AnswerSchema;

/// What a user may not set: Assay does, or reads no answer of it.
pub(super) const OWN: [&str; 4] = ["model", "messages", "stream", "n"];

pub(super) fn settings(
    config: &ModelConfig,
    schema: Option<&AnswerSchema>,
) -> Result<Value, ModelError> {
    if config.thinking_tokens.is_some() {
        return Err(ModelError::Unsupported("thinking-tokens", "reasoning-effort, or extra"));
    }
    let mut settings = Map::new();
    settings.insert("model".to_owned(), json!(config.model));
    let mut set = |key: &str, value| set_given(&mut settings, key, value);
    set("temperature", config.temperature.map(|number| json!(number)));
    set("top_p", config.top_p.map(|number| json!(number)));
    // OpenAI's own models that reason refuse the older name; other servers know no other.
    let is_own = config.is_for_the_server_of(Provider::OpenAi);
    let limit = if is_own { "max_completion_tokens" } else { "max_tokens" };
    set(limit, config.max_tokens.map(|most| json!(most)));
    set("seed", config.seed.map(|seed| json!(seed)));
    set("stop", (!config.stop.is_empty()).then(|| json!(config.stop)));
    set("reasoning_effort", config.reasoning_effort.map(|effort| json!(effort)));
    set("response_format", schema.map(response_format));
    Ok(Value::Object(settings))
}

fn response_format(schema: &AnswerSchema) -> Value {
    json!({
        "type": "json_schema",
        "json_schema": { "name": schema.name, "strict": true, "schema": schema.schema },
    })
}

pub(super) fn read(body: &Value) -> Result<Spoken, InfraError> {
    let malformed = |what: &str| {
        let message = format!("the server's answer is not a chat completion: {what}");
        InfraError::new(InfraClass::MalformedResponse, message)
    };
    let choices = body.get("choices").and_then(Value::as_array);
    let choices = choices.ok_or_else(|| malformed("it has no list of choices"))?;
    let choice = choices.first().ok_or_else(|| malformed("its list of choices is empty"))?;
    let message = choice.get("message").filter(|message| message.is_object());
    let message = message.ok_or_else(|| malformed("its choice has no message"))?;
    // OpenRouter has the words of the provider behind it beside its own.
    let names = ["finish_reason", "native_finish_reason"];
    let name = names.iter().find(|name| is_end(text_at(choice, &format!("/{name}"))));
    let name = name.unwrap_or(&names[0]);
    let mut spoken = Spoken::ended(name, text_at(choice, &format!("/{name}")))?;
    spoken.refusal.push_str(text_at(message, "/refusal"));
    spoken.tokens = usage(&body["usage"]);
    spoken.calls_tool |= !list_at(message, "/tool_calls").is_empty()
        || message.get("function_call").is_some_and(Value::is_object);
    spoken.does_more = !list_at(message, "/reasoning_details").is_empty()
        || message.get("audio").is_some_and(Value::is_object);
    // Servers agree on no name for it.
    let names = ["/reasoning_content", "/reasoning"];
    let thinking = names.iter().map(|name| text_at(message, name)).find(|text| !text.is_empty());
    spoken.thinking.push_str(thinking.unwrap_or_default());
    match &message["content"] {
        Value::String(text) => spoken.text.push_str(text),
        Value::Array(parts) => parts.iter().for_each(|part| read_part(part, &mut spoken)),
        Value::Null => {}
        _ => return Err(malformed("its content is no text")),
    }
    Ok(spoken)
}

/// A part of a content that has several; Mistral's models think in one.
fn read_part(part: &Value, spoken: &mut Spoken) {
    match text_at(part, "/type") {
        "text" => spoken.text.push_str(text_at(part, "/text")),
        "refusal" => spoken.refusal.push_str(text_at(part, "/refusal")),
        "thinking" | "reasoning" => {
            spoken.thinking.push_str(text_at(part, "/thinking"));
            spoken.thinking.push_str(text_at(part, "/text"));
            for inner in list_at(part, "/thinking") {
                spoken.thinking.push_str(text_at(inner, "/text"));
            }
        }
        _ => {}
    }
}

/// `None` unless both sides were counted.
fn usage(usage: &Value) -> Option<Tokens> {
    let input = count_at(usage, "/prompt_tokens")?;
    let mut output = count_at(usage, "/completion_tokens")?;
    let cached = count_at(usage, "/prompt_tokens_details/cached_tokens")
        .or_else(|| count_at(usage, "/prompt_cache_hit_tokens"));
    let reasoning =
        count_at(usage, "/completion_tokens_details/reasoning_tokens").unwrap_or_default();
    // Some servers count reasoning beside what they call the completion.
    let apart = count_at(usage, "/total_tokens") == Some(input + output + reasoning);
    if reasoning > output || (reasoning > 0 && apart) {
        output += reasoning;
    }
    Some(tokens(input, cached.unwrap_or_default(), output, reasoning))
}

pub(super) fn is_answer(value: &Value) -> bool {
    !list_at(value, "/choices").is_empty()
}

/// Some servers send the whole message again beside each piece of it.
pub(super) fn is_event(value: &Value) -> bool {
    let is_object = |place: &str| value.pointer(place).is_some_and(Value::is_object);
    let is_named = text_at(value, "/object") == "chat.completion.chunk";
    is_object("/choices/0/delta") || (is_named && !is_object("/choices/0/message"))
}

/// More calls of tools in one answer than any model makes.
const MOST_CALLS: u64 = 1_000;

/// Adds a piece of a call of a tool: the first names it, and the others lengthen what it is
/// called with.
fn add_call(message: &mut Value, piece: &Value) {
    if list_at(message, "/tool_calls").is_empty() {
        put(message, "tool_calls", json!([]));
    }
    let Some(Value::Array(calls)) = message.get_mut("tool_calls") else { return };
    // Where a server leaves the place out, a name begins another call.
    let last = u64::try_from(calls.len()).unwrap_or_default();
    let is_new = !text_at(piece, "/function/name").is_empty();
    let next = if is_new { last } else { last.saturating_sub(1) };
    let place = count_at(piece, "/index").unwrap_or(next).min(last).min(MOST_CALLS);
    let Ok(place) = usize::try_from(place) else { return };
    if place == calls.len() {
        calls.push(json!({ "function": { "name": "", "arguments": "" } }));
    }
    let call = &mut calls[place];
    for name in ["id", "type"] {
        if !text_at(piece, &format!("/{name}")).is_empty() {
            put(call, name, piece[name].clone());
        }
    }
    if let Some(function) = call.get_mut("function") {
        for name in ["name", "arguments"] {
            append(function, name, text_at(piece, &format!("/function/{name}")));
        }
    }
}

pub(super) fn fold(body: &mut Value, event: &Value) -> bool {
    if body.is_null() {
        *body = json!({ "choices": [{ "message": {}, "finish_reason": null }] });
    }
    if let Some(usage) = event.get("usage").filter(|usage| usage.is_object()) {
        put(body, "usage", usage.clone());
    }
    let Some(choice) = event.pointer("/choices/0") else { return false };
    if let Some(message) = body.pointer_mut("/choices/0/message") {
        for name in ["content", "refusal", "reasoning_content", "reasoning"] {
            match choice.pointer(&format!("/delta/{name}")) {
                Some(Value::String(more)) => append(message, name, more),
                Some(Value::Array(parts)) => {
                    let mut spoken = Spoken::default();
                    parts.iter().for_each(|part| read_part(part, &mut spoken));
                    append(message, "content", &spoken.text);
                    append(message, "refusal", &spoken.refusal);
                    append(message, "reasoning_content", &spoken.thinking);
                }
                _ => {}
            }
        }
        list_at(choice, "/delta/tool_calls").iter().for_each(|piece| add_call(message, piece));
        if !list_at(choice, "/delta/reasoning_details").is_empty() {
            put(message, "reasoning_details", json!([{}]));
        }
    }
    // Some servers have an empty one in every event.
    let reason = choice.get("finish_reason");
    let reason = reason.filter(|reason| reason.as_str().is_some_and(is_end));
    if let (Some(reason), Some(whole)) = (reason, body.pointer_mut("/choices/0")) {
        put(whole, "finish_reason", reason.clone());
    }
    reason.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_tools_come_in_pieces_and_are_kept_whole() {
        let event = |calls: Value| json!({ "choices": [{ "delta": { "tool_calls": calls } }] });
        let mut body = Value::Null;
        for calls in [
            json!([{ "index": 0, "id": "a", "type": "function", "function": { "name": "bash", "arguments": "" } }]),
            json!([{ "index": 0, "function": { "arguments": "{\"x\"" } }, { "index": 0, "function": { "arguments": ":1}" } }]),
            json!([{ "index": 1, "id": "b", "function": { "name": "read", "arguments": "{}" } }]),
        ] {
            fold(&mut body, &event(calls));
        }
        let expect = json!([
            { "function": { "name": "bash", "arguments": "{\"x\":1}" }, "id": "a", "type": "function" },
            { "function": { "name": "read", "arguments": "{}" }, "id": "b" },
        ]);
        assert_eq!(body["choices"][0]["message"]["tool_calls"], expect);
    }
}
