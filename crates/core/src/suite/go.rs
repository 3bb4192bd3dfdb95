//! Finds the tests of Go suites.

use super::{ExpectedTest, source_texts};
use crate::files::FileSet;

/// The tests of Go sources: functions `TestName(t *testing.T)` of files whose
/// names end in `_test.go`, as `go test` finds them.
pub(super) fn tests(files: &FileSet) -> Vec<ExpectedTest> {
    let mut tests: Vec<ExpectedTest> = Vec::new();
    for (name, text) in source_texts(files, "go") {
        if !name.ends_with("_test.go") {
            continue;
        }
        let mut is_test = false;
        for line in text.lines() {
            if let Some(function) = line.strip_prefix("func ") {
                let name = test_name(function);
                is_test = name.is_some();
                tests.extend(name.map(ExpectedTest::new));
            }
            let skips = [".Skip(", ".Skipf(", ".SkipNow("].iter().any(|call| line.contains(call));
            if let (true, true, Some(test)) = (is_test, skips, tests.last_mut()) {
                test.may_skip = true;
            }
        }
    }
    tests
}

/// The name in `TestName(t *testing.T) {`.
fn test_name(function: &str) -> Option<&str> {
    let (name, rest) = function.split_once('(')?;
    let after = name.trim_end().strip_prefix("Test")?;
    let parameter = rest.split_once(')')?.0.trim();
    let is_test = parameter.ends_with("*testing.T") || parameter.ends_with(" *T");
    (is_test && !after.starts_with(char::is_lowercase)).then(|| name.trim_end())
}
