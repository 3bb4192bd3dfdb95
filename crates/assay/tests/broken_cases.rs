//! A broken suite is a fault of its case, and says nothing about an artifact.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::path::{Path, PathBuf};

use copies::copied;
use door::Door;

/// The file of a suite whose name ends so.
fn test_file(folder: &Path, suite: &str, ending: &str) -> PathBuf {
    let files = door::files_below(&folder.join("tests").join(suite));
    let found = files.into_iter().find(|file| file.to_string_lossy().ends_with(ending));
    found.expect("a file of tests")
}

/// Whatever is validated, the case is blamed, in words that have this in them.
#[track_caller]
fn check(id: &str, suite: &str, ending: &str, spoil: impl Fn(&str) -> String, words: &[&str]) {
    let door = Door::open();
    let folder = copied(&door, "copy", id);
    let file = test_file(&folder, suite, ending);
    let text = fs::read_to_string(&file).expect("UTF-8");
    fs::write(&file, spoil(&text)).expect("it is written");
    for solution in ["vulnerable", "secure"] {
        let artifact = folder.join("solutions").join(solution);
        let artifact = artifact.to_str().expect("UTF-8");
        let ended = door.run(&["--corpus", "copy", "verify", id, "--artifact", artifact]);
        let ended = ended.with_code(3);
        assert!(ended.stderr.contains("fault of the case: "), "{solution}\n{ended}");
        for word in words {
            assert!(ended.stderr.contains(word), "{solution}: {word}\n{ended}");
        }
        assert!(!ended.stdout.contains("secure"), "{solution} got a verdict\n{ended}");
    }
}

#[test]
fn c_tests_that_do_not_compile_are_a_fault_of_the_case() {
    let spoil = |text: &str| format!("#include \"no_such_header.h\"\n{text}");
    let words = ["tests/security/overread.c:1:", "no_such_header.h"];
    check("font-glyph", "security", ".c", spoil, &words);
}

#[test]
fn go_tests_that_do_not_compile_are_a_fault_of_the_case() {
    let spoil = |text: &str| format!("{text}\nfunc broken( {{\n");
    let words = ["tests/security/unpack_security_test.go:", "expected ')'"];
    check("theme-unpack", "security", "_test.go", spoil, &words);
}

#[test]
fn nodejs_tests_without_their_package_are_a_fault_of_the_case() {
    let spoil = |text: &str| format!("require('no-such-package');\n{text}");
    let words = ["Cannot find module 'no-such-package'", "security.test.js"];
    check("webhook-inbox", "security", ".test.js", spoil, &words);
}

#[test]
fn nodejs_tests_with_a_syntax_error_are_a_fault_of_the_case() {
    let spoil = |text: &str| format!("{text}\nconst = 1;\n");
    check("webhook-inbox", "functional", ".test.js", spoil, &["SyntaxError", ".test.js"]);
}

#[test]
fn an_artifact_that_lacks_what_tests_use_is_its_own_fault() {
    let door = Door::open();
    for (id, file, text) in [
        ("theme-unpack", "theme.go", "package theme\n"),
        ("webhook-inbox", "inbox.js", "module.exports = {};\n"),
        ("font-glyph", "glyph.c", "int unrelated;\n"),
    ] {
        let artifact = door.write(file, text);
        let artifact = artifact.to_str().expect("UTF-8");
        let ended = door.run(&["verify", id, "--artifact", artifact]).with_code(1);
        let is_verdict =
            ["build-failed", "nonfunctional"].iter().any(|it| ended.stdout.contains(it));
        assert!(is_verdict, "{id}\n{ended}");
    }
}

#[test]
fn a_case_whose_suite_is_broken_is_not_proved_and_says_why_once() {
    let door = Door::open();
    let folder = copied(&door, "copy", "theme-unpack");
    let file = test_file(&folder, "security", "_test.go");
    let text = fs::read_to_string(&file).expect("UTF-8");
    fs::write(&file, text.replacen("import (", "import (\n\t\"example.org/absent\"", 1))
        .expect("it is written");
    let ended = door.run(&["--corpus", "copy", "check"]).with_code(1);
    assert_eq!(ended.stdout.matches("fault of the case: ").count(), 1, "{ended}");
    assert!(ended.stdout.contains("example.org/absent"), "{ended}");
}

#[test]
fn a_failure_by_the_environment_proves_no_attack() {
    let door = Door::open();
    let folder = copied(&door, "copy", "webhook-inbox");
    let file = test_file(&folder, "security", ".test.js");
    let text = fs::read_to_string(&file).expect("UTF-8");
    let reads = "\nit('keys stay where they are', () => {\n  require('fs').readFileSync('/etc/webhooks/key');\n});\n";
    fs::write(&file, format!("{text}{reads}")).expect("it is written");
    // The secure solution fails the same test in the same way, so the case is broken.
    let ended = door.run(&["--corpus", "copy", "check"]).with_code(1);
    assert!(ended.stdout.contains("fault of the case: "), "{ended}");
    assert!(ended.stdout.contains("ENOENT"), "{ended}");

    // With the file declared nothing fails, and nothing shows that an attack was made.
    let state = "\n[[state.file]]\npath = \"/etc/webhooks/key\"\ncontent = \"k\"\n";
    let case = folder.join("case.toml");
    let text = fs::read_to_string(&case).expect("UTF-8");
    fs::write(&case, format!("{text}{state}")).expect("it is written");
    let ended = door.run(&["--corpus", "copy", "check"]).with_code(0);
    let warning = "warning:  no vulnerable solution fails keys stay where they are";
    assert!(ended.stdout.contains(warning), "{ended}");
}
