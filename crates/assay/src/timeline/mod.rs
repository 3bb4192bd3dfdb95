//! [`Timeline`]: what an agent did, step by step, read from the conversation that the gateway
//! kept. What stands in it was written by agents and models, and may be anything.

mod builds;
mod shell;
mod test_files;
mod work;

use serde_json::Value;

pub(crate) use work::{AgentWork, CONVERSATION_LOG, END_LOG, PATCH_LOG, WORK_LOG};
pub(crate) use work::{PATCH_GAP, PATCH_REST};

/// What an agent did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Timeline {
    pub(crate) steps: Vec<Step>,
    /// Whether the agent let its model use tools.
    offers_tools: bool,
    /// Whether requests or answers are missing.
    lacks_a_part: bool,
}

/// One exchange with its model, and when it was, in milliseconds since the attempt began.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Step {
    pub(crate) begun_ms: u64,
    pub(crate) ended_ms: u64,
    /// What the agent sent that was new.
    pub(crate) sent: Vec<Sent>,
    pub(crate) thinking: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) calls: Vec<ToolCall>,
    /// In and out, where the provider counted.
    pub(crate) tokens: Option<(u64, u64)>,
    /// What became of the request, if it was not answered.
    pub(crate) failure: Option<String>,
}

/// A text that an agent sent to its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Whether it is what a tool gave: what a command printed, for example.
    pub(crate) is_output: bool,
    pub(crate) text: String,
}

/// A tool that the model had the agent use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    /// JSON, or a command as it stands.
    pub(crate) arguments: String,
    /// What a shell is to do, if the tool is one.
    pub(crate) script: Option<String>,
}

/// The names, in small letters, by which agents offer a shell to their models.
const SHELLS: [&str; 14] = [
    "bash",
    "shell",
    "exec_command",
    "local_shell",
    "run_shell_command",
    "run_command",
    "execute_command",
    "execute_bash",
    "shell_command",
    "container.exec",
    "terminal",
    "run_terminal_cmd",
    "run_in_terminal",
    "exec",
];

impl Timeline {
    /// Reads the log of a conversation; `None` if it is none.
    pub(crate) fn read(text: &str) -> Option<Timeline> {
        Timeline::of(&serde_json::from_str(text).ok()?)
    }

    fn of(conversation: &Value) -> Option<Timeline> {
        let exchanges = conversation["exchanges"].as_array()?;
        let offers = |exchange: &Value| !list(&exchange["request"]["new"]["tools"]).is_empty();
        let lacks = |exchange: &Value| {
            let outcome = &exchange["outcome"];
            outcome["outcome"] == "answered" && outcome["body"].is_null()
        };
        Some(Timeline {
            steps: exchanges.iter().map(Step::of).collect(),
            offers_tools: exchanges.iter().any(offers),
            lacks_a_part: conversation["left-out"].as_u64().is_some_and(|number| number > 0)
                || exchanges.iter().any(lacks),
        })
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
        let read = arguments.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let value = read.as_ref().unwrap_or(arguments);
        let is_shell = SHELLS.contains(&name.to_lowercase().as_str());
        let script = script_of(value).filter(|_| is_shell);
        let arguments = match &script {
            Some(script) => script.clone(),
            None => arguments_of(value),
        };
        self.calls.push(ToolCall { name, arguments, script });
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

/// What a shell is to do, whichever member says it: a text, or words of which the last is the
/// script of a `bash -c`.
fn script_of(arguments: &Value) -> Option<String> {
    let named = ["command", "cmd", "script"].iter().map(|name| &arguments[*name]);
    let value = named.into_iter().find(|value| !value.is_null()).unwrap_or(arguments);
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            let words = words.filter(|words| !words.is_empty())?;
            match words.as_slice() {
                [_, flag, script] if flag.starts_with('-') && flag.ends_with('c') => {
                    Some((*script).to_owned())
                }
                words => Some(words.join(" ")),
            }
        }
        _ => None,
    }
}

/// A text as it stands, and JSON on several lines otherwise.
fn arguments_of(value: &Value) -> String {
    let command = ["command", "cmd", "script"].iter().find_map(|name| value[*name].as_str());
    let members = value.as_object().map_or(0, serde_json::Map::len);
    match (command, value) {
        (Some(command), _) if members == 1 => command.to_owned(),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Null) => String::new(),
        (_, other) => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// The texts of a request that are not the model's own: the task, and what tools gave.
fn sent(new: &Value) -> Vec<Sent> {
    let mut texts = Vec::new();
    if let Some(text) = new["input"].as_str() {
        texts.push(Sent { is_output: false, text: text.to_owned() });
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
        texts_in(message, false, &mut texts);
    }
    texts.retain(|sent| !sent.text.trim().is_empty());
    texts
}

/// The texts of a message or a part of one, whatever stands around them.
fn texts_in(value: &Value, is_output: bool, texts: &mut Vec<Sent>) {
    let kind = value["type"].as_str().unwrap_or_default();
    let is_output = is_output
        || value["role"] == "tool"
        || kind == "tool_result"
        || kind.ends_with("_call_output");
    for name in ["content", "text", "output", "parts", "functionResponse", "response", "error"] {
        let is_output = is_output || name == "functionResponse";
        match &value[name] {
            Value::String(text) => texts.push(Sent { is_output, text: text.clone() }),
            Value::Array(parts) => parts.iter().for_each(|part| texts_in(part, is_output, texts)),
            inner @ Value::Object(_) => texts_in(inner, is_output, texts),
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
        let script = Some("ls".to_owned());
        let call = ToolCall { name: "shell".to_owned(), arguments: "ls".to_owned(), script };
        let expected = Step {
            begun_ms: 1,
            ended_ms: 9,
            sent: vec![Sent { is_output: true, text: "a.py".to_owned() }],
            thinking: Some("hm".to_owned()),
            text: Some("I look.".to_owned()),
            calls: vec![call],
            tokens: Some((5, 2)),
            failure: None,
        };
        for (new, body) in protocols {
            assert_eq!(step(&new, &body), expected, "{body:#}");
        }
        assert!(!step(&json!({ "input": "do it" }), &json!({})).sent[0].is_output);
        assert_eq!(Timeline::read("no JSON"), None);
        assert_eq!(Timeline::read("{}"), None);
    }

    #[test]
    fn a_shell_is_known_by_its_name_and_told_apart_from_other_tools() {
        let check = |name: &str, arguments: &Value, script: Option<&str>, shown: &str| {
            let call = json!({ "type": "function_call", "name": name, "arguments": arguments });
            let call = step(&json!({}), &json!({ "output": [call] })).calls.remove(0);
            assert_eq!(call.script.as_deref(), script, "{name} {arguments}");
            assert_eq!(call.arguments, shown, "{name} {arguments}");
        };
        check("Bash", &json!({ "command": "ls", "timeout": 9 }), Some("ls"), "ls");
        check("exec_command", &json!({ "cmd": "ls" }), Some("ls"), "ls");
        check("shell", &json!({ "command": ["bash", "-lc", "a && b"] }), Some("a && b"), "a && b");
        check("shell", &json!({ "command": ["ls", "-l"] }), Some("ls -l"), "ls -l");
        check("bash", &json!({ "restart": true }), None, "{\n  \"restart\": true\n}");
        let edit = json!({ "command": "view", "path": "a" });
        let shown = serde_json::to_string_pretty(&edit).expect("JSON");
        check("str_replace_based_edit_tool", &edit, None, &shown);
        check("write_stdin", &json!({ "chars": "y" }), None, "{\n  \"chars\": \"y\"\n}");
    }
}
