//! [`Timeline`]: what an agent did, step by step, read from the conversation that the gateway
//! kept. What stands in it was written by agents and models, and may be anything.

use serde_json::Value;

/// What an agent did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Timeline {
    pub(crate) steps: Vec<Step>,
}

/// One exchange with its model, and when it was, in milliseconds since the attempt began.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Step {
    pub(crate) begun_ms: u64,
    pub(crate) ended_ms: u64,
    /// What the agent sent that was new: what commands printed, for example.
    pub(crate) sent: Vec<String>,
    pub(crate) thinking: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) calls: Vec<ToolCall>,
    /// In and out, where the provider counted.
    pub(crate) tokens: Option<(u64, u64)>,
    /// What became of the request, if it was not answered.
    pub(crate) failure: Option<String>,
}

/// A tool that the model had the agent use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    /// JSON, or a command as it stands.
    pub(crate) arguments: String,
}

impl Timeline {
    /// Reads the log of a conversation; `None` if it is none.
    pub(crate) fn read(text: &str) -> Option<Timeline> {
        let conversation: Value = serde_json::from_str(text).ok()?;
        let exchanges = conversation["exchanges"].as_array()?;
        Some(Timeline { steps: exchanges.iter().map(Step::of).collect() })
    }

    /// How many tools were used.
    pub(crate) fn calls(&self) -> usize {
        self.steps.iter().map(|step| step.calls.len()).sum()
    }
}

impl Step {
    fn of(exchange: &Value) -> Step {
        let outcome = &exchange["outcome"];
        let mut step = Step {
            begun_ms: exchange["begun-ms"].as_u64().unwrap_or_default(),
            ended_ms: exchange["ended-ms"].as_u64().unwrap_or_default(),
            sent: sent(&exchange["request"]["new"]),
            failure: failure(outcome),
            tokens: tokens(&outcome["usage"]["tokens"]),
            ..Step::default()
        };
        step.take_answer(&outcome["body"]);
        step
    }

    /// Takes what a model said, in whichever protocol.
    fn take_answer(&mut self, body: &Value) {
        let message = &body["choices"][0]["message"];
        self.think(message["reasoning_content"].as_str().or(message["reasoning"].as_str()));
        self.say(message["content"].as_str());
        for call in list(&message["tool_calls"]) {
            self.call(&call["function"]["name"], &call["function"]["arguments"]);
        }
        for part in list(&body["content"]) {
            self.take_block(part);
        }
        for item in list(&body["output"]) {
            self.take_item(item);
        }
        for part in list(&body["candidates"][0]["content"]["parts"]) {
            match part["thought"].as_bool() {
                Some(true) => self.think(part["text"].as_str()),
                _ => self.say(part["text"].as_str()),
            }
            let call = &part["functionCall"];
            if call.is_object() {
                self.call(&call["name"], &call["args"]);
            }
        }
    }

    /// A block of Anthropic's Messages.
    fn take_block(&mut self, block: &Value) {
        match block["type"].as_str() {
            Some("thinking") => self.think(block["thinking"].as_str()),
            Some("tool_use") => self.call(&block["name"], &block["input"]),
            _ => self.say(block["text"].as_str()),
        }
    }

    /// An item of OpenAI's Responses.
    fn take_item(&mut self, item: &Value) {
        match item["type"].as_str() {
            Some("reasoning") => {
                for part in list(&item["summary"]) {
                    self.think(part["text"].as_str());
                }
            }
            Some("function_call") => self.call(&item["name"], &item["arguments"]),
            Some("custom_tool_call") => self.call(&item["name"], &item["input"]),
            Some("local_shell_call") => {
                self.call(&Value::from("local_shell"), &item["action"]["command"]);
            }
            _ => {
                for part in list(&item["content"]) {
                    self.say(part["text"].as_str());
                }
            }
        }
    }

    fn say(&mut self, text: Option<&str>) {
        join(&mut self.text, text);
    }

    fn think(&mut self, text: Option<&str>) {
        join(&mut self.thinking, text);
    }

    fn call(&mut self, name: &Value, arguments: &Value) {
        let name = name.as_str().unwrap_or("?").to_owned();
        self.calls.push(ToolCall { name, arguments: arguments_of(arguments) });
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn join(to: &mut Option<String>, text: Option<&str>) {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return };
    match to {
        Some(before) => {
            before.push('\n');
            before.push_str(text);
        }
        None => *to = Some(text.to_owned()),
    }
}

/// A command alone where that is all, and JSON on several lines otherwise.
fn arguments_of(arguments: &Value) -> String {
    let read = arguments.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let value = read.as_ref().unwrap_or(arguments);
    let command = ["command", "cmd", "script"].iter().find_map(|name| value[*name].as_str());
    match (command, value) {
        (Some(command), _) => command.to_owned(),
        (None, Value::String(text)) => text.clone(),
        (None, Value::Null) => String::new(),
        (None, other) => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// The texts of a request that are not the model's own: the task, and what tools gave.
fn sent(new: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(text) = new["input"].as_str() {
        texts.push(text.to_owned());
    }
    let is_own = |message: &Value| {
        let role = message["role"].as_str().unwrap_or_default();
        let kind = message["type"].as_str().unwrap_or_default();
        matches!(role, "assistant" | "model" | "system" | "developer")
            || kind.ends_with("_call")
            || kind == "reasoning"
    };
    let messages = ["messages", "input", "contents"].into_iter().flat_map(|name| list(&new[name]));
    for message in messages.filter(|message| !is_own(message)) {
        texts_in(message, &mut texts);
    }
    texts.retain(|text| !text.trim().is_empty());
    texts
}

/// The texts of a message or a part of one, whatever stands around them.
fn texts_in(value: &Value, texts: &mut Vec<String>) {
    for name in ["content", "text", "output", "parts", "functionResponse", "response", "error"] {
        match &value[name] {
            Value::String(text) => texts.push(text.clone()),
            Value::Array(parts) => parts.iter().for_each(|part| texts_in(part, texts)),
            inner @ Value::Object(_) => texts_in(inner, texts),
            _ => {}
        }
    }
}

fn tokens(counted: &Value) -> Option<(u64, u64)> {
    Some((counted["input"].as_u64()?, counted["output"].as_u64()?))
}

/// What became of a request that was not answered.
fn failure(outcome: &Value) -> Option<String> {
    let status = outcome["status"].as_u64();
    let with_status = |what: &str| match status {
        Some(status) => format!("{what} with status {status}"),
        None => what.to_owned(),
    };
    match outcome["outcome"].as_str()? {
        "answered" | "counted" => None,
        "declined" => Some(with_status("the provider declined it")),
        "refused" => {
            let message = outcome["message"].as_str().unwrap_or_default();
            Some(format!("{}: {message}", with_status("the gateway refused it")))
        }
        "failed" => {
            let message = outcome["error"]["message"].as_str().unwrap_or_default();
            Some(format!("the provider failed: {message}"))
        }
        "abandoned" => Some("the agent did not wait for the answer".to_owned()),
        "cut-off" => Some("the time was over before the end of the answer".to_owned()),
        other => Some(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(new: &Value, body: &Value) -> Step {
        let outcome = json!({ "outcome": "answered", "status": 200, "body": body,
            "usage": { "tokens": { "input": 5, "output": 2 } } });
        let exchange = json!({ "begun-ms": 1, "ended-ms": 9, "request": { "new": new },
            "outcome": outcome });
        let text = json!({ "exchanges": [exchange] }).to_string();
        Timeline::read(&text).expect("a conversation").steps.remove(0)
    }

    #[test]
    fn a_step_is_the_same_in_every_protocol() {
        let command = r#"{"command":"ls"}"#;
        let protocols = [
            (
                json!({ "messages": [{ "role": "assistant", "content": "old" },
                    { "role": "tool", "content": "a.py" }] }),
                json!({ "choices": [{ "message": { "reasoning_content": "hm", "content": "I look.",
                    "tool_calls": [{ "function": { "name": "shell", "arguments": command } }] } }] }),
            ),
            (
                json!({ "messages": [{ "role": "user", "content": [
                    { "type": "tool_result", "content": [{ "type": "text", "text": "a.py" }] }] }] }),
                json!({ "content": [{ "type": "thinking", "thinking": "hm" },
                    { "type": "text", "text": "I look." },
                    { "type": "tool_use", "name": "shell", "input": { "command": "ls" } }] }),
            ),
            (
                json!({ "input": [{ "type": "function_call", "arguments": "{}" },
                    { "type": "function_call_output", "output": "a.py" }] }),
                json!({ "output": [{ "type": "reasoning", "summary": [{ "text": "hm" }] },
                    { "type": "message", "content": [{ "text": "I look." }] },
                    { "type": "function_call", "name": "shell", "arguments": command }] }),
            ),
            (
                json!({ "contents": [{ "role": "user", "parts": [
                    { "functionResponse": { "name": "shell", "response": { "output": "a.py" } } }] }] }),
                json!({ "candidates": [{ "content": { "parts": [{ "thought": true, "text": "hm" },
                    { "text": "I look." },
                    { "functionCall": { "name": "shell", "args": { "command": "ls" } } }] } }] }),
            ),
        ];
        let call = ToolCall { name: "shell".to_owned(), arguments: "ls".to_owned() };
        let expected = Step {
            begun_ms: 1,
            ended_ms: 9,
            sent: vec!["a.py".to_owned()],
            thinking: Some("hm".to_owned()),
            text: Some("I look.".to_owned()),
            calls: vec![call],
            tokens: Some((5, 2)),
            failure: None,
        };
        for (new, body) in protocols {
            assert_eq!(step(&new, &body), expected, "{body:#}");
        }
        assert_eq!(Timeline::read("no JSON"), None);
        assert_eq!(Timeline::read("{}"), None);
    }
}
