//! [`Validations`]: the artifacts of open attempts on their way through the verifier,
//! identical ones together.

use std::collections::VecDeque;
use std::sync::Arc;

use assay_core::{Artifact, AttemptKey, Case};
use assay_verify::{Job, JobResult, Jobs, Validation, Verifier};

use super::deduplication::{Deduplication, Need, Reused, Waiting};
use super::event_loop::{Closing, Events};

/// An artifact of an open attempt.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// The attempt's.
    pub(super) id: u64,
    pub(super) key: AttemptKey,
    pub(super) case: Arc<Case>,
    pub(super) artifact: Arc<Artifact>,
}

/// What is with the verifier, what waits for that, and what has it.
pub(super) struct Validations {
    /// `None` after an interruption.
    jobs: Option<Box<dyn Jobs>>,
    deduplication: Deduplication,
    /// Attempts that reuse another's validation, which is finished.
    reused: VecDeque<(u64, Arc<Reused>)>,
}

impl Validations {
    /// `share` says whether identical artifacts of a case share one validation.
    pub(super) fn new<E: From<JobResult> + Send + 'static>(
        verifier: &dyn Verifier,
        events: &Events<E>,
        share: bool,
    ) -> Validations {
        let jobs = Some(verifier.start(events.of_jobs()));
        Validations { jobs, deduplication: Deduplication::new(share), reused: VecDeque::new() }
    }

    /// Has an artifact validated, unless an identical one is or was.
    pub(super) fn need(&mut self, work: Work) {
        match self.deduplication.need(work.id, &work.key, &work.case, &work.artifact) {
            Need::Validation => self.submit(work),
            Need::Wait => {}
            Need::Reuse(reused) => self.reused.push_back((work.id, reused)),
        }
    }

    fn submit(&self, Work { id, case, artifact, .. }: Work) {
        if let Some(jobs) = &self.jobs {
            jobs.submit(Job { id, case, artifact });
        }
    }

    /// Forgets what is not begun, and takes nothing more; what is under way still sends its
    /// result.
    pub(super) fn close(&mut self) -> Option<Closing> {
        let jobs = self.jobs.take()?;
        Some(Closing { under_way: jobs.under_way(), wait: Box::new(move || drop(jobs)) })
    }

    /// Takes the result of an attempt's own validation, before the attempt continues; `None` if
    /// there is nothing that others could share. `work_of` knows the open attempts.
    pub(super) fn settle(
        &mut self,
        id: u64,
        result: Option<&Validation>,
        work_of: impl Fn(u64) -> Option<Work>,
    ) {
        let key_of = |id| work_of(id).map(|work| work.key);
        match self.deduplication.validated(id, result, key_of) {
            Waiting::Reuse(reused) => self.reused.extend(reused),
            Waiting::Validate(next) => {
                if let Some(work) = next.and_then(work_of) {
                    self.submit(work);
                }
            }
        }
    }

    /// The next attempt that has the validation of an identical artifact.
    pub(super) fn next_shared(&mut self) -> Option<(u64, Arc<Reused>)> {
        self.reused.pop_front()
    }

    pub(super) fn has_shared(&self) -> bool {
        !self.reused.is_empty()
    }

    /// How many attempts wait for the result of an attempt's own validation.
    pub(super) fn waiting_for(&self, id: u64) -> usize {
        self.deduplication.waiting_for(id)
    }
}
