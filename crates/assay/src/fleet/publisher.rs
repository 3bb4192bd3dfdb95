//! [`Publisher`]: puts jobs, with what they need, where workers find them.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use assay_core::files::sha256;
use assay_core::{Artifact, Case};
use assay_verify::{Job, WrittenCase};
use async_nats::jetstream::Context;
use async_nats::jetstream::message::PublishMessage;

use super::key::{Key, ScopeName};
use super::ledger::store;
use super::objects::{self, Kind};
use super::record::JobMessage;
use super::streams::job_subject;
use super::versions::Versions;

/// Cases whose digests are kept; a service's cases come and go.
const MOST_CASES: usize = 1024;

/// Puts jobs where workers find them.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) context: Context,
    pub(super) scope: ScopeName,
    versions: Versions,
    /// What tells this process's messages from those of another.
    name: String,
    published: AtomicU64,
    /// Objects that this process has put there.
    put: Mutex<HashSet<String>>,
}

/// A job with what names it.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) case: Arc<Case>,
    pub(super) artifact: Arc<Artifact>,
    case_digest: String,
    artifact_digest: String,
}

/// Digests of cases, each computed once: a run has few cases and many jobs.
#[derive(Debug, Default)]
pub(super) struct CaseDigests {
    /// By the place in memory, which is the case's own while it is held here.
    known: HashMap<usize, (Arc<Case>, String)>,
}

impl CaseDigests {
    fn of(&mut self, case: &Arc<Case>) -> String {
        let place = Arc::as_ptr(case).addr();
        if self.known.len() >= MOST_CASES && !self.known.contains_key(&place) {
            self.known.clear();
        }
        let compute = || (Arc::clone(case), case.digest());
        self.known.entry(place).or_insert_with(compute).1.clone()
    }

    pub(super) fn name(&mut self, job: &Job) -> Named {
        Named {
            case: Arc::clone(&job.case),
            artifact: Arc::clone(&job.artifact),
            case_digest: self.of(&job.case),
            artifact_digest: sha256(&written(&job.artifact)),
        }
    }
}

impl Named {
    pub(super) fn key(&self, versions: &Versions, copy: Option<u64>) -> Key {
        Key::new(&self.case_digest, &self.artifact_digest, versions, copy)
    }
}

/// An artifact as it is put there.
fn written(artifact: &Artifact) -> Vec<u8> {
    // It is texts by texts, which can always be written.
    serde_json::to_vec(artifact).unwrap_or_default()
}

impl Publisher {
    pub(super) fn new(
        context: Context,
        scope: ScopeName,
        versions: Versions,
        name: String,
    ) -> Publisher {
        let put = Mutex::new(HashSet::new());
        Publisher { context, scope, versions, name, published: AtomicU64::new(0), put }
    }

    /// Publishes a job, unless it is in the queue, and what it needs, unless this process has put
    /// that there.
    pub(super) async fn publish(&self, key: &Key, job: &Named) {
        let Named { case, artifact, case_digest, artifact_digest } = job;
        let case_form =
            || serde_json::to_vec(&WrittenCase::from(case.as_ref())).unwrap_or_default();
        self.put(Kind::Case, case_digest, case_form).await;
        self.put(Kind::Artifact, artifact_digest, || written(artifact)).await;
        let (case, artifact) = (case_digest.clone(), artifact_digest.clone());
        let message = JobMessage::new(case, artifact, self.versions.clone());
        let text = serde_json::to_vec(&message).unwrap_or_default();
        let number = self.published.fetch_add(1, Ordering::Relaxed);
        // A message that is sent again because no answer came has the same name, and is taken once.
        let message = PublishMessage::build()
            .payload(text.into())
            .message_id(format!("{key}.{}.{number}", self.name));
        store(&self.context, &job_subject(&self.scope.0, key.as_str()), &message).await;
    }

    /// Puts what a job needs there again at its next publication.
    pub(super) fn forget(&self, job: &Named) {
        let mut put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.remove(&job.case_digest);
        put.remove(&job.artifact_digest);
    }

    async fn put(&self, kind: Kind, digest: &str, content: impl FnOnce() -> Vec<u8>) {
        let known = || self.put.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(digest) {
            return;
        }
        objects::put(&self.context, kind, digest, &content()).await;
        known().insert(digest.to_owned());
    }
}
