//! How long a server's context is, as it states it itself, is asked before a run, and
//! questions that do not fit are warned of.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "these tests need few kinds of answers")]
mod scripted_server;

use door::{Door, Ended};
use scripted_server::Server;
use scripted_server::dialect::{self, Deed};

/// Runs one attempt against a server that states this at this path.
fn run(provider: &str, path: &str, body: &str, settings: &str, more: &[&str]) -> Ended {
    // Refused, so that nothing is repaired.
    let step = dialect::step(provider, false, Deed::Refuse);
    let script = vec![step; if more == ONE_ANSWER { 1 } else { 3 }];
    let server = Server::stating(&[(path, body)], script);
    let door = Door::open();
    let table = format!(
        "[[subject]]\nprovider = '{provider}'\nmodel = 'm'\nbase-url = '{}/v1'\nstream = false\nretries = 0\n{settings}\n",
        server.address
    );
    door.write("assay.toml", table);
    let fixed = ["run", "--case", "telemetry-frame", "--scenario", "gen", "--no-cache"];
    let ended = door.run(&[&fixed[..], &["--output", "run.assay"], more].concat()).with_code(0);
    // Whatever the server states, the questions are asked.
    assert!(!server.requests().is_empty(), "{ended}");
    ended
}

/// What was said of contexts before the first question.
fn warnings(ended: &Ended) -> Vec<&str> {
    let lines = ended.stderr.lines();
    lines
        .filter(|line| line.starts_with("warning: ") && line.contains("its server states"))
        .collect()
}

const ONE_ANSWER: [&str; 2] = ["--max-answers", "1"];

/// Every way in which servers state it, with a context of 2,048 tokens.
const STATEMENTS: [(&str, &str, &str); 9] = [
    ("openai", "/v1/models", r#"{"object":"list","data":[{"id":"m","max_model_len":2048}]}"#),
    (
        "openai",
        "/v1/models",
        r#"{"data":[{"id":"m","context_length":131072,"top_provider":{"context_length":2048}}]}"#,
    ),
    ("openai-responses", "/v1/models", r#"{"data":[{"id":"m","context_window":2048}]}"#),
    ("openai", "/props", r#"{"default_generation_settings":{"n_ctx":2048},"total_slots":1}"#),
    ("openai", "/api/ps", r#"{"models":[{"name":"m:latest","context_length":2048}]}"#),
    ("openai", "/api/show", r#"{"model_info":{"llama.context_length":2048}}"#),
    (
        "openai",
        "/api/v0/models",
        r#"{"data":[{"id":"m","max_context_length":9999,"loaded_context_length":2048}]}"#,
    ),
    (
        "gemini",
        "/v1/models/m",
        r#"{"name":"models/m","inputTokenLimit":512,"outputTokenLimit":2048}"#,
    ),
    ("anthropic", "/v1/models/m", r#"{"id":"m","type":"model","max_input_tokens":512}"#),
];

#[test]
fn a_plan_that_cannot_fit_into_what_a_server_states_is_warned_of() {
    for (provider, path, body) in STATEMENTS {
        let ended = run(provider, path, body, "max-tokens = 4096", &ONE_ANSWER);
        let said = warnings(&ended);
        assert_eq!(said.len(), 1, "{provider} {path}: {ended}");
        assert!(said[0].contains("m: 1 of 1 question cannot fit into"), "{ended}");
        assert!(said[0].contains("with max-tokens 4096"), "{ended}");
    }
}

#[test]
fn a_plan_that_fits_is_not_warned_of() {
    for (provider, path, body) in STATEMENTS {
        let body = body.replace("512", "8192");
        let ended = run(provider, path, &body, "max-tokens = 512", &ONE_ANSWER);
        assert_eq!(warnings(&ended), Vec::<&str>::new(), "{provider} {path}: {ended}");
        assert!(ended.stderr.contains("\ncontext    m: "), "{provider} {path}: {ended}");
    }
}

#[test]
fn repairs_that_may_not_fit_are_warned_of_as_such() {
    let (provider, path, body) = STATEMENTS[0];
    let ended = run(provider, path, body, "max-tokens = 512", &["--max-answers", "3"]);
    let said = warnings(&ended);
    assert!(said.len() == 1 && said[0].contains("repairs may not fit"), "{ended}");
}

#[test]
fn a_plan_that_fits_anywhere_asks_nothing_of_a_server() {
    let (provider, path, body) = STATEMENTS[0];
    let ended = run(provider, path, body, "", &ONE_ANSWER);
    assert!(!ended.stderr.contains("\ncontext    m: "), "{ended}");
}

#[test]
fn what_is_no_statement_says_nothing() {
    for body in
        ["", "null", "[]", "{}", "not JSON", r#"{"data":[{"id":"m","max_model_len":"many"}]}"#]
    {
        let ended = run("openai", "/v1/models", body, "max-tokens = 4096", &ONE_ANSWER);
        assert_eq!(warnings(&ended), Vec::<&str>::new(), "{body}: {ended}");
    }
}
