//! Validates many artifacts at once without letting load change a verdict.
//!
//! At most `jobs` validations run together, and no more than memory allows. One
//! that ran out of time beside others is repeated alone before it counts, once there
//! is nothing else to do, and so is one that failed for want of a working sandbox.
//! Those that hardly used the processor, but waited, are repeated together: none of
//! them is load to another.
//!
//! Some suites wait more than they compute. While what runs leaves processors idle that
//! the jobs could use, more is started.

mod load;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use assay_core::infra_error::InfraClass;
use assay_core::{Case, InfraError};
use tracing::{debug, warn};

use super::job::{Job, JobResult};
use super::verifier::Listener;
use super::{Validation, Validator};
use load::Load;

/// Threads that validate what is submitted and send the results.
#[derive(Debug)]
pub struct Pool {
    monitor: Arc<Monitor>,
    workers: Vec<JoinHandle<()>>,
    observer: Option<JoinHandle<()>>,
}

/// How much may run at once.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Validations that compute at the same time, at least 1.
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
struct Monitor {
    state: Mutex<State>,
    changed: Condvar,
    memory: u64,
}

#[derive(Debug, Default)]
struct State {
    jobs: usize,
    /// How many more may run, as some of those that do only wait.
    spare: usize,
    queue: VecDeque<Job>,
    /// Job to be repeated while nothing else runs.
    alone: VecDeque<Job>,
    /// Job to be repeated while nothing runs but its like.
    waiting: VecDeque<Job>,
    running: usize,
    reserved: u64,
    /// What everything that runs now consists of.
    company: Company,
    closed: bool,
}

/// Beside what a piece of work may run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Company {
    /// Other work that is done for the first time.
    #[default]
    Any,
    /// Job that waits, as it does.
    Waiting,
    Nobody,
}

/// How many that wait are repeated together.
const WAITING_TOGETHER: usize = 8;

/// For each job, how many more may run while processors are idle.
const SPARE_PER_JOB: usize = 3;

/// How often it is looked whether processors are idle.
const OBSERVED_EVERY: Duration = Duration::from_millis(500);

/// With this many processors idle, one more validation is started, and with this few one less.
const IDLE: f64 = 0.6;
const NOT_IDLE: f64 = 0.2;

/// A piece of work that a worker has taken.
struct Taken {
    job: Job,
    company: Company,
}

impl Pool {
    /// Results go to the listener.
    pub fn start(validator: &Arc<Validator>, limits: PoolLimits, listener: &Listener) -> Pool {
        let monitor = Arc::new(Monitor {
            state: Mutex::new(State { jobs: limits.jobs.max(1), ..State::default() }),
            changed: Condvar::new(),
            memory: limits.memory,
        });
        debug!(jobs = limits.jobs, memory = limits.memory, "validators start");
        let worker = |_| {
            let (monitor, validator) = (Arc::clone(&monitor), Arc::clone(validator));
            let listener = Arc::clone(listener);
            std::thread::spawn(move || monitor.work(&validator, &listener))
        };
        let most = limits.jobs.max(1) * (1 + SPARE_PER_JOB);
        let workers = (0..most.max(WAITING_TOGETHER)).map(worker).collect();
        let observer = Arc::clone(&monitor);
        let observer = Some(std::thread::spawn(move || observer.observe()));
        Pool { monitor, workers, observer }
    }

    pub fn submit(&self, job: Job) {
        self.monitor.lock().queue.push_back(job);
        self.monitor.changed.notify_all();
    }

    /// How many validations run now.
    pub fn under_way(&self) -> usize {
        self.monitor.lock().running
    }
}

impl Drop for Pool {
    /// Lets running validations end and forgets queued ones.
    fn drop(&mut self) {
        {
            let mut state = self.monitor.lock();
            state.closed = true;
            state.queue.clear();
            state.alone.clear();
            state.waiting.clear();
        }
        self.monitor.changed.notify_all();
        for worker in self.workers.drain(..).chain(self.observer.take()) {
            // A worker that panicked has sent its result already or never will.
            let _ = worker.join();
        }
    }
}

impl Monitor {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, validator: &Validator, listener: &Listener) {
        while let Some(Taken { job, company }) = self.take() {
            let started = Instant::now();
            let result = validate(validator, &job);
            let elapsed = started.elapsed();
            let again = match company {
                Company::Any => repetition(&result),
                Company::Waiting | Company::Nobody => None,
            };
            let reserved = memory_of(&job.case);
            let id = job.id;
            match (&again, &result) {
                (Some(beside), Err(error)) => {
                    debug!(case = job.case.id, ?beside, "a validation is repeated: {error}");
                }
                (Some(beside), Ok(_)) => {
                    debug!(case = job.case.id, ?beside, "a validation is repeated: time was up");
                }
                (None, _) => {}
            }
            {
                let mut state = self.lock();
                state.running -= 1;
                state.reserved -= reserved;
                match again {
                    Some(Company::Nobody) => state.alone.push_back(job),
                    Some(Company::Waiting) => state.waiting.push_back(job),
                    Some(Company::Any) | None => {}
                }
            }
            self.changed.notify_all();
            if again.is_none() && !listener(JobResult { id, result, elapsed }) {
                return;
            }
        }
    }

    /// Lets more run while processors are idle, until the pool is closed.
    fn observe(&self) {
        let mut load = Load::default();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let mut state = self.lock();
        while !state.closed {
            let waited = self.changed.wait_timeout_while(state, OBSERVED_EVERY, |it| !it.closed);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.queue.is_empty() {
                continue;
            }
            let usable = usable(state.jobs.min(processors));
            drop(state);
            let idle = load.idle(usable);
            state = self.lock();
            let spare = state.spare;
            if idle.is_some_and(|idle| state.adapt(idle)) {
                self.changed.notify_all();
            }
            if state.spare != spare {
                debug!(idle, more = state.spare, running = state.running, "other load is allowed");
            }
        }
    }

    /// Waits for work that may start now; `None` once the pool is closed.
    fn take(&self) -> Option<Taken> {
        let mut state = self.lock();
        loop {
            if let Some(taken) = state.next(self.memory) {
                state.running += 1;
                state.reserved += memory_of(&taken.job.case);
                state.company = taken.company;
                return Some(taken);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A number of processors, of which shares can be used.
fn usable(processors: usize) -> f64 {
    u32::try_from(processors).map_or(f64::MAX, f64::from)
}

impl State {
    /// Adapts to this many idle processors; returns whether more may run now.
    fn adapt(&mut self, idle: f64) -> bool {
        if idle < NOT_IDLE {
            self.spare = self.spare.saturating_sub(1);
        }
        // More help only if those that may run do.
        let uses_all = self.running >= self.jobs + self.spare;
        let more = idle > IDLE && uses_all && self.spare < self.jobs * SPARE_PER_JOB;
        self.spare += usize::from(more);
        more
    }

    fn next(&mut self, memory: u64) -> Option<Taken> {
        let (company, most, queue) = if !self.queue.is_empty() {
            (Company::Any, self.jobs + self.spare, &mut self.queue)
        } else if !self.waiting.is_empty() {
            (Company::Waiting, WAITING_TOGETHER, &mut self.waiting)
        } else {
            (Company::Nobody, 1, &mut self.alone)
        };
        let needed = memory_of(&queue.front()?.case);
        let has_room =
            self.running < most && self.company == company && self.reserved + needed <= memory;
        if self.running > 0 && !has_room {
            return None;
        }
        queue.pop_front().map(|job| Taken { job, company })
    }
}

/// Bytes that a validation may take.
fn memory_of(case: &Case) -> u64 {
    case.code().map_or(0, |task| task.limits.memory)
}

/// A fault of ours must not leave the submitter waiting for ever.
fn validate(validator: &Validator, job: &Job) -> Result<Validation, InfraError> {
    catch_unwind(AssertUnwindSafe(|| validator.validate(&job.case, &job.artifact))).unwrap_or_else(
        |_| {
            let message = format!("the validation of {} panicked; this is a bug", job.case.id);
            Err(InfraError::new(InfraClass::Sandbox, message))
        },
    )
}

/// Beside what a validation is to be repeated, if its result may be the doing of
/// load or of a passing fault of the host.
fn repetition(result: &Result<Validation, InfraError>) -> Option<Company> {
    match result {
        Ok(validation) if !validation.evidence.timed_out() => None,
        Ok(validation) => {
            let usage = validation.evidence.usage();
            let waited = usage.cpu_ms < usage.wall_ms / 20;
            Some(if waited { Company::Waiting } else { Company::Nobody })
        }
        Err(error) => (error.class == InfraClass::Sandbox).then_some(Company::Nobody),
    }
}

/// Bytes of memory that are free or can be freed, as the kernel estimates.
fn available_memory() -> u64 {
    const UNKNOWN: u64 = 4 << 30;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_else(|error| {
        warn!("failed to read how much memory is free: {error}; {} GiB are assumed", UNKNOWN >> 30);
        String::new()
    });
    text.lines()
        .find_map(|line| {
            line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.parse().ok()
        })
        .map_or(UNKNOWN, |kilobytes: u64| kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use assay_core::corpus::CorpusSource;
    use assay_core::{Artifact, Task};

    use super::*;

    /// A job of a case of the repository's corpus whose validation may take this memory.
    fn job(id: u64, memory: u64) -> Job {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus");
        let corpus = CorpusSource::Native(folder.into()).load().expect("our corpus loads");
        let mut case = corpus.cases[0].clone();
        let Task::Code(task) = &mut case.task else { panic!("it asks for code") };
        task.limits.memory = memory;
        let artifact = Artifact { files: std::collections::BTreeMap::new(), refused: Vec::new() };
        Job { id, case: Arc::new(case), artifact: Arc::new(artifact) }
    }

    fn state(queue: impl IntoIterator<Item = Job>) -> State {
        State { jobs: 2, queue: queue.into_iter().collect(), ..State::default() }
    }

    /// What starts next, and beside what.
    fn start(state: &mut State, memory: u64) -> Option<(u64, Company)> {
        let taken = state.next(memory)?;
        state.running += 1;
        state.reserved += memory_of(&taken.job.case);
        state.company = taken.company;
        Some((taken.job.id, taken.company))
    }

    fn end_all(state: &mut State) {
        (state.running, state.reserved) = (0, 0);
    }

    #[test]
    fn no_more_than_the_jobs_run_together() {
        let mut state = state([job(1, 1), job(2, 1), job(3, 1)]);
        assert_eq!(start(&mut state, 10), Some((1, Company::Any)));
        assert_eq!(start(&mut state, 10), Some((2, Company::Any)));
        assert_eq!(start(&mut state, 10), None);
    }

    #[test]
    fn more_run_while_those_that_do_leave_processors_idle() {
        let mut state = state((1..9).map(|id| job(id, 1)));
        let run = |state: &mut State| while start(state, 100).is_some() {};
        assert!(!state.adapt(1.9), "fewer run than may");
        run(&mut state);
        assert_eq!(state.running, 2);
        assert!(!state.adapt(0.1));
        assert!(!state.adapt(0.5), "what is idle is too little");
        assert!(state.adapt(1.0));
        run(&mut state);
        assert_eq!(state.running, 3);
        assert!(!state.adapt(0.0), "the processors are busy");
        assert_eq!(state.spare, 0);
        assert_eq!(start(&mut state, 100), None, "what runs is not stopped");
        for _ in 0..20 {
            state.adapt(2.0);
            run(&mut state);
        }
        assert_eq!(state.running, 8, "no more than four for each job");
    }

    #[test]
    fn what_is_to_run_alone_comes_last_and_beside_nothing() {
        let mut state = state([job(1, 1)]);
        state.alone.extend([job(2, 1), job(3, 1)]);
        assert_eq!(start(&mut state, 10), Some((1, Company::Any)));
        assert_eq!(start(&mut state, 10), None, "one still runs");
        end_all(&mut state);
        assert_eq!(start(&mut state, 10), Some((2, Company::Nobody)));
        state.queue.push_back(job(4, 1));
        assert_eq!(start(&mut state, 10), None, "one runs alone");
        end_all(&mut state);
        assert_eq!(start(&mut state, 10), Some((4, Company::Any)), "new work goes first");
        end_all(&mut state);
        assert_eq!(start(&mut state, 10), Some((3, Company::Nobody)));
    }

    #[test]
    fn what_only_waits_is_repeated_together_and_beside_nothing_else() {
        let mut state = state([]);
        state.waiting.extend([job(1, 1), job(2, 1), job(3, 1), job(4, 8)]);
        state.alone.push_back(job(5, 1));
        for id in 1..=3 {
            assert_eq!(start(&mut state, 10), Some((id, Company::Waiting)));
        }
        assert_eq!(start(&mut state, 10), None, "the memory does not suffice");
        state.queue.push_back(job(6, 1));
        assert_eq!(start(&mut state, 10), None, "work that computes is load");
        end_all(&mut state);
        assert_eq!(start(&mut state, 10), Some((6, Company::Any)));
        end_all(&mut state);
        assert_eq!(start(&mut state, 10), Some((4, Company::Waiting)));
        assert_eq!(start(&mut state, 10), None);
    }

    #[test]
    fn limits_that_exceed_the_memory_together_are_not_started_together() {
        let mut state = state([job(1, 6), job(2, 5), job(3, 20)]);
        assert_eq!(start(&mut state, 10), Some((1, Company::Any)));
        assert_eq!(start(&mut state, 10), None, "6 and 5 are more than 10");
        end_all(&mut state);
        assert_eq!(start(&mut state, 10), Some((2, Company::Any)));
        end_all(&mut state);
        assert_eq!(start(&mut state, 10), Some((3, Company::Any)), "a single one may exceed it");
    }

    #[test]
    fn timeouts_and_sandbox_faults_are_repeated_and_nothing_else_is() {
        use assay_core::Evidence;
        use assay_core::evidence::Build;
        use assay_core::execution::{Ending, Usage};
        let unbuilt = |ending, cpu_ms| {
            let usage = Usage { wall_ms: 1000, cpu_ms, peak_memory_bytes: 0 };
            let build = Build { ending, usage };
            Ok(Validation { evidence: Evidence::unbuilt(build), logs: Vec::new() })
        };
        assert_eq!(repetition(&unbuilt(Ending::WallTimeout, 900)), Some(Company::Nobody));
        assert_eq!(repetition(&unbuilt(Ending::WallTimeout, 10)), Some(Company::Waiting));
        assert_eq!(repetition(&unbuilt(Ending::CpuTimeout, 1000)), Some(Company::Nobody));
        assert_eq!(repetition(&unbuilt(Ending::Exited(1), 10)), None);
        assert_eq!(repetition(&unbuilt(Ending::OutOfMemory, 10)), None);
        let error = |class| Err(InfraError::new(class, ""));
        assert_eq!(repetition(&error(InfraClass::Sandbox)), Some(Company::Nobody));
        assert_eq!(repetition(&error(InfraClass::Unprepared)), None);
    }
}
