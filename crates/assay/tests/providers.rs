//! Every protocol over a real connection, whole and in events: what is sent, and what
//! each thing that a server can do becomes. The table in docs/providers.md is this one.

#[expect(dead_code, reason = "these tests say all in dialects")]
mod scripted_server;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assay::subject::pace::Paces;
use assay::subject::{AnswerSchema, Message, ModelSubject, Reply, SubjectConfig};
use assay_core::Tokens;
use assay_core::answer::Answer;
use assay_core::infra_error::InfraError;
use scripted_server::dialect::{self, Deed};
use scripted_server::{End, Server, Step, answer};
use serde_json::{Value, json};

const PROVIDERS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

const KEY: &str = "sk-test-0123456789abcdef";

fn subject(provider: &str, address: &str, rest: &str) -> ModelSubject {
    let model = if rest.contains("model =") { "" } else { "model = 'm-1'\n" };
    let table = format!(
        "provider = '{provider}'\n{model}base-url = '{address}/v1'\napi-key-env = 'KEY'\n{rest}"
    );
    let config: SubjectConfig = toml::from_str(&table).expect("the test's table is whole");
    let (provider, config) = config.model().expect("a model");
    let environment = |name: &str| (name == "KEY").then(|| KEY.to_owned());
    ModelSubject::new(provider, config, &environment, &mut Paces::default()).expect("it loads")
}

fn ask_for(subject: &ModelSubject, schema: Option<&AnswerSchema>) -> Result<Reply, InfraError> {
    let messages =
        [Message::user("write it"), Message::assistant("done"), Message::user("mend it")];
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(subject.ask(&messages, schema))
}

fn ask(subject: &ModelSubject) -> Result<Reply, InfraError> {
    ask_for(subject, None)
}

fn text(reply: &Reply) -> &str {
    match &reply.answer {
        Answer::Text(text) => text,
        answer => panic!("a model answers with text, not {answer:?}"),
    }
}

/// In a word what a question became.
fn outcome(result: &Result<Reply, InfraError>) -> String {
    match result {
        Ok(reply) => match reply.finish.as_str() {
            "complete" => "answer".to_owned(),
            finish => format!("answer, {finish}"),
        },
        Err(error) => error.class.to_string(),
    }
}

/// A thing that happens, what it becomes, and whether a request follows that succeeds.
struct Row {
    /// As in the table of the documentation.
    name: &'static str,
    expect: &'static str,
    /// Where it is not the same for all: by provider.
    but: &'static [(&'static str, &'static str)],
    is_retried: bool,
}

const fn row(name: &'static str, expect: &'static str) -> Row {
    Row { name, expect, but: &[], is_retried: false }
}

const fn retried(name: &'static str, expect: &'static str) -> Row {
    Row { is_retried: true, ..row(name, expect) }
}

const ROWS: [Row; 25] = [
    row("an answer", "answer"),
    row("an answer with thinking", "answer"),
    row("an empty answer", "answer"),
    Row { but: &[("gemini", "answer, filtered")], ..row("a refusal", "answer, refused") },
    Row {
        but: &[("anthropic", "answer, refused")],
        ..row("an answer that a filter cuts off", "answer, filtered")
    },
    row("an answer that is out of tokens", "answer, truncated"),
    row("400 of a content filter", "answer, filtered"),
    retried("429 with `Retry-After`", "rate limit"),
    retried("429 without `Retry-After`", "rate limit"),
    row("429 that says `insufficient_quota`", "quota"),
    row("402", "quota"),
    row("401 or 403", "authentication"),
    row("400", "bad request"),
    row("404", "not found"),
    row("a redirect", "bad request"),
    retried("500", "server"),
    retried("529", "server"),
    retried("a connection closed before the answer", "connection"),
    retried("a connection closed within the answer", "connection"),
    retried("a stream that ends without its end event", "connection"),
    retried("an error event in a stream", "server"),
    retried("malformed JSON", "malformed response"),
    retried("an empty body", "malformed response"),
    retried("a server that keeps silent", "timeout"),
    retried("a stream that falls silent", "timeout"),
];

/// What a server does for a row; nothing where the row is of the other mode only.
fn steps(provider: &str, stream: bool, name: &str) -> Vec<Step> {
    let deed = |deed| vec![dialect::step(provider, stream, deed)];
    let bare = |status, body: &str| {
        let headers = "Content-Type: application/json\r\n".to_owned();
        Step::Answer { status, headers, body: body.to_owned() }
    };
    let cut = |end| Step::Events { events: dialect::beginning(provider), end };
    match name {
        "an answer" => deed(Deed::Answer),
        "an answer with thinking" => deed(Deed::Think),
        "an empty answer" => deed(Deed::Silence),
        "a refusal" => deed(Deed::Refuse),
        "an answer that a filter cuts off" => deed(Deed::Filter),
        "an answer that is out of tokens" => deed(Deed::Truncate),
        "400 of a content filter" => {
            vec![answer(400, r#"{"error":{"message":"no","code":"content_filter"}}"#)]
        }
        "429 with `Retry-After`" => vec![answer(429, r#"{"error":{"message":"slow down"}}"#)],
        "429 without `Retry-After`" => vec![bare(429, "{}")],
        "429 that says `insufficient_quota`" => {
            vec![answer(429, r#"{"error":{"message":"pay","type":"insufficient_quota"}}"#)]
        }
        "402" => vec![answer(402, "{}")],
        "401 or 403" => vec![answer(401, "{}"), answer(403, "{}")],
        "400" => vec![answer(400, "{}")],
        "404" => vec![answer(404, "no such model"), answer(404, "{}")],
        "a redirect" => {
            let headers = "Location: http://127.0.0.1:1/\r\n".to_owned();
            vec![Step::Answer { status: 307, headers, body: String::new() }]
        }
        "500" => vec![answer(500, "oops")],
        "529" => vec![answer(529, r#"{"error":{"type":"overloaded_error"}}"#)],
        "a connection closed before the answer" => vec![Step::Drop],
        "a connection closed within the answer" if stream => vec![cut(End::Dropped)],
        "a connection closed within the answer" => vec![Step::Truncate],
        "a stream that ends without its end event" if stream => vec![cut(End::Proper)],
        "an error event in a stream" if stream => {
            let mut events = dialect::beginning(provider);
            events.push(dialect::failure(provider));
            vec![Step::Events { events, end: End::Proper }]
        }
        "malformed JSON" if stream => {
            let mut events = dialect::beginning(provider);
            events.push("data: {\"choices\":".to_owned());
            vec![Step::Events { events, end: End::Proper }]
        }
        "malformed JSON" => vec![answer(200, "{\"choices\":"), answer(200, "{}")],
        "an empty body" if !stream => vec![answer(200, "")],
        "a server that keeps silent" => vec![Step::Hang],
        "a stream that falls silent" if stream => vec![cut(End::Silent)],
        "a stream that ends without its end event"
        | "an error event in a stream"
        | "an empty body"
        | "a stream that falls silent" => Vec::new(),
        other => panic!("no script for {other:?}"),
    }
}

fn settings(stream: bool, retries: u32, name: &str) -> String {
    let limit = match name {
        "a server that keeps silent" => "timeout-seconds = 1\n",
        "a stream that falls silent" => "idle-seconds = 1\n",
        _ => "",
    };
    format!("stream = {stream}\nretries = {retries}\n{limit}")
}

fn check_row(provider: &str, stream: bool, row: &Row) {
    let expect = row.but.iter().find(|(name, _)| *name == provider);
    let expect = expect.map_or(row.expect, |(_, expect)| *expect);
    for step in steps(provider, stream, row.name) {
        let place = format!("{provider}, stream = {stream}, {}: {step:?}", row.name);
        let server = Server::start(vec![step.clone()]);
        let found = ask(&subject(provider, &server.address, &settings(stream, 0, row.name)));
        assert_eq!(outcome(&found), expect, "{place}: {found:?}");
        // It is tried again exactly if that may help.
        let server = Server::start(vec![step, dialect::step(provider, stream, Deed::Answer)]);
        let again = ask(&subject(provider, &server.address, &settings(stream, 1, row.name)));
        let requests = server.requests().len();
        if row.is_retried {
            let reply = again.unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!((text(&reply), reply.usage.requests, requests), ("hello", 2, 2), "{place}");
        } else {
            assert_eq!(again.map_err(|error| error.class), found.map_err(|error| error.class));
            assert_eq!(requests, 1, "{place}");
        }
    }
}

fn check_provider(provider: &str) {
    for row in &ROWS {
        for stream in [false, true] {
            check_row(provider, stream, row);
        }
    }
}

#[test]
fn everything_that_openai_can_do_becomes_what_the_table_says() {
    check_provider("openai");
}

#[test]
fn everything_that_openai_responses_can_do_becomes_what_the_table_says() {
    check_provider("openai-responses");
}

#[test]
fn everything_that_anthropic_can_do_becomes_what_the_table_says() {
    check_provider("anthropic");
}

#[test]
fn everything_that_gemini_can_do_becomes_what_the_table_says() {
    check_provider("gemini");
}

#[test]
fn the_documentation_has_the_same_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let page = fs::read_to_string(page).expect("a page");
    for row in &ROWS {
        let again = if row.is_retried { "yes" } else { "no" };
        let again = if row.expect.starts_with("answer") { "" } else { again };
        let line = format!("| {} | {} | {again} |", row.name, row.expect);
        let line = line.replace("|  |", "| |");
        assert!(page.contains(&line), "docs/providers.md lacks {line}");
    }
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let page = fs::read_to_string(page).expect("a page");
    let mut read = 0;
    for block in page.split("```toml\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let tables: BTreeMap<String, Vec<SubjectConfig>> =
            toml::from_str(block).unwrap_or_else(|error| panic!("{error} in {block}"));
        for config in &tables["subject"] {
            let (provider, config) = config.model().expect("a model");
            let found = ModelSubject::new(
                provider,
                config,
                &|_| Some(KEY.to_owned()),
                &mut Paces::default(),
            );
            found.unwrap_or_else(|error| panic!("{}: {error}", config.model));
            read += 1;
        }
    }
    assert_eq!(read, 11);
}

#[test]
fn text_thinking_and_tokens_are_told_apart() {
    for provider in PROVIDERS {
        for stream in [false, true] {
            let check = |deed, expect: (&str, Option<&str>)| {
                let server = Server::start(vec![dialect::step(provider, stream, deed)]);
                let price =
                    "price = { input = 1, cached-input = 0.1, cache-write = 3, output = 2 }";
                let rest = format!("stream = {stream}\n{price}");
                let reply = ask(&subject(provider, &server.address, &rest)).expect("it answers");
                let place = format!("{provider}, stream = {stream}, {deed:?}");
                assert_eq!((text(&reply), reply.thinking.as_deref()), expect, "{place}");
                let [input, cached, output, reasoning] = dialect::TOKENS;
                // One protocol says what was written into the cache.
                let written = if provider == "anthropic" { 20 } else { 0 };
                let tokens = Tokens { input, cached, output, reasoning, written };
                assert_eq!(reply.usage.tokens, Some(tokens), "{place}");
                let cost = reply.usage.cost.expect("a price was given").nanos();
                let input = (30 - written) * 1_000 + written * 3_000;
                assert_eq!(cost, input + 40 * 100 + 20 * 2_000, "{place}");
            };
            check(Deed::Answer, ("hello", None));
            check(Deed::Think, ("hello", Some("hm")));
            check(Deed::Silence, ("", None));
            check(Deed::Truncate, ("he", None));
            let refusal = if provider == "gemini" { "" } else { "I will not" };
            check(Deed::Refuse, (refusal, None));
        }
    }
}

#[test]
fn a_count_that_is_missing_is_no_zero() {
    for (provider, place) in [
        ("openai", "/usage/completion_tokens"),
        ("openai-responses", "/usage/input_tokens"),
        ("anthropic", "/usage/output_tokens"),
        ("gemini", "/usageMetadata/promptTokenCount"),
    ] {
        let Step::Answer { body, .. } = dialect::step(provider, false, Deed::Answer) else {
            panic!("a whole answer")
        };
        let mut body: Value = serde_json::from_str(&body).expect("JSON");
        *body.pointer_mut(place).expect("a count") = Value::Null;
        let server = Server::start(vec![answer(200, &body.to_string())]);
        let price = "stream = false\nprice = { input = 1, output = 2 }";
        let reply = ask(&subject(provider, &server.address, price)).expect("it answers");
        assert_eq!((reply.usage.tokens, reply.usage.cost), (None, None), "{provider}");
    }
}

/// The path and the body of the one request of a question.
fn request(provider: &str, stream: bool, rest: &str) -> (String, Value) {
    let server = Server::start(vec![dialect::step(provider, stream, Deed::Answer)]);
    let rest = format!("stream = {stream}\n{rest}");
    let found = ask(&subject(provider, &server.address, &rest));
    found.unwrap_or_else(|error| panic!("{provider}: {error}"));
    let request = server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    let path = head.split(' ').nth(1).expect("a path").to_owned();
    (path, serde_json::from_str(body).expect("JSON"))
}

#[test]
fn the_name_of_a_model_arrives_as_it_is_and_nothing_is_read_into_it() {
    for name in [
        "qwen3-max",
        "gpt-5.6-high",
        "o3-mini-low",
        "gemini-3-pro-none",
        "claude-sonnet-5-zero",
        "claude-opus-4-1-20250805",
        "some-model-xhigh",
        "vendor/model:free",
        "llama3:8b",
        "openai::gpt-4",
        "a::b::c",
    ] {
        for stream in [false, true] {
            let of = |provider| request(provider, stream, &format!("model = '{name}'"));
            let messages = json!([
                { "role": "user", "content": "write it" },
                { "role": "assistant", "content": "done" },
                { "role": "user", "content": "mend it" },
            ]);
            let (path, body) = of("openai");
            assert_eq!(path, "/v1/chat/completions");
            let mut expect = json!({ "model": name, "stream": stream, "messages": messages });
            if stream {
                expect["stream_options"] = json!({ "include_usage": true });
            }
            assert_eq!(body, expect);

            let (path, mut body) = of("openai-responses");
            assert_eq!(path, "/v1/responses");
            let input = body["input"].take();
            assert_eq!(input.as_array().map(Vec::len), Some(3), "{input}");
            let expect = json!({ "model": name, "stream": stream, "store": false, "input": null });
            assert_eq!(body, expect);

            let (path, body) = of("anthropic");
            assert_eq!(path, "/v1/messages");
            let expect = json!({ "model": name, "stream": stream, "max_tokens": 64_000, "messages": messages });
            assert_eq!(body, expect);

            let (path, body) = of("gemini");
            let folder = if name.contains('/') { "" } else { "models/" };
            let action = match stream {
                false => "generateContent",
                true => "streamGenerateContent?alt=sse",
            };
            assert_eq!(path, format!("/v1/{folder}{name}:{action}"));
            let contents = json!([
                { "role": "user", "parts": [{ "text": "write it" }] },
                { "role": "model", "parts": [{ "text": "done" }] },
                { "role": "user", "parts": [{ "text": "mend it" }] },
            ]);
            assert_eq!(body, json!({ "contents": contents }));
        }
    }
}

#[test]
fn a_silence_that_is_to_be_repaired_is_no_empty_message() {
    for provider in PROVIDERS {
        let server = Server::start(vec![dialect::step(provider, false, Deed::Answer)]);
        let subject = subject(provider, &server.address, "stream = false");
        let messages =
            [Message::user("write it"), Message::assistant(" \n"), Message::user("mend it")];
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(subject.ask(&messages, None)).expect("it answers");
        let request = server.requests().remove(0);
        assert!(request.contains("\"(no answer)\""), "{provider}: {request}");
    }
}

#[test]
fn settings_are_sent_in_the_words_of_each_protocol() {
    let common = "temperature = 0.6\ntop-p = 0.9\nmax-tokens = 99\nsystem = 'be brief'\n";
    let check = |provider: &str, rest: &str, expect: Value| {
        let (_, body) = request(provider, false, &format!("{common}{rest}"));
        for (name, value) in expect.as_object().expect("an object") {
            assert_eq!(&body[name], value, "{provider}: {name} of {body:#}");
        }
    };
    check(
        "openai",
        "seed = 4\nstop = ['x']\nreasoning-effort = 'high'\nextra = { top_k = 5 }",
        json!({
            "temperature": 0.6, "top_p": 0.9, "max_tokens": 99, "seed": 4, "stop": ["x"],
            "reasoning_effort": "high", "top_k": 5,
        }),
    );
    check(
        "openai-responses",
        "reasoning-effort = 'none'\nextra = { reasoning = { summary = 'auto' } }",
        json!({
            "temperature": 0.6, "top_p": 0.9, "max_output_tokens": 99, "instructions": "be brief",
            "reasoning": { "effort": "none", "summary": "auto" },
        }),
    );
    check(
        "anthropic",
        "stop = ['x']\nreasoning-effort = 'max'\nextra = { thinking = { display = 'summarized' } }",
        json!({
            "temperature": 0.6, "top_p": 0.9, "max_tokens": 99, "system": "be brief",
            "stop_sequences": ["x"], "output_config": { "effort": "max" },
            "thinking": { "type": "adaptive", "display": "summarized" },
        }),
    );
    check(
        "anthropic",
        "thinking-tokens = 2048",
        json!({ "thinking": { "type": "enabled", "budget_tokens": 2048 }, "output_config": null }),
    );
    check(
        "gemini",
        "seed = 4\nstop = ['x']\nthinking-tokens = 7\nextra = { generationConfig = { topK = 5 } }",
        json!({
            "systemInstruction": { "parts": [{ "text": "be brief" }] },
            "generationConfig": {
                "temperature": 0.6, "topP": 0.9, "maxOutputTokens": 99, "seed": 4,
                "stopSequences": ["x"], "topK": 5,
                "thinkingConfig": { "thinkingBudget": 7, "includeThoughts": true },
            },
        }),
    );
    check(
        "gemini",
        "reasoning-effort = 'low'",
        json!({ "generationConfig": {
            "temperature": 0.6, "topP": 0.9, "maxOutputTokens": 99,
            "thinkingConfig": { "thinkingLevel": "LOW", "includeThoughts": true },
        } }),
    );
}

#[test]
fn the_form_of_an_answer_is_asked_for_beside_all_else() {
    let schema = AnswerSchema {
        name: "ballot",
        schema: json!({
            "type": "object", "properties": { "pass": { "type": "boolean" } },
            "required": ["pass"], "additionalProperties": false,
        }),
    };
    for (provider, rest, place, beside) in [
        ("openai", "", "/response_format/json_schema/schema", "/model"),
        (
            "openai-responses",
            "extra = { text = { verbosity = 'low' } }",
            "/text/format/schema",
            "/text/verbosity",
        ),
        (
            "anthropic",
            "reasoning-effort = 'low'",
            "/output_config/format/schema",
            "/output_config/effort",
        ),
        (
            "gemini",
            "temperature = 0.5",
            "/generationConfig/responseJsonSchema",
            "/generationConfig/temperature",
        ),
    ] {
        let server = Server::start(vec![dialect::step(provider, false, Deed::Answer)]);
        let subject = subject(provider, &server.address, &format!("stream = false\n{rest}"));
        ask_for(&subject, Some(&schema)).expect("it answers");
        let request = server.requests().remove(0);
        let (_, body) = request.split_once("\r\n\r\n").expect("a body");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let sent = body.pointer(place).unwrap_or_else(|| panic!("{provider}: {body:#}"));
        assert_eq!(sent["properties"]["pass"]["type"], "boolean", "{body:#}");
        assert!(body.pointer(beside).is_some(), "{body:#}");
    }
}

#[test]
fn the_key_goes_into_the_header_of_its_protocol_and_no_other() {
    for (provider, header) in [
        ("openai", format!("authorization: bearer {KEY}")),
        ("openai-responses", format!("authorization: bearer {KEY}")),
        ("anthropic", format!("x-api-key: {KEY}")),
        ("gemini", format!("x-goog-api-key: {KEY}")),
    ] {
        let server = Server::start(vec![dialect::step(provider, false, Deed::Answer)]);
        let rest = "stream = false\nheaders = { X-Title = 'assay' }";
        ask(&subject(provider, &server.address, rest)).expect("it answers");
        let request = server.requests().remove(0).to_lowercase();
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&header) && head.contains("x-title: assay"), "{head}");
        assert_eq!(head.matches(KEY).count(), 1, "{head}");
        assert!(!body.contains(KEY), "{body}");
        assert_eq!(head.contains("anthropic-version: 2023-06-01"), provider == "anthropic");
    }
}

#[test]
fn no_answer_of_any_form_breaks_the_reader() {
    for provider in PROVIDERS {
        for body in [
            "[]",
            "1",
            "null",
            "\"x\"",
            "{}",
            "[[]]",
            r#"{"choices":{},"output":1,"content":"x","candidates":7}"#,
        ] {
            let server = Server::start(vec![answer(200, body)]);
            let found = ask(&subject(provider, &server.address, "stream = false\nretries = 0"));
            assert_eq!(outcome(&found), "malformed response", "{provider} {body}");
            // An event of such a form says nothing, and the stream has no end.
            let types = [
                "response.completed",
                "response.output_text.delta",
                "message_start",
                "message_delta",
                "content_block_start",
                "content_block_delta",
            ];
            let mut events = vec![format!("data: {body}")];
            events.extend(types.map(|name| format!("event: {name}\ndata: {{\"type\":\"{name}\",\"usage\":3,\"delta\":[],\"response\":[],\"message\":[],\"content_block\":4,\"choices\":[7],\"candidates\":[7]}}")));
            let server = Server::start(vec![Step::Events { events, end: End::Proper }]);
            let found = ask(&subject(provider, &server.address, "stream = true\nretries = 0"));
            assert!(found.is_err(), "{provider} {body}: {found:?}");
        }
    }
}

#[test]
fn what_was_said_whole_counts_although_the_connection_breaks_after_it() {
    for provider in PROVIDERS {
        let Step::Events { events, .. } = dialect::step(provider, true, Deed::Answer) else {
            panic!("events")
        };
        let server = Server::start(vec![Step::Events { events, end: End::Dropped }]);
        let reply = ask(&subject(provider, &server.address, "stream = true\nretries = 0"));
        assert_eq!(text(&reply.expect("it is whole")), "hello", "{provider}");
    }
}
