//! [`Verifier`]: who carries out validations, on this machine or elsewhere.

use std::fmt::Debug;
use std::sync::Arc;

use super::job::{Job, JobResult};

/// Takes what came of a job, and says whether anybody still wants to hear of any.
pub type Listener = Arc<dyn Fn(JobResult) -> bool + Send + Sync>;

/// Who carries out validations.
pub trait Verifier: Debug + Send + Sync {
    /// Is ready for jobs, each of which comes to one result, in any order.
    fn start(&self, listener: Listener) -> Box<dyn Jobs>;

    /// How many jobs it is good for at one time, at least 1: more wait.
    fn capacity(&self) -> usize;
}

/// A verifier that takes jobs. Those that are not begun when it is dropped are forgotten.
pub trait Jobs {
    fn submit(&self, job: Job);
}
