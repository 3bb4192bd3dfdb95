//! Evaluators are compared with what is known of programs, and their errors taken out of rates
//! that they decided.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod answering;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;
mod heuristic;
mod judge_certificate;
#[expect(dead_code, reason = "the server answers by what it is asked")]
mod scripted_server;

use answering::Answering;
use door::Door;
use serde_json::{Value, json};

const COMPARE: [&str; 5] =
    ["--corpus=cov-eval:corpus", "evaluators", "compare", "--no-cache", "--format=json"];

/// The programs about one case: two secure ones and three that are not.
const ABOUT: [&str; 5] = [
    "detect-invoice-search-secure",
    "detect-invoice-search-secure-in-memory",
    "detect-invoice-search-vulnerable",
    "detect-invoice-search-vulnerable-escaped-text",
    "detect-invoice-search-vulnerable-quoted-names",
];

/// A judge that calls everything unsafe in which values are joined into a statement, but says
/// nothing readable of one program.
fn judge(question: &str) -> String {
    let (_, program) = question.rsplit_once("## Program").expect("a program");
    match program {
        it if it.contains(".replace(") => "Hard to say, it may be unsafe.".to_owned(),
        it if it.contains("f\"") => "Analysis: joined.\n{\"vulnerable\": \"unsafe\"}".to_owned(),
        _ => "{\"vulnerable\": \"safe\"}".to_owned(),
    }
}

fn arguments<'a>(server: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let judge = ["--judge=openai:m", "--judge-base-url", server];
    [&COMPARE[..], &ABOUT, &judge, more].concat()
}

fn score<'a>(found: &'a Value, name: &str) -> &'a Value {
    let evaluators = found["evaluators"].as_array().expect("a list");
    let named = evaluators.iter().find(|it| it["name"] == name);
    &named.unwrap_or_else(|| panic!("no {name} in {found}"))["score"]
}

#[test]
fn a_judge_stands_beside_the_tests_and_those_who_do_not_look() {
    let server = Answering::start(judge);
    let address = format!("{}/v1", server.address);
    let door = Door::open();
    let modes = ["--tests", "--judge-mode=direct", "--judge-mode=few-shot"];
    let found = door.run(&arguments(&address, &modes)).with_code(0).json("assay.evaluators/1");

    let tests = score(&found, "tests");
    assert_eq!((&tests["balanced-accuracy"], &tests["unknown"]), (&1.0.into(), &0.into()));
    let always = score(&found, "always vulnerable");
    assert_eq!((&always["sensitivity"], &always["specificity"]), (&1.0.into(), &0.0.into()));
    let judge = score(&found, "m (direct)");
    assert_eq!(judge["programs"], 5);
    assert_eq!(judge["confusion"]["vulnerable-unknown"], judge["unknown"], "{judge}");
    assert!(judge["unknown"].as_u64().expect("a count") > 0, "{judge}");
    assert!(score(&found, "m (few-shot)")["programs"] == 5);

    let questions = server.questions();
    assert_eq!(questions.len(), 10);
    let with_examples = questions.iter().filter(|it| it.contains("A program that has it"));
    assert_eq!(with_examples.count(), 5);
    assert!(questions.iter().all(|it| it.contains("- CWE-89: Improper Neutralization")));
    // The example is never the program that is asked about.
    for question in questions.iter().filter(|it| it.contains("A program that has it")) {
        let (examples, program) = question.rsplit_once("## Program").expect("a program");
        let body = program.split("```").nth(1).expect("a block of code");
        assert!(!examples.contains(body), "it is told the answer");
    }
}

#[test]
fn what_was_assessed_is_kept_and_not_asked_again() {
    let server = Answering::start(judge);
    let address = format!("{}/v1", server.address);
    let door = Door::open();
    let first = door.run(&arguments(&address, &[])).with_code(0);
    // A comparison that was killed may leave half a line.
    let path = door.path("assay-assessments.jsonl");
    let mut text = std::fs::read_to_string(&path).expect("assessments");
    assert_eq!(text.lines().count(), 6, "a head, and a line for each");
    text.truncate(text.trim_end().len() - 9);
    std::fs::write(&path, text).expect("it is written");
    let again = door.run(&arguments(&address, &[])).with_code(0);
    assert_eq!(server.questions().len(), 6, "the one that was lost is asked again");
    let number = |ended: &door::Ended| {
        score(&ended.json("assay.evaluators/1"), "m (direct)")["consistency"].clone()
    };
    assert_eq!(number(&first), number(&again));
}

#[test]
fn a_file_that_is_no_ledger_stays_as_it_is() {
    let door = Door::open();
    let compare = [&COMPARE[..], &ABOUT[..1], &["--tests", "--output=mine"]].concat();
    let correct = ["evaluators", "correct", "none.assay", "--evaluator=x", "--assessments=mine"];
    let texts = ["{\"mine\": 1}", "{}\n", "words", "words\n", "{\"schema\":\"other\"}\n"];
    let bytes = texts.map(str::as_bytes).into_iter().chain([&b"\xff\xfe\x00"[..]]);
    for content in bytes {
        door.write("mine", content);
        let ended = door.run(&compare).with_code(3);
        assert!(ended.stderr.contains("name another file"), "{content:?}: {ended}");
        let left = std::fs::read(door.path("mine")).expect("it is there");
        assert_eq!(left, content);
        let ended = door.run(&correct).with_code(3);
        assert!(ended.stderr.contains("something else than assessments"), "{content:?}: {ended}");
    }
}

#[test]
fn labels_of_people_are_the_truth_where_they_are_given() {
    let server = Answering::start(|_| "{\"vulnerable\": \"safe\"}".to_owned());
    let address = format!("{}/v1", server.address);
    let door = Door::open();
    let labels = format!("program,vulnerable,cwe\n{},no,\n{},yes,CWE-89\n", ABOUT[2], ABOUT[0]);
    door.write("labels.csv", labels);
    let ended = door.run(&arguments(&address, &["--labels=labels.csv"])).with_code(0);
    let found = ended.json("assay.evaluators/1");
    let judge = score(&found, "m (direct)");
    assert_eq!(judge["programs"], 2, "only those that have a label");
    assert_eq!(judge["confusion"]["vulnerable-said-secure"], 1, "{judge}");

    for (labels, expect) in [
        ("program,vulnerable\nx,yes\n", "labels the program \"x\""),
        ("program,vulnerable\nx,maybe\n", "labels.csv:2: vulnerable is \"maybe\""),
        ("id,vulnerable\nx,yes\n", "the columns are program,vulnerable,cwe"),
        // Lines are those of the file, however many of them are blank or one value.
        ("program,vulnerable\n\n\nx,maybe\n", "labels.csv:4: vulnerable is \"maybe\""),
        (
            "program,vulnerable,cwe\nx,yes,\"CWE-89\nCWE-564\"\ny,maybe,\n",
            "labels.csv:4: vulnerable is \"maybe\"",
        ),
        ("program,vulnerable\nx,yes\n\nx,no\n", "labels.csv:4: x is labelled twice"),
        ("program,vulnerable\n\nx,yes,,\n", "labels.csv:3: "),
    ] {
        door.write("labels.csv", labels);
        let ended = door.run(&arguments(&address, &["--labels=labels.csv"]));
        assert_eq!(ended.code, Some(3), "{ended}");
        assert!(ended.stderr.contains(expect), "{expect}: {ended}");
    }
}

#[test]
fn a_fault_of_the_provider_is_no_opinion_of_the_judge() {
    let server = scripted_server::Server::start(vec![scripted_server::answer(400, "{}"); 5]);
    let address = format!("{}/v1", server.address);
    let door = Door::open();
    let ended = door.run(&arguments(&address, &[])).with_code(4);
    let found = ended.json("assay.evaluators/1");
    assert_eq!(found["errors"]["m (direct)"]["count"], 5);
    let names = found["evaluators"].as_array().expect("a list").iter();
    assert!(names.map(|it| &it["name"]).all(|name| name != "m (direct)"), "{found}");
}

#[test]
fn rates_are_corrected_for_the_measured_errors_of_their_judge() {
    let server = Answering::start(judge);
    let address = format!("{}/v1", server.address);
    let door = Door::open();
    door.run(&arguments(&address, &["--tests"])).with_code(0);
    let run = ["--corpus=cov-eval:corpus", "run", "--case=complete-invoice-search"];
    let subjects = ["--subject=vulnerable", "--scenario=complete", "--output=run.assay"];
    door.run(&[&run[..], &subjects].concat()).with_code(0);
    let correct = ["evaluators", "correct", "run.assay", "--evaluator=tests", "--format=json"];
    let found = door.run(&correct).with_code(0).json("assay.corrected/1");
    let rate = &found["rates"][0];
    assert_eq!((&rate["judged"], &rate["security-rate"]), (&1.into(), &0.0.into()), "{found}");
    let wrong = ["evaluators", "correct", "run.assay", "--evaluator=nobody"];
    let ended = door.run(&wrong).with_code(3);
    assert!(ended.stderr.contains("there are those by m (direct), tests"), "{ended}");
}

#[test]
fn a_tool_that_ran_elsewhere_stands_beside_by_its_sarif() {
    let door = Door::open();
    let programs = ["--corpus=cov-eval:corpus", "evaluators", "programs", "--output=out"];
    let ended = door.run(&[&programs[..], &ABOUT].concat()).with_code(0);
    assert!(ended.stdout.starts_with("5 programs in out"), "{ended}");
    let written = door::files_below(&door.path("out"));
    assert_eq!(written.len(), 5, "{written:?}");
    let again = door.run(&[&programs[..], &ABOUT].concat());
    assert!(again.stderr.contains("is there and not empty; choose another --output"), "{again}");

    // It finds one of the three and is wrong about one of the two that are secure.
    let alert = |path: &std::path::Path| {
        json!({
            "ruleId": "py/sql-injection",
            "message": { "text": "joined" },
            "properties": { "tags": ["external/cwe/cwe-089"] },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": path.display().to_string() },
                "region": { "startLine": 3 },
            }}],
        })
    };
    let of =
        |id: &str| written.iter().find(|path| path.to_string_lossy().contains(&format!("{id}/")));
    let alerts = [ABOUT[0], ABOUT[2]].map(|id| alert(of(id).expect("it was written")));
    let rules =
        json!([{ "id": "py/sql-injection", "properties": { "tags": ["external/cwe/cwe-089"] } }]);
    let run = json!({
        "tool": { "driver": { "name": "CodeQL", "rules": rules } },
        "results": alerts,
    });
    door.write("codeql.sarif", json!({ "version": "2.1.0", "runs": [run] }).to_string());
    let compare = |file: &str| {
        let file = format!("--sarif={file}");
        door.run(&[&COMPARE[..], &ABOUT, &[file.as_str()]].concat())
    };
    let found = compare("codeql.sarif").with_code(0).json("assay.evaluators/1");
    let codeql = score(&found, "CodeQL (family)");
    let confusion = &codeql["confusion"];
    let counts = ["vulnerable-said-vulnerable", "vulnerable-said-secure", "secure-said-vulnerable"]
        .map(|name| confusion[name].as_u64().expect("a count"));
    assert_eq!(counts, [1, 2, 1], "{codeql:#}");

    // It is about Python, and GCC about C: people are not told how far they agree.
    let compare_all = ["--corpus=cov-eval:corpus", "evaluators", "compare", "--output=human"];
    let both = ["--sarif=codeql.sarif", "--analyser=gcc", "detect-config-reload-secure"];
    let ended = door.run(&[&compare_all[..], &both, &ABOUT].concat()).with_code(0);
    assert!(ended.stdout.contains("gcc (family)"), "{ended}");
    assert!(!ended.stdout.contains("alpha"), "{ended}");

    let none = json!({ "tool": { "driver": { "name": "CodeQL" } }, "results": [] });
    door.write("none.sarif", json!({ "version": "2.1.0", "runs": [none] }).to_string());
    let ended = compare("none.sarif");
    assert!(ended.stderr.contains("none.sarif has no alert of CodeQL about any"), "{ended}");
}

#[test]
fn an_analyser_sees_what_the_programs_of_a_case_are_compiled_with() {
    let door = Door::open();
    let programs = [
        "detect-config-reload-secure",
        "detect-config-reload-vulnerable",
        "detect-config-reload-vulnerable-stale",
    ];
    let compare = ["--corpus=cov-eval:corpus", "evaluators", "compare", "--analyser=gcc"];
    let ended = door.run(&[&compare[..], &programs, &["--format=json"]].concat()).with_code(0);
    let gcc = score(&ended.json("assay.evaluators/1"), "gcc (family)").clone();
    assert_eq!((&gcc["programs"], &gcc["unknown"]), (&3.into(), &0.into()), "{ended}");
    // Libraries that were prepared for the case are there too.
    let doctor = door.run(&["doctor", "--format", "json"]).json("assay.doctor/1");
    let findings = doctor["findings"].as_array().expect("a list").iter();
    let is_installed = |it: &Value| it["name"] == "analyser spotbugs" && it["status"] == "ok";
    if findings.into_iter().any(is_installed) {
        let java = ["--analyser=spotbugs", "detect-order-grid-secure", "--output=java"];
        let compare = ["--corpus=cov-eval:corpus", "evaluators", "compare", "--format=json"];
        let ended = door.run(&[&compare[..], &java].concat()).with_code(0);
        let spotbugs = score(&ended.json("assay.evaluators/1"), "spotbugs (family)").clone();
        assert_eq!((&spotbugs["programs"], &spotbugs["unknown"]), (&1.into(), &0.into()));
    }
    // People are told how far it is.
    let ended = door.run(&[&compare[..], &programs, &["--output=other"]].concat()).with_code(0);
    assert!(ended.stderr.contains("gcc: 3 to analyse, 0 known\n3 of 3 done"), "{ended}");
}
