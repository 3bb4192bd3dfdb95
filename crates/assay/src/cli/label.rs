//! What a user calls a run.

use std::fmt;
use std::str::FromStr;

/// Characters that a label may have: it stands in tables and in the heads of pages.
const MOST: usize = 80;

/// A short text on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Label, String> {
        let text = text.trim();
        let length = text.chars().count();
        if text.is_empty() {
            return Err("a label is not empty".to_owned());
        }
        if length > MOST {
            return Err(format!("a label has {MOST} characters at most, and this has {length}"));
        }
        if text.contains(char::is_control) {
            return Err("a label is one line without control characters".to_owned());
        }
        Ok(Label(text.to_owned()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
