//! [`AttemptEnd`]: why an attempt has no further answer.

use std::fmt;
use std::str::FromStr;

use crate::meant::did_you_mean;
use crate::outcome::Outcome;

/// Why an attempt has no further answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttemptEnd {
    /// Its last answer left nothing to be repaired.
    Settled,
    /// Its last answer could be repaired, but was the last that it may have.
    AnswersUsed,
    /// Its last answer could be repaired, but what failed no longer fitted the model's
    /// context beside the conversation.
    ContextFull,
    /// Judges are to decide about its last answer, and none is configured.
    Unjudged,
    /// A fault that the subject did not cause.
    Errored,
}

impl AttemptEnd {
    pub const ALL: [AttemptEnd; 5] = [
        AttemptEnd::Settled,
        AttemptEnd::AnswersUsed,
        AttemptEnd::ContextFull,
        AttemptEnd::Unjudged,
        AttemptEnd::Errored,
    ];

    /// The end of an attempt that came out so.
    pub fn of(outcome: &Outcome, is_context_full: bool) -> AttemptEnd {
        match outcome {
            Outcome::Errored(_) if outcome.is_unjudged() => AttemptEnd::Unjudged,
            Outcome::Errored(_) => AttemptEnd::Errored,
            Outcome::Judged(_) if !outcome.is_repairable() => AttemptEnd::Settled,
            Outcome::Judged(_) if is_context_full => AttemptEnd::ContextFull,
            Outcome::Judged(_) => AttemptEnd::AnswersUsed,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            AttemptEnd::Settled => "settled",
            AttemptEnd::AnswersUsed => "answers-used",
            AttemptEnd::ContextFull => "context-full",
            AttemptEnd::Unjudged => "unjudged",
            AttemptEnd::Errored => "errored",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            AttemptEnd::Settled => "settled",
            AttemptEnd::AnswersUsed => "answers used",
            AttemptEnd::ContextFull => "context full",
            AttemptEnd::Unjudged => "unjudged",
            AttemptEnd::Errored => "errored",
        }
    }
}

impl fmt::Display for AttemptEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AttemptEnd {
    type Err = String;

    fn from_str(text: &str) -> Result<AttemptEnd, String> {
        let found = AttemptEnd::ALL.into_iter().find(|end| end.as_str() == text);
        found.ok_or_else(|| {
            let all = AttemptEnd::ALL.map(AttemptEnd::as_str);
            let meant = did_you_mean(text, all);
            format!("{text:?} is not how an attempt ends{meant}; there are {}", all.join(", "))
        })
    }
}
