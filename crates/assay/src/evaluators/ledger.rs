//! [`Ledger`]: assessments as JSON lines, written as they come, so that a comparison that is
//! stopped goes on where it was.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use assay_core::assessment::Assessment;
use serde::{Deserialize, Serialize};

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
    file: File,
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
        let io = |source| LedgerFault::Io { path: path.display().to_string(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io)?;
        file.try_lock().map_err(|error| io(error.into()))?;
        let header = Header {
            schema: SCHEMA.to_owned(),
            corpus: corpus.to_owned(),
            corpus_digest: digest.to_owned(),
        };
        let text = text_of(path)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].lines().enumerate();
        let fault = |line: usize, error: &serde_json::Error| LedgerFault::Line {
            path: path.display().to_string(),
            line: line + 1,
            message: error.to_string(),
        };
        let mut assessments = Vec::new();
        match lines.next() {
            None => {
                // Only what this would have begun itself is replaced.
                if !line_of(&header).map_err(io)?.starts_with(&text) {
                    return Err(LedgerFault::Foreign { path: path.display().to_string() });
                }
                file.set_len(0).map_err(io)?;
                write(&mut file, &header).map_err(io)?;
            }
            Some((line, first)) => {
                let found: Header =
                    serde_json::from_str(first).map_err(|error| fault(line, &error))?;
                if found.corpus_digest != header.corpus_digest || found.schema != SCHEMA {
                    return Err(LedgerFault::Corpus { path: path.display().to_string() });
                }
                file.set_len(whole as u64).map_err(io)?;
                for (line, text) in lines {
                    let read = serde_json::from_str(text);
                    assessments.push(read.map_err(|error| fault(line, &error))?);
                }
            }
        }
        file.seek(SeekFrom::End(0)).map_err(io)?;
        Ok(Ledger { path: path.to_owned(), file, assessments })
    }

    /// The assessments in a file that stays as it is.
    pub fn read(path: &Path) -> Result<Vec<Assessment>, LedgerFault> {
        let name = || path.display().to_string();
        let text = text_of(path)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].lines().enumerate();
        let head = lines.next().and_then(|(_, first)| serde_json::from_str::<Header>(first).ok());
        if head.is_none_or(|head| head.schema != SCHEMA) {
            return Err(LedgerFault::Foreign { path: name() });
        }
        let read = |(line, text): (usize, &str)| {
            serde_json::from_str(text).map_err(|error| LedgerFault::Line {
                path: name(),
                line: line + 1,
                message: error.to_string(),
            })
        };
        lines.map(read).collect()
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
        write(&mut self.file, &assessment)
            .map_err(|source| LedgerFault::Io { path: self.path.display().to_string(), source })?;
        self.assessments.push(assessment);
        Ok(())
    }
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

fn line_of(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

fn write(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    file.write_all(line_of(value)?.as_bytes())
}
