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
    /// A static analyser, by its name: an artifact passes if it says nothing against it.
    Analyser(String),
}

/// The analyser that tells whether a text is a program of its language, and nothing else.
pub const SYNTAX: &str = "syntax";

impl Decider {
    pub fn suite(&self) -> Option<&Suite> {
        match self {
            Decider::Suite(suite) => Some(suite),
            Decider::Panel(_) | Decider::Analyser(_) => None,
        }
    }

    pub fn rubric(&self) -> Option<&Rubric> {
        match self {
            Decider::Panel(rubric) => Some(rubric),
            Decider::Suite(_) | Decider::Analyser(_) => None,
        }
    }

    /// The name of the analyser that it is.
    pub fn analyser(&self) -> Option<&str> {
        match self {
            Decider::Analyser(name) => Some(name),
            Decider::Suite(_) | Decider::Panel(_) => None,
        }
    }

    /// What it is called beside others.
    pub fn name(&self) -> String {
        match self {
            Decider::Suite(_) => "tests".to_owned(),
            Decider::Panel(rubric) => match rubric.mode() {
                Some(mode) => format!("judges ({mode})"),
                None => "judges".to_owned(),
            },
            Decider::Analyser(name) => name.clone(),
        }
    }
}
