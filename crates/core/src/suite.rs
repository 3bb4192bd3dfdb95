//! Test suites, the tests they are expected to hold, and the proof that a run
//! of a suite passed.
//!
//! A pass takes positive proof: a report line for exactly the expected tests,
//! all passed, under the nonce of this run, closed by an end line with the right
//! count, and an exit status that agrees. Anything short of it is not a pass.

mod c;
mod failure;
mod go;
mod java;
pub mod nodejs;
mod python;
pub mod ruby;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::count::counted;
use crate::execution::Ending;
use crate::files::FileSet;
use crate::phase::Phase;
use crate::tamper::Finding;

pub use failure::{environment_error, lack_in_output};
pub use java::test_classes;

/// One suite of a case: functional or security.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The suite's files by their place in the project, other suites' excluded.
    pub files: FileSet,
    pub runner: Runner,
    /// At least one.
    pub expected: Vec<ExpectedTest>,
}

impl Suite {
    /// The suite of a phase, with the tests that its files have.
    pub fn of(phase: Phase, runner: Runner, files: FileSet) -> Suite {
        let expected = runner.tests(phase, &files);
        Suite { files, runner, expected }
    }

    /// The names of tests that a later one of the same name replaces, or cannot be told from, where
    /// the language lets it.
    pub fn replaced_tests(&self) -> Vec<String> {
        match self.runner {
            Runner::Pytest => python::replaced(&self.files),
            Runner::Minitest => ruby::replaced(&self.files),
            Runner::JUnit => java::replaced(&self.files),
            _ => Vec::new(),
        }
    }
}

/// How a suite is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runner {
    /// C files that use `assay_test.h`.
    AssayC,
    /// A C program with a main of its own, which passes by returning 0; the
    /// compiler's sanitizers keep their default behaviour.
    CProgram,
    /// Go files with the tests of one package.
    GoTest {
        /// Whether the imports of the artifact and of the tests are repaired
        /// before they are built, as goimports does.
        imports: bool,
    },
    /// Java classes run by JUnit, 4 or 5.
    JUnit,
    /// Python files run by pytest.
    Pytest,
    /// Ruby files run by Minitest.
    Minitest,
    /// JavaScript files run by the project's Jest.
    Jest,
    /// JavaScript files run by the project's Mocha.
    Mocha,
}

/// A test that a suite must report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedTest {
    /// As the runner names it: `test_a`, `TestB::test_c`.
    pub name: String,
    /// Whether the test's own source may skip it.
    pub may_skip: bool,
}

impl ExpectedTest {
    pub fn new(name: impl Into<String>) -> ExpectedTest {
        ExpectedTest { name: name.into(), may_skip: false }
    }

    /// Whether a reported name is this test or one of its parametrisations.
    fn covers(&self, reported: &str) -> bool {
        reported
            .strip_prefix(&self.name)
            .is_some_and(|rest| rest.is_empty() || (rest.starts_with('[') && rest.ends_with(']')))
    }
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    pub name: String,
    pub outcome: TestOutcome,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestOutcome {
    Passed,
    Failed,
    /// Set-up, collection or tear-down failed.
    Errored,
    Skipped,
    /// Expected, but not reported.
    Missing,
}

/// What a run of a suite amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum Conclusion {
    /// Proved to have passed.
    Passed,
    /// Reported completely; at least one test did not pass.
    Failed,
    /// Ended before the report was complete.
    Ended(Ending),
    /// The report is incomplete or does not agree with the exit status, in this way.
    Unproved(String),
    /// Somebody tried to make it pass. At least one finding.
    Tampered(Vec<Finding>),
}

/// A line that a runner writes to the report channel.
#[derive(Debug, Deserialize)]
struct Line {
    nonce: String,
    test: Option<String>,
    outcome: Option<TestOutcome>,
    #[serde(default)]
    detail: String,
    end: Option<usize>,
    /// A sign of tampering that the runner saw.
    tampered: Option<String>,
    /// Something unusual that the runner saw, which decides nothing.
    note: Option<String>,
    place: Option<String>,
}

/// What a report amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Every test that was reported, then every expected one that was not.
    pub tests: Vec<TestResult>,
    pub conclusion: Conclusion,
    /// What the runner saw of unusual things; none of it decides anything.
    pub notes: Vec<Finding>,
}

/// Weighs what a runner reported against what was expected.
pub fn prove(expected: &[ExpectedTest], report: &[u8], nonce: &str, ending: &Ending) -> Proof {
    let mut read = Reported::default();
    let fault = read_report(report, nonce, &mut read).err();
    let reported = read.tests.len();
    let unexpected = read
        .tests
        .iter()
        .find(|test| !expected.iter().any(|expected| expected.covers(&test.name)))
        .map(|test| test.name.clone());
    add_missing(expected, &mut read.tests);
    let conclusion = fault.unwrap_or_else(|| {
        let all_passed = read.tests.iter().all(|test| may_pass(expected, test));
        conclude(read.end, reported, unexpected, all_passed, ending)
    });
    Proof { tests: read.tests, conclusion, notes: read.notes }
}

/// Whether this outcome of a test is none that keeps its suite from passing.
fn may_pass(expected: &[ExpectedTest], test: &TestResult) -> bool {
    match test.outcome {
        TestOutcome::Passed => true,
        TestOutcome::Skipped => {
            expected.iter().any(|expected| expected.may_skip && expected.covers(&test.name))
        }
        TestOutcome::Failed | TestOutcome::Errored | TestOutcome::Missing => false,
    }
}

/// What a report without a fault amounts to: the count at its end, how many tests it has,
/// one that the suite does not have, and whether all, missing ones too, have passed.
fn conclude(
    end: Option<usize>,
    reported: usize,
    unexpected: Option<String>,
    all_passed: bool,
    ending: &Ending,
) -> Conclusion {
    match (end, ending) {
        (None, Ending::Exited(status)) => {
            Conclusion::Unproved(format!("the report has no end; exit status {status}"))
        }
        (None, ending) => Conclusion::Ended(ending.clone()),
        (Some(count), _) if count != reported => Conclusion::Unproved(format!(
            "{} reported, {count} counted at the end",
            counted(reported, "test")
        )),
        _ if unexpected.is_some() => Conclusion::Unproved(format!(
            "a test that the suite does not have was reported: {}",
            unexpected.unwrap_or_default()
        )),
        (Some(_), Ending::Exited(0)) if all_passed => Conclusion::Passed,
        (Some(_), ending) if all_passed => {
            Conclusion::Unproved(format!("every test was reported as passed, but {ending}"))
        }
        _ => Conclusion::Failed,
    }
}

/// The lines of a report.
#[derive(Debug, Default)]
struct Reported {
    tests: Vec<TestResult>,
    notes: Vec<Finding>,
    /// The count of the end line.
    end: Option<usize>,
}

/// More notes than these are dropped: a loop may give rise to any number.
const MAX_NOTES: usize = 50;

/// Collects the lines of a report, or says what is wrong with it. Only the runner has the nonce and the order of a report, so a line that fits neither is not
/// the runner's.
fn read_report(report: &[u8], nonce: &str, reported: &mut Reported) -> Result<(), Conclusion> {
    let text = String::from_utf8_lossy(report);
    let mut names = BTreeSet::new();
    let mut findings = Vec::new();
    let foreign = |fault: &str| Err(Conclusion::Tampered(vec![Finding::run(fault, None)]));
    for line in text.split_inclusive('\n') {
        if !line.ends_with('\n') {
            // The runner may have been ended while it wrote.
            return Err(match findings.is_empty() {
                true => Conclusion::Unproved("the report breaks off".to_owned()),
                false => Conclusion::Tampered(findings),
            });
        }
        if reported.end.is_some() {
            return foreign("the report goes on after its end");
        }
        let Ok(line) = serde_json::from_str::<Line>(line) else {
            return foreign("the report has a malformed line");
        };
        if line.nonce != nonce {
            return foreign("the report has a line of another author");
        }
        match (line.test, line.outcome, line.end, line.tampered, line.note) {
            (Some(name), Some(outcome), None, None, None) => {
                if !names.insert(name.clone()) {
                    return foreign(&format!("the report names {name} twice"));
                }
                reported.tests.push(TestResult { name, outcome, detail: line.detail });
            }
            (None, None, Some(count), None, None) => reported.end = Some(count),
            (None, None, None, Some(what), None) => findings.push(Finding::run(what, line.place)),
            (None, None, None, None, Some(what)) => {
                let note = Finding::run(what, line.place);
                if reported.notes.len() < MAX_NOTES && !reported.notes.contains(&note) {
                    reported.notes.push(note);
                }
            }
            _ => return foreign("the report has a line of no known kind"),
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(Conclusion::Tampered(findings)) }
}

fn add_missing(expected: &[ExpectedTest], tests: &mut Vec<TestResult>) {
    for expected in expected {
        if !tests.iter().any(|test| expected.covers(&test.name)) {
            tests.push(TestResult {
                name: expected.name.clone(),
                outcome: TestOutcome::Missing,
                detail: String::new(),
            });
        }
    }
}

impl Runner {
    pub const ALL: [Runner; 9] = [
        Runner::AssayC,
        Runner::CProgram,
        Runner::GoTest { imports: false },
        Runner::GoTest { imports: true },
        Runner::JUnit,
        Runner::Pytest,
        Runner::Minitest,
        Runner::Jest,
        Runner::Mocha,
    ];

    /// Its name in the form of cases.
    pub fn as_str(&self) -> &'static str {
        match self {
            Runner::AssayC => "assay-c",
            Runner::CProgram => "c-program",
            Runner::GoTest { imports: false } => "go-test",
            Runner::GoTest { imports: true } => "go-test-with-imports",
            Runner::JUnit => "junit",
            Runner::Pytest => "pytest",
            Runner::Minitest => "minitest",
            Runner::Jest => "jest",
            Runner::Mocha => "mocha",
        }
    }

    /// The tests of a phase's sources that this runner runs, found without running them.
    fn tests(&self, phase: Phase, files: &FileSet) -> Vec<ExpectedTest> {
        match self {
            Runner::AssayC => c::tests(files),
            Runner::GoTest { .. } => go::tests(files),
            Runner::JUnit => java::tests(files),
            Runner::Jest | Runner::Mocha => nodejs::tests(files),
            Runner::Pytest => python::tests(files),
            Runner::Minitest => ruby::tests(files),
            Runner::CProgram if files.is_empty() => Vec::new(),
            // It has a `main` of its own; CTest's name for it is the test.
            Runner::CProgram => vec![ExpectedTest::new(match phase {
                Phase::Functional => "FunctionTest",
                Phase::Security => "SecurityTest",
            })],
        }
    }
}

fn source_texts<'a>(
    files: &'a FileSet,
    extension: &'a str,
) -> impl Iterator<Item = (&'a str, String)> {
    files
        .iter()
        .filter(move |(path, _)| path.extension() == Some(extension))
        .map(|(path, content)| (path.file_name(), String::from_utf8_lossy(content).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::SafePath;

    const NONCE: &str = "n";

    fn report(lines: &[&str]) -> Vec<u8> {
        let mut text = String::new();
        for line in lines {
            let body = match line.split_once(' ') {
                Some(("end", count)) => format!("\"end\":{count}"),
                Some(("tampered", what)) => format!("\"tampered\":\"{what}\",\"place\":\"x\""),
                Some(("noted", what)) => format!("\"note\":\"{what}\",\"place\":\"x\""),
                Some((test, outcome)) => format!("\"test\":\"{test}\",\"outcome\":\"{outcome}\""),
                None => "\"nothing\":1".to_owned(),
            };
            text.push_str(&format!("{{\"nonce\":\"n\",{body}}}\n"));
        }
        text.into_bytes()
    }

    fn conclude(lines: &[&str], ending: &Ending) -> Conclusion {
        let expected = [ExpectedTest::new("a"), ExpectedTest::new("b")];
        prove(&expected, &report(lines), NONCE, ending).conclusion
    }

    #[test]
    fn a_pass_needs_every_expected_test_its_end_and_its_status() {
        let ok = Ending::Exited(0);
        let passes =
            |lines: &[&str], ending: &Ending| conclude(lines, ending) == Conclusion::Passed;
        assert!(passes(&["a passed", "b passed", "end 2"], &ok));
        assert!(passes(&["a[x]-y] passed", "b passed", "end 2"], &ok));
        assert!(!passes(&["a passed", "b passed", "end 2"], &Ending::Exited(1)));
        assert!(!passes(&["a passed", "b passed", "end 2"], &Ending::Signalled(9)));
        assert!(!passes(&["a passed", "b passed"], &ok));
        assert!(!passes(&["a passed", "b passed", "end 3"], &ok));
        assert!(!passes(&["a passed", "end 1"], &ok));
        assert!(!passes(&["a passed", "b failed", "end 2"], &ok));
        assert!(!passes(&["a passed", "b skipped", "end 2"], &ok));
        assert!(!passes(&["a passed", "a passed", "b passed", "end 3"], &ok));
        assert!(!passes(&["a passed", "b passed", "c passed", "end 3"], &ok));
        assert!(!passes(&["a passed", "b passed", "end 2", "end 2"], &ok));
        assert!(!passes(&["odd"], &ok));
        assert!(!passes(&[], &ok));
    }

    #[test]
    fn a_line_that_the_runner_did_not_write_is_tampering() {
        let expected = [ExpectedTest::new("a")];
        let finding = |what: &str| Conclusion::Tampered(vec![Finding::run(what, None)]);
        let whole = report(&["a passed", "end 1"]);
        assert_eq!(
            prove(&expected, &whole, "other", &Ending::Exited(0)).conclusion,
            finding("the report has a line of another author")
        );
        let check = |tail: &[u8], conclusion: Conclusion| {
            let forged = [whole.as_slice(), tail].concat();
            assert_eq!(prove(&expected, &forged, NONCE, &Ending::Exited(0)).conclusion, conclusion);
        };
        check(b"{\"nonce\"\n", finding("the report goes on after its end"));
        check(b"{\"nonce\"", Conclusion::Unproved("the report breaks off".to_owned()));
        let twice = conclude(&["a passed", "a passed", "end 2"], &Ending::Exited(0));
        assert_eq!(twice, finding("the report names a twice"));
    }

    #[test]
    fn what_the_runner_saw_of_tampering_outweighs_every_pass() {
        let lines = ["a passed", "tampered it forged", "b passed", "end 2"];
        let seen = Finding::run("it forged", Some("x".to_owned()));
        let conclusion = Conclusion::Tampered(vec![seen]);
        assert_eq!(conclude(&lines, &Ending::Exited(0)), conclusion);
        assert_eq!(conclude(&lines[..2], &Ending::Signalled(9)), conclusion);
    }

    #[test]
    fn a_note_decides_nothing_and_is_kept_once() {
        let lines = ["a passed", "noted it waits", "noted it waits", "b passed", "end 2"];
        let expected = [ExpectedTest::new("a"), ExpectedTest::new("b")];
        let proof = prove(&expected, &report(&lines), NONCE, &Ending::Exited(0));
        assert_eq!(proof.conclusion, Conclusion::Passed);
        assert_eq!(proof.notes, [Finding::run("it waits", Some("x".to_owned()))]);
        let many: Vec<String> = (0..MAX_NOTES + 9).map(|note| format!("noted n{note}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let proof = prove(&expected, &report(&many), NONCE, &Ending::Exited(0));
        assert_eq!(proof.notes.len(), MAX_NOTES);
    }

    #[test]
    fn a_killed_run_keeps_what_was_reported_and_names_what_is_missing() {
        let expected = [ExpectedTest::new("a"), ExpectedTest::new("b")];
        let Proof { tests, conclusion, .. } =
            prove(&expected, &report(&["a passed"]), NONCE, &Ending::CpuTimeout);
        assert_eq!(conclusion, Conclusion::Ended(Ending::CpuTimeout));
        assert_eq!(tests[1].outcome, TestOutcome::Missing);
    }

    #[test]
    fn a_test_may_skip_only_where_its_source_does() {
        let source = "import pytest\n\ndef test_a():\n    if x:\n        pytest.skip('no')\n\n\ndef test_b():\n    pass\n";
        let files = FileSet::from([(SafePath::new("t/test_x.py").expect("safe"), source.into())]);
        let expected = Runner::Pytest.tests(Phase::Security, &files);
        let outcome =
            |lines: &[&str]| prove(&expected, &report(lines), NONCE, &Ending::Exited(0)).conclusion;
        assert_eq!(outcome(&["test_a skipped", "test_b passed", "end 2"]), Conclusion::Passed);
        assert_eq!(outcome(&["test_a passed", "test_b skipped", "end 2"]), Conclusion::Failed);
    }

    #[test]
    fn tests_are_found_in_sources() {
        let names = |tests: Vec<ExpectedTest>| -> Vec<String> {
            tests.into_iter().map(|test| test.name).collect()
        };
        let python = "class TestA(Base):\n    def test_one(self):\n        def test_inner(): pass\n    def helper(self): pass\n\n\nasync def test_two():\n    pass\n\nclass Helper:\n    def test_no(self): pass\ndef test_three(\n    tmp_path,\n):\n    def test_nested(): pass\n";
        let files = FileSet::from([
            (SafePath::new("tests/test_x.py").expect("safe"), python.into()),
            (SafePath::new("tests/helper.py").expect("safe"), b"def test_not(): pass".to_vec()),
        ]);
        assert_eq!(
            names(Runner::Pytest.tests(Phase::Security, &files)),
            ["TestA::test_one", "test_two", "test_three"]
        );
        let go = "func TestOne(t *testing.T) {\n\tt.Skip()\n}\n\nfunc Testing(t *testing.T) {}\nfunc TestMain(m *testing.M) {}\nfunc (s suite) TestNo(t *testing.T) {}\nfunc TestTwo(t *testing.T) {\n}\n";
        let files = FileSet::from([
            (SafePath::new("x_test.go").expect("safe"), go.into()),
            (SafePath::new("x.go").expect("safe"), b"func TestThree(t *testing.T) {}".to_vec()),
        ]);
        let found = Runner::GoTest { imports: false }.tests(Phase::Security, &files);
        assert_eq!(names(found.clone()), ["TestOne", "TestTwo"]);
        assert!(found[0].may_skip && !found[1].may_skip);
        let c = "TEST(one)\n{\n}\n  TEST(indented)\n// TEST(no)\nTEST( two ) {}\n";
        let files = FileSet::from([(SafePath::new("tests/t.c").expect("safe"), c.into())]);
        assert_eq!(names(Runner::AssayC.tests(Phase::Security, &files)), ["one", "two"]);
    }
}
