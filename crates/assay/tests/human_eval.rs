//! HumanEval as a corpus: whether code works, and no word on its security.
//!
//! Three problems of our own in its form are always tried. `HUMAN_EVAL_FILE` names the
//! published file; without it that is not tried, and the test says so.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use copies::copied;
use door::{Door, Ended};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// A problem as it is published. The tests are the lines of the body of `check`.
fn problem(id: &str, function: &str, parts: [&str; 3]) -> Value {
    let [prompt, solution, tests] = parts;
    let checks: String = tests.lines().map(|line| format!("    {line}\n")).collect();
    json!({
        "task_id": id,
        "prompt": prompt,
        "entry_point": function,
        "canonical_solution": solution,
        "test": format!("\n\nMETADATA = {{}}\n\n\ndef check(candidate):\n{checks}\n"),
    })
}

fn halve() -> Value {
    problem(
        "Ours/0",
        "halve",
        [
            "def halve(number: int) -> float:\n    \"\"\" The half of a number.\n    >>> halve(3)\n    1.5\n    \"\"\"\n",
            "    return number / 2\n",
            "assert candidate(3) == 1.5\nassert candidate(-4) == -2\nassert candidate(0) == 0",
        ],
    )
}

/// Its tests use what the prompt defines beside the function.
fn decode() -> Value {
    problem(
        "Ours/1",
        "decode",
        [
            "def encode(text: str) -> str:\n    return text[::-1] + str(len(text))\n\n\ndef decode(text: str) -> str:\n    \"\"\" Undoes encode, of texts of less than ten letters. \"\"\"\n",
            "    return text[:-1][::-1]",
            "import random\nfor size in range(9):\n    word = ''.join(random.choice('abc') for _ in range(size))\n    assert candidate(encode(word)) == word",
        ],
    )
}

/// Its tests call the function by its own name.
fn unique() -> Value {
    problem(
        "Ours/2",
        "unique",
        [
            "from typing import List\n\ndef unique(items: List[int]) -> List[int]:\n    '''\n    Each item once, in order.\n    '''\n",
            "    return sorted(set(items))\n",
            "assert tuple(candidate([3, 1, 3])) == tuple(unique([1, 3]))\nassert candidate([2, 2]) == [2]",
        ],
    )
}

fn lines(problems: &[Value]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// A folder with the three problems in a file, and how the file is named as a corpus.
fn opened() -> (Door, String) {
    let door = Door::open();
    let path = door.write("ours.jsonl", lines(&[halve(), decode(), unique()]));
    (door, named(&path))
}

fn named(path: &Path) -> String {
    format!("human-eval:{}", path.to_str().expect("UTF-8"))
}

fn run(door: &Door, corpus: &str, arguments: &[&str]) -> Ended {
    door.run(&[arguments, &["--corpus", corpus]].concat())
}

/// That a proof of a corpus holds, and what it says.
fn check_proof(door: &Door, corpus: &str, count: usize) -> Value {
    let proof = run(door, corpus, &["check", "--format", "json"]).with_code(0);
    let proof = proof.json("assay.check/1");
    assert_eq!(proof["proved"], count, "{proof:#}");
    let cases = proof["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), count);
    for case in cases {
        let artifacts = case["artifacts"].as_array().expect("a list");
        let names: Vec<_> = artifacts.iter().filter_map(|it| it["name"].as_str()).collect();
        assert_eq!(names, ["correct", "incorrect", "(empty)", "(leaving early)"], "{case:#}");
        for artifact in artifacts {
            let works = artifact["verdicts"][0] == "works";
            assert_eq!(works, artifact["name"] == "correct", "{case:#}");
        }
    }
    proof
}

#[test]
fn known_solutions_work_and_wrong_empty_and_cheating_ones_do_not() {
    let (door, corpus) = opened();
    check_proof(&door, &corpus, 3);
}

#[test]
fn every_published_solution_works_and_no_unsolved_problem_does() {
    let Some(file) = std::env::var_os("HUMAN_EVAL_FILE").filter(|file| !file.is_empty()) else {
        // Unlike what is printed, this is shown of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: HUMAN_EVAL_FILE is not set");
        return;
    };
    check_proof(&Door::open(), &named(&PathBuf::from(file)), 164);
}

#[test]
fn a_question_holds_the_prompt_whole_and_the_form_of_the_answer() {
    let (door, corpus) = opened();
    let shown = run(&door, &corpus, &["cases", "show", "Ours-1", "--format", "json"]);
    let shown = shown.with_code(0).json("assay.case/1");
    let prompts = shown["prompts"].as_array().expect("a list");
    let locales: Vec<_> = prompts.iter().filter_map(|it| it["locale"].as_str()).collect();
    assert_eq!(locales, ["en-US", "zh-CN"]);
    let problem = decode();
    let given = problem["prompt"].as_str().expect("a text").trim();
    for prompt in prompts {
        assert_eq!(prompt["scenario"], "solve");
        let text = prompt["text"].as_str().expect("a text");
        assert!(text.contains(given) && text.contains("`decode`"), "{text}");
        assert!(text.contains("<path>src/solution.py</path>"), "{text}");
        assert!(!text.contains("return text[:-1]") && !text.contains("random"), "{text}");
    }
}

/// What an artifact of a problem amounts to.
fn verdict(door: &Door, corpus: &str, case: &str, answer: &str) -> String {
    let path = door.write("answer.txt", answer);
    let path = path.to_str().expect("UTF-8");
    let ended = run(door, corpus, &["verify", case, "--artifact", path, "--format", "json"]);
    let json = ended.json("assay.verify/2");
    let verdict = json["verdict"].as_str().unwrap_or_else(|| panic!("{json:#}")).to_owned();
    assert_eq!(ended.code, Some(i32::from(verdict != "works")), "{json:#}");
    if verdict == "works" {
        let phases = &json["evidence"]["phases"];
        assert_eq!(phases[0]["conclusion"]["kind"], "passed", "{json:#}");
        assert_eq!(phases[1], json!({"phase": "security", "by": "not-asked"}), "{json:#}");
    }
    verdict
}

#[test]
fn an_answer_works_if_its_function_does_and_a_forged_one_never() {
    let (door, corpus) = opened();
    let check = |case: &str, code: &str, expect: &[&str]| {
        let answer = format!("Here it is.\n\n```python\n{code}\n```\n");
        let verdict = verdict(&door, &corpus, case, &answer);
        assert!(expect.contains(&verdict.as_str()), "{verdict}:\n{code}");
    };
    check("Ours-0", "def halve(number):\n    return number * 0.5", &["works"]);
    check("Ours-0", "def halve(number):\n    return number // 2", &["nonfunctional"]);
    check("Ours-0", "def half(number):\n    return number / 2", &["nonfunctional"]);
    check("Ours-0", "import os\nos._exit(0)", &["nonfunctional"]);
    check("Ours-0", "import sys\nsys.exit(0)", &["nonfunctional"]);
    let everything = "class Any(float):\n    def __eq__(self, other):\n        return True\n\n\ndef halve(number):\n    return Any(0)";
    check("Ours-0", everything, &["nonfunctional"]);
    let patched = "import sys\n\n\ndef halve(number):\n    tests = sys._getframe(1).f_globals\n    tests['check'] = lambda candidate: None\n    return 0";
    check("Ours-0", patched, &["nonfunctional", "tampered"]);
    // What the prompt defines is not the answer's to change, and need not be in it.
    check("Ours-1", "def decode(text):\n    return text[-2::-1]", &["works"]);
    let cheap = "def encode(text):\n    return text\n\n\ndef decode(text):\n    return text";
    check("Ours-1", cheap, &["nonfunctional"]);
    check("Ours-2", "def unique(items):\n    return sorted(set(items))", &["works"]);
}

#[test]
fn a_run_scores_pass_at_1_and_says_nothing_of_security() {
    let (door, corpus) = opened();
    let model = ["run", "--subject", "openai:any", "--base-url", "http://127.0.0.1:9/v1"];
    let plan = run(&door, &corpus, &[&model[..], &["--dry-run", "--format", "json"]].concat());
    let plan = plan.with_code(0).json("assay.plan/1");
    assert_eq!(plan["most-requests"], 3, "one answer to each question: {plan:#}");
    let arguments =
        ["run", "--subject", "reference", "--subject", "empty", "--output", "ours.assay"];
    run(&door, &corpus, &arguments).with_code(0);
    let scores = door.run(&["score", "ours.assay", "--format", "json"]).with_code(0);
    let card = scores.json("assay.scores/1")["runs"][0].clone();
    let subjects = card["subjects"].as_array().expect("a list");
    for (name, score) in [("reference", 1.0), ("empty", 0.0)] {
        let subject = subjects.iter().find(|it| it["name"] == name).expect("a subject");
        assert_eq!(subject["scenarios"], json!({ "solve": score }), "{subject:#}");
        assert_eq!(subject["overall"], score, "{subject:#}");
        let interval = &subject["intervals"]["scenarios"]["solve"];
        assert!(interval["low"].as_f64() <= Some(score), "{interval}");
        assert!(interval["high"].as_f64() >= Some(score), "{interval}");
        let verdicts = subject["verdicts"].as_object().expect("an object");
        let names: Vec<&str> = verdicts.keys().map(String::as_str).collect();
        assert_eq!(names, ["works", "nonfunctional", "build-failed", "no-code", "tampered"]);
        assert_eq!(verdicts["works"], if name == "reference" { 3 } else { 0 });
    }
    let shown = door.run(&["score", "ours.assay"]).with_code(0).stdout;
    assert!(shown.contains("works") && !shown.contains("secure"), "{shown}");
    door.run(&["export", "ours.assay", "--format", "jsonl", "--output", "ours.out"]).with_code(0);
    let rows = fs::read_to_string(door.path("ours.out")).expect("rows");
    assert_eq!(rows.lines().count(), 6);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).expect("JSON");
        assert_eq!(
            (&row["secure"], &row["functional"]),
            (&Value::Null, &json!(row["verdict"] == "works"))
        );
    }
    door.run(&["export", "ours.assay", "--format", "junit", "--output", "ours.xml"]).with_code(0);
    let junit = fs::read_to_string(door.path("ours.xml")).expect("XML");
    assert!(junit.contains("tests=\"6\" failures=\"3\""), "{junit}");
    door.run(&["report", "ours.assay", "--output", "pages"]).with_code(0);
    let page = fs::read_to_string(door.path("pages/index.html")).expect("a page");
    assert!(page.contains("How well they write code") && page.contains("fill-works"));
    assert!(!page.contains("Secure attempts by subject") && !page.contains("secure of judged"));
    let again = run(&door, &corpus, &["revalidate", "ours.assay", "--output", "again.assay"]);
    assert!(again.code == Some(0), "{again}");
}

#[test]
fn a_file_is_the_same_corpus_whether_packed_or_not_and_in_any_encoding() {
    let (door, corpus) = opened();
    let text = lines(&[halve(), decode(), unique()]);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).expect("it is packed");
    let digest = |corpus: &str| {
        let list = run(&door, corpus, &["cases", "--format", "json"]).with_code(0);
        list.json("assay.cases/1")["digest"].clone()
    };
    let expect = digest(&corpus);
    // The name says nothing of what is in a file.
    let packed = door.write("packed", packed.finish().expect("it is packed"));
    assert_eq!(digest(&named(&packed)), expect);
    let windows = door.write("windows", format!("\u{feff}{}", text.replace('\n', "\r\n\r\n")));
    assert_eq!(digest(&named(&windows)), expect);
}

#[test]
fn a_line_that_is_no_problem_is_named_with_what_is_wrong_and_what_to_do() {
    let door = Door::open();
    let check = |text: &str, words: &[&str]| {
        let path = door.write("faulty.jsonl", text);
        let ended = run(&door, &named(&path), &["cases"]).with_code(3);
        for word in words {
            assert!(ended.stderr.contains(word), "{word}: {ended}");
        }
    };
    let changed = |member: &str, value: &str| {
        let mut problem = halve();
        problem[member] = value.into();
        lines(&[problem])
    };
    let second = |line: &str| format!("\n{}{line}\n", lines(&[halve()]));
    check("", &["faulty.jsonl: holds no problem", "HumanEval.jsonl.gz"]);
    check(&second("{"), &["faulty.jsonl:3: is no problem of HumanEval: EOF", "a JSON object with"]);
    check(&second("{}"), &["faulty.jsonl:3: ", "missing field `task_id`"]);
    check(&second(&halve().to_string()), &["faulty.jsonl:3: Ours-0 is also in line 2"]);
    check(&changed("task_id", "../../etc"), &["faulty.jsonl:1: `task_id` is not"]);
    check(&changed("entry_point", "halve(1)"), &["`entry_point` is not the name of a function"]);
    check(&changed("entry_point", "third"), &["`prompt` does not define `third`"]);
    check(&changed("test", "def test(): pass\n"), &["`test` does not define `check`"]);
    check(&changed("canonical_solution", " \n"), &["`canonical_solution` is empty"]);
    let hidden = "def check(candidate): assert candidate(2) == 1\ndef test_more(): pass\n";
    check(&changed("test", hidden), &["begins with `test`", "rename it"]);
    let long = changed("test", &format!("def check(candidate): '{}'", "x".repeat(1 << 20)));
    check(&long, &["faulty.jsonl:1: has more than 1024 KiB"]);
    check(&"{\n".repeat(30), &["faulty.jsonl:20:", "10 more lines with faults"]);
    let absent = run(&door, "human-eval:absent.jsonl", &["cases"]).with_code(3);
    assert!(absent.stderr.contains("absent.jsonl: failed to read it"), "{absent}");
}

#[test]
fn a_file_that_unpacks_to_more_than_any_such_file_holds_is_refused() {
    let door = Door::open();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let blank = vec![b'\n'; 1 << 20];
    for _ in 0..65 {
        packed.write_all(&blank).expect("it is packed");
    }
    let path = door.write("bomb.gz", packed.finish().expect("it is packed"));
    let ended = run(&door, &named(&path), &["cases"]).with_code(3);
    assert!(ended.stderr.contains("bomb.gz: holds more than 64 MiB"), "{ended}");
}

#[test]
fn a_case_with_security_tests_is_not_asked_in_a_scenario_without() {
    let door = Door::open();
    let folder = copied(&door, "other", "invoice-search");
    let toml = fs::read_to_string(folder.join("case.toml")).expect("UTF-8");
    let toml = toml.replace("scenarios = [", "scenarios = [\"solve\", ");
    fs::write(folder.join("case.toml"), toml).expect("written");
    let ended = door.run(&["cases", "--corpus", "other"]).with_code(3);
    assert!(ended.stderr.contains("case.toml:6: the scenario solve is of HumanEval"), "{ended}");
}
