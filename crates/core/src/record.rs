//! What a run keeps of its attempts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Finish};
use crate::artifact::Artifact;
use crate::case::{Case, Language, Severity};
use crate::end::AttemptEnd;
use crate::evidence::Evidence;
use crate::files::{FileSet, texts};
use crate::judge::JudgeReply;
use crate::log::Log;
use crate::outcome::Outcome;
use crate::reading::{OtherReading, TurnReading, spoken};
use crate::scenario::Scenario;
use crate::served::Served;
use crate::task::{SolutionKind, Task};
use crate::tokens::TokenUsage;

/// Which attempt: one round of one task. Unique in a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptKey {
    pub subject: String,
    pub case: String,
    pub scenario: Scenario,
    /// From 1.
    pub round: u32,
}

impl fmt::Display for AttemptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {} / round {}", self.subject, self.case, self.scenario, self.round)
    }
}

/// One question to the subject, its answer, and the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The message that this turn added to the conversation.
    pub prompt: String,
    pub answer: Answer,
    /// The thinking that the model showed, which is not part of its answer, although it may have
    /// been in the answer's text.
    pub thinking: Option<String>,
    pub finish: Finish,
    pub artifact: Option<Artifact>,
    /// How the answer was read; `None` in a run of a version that did not keep it.
    pub reading: Option<TurnReading>,
    pub evidence: Evidence,
    pub logs: Vec<Log>,
    pub usage: TokenUsage,
    /// Which model the server says has answered, and what it was sent.
    pub served: Served,
    pub asked_ms: u64,
    pub validated_ms: u64,
    /// The attempt whose validation of an identical artifact this one shares.
    pub shared_with: Option<AttemptKey>,
    /// What judges said about this turn's artifact, and not about an identical one.
    pub judge_replies: Vec<JudgeReply>,
}

/// A finished attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    pub key: AttemptKey,
    pub outcome: Outcome,
    /// At least one, unless the attempt errored at its first question, or only its outcome
    /// is known.
    pub turns: Vec<Turn>,
    /// What the server said when the question after the last turn no longer fitted the
    /// model's context; `None` where no question was too long.
    pub context_full: Option<String>,
}

impl Turn {
    /// The text of the answer without the thinking that was found in it; `None` of files.
    pub fn spoken(&self) -> Option<Cow<'_, str>> {
        let Answer::Text(text) = &self.answer else { return None };
        let thinking = self.reading.as_ref().and_then(|reading| reading.thinking.as_deref());
        Some(spoken(text, thinking.unwrap_or_default()))
    }

    /// The result of the other reading, if that finds another artifact.
    pub fn other_reading(&self) -> Option<&OtherReading> {
        self.reading.as_ref()?.other.as_deref()
    }

    /// What was observed under the reading that the run does not follow.
    fn other_outcome(&self) -> Outcome {
        match self.other_reading().map(|other| &other.observed) {
            Some(Ok(evidence)) => evidence.outcome(),
            Some(Err(error)) => Outcome::Errored(error.clone()),
            None => self.evidence.outcome(),
        }
    }
}

impl AttemptRecord {
    /// Why it has no further answer.
    pub fn end(&self) -> AttemptEnd {
        AttemptEnd::of(&self.outcome, self.context_full.is_some())
    }

    /// How the attempt comes out under the reading that the run does not follow; `None`
    /// where both readings find the same in every answer.
    ///
    /// The conversation is that of the run. Under the other reading it would have ended at
    /// the first answer that is functional there, and what came after would not count; an
    /// answer that this reading alone finds code in was not followed by a repair.
    pub fn other_outcome(&self) -> Option<Outcome> {
        self.turns.iter().find(|turn| turn.other_reading().is_some())?;
        for turn in &self.turns {
            let outcome = turn.other_outcome();
            if !outcome.is_repairable() {
                return Some(outcome);
            }
        }
        let is_open = matches!(&self.outcome, Outcome::Errored(error) if error.class.is_fault());
        match self.turns.last() {
            Some(last) if !is_open => Some(last.other_outcome()),
            _ => Some(self.outcome.clone()),
        }
    }
}

/// A case that was chosen and is not in a run, of any subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The case's id.
    pub case: String,
    /// In a phrase, such as "needs judges, none configured".
    pub why: String,
}

impl LeftOut {
    /// A case that was left out because nobody could decide it.
    pub fn for_want_of_judges(case: &str) -> LeftOut {
        LeftOut { case: case.to_owned(), why: "needs judges, none configured".to_owned() }
    }
}

/// So many cases that were left out are named; the others are in the output for programs.
pub const LEFT_OUT_NAMED: usize = 3;

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.case, self.why)
    }
}

/// What a run keeps of a case, so that scores and reports need no corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSummary {
    pub id: String,
    pub title: String,
    pub language: Language,
    pub cwe: Vec<String>,
    pub severity: Severity,
    /// The case's digest, see [`Case::digest`].
    pub digest: String,
    /// The insecure artifact that the fix scenarios show.
    pub vulnerable: BTreeMap<String, String>,
    /// The first artifact known to be secure; empty where the corpus has none, and `None`
    /// in a run of a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure: Option<BTreeMap<String, String>>,
    /// What a program shares with others that do the same, see [`crate::label::LabelledProgram::origin`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The case that this is a variant of, see [`Case::variant_of`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_of: Option<String>,
    /// The program that something is to be said of; empty where none is, and in a run of a
    /// version that did not keep it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub program: BTreeMap<String, String>,
}

impl From<&Case> for CaseSummary {
    fn from(case: &Case) -> CaseSummary {
        let first = |kind: SolutionKind| {
            let solution = case.solutions(kind).next();
            solution.map(|solution| kept(&solution.files)).unwrap_or_default()
        };
        let program = match &case.task {
            Task::Recognise(program) => Some(program),
            Task::Code(_) => None,
        };
        CaseSummary {
            id: case.id.clone(),
            title: case.title.clone(),
            language: case.language,
            cwe: case.cwe.clone(),
            severity: case.severity,
            digest: case.digest(),
            vulnerable: first(SolutionKind::Vulnerable),
            secure: Some(first(SolutionKind::Secure)),
            origin: program.and_then(|program| program.origin.clone()),
            variant_of: case.variant_of.clone(),
            program: program.map(|program| kept(&program.files)).unwrap_or_default(),
        }
    }
}

fn kept(files: &FileSet) -> BTreeMap<String, String> {
    texts(files).into_iter().map(|(path, text)| (path.into(), text)).collect()
}
