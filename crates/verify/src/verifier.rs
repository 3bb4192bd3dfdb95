//! [`Verifier`]: who carries out validations, on this machine or elsewhere.

use std::fmt::Debug;
use std::sync::Arc;

use super::job::{Job, JobResult};

/// Takes the result of a job, and returns whether further results are still wanted.
pub type Listener = Arc<dyn Fn(JobResult) -> bool + Send + Sync>;

/// Who carries out validations.
pub trait Verifier: Debug + Send + Sync {
    /// Gets ready for jobs. Each job has one result, in any order.
    fn start(&self, listener: Listener) -> Box<dyn Jobs>;

    /// How many jobs it can work on at a time, at least 1; further ones wait.
    fn capacity(&self) -> usize;
}

/// A verifier that takes jobs. Those that are not begun when it is dropped are forgotten.
pub trait Jobs: Send {
    fn submit(&self, job: Job);

    /// How many are being carried out now.
    fn under_way(&self) -> usize;
}
