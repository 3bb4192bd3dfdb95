//! Evidence as runs of formats 3 and 4 have it: one kind for each way to end, with phases
//! that do not say who decided them.

use serde::Deserialize;

use super::{Build, Decided, Evidence, SuiteEvidence, Undecided};
use crate::artifact::NoCode;
use crate::judge::Ballot;
use crate::tamper::Finding;

use super::phases::Course;

/// A phase that a suite or a panel decided.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Phase {
    Suite(SuiteEvidence),
    Ballot(Ballot),
}

/// What was observed, by how far the artifact came.
#[derive(Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub(super) enum Earlier {
    NoCode { reason: NoCode },
    Unbuilt { build: Build },
    Tampered { build: Option<Build>, findings: Vec<Finding> },
    Nonfunctional { build: Option<Build>, functional: Phase },
    Unjudged { build: Option<Build>, functional: Option<Phase> },
    Recorded { functional: bool, secure: bool },
    Functional { build: Option<Build>, functional: Phase, security: Phase },
}

impl From<Phase> for Decided {
    fn from(phase: Phase) -> Decided {
        match phase {
            Phase::Suite(suite) => suite.into(),
            Phase::Ballot(ballot) => ballot.into(),
        }
    }
}

impl TryFrom<Earlier> for Evidence {
    type Error = String;

    fn try_from(earlier: Earlier) -> Result<Evidence, String> {
        let first = Undecided::first();
        let (build, course) = match earlier {
            Earlier::NoCode { reason } => return Ok(Evidence::no_code(reason)),
            Earlier::Unbuilt { build } => return Ok(Evidence::unbuilt(build)),
            Earlier::Tampered { build, findings } => {
                return Ok(Evidence::tampered(build, findings));
            }
            Earlier::Recorded { functional, secure } => {
                return Ok(Evidence::recorded(functional, secure));
            }
            Earlier::Unjudged { build, functional: None } => {
                return Ok(Evidence::of_phases(build, first.leave_open()));
            }
            Earlier::Nonfunctional { build, functional } => (build, first.decide(functional)),
            Earlier::Unjudged { build, functional: Some(functional) } => {
                (build, then(first.decide(functional), Decided::Open)?)
            }
            Earlier::Functional { build, functional, security } => {
                (build, then(first.decide(functional), security.into())?)
            }
        };
        match course {
            Course::Over(phases) => Ok(Evidence::of_phases(build, phases)),
            Course::On(_) => Err("the phase that ended it was passed".to_owned()),
        }
    }
}

/// The phase after one that is passed.
fn then(course: Course, decided: Decided) -> Result<Course, String> {
    match course {
        Course::On(next) => Ok(next.decide(decided)),
        Course::Over(_) => Err("the functional phase was not passed".to_owned()),
    }
}
