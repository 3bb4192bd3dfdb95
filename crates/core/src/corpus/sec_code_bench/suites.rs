//! The functional and the security suite of a project, by its language's layout.

use crate::case::Language;
use crate::files::FileSet;
use crate::suite::{ExpectedTest, Runner, Suite, nodejs};

/// The functional and the security suite.
pub(super) fn of(files: &FileSet, language: Language) -> [Suite; 2] {
    match language {
        Language::C => [
            c(files, "tests/test_function.c", "FunctionTest"),
            c(files, "tests/test_security.c", "SecurityTest"),
        ],
        Language::Python => {
            let suite = |other| {
                let is_ours = |path: &str| path.starts_with("tests/") && path != other;
                suite(Runner::Pytest, files, is_ours)
            };
            [suite("tests/test_security.py"), suite("tests/test_functional.py")]
        }
        Language::NodeJs => ["test/function.test.js", "test/security.test.js"]
            .map(|file| suite(nodejs::runner(files), files, |path| path == file)),
        Language::Java => {
            let suite = |other: &str| {
                let is_ours = |path: &str| {
                    let name = path.rsplit('/').next().unwrap_or_default();
                    let is_rubric = path.ends_with(".en-US") || path.ends_with(".zh-CN");
                    path.starts_with("src/test/") && name != other && !is_rubric
                };
                suite(Runner::JUnit, files, is_ours)
            };
            [suite("SecurityTest.java"), suite("FunctionalTest.java")]
        }
        Language::Go => [(); 2].map(|()| suite(Runner::Unsupported, files, |_| false)),
    }
}

/// One program with a main of its own: CTest's name for it is the test.
fn c(files: &FileSet, source: &str, test: &str) -> Suite {
    let mut suite = suite(Runner::CProgram, files, |path| path == source);
    if !suite.files.is_empty() {
        suite.expected.push(ExpectedTest::new(test));
    }
    suite
}

fn suite(runner: Runner, files: &FileSet, is_ours: impl Fn(&str) -> bool) -> Suite {
    let ours = files.iter().filter(|(path, _)| is_ours(path.as_str()));
    let files: FileSet = ours.map(|(path, content)| (path.clone(), content.clone())).collect();
    let expected = runner.tests(&files);
    Suite { files, runner, expected }
}
