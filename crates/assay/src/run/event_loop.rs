//! The event loop of every command that works through attempts: it starts as much as there is room
//! for, and handles the results, one event after the other, until no more can come or the user
//! interrupts it.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use assay_verify::JobResult;
use assay_verify::verifier::Listener;
use tokio::runtime::{Handle, Runtime};
use tracing::warn;

/// Threads that care for requests to servers.
pub(super) const REQUEST_THREADS: usize = 2;

/// How long what is being ended may take to say what it took.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a loop works on. It alone owns its state; others send it events.
pub(super) trait Attempts {
    type Event;

    /// Begins what there is room for. Breaks where nothing more is to come; otherwise it
    /// says how long to wait for an event before [`Attempts::idle`].
    fn begin(&mut self) -> anyhow::Result<ControlFlow<(), Duration>>;

    /// Takes what happened.
    fn take(&mut self, event: Self::Event) -> anyhow::Result<()>;

    /// Goes on although nothing happened meanwhile.
    fn idle(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// The user interrupts: ends what works for it and can be ended.
    fn interrupt(&mut self) {}

    /// Whether something that is being ended has something to say yet.
    fn is_ending(&self) -> bool {
        false
    }

    /// Takes what had happened before an interruption and is not gone on with.
    fn leave(&mut self, _event: Self::Event) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Where events are sent from.
#[derive(Debug)]
pub(super) struct Events<E>(Sender<Signal<E>>);

/// What a loop hears.
#[derive(Debug)]
enum Signal<E> {
    Event(E),
    Interrupted,
}

impl<E> Clone for Events<E> {
    fn clone(&self) -> Events<E> {
        Events(self.0.clone())
    }
}

impl<E> Events<E> {
    /// Returns whether anybody still listens: after an interruption, nobody does.
    pub(super) fn send(&self, event: E) -> bool {
        self.0.send(Signal::Event(event)).is_ok()
    }
}

impl<E: From<JobResult> + Send + 'static> Events<E> {
    /// Makes events of the results of jobs.
    pub(super) fn of_jobs(&self) -> Listener {
        let events = self.clone();
        std::sync::Arc::new(move |result| events.send(result.into()))
    }
}

/// The loop before it is run.
#[derive(Debug)]
pub(super) struct EventLoop<E> {
    runtime: Runtime,
    events: Events<E>,
    inbox: Receiver<Signal<E>>,
}

impl<E: Send + 'static> EventLoop<E> {
    /// A loop whose requests run on this many threads.
    pub(super) fn new(threads: usize) -> anyhow::Result<EventLoop<E>> {
        let (sender, inbox) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .context("failed to start the runtime for requests")?;
        let interrupted = sender.clone();
        runtime.spawn(async move {
            loop {
                if let Err(error) = tokio::signal::ctrl_c().await {
                    warn!(
                        "an interruption will end the program at once, because signals cannot be received: {error}"
                    );
                    return;
                }
                // The loop may have come to its end already.
                if interrupted.send(Signal::Interrupted).is_err() {
                    return;
                }
            }
        });
        Ok(EventLoop { runtime, events: Events(sender), inbox })
    }

    pub(super) fn events(&self) -> Events<E> {
        self.events.clone()
    }

    /// Where requests run.
    pub(super) fn handle(&self) -> Handle {
        self.runtime.handle().clone()
    }

    /// Goes on to the end, and says whether that was an interruption. What is still under
    /// way then is not waited for.
    pub(super) fn run(self, attempts: &mut impl Attempts<Event = E>) -> anyhow::Result<bool> {
        let mut interrupted = false;
        while let ControlFlow::Continue(patience) = attempts.begin()? {
            match self.inbox.recv_timeout(patience) {
                Ok(Signal::Event(event)) => attempts.take(event)?,
                Ok(Signal::Interrupted) => {
                    interrupted = true;
                    break;
                }
                Err(RecvTimeoutError::Timeout) => attempts.idle()?,
                Err(error) => return Err(error).context("failed to hear from any worker"),
            }
        }
        if interrupted {
            self.end(attempts)?;
        }
        self.runtime.shutdown_background();
        Ok(interrupted)
    }

    /// Hears what has happened, and for a while what is being ended, unless the user interrupts
    /// again.
    fn end(&self, attempts: &mut impl Attempts<Event = E>) -> anyhow::Result<()> {
        attempts.interrupt();
        let last = Instant::now() + FAREWELL;
        loop {
            let patience = match attempts.is_ending() {
                true => last.saturating_duration_since(Instant::now()),
                false => Duration::ZERO,
            };
            match self.inbox.recv_timeout(patience) {
                Ok(Signal::Event(event)) => attempts.leave(event)?,
                Ok(Signal::Interrupted) | Err(_) => return Ok(()),
            }
        }
    }
}
