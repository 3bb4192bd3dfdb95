//! Finds the tests of pytest suites.

use super::{ExpectedTest, source_texts};
use crate::files::FileSet;

/// The tests of pytest sources: functions `test*` of a module or of a class
/// `Test*`. Test files are named `test_*.py` or `*_test.py`, as pytest wants.
pub(super) fn tests(files: &FileSet) -> Vec<ExpectedTest> {
    read(files).0
}

/// The names of tests that are defined again.
pub(super) fn replaced(files: &FileSet) -> Vec<String> {
    read(files).1
}

/// The tests, and the names of those that are defined more than once.
fn read(files: &FileSet) -> (Vec<ExpectedTest>, Vec<String>) {
    let mut tests: Vec<ExpectedTest> = Vec::new();
    let mut replaced = Vec::new();
    for (name, text) in source_texts(files, "py") {
        if !(name.starts_with("test_") || name.ends_with("_test.py")) {
            continue;
        }
        let mut class: Option<String> = None;
        let mut current: Option<usize> = None;
        for line in text.lines() {
            let indent = line.len() - line.trim_start().len();
            let code = line.trim_start();
            if indent == 0 && !code.is_empty() && !code.starts_with(['#', ')', '@']) {
                class = None;
                current = None;
            }
            if indent == 0
                && let Some(rest) = code.strip_prefix("class Test")
            {
                let end = rest.find(['(', ':', ' ']).unwrap_or(rest.len());
                class = Some(format!("Test{}", &rest[..end]));
            }
            let function = code
                .strip_prefix("async ")
                .unwrap_or(code)
                .strip_prefix("def test")
                .and_then(|rest| rest.split_once('('));
            let at_home = if class.is_some() { indent == 4 } else { indent == 0 };
            if let (Some((rest, _)), true) = (function, at_home) {
                let function = format!("test{rest}");
                let name = match &class {
                    Some(class) => format!("{class}::{function}"),
                    None => function,
                };
                // A second definition of a name replaces the first, as in Python.
                current = Some(match tests.iter().position(|test| test.name == name) {
                    Some(known) => {
                        replaced.push(name);
                        known
                    }
                    None => {
                        tests.push(ExpectedTest::new(name));
                        tests.len() - 1
                    }
                });
            } else if code.contains("pytest.skip(")
                && let Some(current) = current
            {
                tests[current].may_skip = true;
            }
        }
    }
    (tests, replaced)
}
