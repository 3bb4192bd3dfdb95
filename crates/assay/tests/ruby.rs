//! Ruby suites: what artifacts come to that do not get through them, what is shown of a
//! failure, and whose fault it is when one cannot be run. Attacks are in `hostile/`, honest
//! artifacts in `honest/`.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;

use std::fs;

use door::{Door, case_folder, files_below, solution};
use serde_json::Value;

const CASE: &str = "wizard-draft";
const SECURITY: &str = "tests/security/draft_store_security_test.rb";
const FUNCTIONAL: &str = "tests/functional/draft_store_test.rb";

fn verify(door: &Door, artifact: &str) -> Value {
    door.write("artifact.rb", artifact);
    let arguments = ["verify", CASE, "--artifact", "artifact.rb", "--format", "json"];
    door.run(&arguments).json("assay.verify/2")
}

#[test]
fn artifacts_that_do_not_get_through_their_tests_are_nonfunctional() {
    let door = Door::open();
    let secure = solution(CASE, "secure");
    for tail in [
        "def (",
        "require \"a-gem-that-is-not-there\"",
        "exit!(0)",
        "exit(0)",
        "puts \"5 runs, 111 assertions, 0 failures, 0 errors, 0 skips\"\nexit!(0)",
        "loop {}",
        "Thread.current.kill",
    ] {
        let json = verify(&door, &format!("{secure}\n{tail}\n"));
        assert_eq!(json["verdict"], "nonfunctional", "{tail}\n{json:#}");
    }
}

#[test]
fn a_failure_is_shown_with_the_real_names_and_lines_of_tests() {
    let door = Door::open();
    let json = verify(&door, &solution(CASE, "vulnerable"));
    assert_eq!(json["verdict"], "insecure", "{json:#}");
    let source = fs::read_to_string(case_folder(CASE).join(SECURITY)).expect("the tests");
    let body = source.split("def test_a_marshalled_object_is_not_made").nth(1).expect("the test");
    let before = source.len() - body.len();
    let at = before + body.find("assert_equal 0").expect("what fails");
    let line = source[..at].matches('\n').count() + 1;
    let text = json.to_string();
    for wanted in [
        "DraftStoreSecurityTest#test_a_marshalled_object_is_not_made".to_owned(),
        "an object of the token's choice was made".to_owned(),
        format!("{SECURITY}:{line}:in `test_a_marshalled_object_is_not_made'"),
    ] {
        assert!(text.contains(&wanted), "{wanted} is not in {text}");
    }
}

#[test]
fn the_names_of_files_and_tests_are_drawn_for_each_run() {
    let door = Door::open();
    let secure = solution(CASE, "secure");
    let tail = "$stderr.puts(\"main #{$LOADED_FEATURES.grep(/_test/)} #{caller.inspect} .\")\n";
    let json = verify(&door, &(secure + "\n" + tail));
    assert_eq!(json["verdict"], "secure", "{json:#}");
    assert!(json["logs"].to_string().contains("main [] [] ."), "{json:#}");
}

/// What is said of an artifact where one file of the case is spoilt.
fn said_of_spoilt(file: &str, spoil: impl Fn(String) -> String) -> String {
    let door = Door::open();
    let folder = case_folder(CASE);
    for path in files_below(&folder) {
        let near = path.strip_prefix(&folder).expect("it lies there").to_string_lossy();
        let text = fs::read_to_string(&path).expect("UTF-8");
        let text = if near == file { spoil(text) } else { text };
        door.write(&format!("mine/suite/ruby/{CASE}/{near}"), text);
    }
    let corpus = door.path("mine").to_string_lossy().into_owned();
    door.write("artifact.rb", solution(CASE, "vulnerable"));
    let ended = door.run(&["--corpus", &corpus, "verify", CASE, "--artifact", "artifact.rb"]);
    assert!(ended.code.is_some_and(|code| code > 1), "{ended}");
    format!("{}{}", ended.stdout, ended.stderr)
}

#[test]
fn a_broken_suite_is_the_cases_fault_and_is_told_with_its_place() {
    let said = said_of_spoilt(SECURITY, |text| format!("{text}\ndef (\n"));
    assert!(said.contains(SECURITY) && said.contains("syntax error"), "{said}");
    let said = said_of_spoilt(FUNCTIONAL, |text| format!("require \"no_such_library\"\n{text}"));
    assert!(said.contains("no_such_library"), "{said}");
    let twice =
        "class DraftStoreTest < Minitest::Test\n  def test_a_token_is_url_safe\n  end\nend\n";
    let said = said_of_spoilt(FUNCTIONAL, |text| format!("{text}\n{twice}"));
    assert!(said.contains("is there twice"), "{said}");
}
