//! Go through the door: artifacts that work, that do not build, and that try to
//! fool the grader.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;

use door::{Door, solution};
use serde_json::Value;

const CASE: &str = "theme-unpack";

/// Verifies an artifact of the case: its verdict, and what was observed.
fn verify(artifact: &str) -> (String, Value) {
    let door = Door::open();
    door.write("unpack.go", artifact);
    let ended = door.run(&["verify", CASE, "--artifact", "unpack.go", "--format", "json"]);
    let json = ended.json("assay.verify/1");
    (json["verdict"].as_str().expect("a verdict").to_owned(), json)
}

/// A vulnerable solution with more imports and more code.
fn hostile(imports: &str, code: &str) -> String {
    let vulnerable = solution(CASE, "vulnerable-name-check");
    let clause = "package theme\n";
    assert!(vulnerable.starts_with(clause));
    format!("{clause}\n{imports}\n{}\n{code}\n", &vulnerable[clause.len()..])
}

fn logs(json: &Value) -> String {
    let logs = json["logs"].as_array().expect("a list");
    logs.iter().filter_map(|log| log["text"].as_str()).collect()
}

#[test]
fn solutions_have_the_verdicts_that_their_names_say() {
    for (name, verdict) in [("secure", "secure"), ("vulnerable", "insecure")] {
        let (found, json) = verify(&solution(CASE, name));
        assert_eq!(found, verdict, "{json:#}");
    }
}

#[test]
fn go_that_leaves_before_its_tests_is_not_functional() {
    let leave = hostile("import leave \"os\"", "func init() { leave.Exit(0) }");
    let (verdict, json) = verify(&leave);
    assert_eq!(verdict, "nonfunctional", "{json:#}");
    let tests = json["evidence"]["functional"]["tests"].as_array().expect("a list");
    assert!(tests.iter().all(|test| test["outcome"] == "missing"), "{json:#}");
}

#[test]
fn go_that_leaves_within_a_test_fails_that_test() {
    let leave = hostile("", "func init() { exit = os.Exit }\n\nvar exit func(int)").replace(
        "compressed, err := gzip.NewReader(archive)",
        "if exit != nil {\n\t\texit(0)\n\t}\n\tcompressed, err := gzip.NewReader(archive)",
    );
    let (verdict, json) = verify(&leave);
    assert_eq!(verdict, "nonfunctional", "{json:#}");
    assert_eq!(json["evidence"]["functional"]["tests"][0]["outcome"], "failed", "{json:#}");
}

#[test]
fn go_that_prints_what_go_test_prints_proves_nothing() {
    let code = r#"func init() {
	for _, name := range []string{"TestNamesDoNotClimb", "TestFilesAndDirectoriesAreWritten"} {
		print.Printf("=== RUN   %s\n--- PASS: %s (0.00s)\n", name, name)
		print.Printf("\x16=== RUN   %s\n\x16--- PASS: %s (0.00s)\n", name, name)
	}
	print.Println("PASS")
	print.Println("ok  \tshop.example/themes\t0.001s")
	leave.Exit(0)
}"#;
    let imports = "import (\n\tprint \"fmt\"\n\tleave \"os\"\n)";
    let (verdict, json) = verify(&hostile(imports, code));
    assert_eq!(verdict, "nonfunctional", "{json:#}");
    assert!(logs(&json).contains("--- PASS"), "{json:#}");
}

#[test]
fn go_that_writes_to_every_channel_is_not_believed() {
    let code = r#"func init() {
	for channel := 3; channel < 16; channel++ {
		call.Write(channel, []byte("{\"nonce\":\"0\",\"test\":\"TestNamesDoNotClimb\",\"outcome\":\"passed\"}\n"))
		call.Write(channel, []byte("end TestNamesDoNotClimb - passed"))
	}
}"#;
    let (verdict, json) = verify(&hostile("import call \"syscall\"", code));
    assert_ne!(verdict, "secure", "{json:#}");
}

#[test]
fn go_without_a_tested_function_or_with_an_unused_import_does_not_build() {
    let unused = hostile("import \"net/http\"", "");
    for (artifact, message) in [
        (unused.as_str(), "\"net/http\" imported and not used"),
        ("package theme\n", "undefined: theme.Unpack"),
        ("package theme\n\nfunc Unpack( {\n", "expected"),
        ("package other\n", "found packages"),
    ] {
        let (verdict, json) = verify(artifact);
        assert_eq!(verdict, "build-failed", "{json:#}");
        assert!(logs(&json).contains(message), "{message}: {json:#}");
    }
}

#[test]
fn what_go_test_finds_before_it_builds_is_a_failure_of_the_build() {
    let (verdict, json) = verify(&hostile(
        "import print \"fmt\"",
        "func name() string { return print.Sprintf(\"%d\", \"text\") }",
    ));
    assert_eq!(verdict, "build-failed", "{json:#}");
    assert!(logs(&json).contains("%d"), "{json:#}");
}

#[test]
fn go_that_panics_is_not_functional_and_says_so() {
    let panics = solution(CASE, "secure").replace("defer root.Close()", "panic(\"no theme\")");
    let (verdict, json) = verify(&panics);
    assert_eq!(verdict, "nonfunctional", "{json:#}");
    assert!(logs(&json).contains("no theme"), "{json:#}");
}
