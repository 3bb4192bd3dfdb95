//! What is passed on is what came, and what it took is counted.

use std::sync::{Arc, Condvar, Mutex};

use assay::gateway::{Conversation, Naming, Outcome, SessionConfig, SessionLimits};
use assay::subject::Account;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Amount, Cost, TokenUsage, Tokens};
use serde_json::{Value, json};

use super::scripted_server::dialect::{self, Deed, TOKENS};
use super::scripted_server::{End, Server, Step, answer};
use super::setting::{KEY, MODEL, PROVIDERS, Setting, body, line, upstream};

const PRICE: &str = "price = { input = 1, cached-input = 0.5, output = 10 }";

fn tokens(provider: &str) -> Tokens {
    let [input, cached, output, reasoning] = TOKENS;
    // One protocol says what was written into the cache.
    let written = if provider == "anthropic" { 20 } else { 0 };
    Tokens { input, cached, output, reasoning, written }
}

/// What a step of a script sends, without what frames it.
fn sent(step: &Step) -> String {
    match step {
        Step::Answer { body, .. } => body.clone(),
        Step::Events { events, .. } => events.iter().map(|event| format!("{event}\n\n")).collect(),
        other => panic!("nothing is sent: {other:?}"),
    }
}

/// What the only exchange of a conversation was answered with.
fn only_answer(conversation: &Conversation) -> (&Value, &Outcome) {
    let [exchange] = conversation.exchanges.as_slice() else { panic!("{conversation:?}") };
    match &exchange.outcome {
        outcome @ Outcome::Answered { body, .. } => (body, outcome),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_is_passed_on_byte_by_byte_and_counted_in_every_protocol() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        for stream in [false, true] {
            let place = format!("{provider}, stream {stream}");
            let step = dialect::step(provider, stream, Deed::Think);
            let server = Server::start(vec![step.clone()]);
            let session = setting.open(provider, &server.address, PRICE);
            let heard = setting.ask(&session, provider, stream).with_status(200);
            assert_eq!(heard.body, sent(&step), "{place}");
            assert!(heard.is_whole, "{place}: {heard:?}");
            let kind = if stream { "text/event-stream" } else { "application/json" };
            assert!(heard.head.contains(&format!("content-type: {kind}")), "{place}: {heard:?}");
            let conversation = setting.close(session);
            let (folded, outcome) = only_answer(&conversation);
            let text = folded.to_string();
            // Gemini's parts stay apart.
            let said = text.replace(r#""},{"text":""#, "");
            assert!(said.contains("hello") && said.contains("hm"), "{place}: {text}");
            let usage = outcome.usage().expect("it took something");
            assert_eq!((usage.tokens, usage.requests), (Some(tokens(provider)), 1), "{place}");
            // 30 at 1, 40 at 0.5 and 20 at 10 a million; 20 of the 30 at 1.25 if they are
            // written into the cache.
            let cost = if provider == "anthropic" { 255_000 } else { 250_000 };
            assert_eq!(usage.cost.map(|cost| cost.nanos()), Some(cost), "{place}");
            assert_eq!(conversation.usage, *usage, "{place}");
            assert_eq!((conversation.requests, &conversation.end), (1, &None), "{place}");
            assert_eq!(conversation.failure(), None, "{place}");
        }
    }
}

#[test]
fn the_model_is_the_one_of_the_session_and_the_rest_of_a_question_is_as_it_was() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        for stream in [false, true] {
            let server = Server::start(vec![dialect::step(provider, stream, Deed::Answer)]);
            let session = setting.open(provider, &server.address, "");
            setting.ask(&session, provider, stream).with_status(200);
            let requests = server.requests();
            let (head, sent) = requests[0].split_once("\r\n\r\n").expect("a head and a body");
            let asked = body(provider, stream);
            assert_eq!(sent, asked.replace("small", MODEL), "{provider}");
            let path = line(provider, stream).replace("small", MODEL).replace("v1beta", "v1");
            assert!(head.starts_with(&format!("{path} HTTP/1.1\r\n")), "{provider}: {head}");
            assert!(head.contains(KEY) && !head.contains(session.token()), "{provider}: {head}");
            let conversation = setting.close(session);
            let exchange = &conversation.exchanges[0];
            assert_eq!(exchange.asked_model.as_deref(), Some("small"), "{provider}");
            let kept = conversation.request(0).expect("it is kept");
            assert_eq!(kept, serde_json::from_str::<Value>(&asked).expect("JSON"), "{provider}");
        }
    }
}

#[test]
fn an_agent_may_name_the_model_where_that_is_wanted() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        let missing = answer(404, r#"{"error":{"message":"no such model"}}"#);
        let script = vec![dialect::step(provider, false, Deed::Answer), missing];
        let server = Server::start(script);
        let session = setting
            .gateway
            .open(SessionConfig {
                upstream: upstream(provider, &server.address, ""),
                naming: Naming::AsAsked,
                limits: SessionLimits::default(),
                account: None,
            })
            .expect("a session");
        setting.ask(&session, provider, false).with_status(200);
        // What it names and is not there is its own fault.
        setting.ask(&session, provider, false).with_status(404);
        assert!(server.requests()[0].contains("small"), "{provider}");
        assert_eq!(setting.close(session).end, None, "{provider}");
    }
}

#[test]
fn headers_that_change_an_answer_are_passed_on_and_no_others() {
    let setting = Setting::new();
    let server = Server::start(vec![dialect::step("anthropic", false, Deed::Answer)]);
    let session = setting.open("anthropic", &server.address, "");
    let mut agent = super::agent::Agent::connect(setting.gateway.address());
    let (token, body) = (session.token(), body("anthropic", false));
    let length = body.len();
    agent.say(format!("POST /v1/messages?beta=true HTTP/1.1\r\nHost: gateway\r\nx-api-key: {token}\r\nanthropic-version: 2024-01-01\r\nanthropic-beta: one,two\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: a=b\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes());
    agent.hear().with_status(200);
    let request = server.requests()[0].to_ascii_lowercase();
    for part in
        ["post /v1/messages?beta=true ", "anthropic-beta: one,two", "anthropic-version: 2024-01-01"]
    {
        assert!(request.contains(part), "{part}: {request}");
    }
    for part in ["cookie", "forwarded", token, "2023-06-01"] {
        assert!(!request.contains(part), "{part}: {request}");
    }
}

#[test]
fn calls_of_tools_in_streams_are_kept_whole() {
    let setting = Setting::new();
    let chunk = |delta: Value, finish: Value| {
        format!("data: {}", json!({ "choices": [{ "delta": delta, "finish_reason": finish }] }))
    };
    let piece = |arguments: &str| json!({ "tool_calls": [{ "index": 0, "function": { "arguments": arguments } }] });
    let named = json!({ "tool_calls": [{ "index": 0, "id": "c", "type": "function", "function": { "name": "bash", "arguments": "" } }] });
    let events = vec![
        chunk(named, Value::Null),
        chunk(piece("{\"command\":"), Value::Null),
        chunk(piece("\"ls\"}"), json!("tool_calls")),
        "data: [DONE]".to_owned(),
    ];
    let server = Server::start(vec![Step::Events { events, end: End::Proper }]);
    let session = setting.open("openai", &server.address, "");
    setting.ask(&session, "openai", true).with_status(200);
    let conversation = setting.close(session);
    let (body, outcome) = only_answer(&conversation);
    let call = &body["choices"][0]["message"]["tool_calls"][0];
    let function = json!({ "name": "bash", "arguments": "{\"command\":\"ls\"}" });
    assert_eq!((&call["id"], &call["function"]), (&json!("c"), &function));
    // Nothing was counted, so it is estimated: the call too.
    let usage = outcome.usage().expect("it took something");
    let estimate = usage.estimate.expect("an estimate").tokens;
    assert!(usage.tokens.is_none() && estimate.input > 20 && estimate.output > 10, "{usage:?}");
}

#[test]
fn geminis_streams_may_be_lists_and_tokens_may_be_counted() {
    let setting = Setting::new();
    let list = format!(
        "[{},\n{}]",
        json!({ "candidates": [{ "content": { "parts": [{ "text": "he" }] } }] }),
        json!({ "candidates": [{ "content": { "parts": [{ "text": "llo" }] }, "finishReason": "STOP" }], "usageMetadata": { "promptTokenCount": 7, "candidatesTokenCount": 3 } })
    );
    let count = r#"{"totalTokens":7}"#;
    let server = Server::start(vec![answer(200, &list), answer(200, count)]);
    let session = setting.open("gemini", &server.address, "");
    let body = body("gemini", false);
    let line = "POST /v1beta/models/small:streamGenerateContent";
    assert_eq!(setting.say(&session, line, &body).with_status(200).body, list);
    let line = "POST /v1beta/models/small:countTokens";
    assert_eq!(setting.say(&session, line, &body).with_status(200).body, count);
    let requests = server.requests();
    assert!(!requests[0].contains("alt=sse") && requests[1].contains(":countTokens "));
    let conversation = setting.close(session);
    let counted = conversation.usage.tokens.expect("they are counted");
    assert_eq!((counted.input, counted.output), (7, 3));
    assert!(matches!(conversation.exchanges[1].outcome, Outcome::Counted { status: 200, .. }));
    assert_eq!(conversation.requests, 1, "a count is no question");
}

/// Pays for one request, and has it told when.
#[derive(Debug, Default)]
struct AccountOfOne {
    paid: Mutex<Vec<TokenUsage>>,
    is_paid: Condvar,
}

impl Account for AccountOfOne {
    fn charge(&self, usage: TokenUsage) {
        self.paid.lock().expect("nobody panics with it").push(usage);
        self.is_paid.notify_all();
    }

    fn refusal(&self, next: Amount) -> Option<InfraError> {
        assert!(next.tokens > 0 && next.cost > Cost::ZERO, "{next:?}");
        let is_spent = !self.paid.lock().expect("nobody panics with it").is_empty();
        is_spent.then(|| InfraError::new(InfraClass::RequestLimit, "all is spent"))
    }
}

#[test]
fn what_an_exchange_took_is_told_at_once_and_the_next_may_be_refused() {
    let setting = Setting::new();
    let server = Server::start(vec![dialect::step("openai", true, Deed::Answer)]);
    let account = Arc::new(AccountOfOne::default());
    let upstream = upstream("openai", &server.address, PRICE);
    let (naming, limits) = (Naming::Fixed, SessionLimits::default());
    let paying: Arc<dyn Account> = account.clone();
    let config = SessionConfig { upstream, naming, limits, account: Some(paying) };
    let session = setting.gateway.open(config).expect("a session");
    setting.ask(&session, "openai", true).with_status(200);
    let paid = account.paid.lock().expect("nobody panics with it");
    let paid = account.is_paid.wait_while(paid, |paid| paid.is_empty()).expect("it is told");
    assert_eq!((paid[0].tokens, session.usage()), (Some(tokens("openai")), paid[0]));
    drop(paid);
    let heard = setting.ask(&session, "openai", true).with_status(400);
    assert!(heard.body.contains("the model cannot be asked"), "{heard:?}");
    let conversation = setting.close(session);
    let class = conversation.failure().map(|error| error.class);
    assert_eq!((conversation.requests, class), (1, Some(InfraClass::RequestLimit)));
    assert_eq!(account.paid.lock().expect("nobody panics with it").len(), 1);
}

#[test]
fn an_agent_finds_one_model_and_nobody_asks_for_others() {
    let setting = Setting::new();
    for (provider, line, place) in [
        ("openai", "GET /v1/models", "/data/0/id"),
        ("openai-responses", "GET /v1/models/model-under-test", "/id"),
        ("anthropic", "GET /v1/models", "/data/0/id"),
        ("gemini", "GET /v1beta/models", "/models/0/displayName"),
        ("gemini", "GET /v1beta/models/model-under-test", "/displayName"),
    ] {
        let session = setting.open(provider, "http://127.0.0.1:1", "");
        let heard = setting.say(&session, line, "").with_status(200);
        assert_eq!(heard.json().pointer(place), Some(&json!(MODEL)), "{line}: {heard:?}");
        assert_eq!(setting.close(session).requests, 0);
    }
}

#[test]
fn a_long_conversation_is_kept_once_and_read_again_whole() {
    let setting = Setting::new();
    let rounds = 8;
    let script = (0..rounds).map(|_| dialect::step("anthropic", true, Deed::Answer)).collect();
    let server = Server::start(script);
    let session = setting.open("anthropic", &server.address, "");
    let mut asked = Vec::new();
    let mut messages = Vec::new();
    for round in 0..rounds {
        messages
            .push(json!({ "role": "user", "content": format!("{round} {}", "x".repeat(2_000)) }));
        let body = json!({ "model": "m", "system": "s", "messages": messages, "stream": true });
        setting.say(&session, "POST /v1/messages", &body.to_string()).with_status(200);
        messages.push(json!({ "role": "assistant", "content": "hello" }));
        asked.push(body);
    }
    let conversation = setting.close(session);
    let text = serde_json::to_string(&conversation).expect("JSON");
    assert!(text.len() < 3 * rounds * 2_000, "{} bytes are kept", text.len());
    let read: Conversation = serde_json::from_str(&text).expect("it is read again");
    assert_eq!(read, conversation);
    let whole: Vec<Value> = (0..rounds).filter_map(|place| read.request(place)).collect();
    assert_eq!(whole, asked);
    let times = read.exchanges.iter().map(|exchange| (exchange.begun_ms, exchange.ended_ms));
    assert!(times.is_sorted(), "they are in order");
}
