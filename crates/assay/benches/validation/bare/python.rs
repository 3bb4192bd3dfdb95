//! Python: pytest.

use assay_core::suite::Suite;
use assay_verify::bare::TestedCase;

/// pytest in the prepared environment.
pub(super) fn script(case: &TestedCase<'_>, prepared: &str) -> String {
    let pytest = |suite: &Suite, other: &Suite| {
        let own = suite.files.keys().filter(|path| !other.files.contains_key(path));
        let tests = own.filter(|path| path.file_name().starts_with("test_"));
        let tests: Vec<&str> = tests.map(assay_core::SafePath::as_str).collect();
        let tests = tests.join(" ");
        format!("{prepared}/bin/python -B -m pytest -q -p no:cacheprovider {tests}")
    };
    format!(
        "export PYTHONPATH=src\n{}; f=$?\n[ $f = 0 ] && {{ {}; s=$?; }}",
        pytest(case.functional, case.security),
        pytest(case.security, case.functional),
    )
}
