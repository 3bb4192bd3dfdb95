//! [`Source`]: a stored run as exports see it.

use std::path::Path;

use assay_core::AttemptRecord;
use assay_core::record::CaseSummary;

use super::ExportError;
use crate::attempt_filter::AttemptFilter;
use crate::store::{AttemptSummary, RunInfo, Store, StoreError};

/// A run whose attempts are read one by one.
#[derive(Debug)]
pub struct Source {
    store: Store,
    info: RunInfo,
    /// In order of subject, case, scenario and round.
    attempts: Vec<AttemptSummary>,
    subjects: Vec<String>,
    is_finished: bool,
}

/// An attempt with what it belongs to.
#[derive(Debug)]
pub(super) struct Exported<'a> {
    pub(super) info: &'a RunInfo,
    pub(super) case: &'a CaseSummary,
    pub(super) record: AttemptRecord,
    /// When it ended (RFC 3339, UTC).
    pub(super) finished_at: &'a str,
}

impl Source {
    /// Opens a run, perhaps a running one. With subjects named, only these are
    /// exported.
    pub fn open(path: &Path, only: &[String]) -> Result<Source, ExportError> {
        let store = Store::open_to_read(path)?;
        let info = store.info()?;
        let mut attempts = store.attempts()?;
        let mut subjects = info.subjects.clone();
        if let Some(unknown) = only.iter().find(|name| !subjects.contains(name)) {
            return Err(ExportError::NoSubject {
                run: path.display().to_string(),
                subject: unknown.clone(),
                subjects: subjects.join(", "),
            });
        }
        let is_finished = attempts.len() >= info.planned;
        if !only.is_empty() {
            subjects.retain(|subject| only.contains(subject));
            attempts.retain(|attempt| only.contains(&attempt.key.subject));
        }
        Ok(Source { store, info, attempts, subjects, is_finished })
    }

    /// Leaves of the attempts those that a filter has.
    pub fn retain(&mut self, filter: &AttemptFilter) {
        self.attempts.retain(|attempt| filter.has(attempt));
    }

    /// How many attempts are exported.
    pub fn count(&self) -> usize {
        self.attempts.len()
    }

    /// What is known of the run before its attempts.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// The run itself.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The subjects whose attempts are exported, in the order of the plan.
    pub(super) fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// Whether every planned attempt has come to an end.
    pub(super) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// When the last attempt of a subject finished.
    pub(super) fn last_finished_at(&self, subject: &str) -> Result<Option<String>, StoreError> {
        self.store.last_finished_at(subject)
    }

    /// All attempts, as they are listed.
    pub fn summaries(&self) -> &[AttemptSummary] {
        &self.attempts
    }

    /// All attempts, each whole.
    pub(super) fn attempts(&self) -> impl Iterator<Item = Result<Exported<'_>, StoreError>> {
        self.attempts.iter().map(|summary| self.attempt(summary))
    }

    /// The attempts of one subject, as they are listed.
    pub(super) fn summaries_of<'a>(
        &'a self,
        subject: &'a str,
    ) -> impl Iterator<Item = &'a AttemptSummary> {
        self.attempts.iter().filter(move |attempt| attempt.key.subject == subject)
    }

    /// One attempt, whole.
    pub(super) fn attempt<'a>(
        &'a self,
        summary: &'a AttemptSummary,
    ) -> Result<Exported<'a>, StoreError> {
        let record = self.store.attempt(summary)?;
        let case =
            self.info.cases.iter().find(|case| case.id == record.key.case).ok_or_else(|| {
                StoreError::Corrupt {
                    path: self.store.path().display().to_string(),
                    what: "an attempt",
                    message: format!("its case {:?} is not in the run's plan", record.key.case),
                }
            })?;
        let finished_at = &summary.finished_at;
        Ok(Exported { info: &self.info, case, record, finished_at })
    }
}
