//! What an agent may not have its provider do: reach the web, run code, or go on by itself.
//!
//! A model that searches the web at its provider finds published solutions, and nobody here
//! sees it. So a tool is allowed only if it is known that the agent itself carries it out, and
//! nothing is allowed that has the provider fetch an address.

use serde_json::Value;

use crate::subject::Provider;

/// Members of chat completions by which servers of various makers are told to search, or to
/// use what they call plugins and connectors.
const SEARCHES: [&str; 6] = [
    "web_search_options",
    "search_parameters",
    "enable_search",
    "search_options",
    "plugins",
    "connectors",
];

/// Types of tools that the agent carries out, in chat completions.
const OPENAI: [&str; 2] = ["function", "custom"];

/// The same in Responses. What searches tools searches those of the request.
const RESPONSES: [&str; 5] = ["function", "custom", "local_shell", "apply_patch", "tool_search"];

/// The same of Anthropic, whose names end with a date.
const ANTHROPIC: [&str; 4] = ["bash_", "text_editor_", "memory_", "tool_search_tool_"];

/// The same of Gemini, whose tools are members.
const GEMINI: [&str; 2] = ["functionDeclarations", "function_declarations"];

const FETCHED: &str = "an image or file at an address is not allowed, because the provider would fetch it; send its content";

/// Why a request is not allowed, if it is not.
pub(super) fn forbidden(protocol: Provider, body: &Value) -> Option<String> {
    match protocol {
        Provider::OpenAi => is_set(body, &SEARCHES)
            .or_else(|| tool(body, |tool| is_typed(tool, &OPENAI)))
            .or_else(|| fetched(&body["messages"])),
        Provider::OpenAiResponses => is_set(body, &["background", "prompt"])
            .or_else(|| tool(body, is_of_responses))
            .or_else(|| fetched(&body["input"])),
        Provider::Anthropic => is_set(body, &["mcp_servers", "container"])
            .or_else(|| tool(body, is_of_anthropic))
            .or_else(|| fetched(&body["messages"]))
            .or_else(|| fetched(&body["system"])),
        Provider::Gemini => {
            let counted = &body["generateContentRequest"];
            let of = |body: &Value| {
                tool(body, |tool| {
                    let mut names = tool.as_object().into_iter().flat_map(|tool| tool.keys());
                    names.find(|name| !GEMINI.contains(&name.as_str())).cloned()
                })
                .or_else(|| fetched(&body["contents"]))
            };
            of(body).or_else(|| of(counted))
        }
    }
}

/// A member that has the provider act by itself, and says more than no.
fn is_set(body: &Value, names: &[&str]) -> Option<String> {
    let says_no = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    let name = names.iter().find(|name| body.get(**name).is_some_and(|value| !says_no(value)))?;
    Some(format!("{name:?} is not allowed, because the provider would act by itself; leave it out"))
}

/// The first tool that the provider would carry out, by the name that `named` finds for it.
fn tool(body: &Value, named: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let tools = match body.get("tools") {
        None | Some(Value::Null) => return None,
        Some(Value::Array(tools)) => tools.as_slice(),
        Some(_) => return Some("\"tools\" is not a list".to_owned()),
    };
    let name: String = tools.iter().find_map(named)?.chars().take(80).collect();
    Some(format!(
        "the tool {name:?} is not allowed, because the provider would carry it out, on the web or with code of its own; use tools that you carry out yourself"
    ))
}

/// The type of a tool that is none of those.
fn is_typed(tool: &Value, types: &[&str]) -> Option<String> {
    match tool.get("type") {
        Some(Value::String(kind)) if types.contains(&kind.as_str()) => None,
        Some(kind) => Some(kind.as_str().map_or_else(|| kind.to_string(), str::to_owned)),
        None => Some("of no type".to_owned()),
    }
}

fn is_of_responses(tool: &Value) -> Option<String> {
    match tool.get("type").and_then(Value::as_str) {
        // One of the provider's containers, unless it says that it is here.
        Some("shell") => {
            let place = tool.pointer("/environment/type").and_then(Value::as_str);
            let is_here = tool.get("environment").is_none_or(Value::is_null);
            (!is_here && place != Some("local")).then(|| "shell".to_owned())
        }
        Some("namespace") => {
            let tools = tool.get("tools").and_then(Value::as_array);
            tools.into_iter().flatten().find_map(|inner| is_typed(inner, &OPENAI))
        }
        _ => is_typed(tool, &RESPONSES),
    }
}

fn is_of_anthropic(tool: &Value) -> Option<String> {
    match tool.get("type") {
        None | Some(Value::Null) => None,
        Some(Value::String(kind))
            if kind == "custom" || ANTHROPIC.iter().any(|start| kind.starts_with(start)) =>
        {
            None
        }
        Some(kind) => Some(kind.as_str().map_or_else(|| kind.to_string(), str::to_owned)),
    }
}

/// What in a conversation the provider would fetch from an address.
fn fetched(said: &Value) -> Option<String> {
    let is_address = |value: Option<&Value>| {
        let text = value.and_then(Value::as_str).unwrap_or_default().trim_start();
        !text.is_empty() && !text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"))
    };
    match said {
        Value::Array(list) => list.iter().find_map(fetched),
        Value::Object(members) => {
            let kind = members.get("type").and_then(Value::as_str).unwrap_or_default();
            let is_fetched = match kind {
                "image_url" => {
                    let image = members.get("image_url");
                    is_address(image) || is_address(image.and_then(|image| image.get("url")))
                }
                "input_image" => is_address(members.get("image_url")),
                "input_file" => is_address(members.get("file_url")),
                "image" | "document" => {
                    said.pointer("/source/type").and_then(Value::as_str) == Some("url")
                }
                _ => members.contains_key("fileData") || members.contains_key("file_data"),
            };
            // What a model called a tool with may have any form, and is not fetched.
            let is_called =
                |name: &str| ["input", "arguments", "args", "functionCall"].contains(&name);
            let mut inner = members.iter().filter(|(name, _)| !is_called(name));
            match is_fetched {
                true => Some(FETCHED.to_owned()),
                false => inner.find_map(|(_, value)| fetched(value)),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tools_that_agents_carry_out_are_allowed_and_no_others() {
        let check = |protocol: Provider, tool: Value, is_allowed: bool| {
            let found = forbidden(protocol, &json!({ "tools": [tool] }));
            assert_eq!(found.is_none(), is_allowed, "{protocol}: {tool} {found:?}");
        };
        let (chat, responses) = (Provider::OpenAi, Provider::OpenAiResponses);
        for (protocol, allowed) in [
            (chat, json!({ "type": "function", "function": { "name": "web_search" } })),
            (chat, json!({ "type": "custom", "custom": { "name": "apply_patch" } })),
            (responses, json!({ "type": "function", "name": "shell" })),
            (responses, json!({ "type": "local_shell" })),
            (responses, json!({ "type": "shell" })),
            (responses, json!({ "type": "shell", "environment": { "type": "local" } })),
            (responses, json!({ "type": "namespace", "tools": [{ "type": "function" }] })),
            (Provider::Anthropic, json!({ "name": "Bash", "input_schema": {} })),
            (Provider::Anthropic, json!({ "type": "custom", "name": "WebSearch" })),
            (Provider::Anthropic, json!({ "type": "bash_20250124", "name": "bash" })),
            (Provider::Anthropic, json!({ "type": "text_editor_20250728" })),
            (Provider::Gemini, json!({ "functionDeclarations": [{ "name": "google_search" }] })),
        ] {
            check(protocol, allowed, true);
        }
        for (protocol, refused) in [
            (chat, json!({ "type": "web_search" })),
            (chat, json!({ "type": "builtin_function", "function": { "name": "$web_search" } })),
            (chat, json!({ "function": {} })),
            (chat, json!({ "type": ["function"] })),
            (responses, json!({ "type": "web_search" })),
            (responses, json!({ "type": "web_search_preview" })),
            (responses, json!({ "type": "file_search", "vector_store_ids": [] })),
            (responses, json!({ "type": "computer_use_preview" })),
            (responses, json!({ "type": "mcp", "server_url": "https://host" })),
            (responses, json!({ "type": "code_interpreter", "container": { "type": "auto" } })),
            (responses, json!({ "type": "image_generation" })),
            (responses, json!({ "type": "shell", "environment": { "type": "container_auto" } })),
            (responses, json!({ "type": "namespace", "tools": [{ "type": "mcp" }] })),
            (Provider::Anthropic, json!({ "type": "web_search_20250305", "name": "web_search" })),
            (Provider::Anthropic, json!({ "type": "web_fetch_20250910" })),
            (Provider::Anthropic, json!({ "type": "code_execution_20250825" })),
            (Provider::Anthropic, json!({ "type": "mcp_toolset" })),
            (Provider::Anthropic, json!({ "type": "something_new" })),
            (Provider::Gemini, json!({ "googleSearch": {} })),
            (Provider::Gemini, json!({ "google_search_retrieval": {} })),
            (Provider::Gemini, json!({ "urlContext": {} })),
            (Provider::Gemini, json!({ "codeExecution": {} })),
            (Provider::Gemini, json!({ "functionDeclarations": [], "urlContext": {} })),
        ] {
            check(protocol, refused, false);
        }
    }

    #[test]
    fn a_provider_that_would_act_by_itself_is_not_asked() {
        let check = |protocol: Provider, body: Value, is_allowed: bool| {
            let found = forbidden(protocol, &body);
            assert_eq!(found.is_none(), is_allowed, "{protocol}: {body} {found:?}");
        };
        check(Provider::OpenAi, json!({ "web_search_options": {} }), false);
        check(Provider::OpenAi, json!({ "web_search_options": null, "plugins": [] }), true);
        check(Provider::OpenAi, json!({ "plugins": [{ "id": "web" }] }), false);
        check(Provider::OpenAi, json!({ "enable_search": true }), false);
        check(Provider::OpenAi, json!({ "enable_search": false }), true);
        check(Provider::OpenAiResponses, json!({ "background": true }), false);
        check(Provider::OpenAiResponses, json!({ "background": false }), true);
        check(Provider::Anthropic, json!({ "mcp_servers": [{ "url": "https://host" }] }), false);
        check(Provider::Anthropic, json!({ "mcp_servers": [] }), true);
        check(Provider::Anthropic, json!({ "tools": { "type": "web_search" } }), false);
        let counted = json!({ "generateContentRequest": { "tools": [{ "urlContext": {} }] } });
        check(Provider::Gemini, counted, false);
    }

    #[test]
    fn nothing_is_fetched_that_a_conversation_names() {
        let check = |protocol: Provider, part: Value, is_allowed: bool| {
            let name = match protocol {
                Provider::OpenAiResponses => "input",
                Provider::Gemini => "contents",
                _ => "messages",
            };
            let parts = json!([{ "role": "user", "content": [part], "parts": [part] }]);
            let found = forbidden(protocol, &json!({ name: parts }));
            assert_eq!(found.is_none(), is_allowed, "{protocol}: {parts} {found:?}");
        };
        let image = |url: &str| json!({ "type": "image_url", "image_url": { "url": url } });
        check(Provider::OpenAi, image("data:image/png;base64,aa"), true);
        check(Provider::OpenAi, image("https://host/a.png"), false);
        check(Provider::OpenAi, json!({ "type": "image_url", "image_url": "http://h" }), false);
        let image = |url: &str| json!({ "type": "input_image", "image_url": url });
        check(Provider::OpenAiResponses, image("data:image/png;base64,aa"), true);
        check(Provider::OpenAiResponses, image("https://host/a.png"), false);
        let file = json!({ "type": "input_file", "file_url": "https://host/a.pdf" });
        check(Provider::OpenAiResponses, file, false);
        let source = |kind: &str| json!({ "type": "document", "source": { "type": kind, "url": "https://h" } });
        check(Provider::Anthropic, source("base64"), true);
        check(Provider::Anthropic, source("url"), false);
        let result = json!({ "type": "tool_result", "content": [source("url")] });
        check(Provider::Anthropic, result, false);
        let called = json!({ "type": "tool_use", "input": source("url") });
        check(Provider::Anthropic, called, true);
        check(Provider::Gemini, json!({ "fileData": { "fileUri": "https://h" } }), false);
        check(Provider::Gemini, json!({ "inlineData": { "data": "aa" } }), true);
        check(Provider::Gemini, json!({ "text": "https://host" }), true);
    }
}
