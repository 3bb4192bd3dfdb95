//! [`Outcome`]: how an attempt came out.

use serde::{Deserialize, Serialize};

use crate::infra_error::{InfraClass, InfraError};
use crate::judgement::Judgement;
use crate::verdict::Verdict;

/// How an attempt came out. An infrastructure error is never a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "value", rename_all = "kebab-case")]
pub enum Outcome {
    Judged(Judgement),
    Errored(InfraError),
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Outcome {
        Outcome::Judged(verdict.into())
    }
}

impl Outcome {
    /// What it amounts to; `None` where an error ended it.
    pub fn judgement(&self) -> Option<&Judgement> {
        match self {
            Outcome::Judged(judgement) => Some(judgement),
            Outcome::Errored(_) => None,
        }
    }

    /// The verdict on code; `None` where there is none.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Outcome::Judged(judgement) => judgement.verdict(),
            Outcome::Errored(_) => None,
        }
    }

    /// The class of the error, if it is one.
    pub fn error_class(&self) -> Option<InfraClass> {
        match self {
            Outcome::Judged(_) => None,
            Outcome::Errored(error) => Some(error.class),
        }
    }

    /// Whether a further answer counts after one that came out so.
    pub fn is_repairable(&self) -> bool {
        self.verdict().is_some_and(Verdict::is_repairable)
    }

    /// Whether it waits for judges who are not configured: neither a verdict nor a
    /// fault of the infrastructure.
    pub fn is_unjudged(&self) -> bool {
        self.error_class() == Some(InfraClass::Unjudged)
    }
}
