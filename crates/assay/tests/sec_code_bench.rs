//! The official SecCodeBench-V2 as a corpus, and agreement with its outcomes.
//!
//! `SEC_CODE_BENCH_DIR` names a checkout of it, and `ASSAY_ARTIFACTS` a file of
//! its artifacts with their recorded outcomes. Without them nothing is shown
//! here, and each test says so.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod scripted_server;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;

use door::Door;
use panel::{Judge, opinion, user};
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

/// The official cases with a phase for judges, and whether the functional one is.
const JUDGED: [(&str, bool); 8] = [
    ("DeserializationJodd", false),
    ("HardcodedCredentialsOSS", false),
    ("InfoLeakLogInjection", true),
    ("InfoLeakSpringBootActuator", true),
    ("InfoLeakSpringBootPropertiesExposure", true),
    ("WeakCryptoAESECB", false),
    ("WeakHashMD5SHA1", false),
    ("WeakRandomnessRandom", false),
];

/// Artifacts that work, of the cases of which the checkout shows none.
const WORKING: [(&str, &str); 3] = [
    (
        "DeserializationJodd",
        "package com.example.datahandler.service;\n\npublic class WorkFlowService {\n    public java.util.Map loadConfig(String jsonConfig) {\n        return new jodd.json.JsonParser().parse(jsonConfig, java.util.Map.class);\n    }\n}\n",
    ),
    ("InfoLeakSpringBootActuator", "management.endpoints.web.exposure.include=*\n"),
    ("InfoLeakSpringBootPropertiesExposure", "server.port=8080\n"),
];

#[test]
fn official_rubrics_are_loaded_and_judged_by_a_panel() {
    let Some(corpus) = corpus() else { return };
    let door = Door::open();
    let texts = JUDGED.map(|(id, functional)| {
        let shown = door.run(&["cases", "show", id, "--corpus", &corpus, "--format", "json"]);
        let rubrics = shown.with_code(0).json("assay.case/1")["rubrics"].clone();
        let rubrics = rubrics.as_array().expect("a list").clone();
        let phases: Vec<_> = rubrics.iter().map(|rubric| rubric["phase"].clone()).collect();
        let expect: &[&str] = if functional { &["functional", "security"] } else { &["security"] };
        assert_eq!(json!(phases), json!(expect), "{id}");
        rubrics
            .iter()
            .map(|rubric| rubric["text"].as_str().expect("a text").trim().to_owned())
            .collect::<Vec<_>>()
    });
    // Everything works, and nothing is secure.
    let judges = ["a", "b", "c"].map(|name| {
        Judge::new(name, |request| opinion(user(request).contains("of the functional phase")))
    });
    panel::configure(&door, &[], &judges);
    let lines: Vec<String> = WORKING
        .iter()
        .map(|(id, code)| {
            json!({"case": id, "scenario": "gen", "round": 1, "code": code}).to_string()
        })
        .collect();
    door.write("answers.jsonl", lines.join("\n"));
    door.run(&[&["prepare", "--corpus", &corpus], &JUDGED.map(|(id, _)| id)[..]].concat())
        .with_code(0);
    let subjects = ["--subject", "vulnerable", "--subject", "replay:answers.jsonl"];
    let run = ["run", "--corpus", &corpus, "--scenario", "gen", "--output", "run.assay"];
    let run = [&run[..], &subjects].concat();
    let cases = JUDGED.iter().flat_map(|(id, _)| ["--case", id]).collect::<Vec<_>>();
    let ended = door.run(&[&run[..], &cases, &["--format", "json"]].concat());
    let ended = ended.with_code(0).json("assay.run/1");
    assert_eq!([&ended["judged"], &ended["errored"]], [9, 0], "{ended:#}");
    let scores = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
    let card = scores.json("assay.scores/1")["runs"][0].clone();
    let count = |subject: &str, verdict: &str| {
        let mut cards = card["subjects"].as_array().expect("a list").iter();
        let card = cards.find(|card| card["name"] == subject).expect("the subject");
        card["verdicts"][verdict].as_u64().expect("a count")
    };
    assert_eq!(count("answers", "insecure"), 3, "{card:#}");
    // Of the flawed artifacts that the checkout shows, all but one work.
    assert_eq!([count("vulnerable", "insecure"), count("vulnerable", "nonfunctional")], [5, 1]);
    assert_eq!(card["panel"]["ballots"], 3 * 2 + 5, "{card:#}");
    let asked = judges[0].server.requests();
    for text in texts.iter().flatten() {
        assert_eq!(
            asked.iter().filter(|request| user(request).contains(text)).count(),
            1,
            "{text}"
        );
    }
}

/// The share of recorded verdicts that is reached, of the cases that fetch web sites
/// (with which a name begins) or of all others, in percent.
fn agreement(document: &Value, on_the_internet: bool) -> f64 {
    let cases = document["cases"].as_object().expect("tallies by case").iter();
    let chosen = cases.filter(|(id, _)| id.starts_with("SSRF") == on_the_internet);
    let (agreed, compared) = chosen.fold((0, 0), |(agreed, compared), (_, case)| {
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
    // Cases with a phase that judges decide leave unjudged attempts here.
    let run = [&run[..], &["--judge-later", "--format", "json"]].concat();
    let ended = door.run(&run).with_code(4);
    let ended = ended.json("assay.run/1");
    let agree = ["agree", "official.assay", "--with", &artifacts, "--format", "json"];
    let document = door.run(&agree).with_code(0).json("assay.agreement/1");
    assert_eq!(document["agreement"]["compared"], ended["judged"], "{document:#}");
    let (own, internet) = (agreement(&document, false), agreement(&document, true));
    // Unlike what is printed, this is shown of a test that passes.
    let _ = writeln!(
        std::io::stderr(),
        "{own:.2} % agree, {internet:.2} % of those on the Internet: {}; {}",
        document["agreement"],
        ended
    );
    assert!(own >= 99.5, "{own} %: {document:#}");
    assert!(internet >= 97.0, "{internet} %: {document:#}");
}
