//! [`Ledger`]: everything that was answered and proved, as JSON lines that are written as they come, so
//! that an evolution that is killed at any instant loses no finished question.

use std::io;
use std::path::{Path, PathBuf};

use assay_core::answer::Finish;
use assay_core::{Amount, InfraError, TokenUsage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::decisions::Decision;
use super::step::Step;
use crate::journal::{Journal, JournalFault, Lines};

const SCHEMA: &str = "assay.evolution-ledger/1";

/// What answers depend on: another of these is another evolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Header {
    pub schema: String,
    pub corpus: String,
    pub corpus_digest: String,
    /// Who writes and who is asked by filters, with all parameters.
    pub writer: Value,
    pub filter: Value,
    /// The digest of all questions' wording.
    pub prompts: String,
    /// What cases that are made carry, drawn once.
    pub canary: String,
}

impl Header {
    pub fn new(
        (corpus, corpus_digest): (&str, &str),
        (writer, filter): (Value, Value),
        prompts: &str,
        canary: String,
    ) -> Header {
        Header {
            schema: SCHEMA.to_owned(),
            corpus: corpus.to_owned(),
            corpus_digest: corpus_digest.to_owned(),
            writer,
            filter,
            prompts: prompts.to_owned(),
            canary,
        }
    }

    /// A document about what this is the head of: where it is from, and what more there is to say.
    pub fn described(&self, schema: &str, more: Value) -> Value {
        let mut described = json!({
            "schema": schema,
            "assay-version": env!("CARGO_PKG_VERSION"),
            "seeds-from": self.corpus,
            "seeds-digest": self.corpus_digest,
            "writer": self.writer,
            "filter": self.filter,
            "prompts": self.prompts,
        });
        if let (Some(described), Value::Object(more)) = (described.as_object_mut(), more) {
            described.extend(more);
        }
        described
    }

    /// What differs from another one, in words.
    fn differing(&self, other: &Header) -> Option<&'static str> {
        let pairs = [
            (self.schema != other.schema, "was written by another version of assay"),
            (
                self.corpus_digest != other.corpus_digest,
                "is about another corpus, or the corpus has changed since",
            ),
            (self.writer != other.writer, "has another writer, or other settings of it"),
            (
                self.filter != other.filter,
                "has another model for the filters, or other settings of it",
            ),
            (
                self.prompts != other.prompts,
                "was asked in other words, by another version of assay",
            ),
        ];
        pairs.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    pub candidate: String,
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    Answered(Box<Answered>),
    /// A fault that the model did not cause: what was asked stays open.
    Errored {
        step: Step,
        error: InfraError,
    },
    Proved {
        turn: u32,
        proof: Proof,
    },
    Decided(Decision),
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answered {
    pub step: Step,
    /// Who answered.
    pub by: String,
    /// The SHA-256 of the question.
    pub question: String,
    /// To the letter.
    pub answer: String,
    pub finish: Finish,
    pub usage: TokenUsage,
    pub at: String,
}

/// What the proof of a case found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proof {
    pub proved: bool,
    pub faults: Vec<String>,
    /// All of it, as `assay check --format json` has it.
    pub described: Value,
}

/// A file of what happened.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    journal: Journal,
    pub header: Header,
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    #[error("failed to use {path}: {source}; name another folder with --output")]
    Io { path: String, source: io::Error },
    #[error("{path}:{line}: not a line of {SCHEMA}: {message}; name another folder with --output")]
    Line { path: String, line: usize, message: String },
    #[error("{path} holds something else than an evolution; name another folder with --output")]
    Foreign { path: String },
    #[error("the evolution in {path} {what}; name another folder with --output")]
    Other { path: String, what: &'static str },
}

impl Ledger {
    /// Opens the file, or begins it, and returns what happened so far. What a killed program left
    /// unfinished of the last line is dropped.
    pub fn open(path: &Path, header: Header) -> Result<(Ledger, Vec<Entry>), LedgerFault> {
        let fault = |fault| LedgerFault::of(path, fault);
        let (mut journal, lines) = Journal::open(path).map_err(fault)?;
        let (header, entries) = match read(path, &lines, &header)? {
            None => {
                // Only what this would have begun itself is replaced.
                let (text, beginning) = (lines.unfinished(), format!("{{\"schema\":\"{SCHEMA}\""));
                if !text.starts_with(&beginning) && !beginning.starts_with(text) {
                    return Err(fault(JournalFault::Foreign));
                }
                journal.begin(&header).map_err(fault)?;
                (header, Vec::new())
            }
            Some(found) => {
                journal.go_on(&lines).map_err(fault)?;
                found
            }
        };
        Ok((Ledger { path: path.to_owned(), journal, header }, entries))
    }

    /// What a file holds, which stays as it is; nothing if it is not there.
    pub fn look(path: &Path, header: &Header) -> Result<Option<(Header, Vec<Entry>)>, LedgerFault> {
        if !path.exists() {
            return Ok(None);
        }
        let lines = Lines::read(path).map_err(|fault| LedgerFault::of(path, fault))?;
        read(path, &lines, header)
    }

    pub fn add(&mut self, entry: &Entry) -> Result<(), LedgerFault> {
        self.journal.add(entry).map_err(|fault| LedgerFault::of(&self.path, fault))
    }
}

impl LedgerFault {
    fn of(path: &Path, fault: JournalFault) -> LedgerFault {
        let path = path.display().to_string();
        match fault {
            JournalFault::Io(source) => LedgerFault::Io { path, source },
            JournalFault::Foreign => LedgerFault::Foreign { path },
            JournalFault::Line { line, message } => LedgerFault::Line { path, line, message },
        }
    }
}

/// What answers took before.
pub fn spent(entries: &[Entry]) -> (Amount, bool) {
    let mut amount = Amount::default();
    let mut is_estimated = false;
    for entry in entries {
        if let Event::Answered(answered) = &entry.event {
            amount = amount + Amount::from(&answered.usage);
            is_estimated |= answered.usage.estimate.is_some() && !answered.usage.from_cache;
        }
    }
    (amount, is_estimated)
}

/// The head and the entries of a file, if it has a head, which must be of what is wanted.
fn read(
    path: &Path,
    lines: &Lines,
    wanted: &Header,
) -> Result<Option<(Header, Vec<Entry>)>, LedgerFault> {
    let fault = |fault| LedgerFault::of(path, fault);
    let Some(head) = lines.head() else { return Ok(None) };
    let found: Header = serde_json::from_str(head).map_err(|_| fault(JournalFault::Foreign))?;
    let entries = lines.entries().map_err(fault)?;
    match found.differing(wanted) {
        Some(what) => Err(LedgerFault::Other { path: path.display().to_string(), what }),
        None => Ok(Some((found, entries))),
    }
}
