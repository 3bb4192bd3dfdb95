//! [`SharedVerifier`]: one verifier for several askers, so that together they have one queue.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay_verify::verifier::Listener;
use assay_verify::{Job, JobResult, Jobs, Verifier};

/// A verifier that was started once. Each that starts it again gets a lane of its own.
#[derive(Debug, Clone)]
pub struct SharedVerifier {
    inner: Arc<Inner>,
    capacity: usize,
}

struct Inner {
    jobs: Mutex<Box<dyn Jobs>>,
    waiting: Arc<Mutex<HashMap<u64, Waiting>>>,
    next_id: AtomicU64,
    next_lane: AtomicU64,
}

/// Who waits for a job's result.
struct Waiting {
    lane: u64,
    /// The job's id in its lane.
    id: u64,
    listener: Listener,
}

/// Jobs of one asker.
struct Lane {
    inner: Arc<Inner>,
    lane: u64,
    listener: Listener,
}

impl SharedVerifier {
    /// Starts a verifier.
    pub fn start(verifier: &dyn Verifier) -> SharedVerifier {
        let waiting: Arc<Mutex<HashMap<u64, Waiting>>> = Arc::default();
        let known = Arc::clone(&waiting);
        let listener = Arc::new(move |result: JobResult| {
            // Nobody waits for a result of a lane that is gone.
            let found = lock(&known).remove(&result.id);
            if let Some(Waiting { id, listener, .. }) = found {
                listener(JobResult { id, ..result });
            }
            true
        });
        let jobs = Mutex::new(verifier.start(listener));
        let (next_id, next_lane) = (AtomicU64::new(0), AtomicU64::new(0));
        let inner = Arc::new(Inner { jobs, waiting, next_id, next_lane });
        SharedVerifier { inner, capacity: verifier.capacity() }
    }

    /// How many validations are being carried out now.
    pub fn under_way(&self) -> usize {
        lock(&self.inner.jobs).under_way()
    }
}

impl Verifier for SharedVerifier {
    fn start(&self, listener: Listener) -> Box<dyn Jobs> {
        let lane = self.inner.next_lane.fetch_add(1, Ordering::Relaxed);
        Box::new(Lane { inner: Arc::clone(&self.inner), lane, listener })
    }

    fn capacity(&self) -> usize {
        self.capacity
    }
}

impl Jobs for Lane {
    fn submit(&self, job: Job) {
        let number = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
        let listener = Arc::clone(&self.listener);
        let waiting = Waiting { lane: self.lane, id: job.id, listener };
        lock(&self.inner.waiting).insert(number, waiting);
        lock(&self.inner.jobs).submit(Job { id: number, ..job });
    }

    fn under_way(&self) -> usize {
        lock(&self.inner.jobs).under_way()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        lock(&self.inner.waiting).retain(|_, waiting| waiting.lane != self.lane);
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("waiting", &lock(&self.waiting).len()).finish()
    }
}

/// What a mutex guards, even if a thread has panicked that held it: no state here is left half
/// written.
pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use assay_core::infra_error::InfraClass;
    use assay_core::{Artifact, Case, InfraError, Language};

    use super::*;

    /// Says of each job that it failed, once it is told to.
    #[derive(Debug)]
    struct Failing;

    struct FailingJobs(Listener);

    impl Verifier for Failing {
        fn start(&self, listener: Listener) -> Box<dyn Jobs> {
            Box::new(FailingJobs(listener))
        }

        fn capacity(&self) -> usize {
            3
        }
    }

    impl Jobs for FailingJobs {
        fn submit(&self, job: Job) {
            let result = Err(InfraError::new(InfraClass::Case, job.case.id.clone()));
            assert!((self.0)(JobResult { id: job.id, result, elapsed: Duration::ZERO }));
        }

        fn under_way(&self) -> usize {
            0
        }
    }

    fn job(id: u64, case: &Arc<Case>) -> Job {
        let artifact = Artifact { files: Default::default(), refused: Vec::new() };
        Job { id, case: Arc::clone(case), artifact: Arc::new(artifact) }
    }

    #[test]
    fn each_lane_hears_of_its_own_jobs_by_its_own_numbers() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
        let corpus = assay_core::corpus::CorpusSource::Native(folder).load().expect("our corpus");
        let case = corpus.cases.into_iter().find(|case| case.language == Language::C);
        let case = Arc::new(case.expect("a case in C"));
        let shared = SharedVerifier::start(&Failing);
        assert_eq!(shared.capacity(), 3);
        let (sender, results) = mpsc::channel();
        let start = |name: &'static str| {
            let sender = sender.clone();
            shared.start(Arc::new(move |result| sender.send((name, result.id)).is_ok()))
        };
        let (one, other) = (start("one"), start("other"));
        one.submit(job(7, &case));
        other.submit(job(7, &case));
        other.submit(job(8, &case));
        let heard: Vec<_> = results.try_iter().collect();
        assert_eq!(heard, [("one", 7), ("other", 7), ("other", 8)]);
    }
}
