//! [`Phase`]: what is asked of an artifact, first that it works and then that it is secure.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the questions about an artifact, in the order in which they are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// That it does what the task says.
    Functional,
    /// That it does nothing else, whoever uses it.
    Security,
}

impl Phase {
    /// In order: the security phase is reached by what has passed the functional one.
    pub const ALL: [Phase; 2] = [Phase::Functional, Phase::Security];

    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Functional => "functional",
            Phase::Security => "security",
        }
    }

    /// The phase that follows where this one is passed.
    pub(crate) fn next(self) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| *phase > self)
    }
}

impl FromStr for Phase {
    type Err = String;

    fn from_str(text: &str) -> Result<Phase, String> {
        Phase::ALL
            .into_iter()
            .find(|phase| phase.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a phase; there are functional and security"))
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
