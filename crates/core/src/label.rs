//! [`Label`]: what is known, or said, of a program's security.

use serde::{Deserialize, Serialize};

use crate::files::FileSet;

/// Whether a program is vulnerable, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Label {
    pub vulnerable: bool,
    /// The CWE identifiers of its weaknesses, `CWE-787` for example; none of a program that
    /// is not vulnerable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<String>,
}

/// A program whose security is known.
#[derive(Debug, Clone)]
pub struct LabelledProgram {
    pub files: FileSet,
    pub truth: Label,
}
