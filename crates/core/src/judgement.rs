//! [`Judgement`]: what an attempt amounts to, of code and of statements about code.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::label::Label;
use crate::verdict::Verdict;

/// What an attempt amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Judgement {
    /// Code was asked for.
    Code(Verdict),
    /// It was asked whether a program is vulnerable.
    Label(LabelJudgement),
    /// Nothing was asked, and nothing is to be.
    NotAsked(NotAsked),
}

/// Why there was nothing to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotAsked {
    /// The attempt that the question would be about has come to something else than it is
    /// about.
    #[serde(rename = "not-asked")]
    OfEarlier,
}

/// A statement about a program, together with the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelJudgement {
    /// `None` where the answer could not be read.
    pub said: Option<Label>,
    pub truth: Label,
}

const NOT_ASKED: &str = "not-asked";

impl Judgement {
    /// The verdict on code; `None` of anything else.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Judgement::Code(verdict) => Some(*verdict),
            Judgement::Label(_) | Judgement::NotAsked(_) => None,
        }
    }

    /// Whether the subject did what it was asked: code passes every phase of its task, or a
    /// statement is true.
    pub fn is_success(&self) -> bool {
        match self {
            Judgement::Code(verdict) => verdict.is_success(),
            Judgement::Label(label) => label.is_right(),
            Judgement::NotAsked(_) => false,
        }
    }

    /// A word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Judgement::Code(verdict) => verdict.as_str(),
            Judgement::Label(LabelJudgement { said: None, .. }) => "unread",
            Judgement::Label(label) if label.is_right() => "right",
            Judgement::Label(_) => "wrong",
            Judgement::NotAsked(_) => NOT_ASKED,
        }
    }

    /// How runs keep it: a verdict by its name, anything else as JSON.
    pub fn to_text(&self) -> Cow<'static, str> {
        match self {
            Judgement::Code(verdict) => verdict.as_str().into(),
            Judgement::Label(label) => serde_json::to_string(label).unwrap_or_default().into(),
            Judgement::NotAsked(_) => NOT_ASKED.into(),
        }
    }
}

impl LabelJudgement {
    /// Whether the statement about being vulnerable is true.
    pub fn is_right(&self) -> bool {
        self.said.as_ref().is_some_and(|said| said.vulnerable == self.truth.vulnerable)
    }
}

impl From<Verdict> for Judgement {
    fn from(verdict: Verdict) -> Judgement {
        Judgement::Code(verdict)
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Judgement {
    type Err = String;

    fn from_str(text: &str) -> Result<Judgement, String> {
        if text.starts_with('{') {
            let label = serde_json::from_str(text);
            return label.map(Judgement::Label).map_err(|error| error.to_string());
        }
        if text == NOT_ASKED {
            return Ok(Judgement::NotAsked(NotAsked::OfEarlier));
        }
        let found = Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == text);
        found.map(Judgement::Code).ok_or_else(|| format!("{text:?} is not a verdict"))
    }
}
