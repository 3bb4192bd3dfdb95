//! Published results of SecCodeBench-V2 become a stored run, and every published score is
//! computed again from it.
//!
//! `SEC_CODE_BENCH_DIR` names a checkout with results; the test that needs one says that
//! it is skipped without it.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::io::Write as _;
use std::path::PathBuf;

use door::{Door, repository};
use serde_json::Value;

fn outcomes() -> PathBuf {
    repository().join("crates/core/tests/data/sec-code-bench-2.2.0-outcomes.json")
}

/// All 28 models take long with a binary that is not optimised; that all their scores are
/// reproduced is a test of the core.
#[test]
fn every_published_score_is_computed_again() {
    let door = Door::open();
    let outcomes = outcomes();
    let mut arguments = vec![
        "import",
        "sec-code-bench-results",
        outcomes.to_str().expect("UTF-8"),
        "--output",
        "p.assay",
    ];
    for model in ["Gemini 3.1 Pro", "GPT-5.4", "MiniMax M2.1"] {
        arguments.extend(["--model", model]);
    }
    let ended = door.run(&arguments).with_code(0);
    assert!(ended.stdout.contains("90 of 90 published scores reproduced"), "{}", ended.stdout);

    let scores = door.run(&["score", "p.assay", "--format", "json"]).with_code(0);
    let run = scores.json("assay.scores/1")["runs"][0].clone();
    assert_eq!(run["run"]["finished"], true);
    let subjects = run["subjects"].as_array().expect("a list");
    let counts = |name: &str| -> (Value, Value) {
        let subject = subjects.iter().find(|subject| subject["name"] == name);
        let subject = subject.expect("it is published");
        (subject["attempts"].clone(), subject["errored"].clone())
    };
    // Queries that failed are no answers, and in no score.
    assert_eq!(counts("Gemini 3.1 Pro"), (3_920.into(), 553.into()));
    assert_eq!(counts("GPT-5.4"), (3_920.into(), 0.into()));
    // It was not asked everything.
    assert_eq!(counts("MiniMax M2.1"), (3_880.into(), 0.into()));
    door.run(&arguments).with_code(3);
}

#[test]
fn a_score_that_differs_is_named_and_ends_with_1() {
    let door = Door::open();
    let text = std::fs::read_to_string(outcomes()).expect("UTF-8");
    let mut outcomes: Value = serde_json::from_str(&text).expect("JSON");
    outcomes["models"]["GPT-5.4"]["published"]["languages"]["go"]["fix"] = 99.0.into();
    door.write("outcomes.json", outcomes.to_string());
    let arguments = [
        "import",
        "sec-code-bench-results",
        "outcomes.json",
        "--model",
        "GPT-5.4",
        "--output",
        "p.assay",
    ];
    let ended = door.run(&arguments).with_code(1);
    assert!(
        ended.stdout.contains("differs: GPT-5.4, Go, fix: published 99, computed"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("29 of 30 published scores reproduced"), "{ended:?}");
}

#[test]
fn what_cannot_be_imported_is_named() {
    let door = Door::open();
    let outcomes = outcomes();
    let outcomes = outcomes.to_str().expect("UTF-8");
    door.write("other.json", r#"{"models": 3}"#);
    for (arguments, expect) in [
        (
            vec![outcomes, "--model", "Nobody"],
            "no results for \"Nobody\"; there are results for Claude Haiku 4.5",
        ),
        (vec![outcomes, "--release", "2.0.0"], "--release is for a checkout"),
        (vec!["other.json"], "failed to import other.json"),
        (vec!["nowhere.json"], "nowhere.json"),
        (vec!["corpus"], "corpus"),
    ] {
        let arguments = ["import", "sec-code-bench-results"].into_iter().chain(arguments);
        let ended = door.run(&arguments.collect::<Vec<_>>()).with_code(3);
        assert!(ended.stderr.contains(expect), "{expect}: {}", ended.stderr);
        assert!(!door.path("assay-runs").exists());
    }
}

#[test]
fn a_checkout_has_the_answers_too() {
    let Some(checkout) = std::env::var_os("SEC_CODE_BENCH_DIR").filter(|it| !it.is_empty()) else {
        let _ = writeln!(std::io::stderr(), "skipped: SEC_CODE_BENCH_DIR is not set");
        return;
    };
    let door = Door::open();
    let arguments = [
        "import",
        "sec-code-bench-results",
        checkout.to_str().expect("UTF-8"),
        "--model",
        "Gemini 3.1 Pro",
        "--output",
        "p.assay",
    ];
    let ended = door.run(&arguments).with_code(0);
    assert!(ended.stdout.contains("30 of 30 published scores reproduced"), "{}", ended.stdout);
    let store = assay::store::Store::open_to_read(&door.path("p.assay")).expect("a run");
    let attempts = store.attempts().expect("readable");
    assert_eq!(attempts.len(), 3_920);
    let secure = attempts.iter().find(|it| it.outcome.verdict().is_some_and(|it| it.is_secure()));
    let record = store.attempt(secure.expect("one is secure")).expect("readable");
    let turn = &record.turns[0];
    assert!(turn.artifact.is_some() && !turn.prompt.is_empty() && !turn.logs.is_empty());
}
