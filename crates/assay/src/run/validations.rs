//! [`Validations`]: the artifacts of open attempts on their way through the verifier,
//! identical ones together.

use std::collections::VecDeque;
use std::sync::Arc;

use assay_core::{Artifact, AttemptKey, Case};
use assay_verify::{Job, JobResult, Jobs, Validation, Verifier};

use super::event_loop::Events;
use super::sharing::{Need, Shared, Sharing, Waiting};

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
    jobs: Box<dyn Jobs>,
    sharing: Sharing,
    /// Attempts that share another's validation, which is finished.
    shared: VecDeque<(u64, Arc<Shared>)>,
}

impl Validations {
    /// `share` says whether identical artifacts of a case share one validation.
    pub(super) fn new<E: From<JobResult> + Send + 'static>(
        verifier: &dyn Verifier,
        events: &Events<E>,
        share: bool,
    ) -> Validations {
        let jobs = verifier.start(events.of_jobs());
        Validations { jobs, sharing: Sharing::new(share), shared: VecDeque::new() }
    }

    /// Has an artifact validated, unless an identical one is or was.
    pub(super) fn need(&mut self, work: Work) {
        match self.sharing.need(work.id, &work.key, &work.case, &work.artifact) {
            Need::Validation => self.submit(work),
            Need::Wait => {}
            Need::Shared(shared) => self.shared.push_back((work.id, shared)),
        }
    }

    fn submit(&self, Work { id, case, artifact, .. }: Work) {
        self.jobs.submit(Job { id, case, artifact });
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
        match self.sharing.validated(id, result, key_of) {
            Waiting::Share(shared) => self.shared.extend(shared),
            Waiting::Validate(next) => {
                if let Some(work) = next.and_then(work_of) {
                    self.submit(work);
                }
            }
        }
    }

    /// The next attempt that has the validation of an identical artifact.
    pub(super) fn next_shared(&mut self) -> Option<(u64, Arc<Shared>)> {
        self.shared.pop_front()
    }

    pub(super) fn has_shared(&self) -> bool {
        !self.shared.is_empty()
    }

    /// How many attempts wait for the result of an attempt's own validation.
    pub(super) fn waiting_for(&self, id: u64) -> usize {
        self.sharing.waiting_for(id)
    }
}
