//! [`FleetVerifier`]: validates on the workers of a fleet.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use assay_core::files::sha256;
use assay_verify::verifier::Listener;
use assay_verify::{Job, JobResult, Jobs, Verifier};
use futures_util::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::{debug, error, warn};

use super::connection::{Access, Connection};
use super::error::FleetError;
use super::key::{Key, Scope, ScopeName, ticket};
use super::ledger::record;
use super::objects::{self, Kind};
use super::presence::{self, Presence};
use super::publisher::{CaseDigests, Named, Publisher};
use super::reconciler::reconcile;
use super::record::{Body, Record, State};
use super::streams::{self, JOBS, RECORDS, STORED, job_subject, record_subject};
use super::versions::{self, Versions};

/// Jobs that are published at the same time.
const AT_ONCE: usize = 64;

/// Validates on the workers of a fleet, over NATS.
#[derive(Debug)]
pub struct FleetVerifier {
    access: Access,
    scope: Scope,
    versions: Versions,
    capacity: Arc<AtomicUsize>,
    workers: usize,
}

impl FleetVerifier {
    /// Asks a fleet what it is. That no worker has ever joined, or that they are no workers of
    /// this program, is an error.
    pub fn connect(access: Access, scope: Scope) -> Result<FleetVerifier, FleetError> {
        let runtime = runtime()?;
        let (versions, workers) = runtime.block_on(async {
            let connection = Connection::open(&access, "assay, asking").await?;
            streams::set_up(&connection.stream).await?;
            let versions = versions::of_fleet(&connection.stream).await?;
            let versions = versions.ok_or_else(|| FleetError::NoWorkers(access.address()))?;
            versions.check_program()?;
            Ok((versions, presence::all(&connection.stream).await?))
        })?;
        let capacity = workers.iter().map(|worker| worker.jobs).sum::<usize>().max(1);
        let (capacity, workers) = (Arc::new(AtomicUsize::new(capacity)), workers.len());
        Ok(FleetVerifier { access, scope, versions, capacity, workers })
    }

    /// What its workers validate with.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// How many workers were there when it was asked.
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// The same fleet, with another scope.
    pub fn with_scope(self, scope: Scope) -> FleetVerifier {
        FleetVerifier { scope, ..self }
    }
}

fn runtime() -> Result<Runtime, FleetError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(FleetError::Runtime)
}

impl Verifier for FleetVerifier {
    fn start(&self, listener: Listener) -> Box<dyn Jobs> {
        let (orders, inbox) = unbounded_channel();
        let office = Office {
            access: self.access.clone(),
            scope: self.scope.clone(),
            versions: self.versions.clone(),
            capacity: Arc::clone(&self.capacity),
            listener,
        };
        let thread = std::thread::spawn(move || match runtime() {
            Ok(runtime) => runtime.block_on(office.work(inbox)),
            Err(error) => error!("{error}"),
        });
        Box::new(FleetJobs { orders: Some(orders), thread: Some(thread) })
    }

    fn capacity(&self) -> usize {
        self.capacity.load(Ordering::Relaxed)
    }
}

/// The way to the thread that talks to the server.
#[derive(Debug)]
struct FleetJobs {
    orders: Option<UnboundedSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Jobs for FleetJobs {
    fn submit(&self, job: Job) {
        if let Some(orders) = &self.orders
            && orders.send(job).is_err()
        {
            error!("a validation was lost, as nothing listens for it; this is a bug");
        }
    }

    /// None that this process carries out: what workers do goes on without it.
    fn under_way(&self) -> usize {
        0
    }
}

impl Drop for FleetJobs {
    /// Takes jobs that no worker has begun out of the queue.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the thread that talks to the NATS server has panicked; this is a bug");
        }
    }
}

/// What the thread starts from.
struct Office {
    access: Access,
    scope: Scope,
    versions: Versions,
    capacity: Arc<AtomicUsize>,
    listener: Listener,
}

/// What waits for a job's result.
#[derive(Debug, Clone)]
struct Wanted {
    /// The submitters' names for it.
    ids: Vec<u64>,
    job: Named,
    is_published: bool,
}

/// What is wanted, and the way to whoever wants it.
pub(super) struct Desk {
    pub(super) connection: Connection,
    pub(super) publisher: Publisher,
    wanted: Mutex<HashMap<Key, Wanted>>,
    listener: Listener,
}

impl Office {
    async fn work(self, mut inbox: UnboundedReceiver<Job>) {
        let connection = match Connection::insist(&self.access, "assay coordinator").await {
            Ok(connection) => connection,
            Err(error) => return error!("{error}"),
        };
        let (scope, name) = match (self.scope.name(), ticket()) {
            (Ok(scope), Ok(name)) => (scope, name),
            (Err(error), _) | (_, Err(error)) => return error!("{error}"),
        };
        let context = connection.stream.clone();
        let publisher = Publisher::new(context, scope, self.versions.clone(), name);
        let (wanted, listener) = (Mutex::new(HashMap::new()), self.listener);
        let desk = Arc::new(Desk { connection, publisher, wanted, listener });
        let hear = tokio::spawn(hear(Arc::clone(&desk)));
        let count = tokio::spawn(count(Arc::clone(&desk), self.capacity));
        let watch = {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move { reconcile(&desk).await })
        };
        let room = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        let copies = AtomicU64::new(0);
        let mut digests = CaseDigests::default();
        while let Some(job) = inbox.recv().await {
            let named = digests.name(&job);
            let copy = (self.scope == Scope::Each).then(|| copies.fetch_add(1, Ordering::Relaxed));
            let key = named.key(&self.versions, copy);
            if !desk.want(&key, job.id, &named) {
                continue;
            }
            // The semaphore is never closed.
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { break };
            let (desk, is_new) = (Arc::clone(&desk), copy.is_some());
            tokio::spawn(async move {
                desk.begin(&key, is_new).await;
                drop(permit);
            });
        }
        for task in [hear, count, watch] {
            task.abort();
        }
        if self.scope != Scope::Shared && desk.wanted() > 0 {
            desk.withdraw().await;
        }
    }
}

/// Takes every result as soon as the server has stored it. What is missed while the connection is
/// away is found by the reconciler.
async fn hear(desk: Arc<Desk>) {
    let subject = format!("{STORED}.{}.*", desk.publisher.scope.0);
    loop {
        match desk.connection.client.subscribe(subject.clone()).await {
            Ok(mut stored) => {
                while let Some(message) = stored.next().await {
                    let key = Key::of_subject(&message.subject);
                    match serde_json::from_slice(&message.payload) {
                        Ok(record) => desk.take(&key, record).await,
                        Err(error) => warn!("the record of {key} cannot be read: {error}"),
                    }
                }
            }
            Err(error) => debug!("results cannot be heard: {error}"),
        }
        tokio::time::sleep(presence::EVERY).await;
    }
}

/// Keeps count of how many jobs the workers that are there can work on.
async fn count(desk: Arc<Desk>, capacity: Arc<AtomicUsize>) {
    loop {
        tokio::time::sleep(presence::EVERY * 2).await;
        match presence::all(&desk.publisher.context).await {
            Ok(workers) => {
                let jobs = workers.iter().map(|Presence { jobs, .. }| jobs).sum::<usize>();
                capacity.store(jobs.max(1), Ordering::Relaxed);
            }
            Err(error) => debug!("{error}"),
        }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Wanted>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many jobs are waited for.
    pub(super) fn wanted(&self) -> usize {
        self.lock().len()
    }

    /// Those that are waited for and were published.
    pub(super) fn published(&self) -> Vec<Key> {
        let wanted = self.lock();
        let published = wanted.iter().filter(|(_, wanted)| wanted.is_published);
        published.map(|(key, _)| key.clone()).collect()
    }

    /// Notes that a job is wanted. Says whether it is to be published for that.
    fn want(&self, key: &Key, id: u64, job: &Named) -> bool {
        let mut wanted = self.lock();
        let known = wanted.get_mut(key);
        match known {
            Some(known) => {
                known.ids.push(id);
                false
            }
            None => {
                let (ids, job) = (vec![id], job.clone());
                wanted.insert(key.clone(), Wanted { ids, job, is_published: false });
                true
            }
        }
    }

    /// Publishes a job, unless it was done before. An error from then does not count: it is tried
    /// again.
    async fn begin(&self, key: &Key, is_new: bool) {
        let context = &self.publisher.context;
        let subject = record_subject(&self.publisher.scope.0, key.as_str());
        if !is_new
            && let Some(found) = record(context, &subject).await.1
            && let Record { state: State::Done(body), .. } = &found
        {
            let is_error = matches!(body, Body::Result(result) if result.result.is_err());
            if !is_error {
                return self.take(key, found).await;
            }
            if let Ok(stream) = context.get_stream_no_info(RECORDS).await
                && let Err(error) = stream.purge().filter(subject).await
            {
                warn!("an earlier error of {key} could not be removed: {error}");
            }
        }
        self.publish_again(key).await;
    }

    /// Publishes a job that is wanted, unless it is in the queue.
    pub(super) async fn publish_again(&self, key: &Key) {
        let Some(job) = self.lock().get(key).map(|wanted| wanted.job.clone()) else { return };
        self.publisher.publish(key, &job).await;
        if let Some(wanted) = self.lock().get_mut(key) {
            wanted.is_published = true;
        }
    }

    /// Takes what a record says of a job that is wanted.
    pub(super) async fn take(&self, key: &Key, record: Record) {
        match record.state {
            State::Claimed => debug!(%key, worker = record.worker, "claimed"),
            State::Lacking => {
                let Some(job) = self.lock().get(key).map(|wanted| wanted.job.clone()) else {
                    return;
                };
                self.publisher.forget(&job);
                self.publish_again(key).await;
            }
            State::Done(body) => {
                if !self.lock().contains_key(key) {
                    return;
                }
                let result = match body {
                    Body::Result(result) => *result,
                    Body::Object(digest) => match self.large(&digest).await {
                        Ok(result) => result,
                        // The reconciler comes back to it.
                        Err(error) => return warn!("the result of {key} is not there: {error}"),
                    },
                };
                let Some(wanted) = self.lock().remove(key) else { return };
                for id in wanted.ids {
                    (self.listener)(JobResult { id, ..result.clone() });
                }
            }
        }
    }

    /// A result that is an object.
    async fn large(&self, digest: &str) -> Result<JobResult, String> {
        let text = objects::get(&self.publisher.context, Kind::Result, digest).await;
        let text = text.map_err(|error| error.to_string())?;
        let text = text.filter(|text| sha256(text) == digest).ok_or("it is not whole")?;
        serde_json::from_slice(&text).map_err(|error| error.to_string())
    }

    /// Takes what nobody has begun out of the queue.
    async fn withdraw(&self) {
        let ScopeName(scope) = &self.publisher.scope;
        if let Ok(stream) = self.publisher.context.get_stream_no_info(JOBS).await
            && let Err(error) = stream.purge().filter(job_subject(scope, "*")).await
        {
            warn!("jobs are left in the queue, and are validated for nobody: {error}");
        }
    }
}
