//! Node.js: the command line of Jest or Mocha, without npx.

use assay_core::suite::{Runner, Suite, nodejs};
use assay_verify::bare::TestedCase;

/// The framework of the prepared packages, once for each suite.
pub(super) fn script(case: &TestedCase<'_>, prepared: &str) -> String {
    let run = |suite: &Suite| {
        let framework = match suite.runner {
            Runner::Mocha => "mocha/bin/mocha.js",
            _ => "jest/bin/jest.js",
        };
        let files: Vec<String> =
            nodejs::test_files(&suite.files).map(ToString::to_string).collect();
        format!("/usr/bin/node node_modules/{framework} {}", files.join(" "))
    };
    format!(
        "ln -s {prepared}/node_modules node_modules\n{}; f=$?\n[ $f = 0 ] && {{ {}; s=$?; }}",
        run(case.functional),
        run(case.security),
    )
}
