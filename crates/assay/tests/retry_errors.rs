//! `--resume` with `--retry-errors`: only errors of chosen classes are tried again.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "these tests need few kinds of answers")]
mod scripted_server;

use door::Door;
use scripted_server::{Server, Step, answer, good};
use serde_json::Value;

/// A run of four rounds: judged, a bad request, a fault of the server, a rate limit.
fn run_with_errors(then: Vec<Step>) -> (Door, Server) {
    let errors = [400, 500, 429].map(|status| answer(status, r#"{"error":{"message":"no"}}"#));
    let server = Server::start([vec![good()], errors.to_vec(), then].concat());
    let door = Door::open();
    let table = format!(
        "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nretries = 0\nconcurrency = 1\n",
        server.address
    );
    door.write("assay.toml", table);
    let fixed = ["run", "--case", "telemetry-frame", "--scenario", "gen", "--max-answers", "1"];
    let more = ["--rounds", "4", "--no-cache", "--output", "run.assay"];
    door.run(&[&fixed[..], &more].concat()).with_code(4);
    assert_eq!(server.requests().len(), 4);
    (door, server)
}

fn errors(door: &Door) -> Value {
    let ended = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
    ended.json("assay.scores/1")["runs"][0]["subjects"][0]["errors"].clone()
}

const RESUME: [&str; 4] = ["run", "--resume", "run.assay", "--no-cache"];

#[test]
fn errors_of_the_chosen_classes_alone_are_tried_again() {
    for (chosen, asked, left) in [
        ("rate-limit", 1, &["bad-request", "server"][..]),
        ("rate-limit,server", 2, &["bad-request"]),
        ("timeout", 0, &["bad-request", "rate-limit", "server"]),
    ] {
        let (door, server) = run_with_errors(vec![good(); 3]);
        let ended = door.run(&[&RESUME[..], &["--retry-errors", chosen]].concat()).with_code(4);
        assert_eq!(server.requests().len() - 4, asked, "{chosen}: {ended}");
        let errors = errors(&door);
        let mut classes: Vec<&String> = errors.as_object().expect("an object").keys().collect();
        classes.sort();
        assert_eq!(classes, left, "{chosen}");
        assert!(ended.stdout.contains("left errored"), "{ended}");
    }
}

#[test]
fn without_a_choice_every_error_is_tried_again() {
    let (door, server) = run_with_errors(vec![good(); 3]);
    door.run(&RESUME).with_code(0);
    assert_eq!(server.requests().len(), 7);
    assert_eq!(errors(&door), serde_json::json!({}));
}

#[test]
fn programs_are_told_what_is_left_errored() {
    let (door, _) = run_with_errors(vec![good(); 3]);
    let more = ["--retry-errors", "server", "--retry-errors", "rate-limit", "--format", "json"];
    let ended = door.run(&[&RESUME[..], &more].concat()).with_code(4);
    let end = ended.json("assay.run/1");
    assert_eq!(end["left-errored"], serde_json::json!({ "bad-request": 1 }), "{end:#}");
    assert_eq!(end["judged"], 2, "{end:#}");
}

#[test]
fn a_class_that_is_none_is_named_with_those_that_there_are() {
    let door = Door::open();
    let ended = door.run(&[&RESUME[..], &["--retry-errors", "rate_limit"]].concat()).with_code(2);
    assert!(ended.stderr.contains("rate_limit") && ended.stderr.contains("rate-limit"), "{ended}");
    let ended = door.run(&["run", "--retry-errors", "timeout"]).with_code(2);
    assert!(ended.stderr.contains("--resume"), "{ended}");
}
