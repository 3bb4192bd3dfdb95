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

/// A subject that is asked for a model, and what its server answers.
struct Asked {
    name: String,
    provider: &'static str,
    model: &'static str,
    stream: bool,
    script: Vec<Step>,
}

impl Asked {
    fn openai(name: &str, model: &'static str, script: Vec<Step>) -> Asked {
        Asked { name: name.to_owned(), provider: "openai", model, stream: false, script }
    }
}

/// Runs so many rounds of one question to each subject.
fn run(subjects: &[Asked], rounds: usize) -> (Door, Ended) {
    let door = Door::open();
    let mut config = String::new();
    for Asked { name, provider, model, stream, script } in subjects {
        let address = Server::start(script.clone()).address;
        config.push_str(&format!(
            "[[subject]]\nprovider = '{provider}'\nmodel = '{model}'\nname = '{name}'\nbase-url = '{address}/v1'\nstream = {stream}\nretries = 0\nconcurrency = 1\ntemperature = 0\n"
        ));
    }
    door.write("assay.toml", config);
    let fixed = ["run", "--case", CASE, "--scenario", "gen", "--max-answers", "1", "--no-cache"];
    let rounds = rounds.to_string();
    let more = ["--rounds", rounds.as_str(), "--output", "run.assay"];
    let ended = door.run(&[&fixed[..], &more].concat()).with_code(0);
    (door, ended)
}

/// A subject of each protocol, whole and as a stream, whose server does this once.
fn of_every_protocol(model: &'static str, step: impl Fn(&str, bool) -> Step) -> Vec<Asked> {
    let ways = PROTOCOLS.into_iter().flat_map(|provider| [(provider, false), (provider, true)]);
    ways.map(|(provider, stream)| Asked {
        name: format!("{provider}/{stream}"),
        provider,
        model,
        stream,
        script: vec![step(provider, stream)],
    })
    .collect()
}

/// The lines that warn of a subject.
fn warnings(ended: &Ended, name: &str) -> Vec<String> {
    let lines = ended.stderr.lines().chain(ended.stdout.lines());
    let start = format!("warning: {name}: ");
    lines.filter(|line| line.starts_with(&start)).map(str::to_owned).collect()
}

fn scores(door: &Door) -> Value {
    let ended = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
    ended.json("assay.scores/1")["runs"][0].clone()
}

/// What is stored of who answered for a subject.
fn served(scores: &Value, name: &str) -> Value {
    let all = scores["served"].as_array().expect("a list");
    all.iter().find(|it| it["name"] == name).expect("the subject").clone()
}

#[test]
fn the_model_that_answered_is_kept_of_every_protocol_and_said_where_it_is_another() {
    let subjects = of_every_protocol("qwen3-480b", |provider, stream| {
        by(dialect::step(provider, stream, Deed::Answer), "tiny-0.1b-q4")
    });
    let (door, ended) = run(&subjects, 1);
    let scores = scores(&door);
    for Asked { name, .. } in &subjects {
        let said: Vec<String> = warnings(&ended, name)
            .into_iter()
            .filter(|it| {
                it.contains("the model qwen3-480b was asked for") && it.contains("tiny-0.1b-q4")
            })
            .collect();
        // At once, and beside the scores.
        assert_eq!(said.len(), 2, "{name}: {ended}");
        let served = served(&scores, name);
        assert_eq!(served["asked-for"], "qwen3-480b", "{name}: {ended}");
        assert_eq!(served["by"][0]["model"], "tiny-0.1b-q4", "{name}: {ended}");
        assert_eq!(served["by"][0]["kinship"], "other", "{name}: {ended}");
        let warned = scores["warnings"].as_array().expect("a list");
        let is_warned = |it: &Value| {
            it.as_str().is_some_and(|it| it.starts_with(&format!("{name}: the model")))
        };
        assert!(warned.iter().any(is_warned), "{name}: {ended}");
    }
    // These servers count 70 tokens of every question, whatever was sent.
    for Asked { name, .. } in &subjects {
        let said = warnings(&ended, name).join("\n");
        assert!(said.contains("it counted 70 tokens"), "{name}: {ended}");
    }
}

#[test]
fn a_state_of_the_model_that_was_asked_for_is_shown_and_not_warned_of() {
    let states = [
        ("a", "gpt-4o", json!({ "model": "gpt-4o-2024-08-06" }), json!("snapshot")),
        (
            "b",
            "claude-sonnet-4-5",
            json!({ "model": "claude-sonnet-4-5-20250929" }),
            json!("snapshot"),
        ),
        ("c", "llama3", json!({ "model": "llama3:latest" }), json!("same")),
        ("d", "m", json!({ "model": "m" }), json!("same")),
        ("e", "m", json!({}), Value::Null),
        ("f", "m", json!({ "model": "", "system_fingerprint": null }), Value::Null),
    ];
    let subjects: Vec<Asked> = states
        .iter()
        .map(|(name, asked, named, _)| Asked::openai(name, asked, vec![says(named, WHOLE)]))
        .collect();
    let (door, ended) = run(&subjects, 1);
    let scores = scores(&door);
    for (name, asked, named, kinship) in &states {
        assert_eq!(warnings(&ended, name), Vec::<String>::new(), "{ended}");
        let by = named["model"].as_str().unwrap_or_default();
        let is_said = ended.stdout.contains(&format!("{name}: answered by {by}"));
        assert_eq!(is_said, !by.is_empty() && by != *asked, "{name}: {ended}");
        assert_eq!(served(&scores, name)["by"][0]["kinship"], *kinship, "{name}");
    }
}

#[test]
fn a_model_or_a_fingerprint_that_changes_during_a_run_is_warned_of() {
    let named = |model: &str, print: &str| {
        says(&json!({ "model": model, "system_fingerprint": print }), WHOLE)
    };
    let host = |name: &str| says(&json!({ "model": "m", "provider": name }), WHOLE);
    let changing = vec![
        named("m-2025-01-01", "fp_1"),
        named("m-2025-01-01", "fp_1"),
        named("m-2025-06-01", "fp_2"),
    ];
    let long = format!("evil\u{1b}[31m\u{202e}{}", "x".repeat(100_000));
    let subjects = [
        Asked::openai("changing", "m", changing),
        // The host that a gateway names counts as a fingerprint.
        Asked::openai("routed", "m", vec![host("First"), host("Second"), host("First")]),
        Asked::openai("hostile", "m", vec![says(&json!({ "model": long }), WHOLE); 3]),
    ];
    let (door, ended) = run(&subjects, 3);
    let all = warnings(&ended, "changing").join("\n");
    assert!(all.contains("a different model answers than before: m-2025-06-01"), "{ended}");
    let models =
        "the model changed during the run: m-2025-01-01 (2 answers), m-2025-06-01 (1 answer)";
    assert!(all.contains(models), "{ended}");
    assert!(all.contains("fingerprints fp_1 (2 answers), fp_2 (1 answer)"), "{ended}");
    let all = warnings(&ended, "routed").join("\n");
    assert!(all.contains("fingerprints First (2 answers), Second (1 answer)"), "{ended}");
    let lines = warnings(&ended, "hostile");
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert!(!line.contains(['\u{1b}', '\u{202e}']) && line.len() < 1_000, "{line}");
    }

    let export = ["export", "run.assay", "--format", "jsonl", "--rows", "turns"];
    let exported = door.run(&[&export[..], &["--subject", "changing", "--output", "-"]].concat());
    let exported = exported.with_code(0);
    let rows: Vec<Value> =
        exported.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows[2]["served_model"], "m-2025-06-01", "{exported}");
    assert_eq!(rows[2]["fingerprint"], "fp_2", "{exported}");
    assert!(rows[0]["sent_bytes"].as_u64().expect("a count") > 1_000, "{exported}");

    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let index = fs::read_to_string(door.path("report/index.html")).expect("a report");
    assert!(index.contains(models), "the report says nothing of it");
    assert!(index.contains("fp_2"), "the report says nothing of the fingerprint");

    door.run(&["revalidate", "run.assay", "--output", "again.assay"]).with_code(0);
    let scored = door.run(&["score", "again.assay"]).with_code(0);
    assert!(scored.stdout.contains(models), "{scored}");
}

#[test]
fn the_model_that_answered_is_known_of_answers_from_the_cache() {
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
        assert!(ended.stdout.contains("this one answered: other"), "{ended}");
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_prompt_that_was_cut_short_is_warned_of_beside_the_scores() {
    let counts = [
        ("whole", [WHOLE, WHOLE], 0),
        ("first", [120, WHOLE], 1),
        ("second", [WHOLE, 120], 1),
        ("both", [120, 120], 2),
        // What is not counted is not cut.
        ("uncounted", [0, WHOLE], 0),
    ];
    let script =
        |counts: &[u64; 2]| counts.map(|count| says(&json!({ "model": "m" }), count)).to_vec();
    let subjects: Vec<Asked> =
        counts.iter().map(|(name, counts, _)| Asked::openai(name, "m", script(counts))).collect();
    let (door, ended) = run(&subjects, 2);
    let scores = scores(&door);
    for (name, counts, cut) in counts {
        // At once, and beside the scores.
        let said = warnings(&ended, name);
        assert_eq!(said.len(), if cut > 0 { 2 } else { 0 }, "{name}: {ended}");
        let beside =
            format!("{cut} of 2 answers probably answer a prompt that the server cut short");
        assert_eq!(said.iter().any(|line| line.contains(&beside)), cut > 0, "{counts:?}: {ended}");
        assert_eq!(served(&scores, name)["prompts-cut-short"], cut, "{name}");
    }
}
