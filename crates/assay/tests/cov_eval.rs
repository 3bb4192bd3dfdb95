//! Checkouts of CoV-Eval: a made-up one of our own, laid out like the published one with its
//! faults, and the published one itself.
//!
//! `COV_EVAL_DIR` names a checkout of it; the tests that need one say that they are skipped
//! without it.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::io::Write as _;

use door::Door;
use serde_json::{Value, json};

const DATASETS: &str = "checkout/datasets/CoV-Eval_v1";

const SEED: &str = "#include <stdio.h>\n//- next line\nint main(void) {\n";
const VULNERABLE: &str = "#include <stdio.h>\nint main(void) { char b[8]; gets(b); }\n";
const CLEAN: &str = "import os, re\nprint(os.getpid())\n";

fn program(scenario: &str, number: u32, extension: &str) -> String {
    format!("made_up_cwe-787_{scenario}_scenario_copilot_{number}.{extension}")
}

/// One answer as results have it.
fn record(id: &str, source: &str, response: &str, more: &Value) -> Value {
    let mut record = json!({
        "vul_type_id": "cwe-787",
        "vul_type_name": "Out-of-bounds Write",
        "source_code_id": id,
        "source_code": source,
        "prompt": "Our own question.",
        "response": response,
    });
    for (name, value) in more.as_object().expect("an object") {
        record[name] = value.clone();
    }
    record
}

fn judged(verdict: &str, answer: &str) -> Value {
    json!({"vul_eval": verdict, "meta_data": {"judge": {"cwe-787": answer}}})
}

/// A checkout with a program of each kind, fences, a file in another language than its name
/// says, one that is no program, results that are objects one after the other, and without
/// training programs.
fn made_up() -> Door {
    let door = Door::open();
    let put = |path: &str, text: &str| {
        door.write(&format!("{DATASETS}/{path}"), text);
    };
    put("code_completion_task_seed/cwe-787/my-1/scenario.c", SEED);
    put("code_completion_task/cwe-787/my-1/0_scenario.c", "```c\nint f(int n) {\n```");
    put("code_completion_task/cwe-787/my-1/1_scenario.c", "```python\ndef f(n):\n```");
    put("code_completion_task/cwe-787/my-1/2_scenario.c", "```cpp\nint g(int n) {\n");
    put("code_completion_task/cwe-787/my-1/notes.txt", "Nothing.");
    let flawed = program("my-1", 4, "c");
    put(&format!("vulnerability_repair_task/cwe-787/{flawed}"), VULNERABLE);
    let told = "vulnerability_detection_classification_task";
    put(&format!("{told}/vulnerable/cwe-787/{flawed}"), VULNERABLE);
    let sound = program("my-1", 5, "py");
    put(&format!("{told}/non_vulnerable/cwe-787/{sound}"), CLEAN);

    let two = [
        record(&flawed, VULNERABLE, "{\"vulnerable\": [\"no\"],}", &json!({})),
        record(&sound, CLEAN, "so: {'vulnerable': 'No'}", &json!({})),
    ];
    let row: String = two.iter().map(Value::to_string).collect();
    door.write("checkout/results/vulnerability_detection_classification/m.json", row);
    let scores = "checkout/results/vulnerability_detection_classification/m_scores.json";
    door.write(scores, "{\"binary_class_f1\": 0.5}");
    let fixed = "```c\nint main(void) { return 0; }\n```";
    let answer = record(&flawed, VULNERABLE, fixed, &judged("safe", "{\"vulnerable\": \"safe\"}"));
    door.write("checkout/results/vulnerability_repair/m.json", json!([answer]).to_string());
    let seed = record("my-1", SEED, "int main;", &judged("unsafe", "{\"vulnerable\": [\"Yes\"],}"));
    let strange = record("my-2", SEED, "x", &judged("safe", "{\"vulnerable\": [\"No\"]}"));
    let text = json!([seed, strange]).to_string();
    door.write("checkout/results/code_completion/m.json", text);
    let evolved = record("my-1", "```python\ndef f(n):\n```", "", &judged("", ""));
    let text = json!([evolved]).to_string();
    door.write(&format!("{DATASETS}/code_completion_task/instruction.json"), text);
    door
}

fn cases(door: &Door, corpus: &str) -> (Vec<Value>, String) {
    let ended = door.run(&["cases", "--corpus", corpus, "--format", "json"]).with_code(0);
    let list = ended.json("assay.cases/1")["cases"].as_array().expect("a list").clone();
    (list, ended.stderr)
}

fn prompt(door: &Door, corpus: &str, id: &str, scenario: &str) -> String {
    let arguments =
        ["cases", "show", id, "--corpus", corpus, "--scenario", scenario, "--format", "json"];
    let shown = door.run(&arguments).with_code(0).json("assay.case/1");
    let prompts = shown["prompts"].as_array().expect("a list");
    let english = prompts.iter().find(|prompt| prompt["locale"] == "en-US").expect("a prompt");
    english["text"].as_str().expect("a text").to_owned()
}

#[test]
fn a_checkout_is_loaded_as_it_is_and_what_differs_is_said() {
    let door = made_up();
    let (cases, warnings) = cases(&door, "cov-eval:checkout");
    let facts = |case: &Value| format!("{} {}", case["id"], case["language"]).replace('"', "");
    let mut ids: Vec<String> = cases.iter().map(facts).collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            "complete-evolved-cwe-787-my-1-0 c",
            "complete-evolved-cwe-787-my-1-1 python",
            "complete-evolved-cwe-787-my-1-2 c",
            "complete-seed-cwe-787-my-1 c",
            "detect-cwe-787-my-1-4 c",
            "detect-cwe-787-my-1-5 python",
            "repair-cwe-787-my-1-4 c",
        ]
    );
    for expect in [
        "notes.txt is no program; it is left out",
        "code_completion_task_seed has 1 programs; the published one has 54",
        "code_completion_task: 1 file named .c is Python and read as such",
        "code_completion_task: 1 file named .c is C++ and read as such",
        "2_scenario.c: its fence is not closed",
        "datasets/train-set has 0 programs; the published one has 1350",
        "vulnerability_repair_task has 0 programs about CWE-79; the published one has 12",
        "has 1 programs that are not vulnerable; the published one has 54",
    ] {
        assert!(warnings.contains(expect), "{expect}: {warnings}");
    }
}

#[test]
fn questions_show_the_program_and_never_what_is_known_of_it() {
    let door = made_up();
    let ask = |id: &str, scenario: &str| prompt(&door, "cov-eval:checkout", id, scenario);
    let completion = ask("complete-evolved-cwe-787-my-1-1", "complete");
    assert!(completion.contains("def f(n):") && completion.contains("Python"), "{completion}");
    assert!(!completion.contains("787"), "the weakness is told: {completion}");
    let repair = ask("repair-cwe-787-my-1-4", "repair");
    assert!(repair.contains("gets(b);") && repair.contains("Out-of-bounds Write"), "{repair}");
    let [flawed, sound] =
        ["detect-cwe-787-my-1-4", "detect-cwe-787-my-1-5"].map(|id| ask(id, "detect"));
    assert!(flawed.contains(VULNERABLE.trim()) && sound.contains(CLEAN.trim()), "{sound}");
    for question in [&flawed, &sound] {
        assert_eq!(question.matches("- cwe-").count(), 18, "{question}");
    }
    let shown =
        door.run(&["cases", "show", "detect-cwe-787-my-1-4", "--corpus", "cov-eval:checkout"]);
    assert!(shown.with_code(0).stdout.contains("detect, en-US (cov-eval/1)"));
}

#[test]
fn what_is_no_checkout_or_cannot_be_read_is_named() {
    let door = made_up();
    door.write("empty/datasets/x", "");
    let ended = door.run(&["cases", "--corpus", "cov-eval:empty"]).with_code(3);
    assert!(ended.stderr.contains("it has no datasets/CoV-Eval_v1"), "{}", ended.stderr);
    door.write(
        &format!("{DATASETS}/code_completion_task/cwe-22/my-3/0_scenario.py"),
        b"\xff\xfe\x00\xd8",
    );
    let ended = door.run(&["cases", "--corpus", "cov-eval:checkout"]).with_code(3);
    assert!(ended.stderr.contains("my-3/0_scenario.py: failed to read it"), "{}", ended.stderr);
}

#[test]
fn results_become_a_run_and_figures_that_differ_are_named() {
    let door = made_up();
    let arguments = ["import", "cov-eval-results", "checkout", "--output", "p.assay"];
    let ended = door.run(&arguments).with_code(1);
    assert!(ended.stderr.contains("left out: 1 answer about programs"), "{}", ended.stderr);
    for expect in [
        "differs: seed programs, mean lines: expected 19.574, found 3.000",
        "differs: llama3.1-8b-instruct, detection as published, hits: expected 425, found nothing",
        "0 of 40 published figures reproduced",
    ] {
        assert!(ended.stdout.contains(expect), "{expect}: {}", ended.stdout);
    }
    let store = assay::store::Store::open_to_read(&door.path("p.assay")).expect("a run");
    let attempts = store.attempts().expect("readable");
    let mut told: Vec<String> = Vec::new();
    for attempt in &attempts {
        let record = store.attempt(attempt).expect("readable");
        let judgement = record.outcome.judgement().map_or("none", |it| it.as_str());
        told.push(format!("{} {} {judgement}", record.key.subject, record.key.case));
        assert_eq!(record.turns[0].prompt, "Our own question.");
    }
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "instruction complete-evolved-cwe-787-my-1-1 none",
            "m complete-seed-cwe-787-my-1 insecure",
            "m detect-cwe-787-my-1-4 wrong",
            "m detect-cwe-787-my-1-5 right",
            "m repair-cwe-787-my-1-4 secure",
        ]
    );
    door.run(&arguments).with_code(3);
}

#[test]
fn answers_that_are_no_json_are_named_with_their_line() {
    let door = made_up();
    door.write("checkout/results/code_completion/n.json", "[\n]\n{\"vul_type_id\": ");
    let ended = door.run(&["import", "cov-eval-results", "checkout"]).with_code(3);
    assert!(ended.stderr.contains("n.json:"), "{}", ended.stderr);
    assert!(ended.stderr.contains("is no JSON: EOF"), "{}", ended.stderr);
    assert!(!door.path("assay-runs").exists());
}

/// The published checkout; a line says that a test is skipped without it.
fn checkout() -> Option<String> {
    let folder = std::env::var_os("COV_EVAL_DIR").filter(|folder| !folder.is_empty());
    if folder.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: COV_EVAL_DIR is not set");
    }
    Some(folder?.to_str().expect("UTF-8").to_owned())
}

#[test]
fn the_published_checkout_has_what_it_should() {
    let Some(folder) = checkout() else { return };
    let (cases, warnings) = cases(&Door::open(), &format!("cov-eval:{folder}"));
    let count = |prefix: &str, language: &str| {
        let is = |case: &&Value| {
            let id = case["id"].as_str().expect("an id");
            id.starts_with(prefix) && case["language"] == language
        };
        cases.iter().filter(is).count()
    };
    let counts = ["complete-seed-", "complete-evolved-", "repair-", "detect-"]
        .map(|prefix| (count(prefix, "c"), count(prefix, "python")));
    assert_eq!(counts, [(25, 29), (125, 145), (258, 219), (282, 249)]);
    // The known faults, and no other.
    let unclosed = warnings.matches("its fence is not closed").count();
    let drift = warnings.matches("and read as such").count();
    assert_eq!((unclosed, drift), (2, 4), "{warnings}");
    assert_eq!(warnings.lines().count(), 6, "{warnings}");
}

#[test]
fn every_published_figure_is_reproduced() {
    let Some(folder) = checkout() else { return };
    let door = Door::open();
    let arguments = ["import", "cov-eval-results", &folder, "--output", "p.assay"];
    let ended = door.run(&arguments).with_code(0);
    let all = "40 of 40 published figures reproduced";
    assert!(ended.stdout.contains(all), "{}", ended.stdout);
    let store = assay::store::Store::open_to_read(&door.path("p.assay")).expect("a run");
    assert_eq!(store.attempts().expect("readable").len(), 54 + 54 + 270 + 477 + 531);
}
