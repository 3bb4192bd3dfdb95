//! A question in the form of each protocol.

use serde_json::{Map, Value, json};

use super::Provider;
use super::body::merge;
use crate::subject::question::{Message, Role};

/// Replaces an empty answer in a conversation, because some protocols accept no empty message.
const SILENCE: &str = "(no answer)";

impl Provider {
    /// The body of a request: the conversation, and over it what is set.
    pub(in crate::subject) fn request(
        self,
        system: Option<&str>,
        messages: &[Message],
        stream: bool,
        settings: &Map<String, Value>,
    ) -> Map<String, Value> {
        let body = match self {
            Provider::OpenAi => chat_completions(system, messages, stream),
            Provider::OpenAiResponses => responses(system, messages, stream),
            Provider::Anthropic => anthropic(system, messages, stream),
            Provider::Gemini => gemini(system, messages),
        };
        let Value::Object(mut body) = body else { return settings.clone() };
        merge(&mut body, settings);
        body
    }
}

fn chat_completions(system: Option<&str>, messages: &[Message], stream: bool) -> Value {
    let system = system.map(|text| json!({ "role": "system", "content": text }));
    let messages: Vec<Value> = system.into_iter().chain(messages.iter().map(turn)).collect();
    match stream {
        false => json!({ "messages": messages, "stream": false }),
        // Tokens are not counted in events unless that is asked for.
        true => json!({
            "messages": messages, "stream": true, "stream_options": { "include_usage": true },
        }),
    }
}

/// Nothing is to be kept by the provider.
fn responses(system: Option<&str>, messages: &[Message], stream: bool) -> Value {
    let input: Vec<Value> = messages.iter().map(turn).collect();
    let mut body = json!({ "input": input, "stream": stream, "store": false });
    if let Some(system) = system {
        body["instructions"] = json!(system);
    }
    body
}

fn anthropic(system: Option<&str>, messages: &[Message], stream: bool) -> Value {
    let turns: Vec<Value> = said(messages).map(turn).collect();
    let mut body = json!({ "messages": turns, "stream": stream });
    if let Some(system) = instructions(system, messages) {
        body["system"] = json!(system);
    }
    body
}

/// The address says whether it streams.
fn gemini(system: Option<&str>, messages: &[Message]) -> Value {
    let contents: Vec<Value> = said(messages)
        .map(|message| {
            let role = if message.role == Role::Assistant { "model" } else { "user" };
            json!({ "role": role, "parts": [{ "text": text(message) }] })
        })
        .collect();
    let mut body = json!({ "contents": contents });
    if let Some(system) = instructions(system, messages) {
        body["systemInstruction"] = json!({ "parts": [{ "text": system }] });
    }
    body
}

fn turn(message: &Message) -> Value {
    json!({ "role": message.role.as_str(), "content": text(message) })
}

fn text(message: &Message) -> &str {
    if message.text.trim().is_empty() { SILENCE } else { &message.text }
}

/// The messages where a protocol has a place of its own for instructions.
fn said(messages: &[Message]) -> impl Iterator<Item = &Message> {
    messages.iter().filter(|message| message.role != Role::System)
}

/// All instructions together.
fn instructions(system: Option<&str>, messages: &[Message]) -> Option<String> {
    let inner = messages.iter().filter(|message| message.role == Role::System).map(text);
    let all: Vec<&str> = system.into_iter().chain(inner).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}
