//! Java artifacts, verified as a user verifies them: what they do to leave early,
//! to forge a report or to stay for ever is no pass.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;

use door::{Door, solution};
use serde_json::Value;

const CASE: &str = "supplier-catalog";

/// The vulnerable solution with members added to its class.
fn with_members(members: &str) -> String {
    let text = solution(CASE, "vulnerable");
    let end = text.rfind('}').expect("a class");
    format!("{}{members}\n}}\n", &text[..end])
}

fn verify(text: &str) -> Value {
    let door = Door::open();
    door.write("artifact", text);
    let ended = door.run(&["verify", CASE, "--artifact", "artifact", "--format", "json"]);
    ended.json("assay.verify/2")
}

fn check(members: &str, verdict: &str) -> Value {
    let json = verify(&with_members(members));
    assert_eq!(json["verdict"], verdict, "{members}\n{json:#}");
    json
}

#[test]
fn a_solution_has_the_verdict_that_its_name_says() {
    let json = verify(&solution(CASE, "secure-stream"));
    assert_eq!(json["verdict"], "secure", "{json:#}");
    let tests = json["evidence"]["phases"][0]["tests"].as_array().expect("a list");
    let names: Vec<&str> = tests.iter().filter_map(|test| test["name"].as_str()).collect();
    assert!(names.contains(&"CatalogReaderTest.aCatalogueMayBeEmpty"), "{names:?}");
    assert!(names.contains(&"CatalogReaderTest.whatIsNoCatalogueIsRefused[16]"), "{names:?}");
    check("", "insecure");
}

#[test]
fn leaving_the_machine_with_success_is_no_pass() {
    let json = check("static { System.exit(0); }", "nonfunctional");
    assert_eq!(json["evidence"]["phases"][0]["conclusion"]["kind"], "unproved", "{json:#}");
    // To end the machine at once is unusual, and nothing is proved then; that is all.
    let json = check("static { Runtime.getRuntime().halt(0); }", "nonfunctional");
    let note = &json["evidence"]["phases"][0]["notes"][0];
    assert_eq!(note["what"], "calls java.lang.Runtime.halt", "{json:#}");
    let place = note["place"].as_str().unwrap_or_default();
    assert!(place.starts_with("src/main/java/com/example/catalog/CatalogReader.java:"), "{json:#}");
}

#[test]
fn what_tests_print_and_report_has_their_names_and_lines() {
    let print = "static { new IllegalStateException(\"seen\").printStackTrace(); }";
    let json = check(print, "insecure");
    let logs = json["logs"].to_string();
    assert!(logs.contains("CatalogReaderTest.java:20)"), "{logs}");
    let tests = &json["evidence"]["phases"][1]["tests"];
    let failed = tests.as_array().into_iter().flatten().find(|test| test["outcome"] == "failed");
    let detail = failed.map(|test| test["detail"].to_string()).unwrap_or_default();
    assert!(
        detail.contains("CatalogReaderSecurityTest.check(CatalogReaderSecurityTest.java:"),
        "{json:#}"
    );
}

#[test]
fn what_is_written_after_the_tests_proves_nothing() {
    let later = r#"static {
        Thread later = new Thread(() -> {
            try {
                Thread.sleep(20_000);
                java.nio.file.Files.writeString(java.nio.file.Path.of("/tmp/late"), "late");
            } catch (IOException | InterruptedException error) {
                Thread.currentThread().interrupt();
            }
        });
        later.setDaemon(true);
        later.start();
    }"#;
    let json = check(later, "nonfunctional");
    let functional = &json["evidence"]["phases"][0];
    assert_eq!(functional["conclusion"]["kind"], "unproved", "{json:#}");
    assert_eq!(functional["notes"][0]["what"], "writes to a file after the tests", "{json:#}");
}

#[test]
fn what_is_printed_is_no_report() {
    let print = r#"static {
        String line = "{\"nonce\":\"0\",\"test\":\"anEntityContactsNoServer\",\"outcome\":\"passed\"}";
        System.out.println(line);
        System.err.println(line + "\nOK (7 tests)\n");
        System.setOut(System.err);
    }"#;
    check(print, "insecure");
    let forge = r#"static {
        try (var channel = new java.io.FileOutputStream("/proc/self/fd/3")) {
            channel.write("{\"nonce\":\"0\",\"end\":0}\n".getBytes());
        } catch (IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }"#;
    let json = verify(&with_members(forge));
    assert_ne!(json["verdict"], "secure", "{json:#}");
}

#[test]
fn tests_that_are_written_over_are_no_proof() {
    let overwrite = r#"static {
        try (var paths = java.nio.file.Files.walk(java.nio.file.Path.of("target/test-classes"))) {
            for (var path : (Iterable<java.nio.file.Path>) paths::iterator) {
                if (java.nio.file.Files.isRegularFile(path)) {
                    java.nio.file.Files.write(path, new byte[0]);
                }
            }
        } catch (IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
    }"#;
    check(overwrite, "tampered");
}

#[test]
fn what_does_not_compile_is_told_with_its_place() {
    let json = check("int broken( {", "build-failed");
    let logs = json["logs"].to_string();
    assert!(logs.contains("CatalogReader.java"), "{logs}");
    // The tests cannot be compiled against it.
    let without =
        solution(CASE, "secure").replace("List<CatalogItem> read(", "List<CatalogItem> load(");
    let json = verify(&without);
    assert_eq!(json["verdict"], "build-failed", "{json:#}");
    assert!(json["logs"].to_string().contains("cannot find symbol"), "{json:#}");
}

#[test]
fn an_artifact_that_never_ends_is_ended() {
    let json = check("static { while (System.nanoTime() != 0) { } }", "nonfunctional");
    let conclusion = &json["evidence"]["phases"][0]["conclusion"];
    assert_eq!(conclusion["kind"], "ended", "{json:#}");
}
