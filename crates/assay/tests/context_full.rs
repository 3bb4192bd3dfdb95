//! Questions that no longer fit the model's context, through the door: an attempt stands
//! on its last answer, and only one that was never answered is an error.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "this binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod scripted_server;
mod shown;

use door::{Door, Ended};
use scripted_server::dialect::saying;
use scripted_server::{End, Server, Step, answer};
use serde_json::{Value, json};

const C: &str = "telemetry-frame";

/// A server's refusal of a conversation that is too long, in its protocol.
fn too_long(provider: &str) -> (u16, Value) {
    match provider {
        "openai" => (
            400,
            json!({ "error": {
                "message": "This model's maximum context length is 4096 tokens. However, your request has 5210 input tokens. Please reduce the length of the input messages.",
                "type": "BadRequestError", "param": "input_tokens", "code": 400,
            } }),
        ),
        "openai-responses" => (
            400,
            json!({ "error": {
                "message": "Your input exceeds the context window of this model. Please adjust your input and try again.",
                "type": "invalid_request_error", "param": "input", "code": "context_length_exceeded",
            } }),
        ),
        "anthropic" => (
            413,
            json!({ "type": "error", "error": {
                "type": "request_too_large", "message": "Request exceeds the maximum size",
            } }),
        ),
        _ => (
            400,
            json!({ "error": {
                "code": 400, "status": "INVALID_ARGUMENT",
                "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            } }),
        ),
    }
}

fn configure(door: &Door, server: &Server, provider: &str, more: &str) {
    door.write(
        "assay.toml",
        format!(
            "[[subject]]\nprovider = '{provider}'\nmodel = 'm'\nbase-url = '{}/v1'\nconcurrency = 1\nretries = 1\n{more}\n",
            server.address
        ),
    );
}

fn run(door: &Door, more: &[&str]) -> Ended {
    let fixed = ["run", "--case", C, "--scenario", "gen", "--output", "run.assay"];
    door.run(&[&fixed[..], &["--no-cache", "--format", "json"], more].concat())
}

fn subject(door: &Door) -> Value {
    let scores = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
    scores.json("assay.scores/1")["runs"][0]["subjects"][0].clone()
}

#[test]
fn an_attempt_whose_repair_does_not_fit_stands_on_its_last_answer() {
    for provider in ["openai", "openai-responses", "anthropic", "gemini"] {
        for stream in [false, true] {
            let door = Door::open();
            let (status, body) = too_long(provider);
            let said = |text| saying(provider, stream, text);
            let script =
                vec![said("I cannot."), said("I still cannot."), answer(status, &body.to_string())];
            let server = Server::start(script);
            configure(&door, &server, provider, &format!("stream = {stream}"));
            run(&door, &["--max-answers", "4"]).with_code(0);
            assert_eq!(server.requests().len(), 3, "{provider} {stream}: it is asked once");
            let subject = subject(&door);
            assert_eq!(subject["verdicts"]["no-code"], 1, "{provider} {stream}: {subject:#}");
            assert_eq!(subject["errored"], 0, "{provider} {stream}: {subject:#}");
            assert_eq!(subject["ends"]["context-full"], 1, "{provider} {stream}: {subject:#}");
            assert_eq!(subject["ends"]["answers-used"], 0, "{provider} {stream}: {subject:#}");
        }
    }
}

/// What stands in the body or the stream of a success is read as the status would be.
#[test]
fn a_refusal_that_comes_as_a_success_is_understood_too() {
    let error = json!({ "error": {
        "code": 400, "type": "exceed_context_size_error", "n_prompt_tokens": 5210, "n_ctx": 4096,
        "message": "the request exceeds the available context size, try increasing it",
    } });
    let unnamed = json!({ "error": { "message": "Trying to keep the first 5210 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens" } });
    let events =
        |error: &Value| Step::Events { events: vec![format!("data: {error}")], end: End::Proper };
    for (stream, refusal) in [
        (false, answer(200, &error.to_string())),
        (false, answer(200, &unnamed.to_string())),
        (true, events(&error)),
        (true, events(&unnamed)),
    ] {
        let door = Door::open();
        let server = Server::start(vec![saying("openai", stream, "I cannot."), refusal.clone()]);
        configure(&door, &server, "openai", &format!("stream = {stream}"));
        run(&door, &[]).with_code(0);
        assert_eq!(subject(&door)["ends"]["context-full"], 1, "{refusal:?}");
    }
}

#[test]
fn the_end_is_in_the_list_the_exports_and_the_report() {
    let door = Door::open();
    let (status, body) = too_long("openai");
    let script = vec![saying("openai", false, "I cannot."), answer(status, &body.to_string())];
    let server = Server::start(script);
    configure(&door, &server, "openai", "");
    run(&door, &[]).with_code(0);
    let human = door.run(&["score", "run.assay"]).with_code(0).stdout;
    assert!(
        human.contains("m: context full: 1 attempt ended because the next question did not fit"),
        "{human}"
    );
    let export = ["export", "run.assay", "--format", "jsonl", "--output", "-"];
    let row: Value = serde_json::from_str(&door.run(&export).with_code(0).stdout).expect("a row");
    assert_eq!(row["end"], "context-full", "{row:#}");
    assert_eq!(row["verdict"], "no-code", "{row:#}");
    let said = row["context_full"].as_str().expect("the server's words");
    assert!(said.contains("maximum context length is 4096 tokens"), "{said}");
    let junit = door.run(&["export", "run.assay", "--format", "junit", "--output", "-"]);
    assert!(junit.stdout.contains("context full: the server answered 400"), "{junit}");
    door.run(&["report", "run.assay", "--output", "pages"]).with_code(0);
    let pages: Vec<String> =
        shown::shown_in(&door.path("pages")).into_iter().map(|(_, text)| text).collect();
    let shown = |text: &str| pages.iter().filter(|page| page.contains(text)).count();
    assert_eq!(shown("so the attempt is judged by its last answer"), 1);
    assert_eq!(shown("maximum context length is 4096 tokens"), 1);
    // What was judged is not asked again.
    door.run(&["run", "--resume", "run.assay"]).with_code(0);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_first_question_that_does_not_fit_is_an_error_of_its_own_and_ends_nothing_else() {
    let door = Door::open();
    let (status, body) = too_long("openai");
    let refused = answer(status, &body.to_string());
    let mut script = vec![refused; 4];
    script.push(saying("openai", false, "I cannot."));
    let server = Server::start(script);
    configure(&door, &server, "openai", "");
    let ended = run(&door, &["--rounds", "5", "--max-answers", "1"]).with_code(4);
    let end = ended.json("assay.run/1");
    assert_eq!((&end["judged"], &end["errored"]), (&json!(1), &json!(4)), "{end:#}");
    assert_eq!(end["given-up"], json!([]), "{end:#}");
    let subject = subject(&door);
    assert_eq!(subject["errors"]["context-full"], 4, "{subject:#}");
    assert_eq!(subject["ends"]["errored"], 4, "{subject:#}");
    // Small models do not look better for it: too many errors withhold the score.
    assert!(subject["withheld"].is_string(), "{subject:#}");
    let list = ["attempts", "run.assay", "--error", "context-full", "--format", "json"];
    let list = door.run(&list).with_code(0).json("assay.attempt-list/1");
    let message = list["attempts"][0]["error"]["message"].as_str().expect("a message");
    assert!(message.contains("serve the model with a longer context"), "{message}");
}

/// What one account may send in a minute says nothing about the model.
#[test]
fn a_limit_on_rates_is_no_full_context() {
    let door = Door::open();
    let body = json!({ "error": { "code": "rate_limit_exceeded", "type": "tokens",
        "message": "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 8300, please reduce your message size and try again." } });
    let script = vec![saying("openai", false, "I cannot."), answer(413, &body.to_string())];
    let server = Server::start(script);
    configure(&door, &server, "openai", "");
    run(&door, &[]).with_code(4);
    assert_eq!(subject(&door)["ends"]["errored"], 1);
}
