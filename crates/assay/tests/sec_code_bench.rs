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
use serde_json::Value;

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
fn the_official_cases_are_listed_and_most_of_c_node_and_python_is_supported() {
    let Some(corpus) = corpus() else { return };
    let door = Door::open();
    let cases = cases(&door, &corpus);
    assert_eq!(cases.len(), 98);
    let ours: BTreeMap<&String, &Value> = cases
        .iter()
        .filter(|(_, case)| ["c", "nodejs", "python"].iter().any(|name| case["language"] == *name))
        .collect();
    assert_eq!(ours.len(), 32);
    let supported: Vec<&String> = ours
        .iter()
        .filter(|(_, case)| case["not-supported"].is_null())
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(supported.len(), 30, "{supported:?}");
    for (id, case) in &cases {
        let cwe = case["cwe"].as_array().expect("a list");
        assert!(!cwe.is_empty(), "{id} has no CWE");
    }
    for id in supported {
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

#[test]
fn verdicts_on_recorded_artifacts_agree_with_the_official_ones() {
    let (corpus, artifacts) = (corpus(), variable("ASSAY_ARTIFACTS"));
    let (Some(corpus), Some(artifacts)) = (corpus, artifacts) else { return };
    let artifacts = artifacts.to_str().expect("UTF-8").to_owned();
    let door = Door::open();
    let languages = ["--language", "c", "--language", "python"];
    let prepare = [&["prepare", "--corpus", &corpus], &languages[..]].concat();
    door.run(&prepare).with_code(0);
    let replay = format!("replay:{artifacts}");
    let run = ["run", "--corpus", &corpus, "--subject", &replay, "--output", "official.assay"];
    let ended = door.run(&[&run[..], &languages, &["--format", "json"]].concat()).with_code(0);
    let judged = ended.json("assay.run/1")["judged"].as_u64().expect("a count");
    let agree =
        ["agree", "official.assay", "--with", &artifacts, "--at-least", "99", "--format", "json"];
    let agreement = door.run(&agree).with_code(0).json("assay.agreement/1");
    assert_eq!(agreement["agreement"]["compared"], judged, "{agreement:#}");
    assert_eq!(agreement["errored"], 0, "{agreement:#}");
}
