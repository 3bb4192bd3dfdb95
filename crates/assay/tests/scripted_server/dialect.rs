//! What a model can do, in the words of each protocol, whole and in events. The forms
//! are those of the providers' own references.

use serde_json::{Value, json};

use super::{End, Step, answer};

/// What a model does with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Says "hello".
    Answer,
    /// Thinks "hm", then says "hello".
    Think,
    /// Says nothing.
    Silence,
    /// Says "I will not" in the place for refusals; where there is none, ends as refused.
    Refuse,
    /// The provider cuts it off after "he".
    Filter,
    /// Says "he" and is out of tokens.
    Truncate,
}

/// The tokens that every answer takes: input, of it cached, output, of it reasoning.
pub(crate) const TOKENS: [u64; 4] = [70, 40, 20, 5];

/// The step of a server that has its model do this.
pub(crate) fn step(provider: &str, stream: bool, deed: Deed) -> Step {
    match (provider, stream) {
        ("openai", false) => whole(&openai(deed)),
        ("openai", true) => events(openai_events(deed)),
        ("openai-responses", false) => whole(&responses(deed)),
        ("openai-responses", true) => events(responses_events(deed)),
        ("anthropic", false) => whole(&anthropic(deed)),
        ("anthropic", true) => events(anthropic_events(deed)),
        ("gemini", false) => whole(&gemini(deed)),
        ("gemini", true) => events(gemini_events(deed)),
        other => panic!("no such dialect: {other:?}"),
    }
}

/// The step of a server that has its model say this.
pub(crate) fn saying(provider: &str, stream: bool, text: &str) -> Step {
    let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (first, second) = text.split_at(half);
    let say = |body: &str| {
        [("hello", text), ("he", first), ("llo", second)]
            .iter()
            .fold(body.to_owned(), |body, (word, text)| {
                body.replace(&json!(word).to_string(), &json!(text).to_string())
            })
    };
    match step(provider, stream, Deed::Answer) {
        Step::Answer { status, headers, body } => {
            Step::Answer { status, headers, body: say(&body) }
        }
        Step::Events { events, end } => {
            Step::Events { events: events.iter().map(|event| say(event)).collect(), end }
        }
        other => panic!("no answer: {other:?}"),
    }
}

/// The events of an answer that is never finished.
pub(crate) fn beginning(provider: &str) -> Vec<String> {
    let Step::Events { mut events, .. } = step(provider, true, Deed::Answer) else {
        panic!("{provider} answers in events");
    };
    events.truncate(events.len() / 2);
    events
}

/// An error in the middle of a stream: the server is overloaded.
pub(crate) fn failure(provider: &str) -> String {
    match provider {
        "openai" => data(&json!({ "error": { "message": "overloaded", "type": "server_error" } })),
        "openai-responses" => data(
            &json!({ "type": "error", "code": "server_error", "message": "overloaded", "param": null }),
        ),
        "anthropic" => event(
            &json!({ "type": "error", "error": { "type": "overloaded_error", "message": "overloaded" } }),
        ),
        _ => data(
            &json!({ "error": { "code": 503, "message": "overloaded", "status": "UNAVAILABLE" } }),
        ),
    }
}

fn whole(body: &Value) -> Step {
    answer(200, &body.to_string())
}

fn events(events: Vec<String>) -> Step {
    Step::Events { events, end: End::Proper }
}

fn data(value: &Value) -> String {
    format!("data: {value}")
}

/// An event whose type is its name too.
fn event(value: &Value) -> String {
    format!("event: {}\ndata: {value}", value["type"].as_str().expect("a type"))
}

fn text(deed: Deed) -> &'static str {
    match deed {
        Deed::Answer | Deed::Think => "hello",
        Deed::Silence | Deed::Refuse => "",
        Deed::Filter | Deed::Truncate => "he",
    }
}

fn thinking(deed: Deed) -> Option<&'static str> {
    (deed == Deed::Think).then_some("hm")
}

const REFUSAL: &str = "I will not";

fn openai_finish(deed: Deed) -> &'static str {
    match deed {
        Deed::Filter => "content_filter",
        Deed::Truncate => "length",
        _ => "stop",
    }
}

pub(crate) fn openai_usage() -> Value {
    json!({
        "prompt_tokens": 70, "completion_tokens": 20, "total_tokens": 90,
        "prompt_tokens_details": { "cached_tokens": 40 },
        "completion_tokens_details": { "reasoning_tokens": 5 },
    })
}

fn openai(deed: Deed) -> Value {
    let refused = deed == Deed::Refuse;
    let content = if refused { Value::Null } else { json!(text(deed)) };
    let mut message = json!({
        "role": "assistant", "content": content,
        "refusal": refused.then_some(REFUSAL),
    });
    if let Some(thinking) = thinking(deed) {
        message["reasoning_content"] = json!(thinking);
    }
    json!({
        "id": "c", "object": "chat.completion", "model": "m",
        "choices": [{ "index": 0, "message": message, "finish_reason": openai_finish(deed) }],
        "usage": openai_usage(),
    })
}

fn openai_events(deed: Deed) -> Vec<String> {
    let chunk = |delta: Value, finish: Option<&str>| {
        data(&json!({
            "id": "c", "object": "chat.completion.chunk", "model": "m", "usage": null,
            "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
        }))
    };
    let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), None)];
    if let Some(thinking) = thinking(deed) {
        events
            .extend(pieces(thinking).map(|more| chunk(json!({ "reasoning_content": more }), None)));
    }
    if deed == Deed::Refuse {
        events.extend(pieces(REFUSAL).map(|more| chunk(json!({ "refusal": more }), None)));
    }
    events.extend(pieces(text(deed)).map(|more| chunk(json!({ "content": more }), None)));
    events.push(": keep-alive".to_owned());
    events.push(chunk(json!({}), Some(openai_finish(deed))));
    events.push(data(&json!({ "choices": [], "usage": openai_usage() })));
    events.push("data: [DONE]".to_owned());
    events
}

/// A text in two.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let (first, second) = text.split_at(text.len() / 2);
    [first, second].into_iter().filter(|piece| !piece.is_empty())
}

fn responses(deed: Deed) -> Value {
    let mut output = Vec::new();
    if let Some(thinking) = thinking(deed) {
        let summary = json!([{ "type": "summary_text", "text": thinking }]);
        output.push(json!({ "id": "r", "type": "reasoning", "summary": summary }));
    }
    let part = match deed {
        Deed::Refuse => Some(json!({ "type": "refusal", "refusal": REFUSAL })),
        Deed::Silence => None,
        _ => Some(json!({ "type": "output_text", "text": text(deed), "annotations": [] })),
    };
    let content: Vec<Value> = part.into_iter().collect();
    output.push(json!({ "id": "m", "type": "message", "role": "assistant", "content": content }));
    let reason = match deed {
        Deed::Filter => Some("content_filter"),
        Deed::Truncate => Some("max_output_tokens"),
        _ => None,
    };
    json!({
        "id": "resp", "object": "response", "model": "m", "error": null, "output": output,
        "status": if reason.is_some() { "incomplete" } else { "completed" },
        "incomplete_details": reason.map(|reason| json!({ "reason": reason })),
        "usage": {
            "input_tokens": 70, "output_tokens": 20, "total_tokens": 90,
            "input_tokens_details": { "cached_tokens": 40 },
            "output_tokens_details": { "reasoning_tokens": 5 },
        },
    })
}

fn responses_events(deed: Deed) -> Vec<String> {
    let mut response = responses(deed);
    let begun = json!({ "id": "resp", "model": "m", "status": "in_progress", "output": [] });
    let mut events = vec![event(&json!({ "type": "response.created", "response": begun }))];
    let mut deltas = |kind: &str, text: &str| {
        for piece in pieces(text) {
            events.push(event(&json!({
                "type": kind, "item_id": "m", "output_index": 0, "content_index": 0, "delta": piece,
            })));
        }
    };
    deltas("response.reasoning_summary_text.delta", thinking(deed).unwrap_or_default());
    deltas("response.output_text.delta", text(deed));
    deltas("response.refusal.delta", if deed == Deed::Refuse { REFUSAL } else { "" });
    if deed == Deed::Think {
        // As servers do that leave it out.
        response["output"] = json!([]);
    }
    let status = response["status"].as_str().expect("a status");
    events.push(event(&json!({ "type": format!("response.{status}"), "response": response })));
    events
}

fn anthropic_stop(deed: Deed) -> &'static str {
    match deed {
        Deed::Refuse | Deed::Filter => "refusal",
        Deed::Truncate => "max_tokens",
        _ => "end_turn",
    }
}

pub(crate) fn anthropic_input() -> Value {
    json!({
        "input_tokens": 10, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 20,
        "output_tokens": 1,
    })
}

fn anthropic(deed: Deed) -> Value {
    let mut content = Vec::new();
    if let Some(thinking) = thinking(deed) {
        content.push(json!({ "type": "thinking", "thinking": thinking, "signature": "s" }));
    }
    let said = if deed == Deed::Refuse { REFUSAL } else { text(deed) };
    if !said.is_empty() {
        content.push(json!({ "type": "text", "text": said }));
    }
    let mut usage = anthropic_input();
    usage["output_tokens"] = json!(20);
    usage["output_tokens_details"] = json!({ "thinking_tokens": 5 });
    json!({
        "id": "msg", "type": "message", "role": "assistant", "model": "m", "content": content,
        "stop_reason": anthropic_stop(deed), "stop_sequence": null, "usage": usage,
    })
}

fn anthropic_events(deed: Deed) -> Vec<String> {
    let message = anthropic(deed);
    let mut begun = message.clone();
    begun["content"] = json!([]);
    begun["stop_reason"] = Value::Null;
    begun["usage"] = anthropic_input();
    let mut events = vec![event(&json!({ "type": "message_start", "message": begun }))];
    for (index, block) in message["content"].as_array().expect("a list").iter().enumerate() {
        let kind = block["type"].as_str().expect("a type");
        let mut empty = block.clone();
        empty[kind] = json!("");
        events.push(event(
            &json!({ "type": "content_block_start", "index": index, "content_block": empty }),
        ));
        events.push(event(&json!({ "type": "ping" })));
        for piece in pieces(block[kind].as_str().expect("a text")) {
            let mut delta = json!({ "type": format!("{kind}_delta") });
            delta[kind] = json!(piece);
            events.push(event(
                &json!({ "type": "content_block_delta", "index": index, "delta": delta }),
            ));
        }
        events.push(event(&json!({ "type": "content_block_stop", "index": index })));
    }
    events.push(event(&json!({
        "type": "message_delta",
        "delta": { "stop_reason": anthropic_stop(deed), "stop_sequence": null },
        "usage": { "output_tokens": 20, "output_tokens_details": { "thinking_tokens": 5 } },
    })));
    events.push(event(&json!({ "type": "message_stop" })));
    events
}

pub(crate) fn gemini_usage() -> Value {
    json!({
        "promptTokenCount": 70, "cachedContentTokenCount": 40, "candidatesTokenCount": 15,
        "thoughtsTokenCount": 5, "totalTokenCount": 90,
    })
}

fn gemini_finish(deed: Deed) -> &'static str {
    match deed {
        Deed::Filter => "SAFETY",
        Deed::Truncate => "MAX_TOKENS",
        _ => "STOP",
    }
}

/// Gemini has no place for refusals: its model's own are said like all else, and a
/// question that is refused for it has no candidates.
fn gemini(deed: Deed) -> Value {
    if deed == Deed::Refuse {
        return json!({
            "promptFeedback": { "blockReason": "PROHIBITED_CONTENT" },
            "usageMetadata": gemini_usage(),
        });
    }
    let mut parts = Vec::new();
    if let Some(thinking) = thinking(deed) {
        parts.push(json!({ "text": thinking, "thought": true }));
    }
    parts.extend(pieces(text(deed)).map(|piece| json!({ "text": piece })));
    let mut candidate = json!({ "index": 0, "finishReason": gemini_finish(deed) });
    if !parts.is_empty() {
        candidate["content"] = json!({ "role": "model", "parts": parts });
    }
    json!({ "candidates": [candidate], "usageMetadata": gemini_usage(), "modelVersion": "m" })
}

fn gemini_events(deed: Deed) -> Vec<String> {
    if deed == Deed::Refuse {
        return vec![data(&gemini(deed))];
    }
    let chunk = |content: Value, finish: Option<&str>| {
        let mut candidate = json!({ "index": 0, "content": content });
        if let Some(finish) = finish {
            candidate["finishReason"] = json!(finish);
        }
        data(&json!({
            "candidates": [candidate], "usageMetadata": gemini_usage(), "modelVersion": "m",
        }))
    };
    // A count of the question may come before anything is said.
    let mut events = vec![data(&json!({ "usageMetadata": { "promptTokenCount": 70 } }))];
    let whole = gemini(deed);
    for part in whole["candidates"][0]["content"]["parts"].as_array().into_iter().flatten() {
        events.push(chunk(json!({ "role": "model", "parts": [part] }), None));
    }
    events.push(chunk(json!({ "role": "model" }), Some(gemini_finish(deed))));
    events
}
