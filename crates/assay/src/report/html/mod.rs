//! Runs as a web site of static pages that need no server and no network: an index, a page
//! for each subject and each case of a run, and a page that shows any attempt.
//!
//! A run may have a hundred thousand attempts, so those of a subject at a case are one
//! file, compressed, which the page loads when one of them is asked for. Everything else
//! is there without the script; with it tables sort, and the leaderboard computes scores
//! for a part of the cases.
//!
//! Whatever a model or a case can influence is escaped by maud and shown
//! through [`Visible`](crate::printable::Visible); file names are made of
//! numbers and reduced identifiers only.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use assay_core::score::ScoringRules;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Map, Value, json};

use crate::store::{Store, StoreError};

use super::RunData;
use reported_run::{Entry, ReportedRun};
use site::Site;

mod attempt;
mod badge;
mod ballot;
mod case;
mod case_table;
mod cells;
mod diff;
mod failures;
mod filters;
mod index;
mod leaderboard;
mod pace;
mod page;
mod plot;
mod plots;
mod provenance;
mod reported_run;
mod site;
mod source;
mod spending;
mod subject;
mod suite;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSummary {
    /// The page to open.
    pub index: PathBuf,
    pub runs: usize,
    pub pages: usize,
}

/// Why a report was not written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("there is no run to report; name at least one")]
    NoRuns,
    #[error("{0} holds files that are not a report of assay; choose another --output, or empty it")]
    NotOurs(String),
    #[error("failed to write {path}: {source}")]
    Write { path: String, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the report of these runs into the directory `output`, in place of an
/// earlier report there. Attempts are read and written case by case, so that
/// memory does not grow with the texts of a run. `rules` decide how scores
/// are computed; `tell` hears how many of how many attempts are written.
pub fn write(
    stores: &[Store],
    output: &Path,
    rules: &ScoringRules,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<ReportSummary, ReportError> {
    if stores.is_empty() {
        return Err(ReportError::NoRuns);
    }
    let mut runs = Vec::new();
    for (store, number) in stores.iter().zip(1..) {
        runs.push(ReportedRun::new(number, RunData::read(store, rules)?));
    }
    let entries = Entry::all(&runs);
    let board = Entry::board(&runs, &entries);
    let mut site = Site::begin(output)?;
    let all = runs.iter().map(|run| run.data.attempts.len()).sum();
    let mut written = 0;
    for (run, store) in runs.iter().zip(stores) {
        for number in 0..run.data.info.cases.len() {
            site.page(&run.case_path(number), case::page(&runs, run, number))?;
            for (subject, places) in by_subject(run, number) {
                let mut attempts = Map::new();
                for place in places {
                    let (title, content) = attempt::parts(&place, &store.attempt(place.summary)?);
                    let content = content.into_string();
                    attempts.insert(
                        place.summary.id.to_string(),
                        json!({ "title": title, "content": content }),
                    );
                    written += 1;
                }
                let packed = packed(&Value::from(attempts).to_string());
                site.data(&run.attempts_path(number, subject), &packed.into())?;
                tell(written, all);
            }
        }
        for number in 0..run.data.subjects.len() {
            site.page(&run.subject_path(number), subject::page(run, number))?;
        }
    }
    site.page("attempt.html", attempt::shell())?;
    let scoring = &runs[0].data.scoring;
    let cells = cells::data(&runs, &entries, &scoring.weights, scoring.resampling);
    site.data(cells::PATH, &cells)?;
    site.page("index.html", index::page(&runs, &entries, board.as_deref()))?;
    site.finish(&runs)
}

/// The attempts at a case, by the position of their subject.
fn by_subject(run: &ReportedRun, case: usize) -> BTreeMap<usize, Vec<attempt::Place<'_>>> {
    let mut subjects: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for place in attempt::Place::all(run, case) {
        if let Some(subject) = run.subject_position(&place.summary.key.subject) {
            subjects.entry(subject).or_default().push(place);
        }
    }
    subjects
}

/// A text deflated, in base64: a file of it can be loaded as a script from disk.
fn packed(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // What is written into memory does not fail.
    let _ = encoder.write_all(text.as_bytes());
    BASE64_STANDARD.encode(encoder.finish().unwrap_or_default())
}
