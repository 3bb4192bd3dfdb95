//! [`LocalVerifier`]: carries out validations on this machine.

use std::sync::Arc;

use super::Validator;
use super::job::Job;
use super::pool::{Pool, PoolLimits};
use super::verifier::{Jobs, Listener, Verifier};

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

    fn under_way(&self) -> usize {
        Pool::under_way(self)
    }
}
