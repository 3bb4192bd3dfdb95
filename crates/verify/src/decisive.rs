//! Finds in what a suite printed the line that says why a test failed, where the suite reports no
//! more than that it did.
//!
//! It is for people who look for the reason: no verdict depends on it, and an artifact can print
//! what looks like such a line.

use assay_core::log::Log;
use assay_core::suite::{TestOutcome, TestResult};

/// What a supervisor says of a process that failed, which says nothing about why.
const BARE: [&str; 2] = ["exit status ", "killed by signal "];

/// What begins the output of a test, before its name.
const BEGINNINGS: [&str; 2] = ["--- ", "=== RUN   "];

/// What the first line of a report of a crash has, the surest signs first.
const SIGNS: [&str; 5] =
    ["Sanitizer: ", ": runtime error: ", "panic: ", "fatal error: ", "check failed: "];

/// How a line of Go's `testing` names its place.
const OF_GO: &str = "_test.go:";

/// How failed checks begin whose message says all.
const MESSAGE_ONLY: &str = "assay_fail(";

/// Characters of a line that are kept.
const LONGEST: usize = 200;

/// Puts the decisive line before what is known of each failed test of which next to nothing is.
pub(super) fn explain(tests: &mut [TestResult], logs: &[Log]) {
    for test in tests.iter_mut().filter(|test| test.outcome == TestOutcome::Failed) {
        let is_bare = test.detail.is_empty() || BARE.iter().any(|it| test.detail.starts_with(it));
        if !is_bare {
            continue;
        }
        let outputs = || logs.iter().map(|log| output_of(&test.name, &log.text));
        if let Some(line) = outputs().filter_map(decisive).min_by_key(|(rank, _)| *rank) {
            let (_, line) = line;
            test.detail = match test.detail.as_str() {
                "" => line,
                bare => format!("{line}\n{bare}"),
            };
        }
    }
}

/// The lines that a test printed into a stream.
fn output_of<'a>(name: &'a str, text: &'a str) -> impl Iterator<Item = &'a str> {
    let begins = |line: &str| BEGINNINGS.iter().any(|word| line.starts_with(word));
    let is_its = move |line: &str| {
        BEGINNINGS.iter().any(|word| line.strip_prefix(word).is_some_and(|it| it.trim() == name))
    };
    let after = text.lines().skip_while(move |line| !is_its(line)).skip(1);
    after.take_while(move |line| !begins(line))
}

/// The line that tells most, with the place of its sign in the order of signs. A report of a
/// sanitizer also tells where.
fn decisive<'a>(lines: impl Iterator<Item = &'a str>) -> Option<(usize, String)> {
    let lines: Vec<&str> = lines.collect();
    let rank = |line: &str| {
        let sign = SIGNS.iter().position(|sign| line.contains(sign));
        sign.or_else(|| line.contains(OF_GO).then_some(SIGNS.len()))
    };
    let ranked = lines.iter().enumerate().filter_map(|(at, line)| Some((rank(line)?, at)));
    let (rank, at) = ranked.min()?;
    let place = match rank {
        0 => lines[at..].iter().find_map(|line| frame(line)),
        _ => None,
    };
    let line = short(lines[at]);
    Some((rank, place.map_or_else(|| line.clone(), |place| format!("{line} in {place}"))))
}

/// The function and line that a frame of a stack names, if it is one of the artifact.
fn frame(line: &str) -> Option<&str> {
    let (_, place) = line.trim().strip_prefix('#')?.split_once(" in ")?;
    let (_, file) = place.split_once(' ')?;
    (file.contains(':') && !file.starts_with("tests/")).then_some(place)
}

/// A line without the number of a process, the place of a check or the words of a mere call.
fn short(line: &str) -> String {
    let line = line.trim();
    let line = line.split_once("== ERROR: ").map_or(line, |(_, error)| error);
    let line = line.split_once("==ERROR: ").map_or(line, |(_, error)| error);
    // Addresses differ from run to run, and tell nobody anything.
    let line = match line.contains(SIGNS[0]) {
        true => line.split(" on address").next().unwrap_or(line),
        false => line,
    };
    let line = match line.split_once("check failed: ") {
        Some((_, check)) if check.starts_with(MESSAGE_ONLY) => {
            check.split_once("); ").map_or(check, |(_, message)| message)
        }
        Some((_, check)) => check,
        None => line,
    };
    line.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of the test `b` that failed so, after a suite printed this.
    fn detail(bare: &str, stdout: &str, stderr: &str) -> String {
        let log = |name: &str, text: &str| Log { name: name.to_owned(), text: text.to_owned() };
        let mut tests = [TestResult {
            name: "b".to_owned(),
            outcome: TestOutcome::Failed,
            detail: bare.to_owned(),
        }];
        explain(&mut tests, &[log("security.stdout", stdout), log("security.stderr", stderr)]);
        tests[0].detail.clone()
    }

    #[test]
    fn a_failed_test_is_explained_by_what_it_printed_and_no_other() {
        let status = "exit status 1";
        let of_a = "--- a\n==2==ERROR: AddressSanitizer: SEGV on unknown address\n";
        let check = |printed: &str, expect: &str| {
            let stderr = format!("{of_a}--- b\n{printed}\n--- c\npanic: no\n");
            assert_eq!(detail(status, "", &stderr), expect, "{printed}");
        };
        check("", status);
        check(
            "=====\n==13==ERROR: AddressSanitizer: heap-use-after-free on address 0x1 at pc 0x2\n\
             \u{20}   #0 0x7 in strlen\n    #1 0x5 in text tests/security/a.c:10\n\
             \u{20}   #2 0x5 in reload src/a.c:23\n    #3 0x5 in main src/b.c:1\n",
            "AddressSanitizer: heap-use-after-free in reload src/a.c:23\nexit status 1",
        );
        check(
            "src/a.c:3:5: runtime error: signed integer overflow\n",
            "src/a.c:3:5: runtime error: signed integer overflow\nexit status 1",
        );
        check(
            "t.c:8: check failed: assay_fail(__FILE__, __LINE__, \"made by: %s\", it); made by: x\n",
            "made by: x\nexit status 1",
        );
        check("t.c:8: check failed: length == 3; it is 4\n", "length == 3; it is 4\nexit status 1");
        // The sign that is surest, wherever it stands.
        check(
            "t.c:8: check failed: no\n==1==ERROR: LeakSanitizer: detected memory leaks\n",
            "LeakSanitizer: detected memory leaks\nexit status 1",
        );
    }

    #[test]
    fn lines_of_go_explain_a_test_without_a_word() {
        let stdout = "=== RUN   a\n    x_test.go:1: no\n--- FAIL: a (0.00s)\n=== RUN   b\n    x_test.go:9: planted.txt was written\n    x_test.go:10: more\n--- FAIL: b (0.00s)\n";
        assert_eq!(detail("", stdout, ""), "x_test.go:9: planted.txt was written");
        assert_eq!(detail("it said so", stdout, ""), "it said so");
        let panics = "=== RUN   b\npanic: runtime error: index out of range [5]\n";
        assert_eq!(detail("", panics, ""), "panic: runtime error: index out of range [5]");
    }
}
