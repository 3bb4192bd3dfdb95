//! [`Answer`]: what a subject said, and how it ended.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a subject said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Free text that should hold a `<result>` block.
    Text(String),
    /// Files by path, from a subject that does not speak.
    Files(BTreeMap<String, String>),
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    #[default]
    Complete,
    /// The model declined to answer.
    Refused,
    /// The provider's filter kept back the answer, or the question from the model.
    Filtered,
    /// The limit on tokens was reached.
    Truncated,
    /// The model called a tool, though none was offered.
    ToolCall,
}

impl Finish {
    pub fn as_str(self) -> &'static str {
        match self {
            Finish::Complete => "complete",
            Finish::Refused => "refused",
            Finish::Filtered => "filtered",
            Finish::Truncated => "truncated",
            Finish::ToolCall => "tool-call",
        }
    }
}

impl FromStr for Finish {
    type Err = String;

    fn from_str(text: &str) -> Result<Finish, String> {
        let all = [
            Finish::Complete,
            Finish::Refused,
            Finish::Filtered,
            Finish::Truncated,
            Finish::ToolCall,
        ];
        let found = all.into_iter().find(|finish| finish.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is not how an answer ends"))
    }
}
