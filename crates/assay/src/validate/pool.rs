//! Validates many artifacts at once without letting load change a verdict.
//!
//! At most `jobs` validations run together, and no more than memory allows. One
//! that ran out of time beside others is repeated alone before it counts,
//! and so is one that failed for want of a working sandbox.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use assay_core::verdict::InfraClass;
use assay_core::{Artifact, Case, InfraError};

use super::{Validation, Validator};

/// An artifact to validate.
#[derive(Debug, Clone)]
pub struct Work {
    /// The submitter's own name for it.
    pub id: u64,
    pub case: Arc<Case>,
    pub artifact: Arc<Artifact>,
}

/// A finished validation.
#[derive(Debug)]
pub struct Done {
    pub id: u64,
    pub result: Result<Validation, InfraError>,
    /// From the start of the last try to its end.
    pub elapsed: Duration,
}

/// Threads that validate what is submitted and send what comes of it.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// How much may run at once.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// At least 1.
    pub jobs: usize,
    /// Bytes that the running validations' limits may add up to; a single one
    /// may exceed it.
    pub memory: u64,
}

impl PoolLimits {
    /// As many jobs, in most of the memory that is free now.
    pub fn new(jobs: usize) -> PoolLimits {
        PoolLimits { jobs: jobs.max(1), memory: available_memory() / 5 * 4 }
    }
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    memory: u64,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Work>,
    /// Work to be done while nothing else runs.
    alone: VecDeque<Work>,
    running: usize,
    reserved: u64,
    exclusive: bool,
    closed: bool,
}

/// A piece of work that a worker has taken.
struct Taken {
    work: Work,
    alone: bool,
}

impl Pool {
    pub fn start<T: From<Done> + Send + 'static>(
        validator: &Arc<Validator>,
        limits: PoolLimits,
        results: &Sender<T>,
    ) -> Pool {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            memory: limits.memory,
        });
        let worker = |_| {
            let (shared, validator, results) =
                (Arc::clone(&shared), Arc::clone(validator), results.clone());
            std::thread::spawn(move || shared.work(&validator, &results))
        };
        let workers = (0..limits.jobs.max(1)).map(worker).collect();
        Pool { shared, workers }
    }

    pub fn submit(&self, work: Work) {
        self.shared.lock().queue.push_back(work);
        self.shared.changed.notify_one();
    }

    /// How much is submitted and not finished.
    pub fn backlog(&self) -> usize {
        let state = self.shared.lock();
        state.queue.len() + state.alone.len() + state.running
    }
}

impl Drop for Pool {
    /// Lets running validations end and forgets queued ones.
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.closed = true;
            state.queue.clear();
            state.alone.clear();
        }
        self.shared.changed.notify_all();
        for worker in self.workers.drain(..) {
            // A worker that panicked has sent its result already or never will.
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work<T: From<Done>>(&self, validator: &Validator, results: &Sender<T>) {
        while let Some(Taken { work, alone }) = self.take() {
            let started = Instant::now();
            let result = validate(validator, &work);
            let elapsed = started.elapsed();
            let again = !alone && wants_to_be_alone(&result);
            let memory = work.case.limits.memory;
            let id = work.id;
            {
                let mut state = self.lock();
                state.running -= 1;
                state.reserved -= memory;
                state.exclusive = false;
                if again {
                    state.alone.push_back(work);
                }
            }
            self.changed.notify_all();
            if !again && results.send(Done { id, result, elapsed }.into()).is_err() {
                return;
            }
        }
    }

    /// Waits for work that may start now; `None` once the pool is closed.
    fn take(&self) -> Option<Taken> {
        let mut state = self.lock();
        loop {
            if let Some(taken) = state.next(self.memory) {
                state.running += 1;
                state.reserved += taken.work.case.limits.memory;
                state.exclusive = taken.alone;
                return Some(taken);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn next(&mut self, memory: u64) -> Option<Taken> {
        if self.exclusive {
            return None;
        }
        if !self.alone.is_empty() {
            // Nothing else starts until what runs has ended.
            let work = if self.running == 0 { self.alone.pop_front() } else { None };
            return work.map(|work| Taken { work, alone: true });
        }
        let needed = self.queue.front()?.case.limits.memory;
        if self.running > 0 && self.reserved + needed > memory {
            return None;
        }
        self.queue.pop_front().map(|work| Taken { work, alone: false })
    }
}

/// A fault of ours must not leave the submitter waiting for ever.
fn validate(validator: &Validator, work: &Work) -> Result<Validation, InfraError> {
    catch_unwind(AssertUnwindSafe(|| validator.validate(&work.case, &work.artifact)))
        .unwrap_or_else(|_| {
            let message = format!("the validation of {} panicked; this is a bug", work.case.id);
            Err(InfraError::new(InfraClass::Sandbox, message))
        })
}

/// Whether a result may be the doing of load or of a passing fault of the host.
fn wants_to_be_alone(result: &Result<Validation, InfraError>) -> bool {
    match result {
        Ok(validation) => validation.evidence.timed_out(),
        Err(error) => error.class == InfraClass::Sandbox,
    }
}

/// Bytes of memory that are free or can be freed, as the kernel estimates.
fn available_memory() -> u64 {
    const UNKNOWN: u64 = 4 << 30;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    text.lines()
        .find_map(|line| {
            line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.parse().ok()
        })
        .map_or(UNKNOWN, |kilobytes: u64| kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use assay_core::corpus::CorpusSource;

    use super::*;

    /// A case of the repository's corpus whose validation may take this memory.
    fn work(id: u64, memory: u64) -> Work {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus");
        let corpus = CorpusSource::Native(folder.into()).load().expect("our corpus loads");
        let mut case = corpus.cases[0].clone();
        case.limits.memory = memory;
        let artifact = Artifact { files: std::collections::BTreeMap::new(), refused: Vec::new() };
        Work { id, case: Arc::new(case), artifact: Arc::new(artifact) }
    }

    /// What starts next, as its id and whether it is to run alone.
    fn start(state: &mut State, memory: u64) -> Option<(u64, bool)> {
        let taken = state.next(memory)?;
        state.running += 1;
        state.reserved += taken.work.case.limits.memory;
        state.exclusive = taken.alone;
        Some((taken.work.id, taken.alone))
    }

    #[test]
    fn work_that_is_to_run_alone_waits_for_the_others_and_they_for_it() {
        let mut state = State { queue: [work(1, 1), work(2, 1)].into(), ..State::default() };
        assert_eq!(start(&mut state, 10), Some((1, false)));
        state.alone.push_back(work(3, 1));
        assert_eq!(start(&mut state, 10), None, "one still runs");
        (state.running, state.reserved) = (0, 0);
        assert_eq!(start(&mut state, 10), Some((3, true)));
        assert_eq!(start(&mut state, 10), None, "one runs alone");
        (state.running, state.reserved, state.exclusive) = (0, 0, false);
        assert_eq!(start(&mut state, 10), Some((2, false)));
    }

    #[test]
    fn limits_that_exceed_the_memory_together_are_not_started_together() {
        let queue = [work(1, 6), work(2, 5), work(3, 20)].into();
        let mut state = State { queue, ..State::default() };
        assert_eq!(start(&mut state, 10), Some((1, false)));
        assert_eq!(start(&mut state, 10), None, "6 and 5 are more than 10");
        (state.running, state.reserved) = (0, 0);
        assert_eq!(start(&mut state, 10), Some((2, false)));
        (state.running, state.reserved) = (0, 0);
        assert_eq!(start(&mut state, 10), Some((3, false)), "a single one may exceed it");
    }

    #[test]
    fn timeouts_and_sandbox_faults_are_repeated_alone_and_nothing_else_is() {
        use assay_core::Evidence;
        use assay_core::verdict::{Build, Ending, Usage};
        let unbuilt = |ending| {
            let build = Build { ending, usage: Usage::default() };
            Ok(Validation { evidence: Evidence::Unbuilt { build }, logs: Vec::new() })
        };
        assert!(wants_to_be_alone(&unbuilt(Ending::WallTimeout)));
        assert!(wants_to_be_alone(&unbuilt(Ending::CpuTimeout)));
        assert!(!wants_to_be_alone(&unbuilt(Ending::Exited(1))));
        assert!(!wants_to_be_alone(&unbuilt(Ending::OutOfMemory)));
        let error = |class| Err(InfraError::new(class, ""));
        assert!(wants_to_be_alone(&error(InfraClass::Sandbox)));
        assert!(!wants_to_be_alone(&error(InfraClass::Unprepared)));
    }
}
