//! What is not passed on, and how an agent is told so in the words of its protocol.

use assay::gateway::Outcome;
use serde_json::{Value, json};

use super::agent::{Heard, ask};
use super::setting::{PROVIDERS, Setting, body, line};

/// A server that nobody may reach.
const NOBODY: &str = "http://127.0.0.1:1";

/// The message of an error in the form of a protocol.
fn message(provider: &str, heard: &Heard) -> String {
    let said = heard.json();
    let has_form = match provider {
        "anthropic" => said["type"] == "error" && said["error"]["type"].is_string(),
        "gemini" => said["error"]["code"] == heard.status && said["error"]["status"].is_string(),
        _ => said["error"]["type"].is_string() && said["error"]["code"].is_string(),
    };
    assert!(has_form, "{provider}: {heard:?}");
    assert!(heard.head.contains("x-should-retry: false"), "{provider}: {heard:?}");
    let message = said["error"]["message"].as_str().expect("a message").to_owned();
    assert!(message.starts_with("gateway of Assay: "), "{message}");
    message
}

#[test]
fn there_is_nothing_beside_the_addresses_of_the_protocol() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        let session = setting.open(provider, NOBODY, "");
        let others = PROVIDERS.iter().filter(|other| **other != provider);
        let mut lines: Vec<(u16, String, &str)> =
            others.map(|other| (404, line(other, false), *other)).collect();
        lines.extend([
            (404, "POST /v1/embeddings".to_owned(), provider),
            (404, "POST /v1/files".to_owned(), provider),
            (404, "GET /".to_owned(), provider),
            (404, "GET http://169.254.169.254/latest/meta-data".to_owned(), provider),
            (405, "DELETE /v1/models".to_owned(), provider),
            (404, "POST /v1/messages/batches".to_owned(), "anthropic"),
            (404, "POST /v1/responses/compact".to_owned(), "openai-responses"),
            (405, line(provider, false).replace("POST", "GET"), provider),
        ]);
        for (status, line, form) in &lines {
            let heard = setting.say(&session, line, "").with_status(*status);
            message(form, &heard);
        }
        let conversation = setting.close(session);
        assert_eq!((conversation.requests, conversation.exchanges.len()), (0, lines.len()));
        for (exchange, (expect, line, _)) in conversation.exchanges.iter().zip(&lines) {
            let Outcome::Refused { status, .. } = exchange.outcome else { panic!("{exchange:?}") };
            assert_eq!(status, *expect, "{line}");
        }
    }
}

#[test]
fn tools_of_the_provider_are_refused_and_named() {
    let setting = Setting::new();
    let check = |provider: &str, more: Value, named: &str| {
        let session = setting.open(provider, NOBODY, "");
        let mut asked: Value = serde_json::from_str(&body(provider, false)).expect("JSON");
        asked.as_object_mut().expect("an object").extend(more.as_object().expect("it").clone());
        let heard = setting.say(&session, &line(provider, false), &asked.to_string());
        let message = message(provider, &heard.with_status(400));
        assert!(message.contains(named) && message.contains("not allowed"), "{message}");
        let conversation = setting.close(session);
        assert_eq!(conversation.requests, 0, "{provider}");
    };
    check("openai", json!({ "tools": [{ "type": "web_search" }] }), "web_search");
    check("openai", json!({ "web_search_options": {} }), "web_search_options");
    for kind in ["web_search_preview", "file_search", "computer_use_preview", "code_interpreter"] {
        check("openai-responses", json!({ "tools": [{ "type": kind }] }), kind);
    }
    let remote = json!({ "tools": [{ "type": "mcp", "server_url": "https://host" }] });
    check("openai-responses", remote, "mcp");
    check("openai-responses", json!({ "background": true }), "background");
    for kind in ["web_search_20250305", "web_fetch_20250910", "code_execution_20250825"] {
        check("anthropic", json!({ "tools": [{ "type": kind, "name": "x" }] }), kind);
    }
    check("anthropic", json!({ "mcp_servers": [{ "url": "https://host" }] }), "mcp_servers");
    for name in ["googleSearch", "urlContext", "codeExecution"] {
        check("gemini", json!({ "tools": [{ name: {} }] }), name);
    }
}

#[test]
fn an_image_at_an_address_is_not_fetched_by_the_provider() {
    let setting = Setting::new();
    let session = setting.open("anthropic", NOBODY, "");
    let source = json!({ "type": "url", "url": "https://host/solution.pdf" });
    let content = json!([{ "type": "document", "source": source }]);
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": content }] });
    let heard = setting.say(&session, "POST /v1/messages", &body.to_string()).with_status(400);
    assert!(message("anthropic", &heard).contains("would fetch it"));
}

#[test]
fn without_the_token_of_an_open_session_nothing_is_answered() {
    let setting = Setting::new();
    let closed = setting.open("openai", NOBODY, "");
    let old = closed.token().to_owned();
    setting.close(closed);
    for provider in PROVIDERS {
        let session = setting.open(provider, NOBODY, "");
        let nearly = &session.token()[..session.token().len() - 1];
        for token in ["", "x", &old, nearly] {
            let address = setting.gateway.address();
            let heard = ask(address, &line(provider, false), token, &body(provider, false));
            message(provider, &heard.with_status(401));
        }
        let conversation = setting.close(session);
        assert!(conversation.exchanges.is_empty(), "{conversation:?}");
    }
}

#[test]
fn what_is_no_question_is_refused() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        let session = setting.open(provider, NOBODY, "");
        for body in ["", "[]", "{", "\u{feff}x", "null", "{\"model\":\"m\",\"model\":\"n\"}"] {
            let heard = setting.say(&session, &line(provider, false), body).with_status(400);
            message(provider, &heard);
        }
        setting.close(session);
    }
}
