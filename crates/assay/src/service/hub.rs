//! [`Hub`]: artifacts on their way through the verifier. Identical ones of a case are validated
//! once, and what was observed before is not observed again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assay_core::files::sha256;
use assay_core::infra_error::InfraClass;
use assay_core::{Artifact, Case, InfraError};
use assay_verify::{Job, JobResult, Jobs, Validation, Verifier};
use tokio::sync::watch;

use super::results::Results;
use super::shared::lock;

/// What decides a result beside the case and the artifact: harness and toolchains.
pub trait Basis: Send + Sync {
    /// A digest of it; `None` where results of a case are not to be kept.
    fn of(&self, case: &Case) -> Option<String>;
}

/// A case and its digest, which takes a while to compute.
#[derive(Debug, Clone)]
pub(super) struct DigestedCase {
    pub(super) case: Arc<Case>,
    pub(super) digest: Arc<str>,
}

/// How a result came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// It was validated now.
    Fresh,
    /// An identical artifact was being validated.
    Shared,
    /// It was in the result store.
    Stored,
}

/// What the verifier says of an artifact.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) result: Result<Arc<Validation>, InfraError>,
    /// What the validation took, whenever it was; zero of one that was stored.
    pub(super) elapsed: Duration,
    pub(super) how: How,
}

type Answer = (Result<Arc<Validation>, InfraError>, Duration);

/// What is with the verifier.
#[derive(Default)]
struct Flights {
    next: u64,
    /// By the job's number: its key, and who hears of its result.
    flights: HashMap<u64, (String, watch::Sender<Option<Answer>>)>,
    by_key: HashMap<String, (u64, watch::Receiver<Option<Answer>>)>,
}

pub(super) struct Hub {
    jobs: Mutex<Box<dyn Jobs>>,
    flights: Arc<Mutex<Flights>>,
    results: Option<Arc<Results>>,
    basis: Box<dyn Basis>,
}

impl How {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            How::Fresh => "fresh",
            How::Shared => "shared",
            How::Stored => "stored",
        }
    }
}

impl Hub {
    pub(super) fn start(
        verifier: &dyn Verifier,
        basis: Box<dyn Basis>,
        results: Option<Arc<Results>>,
    ) -> Hub {
        let flights: Arc<Mutex<Flights>> = Arc::default();
        let (known, kept) = (Arc::clone(&flights), results.clone());
        let jobs = verifier.start(Arc::new(move |result| {
            settle(&known, kept.as_deref(), result);
            true
        }));
        Hub { jobs: Mutex::new(jobs), flights, results, basis }
    }

    /// What is observed of an artifact, now or before.
    pub(super) async fn observe(&self, case: &DigestedCase, artifact: Arc<Artifact>) -> Observed {
        let key = self.key(case, &artifact);
        if let (Some(key), Some(results)) = (&key, &self.results) {
            let (key, results) = (key.clone(), Arc::clone(results));
            let found = tokio::task::spawn_blocking(move || results.recall(&key)).await;
            if let Ok(Some(validation)) = found {
                let (result, elapsed) = (Ok(Arc::new(validation)), Duration::ZERO);
                return Observed { result, elapsed, how: How::Stored };
            }
        }
        let (mut receiver, how) = self.board(key, case, artifact);
        let answer = match receiver.wait_for(Option::is_some).await {
            Ok(answer) => answer.clone(),
            Err(_) => None,
        };
        let (result, elapsed) = answer.unwrap_or_else(|| {
            let message = "the verifier has forgotten a job; this is a bug";
            (Err(InfraError::new(InfraClass::Sandbox, message)), Duration::ZERO)
        });
        Observed { result, elapsed, how }
    }

    /// Joins the job of an identical artifact, or submits one.
    fn board(
        &self,
        key: Option<String>,
        case: &DigestedCase,
        artifact: Arc<Artifact>,
    ) -> (watch::Receiver<Option<Answer>>, How) {
        let mut flights = lock(&self.flights);
        let known = key.as_ref().and_then(|key| flights.by_key.get(key));
        if let Some((_, receiver)) = known {
            return (receiver.clone(), How::Shared);
        }
        let id = flights.next;
        flights.next += 1;
        let (sender, receiver) = watch::channel(None);
        if let Some(key) = &key {
            flights.by_key.insert(key.clone(), (id, receiver.clone()));
        }
        flights.flights.insert(id, (key.unwrap_or_default(), sender));
        drop(flights);
        lock(&self.jobs).submit(Job { id, case: Arc::clone(&case.case), artifact });
        (receiver, How::Fresh)
    }

    /// Everything that decides a result; `None` if that is not known.
    fn key(&self, case: &DigestedCase, artifact: &Artifact) -> Option<String> {
        let basis = self.basis.of(&case.case)?;
        let text = format!("assay.result/1\n{}\n{}\n{basis}\n", case.digest, artifact.digest());
        Some(sha256(text.as_bytes()))
    }

    /// How many validations are being carried out now.
    pub(super) fn under_way(&self) -> usize {
        lock(&self.jobs).under_way()
    }

    /// Bytes that the result store takes.
    pub(super) fn stored_bytes(&self) -> u64 {
        self.results.as_ref().map_or(0, |results| results.bytes())
    }
}

/// Keeps a result, and tells all who wait for it.
fn settle(flights: &Mutex<Flights>, results: Option<&Results>, done: JobResult) {
    let JobResult { id, result, elapsed } = done;
    let result = result.map(Arc::new);
    let key = lock(flights).flights.get(&id).map(|(key, _)| key.clone()).unwrap_or_default();
    if let (Some(results), Ok(validation), false) = (results, &result, key.is_empty()) {
        // Before the job is forgotten: whoever asks in between gets one or the other.
        results.keep(&key, validation);
    }
    let mut flights = lock(flights);
    if flights.by_key.get(&key).is_some_and(|(other, _)| *other == id) {
        flights.by_key.remove(&key);
    }
    if let Some((_, sender)) = flights.flights.remove(&id) {
        // Whoever has given up does not hear it.
        let _ = sender.send(Some((result, elapsed)));
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let flights = lock(&self.flights).flights.len();
        f.debug_struct("Hub").field("flights", &flights).finish_non_exhaustive()
    }
}
