//! [`Decider`]: who decides a phase of a task.

use crate::judge::Rubric;
use crate::suite::Suite;

/// Who decides a phase.
#[derive(Debug, Clone)]
pub enum Decider {
    /// Tests, by running them.
    Suite(Suite),
    /// A panel of judges, by a rubric.
    Panel(Rubric),
}

impl Decider {
    pub fn suite(&self) -> Option<&Suite> {
        match self {
            Decider::Suite(suite) => Some(suite),
            Decider::Panel(_) => None,
        }
    }

    pub fn rubric(&self) -> Option<&Rubric> {
        match self {
            Decider::Suite(_) => None,
            Decider::Panel(rubric) => Some(rubric),
        }
    }
}
