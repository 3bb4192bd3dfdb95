//! Ruby: Minitest.

use assay_core::suite::{Suite, ruby};
use assay_verify::bare::TestedCase;

/// The interpreter of the system, once for each test file.
pub(super) fn script(case: &TestedCase<'_>) -> String {
    let minitest = |suite: &Suite| {
        let tests = suite.files.keys().filter(|path| ruby::is_test_file(path));
        let runs: Vec<_> = tests.map(|path| format!("ruby -Ilib {path}")).collect();
        runs.join(" && ")
    };
    format!(
        "{}; f=$?\n[ $f = 0 ] && {{ {}; s=$?; }}",
        minitest(case.functional),
        minitest(case.security),
    )
}
