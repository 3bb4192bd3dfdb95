//! [`Log`]: what a validation printed.

use serde::{Deserialize, Serialize};

/// A named text that a validation produced, such as `build.stderr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// `<phase>.<stream>`: phases are `build`, `functional` and `security`.
    pub name: String,
    pub text: String,
}

impl Log {
    pub fn is_of_security(&self) -> bool {
        self.name.starts_with("security")
    }
}
