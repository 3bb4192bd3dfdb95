//! [`Example`]: one question with the answer that a model is to learn.

use assay_core::Language;

use super::source::Source;

/// What an example teaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Whether a program has one named weakness.
    Judgement,
    /// Whether a program is vulnerable, of which type and where.
    Classification,
    /// To mend a program.
    Repair,
    /// To complete a program.
    Completion,
    /// To write code from a description.
    Generation,
    /// Which of two answers to one question is the better one.
    Preference,
    /// What an answer is worth, for reinforcement learning.
    Rollout,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Judgement,
        Kind::Classification,
        Kind::Repair,
        Kind::Completion,
        Kind::Generation,
        Kind::Preference,
        Kind::Rollout,
    ];

    /// The beginning of the names of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Judgement => "judgement",
            Kind::Classification => "classification",
            Kind::Repair => "repair",
            Kind::Completion => "completion",
            Kind::Generation => "generation",
            Kind::Preference => "preference",
            Kind::Rollout => "rollout",
        }
    }

    /// For the data card.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Judgement => "has this program this weakness",
            Kind::Classification => "is this program vulnerable, of which type, where",
            Kind::Repair => "mend this program",
            Kind::Completion => "complete this program",
            Kind::Generation => "write this code",
            Kind::Preference => "a secure answer against an insecure one to the same question",
            Kind::Rollout => "answers with their verdicts and rewards",
        }
    }
}

/// One question and what is to be learnt of its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub kind: Kind,
    pub question: String,
    pub said: Said,
    /// The programs in it, for the search for what evaluations ask.
    pub code: Vec<String>,
    pub origin: Origin,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Answer(String),
    Pair { chosen: String, rejected: String },
    Scored { answer: String, reward: f64, is_functional: bool, verdict: &'static str },
}

/// Where an example is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its name in the set.
    pub id: String,
    /// What it shares with all examples about the same program or task, which are never on both
    /// sides of a split.
    pub scenario: String,
    pub language: Language,
    pub cwe: Vec<String>,
    pub source: Source,
    /// Who said that it is secure or vulnerable: `tests`, `judges`, `analyser`, `record` or
    /// `label`.
    pub decided_by: &'static str,
}
