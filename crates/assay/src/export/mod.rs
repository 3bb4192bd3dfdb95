//! A run in formats that other tools read; docs/exports.md describes them all.
//!
//! Attempts are read from the store one by one and written as they come, so that a
//! run of any size takes the memory of its largest attempt, beside the list of all.

mod attempts;
mod column;
mod csv;
mod inspect;
mod json_stream;
mod jsonl;
mod junit;
mod parquet;
mod physical_location;
mod sarif;
mod source;
mod table;
mod turns;
mod usage;

use std::io::{self, Write};

use assay_core::Outcome;
use assay_core::meant::did_you_mean;
use clap::ValueEnum;

use crate::store::StoreError;

pub use source::Source;

/// What a run can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// JSON lines: a row of the table in each
    Jsonl,
    /// For spreadsheets
    Csv,
    /// For pandas, polars and DuckDB
    Parquet,
    /// JUnit's XML, for continuous integration
    Junit,
    /// SARIF 2.1.0: each insecure attempt a result, for code scanning
    Sarif,
    /// A folder of Inspect's logs, one for each subject, for its viewer
    Inspect,
    /// A folder of data to train models with
    Sft,
}

/// What the rows of a table are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Rows {
    /// A row for each attempt: assay.attempts/1
    #[default]
    Attempts,
    /// A row for each question and its answer: assay.turns/1
    Turns,
}

/// What a table holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contents {
    pub rows: Rows,
    /// Whether prompts, answers, artifacts, evidence and logs have columns.
    pub with_texts: bool,
}

/// A file to write: which rows of which runs, in which format.
#[derive(Debug)]
pub enum Document<'a> {
    Jsonl(&'a [Source], Contents),
    Csv(&'a [Source], Rows),
    Parquet(&'a [Source], Contents),
    Junit(&'a [Source]),
    Sarif(&'a [Source]),
    /// The log of the subject at this place.
    Inspect(&'a Source, usize),
}

/// Called for each attempt that has been written.
pub type Watch<'a> = &'a mut dyn FnMut(&Outcome);

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the run {run} has no subject {subject:?}{}; it has {subjects}", did_you_mean(subject, subjects.split(", ")))]
    NoSubject { run: String, subject: String, subjects: String },
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl ExportFormat {
    /// What follows the run's name in the name of its export.
    pub fn ending(self) -> &'static str {
        match self {
            ExportFormat::Jsonl => "jsonl",
            ExportFormat::Csv => "csv",
            ExportFormat::Parquet => "parquet",
            ExportFormat::Junit => "junit.xml",
            ExportFormat::Sarif => "sarif",
            ExportFormat::Inspect => "inspect",
            ExportFormat::Sft => "sft",
        }
    }

    /// Whether it has rows and columns.
    pub fn is_table(self) -> bool {
        matches!(self, ExportFormat::Jsonl | ExportFormat::Csv | ExportFormat::Parquet)
    }
}

impl<'a> Document<'a> {
    /// The logs of all subjects of a run, each with the name of its file.
    pub fn inspect_logs(source: &'a Source) -> Vec<(String, Document<'a>)> {
        let subjects = source.subjects().iter().enumerate();
        subjects
            .map(|(place, subject)| {
                (inspect::file_name(source, subject), Document::Inspect(source, place))
            })
            .collect()
    }

    /// Writes it, and reports each attempt to the caller.
    pub fn write(&self, out: impl Write + Send, watch: Watch<'_>) -> Result<(), ExportError> {
        match *self {
            Document::Jsonl(sources, contents) => jsonl::write(sources, contents, out, watch),
            Document::Csv(sources, rows) => csv::write(sources, rows, out, watch),
            Document::Parquet(sources, contents) => parquet::write(sources, contents, out, watch),
            Document::Junit(sources) => junit::write(sources, out, watch),
            Document::Sarif(sources) => sarif::write(sources, out, watch),
            Document::Inspect(source, place) => match source.subjects().get(place) {
                Some(subject) => inspect::write(source, subject, out, watch),
                None => Ok(()),
            },
        }
    }
}
