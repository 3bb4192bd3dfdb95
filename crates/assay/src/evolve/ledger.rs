//! [`Ledger`]: everything that was answered and proved, as JSON lines that are written as they come, so
//! that an evolution that is killed at any instant loses no finished question.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use assay_core::answer::Finish;
use assay_core::{Amount, InfraError, TokenUsage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decisions::Decision;
use super::step::Step;

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
    file: File,
    pub header: Header,
}

/// Why a ledger cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    #[error("failed to use {path}: {source}")]
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
        let name = || path.display().to_string();
        let io = |source| LedgerFault::Io { path: name(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        file.try_lock().map_err(|error| io(error.into()))?;
        let text = text_of(path)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let (head, entries) = read(path, &text[..whole])?;
        let header = match head {
            None => {
                // Only what this would have begun itself is replaced.
                let beginning = format!("{{\"schema\":\"{SCHEMA}\"");
                if !text.starts_with(&beginning) && !beginning.starts_with(&text) {
                    return Err(LedgerFault::Foreign { path: name() });
                }
                file.set_len(0).map_err(io)?;
                write(&mut file, &header).map_err(io)?;
                header
            }
            Some(found) => {
                if let Some(what) = found.differing(&header) {
                    return Err(LedgerFault::Other { path: name(), what });
                }
                file.set_len(whole as u64).map_err(io)?;
                found
            }
        };
        Ok((Ledger { path: path.to_owned(), file, header }, entries))
    }

    /// What a file holds, which stays as it is; nothing if it is not there.
    pub fn look(path: &Path, header: &Header) -> Result<Option<(Header, Vec<Entry>)>, LedgerFault> {
        if !path.exists() {
            return Ok(None);
        }
        let text = text_of(path)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let (head, entries) = read(path, &text[..whole])?;
        match head {
            None => Ok(None),
            Some(head) => match head.differing(header) {
                Some(what) => Err(LedgerFault::Other { path: path.display().to_string(), what }),
                None => Ok(Some((head, entries))),
            },
        }
    }

    pub fn add(&mut self, entry: &Entry) -> Result<(), LedgerFault> {
        let io = |source| LedgerFault::Io { path: self.path.display().to_string(), source };
        write(&mut self.file, entry).map_err(io)
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

/// The head and the entries of whole lines.
fn read(path: &Path, text: &str) -> Result<(Option<Header>, Vec<Entry>), LedgerFault> {
    let name = || path.display().to_string();
    let mut lines = text.lines().enumerate();
    let Some((_, first)) = lines.next() else { return Ok((None, Vec::new())) };
    let header: Header =
        serde_json::from_str(first).map_err(|_| LedgerFault::Foreign { path: name() })?;
    let entry = |(line, text): (usize, &str)| {
        serde_json::from_str(text).map_err(|error| LedgerFault::Line {
            path: name(),
            line: line + 1,
            message: error.to_string(),
        })
    };
    Ok((Some(header), lines.map(entry).collect::<Result<_, _>>()?))
}

fn text_of(path: &Path) -> Result<String, LedgerFault> {
    std::fs::read_to_string(path).map_err(|source| {
        let path = path.display().to_string();
        match source.kind() {
            io::ErrorKind::InvalidData => LedgerFault::Foreign { path },
            _ => LedgerFault::Io { path, source },
        }
    })
}

/// One line in one write, so that only the last line of a file can be unfinished.
fn write(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    let line = serde_json::to_string(value)? + "\n";
    file.write_all(line.as_bytes())
}
