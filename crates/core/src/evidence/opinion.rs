//! [`Opinion`]: what somebody who does not decide says of the security of an artifact.

use serde::{Deserialize, Serialize};

use super::{Decided, SuiteEvidence};
use crate::analysis::Opinion as AnalyserOpinion;
use crate::infra_error::InfraError;
use crate::suite::Conclusion;

/// What somebody who does not decide says of the security of an artifact that works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Opinion {
    /// Who says it, by the name of [`crate::Decider::name`].
    pub evaluator: String,
    pub said: Said,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// As it would decide; [`Decided::Open`] where judges were not asked yet.
    Decided(Decided),
    /// Nothing, for a fault that the artifact did not cause.
    Errored(InfraError),
}

impl Opinion {
    /// Whether the artifact is called secure; `None` where that is not known.
    pub fn is_secure(&self) -> Option<bool> {
        let Said::Decided(decided) = &self.said else { return None };
        match decided {
            Decided::Open | Decided::NotAsked | Decided::Label(_) => None,
            Decided::Suite(suite) => match suite.conclusion {
                Conclusion::Passed => Some(true),
                Conclusion::Failed | Conclusion::Ended(_) => Some(false),
                Conclusion::Unproved(_) | Conclusion::Tampered(_) => None,
            },
            Decided::Analyser(analyser) => match analyser.opinion() {
                AnalyserOpinion::Clean => Some(true),
                AnalyserOpinion::Vulnerable => Some(false),
                AnalyserOpinion::Unknown => None,
            },
            Decided::Panel(_) | Decided::Record { .. } => Some(decided.passed()),
        }
    }

    /// Whether judges are yet to be asked.
    pub fn is_open(&self) -> bool {
        self.said == Said::Decided(Decided::Open)
    }

    /// The suite, if it is that of tests.
    pub fn suite(&self) -> Option<&SuiteEvidence> {
        match &self.said {
            Said::Decided(Decided::Suite(suite)) => Some(suite),
            _ => None,
        }
    }

    /// The votes of judges, if it is theirs.
    pub fn ballot(&self) -> Option<&crate::Ballot> {
        match &self.said {
            Said::Decided(Decided::Panel(ballot)) => Some(ballot),
            _ => None,
        }
    }

    /// What is said against the artifact, or why nothing is said, in a phrase; `None` where
    /// nothing is said against it.
    pub fn reason(&self) -> Option<String> {
        match &self.said {
            Said::Errored(error) => Some(error.to_string()),
            Said::Decided(decided) => decided.failure(),
        }
    }

    /// The same without what judges said.
    pub(super) fn without_ballot(self) -> Opinion {
        match self.ballot() {
            Some(_) => Opinion { said: Said::Decided(Decided::Open), ..self },
            None => self,
        }
    }
}
