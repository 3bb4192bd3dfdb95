//! `assay cases new`: the skeleton of a case in every language, and what is refused.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::collections::BTreeSet;
use std::fs;

use assay_core::Language;
use door::{Door, Ended, files_below};

/// A door without a corpus.
fn empty_door() -> Door {
    let door = Door::open();
    fs::remove_file(door.path("corpus")).expect("only the link goes");
    door
}

fn new(door: &Door, id: &str, more: &[&str]) -> Ended {
    door.run(&[&["cases", "new", id, "--language", "python", "--cwe", "22"], more].concat())
}

#[test]
fn every_language_has_a_skeleton_that_fails_until_it_is_written() {
    let door = empty_door();
    for language in Language::ALL {
        let id = format!("saved-search-{language}");
        let arguments = ["cases", "new", &id, "--language", language.as_str(), "--cwe", "CWE-89"];
        let ended = door.run(&arguments).with_code(0);
        assert!(ended.stdout.contains("SQL Injection"), "{ended}");
        let named = format!("corpus/private/{language}/{id}");
        assert!(ended.stdout.starts_with(&named), "{ended}");
        assert!(ended.stdout.contains(&format!("assay check {id} --watch")), "{ended}");
        for file in files_below(&door.path(&named)) {
            let path = file.strip_prefix(door.path(&named)).expect("below").display().to_string();
            assert!(ended.stdout.contains(&format!("  {path} ")), "{path} is not told: {ended}");
        }
    }
    door.run(&["prepare"]).with_code(0);
    let json = door.run(&["check", "--format", "json"]).with_code(1).json("assay.check/1");
    let cases = json["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), Language::ALL.len(), "{json:#}");
    for case in cases {
        assert_eq!(case["proved"], false, "{case:#}");
        assert_eq!(case["faults"], serde_json::json!([]), "{case:#}");
        let places: BTreeSet<&str> = case["to-write"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|gap| gap["file"].as_str().expect("a path").split('.').next().expect("a name"))
            .map(|path| path.split('/').take(2).last().expect("a part"))
            .collect();
        let parts = ["brief", "case", "functional", "hint", "secure", "security", "vulnerable"];
        assert_eq!(places, BTreeSet::from(parts), "{case:#}");
        for artifact in case["artifacts"].as_array().expect("a list") {
            let verdict = artifact["verdicts"][0].as_str().expect("a verdict");
            assert!(["nonfunctional", "build-failed"].contains(&verdict), "{artifact:#}");
        }
    }
    let human = door.run(&["check", "saved-search-ruby"]).with_code(1).stdout;
    assert!(human.contains("TO WRITE    saved-search-ruby"), "{human}");
    assert!(human.contains("to write:  hint.en-US.md:1  what an attacker controls"), "{human}");
    assert!(human.ends_with("0 of 1 cases proved\n1 still to be written\n"), "{human}");
}

#[test]
fn a_case_goes_into_the_folder_that_is_there_or_that_is_named() {
    let door = empty_door();
    let folder = |ended: &Ended| ended.json("assay.new-case/1")["folder"].clone();
    let json = &["--format", "json"];
    let first =
        new(&door, "login", &[json, &["--corpus", "my cases", "--suite", "team"][..]].concat());
    assert_eq!(folder(&first), "my cases/team/python/login");
    // A single word may be a keyword or a library's name, so that names in code have two.
    let code =
        door.path("my cases/team/python/login/solutions/secure/src/login_task/login_task.py");
    assert!(fs::read_to_string(code).expect("it is there").starts_with("def login_task("));
    let second = new(&door, "sign-up", &["--corpus", "my cases"]).with_code(0);
    assert!(second.stdout.starts_with("my cases/team/python/sign-up: "), "{second}");
    assert!(second.stdout.contains("assay --corpus 'my cases' check sign-up --watch"), "{second}");
    new(&door, "third", &["--corpus", "my cases", "--suite", "other"]).with_code(0);
    let which = new(&door, "fourth", &["--corpus", "my cases"]).with_code(3);
    assert!(which.stderr.contains("several folders of cases; name one with --suite"), "{which}");
}

#[test]
fn a_title_and_a_severity_are_taken() {
    let door = empty_door();
    let title = "Find \"the\" file";
    new(&door, "export-path", &["--title", title, "--severity", "critical", "--cwe", "59"])
        .with_code(0);
    let case = door.run(&["cases", "--format", "json"]).with_code(0).json("assay.cases/1");
    let case = &case["cases"][0];
    assert_eq!(case["title"], title);
    assert_eq!(case["severity"], "critical");
    assert_eq!(case["cwe"], serde_json::json!(["CWE-22", "CWE-59"]));
    assert_eq!(case["locales"], serde_json::json!(["en-US"]));
}

#[test]
fn nothing_is_overwritten() {
    let door = empty_door();
    new(&door, "export-path", &[]).with_code(0);
    let brief = door.path("corpus/private/python/export-path/brief.en-US.md");
    fs::write(&brief, "mine").expect("it is written");
    for suite in ["private", "other"] {
        let again = new(&door, "export-path", &["--suite", suite]).with_code(3);
        assert!(again.stderr.contains("export-path is there already"), "{again}");
    }
    assert_eq!(fs::read_to_string(brief).expect("it is there"), "mine");
}

#[test]
fn what_is_wrong_is_told_with_a_remedy_and_nothing_is_written() {
    let door = empty_door();
    let check = |arguments: &[&str], code: i32, expect: &str| {
        let ended = door.run(&[&["cases", "new"], arguments].concat()).with_code(code);
        assert!(ended.stderr.contains(expect), "{arguments:?} {ended}");
        assert!(!door.path("corpus").exists(), "{arguments:?} wrote something");
    };
    let id = |id: &str, expect: &str| {
        check(&[id, "--language", "c", "--cwe", "787"], 3, expect);
    };
    id("Export Path!", "(did you mean \"export-path\"?)");
    id("../x", "(did you mean \"x\"?)");
    id("_x", "beginning with a letter or digit");
    id("", "is not of letters");
    let cwe = |cwe: &str, expect: &str| {
        check(&["x-y", "--language", "c", "--cwe", cwe], 3, expect);
    };
    cwe("7877", "there is no CWE-7877 in CWE 4.15; did you mean");
    cwe("399", "CWE-399 (Resource Management Errors) is a category of weaknesses");
    cwe("247", "is deprecated; name one, such as CWE-350");
    cwe("path traversal", "is no number; did you mean CWE-22 (");
    cwe("Out-of-bounds Write", "is no number; did you mean CWE-787 (");
    cwe("gibberish", "is no weakness; write its number, as in --cwe 787");
    check(&["x-y", "--language", "pyton", "--cwe", "22"], 2, "(did you mean \"python\"?)");
    check(&["x-y", "--language", "javascript", "--cwe", "22"], 2, "(did you mean \"nodejs\"?)");
    check(&["x-y", "--language", "c"], 2, "--cwe <N>");
    check(
        &["x-y", "--language", "c", "--cwe", "787", "--corpus", "sec-code-bench:x"],
        3,
        "name one with --corpus",
    );
}
