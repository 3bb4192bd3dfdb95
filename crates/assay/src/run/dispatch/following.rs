//! Attempts that are about others: they wait until those are judged.

use std::collections::HashMap;
use std::sync::Arc;

use assay_core::follow_up::{case_about, not_asked};
use assay_core::{AttemptKey, AttemptRecord};

use super::State;
use crate::run::plan::PlannedAttempt;

/// The attempts that wait, by the attempt that they are about.
#[derive(Debug, Default)]
pub(super) struct Following(HashMap<AttemptKey, Vec<PlannedAttempt>>);

impl Following {
    /// Tells attempts that can be begun from those that wait for others.
    pub(super) fn of(attempts: Vec<PlannedAttempt>) -> (Vec<PlannedAttempt>, Following) {
        let mut first = Vec::new();
        let mut following = Following::default();
        for attempt in attempts {
            match attempt.key.earlier() {
                Some(earlier) => following.0.entry(earlier).or_default().push(attempt),
                None => first.push(attempt),
            }
        }
        (first, following)
    }

    pub(super) fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }
}

impl State<'_> {
    /// Begins with what follows attempts that were judged before the run was resumed.
    pub(super) fn follow_what_is_judged(&mut self) -> anyhow::Result<()> {
        if self.following.0.is_empty() {
            return Ok(());
        }
        for summary in self.store.attempts()? {
            if self.following.0.contains_key(&summary.key) && summary.outcome.judgement().is_some()
            {
                let record = self.store.attempt(&summary)?;
                self.follow(&record)?;
            }
        }
        Ok(())
    }

    /// Goes on to what is asked about an attempt that is judged now.
    pub(super) fn follow(&mut self, earlier: &AttemptRecord) -> anyhow::Result<()> {
        if earlier.outcome.judgement().is_none() {
            return Ok(());
        }
        for attempt in self.following.0.remove(&earlier.key).unwrap_or_default() {
            let case = &self.dispatcher.cases[attempt.case];
            match case_about(case, attempt.key.scenario, earlier) {
                Some(about) => {
                    let given = earlier.turns.last().and_then(|turn| turn.artifact.clone());
                    let (about, given) = (Some(Arc::new(about)), given.map(Arc::new));
                    let attempt = PlannedAttempt { about, given, ..attempt };
                    self.lanes[attempt.subject].fresh.push_back(attempt);
                }
                None => {
                    let (key, turns) = (attempt.key, Vec::new());
                    let outcome = not_asked();
                    self.record(&AttemptRecord { key, outcome, turns, context_full: None })?;
                }
            }
        }
        Ok(())
    }
}
