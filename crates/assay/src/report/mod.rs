//! What runs amount to, for people and for programs. Everything here is read
//! from stored attempts; nothing is run again.

use assay_core::record::CaseSummary;
use assay_core::score::{PanelScore, Scorecard, ScoredAttempt};

use crate::store::{AttemptSummary, RunInfo, Store, StoreError};

pub mod html;
pub mod json;
pub mod terminal;

mod panel;
mod quantity;

/// A run as reports see it: all of its attempts, without their texts.
#[derive(Debug, Clone)]
pub struct RunData {
    pub info: RunInfo,
    /// In order of subject, case, scenario and round.
    pub attempts: Vec<AttemptSummary>,
    /// Every planned subject, the best overall score first.
    pub subjects: Vec<SubjectScore>,
    /// How judges voted; `None` where they had nothing to decide.
    pub panel: Option<PanelScore>,
}

/// A subject and its scores.
#[derive(Debug, Clone)]
pub struct SubjectScore {
    pub name: String,
    pub card: Scorecard,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub planned: usize,
    pub judged: usize,
    /// Ended by an infrastructure error, to be tried again.
    pub errored: usize,
}

impl Progress {
    /// How many attempts have come to an end.
    pub fn finished(self) -> usize {
        self.judged + self.errored
    }

    /// Whether every planned attempt has come to an end.
    pub fn is_finished(self) -> bool {
        self.finished() >= self.planned
    }
}

impl RunData {
    /// Reads a run, perhaps one that is still going on.
    pub fn read(store: &Store) -> Result<RunData, StoreError> {
        let info = store.info()?;
        let attempts = store.attempts()?;
        let unknown = attempts.iter().find(|attempt| case(&info, &attempt.key.case).is_none());
        if let Some(attempt) = unknown {
            return Err(StoreError::Corrupt {
                path: store.path().display().to_string(),
                what: "an attempt",
                message: format!("its case {:?} is not in the run's plan", attempt.key.case),
            });
        }
        let subjects = subject_scores(&info, &attempts);
        let panel = PanelScore::of(&store.ballots()?);
        Ok(RunData { info, attempts, subjects, panel })
    }

    pub fn case(&self, id: &str) -> Option<&CaseSummary> {
        case(&self.info, id)
    }

    pub fn progress(&self) -> Progress {
        let verdicts = self.attempts.iter().filter_map(|attempt| attempt.outcome.verdict());
        let judged = verdicts.count();
        let errored = self.attempts.len() - judged;
        Progress { planned: self.info.planned, judged, errored }
    }
}

fn case<'a>(info: &'a RunInfo, id: &str) -> Option<&'a CaseSummary> {
    info.cases.iter().find(|case| case.id == id)
}

fn subject_scores(info: &RunInfo, attempts: &[AttemptSummary]) -> Vec<SubjectScore> {
    let mut names: Vec<&str> = info.subjects.iter().map(String::as_str).collect();
    names.extend(attempts.iter().map(|attempt| attempt.key.subject.as_str()));
    names.sort_unstable();
    names.dedup();
    let mut subjects: Vec<SubjectScore> = names
        .into_iter()
        .map(|name| {
            let own = attempts.iter().filter(|attempt| attempt.key.subject == name);
            let scored: Vec<ScoredAttempt<'_>> =
                own.filter_map(|attempt| scored(info, attempt)).collect();
            SubjectScore { name: name.to_owned(), card: Scorecard::of(&scored) }
        })
        .collect();
    // Stable, so that equal scores stay in order of their names.
    subjects.sort_by(|a, b| {
        b.card.overall.partial_cmp(&a.card.overall).unwrap_or(std::cmp::Ordering::Equal)
    });
    subjects
}

fn scored<'a>(info: &RunInfo, attempt: &'a AttemptSummary) -> Option<ScoredAttempt<'a>> {
    let case = case(info, &attempt.key.case)?;
    Some(ScoredAttempt {
        case: &attempt.key.case,
        language: case.language,
        severity: case.severity,
        scenario: attempt.key.scenario,
        outcome: &attempt.outcome,
    })
}
