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

/// A way in which a server states how much it takes: protocol, path and body.
type Statement<'a> = (&'a str, &'a str, &'a str);

/// Runs one attempt of a subject for each statement, whose name is its place among them.
fn run(case: &str, statements: &[Statement<'_>], settings: &str, more: &[&str]) -> Ended {
    let door = Door::open();
    let mut config = String::new();
    let mut servers = Vec::new();
    for (place, (provider, path, body)) in statements.iter().enumerate() {
        let script = vec![dialect::step(provider, false, Deed::Refuse); 3];
        let server = Server::stating(&[(path, body)], script);
        config.push_str(&format!(
            "[[subject]]\nprovider = '{provider}'\nmodel = 'm'\nname = 's{place}'\nbase-url = '{}/v1'\nstream = false\nretries = 0\n{settings}\n",
            server.address
        ));
        servers.push(server);
    }
    door.write("assay.toml", config);
    let fixed = ["run", "--case", case, "--scenario", "gen", "--no-cache"];
    let ended = door.run(&[&fixed[..], &["--output", "run.assay"], more].concat()).with_code(0);
    // Whatever the servers state, the questions are asked.
    assert!(servers.iter().all(|server| !server.requests().is_empty()), "{ended}");
    ended
}

/// What was said of contexts before the first question.
fn warnings(ended: &Ended) -> Vec<&str> {
    let lines = ended.stderr.lines();
    lines
        .filter(|line| line.starts_with("warning: ") && line.contains("its server states"))
        .collect()
}

const CASE: &str = "telemetry-frame";

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
    let ended = run(CASE, &STATEMENTS, "max-tokens = 4096", &ONE_ANSWER);
    let said = warnings(&ended);
    assert_eq!(said.len(), STATEMENTS.len(), "{ended}");
    for (place, statement) in STATEMENTS.iter().enumerate() {
        let line = format!("warning: s{place}: 1 of 1 question cannot fit into");
        let found = said.iter().find(|it| it.starts_with(&line));
        let found = found.unwrap_or_else(|| panic!("{statement:?}: {ended}"));
        assert!(found.contains("with max-tokens 4096"), "{found}");
    }
}

#[test]
fn a_plan_that_fits_is_not_warned_of() {
    let longer =
        STATEMENTS.map(|(provider, path, body)| (provider, path, body.replace("512", "8192")));
    let statements: Vec<Statement<'_>> =
        longer.iter().map(|(provider, path, body)| (*provider, *path, body.as_str())).collect();
    let ended = run(CASE, &statements, "max-tokens = 512", &ONE_ANSWER);
    assert_eq!(warnings(&ended), Vec::<&str>::new(), "{ended}");
    for place in 0..statements.len() {
        assert!(ended.stderr.contains(&format!("\ncontext    s{place}: ")), "{ended}");
    }
}

#[test]
fn repairs_that_may_not_fit_are_warned_of_as_such() {
    let ended = run(CASE, &STATEMENTS[..1], "max-tokens = 512", &["--max-answers", "3"]);
    let said = warnings(&ended);
    assert!(said.len() == 1 && said[0].contains("s0: repairs may not fit"), "{ended}");
}

#[test]
fn a_plan_that_fits_anywhere_asks_nothing_of_a_server() {
    let ended = run("archive-list", &STATEMENTS[..1], "", &ONE_ANSWER);
    assert!(!ended.stderr.contains("\ncontext    s0: "), "{ended}");
}

#[test]
fn what_is_no_statement_says_nothing() {
    let bodies =
        ["", "null", "[]", "{}", "no JSON", r#"{"data":[{"id":"m","max_model_len":"many"}]}"#];
    let statements = bodies.map(|body| ("openai", "/v1/models", body));
    let ended = run(CASE, &statements, "max-tokens = 4096", &ONE_ANSWER);
    assert_eq!(warnings(&ended), Vec::<&str>::new(), "{ended}");
}
