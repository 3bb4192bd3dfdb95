//! [`Preparation`]: what a worker's cases need, installed when the first job of a case comes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use assay_core::infra_error::InfraClass;
use assay_core::{Case, InfraError};
use assay_verify::{Step, Validator};

use super::super::worker::{Tell, Told};

/// Installs what cases need, one case at a time.
#[derive(Debug)]
pub(super) struct Preparation {
    validator: Arc<Validator>,
    worker: String,
    /// Digests of cases that are prepared.
    prepared: Mutex<HashSet<String>>,
    turn: tokio::sync::Mutex<()>,
}

impl Preparation {
    pub(super) fn new(validator: Arc<Validator>, worker: String) -> Preparation {
        let (prepared, turn) = (Mutex::new(HashSet::new()), tokio::sync::Mutex::new(()));
        Preparation { validator, worker, prepared, turn }
    }

    /// Forgets that a case is prepared: what was there is gone, or damaged.
    pub(super) fn doubt(&self, digest: &str) {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).remove(digest);
    }

    fn knows(&self, digest: &str) -> bool {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }

    /// Sees to it that a case is prepared.
    pub(super) async fn see_to(
        &self,
        case: &Arc<Case>,
        digest: &str,
        tell: &Tell,
    ) -> Result<(), InfraError> {
        if self.knows(digest) {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        if self.knows(digest) {
            return Ok(());
        }
        let (validator, case, tell) =
            (Arc::clone(&self.validator), Arc::clone(case), Arc::clone(tell));
        let done = tokio::task::spawn_blocking(move || prepare(&validator, &case, &tell)).await;
        let failed = |message: String| {
            let worker = &self.worker;
            let message = format!("the worker {worker} failed to prepare it: {message}");
            InfraError::new(InfraClass::Unprepared, message)
        };
        match done {
            Ok(Ok(())) => {
                let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
                prepared.insert(digest.to_owned());
                Ok(())
            }
            Ok(Err(message)) => Err(failed(message)),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// Installs what is lacking, if anything is.
fn prepare(validator: &Validator, case: &Case, tell: &Tell) -> Result<(), String> {
    let cases = [case];
    if validator.unprepared(&cases).is_empty() && validator.lacking_analysers(&cases).is_empty() {
        return Ok(());
    }
    tell(Told::Preparing { case: case.id.clone() });
    let mut messages = Vec::new();
    let failed = validator.prepare(&cases, &mut |installation| {
        if let Step::Failed { message } = installation.step {
            messages.push(message.to_owned());
        }
    });
    match failed.map_err(|error| error.to_string())? {
        0 => Ok(()),
        _ => Err(messages.join("; ")),
    }
}
