//! Tells failures of a test that its attack brought about from those that the
//! environment did, as far as the words of the failure say.

use super::{TestOutcome, TestResult};
use crate::case::Language;

/// Errors that say that something is missing, by the type that Python names.
const PYTHON: [&str; 16] = [
    "ConnectionError",
    "ConnectionRefusedError",
    "FileNotFoundError",
    "ImportError",
    "IndentationError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OSError",
    "PermissionError",
    "SyntaxError",
    "UnboundLocalError",
    "gaierror",
    "socket.gaierror",
    "fixture ",
];

/// Errors that say that something is missing, by the class that Ruby names.
const RUBY: [&str; 13] = [
    "Errno::EACCES",
    "Errno::EADDRINUSE",
    "Errno::ECONNREFUSED",
    "Errno::ENOENT",
    "Errno::ENOTDIR",
    "Errno::EPERM",
    "LoadError",
    "NameError",
    "NoMethodError",
    "NotImplementedError",
    "ScriptError",
    "SocketError",
    "SyntaxError",
];

const JAVA: [&str; 18] = [
    "java.io.FileNotFoundException",
    "java.io.IOException: Cannot run program",
    "java.lang.ClassNotFoundException",
    "java.lang.ExceptionInInitializerError",
    "java.lang.IncompatibleClassChangeError",
    "java.lang.NoClassDefFoundError",
    "java.lang.NoSuchFieldError",
    "java.lang.NoSuchMethodError",
    "java.lang.UnsatisfiedLinkError",
    "java.lang.UnsupportedOperationException",
    "java.net.BindException",
    "java.net.ConnectException",
    "java.net.NoRouteToHostException",
    "java.net.UnknownHostException",
    "java.nio.charset.UnsupportedCharsetException",
    "java.nio.file.AccessDeniedException",
    "java.nio.file.FileSystemException",
    "java.nio.file.NoSuchFileException",
];

const NODEJS: [&str; 10] = [
    "Cannot find module",
    "EACCES",
    "EADDRINUSE",
    "ECONNREFUSED",
    "ENOENT",
    "ENOTFOUND",
    "ERR_MODULE_NOT_FOUND",
    "ReferenceError",
    "SyntaxError",
    "is not a function",
];

/// What an operating system says, in any language.
const SYSTEM: [&str; 7] = [
    "command not found",
    "connection refused",
    "executable file not found",
    "network is unreachable",
    "no such file or directory",
    "no such host",
    "permission denied",
];

/// How a failure begins that a test's own assertion wrote.
const ASSERTIONS: [&str; 9] = [
    "AssertionError",
    "AssertionFailedError",
    "ComparisonFailure",
    "DID NOT RAISE",
    "Failed:",
    "JestAssertionError",
    "MultipleFailuresError",
    "expect(",
    "assert ",
];

/// The sign in a test's result that its environment failed it, and not its attack.
/// `None` where an assertion failed, where a sanitizer or a limit ended it, and where
/// nothing can be told.
pub fn environment_error(language: Language, test: &TestResult) -> Option<String> {
    match test.outcome {
        TestOutcome::Errored => return Some(format!("its set-up failed: {}", test.detail)),
        TestOutcome::Failed => {}
        _ => return None,
    }
    let detail = test.detail.trim();
    let start: String = detail.chars().take(120).collect();
    if ASSERTIONS.iter().any(|word| start.contains(word)) {
        return None;
    }
    let begins = |words: &[&'static str]| {
        words.iter().find(|word| detail.starts_with(**word)).map(|word| (*word).to_owned())
    };
    let system = || {
        let lower = detail.to_lowercase();
        SYSTEM.iter().find(|word| lower.contains(**word)).map(|word| (*word).to_owned())
    };
    match language {
        // A supervisor tells how a test ended, and what it printed is in the logs.
        Language::C => None,
        Language::Go => system(),
        Language::Java => begins(&JAVA),
        Language::NodeJs => {
            let found = NODEJS.iter().find(|word| start.contains(**word));
            found.map(|word| (*word).to_owned())
        }
        Language::Python => begins(&PYTHON),
        Language::Ruby => begins(&RUBY),
    }
    .map(|_| detail.to_owned())
}

/// The first line of what a suite printed that says that something was not there.
pub fn lack_in_output(text: &str) -> Option<&str> {
    const LACKS: [&str; 5] = [
        ": not found",
        "command not found",
        "Connection refused",
        "Name or service not known",
        "cannot change locale",
    ];
    text.lines().map(str::trim).find(|line| LACKS.iter().any(|lack| line.contains(lack)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_environment_is_told_from_a_failed_assertion() {
        let sees = |language, detail: &str| {
            let test = TestResult {
                name: "t".to_owned(),
                outcome: TestOutcome::Failed,
                detail: detail.to_owned(),
            };
            environment_error(language, &test).is_some()
        };
        for (language, detail, expect) in [
            (Language::Python, "FileNotFoundError: [Errno 2] No such file: 'x'", true),
            (Language::Python, "ModuleNotFoundError: No module named 'yaml'", true),
            (Language::Python, "AssertionError: FileNotFoundError was not raised", false),
            (Language::Python, "Failed: DID NOT RAISE <class 'FileNotFoundError'>", false),
            (Language::Python, "KeyError: 0", false),
            (Language::Ruby, "Errno::ENOENT: No such file or directory @ rb_sysopen - x", true),
            (Language::Ruby, "Minitest::Assertion: Errno::ENOENT expected but nothing", false),
            (Language::Java, "java.nio.file.NoSuchFileException: /tmp/x", true),
            (Language::Java, "java.lang.AssertionError: java.net.ConnectException", false),
            (Language::NodeJs, "Error: ENOENT: no such file or directory, open 'x'", true),
            (Language::NodeJs, "AssertionError [ERR_ASSERTION]: ENOENT was expected", false),
            (Language::NodeJs, "expect(received).toBe(expected)", false),
            (Language::Go, "x_test.go:12: exec: \"tar\": executable file not found in $PATH", true),
            (Language::Go, "x_test.go:12: the file was written", false),
            (Language::C, "exit status 1", false),
        ] {
            assert_eq!(sees(language, detail), expect, "{detail}");
        }
    }

    #[test]
    fn a_set_up_that_failed_is_the_environments() {
        let test = TestResult {
            name: "t".to_owned(),
            outcome: TestOutcome::Errored,
            detail: "RuntimeError: no database".to_owned(),
        };
        let said = environment_error(Language::Python, &test);
        assert_eq!(said.as_deref(), Some("its set-up failed: RuntimeError: no database"));
    }

    #[test]
    fn output_that_names_what_is_missing_is_found() {
        assert_eq!(
            lack_in_output("a\nsh: 1: convert: not found\n"),
            Some("sh: 1: convert: not found")
        );
        assert_eq!(lack_in_output("the page was not found\n"), None);
    }
}
