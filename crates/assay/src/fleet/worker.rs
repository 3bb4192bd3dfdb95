//! The worker: takes jobs from the queue, validates them in sandboxes of this machine, and stores
//! their results.
//!
//! A *slot* is a task that takes one job at a time from its delivery to its acknowledgement. There
//! are more slots than validations run, so that the next jobs are there when one ends. A job that
//! workers have died of is done beside no other, so that it takes none with it.

mod delivery;
mod monitor;
mod preparation;
mod room;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use assay_verify::Validator;
use assay_verify::pool::PoolLimits;
use async_nats::jetstream::consumer::{Consumer, pull};
use async_nats::jetstream::{AckKind, Context, Message};
use futures_util::StreamExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{debug, warn};

use super::connection::{Access, Connection, chain};
use super::error::FleetError;
use super::key::ticket;
use super::presence::{self, Presence};
use super::streams;
use super::versions::{self, Versions};
use delivery::Station;
use monitor::Watched;
use room::Room;

/// How long a request for a job waits at the server.
const PULL: Duration = Duration::from_secs(3);

/// How much longer than that no answer is waited for.
const GRACE: Duration = Duration::from_secs(3);

/// How long a server may take to be ready.
const STARTS: Duration = Duration::from_secs(15);

/// A worker, before it works.
#[derive(Debug)]
pub struct WorkerPlan {
    pub access: Access,
    pub validator: Arc<Validator>,
    pub limits: PoolLimits,
    /// What it is called in records and messages; a random part is added.
    pub name: String,
    /// How long workers may be silent about a job before others get it; `None` leaves it as it is.
    pub ack_wait: Option<Duration>,
    /// With so many workers dead of it, a job is set aside.
    pub max_deaths: u32,
    /// A file whose time of change says that the worker lives.
    pub heartbeat: Option<PathBuf>,
    /// Where probes and Prometheus are answered.
    pub probes: Option<SocketAddr>,
}

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It has joined the fleet, under this name, and works on so many jobs at a time.
    Joined { worker: String, jobs: usize },
    /// It answers probes there.
    Probes { address: SocketAddr },
    /// It takes no more jobs, and finishes so many.
    Draining { held: usize },
    /// It installs what a case needs.
    Preparing { case: String },
    /// It did not count that it finished a job: another worker had taken it over.
    Late { case: String },
}

/// What a worker has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerEnd {
    pub done: u64,
}

/// Who hears of it.
pub(super) type Tell = Arc<dyn Fn(Told) + Send + Sync>;

/// Works until SIGTERM or an interruption, then finishes what it has begun.
pub fn work(
    plan: WorkerPlan,
    tell: impl Fn(Told) + Send + Sync + 'static,
) -> Result<WorkerEnd, FleetError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(FleetError::Runtime)?;
    runtime.block_on(run(plan, Arc::new(tell)))
}

async fn run(plan: WorkerPlan, tell: Tell) -> Result<WorkerEnd, FleetError> {
    // A port that is taken is told before anything else.
    let probes = match plan.probes {
        Some(address) => Some(monitor::listen(address).await?),
        None => None,
    };
    let versions = tokio::task::spawn_blocking(Versions::here).await;
    let versions = versions.map_err(|error| FleetError::Runtime(error.into()))?;
    let worker = format!("{}-{}", plan.name, &ticket()?[..8]);
    let connection = Connection::insist(&plan.access, &format!("assay worker {worker}")).await?;
    let context = connection.stream.clone();
    let jobs = plan.limits.jobs;
    let presence =
        Presence { worker: worker.clone(), versions: versions.digest(), jobs, held: 0, done: 0 };
    let (consumer, ack_wait) = join(&context, &versions, &presence, plan.ack_wait).await?;
    let room = Arc::new(Room::new(plan.limits.jobs));
    let station = Arc::new(Station::open(&plan, worker.clone(), versions, context, &room, &tell));
    let worker = Worker { station, consumer, done: AtomicU64::new(0) };
    let worker = Arc::new(worker);
    tell(Told::Joined { worker: worker.station.worker.clone(), jobs });
    if let Some(listener) = probes {
        let address = listener.local_addr().map_err(FleetError::Runtime)?;
        let client = connection.client.clone();
        let monitor = Arc::clone(&worker.station.monitor);
        let watched = Watched { monitor, room: Arc::clone(&room), client, jobs };
        tokio::spawn(monitor::serve(listener, watched));
        tell(Told::Probes { address });
    }
    let presence = tokio::spawn(Arc::clone(&worker).be_present(presence, plan.heartbeat));
    let progress = tokio::spawn(Arc::clone(&worker).progress(ack_wait / 3));
    let slots = (0..room.slots()).map(|_| tokio::spawn(Arc::clone(&worker).slot()));
    let slots: Vec<_> = slots.collect();
    ended().await;
    tell(Told::Draining { held: room.held() });
    room.close();
    for slot in slots {
        if let Err(error) = slot.await {
            warn!("a slot of the worker has panicked, which is a bug: {error}");
        }
    }
    presence.abort();
    progress.abort();
    presence::leave(&worker.station.context, &worker.station.worker).await;
    // What was acknowledged is on its way.
    if let Err(error) = connection.client.flush().await {
        debug!("not all was sent: {}", chain(&error));
    }
    Ok(WorkerEnd { done: worker.done.load(Ordering::Relaxed) })
}

/// Joins the fleet. A server that has just started may not be ready to keep anything yet.
async fn join(
    context: &Context,
    versions: &Versions,
    presence: &Presence,
    ack_wait: Option<Duration>,
) -> Result<(Consumer<pull::Config>, Duration), FleetError> {
    let join = async || {
        streams::set_up(context).await?;
        versions::join(context, versions, presence).await?;
        streams::consumer(context, ack_wait).await
    };
    let start = Instant::now();
    loop {
        match join().await {
            Err(error @ (FleetError::Stream { .. } | FleetError::Server { .. }))
                if start.elapsed() < STARTS =>
            {
                debug!("the server is not ready: {error}");
            }
            other => return other,
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Waits for SIGTERM or an interruption; a second one ends the program.
async fn ended() {
    let listen = |kind| signal(kind).inspect_err(|error| warn!("no signal is heard: {error}")).ok();
    let (terminate, interrupt) = (listen(SignalKind::terminate()), listen(SignalKind::interrupt()));
    let once = async |signal: &mut Option<Signal>| match signal {
        Some(signal) => signal.recv().await,
        None => std::future::pending().await,
    };
    let (mut terminate, mut interrupt) = (terminate, interrupt);
    tokio::select! {
        _ = once(&mut terminate) => {}
        _ = once(&mut interrupt) => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = once(&mut terminate) => {}
            _ = once(&mut interrupt) => {}
        }
        end_at_once();
    });
}

/// Leaves what is under way to other workers. Sandboxes end with the program.
#[expect(clippy::disallowed_methods, reason = "asked twice")]
fn end_at_once() {
    std::process::exit(INTERRUPTED)
}

/// The exit code of an interrupted program.
const INTERRUPTED: i32 = 130;

struct Worker {
    station: Arc<Station>,
    consumer: Consumer<pull::Config>,
    done: AtomicU64,
}

impl Worker {
    /// Takes one job after the other, until the room closes.
    async fn slot(self: Arc<Worker>) {
        let room = Arc::clone(&self.station.room);
        while room.enter(|| self.station.under_way()).await {
            if let Some(message) = self.pull().await {
                if room.is_closed() {
                    release(&message).await;
                } else if self.station.handle(Arc::new(message)).await {
                    self.done.fetch_add(1, Ordering::Relaxed);
                }
            }
            room.leave();
        }
    }

    /// Waits a while for a job.
    async fn pull(&self) -> Option<Message> {
        let pull = async {
            let mut batch = self.consumer.batch().max_messages(1).expires(PULL).messages().await?;
            batch.next().await.transpose()
        };
        match tokio::time::timeout(PULL + GRACE, pull).await {
            Ok(Ok(message)) => return message,
            Ok(Err(error)) => debug!("no job can be taken now: {}", chain(error.as_ref())),
            // The connection came back, say, and the request was lost.
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
        None
    }

    /// Says again and again that the worker lives.
    async fn be_present(self: Arc<Worker>, mut presence: Presence, heartbeat: Option<PathBuf>) {
        loop {
            presence.held = self.station.room.held();
            presence.done = self.done.load(Ordering::Relaxed);
            if let Some(path) = &heartbeat
                && let Err(error) = std::fs::write(path, presence.done.to_string())
            {
                warn!("failed to write {}: {error}", path.display());
            }
            presence.tell(&self.station.context).await;
            tokio::time::sleep(presence::EVERY).await;
        }
    }

    /// Says again and again that what it holds is under way.
    async fn progress(self: Arc<Worker>, every: Duration) {
        loop {
            tokio::time::sleep(every).await;
            for message in self.station.held() {
                if let Err(error) = message.ack_with(AckKind::Progress).await {
                    debug!("the server was not told that a job is under way: {error}");
                }
            }
        }
    }
}

/// Gives a job back that was not begun.
async fn release(message: &Message) {
    if let Err(error) = message.double_ack_with(AckKind::Nak(None)).await {
        debug!("a job that was not begun comes back only after a while: {error}");
    }
}
