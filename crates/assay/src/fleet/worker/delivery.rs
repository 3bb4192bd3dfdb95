//! [`Station`]: what becomes of a delivered job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assay_core::files::sha256;
use assay_core::infra_error::InfraClass;
use assay_core::{Artifact, Case, InfraError};
use assay_verify::pool::Pool;
use assay_verify::verifier::Listener;
use assay_verify::{Job, JobResult, Validator, WrittenCase};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{AckKind, Context, Message};
use tokio::sync::{RwLock, oneshot};
use tracing::{debug, warn};

use super::super::key::Key;
use super::super::ledger::{Claim, Claimed, claim, store};
use super::super::objects::{self, Kind};
use super::super::record::JobMessage;
use super::super::streams::{aside_subject, record_subject};
use super::super::versions::Versions;
use super::monitor::Monitor;
use super::preparation::Preparation;
use super::room::Room;
use super::{Tell, Told, WorkerPlan};

/// With so many deaths, a job is done beside no other.
const SUSPECT: u32 = 2;

/// Cases that are kept in memory.
const CASES: usize = 256;

/// Who waits for the result of which validation.
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<JobResult>>>>;

/// Takes jobs from their delivery to their acknowledgement.
pub(super) struct Station {
    pub(super) worker: String,
    pub(super) context: Context,
    pub(super) room: Arc<Room>,
    pub(super) monitor: Arc<Monitor>,
    versions: Versions,
    max_deaths: u32,
    tell: Tell,
    preparation: Preparation,
    cases: Mutex<HashMap<String, Arc<Case>>>,
    pool: Pool,
    waiting: Waiting,
    /// What was delivered and is not acknowledged, by its number.
    held: Mutex<HashMap<u64, Arc<Message>>>,
    /// Held by those that run beside others, and alone by a job that workers have died of.
    company: RwLock<()>,
}

/// What a job needs, or that something of it is not there.
enum Loaded {
    Whole(Arc<Case>, Arc<Artifact>),
    Lacking,
}

impl Station {
    pub(super) fn open(
        plan: &WorkerPlan,
        worker: String,
        versions: Versions,
        context: Context,
        room: &Arc<Room>,
        tell: &Tell,
    ) -> Station {
        let waiting = Waiting::default();
        Station {
            preparation: Preparation::new(Arc::clone(&plan.validator), worker.clone()),
            worker,
            context,
            room: Arc::clone(room),
            monitor: Arc::default(),
            versions,
            max_deaths: plan.max_deaths,
            tell: Arc::clone(tell),
            cases: Mutex::new(HashMap::new()),
            pool: start(&plan.validator, plan, &waiting),
            waiting,
            held: Mutex::new(HashMap::new()),
            company: RwLock::new(()),
        }
    }

    /// How many validations run.
    pub(super) fn under_way(&self) -> usize {
        self.pool.under_way()
    }

    /// What was delivered and is not acknowledged.
    pub(super) fn held(&self) -> Vec<Arc<Message>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Does a job; says whether its result counts.
    pub(super) async fn handle(&self, message: Arc<Message>) -> bool {
        let number = match message.info() {
            Ok(info) => info.consumer_sequence,
            Err(error) => {
                warn!("a delivery cannot be understood: {error}");
                return false;
            }
        };
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held().insert(number, Arc::clone(&message));
        let settled = self.settle(&message).await;
        held().remove(&number);
        settled
    }

    async fn settle(&self, message: &Message) -> bool {
        let Some((scope, key)) = parts(&message.subject) else {
            warn!("{} is no subject of a job", message.subject);
            acknowledge(message, AckKind::Term).await;
            return false;
        };
        let subject = record_subject(scope, key.as_str());
        let beside = self.company.read().await;
        let claim = match claim(&self.context, &subject, &self.worker).await {
            Ok(Claimed::Yes(claim)) => claim,
            Ok(Claimed::Done) => {
                acknowledge(message, AckKind::Ack).await;
                return false;
            }
            Err(error) => {
                warn!("{error}");
                return false;
            }
        };
        let (result, counts) = if claim.deaths < SUSPECT {
            let done = self.work_on(message, &claim).await;
            drop(beside);
            done
        } else {
            drop(beside);
            let _alone = self.company.write().await;
            self.work_on(message, &claim).await
        };
        // Who acknowledged a job that is another's now would take it from that one.
        if counts {
            acknowledge(message, AckKind::Ack).await;
        } else if let Some(case) = result {
            self.monitor.came_late();
            (self.tell)(Told::Late { case });
        }
        counts
    }

    /// Validates, and writes what that comes to. Returns the case, if it came so far, and whether
    /// what was written counts.
    async fn work_on(&self, message: &Message, claim: &Claim) -> (Option<String>, bool) {
        let job = match JobMessage::read(&message.payload) {
            Ok(job) => job,
            Err(error) => {
                let error = format!("the worker {} cannot read it: {error}", self.worker);
                return (None, self.refuse(claim, error).await);
            }
        };
        if claim.deaths >= self.max_deaths {
            return (None, self.set_aside(message, claim).await);
        }
        if let Some(difference) = job.versions.difference(&self.versions) {
            let error = format!(
                "the worker {} differs from what the validation was sent for: {difference}",
                self.worker
            );
            return (None, self.refuse(claim, error).await);
        }
        let (case, artifact) = match self.load(&job).await {
            Ok(Loaded::Whole(case, artifact)) => (case, artifact),
            Ok(Loaded::Lacking) => return (None, claim.lack(&self.context).await),
            Err(error) => return (None, self.refuse(claim, error).await),
        };
        let id = case.id.clone();
        let result = self.validate(&job.case, case, artifact).await;
        self.monitor.validated(&result);
        (Some(id), claim.settle(&self.context, result).await)
    }

    /// Validates, with what the case needs installed first.
    async fn validate(&self, digest: &str, case: Arc<Case>, artifact: Arc<Artifact>) -> JobResult {
        let failed = |error| JobResult { id: 0, result: Err(error), elapsed: Duration::ZERO };
        for is_last in [false, true] {
            if let Err(error) = self.preparation.see_to(&case, digest, &self.tell).await {
                return failed(error);
            }
            let (case, artifact) = (Arc::clone(&case), Arc::clone(&artifact));
            let result = self.run(case, artifact).await;
            match &result.result {
                // What was there is gone, or damaged.
                Err(error) if error.class == InfraClass::Unprepared && !is_last => {
                    debug!("{error}; it is prepared again");
                    self.preparation.doubt(digest);
                }
                _ => return result,
            }
        }
        unreachable!("the last round returns")
    }

    async fn run(&self, case: Arc<Case>, artifact: Arc<Artifact>) -> JobResult {
        let (sender, receiver) = oneshot::channel();
        let id = self.room.begin();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        self.pool.submit(Job { id, case, artifact });
        let result = receiver.await;
        self.room.end(id);
        result.unwrap_or_else(|_| {
            let message = "the pool of validators has lost it, which is a bug";
            let error = InfraError::new(InfraClass::Sandbox, message);
            JobResult { id, result: Err(error), elapsed: Duration::ZERO }
        })
    }

    /// Reads a job's case and artifact; what is not what its digest says is an error.
    async fn load(&self, job: &JobMessage) -> Result<Loaded, String> {
        let known =
            self.cases.lock().unwrap_or_else(PoisonError::into_inner).get(&job.case).cloned();
        let case = match known {
            Some(case) => case,
            None => {
                let Some(text) = self.object(Kind::Case, &job.case).await else {
                    return Ok(Loaded::Lacking);
                };
                let case = serde_json::from_slice::<WrittenCase>(&text)
                    .map_err(|error| error.to_string())
                    .and_then(Case::try_from)
                    .map_err(|error| format!("its case cannot be read: {error}"))?;
                if case.digest() != job.case {
                    return Err(format!("its case is {}, not {}", case.digest(), job.case));
                }
                let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
                if cases.len() >= CASES {
                    cases.clear();
                }
                let case = Arc::new(case);
                cases.insert(job.case.clone(), Arc::clone(&case));
                case
            }
        };
        let Some(text) = self.object(Kind::Artifact, &job.artifact).await else {
            return Ok(Loaded::Lacking);
        };
        if sha256(&text) != job.artifact {
            return Err(format!("its artifact is {}, not {}", sha256(&text), job.artifact));
        }
        let artifact = serde_json::from_slice(&text)
            .map_err(|error| format!("its artifact cannot be read: {error}"))?;
        Ok(Loaded::Whole(case, Arc::new(artifact)))
    }

    /// Reads an object, however long the server may be away.
    async fn object(&self, kind: Kind, digest: &str) -> Option<Vec<u8>> {
        loop {
            match objects::get(&self.context, kind, digest).await {
                Ok(content) => return content,
                Err(error) => debug!("{error}"),
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Writes that a job cannot be done, which is nobody's verdict.
    async fn refuse(&self, claim: &Claim, message: String) -> bool {
        let error = InfraError::new(InfraClass::Fleet, message);
        let result = JobResult { id: 0, result: Err(error), elapsed: Duration::ZERO };
        claim.settle(&self.context, result).await
    }

    /// Puts a job aside that so many workers have died of.
    async fn set_aside(&self, message: &Message, claim: &Claim) -> bool {
        let Some((_, key)) = parts(&message.subject) else { return false };
        let copy = PublishMessage::build().payload(message.payload.clone());
        store(&self.context, &aside_subject(key.as_str()), &copy).await;
        self.monitor.put_aside();
        let deaths = claim.deaths;
        warn!("the job {key} is set aside: {deaths} workers have died or fallen silent over it");
        let message = format!(
            "set aside: {deaths} workers have died or fallen silent over it; it lies in the stream assay-aside as {key}"
        );
        self.refuse(claim, message).await
    }
}

/// The scope and the key in a job's subject.
fn parts(subject: &str) -> Option<(&str, Key)> {
    let (scope, _) = subject.strip_prefix("assay.jobs.")?.split_once('.')?;
    Some((scope, Key::of_subject(subject)))
}

/// The pool, whose results go to whoever waits for them.
fn start(validator: &Arc<Validator>, plan: &WorkerPlan, waiting: &Waiting) -> Pool {
    let waiting = Arc::clone(waiting);
    let listener: Listener = Arc::new(move |result: JobResult| {
        let waiter = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&result.id);
        if let Some(waiter) = waiter {
            // Who waited may have gone.
            let _ = waiter.send(result);
        }
        true
    });
    Pool::start(validator, plan.limits, &listener)
}

/// Tells the server that a delivery is settled, and waits until it knows. If it does not hear, the
/// job comes again, and its record says that it is done.
async fn acknowledge(message: &Message, kind: AckKind) {
    if let Err(error) = message.double_ack_with(kind).await {
        debug!("the server was not told that a job is settled: {error}");
    }
}
