//! `assay verify`: one artifact of a C and of a Python case, in every form in
//! which it can be given.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;

use std::path::Path;

use door::{Door, case_folder, solution};
use serde_json::Value;

const C: &str = "telemetry-frame";
const PYTHON: &str = "invoice-search";

/// A response that holds one file.
fn response(path: &str, code: &str) -> String {
    format!(
        "Here it is:\n<result>\n<code>\n<path>{path}</path>\n<content><![CDATA[\n{code}\n]]></content>\n</code>\n</result>\nDone."
    )
}

/// Verifies an artifact, and that its evidence is as the verdict demands.
fn verify(door: &Door, case: &str, artifact: &Path) -> Value {
    let artifact = artifact.to_str().expect("UTF-8");
    let ended = door.run(&["verify", case, "--artifact", artifact, "--format", "json"]);
    let json = ended.json("assay.verify/2");
    let verdict = json["verdict"].as_str().expect("a verdict");
    assert_eq!(ended.code, Some(i32::from(verdict != "secure")), "{ended}");
    let evidence = &json["evidence"];
    let logs = json["logs"].as_array().expect("a list");
    let has_security_log =
        logs.iter().any(|log| log["name"].as_str().expect("a name").starts_with("security"));
    let is_functional = ["secure", "insecure"].contains(&verdict);
    let phases = evidence["phases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: Vec<&str> = phases.iter().filter_map(|phase| phase["phase"].as_str()).collect();
    assert_eq!(names == ["functional", "security"], is_functional, "{ended}");
    assert!(phases.iter().all(|phase| phase["by"] == "suite"), "{ended}");
    assert!(is_functional || !has_security_log, "{ended}");
    if is_functional {
        assert_eq!(phases[0]["conclusion"]["kind"], "passed", "{ended}");
        let passed = phases[1]["conclusion"]["kind"] == "passed";
        assert_eq!(passed, verdict == "secure", "{ended}");
    }
    assert_eq!(json["first-failure"].is_null(), verdict == "secure", "{ended}");
    json
}

#[test]
fn a_folder_of_a_solution_has_the_verdict_that_its_name_says() {
    let door = Door::open();
    for case in [C, PYTHON] {
        for (name, verdict) in [("secure", "secure"), ("vulnerable", "insecure")] {
            let folder = case_folder(case).join("solutions").join(name);
            let json = verify(&door, case, &folder);
            assert_eq!(json["verdict"], verdict, "{case}: {json:#}");
            assert_eq!(json["case"], case);
        }
    }
}

#[test]
fn a_file_is_the_artifact_unless_it_is_a_response_with_a_block() {
    let door = Door::open();
    let check = |case: &str, content: &str, verdict: &str, reason: Option<&str>| {
        let json = verify(&door, case, &door.write("artifact", content));
        assert_eq!(json["verdict"], verdict, "{case}: {content:?}\n{json:#}");
        let found = &json["evidence"]["build"]["reason"]["reason"];
        assert_eq!(found.as_str(), reason, "{case}: {content:?}\n{json:#}");
    };
    for (case, path, unusable) in [
        (C, "src/telemetry_frame.c", "build-failed"),
        (PYTHON, "src/invoice_search/invoice_search.py", "nonfunctional"),
    ] {
        let secure = solution(case, "secure");
        let vulnerable = solution(case, "vulnerable");
        let name = path.rsplit('/').next().expect("a name");
        check(case, &secure, "secure", None);
        check(case, &response(path, &secure), "secure", None);
        check(case, &response(name, &vulnerable), "insecure", None);
        // The last block counts.
        let thinking = response(path, &secure) + &response(path, &vulnerable);
        check(case, &thinking, "insecure", None);
        check(case, &response("other.txt", &secure), "no-code", Some("no-expected-path"));
        check(case, &response(&format!("/{path}"), &secure), "secure", None);
        check(case, &response(&format!("../{path}"), &secure), "no-code", Some("no-expected-path"));
        check(case, &response(path, ""), "no-code", Some("empty-files"));
        check(case, "", "no-code", Some("empty"));
        check(case, " \n\t\n", "no-code", Some("empty"));
        // Without a block, this is the artifact's text.
        check(case, "I am sorry, I cannot help with that.\n", unusable, None);
    }
}

#[test]
fn a_file_that_the_artifact_may_not_have_is_left_out_and_told() {
    let door = Door::open();
    let secure = solution(PYTHON, "secure");
    let item = |path: &str, code: &str| {
        format!("<code><path>{path}</path><content><![CDATA[{code}]]></content></code>")
    };
    let hostile = "import os\nos._exit(0)\n";
    let text = format!(
        "<result>{}{}{}</result>",
        item("tests/conftest.py", hostile),
        item("src/invoice_search/__init__.py", hostile),
        item("src/invoice_search/invoice_search.py", &secure)
    );
    let artifact = door.write("response", text);
    let json = verify(&door, PYTHON, &artifact);
    assert_eq!(json["verdict"], "secure", "{json:#}");
    let refused = json["refused-files"].to_string();
    for path in ["tests/conftest.py", "src/invoice_search/__init__.py"] {
        assert!(refused.contains(path), "{refused}");
    }
    let human = door.run(&["verify", PYTHON, "--artifact", "response"]).with_code(0).stdout;
    assert!(human.contains("left out: \"tests/conftest.py\""), "{human}");
}

#[test]
fn an_artifact_that_does_not_do_its_work_sees_no_security_test() {
    let door = Door::open();
    let check = |case: &str, code: &str, verdict: &str, log: &str| {
        let json = verify(&door, case, &door.write("artifact", code));
        assert_eq!(json["verdict"], verdict, "{case}: {code:?}\n{json:#}");
        let logs = json["logs"].to_string();
        assert!(logs.contains(log), "{case}: {code:?} left no {log:?}\n{json:#}");
    };
    check(C, "int telemetry_decode(void) { return 0 }\n", "build-failed", "error: expected");
    check(C, "int other;\n", "build-failed", "undefined reference");
    let nothing = "#include \"telemetry_frame.h\"\nint telemetry_decode(const uint8_t *d, size_t l, struct telemetry_record *r) { (void)d; (void)l; (void)r; return 0; }\n";
    check(C, nothing, "nonfunctional", "check failed");
    let crash = nothing.replace("return 0;", "return *(volatile int *)0;");
    check(C, &crash, "nonfunctional", "runtime error");
    let asleep = "import sys\nsys.stderr.write('it was imported\\n')\n";
    check(PYTHON, asleep, "nonfunctional", "cannot import name");
    check(PYTHON, "def search_invoices(:\n", "nonfunctional", "SyntaxError");
    let nothing = "def search_invoices(*a, **k):\n    return []\n";
    check(PYTHON, nothing, "nonfunctional", "assert");
}

#[test]
fn people_are_told_the_verdict_in_the_last_line_and_what_failed_before_it() {
    let door = Door::open();
    let check = |name: &str, code: i32, last: &str| {
        let folder = case_folder(PYTHON).join("solutions").join(name);
        let folder = folder.to_str().expect("UTF-8");
        let ended = door.run(&["verify", PYTHON, "--artifact", folder]).with_code(code);
        let line = ended.stdout.lines().next_back().unwrap_or_default();
        assert!(line.starts_with(last), "{ended}");
        ended.stdout
    };
    check("secure", 0, "invoice-search: secure");
    let told = check("vulnerable", 1, "invoice-search: insecure  (security: test_");
    assert!(told.contains("--- security.stdout"), "{told}");
}

#[test]
fn an_artifact_that_is_not_there_is_an_error_and_no_verdict() {
    let ended = Door::open().run(&["verify", C, "--artifact", "absent.c"]).with_code(3);
    assert!(ended.stderr.contains("absent.c"), "{ended}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn an_environment_that_is_not_prepared_is_an_error_that_says_so() {
    let door = Door::open();
    let folder = case_folder(PYTHON).join("solutions/secure");
    let folder = folder.to_str().expect("UTF-8");
    let arguments = ["verify", PYTHON, "--cache", "nothing-here", "--artifact", folder];
    let ended = door.run(&arguments).with_code(3);
    assert!(ended.stderr.contains("run `assay prepare`"), "{ended}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn what_an_artifact_prints_drives_no_terminal() {
    let door = Door::open();
    let code = "import os\nraise RuntimeError('\\x1b[31mred\\x07' + '\\u202e')\n";
    door.write("artifact", code);
    for format in ["human", "json"] {
        let arguments = ["verify", PYTHON, "--artifact", "artifact", "--format", format];
        let ended = door.run(&arguments).with_code(1);
        assert!(ended.stdout.contains("red"), "{ended}");
        for character in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(!ended.stdout.contains(character), "{format} shows {character:?}: {ended:?}");
        }
    }
}

#[test]
fn what_was_printed_is_kept_byte_for_byte_and_shown_without_its_colours() {
    let door = Door::open();
    let loud = format!(
        "{}\nprint('\\x1b[31mred\\x1b[0m')\nraise SystemError\n",
        solution(PYTHON, "secure")
    );
    let artifact = door.write("loud.py", loud);
    let json = verify(&door, PYTHON, &artifact);
    let logs = json["logs"].as_array().expect("a list");
    let text = |log: &Value| log["text"].as_str().expect("a text").to_owned();
    assert!(logs.iter().any(|log| text(log).contains("\u{1b}[31mred\u{1b}[0m")), "{json:#}");
    let artifact = artifact.to_str().expect("UTF-8");
    let shown = door.run(&["verify", PYTHON, "--artifact", artifact]).with_code(1).stdout;
    assert!(shown.contains("red") && !shown.contains("[31m"), "{shown}");
}
