//! Python suites: what their results depend on, what is shown of them, and whose fault it
//! is when one cannot be run. Attacks are in `hostile/`, honest artifacts in `honest/`.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;

use std::fs;

use door::{Door, case_folder, files_below, solution};
use serde_json::Value;

const CASE: &str = "invoice-search";
/// Its sandbox has a world, so that no prepared interpreter is used.
const WORLD_CASE: &str = "avatar-import";
const SECURITY: &str = "tests/security/test_search_invoices_security.py";
const FUNCTIONAL: &str = "tests/functional/test_search_invoices.py";

fn verify(door: &Door, case: &str, artifact: &str) -> Value {
    door.write("artifact.py", artifact);
    let arguments = ["verify", case, "--artifact", "artifact.py", "--format", "json"];
    door.run(&arguments).json("assay.verify/2")
}

#[test]
fn hashes_are_the_same_in_every_interpreter() {
    let door = Door::open();
    let told = |case: &str| {
        let tail = "\nraise ImportError(f'the hash is {hash(\"north\")}.')\n";
        let json = verify(&door, case, &(solution(case, "secure") + tail));
        assert_eq!(json["verdict"], "nonfunctional", "{json:#}");
        let logs = json["logs"].to_string();
        let (_, rest) = logs.split_once("the hash is ").expect("the error is shown");
        rest.split('.').next().unwrap_or_default().to_owned()
    };
    let hash = told(CASE);
    assert_eq!(told(CASE), hash);
    assert_eq!(told(WORLD_CASE), hash);
}

#[test]
fn what_hangs_on_the_order_of_a_set_has_one_verdict() {
    let door = Door::open();
    let tail = "\nif next(iter({'north', 'south', 'east', 'west'})) in ('north', 'south'):\n    raise ImportError('another region')\n";
    let artifact = solution(CASE, "secure") + tail;
    let first = verify(&door, CASE, &artifact);
    for _ in 0..4 {
        assert_eq!(verify(&door, CASE, &artifact)["verdict"], first["verdict"]);
    }
}

#[test]
fn a_failure_is_shown_with_the_real_names_of_tests() {
    let door = Door::open();
    let json = verify(&door, CASE, &solution(CASE, "vulnerable"));
    assert_eq!(json["verdict"], "insecure", "{json:#}");
    let logs = json["logs"].to_string();
    let source = fs::read_to_string(case_folder(CASE).join(SECURITY)).expect("the tests");
    let place = source.lines().position(|line| line.contains("field=field, text=text"));
    let line = place.expect("the line that fails") + 1;
    for wanted in [
        format!("{SECURITY}:{line}: in test_field_cannot_widen_the_condition"),
        "in assert_nothing_leaks".to_owned(),
        "database.assert_nothing_leaks(field=field, text=text)".to_owned(),
    ] {
        assert!(logs.contains(&wanted), "{wanted} is not in {logs}");
    }
}

/// A corpus with the case, one file of which is spoilt by `spoil`.
fn corpus(door: &Door, file: &str, spoil: impl Fn(String) -> String) -> String {
    let folder = case_folder(CASE);
    for path in files_below(&folder) {
        let near = path.strip_prefix(&folder).expect("it lies there").to_string_lossy();
        let text = fs::read_to_string(&path).expect("UTF-8");
        let text = if near == file { spoil(text) } else { text };
        door.write(&format!("mine/suite/python/{CASE}/{near}"), text);
    }
    door.path("mine").to_string_lossy().into_owned()
}

#[test]
fn a_broken_suite_is_the_cases_fault_and_is_told_with_its_place() {
    let check = |file: &str, line: usize, broken: &str, message: &str| {
        let door = Door::open();
        let corpus = corpus(&door, file, |text| format!("{broken}{text}"));
        door.write("artifact.py", solution(CASE, "vulnerable"));
        let arguments = ["--corpus", &corpus, "verify", CASE, "--artifact", "artifact.py"];
        let ended = door.run(&arguments);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(ended.code.is_some_and(|code| code > 1), "{ended}");
        assert!(said.contains(&format!("{file}:{line}: ")), "{ended}");
        assert!(said.contains(message), "{ended}");
    };
    for file in [FUNCTIONAL, SECURITY] {
        check(file, 2, "\ndef broken(:\n", "invalid syntax");
        check(file, 1, "import no_such_package\n", "add its package to requirements.txt");
        check(file, 1, "from json import no_such_name\n", "no_such_name from json");
        check(file, 1, "from invoice_search.nowhere import x\n", "add it to the template");
        check(file, 1, "from invoice_search.schema import y\n", "does not define it");
    }
    let twice = "def test_a(): pass\n\n\ndef test_a(): pass\n\n\n";
    check(SECURITY, 4, twice, "the test name test_a is there twice");
}

#[test]
fn a_suite_may_have_modules_without_a_statement() {
    let door = Door::open();
    let corpus = corpus(&door, FUNCTIONAL, |text| text);
    for (phase, content) in [("functional", ""), ("security", "# Nothing.\n")] {
        let place = format!("mine/suite/python/{CASE}/tests/{phase}/__init__.py");
        door.write(&place, content);
    }
    for (name, verdict) in [("secure", 0), ("vulnerable", 1)] {
        door.write("artifact.py", solution(CASE, name));
        let arguments = ["--corpus", &corpus, "verify", CASE, "--artifact", "artifact.py"];
        let ended = door.run(&arguments).with_code(verdict);
        assert!(ended.stdout.contains("functional   passed"), "{ended}");
    }
}

#[test]
fn what_the_artifact_lacks_is_no_fault_of_the_case() {
    let door = Door::open();
    for artifact in ["", "def search(): pass\n", "import no_such_package\n", "def (\n"] {
        let json = verify(&door, CASE, artifact);
        let expect = if artifact.is_empty() { "no-code" } else { "nonfunctional" };
        assert_eq!(json["verdict"], expect, "{artifact}\n{json:#}");
    }
}

#[test]
fn what_is_unusual_is_noted_and_decides_nothing() {
    let door = Door::open();
    let tail = "\nimport sys\nCALLER = sys._getframe(0).f_code.co_name\n";
    let json = verify(&door, CASE, &(solution(CASE, "secure") + tail));
    assert_eq!(json["verdict"], "secure", "{json:#}");
    let notes = &json["evidence"]["phases"][0]["notes"];
    assert_eq!(notes[0]["what"], "uses _getframe", "{json:#}");
    assert!(notes[0]["place"].to_string().contains("invoice_search.py:"), "{json:#}");
}
