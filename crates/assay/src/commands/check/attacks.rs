//! Whether a case's attacks are really made, as far as what was observed tells.

use assay_core::evidence::SuiteEvidence;
use assay_core::log::Log;
use assay_core::suite::{TestOutcome, environment_error, lack_in_output};
use assay_core::{Case, Evidence, Phase};

/// What a validation showed of a case's security suite.
pub(super) struct Seen {
    pub(super) security: Option<SuiteEvidence>,
    /// A line of what the suite printed that says that something was missing.
    pub(super) lack: Option<String>,
}

impl Seen {
    pub(super) fn of(evidence: &Evidence, logs: &[Log]) -> Seen {
        let of_security = logs.iter().filter(|log| log.name.starts_with("security"));
        let lack = of_security.filter_map(|log| lack_in_output(&log.text)).next();
        Seen { security: evidence.suite(Phase::Security).cloned(), lack: lack.map(str::to_owned) }
    }
}

/// The failures of a vulnerable solution that the environment brought about and not an
/// attack, unless the case says that they are an attack's mark.
pub(super) fn not_of_an_attack(case: &Case, solution: &str, suite: &SuiteEvidence) -> Vec<String> {
    let marks = case.code().map(|task| task.attack_marks.as_slice()).unwrap_or_default();
    let is_mark = |error: &str| marks.iter().any(|mark| error.contains(mark.as_str()));
    let failures = suite.tests.iter().filter_map(|test| {
        let error = environment_error(case.language, test)?;
        (!is_mark(&error)).then(|| {
            let error = error.lines().next().unwrap_or_default();
            format!(
                "{solution} fails {} because of an error in the environment, not because of an attack: {error}",
                test.name
            )
        })
    });
    failures.collect()
}

/// The security tests that every vulnerable solution passes: nothing shows that their
/// attacks are made at all.
pub(super) fn never_failed(case: &Case, vulnerable: &[&SuiteEvidence]) -> Vec<String> {
    if vulnerable.is_empty() {
        return Vec::new();
    }
    let is_failed = |name: &str| {
        let of_it = |reported: &str| {
            let rest = reported.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        };
        vulnerable.iter().flat_map(|suite| &suite.tests).any(|test| {
            of_it(&test.name) && !matches!(test.outcome, TestOutcome::Passed | TestOutcome::Skipped)
        })
    };
    let unfailed =
        case.expected_tests(Phase::Security).iter().filter(|test| !is_failed(&test.name));
    unfailed.map(|test| format!("no vulnerable solution fails {}", test.name)).collect()
}
