//! [`Label`]: what is known, or said, of a program's security.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::files::FileSet;

/// Whether a program is vulnerable, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Label {
    pub vulnerable: bool,
    /// The CWE identifiers of its weaknesses, `CWE-787` for example; none of a program that
    /// is not vulnerable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<String>,
    /// The line that is said to be the root cause, as it was given: source, or a remark on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The number of that line from 1, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.vulnerable, self.cwe.as_slice()) {
            (false, _) => f.write_str("not vulnerable"),
            (true, []) => f.write_str("vulnerable"),
            (true, cwe) => write!(f, "vulnerable ({})", cwe.join(", ")),
        }
    }
}

/// A program whose security is known.
#[derive(Debug, Clone)]
pub struct LabelledProgram {
    pub files: FileSet,
    pub truth: Label,
    /// What it shares with programs that do the same, vulnerable or not: the id of the case
    /// of which it is a solution.
    pub origin: Option<String>,
}
