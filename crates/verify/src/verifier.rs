//! [`Verifier`]: who carries out validations, on this machine or elsewhere.

use std::fmt::Debug;
use std::sync::Arc;

use super::Validator;
use super::job::{Job, JobResult};
use super::pool::{Pool, PoolLimits};

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

/// Validates in sandboxes of this machine, in a [`Pool`].
#[derive(Debug, Clone)]
pub struct LocalVerifier {
    pub validator: Arc<Validator>,
    pub limits: PoolLimits,
}

impl Verifier for LocalVerifier {
    fn start(&self, listener: Listener) -> Box<dyn Jobs> {
        Box::new(Pool::start(&self.validator, self.limits, &listener))
    }

    fn capacity(&self) -> usize {
        self.limits.jobs.max(1)
    }
}

impl Jobs for Pool {
    fn submit(&self, job: Job) {
        Pool::submit(self, job);
    }
}
