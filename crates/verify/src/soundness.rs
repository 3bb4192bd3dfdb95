//! Whose fault it is when a suite could not be run: the artifact's, or the case's.
//!
//! A test that does not compile, imports something missing or is never reported may be the
//! artifact's fault, if the artifact lacks a function or ends the process. It is the case's fault
//! if the same happens with the case's own solution that should pass. That is tried if the evidence
//! looks like it, once for each case; cases without such a solution, such as the official ones, are
//! taken as they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use assay_core::evidence::{BuildEvidence, SuiteEvidence};
use assay_core::files::texts;
use assay_core::infra_error::InfraClass;
use assay_core::suite::{Conclusion, TestOutcome, environment_error};
use assay_core::{Artifact, Evidence, InfraError, Language, Phase};
use tracing::warn;

use super::Validation;
use crate::tested_case::TestedCase;

/// How many lines of what a compiler or a runner said are repeated.
const QUOTED_LINES: usize = 24;

/// What is known of cases by their digest and phase.
#[derive(Debug, Default)]
pub(super) struct Soundness {
    known: Mutex<BTreeMap<(String, Phase), Known>>,
}

/// The fault of a case, once it was looked for.
type Known = Arc<OnceLock<Option<String>>>;

impl Soundness {
    /// An error if what was observed of an artifact is the case's own fault. `validate`
    /// validates a solution of the case.
    pub(super) fn check(
        &self,
        case: &TestedCase<'_>,
        evidence: &Evidence,
        validate: impl Fn(&Artifact) -> Result<Validation, InfraError>,
    ) -> Result<(), InfraError> {
        let Some(phase) = suspect(case.language, evidence) else { return Ok(()) };
        let known = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry((case.case.digest(), phase)).or_default())
        };
        match known.get_or_init(|| fault(case, phase, validate)) {
            None => Ok(()),
            Some(fault) => Err(InfraError::new(InfraClass::Case, fault.clone())),
        }
    }
}

/// The phase without a result, if the evidence looks as if the tests were broken.
fn suspect(language: Language, evidence: &Evidence) -> Option<Phase> {
    if let BuildEvidence::Failed(_) = evidence.build_evidence() {
        return Some(Phase::Functional);
    }
    let last = evidence.phases().next_back()?;
    last.suite().filter(|suite| is_suspect(language, suite)).map(|_| last.phase)
}

fn is_suspect(language: Language, suite: &SuiteEvidence) -> bool {
    let is_lost = |outcome| matches!(outcome, TestOutcome::Missing | TestOutcome::Errored);
    match suite.conclusion {
        Conclusion::Passed | Conclusion::Tampered(_) => false,
        Conclusion::Unproved(_) => true,
        Conclusion::Failed | Conclusion::Ended(_) => suite
            .tests
            .iter()
            .any(|test| is_lost(test.outcome) || environment_error(language, test).is_some()),
    }
}

/// What is wrong with a case all of whose own passing solutions get no result in this phase.
fn fault(
    case: &TestedCase<'_>,
    phase: Phase,
    validate: impl Fn(&Artifact) -> Result<Validation, InfraError>,
) -> Option<String> {
    let mut said = None;
    for solution in case.case.passing_solutions() {
        let artifact = Artifact { files: texts(&solution.files), refused: Vec::new() };
        // What could not be tried proves nothing.
        let validation = validate(&artifact)
            .inspect_err(|error| {
                warn!(
                    case = case.id,
                    solution = solution.name,
                    "whether the tests of {} are broken is not known, as its own solution could not be tried: {error}",
                    case.id
                );
            })
            .ok()?;
        if suspect(case.language, &validation.evidence) != Some(phase) {
            return None;
        }
        let what = match validation.evidence.build_evidence() {
            BuildEvidence::Failed(_) => "the tests do not build".to_owned(),
            _ => format!("the {phase} suite fails"),
        };
        said.get_or_insert_with(|| {
            format!(
                "{what} with the case's own solution {}: {}",
                solution.name,
                words(phase, &validation)
            )
        });
    }
    said
}

/// What the compiler or the runner said, with file and line where they say them.
fn words(phase: Phase, validation: &Validation) -> String {
    let of_phase = |name: &str| name.starts_with(phase.as_str()) || name.starts_with("build");
    let lines: Vec<&str> = validation
        .logs
        .iter()
        .rev()
        .filter(|log| of_phase(&log.name))
        .flat_map(|log| log.text.lines())
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .take(QUOTED_LINES)
        .collect();
    let failure = validation.evidence.first_failure().unwrap_or_default();
    if lines.is_empty() { failure } else { format!("{failure}\n{}", lines.join("\n")) }
}
