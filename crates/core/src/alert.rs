//! [`Alert`]: a weakness that a static analyser says a program has.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cwe::Cwe;

/// A weakness that an analyser says a program has, in the analyser's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Alert {
    /// What the analyser calls the rule: `B602`, `nullPointer`.
    pub rule: String,
    /// The weaknesses that the rule is about; none if nobody says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<Cwe>,
    /// The file of the program, by its path in it.
    pub file: String,
    /// From 1; `None` if the alert is about the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    pub message: String,
    /// How grave it is, in the analyser's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// How sure the analyser is, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.rule)?;
        for cwe in &self.cwe {
            write!(f, " {cwe}")?;
        }
        write!(f, ": {}", self.message)
    }
}
