//! Thinking that a server leaves in the text of an answer holds no code, as a person reads
//! it, and no vote, in every protocol, whole and in events, and in recorded answers; and
//! what is stored is the text as it came.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these tests say all in dialects")]
mod scripted_server;

use std::collections::BTreeMap;
use std::fs;

use door::{Door, solution};
use panel::{Judge, configure, messages, opinion, says, scores, verdict_of};
use scripted_server::{Server, dialect};
use serde_json::{Value, json};

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";
const PROVIDERS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

fn block(code: &str) -> String {
    format!(
        "<result>\n<code>\n<path>{PATH}</path>\n<content><![CDATA[\n{code}\n]]></content>\n</code>\n</result>\n"
    )
}

/// Thinking with a draft that is insecure.
fn thought() -> String {
    format!("The quick way would be {} but that is open.\n", block(&solution(CASE, "vulnerable")))
}

fn run(door: &Door, more: &[&str]) -> BTreeMap<String, Value> {
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--output", "run.assay"];
    let one = ["--max-answers", "1"];
    door.run(&[&arguments[..], &one, more].concat()).with_code(0);
    rows(door, "run.assay")
}

fn rows(door: &Door, run: &str) -> BTreeMap<String, Value> {
    let _ = fs::remove_file(door.path("rows.jsonl"));
    let export = ["export", run, "--format", "jsonl", "--with-texts", "--output", "rows.jsonl"];
    door.run(&export).with_code(0);
    let text = fs::read_to_string(door.path("rows.jsonl")).expect("it is written");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    rows.map(|row| (row["subject"].as_str().expect("a name").to_owned(), row)).collect()
}

fn record(model: &str, response: &str) -> String {
    json!({ "model": model, "case": CASE, "scenario": "gen", "round": 1, "response": response })
        .to_string()
}

#[test]
fn a_draft_in_thinking_is_never_graded_in_any_protocol() {
    let door = Door::open();
    let (thought, good) = (thought(), block(&solution(CASE, "secure")));
    let texts = [
        ("declines", format!("{thought}</think>\n\nI would rather not."), "no-code"),
        ("answers", format!("{thought}</think>\n\n{good}"), "secure"),
        ("thinking", format!("<thinking>\n{thought}</thinking>\nI would rather not."), "no-code"),
        ("brackets", format!("[THINK]{thought}[/THINK]{good}"), "secure"),
    ];
    let mut config = String::new();
    let mut servers = Vec::new();
    let mut expect = BTreeMap::new();
    for provider in PROVIDERS {
        for stream in [false, true] {
            for (what, text, verdict) in &texts {
                let server = Server::start(vec![dialect::saying(provider, stream, text)]);
                let name = format!("{provider} {stream} {what}");
                config.push_str(&format!(
                    "[[subject]]\nprovider = '{provider}'\nmodel = 'm'\nname = '{name}'\nbase-url = '{}/v1'\nstream = {stream}\nretries = 0\n",
                    server.address
                ));
                servers.push(server);
                expect.insert(name, (*verdict, text.as_str()));
            }
        }
    }
    door.write("assay.toml", config);
    let rows = run(&door, &[]);
    assert_eq!(rows.len(), expect.len());
    for (name, (verdict, text)) in expect {
        let row = &rows[&name];
        assert_eq!(row["verdict"], verdict, "{name}: {row:#}");
        assert_eq!(row["answer"], text, "{name}: it is stored as it came");
        let thinking = row["thinking"].as_str().expect("it thought");
        assert_eq!(thinking.trim(), thought.trim(), "{name}");
        // To the letter, the draft is the last block of an answer without another.
        let strict = if verdict == "no-code" { json!("insecure") } else { Value::Null };
        assert_eq!(row["other_reading_verdict"], strict, "{name}");
    }
}

#[test]
fn recorded_answers_are_split_by_the_tags_of_their_model() {
    let door = Door::open();
    let thought = thought();
    let quoted = solution(CASE, "secure") + "\n# up to </think>, or\n# <think>x</think>\n";
    let lines = [
        record("known", &format!("<think>{thought}</think>I would rather not.")),
        record("in-code", &block(&quoted)),
        record("own", &format!("My steps:\n{thought}[ANSWER]\nI would rather not.")),
    ];
    door.write("answers.jsonl", lines.join("\n"));
    let table =
        |tags: &str| format!("[[subject]]\nprovider = 'replay'\nfile = 'answers.jsonl'\n{tags}\n");
    door.write("assay.toml", table(""));
    let verdicts = |rows: &BTreeMap<String, Value>| {
        ["known", "in-code", "own"].map(|name| rows[name]["verdict"].as_str().map(str::to_owned))
    };
    let by = |known: &str, own: &str| [known, "secure", own].map(|it| Some(it.to_owned()));
    let first = run(&door, &[]);
    assert_eq!(verdicts(&first), by("no-code", "insecure"));
    assert_eq!(first["in-code"]["thinking"], Value::Null);
    fs::rename(door.path("run.assay"), door.path("first.assay")).expect("moved");

    door.write("assay.toml", table("thinking-tags = [['My steps:', '[ANSWER]']]"));
    assert_eq!(verdicts(&run(&door, &[])), by("insecure", "no-code"));

    // Stored answers are read as they were, whatever the configuration says by now.
    for (stored, expect) in
        [("first.assay", by("no-code", "insecure")), ("run.assay", by("insecure", "no-code"))]
    {
        let _ = fs::remove_file(door.path("anew.assay"));
        door.run(&["revalidate", stored, "--output", "anew.assay"]).with_code(0);
        assert_eq!(verdicts(&rows(&door, "anew.assay")), expect, "{stored}");
    }

    door.write("assay.toml", table("thinking-tags = [['<a>', '<A>']]"));
    let ended = door.run(&["run", "--output", "none.assay"]).with_code(3);
    assert!(ended.stderr.contains("give two that differ"), "{ended}");
}

#[test]
fn a_repair_is_asked_for_without_what_was_thought() {
    let door = Door::open();
    let good = block(&solution(CASE, "secure"));
    let first = format!("{}</think>I will not.", thought());
    let server = Server::start(vec![
        dialect::saying("openai", false, &first),
        dialect::saying("openai", false, &good),
    ]);
    door.write(
        "assay.toml",
        format!(
            "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nretries = 0\n",
            server.address
        ),
    );
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--output", "run.assay"];
    door.run(&arguments).with_code(0);
    let requests = server.requests();
    let said = &messages(&requests[1])[1];
    assert_eq!(said["content"], "I will not.", "{said:#}");
    assert_eq!(rows(&door, "run.assay")["m"]["verdict"], "secure");
}

#[test]
fn a_vote_counts_behind_thinking_and_not_within_it() {
    let vote = |passed: bool, reason: &str| {
        let verdict = if passed { "pass" } else { "fail" };
        json!({ "reason": reason, "verdict": verdict }).to_string()
    };
    let thinks =
        format!("At first {} but no.\n</think>\n\n{}", vote(true, "so"), vote(false, "it is"));
    let own = format!("STEPS {} DONE {}", vote(true, "so"), vote(false, "it is"));
    let judges = [
        Judge::new("thinks", move |_| says(&thinks)),
        Judge::new("own-tags", move |_| says(&own)),
        // Its reason may name a tag.
        Judge::new("names-a-tag", move |_| says(&vote(false, "line 3 prints </think> and ends"))),
        Judge::new("only-thinks", |request| match messages(request).len() {
            2 => says("{\"reason\": \"so\", \"verdict\": \"pass\"}</think>"),
            _ => opinion(false),
        }),
        Judge::new("plain", |_| opinion(true)),
    ];
    let door = Door::open();
    configure(&door, &["reference"], &judges);
    let config = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    let own = "name = \"own-tags\"\nthinking-tags = [[\"STEPS\", \"DONE\"]]";
    door.write("assay.toml", config.replace("name = \"own-tags\"", own));
    panel::run(&door, &[], 0);
    let card = scores(&door, "run.assay");
    assert_eq!(verdict_of(&card, "reference", "insecure"), 1, "{card:#}");
    let [thinks, own, names, only, _] = judges.map(|judge| {
        judge.server.requests().iter().filter(|request| messages(request).len() > 1).count()
    });
    assert_eq!([thinks, own, names, only], [1, 1, 1, 2], "what was no vote is asked for again");
}
