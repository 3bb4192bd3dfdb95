//! The official SecCodeBench-V2 as a corpus, and agreement with its outcomes.
//!
//! `SEC_CODE_BENCH_DIR` names a checkout of it, and `ASSAY_ARTIFACTS` a file of
//! its artifacts with their recorded outcomes. Without them nothing is shown
//! here, and each test says so.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;

use door::Door;
use serde_json::{Value, json};

/// The value of a variable; a line says that a test is skipped without it.
fn variable(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    if value.is_none() {
        // Unlike what is printed, this is shown of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {name} is not set");
    }
    value
}

fn corpus() -> Option<String> {
    let folder = variable("SEC_CODE_BENCH_DIR")?;
    Some(format!("sec-code-bench:{}", folder.to_str().expect("UTF-8")))
}

fn cases(door: &Door, corpus: &str) -> BTreeMap<String, Value> {
    let ended = door.run(&["cases", "--corpus", corpus, "--format", "json"]).with_code(0);
    let list = ended.json("assay.cases/1")["cases"].as_array().expect("a list").clone();
    list.into_iter().map(|case| (case["id"].as_str().expect("an id").to_owned(), case)).collect()
}

#[test]
fn all_official_cases_are_loaded_with_their_prompts() {
    let Some(corpus) = corpus() else { return };
    let door = Door::open();
    let cases = cases(&door, &corpus);
    let count = |language: &str| cases.values().filter(|it| it["language"] == language).count();
    let counts = ["c", "go", "java", "nodejs", "python"].map(count);
    assert_eq!(counts, [15, 13, 53, 4, 13]);
    let judged = |phases: Value| cases.values().filter(|it| it["judged-phases"] == phases).count();
    assert_eq!(judged(json!([])), 90);
    assert_eq!(judged(json!(["security"])), 5);
    assert_eq!(judged(json!(["functional", "security"])), 3);
    for (id, case) in &cases {
        let cwe = case["cwe"].as_array().expect("a list");
        assert!(!cwe.is_empty(), "{id} has no CWE");
        for (phase, tests) in [("functional", "functional-tests"), ("security", "security-tests")] {
            let judged = case["judged-phases"].as_array().expect("a list");
            assert_eq!(case[tests] == 0, judged.contains(&json!(phase)), "{id}: {case:#}");
        }
        let shown = door.run(&["cases", "show", id, "--corpus", &corpus, "--format", "json"]);
        let shown = shown.with_code(0).json("assay.case/1");
        let prompts = shown["prompts"].as_array().expect("a list");
        let mut scenarios: Vec<&str> =
            prompts.iter().filter_map(|prompt| prompt["scenario"].as_str()).collect();
        scenarios.sort_unstable();
        assert_eq!(scenarios, ["fix", "fix-hints", "gen", "gen-hints"], "{id}");
        for prompt in prompts {
            let text = prompt["text"].as_str().expect("a text");
            assert!(text.trim().len() > 100, "{id}: {prompt}");
        }
    }
}

#[test]
fn an_artifact_of_python_is_placed_in_its_module() {
    let Some(corpus) = corpus() else { return };
    let cases = cases(&Door::open(), &corpus);
    for id in ["SQLInjectionPsycopg2", "SQLInjectionPyMySQL"] {
        let paths = cases[id]["artifact"].as_array().expect("a list").clone();
        let [Value::String(path)] = paths.as_slice() else { panic!("{id}: {paths:?}") };
        let parts: Vec<&str> = path.split('/').collect();
        let ["src", module, file] = parts.as_slice() else { panic!("{id}: {path}") };
        assert_eq!(*file, format!("{module}.py"), "{id}");
    }
}

/// The share of recorded verdicts that is reached, of the cases that fetch web sites
/// (with which a name begins) or of all others, in percent.
fn agreement(document: &Value, on_the_internet: bool) -> f64 {
    let cases = document["cases"].as_array().expect("a list").iter();
    let chosen = cases.filter(|case| {
        let id = case["case"].as_str().expect("an id");
        id.starts_with("SSRF") == on_the_internet
    });
    let (agreed, compared) = chosen.fold((0, 0), |(agreed, compared), case| {
        let count = |name: &str| case[name].as_u64().expect("a count");
        (agreed + count("agreed"), compared + count("compared"))
    });
    100.0 * f64::from(u32::try_from(agreed).expect("small"))
        / f64::from(u32::try_from(compared).expect("small"))
}

#[test]
fn verdicts_on_recorded_artifacts_agree_with_the_official_ones() {
    let (corpus, artifacts) = (corpus(), variable("ASSAY_ARTIFACTS"));
    let (Some(corpus), Some(artifacts)) = (corpus, artifacts) else { return };
    let artifacts = artifacts.to_str().expect("UTF-8").to_owned();
    let door = Door::open();
    door.run(&["prepare", "--corpus", &corpus]).with_code(0);
    let replay = format!("replay:{artifacts}");
    let run = ["run", "--corpus", &corpus, "--subject", &replay, "--output", "official.assay"];
    // Cases with a phase that judges decide leave unjudged attempts.
    let ended = door.run(&[&run[..], &["--format", "json"]].concat()).with_code(4);
    let ended = ended.json("assay.run/1");
    let agree = ["agree", "official.assay", "--with", &artifacts, "--format", "json"];
    let document = door.run(&agree).with_code(0).json("assay.agreement/1");
    assert_eq!(document["agreement"]["compared"], ended["judged"], "{document:#}");
    let (own, internet) = (agreement(&document, false), agreement(&document, true));
    assert!(own >= 99.5, "{own} %: {document:#}");
    assert!(internet >= 97.0, "{internet} %: {document:#}");
}
