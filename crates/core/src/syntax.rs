//! [`Syntax`]: whether a text is a program of its language at all.

use serde::{Deserialize, Serialize};

/// Whether the files of a program parse. Nothing needs to be there that they import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "syntax", rename_all = "kebab-case")]
pub enum Syntax {
    Parses,
    /// There is no code in it: nothing at all, or comments alone.
    Empty,
    Broken {
        places: Vec<BrokenPlace>,
    },
}

/// Where a file does not parse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BrokenPlace {
    pub file: String,
    /// From 1.
    pub line: u32,
}

impl Syntax {
    pub fn is_program(&self) -> bool {
        *self == Syntax::Parses
    }
}
