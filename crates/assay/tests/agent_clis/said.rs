//! What a model says and which tool it calls, in the words of each protocol, whole and in events.

use serde_json::{Value, json};

use crate::scripted_server::dialect::{anthropic_input, gemini_usage, openai_usage};
use crate::scripted_server::{End, Step, answer};

/// An answer of a model: some words, and one call of a tool of the agent's.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) call: Option<Call>,
}

/// A call of a tool.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Different for each call of a conversation.
    pub(crate) id: String,
    pub(crate) tool: String,
    pub(crate) arguments: Value,
}

impl Said {
    pub(crate) fn words(text: &str) -> Said {
        Said { text: text.to_owned(), call: None }
    }

    /// The step of a server whose model says this.
    pub(crate) fn step(&self, provider: &str, stream: bool) -> Step {
        match (provider, stream) {
            ("openai", false) => answer(200, &self.openai().to_string()),
            ("openai", true) => events(self.openai_events()),
            ("openai-responses", false) => answer(200, &self.responses().to_string()),
            ("openai-responses", true) => events(self.responses_events()),
            ("anthropic", false) => answer(200, &self.anthropic().to_string()),
            ("anthropic", true) => events(self.anthropic_events()),
            ("gemini", false) => answer(200, &self.gemini(true).to_string()),
            ("gemini", true) => events(vec![data(&self.gemini(false)), data(&self.gemini(true))]),
            other => panic!("no such protocol: {other:?}"),
        }
    }

    fn openai(&self) -> Value {
        let mut message = json!({ "role": "assistant", "content": self.text });
        if let Some(call) = &self.call {
            message["tool_calls"] = json!([call.openai(&call.arguments.to_string())]);
        }
        json!({
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{ "index": 0, "message": message, "finish_reason": self.openai_finish() }],
            "usage": openai_usage(),
        })
    }

    fn openai_finish(&self) -> &'static str {
        if self.call.is_some() { "tool_calls" } else { "stop" }
    }

    fn openai_events(&self) -> Vec<String> {
        let chunk = |delta: Value, finish: Option<&str>| {
            data(&json!({
                "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
                "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }],
            }))
        };
        let mut events = vec![chunk(json!({ "role": "assistant", "content": self.text }), None)];
        if let Some(call) = &self.call {
            let arguments = call.arguments.to_string();
            let (first, second) = halves(&arguments);
            events.push(chunk(json!({ "tool_calls": [call.openai(first)] }), None));
            let rest = json!({ "index": 0, "function": { "arguments": second } });
            events.push(chunk(json!({ "tool_calls": [rest] }), None));
        }
        events.push(chunk(json!({}), Some(self.openai_finish())));
        events.push(data(&json!({
            "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [], "usage": openai_usage(),
        })));
        events.push("data: [DONE]".to_owned());
        events
    }

    fn responses_items(&self) -> Vec<Value> {
        let content = json!([{ "type": "output_text", "text": self.text, "annotations": [] }]);
        let mut items = vec![json!({
            "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
            "content": content,
        })];
        items.extend(self.call.as_ref().map(|call| {
            json!({
                "id": format!("fc_{}", call.id), "type": "function_call", "status": "completed",
                "call_id": call.id, "name": call.tool, "arguments": call.arguments.to_string(),
            })
        }));
        items
    }

    fn responses(&self) -> Value {
        json!({
            "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "error": null,
            "status": "completed", "output": self.responses_items(),
            "usage": {
                "input_tokens": 70, "output_tokens": 20, "total_tokens": 90,
                "input_tokens_details": { "cached_tokens": 40 },
                "output_tokens_details": { "reasoning_tokens": 5 },
            },
        })
    }

    fn responses_events(&self) -> Vec<String> {
        let begun = json!({ "id": "resp_1", "model": "m", "status": "in_progress", "output": [] });
        let mut events = vec![event(&json!({ "type": "response.created", "response": begun }))];
        for (index, item) in self.responses_items().into_iter().enumerate() {
            for kind in ["response.output_item.added", "response.output_item.done"] {
                events.push(event(&json!({ "type": kind, "output_index": index, "item": item })));
            }
        }
        let response = self.responses();
        events.push(event(&json!({ "type": "response.completed", "response": response })));
        events
    }

    fn anthropic_blocks(&self) -> Vec<Value> {
        let mut blocks = vec![json!({ "type": "text", "text": self.text })];
        blocks.extend(self.call.as_ref().map(|call| {
            json!({ "type": "tool_use", "id": call.id, "name": call.tool, "input": call.arguments })
        }));
        blocks
    }

    fn anthropic_stop(&self) -> &'static str {
        if self.call.is_some() { "tool_use" } else { "end_turn" }
    }

    fn anthropic(&self) -> Value {
        let mut usage = anthropic_input();
        usage["output_tokens"] = json!(20);
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": self.anthropic_blocks(), "stop_reason": self.anthropic_stop(),
            "stop_sequence": null, "usage": usage,
        })
    }

    fn anthropic_events(&self) -> Vec<String> {
        let mut begun = self.anthropic();
        begun["content"] = json!([]);
        begun["stop_reason"] = Value::Null;
        begun["usage"] = anthropic_input();
        let mut events = vec![event(&json!({ "type": "message_start", "message": begun }))];
        for (index, mut block) in self.anthropic_blocks().into_iter().enumerate() {
            let deltas: Vec<Value> = match block["type"].as_str() {
                Some("text") => {
                    block["text"] = json!("");
                    vec![json!({ "type": "text_delta", "text": self.text })]
                }
                _ => {
                    let arguments = block["input"].to_string();
                    block["input"] = json!({});
                    let (first, second) = halves(&arguments);
                    let delta = |part| json!({ "type": "input_json_delta", "partial_json": part });
                    vec![delta(first), delta(second)]
                }
            };
            events.push(event(
                &json!({ "type": "content_block_start", "index": index, "content_block": block }),
            ));
            events.extend(deltas.into_iter().map(|delta| {
                event(&json!({ "type": "content_block_delta", "index": index, "delta": delta }))
            }));
            events.push(event(&json!({ "type": "content_block_stop", "index": index })));
        }
        let delta = json!({ "stop_reason": self.anthropic_stop(), "stop_sequence": null });
        let usage = json!({ "output_tokens": 20 });
        events.push(event(&json!({ "type": "message_delta", "delta": delta, "usage": usage })));
        events.push(event(&json!({ "type": "message_stop" })));
        events
    }

    /// The answer whole, or in a stream its words and then what ends it.
    fn gemini(&self, is_end: bool) -> Value {
        let mut parts = vec![json!({ "text": if is_end { "\n" } else { &self.text } })];
        let mut candidate = json!({ "index": 0 });
        let mut body = json!({ "modelVersion": "m" });
        if is_end {
            parts.extend(self.call.as_ref().map(
                |call| json!({ "functionCall": { "name": call.tool, "args": call.arguments } }),
            ));
            candidate["finishReason"] = json!("STOP");
            body["usageMetadata"] = gemini_usage();
        }
        candidate["content"] = json!({ "role": "model", "parts": parts });
        body["candidates"] = json!([candidate]);
        body
    }
}

impl Call {
    /// With the arguments as far as they have come.
    fn openai(&self, arguments: &str) -> Value {
        let function = json!({ "name": self.tool, "arguments": arguments });
        json!({ "index": 0, "id": self.id, "type": "function", "function": function })
    }
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

fn halves(text: &str) -> (&str, &str) {
    let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at));
    text.split_at(half.unwrap_or(0))
}
