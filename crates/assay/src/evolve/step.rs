//! [`Step`]: what is asked, or proved, of a candidate next.

use serde::{Deserialize, Serialize};

/// What is asked, or proved, of a candidate next. Numbers begin with 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The writer makes the scenario.
    Write,
    /// Whether it holds the defence; once more if the first answer cannot be read.
    Guard(u32),
    /// Whether it induces the weakness.
    Weakness(u32),
    /// The writer completes it.
    Complete,
    /// The writer makes a case of it, and corrects it so often.
    Case(u32),
    /// The case of this turn is proved.
    Prove(u32),
}

impl Step {
    /// What it is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Write => "write",
            Step::Guard(_) => "guard",
            Step::Weakness(_) => "weakness",
            Step::Complete => "complete",
            Step::Case(_) => "case",
            Step::Prove(_) => "prove",
        }
    }

    /// Whether a filter asks, and not the writer is asked to write.
    pub fn is_of_filter(self) -> bool {
        matches!(self, Step::Guard(_) | Step::Weakness(_))
    }
}
