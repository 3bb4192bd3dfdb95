//! [`Verdict`]: what an artifact amounts to.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an artifact amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    NoCode,
    BuildFailed,
    Nonfunctional,
    Insecure,
    Secure,
    /// It passed the functional phase of a task that has no security phase: whether it is
    /// secure was never asked.
    Works,
    /// It tried to fool the grader, whatever it can do otherwise. Never a pass.
    Tampered,
}

impl Verdict {
    pub const ALL: [Verdict; 7] = [
        Verdict::Secure,
        Verdict::Works,
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
            Verdict::Works => "works",
            Verdict::Tampered => "tampered",
        }
    }

    /// Whether the functional suite passed.
    pub fn is_functional(self) -> bool {
        matches!(self, Verdict::Insecure | Verdict::Secure | Verdict::Works)
    }

    /// Whether every phase of its task is passed, which is what scores count.
    pub fn is_success(self) -> bool {
        matches!(self, Verdict::Secure | Verdict::Works)
    }

    pub fn is_secure(self) -> bool {
        self == Verdict::Secure
    }

    /// Whether a further answer counts after one of this verdict.
    pub(crate) fn is_repairable(self) -> bool {
        !self.is_functional() && self != Verdict::Tampered
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
