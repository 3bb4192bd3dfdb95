//! Who answered: the model and the fingerprint that a server names in an answer are kept and
//! shown, and it is said where they are others than were asked for, or change; so are
//! prompts that a server cut short.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "these tests need few kinds of answers")]
mod scripted_server;

use std::fs;

use door::{Door, Ended};
use scripted_server::dialect::{self, Deed};
use scripted_server::{Server, Step, answer};
use serde_json::{Value, json};

const CASE: &str = "telemetry-frame";

const PROTOCOLS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

/// A step in which the server says that this model answered.
fn by(step: Step, model: &str) -> Step {
    let rename = |text: &str| {
        ["model", "modelVersion"].iter().fold(text.to_owned(), |text, key| {
            text.replace(
                &format!("\"{key}\":\"m\""),
                &json!({ *key: model }).to_string()[1..].replace('}', ""),
            )
        })
    };
    match step {
        Step::Answer { status, headers, body } => {
            Step::Answer { status, headers, body: rename(&body) }
        }
        Step::Events { events, end } => {
            Step::Events { events: events.iter().map(|event| rename(event)).collect(), end }
        }
        other => panic!("no answer: {other:?}"),
    }
}

/// An answer of chat completions, with so many tokens counted of the question.
fn says(named: &Value, input: u64) -> Step {
    let mut body = json!({
        "choices": [{ "finish_reason": "stop", "message": { "content": "I cannot." } }],
        "usage": { "prompt_tokens": input, "completion_tokens": 10 },
    });
    for (key, value) in named.as_object().expect("an object") {
        body[key] = value.clone();
    }
    answer(200, &body.to_string())
}

/// Enough for the prompt.
const WHOLE: u64 = 1_000;

fn run(provider: &str, model: &str, stream: bool, server: &Server, more: &[&str]) -> (Door, Ended) {
    let door = Door::open();
    let table = format!(
        "[[subject]]\nprovider = '{provider}'\nmodel = '{model}'\nname = 's'\nbase-url = '{}/v1'\nstream = {stream}\nretries = 0\nconcurrency = 1\n",
        server.address
    );
    door.write("assay.toml", table);
    let fixed = ["run", "--case", CASE, "--scenario", "gen", "--max-answers", "1", "--no-cache"];
    let ended = door.run(&[&fixed[..], &["--output", "run.assay"], more].concat());
    (door, ended)
}

fn scores(door: &Door) -> Value {
    let ended = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
    ended.json("assay.scores/1")["runs"][0].clone()
}

fn warnings(ended: &Ended) -> Vec<String> {
    let lines = ended.stderr.lines().chain(ended.stdout.lines());
    lines.filter(|line| line.starts_with("warning: ")).map(str::to_owned).collect()
}

#[test]
fn the_model_that_answered_is_kept_of_every_protocol_and_said_where_it_is_another() {
    for provider in PROTOCOLS {
        for stream in [false, true] {
            let step = by(dialect::step(provider, stream, Deed::Answer), "tiny-0.1b-q4");
            let server = Server::start(vec![step]);
            let (door, ended) = run(provider, "qwen3-480b", stream, &server, &[]);
            let ended = ended.with_code(0);
            let context = format!("{provider}, stream {stream}: {ended}");
            let said: Vec<String> =
                warnings(&ended).into_iter().filter(|it| it.contains("tiny-0.1b-q4")).collect();
            // At once, and beside the scores.
            assert_eq!(said.len(), 2, "{context}");
            assert!(
                said.iter().all(|line| line.contains("s: the model qwen3-480b was asked for")),
                "{context}"
            );
            let scores = scores(&door);
            let served = &scores["served"][0];
            assert_eq!(served["name"], "s", "{context}");
            assert_eq!(served["asked-for"], "qwen3-480b", "{context}");
            assert_eq!(served["by"][0]["model"], "tiny-0.1b-q4", "{context}");
            assert_eq!(served["by"][0]["kinship"], "other", "{context}");
            let warned = scores["warnings"].as_array().expect("a list");
            assert!(warned.iter().any(|it| it.to_string().contains("tiny-0.1b-q4")), "{context}");
        }
    }
}

#[test]
fn a_state_of_the_model_that_was_asked_for_is_shown_and_not_warned_of() {
    for (asked, served, kinship) in [
        ("gpt-4o", "gpt-4o-2024-08-06", "snapshot"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "snapshot"),
        ("llama3", "llama3:latest", "same"),
        ("m", "m", "same"),
    ] {
        let server = Server::start(vec![says(&json!({ "model": served }), WHOLE)]);
        let (door, ended) = run("openai", asked, false, &server, &[]);
        let ended = ended.with_code(0);
        assert_eq!(warnings(&ended), Vec::<String>::new(), "{ended}");
        let is_said = ended.stdout.contains(&format!("s: answered by {served}"));
        assert_eq!(is_said, asked != served, "{ended}");
        assert_eq!(scores(&door)["served"][0]["by"][0]["kinship"], kinship);
    }
}

#[test]
fn a_model_or_a_fingerprint_that_changes_during_a_run_is_warned_of() {
    let named = |model: &str, print: &str| json!({ "model": model, "system_fingerprint": print });
    let script = vec![
        says(&named("m-2025-01-01", "fp_1"), WHOLE),
        says(&named("m-2025-01-01", "fp_1"), WHOLE),
        says(&named("m-2025-06-01", "fp_2"), WHOLE),
    ];
    let server = Server::start(script);
    let (door, ended) = run("openai", "m", false, &server, &["--rounds", "3"]);
    let ended = ended.with_code(0);
    let all = warnings(&ended).join("\n");
    assert!(all.contains("s: another model answers than before: m-2025-06-01"), "{ended}");
    let models =
        "the model changed during the run: m-2025-01-01 (2 answers), m-2025-06-01 (1 answer)";
    assert!(all.contains(models), "{ended}");
    assert!(all.contains("fingerprints fp_1 (2 answers), fp_2 (1 answer)"), "{ended}");

    let exported =
        door.run(&["export", "run.assay", "--format", "jsonl", "--rows", "turns", "--output", "-"]);
    let exported = exported.with_code(0);
    let rows: Vec<Value> =
        exported.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let cells: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| {
            (row["served_model"].as_str().unwrap_or(""), row["fingerprint"].as_str().unwrap_or(""))
        })
        .collect();
    assert_eq!(cells[2], ("m-2025-06-01", "fp_2"), "{exported}");
    assert!(rows[0]["sent_bytes"].as_u64().expect("a count") > 1_000, "{exported}");

    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let index = fs::read_to_string(door.path("report/index.html")).expect("a report");
    assert!(index.contains(models), "the report says nothing of it");
    assert!(index.contains("fp_2"), "the report says nothing of the fingerprint");
}

#[test]
fn the_host_that_a_gateway_names_counts_as_a_fingerprint() {
    let host = |name: &str| says(&json!({ "model": "m", "provider": name }), WHOLE);
    let server = Server::start(vec![host("First"), host("Second")]);
    let (_, ended) = run("openai", "m", false, &server, &["--rounds", "2"]);
    let all = warnings(&ended.with_code(0)).join("\n");
    assert!(all.contains("fingerprints First (1 answer), Second (1 answer)"), "{all}");
}

#[test]
fn what_a_server_names_is_shown_without_its_control_characters_and_cut() {
    let name = format!("evil\u{1b}[31m\u{202e}{}", "x".repeat(100_000));
    let server = Server::start(vec![says(&json!({ "model": name }), WHOLE)]);
    let (_, ended) = run("openai", "m", false, &server, &[]);
    let ended = ended.with_code(0);
    let lines = warnings(&ended);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert!(!line.contains(['\u{1b}', '\u{202e}']) && line.len() < 1_000, "{line}");
    }
}

#[test]
fn a_server_that_says_nothing_of_its_model_is_not_warned_of() {
    let server = Server::start(vec![says(&json!({}), WHOLE)]);
    let (door, ended) = run("openai", "m", false, &server, &[]);
    let ended = ended.with_code(0);
    assert_eq!(warnings(&ended), Vec::<String>::new(), "{ended}");
    assert_eq!(scores(&door)["served"][0]["by"], json!([]));
}

#[test]
fn the_model_that_answered_is_known_of_answers_from_the_cache_and_of_judged_anew_runs() {
    let server = Server::start(vec![says(&json!({ "model": "other" }), WHOLE)]);
    let door = Door::open();
    let table = format!(
        "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nretries = 0\n",
        server.address
    );
    door.write("assay.toml", table);
    for output in ["1.assay", "2.assay"] {
        let fixed = ["run", "--case", CASE, "--scenario", "gen", "--max-answers", "1"];
        let ended = door.run(&[&fixed[..], &["--output", output]].concat()).with_code(0);
        assert!(ended.stdout.contains("others answered: other"), "{ended}");
    }
    assert_eq!(server.requests().len(), 1);
    let ended = door.run(&["revalidate", "2.assay", "--output", "3.assay"]).with_code(0);
    let scored = door.run(&["score", "3.assay"]).with_code(0);
    assert!(scored.stdout.contains("others answered: other"), "{ended}{scored}");
}

#[test]
fn a_prompt_that_was_cut_short_is_warned_of_beside_the_scores() {
    for (counts, cut) in [
        (vec![WHOLE, WHOLE], 0),
        (vec![120, WHOLE], 1),
        (vec![WHOLE, 120], 1),
        (vec![120, 120], 2),
        // What is not counted is not cut.
        (vec![0, WHOLE], 0),
    ] {
        let script = counts.iter().map(|count| says(&json!({ "model": "m" }), *count)).collect();
        let server = Server::start(script);
        let (door, ended) = run("openai", "m", false, &server, &["--rounds", "2"]);
        let ended = ended.with_code(0);
        let said = warnings(&ended);
        // At once, and beside the scores.
        assert_eq!(said.len(), if cut > 0 { 2 } else { 0 }, "{counts:?}: {ended}");
        assert!(
            said.iter()
                .all(|line| line.contains("cut the prompt short") || line.contains("cut short")),
            "{ended}"
        );
        let served = scores(&door)["served"][0].clone();
        assert_eq!(served["prompts-cut-short"], cut, "{counts:?}");
        assert_eq!(served["prompts-counted"], 2, "{counts:?}");
    }
}

#[test]
fn a_prompt_that_was_cut_short_is_warned_of_in_every_protocol() {
    // The servers of this dialect count 70 tokens of every question.
    for provider in PROTOCOLS {
        for stream in [false, true] {
            let server = Server::start(vec![dialect::step(provider, stream, Deed::Answer)]);
            let (_, ended) = run(provider, "m", stream, &server, &[]);
            let ended = ended.with_code(0);
            let all = warnings(&ended).join("\n");
            assert!(all.contains("it counted 70 tokens"), "{provider}, stream {stream}: {ended}");
        }
    }
}
