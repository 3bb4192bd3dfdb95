//! Two runs side by side, and a gate on how a score has changed.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use door::{Door, repository};
use serde_json::Value;

/// A run of what is published of one model.
fn import(door: &Door, model: &str, run: &str) {
    let outcomes = repository().join("crates/core/tests/data/sec-code-bench-2.2.0-outcomes.json");
    let outcomes = outcomes.to_str().expect("UTF-8");
    let arguments = ["import", "sec-code-bench-results", outcomes, "--model", model];
    door.run(&[&arguments[..], &["--output", run]].concat()).with_code(0);
}

#[test]
fn a_change_for_the_worse_ends_with_1() {
    let door = Door::open();
    import(&door, "Claude Opus 4.6", "old.assay");
    import(&door, "Claude Sonnet 4.5", "new.assay");
    for (condition, code) in [
        // 64.90 and 56.83 are published.
        ("overall<-8", 1),
        ("overall<-8.1", 0),
        ("overall>0", 0),
        ("functional<-1", 1),
        ("gen-hints<-10", 1),
    ] {
        let arguments = ["compare", "old.assay", "new.assay", "--fail-if", condition];
        let ended = door.run(&arguments).with_code(code);
        assert_eq!(ended.stderr.contains(condition), code == 1, "{condition}: {}", ended.stderr);
        assert!(ended.stdout.contains("overall"), "{}", ended.stdout);
    }
    let arguments = ["compare", "old.assay", "new.assay", "--format", "json"];
    let comparison =
        door.run(&arguments).with_code(0).json("assay.comparison/1")["comparisons"][0].clone();
    assert_eq!(comparison["cases"], 98);
    let score = |metric: &str| -> Value {
        let scores = comparison["scores"].as_array().expect("a list");
        scores.iter().find(|score| score["metric"] == metric).expect("it is compared").clone()
    };
    let overall = score("overall");
    let number = |name: &str| overall[name].as_f64().expect("a number");
    assert!((number("first") - 0.6490).abs() < 5e-5 && (number("second") - 0.5683).abs() < 5e-5);
    assert!((number("difference") - (number("second") - number("first"))).abs() < 1e-12);
    let end = |name: &str| overall["interval"][name].as_f64().expect("a number");
    assert!(end("low") < number("difference") && number("difference") < end("high"));
    assert!(number("p-value") < 0.01, "{overall}");
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let door = Door::open();
    import(&door, "GPT-5.4", "run.assay");
    let arguments =
        ["compare", "run.assay", "run.assay", "--fail-if", "overall<0", "--format", "json"];
    let comparison = door.run(&arguments).with_code(0).json("assay.comparison/1");
    for score in comparison["comparisons"][0]["scores"].as_array().expect("a list") {
        assert_eq!(
            (&score["difference"], &score["p-value"]),
            (&0.0.into(), &1.0.into()),
            "{score}"
        );
    }
}

#[test]
fn what_cannot_be_compared_is_named() {
    let door = Door::open();
    import(&door, "GPT-5.4", "run.assay");
    for (arguments, code, expect) in [
        (vec!["--fail-if", "speed<1"], 2, "there are overall, unweighted, functional"),
        (vec!["--fail-if", "overall"], 2, "write one like overall<-2"),
        (vec!["--subject", "nobody"], 3, "has no subject \"nobody\"; it has GPT-5.4"),
    ] {
        let ended = door.run(&[&["compare", "run.assay", "run.assay"], &arguments[..]].concat());
        let ended = ended.with_code(code);
        assert!(ended.stderr.contains(expect), "{expect}: {}", ended.stderr);
    }
}
