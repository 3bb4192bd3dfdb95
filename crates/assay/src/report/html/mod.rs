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

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assay_core::score::ScoringRules;

use crate::store::{Store, StoreError};

use super::{RunData, RunOrder};
use search_index::SearchWords;
use site::Site;

pub use comparison::alone as comparison_page;
pub use contents::{Content, Kind, Report};
pub use page::{Live, Medium, alone};

mod attempt;
mod axis;
mod badge;
mod ballot;
mod case;
mod case_table;
mod cells;
mod comparison;
mod contents;
mod cov_eval;
mod difference_plot;
mod failures;
mod filters;
mod heat;
mod index;
mod items;
mod leaderboard;
pub mod live;
mod opinions;
mod pace;
mod page;
mod pair;
mod plot;
mod plot_labels;
mod plots;
mod provenance;
mod readings;
mod reported_run;
mod root_cause;
pub mod search;
mod search_index;
mod served;
mod site;
mod solutions;
mod source;
mod spending;
mod subject;
mod suite;
mod timeline;
mod trend;
mod work;

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
    #[error("a trend takes two runs or more, or one run with two subjects or more; name more runs")]
    NoTrend,
    #[error(
        "{0} contains files that are not an Assay report; choose another --output, or empty it"
    )]
    NotOurs(String),
    #[error("{0} is a file, and a report is a folder; choose another --output")]
    NoFolder(String),
    #[error(
        "the run {run} is inside the earlier report {root} and would be deleted with it; move the run, or choose another --output"
    )]
    RunInside { root: String, run: String },
    #[error(
        "failed to write {path}: {source}; choose another --output, in a folder that can be written to"
    )]
    Write { path: String, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a report of these runs can be written into a directory.
pub fn check_place(output: &Path, runs: &[&Path]) -> Result<(), ReportError> {
    Site::check(output, runs)
}

/// Writes the report of these runs into the directory `output`, in place of an
/// earlier report there. `rules` decide how scores are computed; `tell` hears how many of
/// how many attempts are written.
pub fn write(
    stores: &[Store],
    output: &Path,
    rules: &ScoringRules,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<ReportSummary, ReportError> {
    write_in_order(stores, output, (rules, RunOrder::Started), tell)
}

/// The same, with trends in an order.
pub fn write_in_order(
    stores: &[Store],
    output: &Path,
    (rules, order): (&ScoringRules, RunOrder),
    tell: &mut dyn FnMut(usize, usize),
) -> Result<ReportSummary, ReportError> {
    if stores.is_empty() {
        return Err(ReportError::NoRuns);
    }
    let mut runs = Vec::new();
    for (store, number) in stores.iter().zip(1..) {
        runs.push((number, Arc::new(RunData::read(store, rules)?)));
    }
    let all = runs.iter().map(|(_, run)| run.attempts.len()).sum();
    let report = Report::in_order(runs, rules, order);
    if order == RunOrder::Given && !report.has_trend() {
        return Err(ReportError::NoTrend);
    }
    let mut site = Site::begin(output)?;
    let mut written = 0;
    let mut words = SearchWords::default();
    for path in report.paths() {
        let content = match report.attempts_with_words(path, &mut words)? {
            Some(content) => content,
            None => match report.content(path, &Medium::Files)? {
                Some(content) => content,
                None => continue,
            },
        };
        site.write(path, &content)?;
        match report.attempts_in(path) {
            0 => {}
            more => {
                written += more;
                tell(written, all);
            }
        }
    }
    for (path, content) in report.search_files(words) {
        site.write(&path, &content)?;
    }
    site.finish(&report)
}
