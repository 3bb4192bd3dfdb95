//! What is asked of a subject about a case.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the four prompt scenarios of SecCodeBench-V2 (paper, Table 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Write the artifact from a description.
    Gen,
    /// The same, with a hint that security matters.
    GenHints,
    /// Mend a given artifact that works but is insecure.
    Fix,
    /// The same, told that it has a security flaw.
    FixHints,
}

impl Scenario {
    pub const ALL: [Scenario; 4] =
        [Scenario::Gen, Scenario::GenHints, Scenario::Fix, Scenario::FixHints];

    pub fn as_str(self) -> &'static str {
        match self {
            Scenario::Gen => "gen",
            Scenario::GenHints => "gen-hints",
            Scenario::Fix => "fix",
            Scenario::FixHints => "fix-hints",
        }
    }

    /// The scenario's weight in the overall score (paper, section 5).
    pub fn weight(self) -> f64 {
        match self {
            Scenario::Gen | Scenario::Fix => 4.0,
            Scenario::GenHints | Scenario::FixHints => 1.0,
        }
    }

    /// Whether the prompt shows an insecure artifact to mend.
    pub fn shows_code(self) -> bool {
        matches!(self, Scenario::Fix | Scenario::FixHints)
    }

    /// Whether the prompt carries the security hint.
    pub fn has_hint(self) -> bool {
        matches!(self, Scenario::GenHints | Scenario::FixHints)
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Scenario, String> {
        Scenario::ALL.into_iter().find(|scenario| scenario.as_str() == text).ok_or_else(|| {
            format!("{text:?} is not a scenario; there are gen, gen-hints, fix and fix-hints")
        })
    }
}
