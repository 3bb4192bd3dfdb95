//! [`Ledger`]: assessments as JSON lines, written as they come, so that a comparison that is
//! stopped goes on where it was.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use assay_core::assessment::Assessment;
use serde::{Deserialize, Serialize};

use crate::journal::{Journal, JournalFault, Lines, line_of};

/// What the first line of the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    schema: String,
    corpus: String,
    corpus_digest: String,
}

const SCHEMA: &str = "assay.assessments/1";

/// A file of assessments.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    journal: Journal,
    assessments: Vec<Assessment>,
}

/// Why a file of assessments cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    #[error("failed to use {path}: {source}")]
    Io { path: String, source: io::Error },
    #[error("{path}:{line}: not a line of {SCHEMA}: {message}; name another file with --output")]
    Line { path: String, line: usize, message: String },
    #[error("{path} holds something else than assessments; name another file")]
    Foreign { path: String },
    #[error(
        "{path} is about another corpus, or the corpus has changed since; name another file with --output"
    )]
    Corpus { path: String },
}

impl Ledger {
    /// Opens the file, or begins it. What a killed comparison left unfinished of its last line
    /// is dropped.
    pub fn open(path: &Path, corpus: &str, digest: &str) -> Result<Ledger, LedgerFault> {
        let fault = |fault| LedgerFault::of(path, fault);
        let header = Header {
            schema: SCHEMA.to_owned(),
            corpus: corpus.to_owned(),
            corpus_digest: digest.to_owned(),
        };
        let (mut journal, lines) = Journal::open(path).map_err(fault)?;
        let assessments = match lines.head() {
            None => {
                // Only what this would have begun itself is replaced.
                let own = line_of(&header).map_err(|error| fault(JournalFault::Io(error)))?;
                if !own.starts_with(lines.unfinished()) {
                    return Err(fault(JournalFault::Foreign));
                }
                journal.begin(&header).map_err(fault)?;
                Vec::new()
            }
            Some(head) => {
                let found: Header = serde_json::from_str(head).map_err(|error| {
                    fault(JournalFault::Line { line: 1, message: error.to_string() })
                })?;
                if found.corpus_digest != header.corpus_digest || found.schema != SCHEMA {
                    return Err(LedgerFault::Corpus { path: path.display().to_string() });
                }
                journal.go_on(&lines).map_err(fault)?;
                lines.entries().map_err(fault)?
            }
        };
        Ok(Ledger { path: path.to_owned(), journal, assessments })
    }

    /// The assessments in a file that stays as it is.
    pub fn read(path: &Path) -> Result<Vec<Assessment>, LedgerFault> {
        let fault = |fault| LedgerFault::of(path, fault);
        let lines = Lines::read(path).map_err(fault)?;
        let head = lines.head().and_then(|head| serde_json::from_str::<Header>(head).ok());
        if head.is_none_or(|head| head.schema != SCHEMA) {
            return Err(fault(JournalFault::Foreign));
        }
        lines.entries().map_err(fault)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn assessments(&self) -> &[Assessment] {
        &self.assessments
    }

    /// The programs that an evaluator has assessed.
    pub fn assessed_by(&self, evaluator: &str) -> BTreeSet<String> {
        let by = self.assessments.iter().filter(|it| it.evaluator == evaluator);
        by.map(|it| it.program.clone()).collect()
    }

    pub fn add(&mut self, assessment: Assessment) -> Result<(), LedgerFault> {
        self.journal.add(&assessment).map_err(|fault| LedgerFault::of(&self.path, fault))?;
        self.assessments.push(assessment);
        Ok(())
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
