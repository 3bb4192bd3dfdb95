//! Runs as a web site of static pages that need no server, no script and no
//! network: an index, a page for each case of a run, and a page for each
//! attempt.
//!
//! Whatever a model or a case can influence is escaped by maud and shown
//! through [`Visible`](crate::printable::Visible); file names are made of
//! numbers and reduced identifiers only.

use std::path::{Path, PathBuf};

use assay_core::score::ScoringRules;

use crate::store::{Store, StoreError};

use super::RunData;
use reported_run::ReportedRun;
use site::Site;

mod attempt;
mod badge;
mod ballot;
mod case;
mod case_table;
mod diff;
mod index;
mod leaderboard;
mod pace;
mod page;
mod provenance;
mod reported_run;
mod site;
mod source;
mod spending;
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
/// earlier report there. Attempts are read and written one at a time, so that
/// memory does not grow with the texts of a run. `rules` decide how scores
/// are withheld.
pub fn write(
    stores: &[Store],
    output: &Path,
    rules: &ScoringRules,
) -> Result<ReportSummary, ReportError> {
    if stores.is_empty() {
        return Err(ReportError::NoRuns);
    }
    let mut runs = Vec::new();
    for (store, number) in stores.iter().zip(1..) {
        runs.push(ReportedRun::new(number, RunData::read(store, rules)?));
    }
    let mut site = Site::begin(output)?;
    for (run, store) in runs.iter().zip(stores) {
        for number in 0..run.data.info.cases.len() {
            site.page(&run.case_path(number), case::page(&runs, run, number))?;
            for place in attempt::Place::all(run, number) {
                let record = store.attempt(place.summary)?;
                site.page(&place.path(), attempt::page(&place, &record))?;
            }
        }
    }
    site.page("index.html", index::page(&runs))?;
    site.finish(&runs)
}
