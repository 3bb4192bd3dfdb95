//! Labels that people gave: a table of comma-separated values.

use std::collections::BTreeMap;
use std::path::Path;

use assay_core::Label;
use assay_core::text_file;
use serde::Deserialize;

use super::program::KnownProgram;

/// What people say of programs, by the programs' ids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Labels(BTreeMap<String, Label>);

/// Why labels cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum LabelsFault {
    #[error("failed to read {path}: {message}")]
    Unread { path: String, message: String },
    #[error("{path}:{line}: {message}")]
    Row { path: String, line: u64, message: String },
    #[error(
        "{path} labels the program {program:?}, which is not among those of the corpus; `assay cases` lists them"
    )]
    Unknown { path: String, program: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    program: String,
    vulnerable: String,
    #[serde(default)]
    cwe: String,
}

impl Labels {
    /// Reads a table with the columns `program`, `vulnerable` (yes or no) and, if there is one,
    /// `cwe` (identifiers with spaces between them).
    pub fn read(path: &Path) -> Result<Labels, LabelsFault> {
        let name = path.display().to_string();
        let text = text_file::read(path).map_err(|error| LabelsFault::Unread {
            path: name.clone(),
            message: error.to_string(),
        })?;
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let fault = |line, message| LabelsFault::Row { path: name.clone(), line, message };
        let unread = |line: u64, error: &csv::Error| {
            fault(line, format!("{}; the columns are program,vulnerable,cwe", reason(error)))
        };
        let columns = reader.headers().map_err(|error| unread(1, &error))?.clone();
        let mut labels = BTreeMap::new();
        let mut row = csv::StringRecord::new();
        let mut lines = Lines { text: &text, at: 0, line: 1 };
        loop {
            let line = lines.of_row_after(reader.position().byte());
            if !reader.read_record(&mut row).map_err(|error| unread(line, &error))? {
                break;
            }
            let row: Row = row.deserialize(Some(&columns)).map_err(|error| unread(line, &error))?;
            let vulnerable = truth(&row.vulnerable).ok_or_else(|| {
                fault(line, format!("vulnerable is {:?}; write yes or no", row.vulnerable))
            })?;
            let cwe = row.cwe.split_whitespace().map(str::to_uppercase).collect();
            let label = Label { vulnerable, cwe, ..Label::default() };
            if labels.insert(row.program.clone(), label).is_some() {
                return Err(fault(line, format!("{} is labelled twice", row.program)));
            }
        }
        Ok(Labels(labels))
    }

    /// Those of the programs that have a label, with that for the truth.
    pub fn of(
        &self,
        programs: Vec<KnownProgram>,
        path: &Path,
    ) -> Result<Vec<KnownProgram>, LabelsFault> {
        let is_there = |id: &str| programs.iter().any(|program| program.id() == id);
        if let Some(program) = self.0.keys().find(|id| !is_there(id)) {
            let path = path.display().to_string();
            return Err(LabelsFault::Unknown { path, program: program.clone() });
        }
        let labelled = programs.into_iter().filter_map(|program| {
            let truth = self.0.get(program.id())?.clone();
            Some(KnownProgram { truth, ..program })
        });
        Ok(labelled.collect())
    }
}

/// Tells lines of a text, from its beginning to its end. The reader of the table takes the blank
/// lines before a row for a part of it.
struct Lines<'a> {
    text: &'a str,
    /// A place in the text, in bytes, and its line, from 1.
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first row that begins at this byte or after it.
    fn of_row_after(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(byte..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let passed = self.text.as_bytes().get(self.at..byte + blank).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at += passed.len();
        self.line
    }
}

/// What is wrong with a row, without a place in it, which the reader has its own count of.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} values where there are {expected_len} columns")
        }
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => error.to_string(),
    }
}

fn truth(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "yes" | "true" | "1" | "vulnerable" => Some(true),
        "no" | "false" | "0" | "secure" => Some(false),
        _ => None,
    }
}
