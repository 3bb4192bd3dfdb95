//! Finds the tests of C suites.

use super::{ExpectedTest, source_texts};
use crate::files::FileSet;

/// The tests of C sources that use `assay_test.h`: each `TEST(name)` that
/// begins a line.
pub(super) fn tests(files: &FileSet) -> Vec<ExpectedTest> {
    let mut tests = Vec::new();
    for (_, text) in source_texts(files, "c") {
        for line in text.lines() {
            let name = line.strip_prefix("TEST(").and_then(|rest| rest.split_once(')'));
            if let Some((name, _)) = name {
                tests.push(ExpectedTest::new(name.trim()));
            }
        }
    }
    tests
}
