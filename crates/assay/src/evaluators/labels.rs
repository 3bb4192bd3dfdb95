//! Labels that people gave: a table of comma-separated values.

use std::collections::BTreeMap;
use std::path::Path;

use assay_core::Label;
use assay_core::text_file;
use serde::Deserialize;

use super::program::KnownProgram;
use crate::spreadsheet::{RowFault, Rows};

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
        let fault = |line, message| LabelsFault::Row { path: name.clone(), line, message };
        let unread = |RowFault { line, message }: RowFault| {
            fault(line, format!("{message}; the columns are program,vulnerable,cwe"))
        };
        let mut rows = Rows::of(&text).map_err(unread)?;
        let mut labels = BTreeMap::new();
        while let Some(row) = rows.next::<Row>() {
            let (line, row) = row.map_err(unread)?;
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

fn truth(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "yes" | "true" | "1" | "vulnerable" => Some(true),
        "no" | "false" | "0" | "secure" => Some(false),
        _ => None,
    }
}
