//! [`Run`]: an analyser over programs, in batches, some at a time.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;
use tracing::debug;

use super::batch::Batch;
use super::bench::Bench;
use super::program::Program;
use super::tool::Tool;

/// An analyser that is ready, and how it is run.
pub(super) struct Run<'a> {
    pub(super) tool: &'a dyn Tool,
    pub(super) installed: Option<&'a Path>,
    /// How many batches are looked at together.
    pub(super) jobs: usize,
    /// Is told how many programs more are done.
    pub(super) done: &'a (dyn Fn(usize) + Sync),
}

/// What is made of a batch once its files lie in the sandbox: something of each program.
pub(super) type Look<'a, T> =
    &'a (dyn Fn(&mut Bench, Batch<'_>) -> Result<Vec<T>, InfraError> + Sync);

/// What came of programs, in their order.
type Results<T> = Vec<Result<T, InfraError>>;

impl Run<'_> {
    pub(super) fn over<T: Send>(&self, programs: &[Program<'_>], look: Look<'_, T>) -> Results<T> {
        let jobs = self.jobs.max(1);
        let most = self.tool.most().min(programs.len().div_ceil(jobs)).max(1);
        let chunks: Vec<&[Program<'_>]> = programs.chunks(most).collect();
        let next = AtomicUsize::new(0);
        let results: Vec<Mutex<Results<T>>> = chunks.iter().map(|_| Mutex::default()).collect();
        let work = || {
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let (Some(chunk), Some(result)) = (chunks.get(place), results.get(place)) else {
                    return;
                };
                let found = self.batch(chunk, look);
                *result.lock().unwrap_or_else(PoisonError::into_inner) = found;
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(chunks.len()) {
                scope.spawn(work);
            }
        });
        let results = results.into_iter();
        results
            .flat_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect()
    }

    /// Looks at a batch. If the analyser fails at it, its halves are tried, so that only
    /// the programs that it fails at have no result.
    fn batch<T>(&self, programs: &[Program<'_>], look: Look<'_, T>) -> Results<T> {
        let error = match self.attempt(programs, look) {
            Ok(results) => {
                (self.done)(programs.len());
                return results.into_iter().map(Ok).collect();
            }
            Err(error) => error,
        };
        let (analyser, count) = (self.tool.name(), programs.len());
        debug!(analyser, programs = count, %error, "the analyser failed at a batch");
        if programs.len() == 1 || error.class != InfraClass::Analyser {
            (self.done)(programs.len());
            return programs.iter().map(|_| Err(error.clone())).collect();
        }
        let (first, second) = programs.split_at(programs.len() / 2);
        let mut results = self.batch(first, look);
        results.extend(self.batch(second, look));
        results
    }

    fn attempt<T>(
        &self,
        programs: &[Program<'_>],
        look: Look<'_, T>,
    ) -> Result<Vec<T>, InfraError> {
        let named = |error: InfraError| {
            let InfraError { class, message } = error;
            InfraError::new(class, format!("{}: {message}", self.tool.name()))
        };
        let look_at = || {
            let mut bench =
                Bench::start(self.installed, self.tool.mounts(programs)?, programs.len())?;
            let batch = Batch::new(programs, self.tool.layout());
            bench.write(&batch.files())?;
            look(&mut bench, batch)
        };
        look_at().map_err(named)
    }
}
