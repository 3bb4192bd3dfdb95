//! [`Strategy`]: a way in which a scenario is made harder (CoV-Eval, section 3.3; the wording is ours).

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A way in which a scenario is made harder.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// New constraints and requirements
    Constraints,
    /// Rarer and more specific requirements in place of common ones
    Rarer,
    /// More steps of reasoning
    Steps,
    /// Higher demands on time or space
    Demands,
}

impl Strategy {
    pub const ALL: [Strategy; 4] =
        [Strategy::Constraints, Strategy::Rarer, Strategy::Steps, Strategy::Demands];

    pub fn as_str(self) -> &'static str {
        match self {
            Strategy::Constraints => "constraints",
            Strategy::Rarer => "rarer",
            Strategy::Steps => "steps",
            Strategy::Demands => "demands",
        }
    }

    /// What the writer is told.
    pub(super) fn instruction(self) -> &'static str {
        match self {
            Strategy::Constraints => {
                "Add two or three constraints or requirements that the original does not have, and that whoever solves it has to keep in mind at the same time: further arguments, cases that are treated differently, a format that must be kept, a result that depends on an earlier one."
            }
            Strategy::Rarer => {
                "Replace a common requirement by one that is met far less often and is more specific: an unusual format or protocol, a less known function of the library, the rules of a particular trade. It must be said precisely enough to be written without a search."
            }
            Strategy::Steps => {
                "The original is solved in a few steps. Make a task of it that takes several steps which build on one another: what is read is first taken apart or put into an order, then combined with something else, and only then used as in the original."
            }
            Strategy::Demands => {
                "Ask for less time or memory: large inputs that do not fit into memory at once, a bound on the number of operations or of allocations, results that are computed once and kept. Say the bound in numbers."
            }
        }
    }
}
