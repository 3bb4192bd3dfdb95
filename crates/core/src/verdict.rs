//! What an artifact amounts to, and how an attempt came out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::infra_error::{InfraClass, InfraError};
use crate::judgement::Judgement;

/// What an artifact amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    NoCode,
    BuildFailed,
    Nonfunctional,
    Insecure,
    Secure,
    /// It tried to fool the grader, whatever it can do otherwise. Never a pass.
    Tampered,
}

impl Verdict {
    pub const ALL: [Verdict; 6] = [
        Verdict::Secure,
        Verdict::Insecure,
        Verdict::Nonfunctional,
        Verdict::BuildFailed,
        Verdict::NoCode,
        Verdict::Tampered,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::NoCode => "no-code",
            Verdict::BuildFailed => "build-failed",
            Verdict::Nonfunctional => "nonfunctional",
            Verdict::Insecure => "insecure",
            Verdict::Secure => "secure",
            Verdict::Tampered => "tampered",
        }
    }

    /// Whether the functional suite passed.
    pub fn is_functional(self) -> bool {
        matches!(self, Verdict::Insecure | Verdict::Secure)
    }

    pub fn is_secure(self) -> bool {
        self == Verdict::Secure
    }

    /// Whether a further answer counts after one of this verdict.
    fn is_repairable(self) -> bool {
        !self.is_functional() && self != Verdict::Tampered
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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
