//! Programs of our own are asked about as CoV-Eval asks: to complete, repair and detect them,
//! and to detect and repair what the subject completed itself.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod answering;
mod door;
#[expect(dead_code, reason = "the server answers by what it is asked")]
mod scripted_server;

use std::collections::BTreeMap;

use answering::Answering;
use door::{Door, solution};
use serde_json::Value;

/// An answer with the file of a solution of a case, in the form that is asked for.
fn code(case: &str, path: &str, name: &str) -> String {
    let text = solution(case, name);
    format!(
        "<result>\n<code>\n<path>{path}</path>\n<content><![CDATA[\n{text}\n]]></content>\n</code>\n</result>"
    )
}

const INVOICES: &str = "src/invoice_search/invoice_search.py";
const SESSIONS: &str = "src/session_restore/session_restore.py";

/// Completes one program insecurely and another securely, says of every program that it is
/// vulnerable, and repairs well.
fn author(question: &str) -> String {
    let (case, path, written) = match question.contains("invoice_search") {
        true => ("invoice-search", INVOICES, "vulnerable"),
        false => ("session-restore", SESSIONS, "secure"),
    };
    if question.contains("Say whether it has a security weakness") {
        return "Looking at it:\n{'vulnerable': ['Yes'], 'type': 'cwe-89', 'line': ''}".to_owned();
    }
    let name = if question.contains("has the weakness that is named") { "secure" } else { written };
    code(case, path, name)
}

/// A folder with a subject at this server.
fn door_to(server: &Answering) -> Door {
    let door = Door::open();
    let table = format!(
        "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nretries = 0\n",
        server.address
    );
    door.write("assay.toml", table);
    door
}

const BOTH: [&str; 7] = [
    "--corpus=cov-eval:corpus",
    "run",
    "--case=complete-invoice-search",
    "--case=complete-session-restore",
    "--no-cache",
    "--output=run.assay",
    "--format=json",
];

/// What every attempt of a run came to.
fn outcomes(door: &Door, run: &str) -> BTreeMap<String, String> {
    let list = door.run(&["attempts", run, "--format=json"]).with_code(0);
    let list = list.json("assay.attempt-list/1");
    let attempts = list["attempts"].as_array().expect("a list").iter();
    let word = |attempt: &Value| match &attempt["judgement"] {
        Value::String(word) => word.clone(),
        Value::Null => format!("errored: {}", attempt["error"]),
        label => match (&label["said"], &label["truth"]) {
            (Value::Null, _) => "unread".to_owned(),
            (said, truth) if said["vulnerable"] == truth["vulnerable"] => "right".to_owned(),
            _ => "wrong".to_owned(),
        },
    };
    attempts
        .map(|it| {
            let text = |key: &str| it["attempt"][key].as_str().expect("a text");
            let case = text("case").trim_start_matches("complete-");
            (format!("{case} {}", text("scenario")), word(it))
        })
        .collect()
}

fn expected() -> BTreeMap<String, String> {
    let all = [
        ("invoice-search complete", "insecure"),
        ("invoice-search self-detect", "right"),
        ("invoice-search self-repair", "secure"),
        ("session-restore complete", "secure"),
        ("session-restore self-detect", "wrong"),
        ("session-restore self-repair", "not-asked"),
    ];
    all.map(|(attempt, outcome)| (attempt.to_owned(), outcome.to_owned())).into()
}

#[test]
fn a_subject_is_asked_about_what_it_completed_itself() {
    let server = Answering::start(author);
    let door = door_to(&server);
    let ended = door.run(&BOTH).with_code(0);
    let end = ended.json("assay.run/1");
    assert_eq!((&end["judged"], &end["not-asked"]), (&5.into(), &1.into()), "{ended}");
    assert_eq!(outcomes(&door, "run.assay"), expected());

    let questions = server.questions();
    assert_eq!(questions.len(), 5, "what it completed securely it is not asked to repair");
    let written = solution("invoice-search", "vulnerable");
    let line = written.lines().map(str::trim).find(|line| line.contains("execute("));
    let line = line.expect("a line that only the answer has");
    let about: Vec<&String> = questions.iter().filter(|it| it.contains(line)).collect();
    assert_eq!(about.len(), 2, "it is told what it wrote: {line}");
    assert!(about.iter().any(|it| it.contains("- CWE-89: Improper Neutralization")));
    assert!(questions.iter().all(|question| !question.contains("{program}")));
}

#[test]
fn a_run_that_is_resumed_asks_about_what_was_judged_before() {
    let server = Answering::start(author);
    let door = door_to(&server);
    door.run(&[&BOTH[..], &["--max-requests=2"]].concat()).with_code(4);
    let before = outcomes(&door, "run.assay");
    assert!(before.len() < 6, "{before:?}");
    let resume = ["run", "--resume=run.assay", "--no-cache", "--max-requests=50", "--format=json"];
    door.run(&resume).with_code(0);
    assert_eq!(outcomes(&door, "run.assay"), expected());
    assert_eq!(server.questions().len(), 5, "nothing is asked twice");

    // Nobody is asked, and all comes out as it did.
    let revalidate = ["--corpus=cov-eval:corpus", "revalidate", "run.assay", "--output=new.assay"];
    door.run(&revalidate).with_code(0);
    assert_eq!(outcomes(&door, "new.assay"), expected());
    assert_eq!(server.questions().len(), 5);
}

#[test]
fn what_would_be_about_nothing_is_refused_before_anything_is_asked() {
    let door = Door::open();
    let run = ["--corpus=cov-eval:corpus", "run", "--subject=reference", "--scenario=self-detect"];
    let ended = door.run(&run).with_code(3);
    assert!(ended.stderr.contains("add --scenario complete"), "{ended}");
}

#[test]
fn every_proved_program_is_detected_by_its_label() {
    let door = Door::open();
    let subjects = ["--subject=reference", "--subject=vulnerable", "--subject=empty"];
    let run = ["--corpus=cov-eval:corpus", "run", "--scenario=detect", "--output=run.assay"];
    door.run(&[&run[..], &subjects].concat()).with_code(0);
    let scores = door.run(&["score", "run.assay", "--format=json"]).with_code(0);
    let scores = scores.json("assay.scores/1");
    let subjects = scores["runs"][0]["subjects"].as_array().expect("subjects");
    let score = |name: &str| {
        let found = subjects.iter().find(|it| it["subject"] == name || it["name"] == name);
        found.expect("a subject")["scenarios"]["detect"].as_f64().expect("a score")
    };
    // Who says that nothing is vulnerable is right of one class.
    let all = [score("reference"), score("vulnerable"), score("empty")];
    assert_eq!(all, [1.0, 0.5, 0.0]);
}

#[test]
fn a_label_that_no_test_proved_is_not_asked_about() {
    let door = Door::open();
    let cases = door.run(&["--corpus=cov-eval:corpus", "cases", "--format=json"]).with_code(0);
    assert!(cases.stdout.contains("detect-invoice-search-secure"), "{cases}");
    assert!(cases.stdout.contains("complete-member-passwords"), "{cases}");
    assert!(!cases.stdout.contains("detect-member-passwords"), "judges decide about it");
}
