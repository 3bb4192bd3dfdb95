//! What was observed in one phase of a validation, functional or security.

use serde::{Deserialize, Serialize};

use crate::judge::{Ballot, PassedBallot};
use crate::suite::Conclusion;
use crate::verdict::{PassedSuite, SuiteEvidence};

/// What was observed in one phase: a suite ran, or judges voted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PhaseEvidence {
    Suite(SuiteEvidence),
    Ballot(Ballot),
}

/// A phase that is proved, or judged, to have passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PassedPhase {
    Suite(PassedSuite),
    Ballot(PassedBallot),
}

impl PhaseEvidence {
    pub fn suite(&self) -> Option<&SuiteEvidence> {
        match self {
            PhaseEvidence::Suite(suite) => Some(suite),
            PhaseEvidence::Ballot(_) => None,
        }
    }

    pub fn ballot(&self) -> Option<&Ballot> {
        match self {
            PhaseEvidence::Suite(_) => None,
            PhaseEvidence::Ballot(ballot) => Some(ballot),
        }
    }

    pub(crate) fn passed(&self) -> bool {
        match self {
            PhaseEvidence::Suite(suite) => suite.passed(),
            PhaseEvidence::Ballot(ballot) => ballot.passed(),
        }
    }

    /// What went wrong in a phase that did not pass, in a phrase.
    pub(crate) fn failure(&self, phase: &str) -> String {
        match self {
            PhaseEvidence::Suite(suite) => failure(phase, suite),
            PhaseEvidence::Ballot(ballot) => {
                let (against, votes) = (ballot.against(), ballot.votes().len());
                let reason = ballot.majority().find_map(|vote| vote.reason.lines().next());
                let reason = reason.unwrap_or("no reason given");
                format!("{phase}: {against} of {votes} votes against it: {reason}")
            }
        }
    }
}

impl PassedPhase {
    pub fn suite(&self) -> Option<&SuiteEvidence> {
        match self {
            PassedPhase::Suite(suite) => Some(suite.evidence()),
            PassedPhase::Ballot(_) => None,
        }
    }

    pub fn ballot(&self) -> Option<&Ballot> {
        match self {
            PassedPhase::Suite(_) => None,
            PassedPhase::Ballot(ballot) => Some(ballot.ballot()),
        }
    }
}

impl From<SuiteEvidence> for PhaseEvidence {
    fn from(suite: SuiteEvidence) -> PhaseEvidence {
        PhaseEvidence::Suite(suite)
    }
}

impl From<Ballot> for PhaseEvidence {
    fn from(ballot: Ballot) -> PhaseEvidence {
        PhaseEvidence::Ballot(ballot)
    }
}

impl From<PassedSuite> for PassedPhase {
    fn from(suite: PassedSuite) -> PassedPhase {
        PassedPhase::Suite(suite)
    }
}

impl From<PassedBallot> for PassedPhase {
    fn from(ballot: PassedBallot) -> PassedPhase {
        PassedPhase::Ballot(ballot)
    }
}

fn failure(phase: &str, suite: &SuiteEvidence) -> String {
    let test = suite.first_failure().map(|test| match test.detail.lines().next() {
        Some(detail) => format!("{} ({detail})", test.name),
        None => test.name.clone(),
    });
    match (&suite.conclusion, test) {
        (Conclusion::Ended(ending), Some(test)) => format!("{phase}: {test}: {ending}"),
        (Conclusion::Ended(ending), None) => format!("{phase}: {ending}"),
        (Conclusion::Unproved(fault), _) => format!("{phase}: {fault}"),
        (Conclusion::Tampered(findings), _) if !findings.is_empty() => {
            format!("{phase}: {}", findings[0])
        }
        (_, Some(test)) => format!("{phase}: {test}"),
        (_, None) => phase.to_owned(),
    }
}
