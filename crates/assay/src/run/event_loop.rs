//! The event loop of every command that works through attempts: it starts as much as there is room
//! for, and handles the results, one event after the other, until no more can come or the user
//! interrupts it.

use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use assay_core::counted;
use assay_verify::JobResult;
use assay_verify::verifier::Listener;
use tokio::runtime::{Handle, Runtime};
use tracing::warn;

use crate::terminal::complain;

/// Threads that care for requests to servers.
pub(crate) const REQUEST_THREADS: usize = 2;

/// How long what is being ended may take to say what it took.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a loop works on. It alone owns its state; others send it events.
pub(crate) trait Attempts {
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

    /// Begins nothing more after an interruption, and says what is still to be waited for.
    fn close(&mut self) -> Option<Closing> {
        None
    }

    /// Takes what had happened before an interruption, or was waited for after it.
    fn leave(&mut self, _event: Self::Event) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Validations that an interruption lets come to their end.
pub(crate) struct Closing {
    pub(crate) under_way: usize,
    /// Takes until they have.
    pub(crate) wait: Box<dyn FnOnce() + Send>,
}

/// Where events are sent from.
#[derive(Debug)]
pub(crate) struct Events<E>(Sender<Signal<E>>);

/// What a loop hears.
#[derive(Debug)]
enum Signal<E> {
    Event(E),
    Interrupted,
    /// What an interruption waits for has come to its end.
    Closed,
}

impl<E> Clone for Events<E> {
    fn clone(&self) -> Events<E> {
        Events(self.0.clone())
    }
}

impl<E> Events<E> {
    /// Returns whether anybody still listens: after an interruption, nobody does.
    pub(crate) fn send(&self, event: E) -> bool {
        self.0.send(Signal::Event(event)).is_ok()
    }
}

impl<E: From<JobResult> + Send + 'static> Events<E> {
    /// Makes events of the results of jobs.
    pub(crate) fn of_jobs(&self) -> Listener {
        let events = self.clone();
        std::sync::Arc::new(move |result| events.send(result.into()))
    }
}

/// The loop before it is run.
#[derive(Debug)]
pub(crate) struct EventLoop<E> {
    runtime: Runtime,
    events: Events<E>,
    inbox: Receiver<Signal<E>>,
}

impl<E: Send + 'static> EventLoop<E> {
    /// A loop whose requests run on this many threads.
    pub(crate) fn new(threads: usize) -> anyhow::Result<EventLoop<E>> {
        let (sender, inbox) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .context("failed to start the runtime for requests")?;
        listen(sender.clone());
        Ok(EventLoop { runtime, events: Events(sender), inbox })
    }

    pub(crate) fn events(&self) -> Events<E> {
        self.events.clone()
    }

    /// Where requests run.
    pub(crate) fn handle(&self) -> Handle {
        self.runtime.handle().clone()
    }

    /// Goes on to the end, and says whether that was an interruption. Validations that are
    /// under way then come to their end; questions are not waited for.
    pub(crate) fn run(self, attempts: &mut impl Attempts<Event = E>) -> anyhow::Result<bool> {
        let mut interrupted = false;
        while let ControlFlow::Continue(patience) = attempts.begin()? {
            match self.inbox.recv_timeout(patience) {
                Ok(Signal::Event(event)) => attempts.take(event)?,
                Ok(Signal::Interrupted | Signal::Closed) => {
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

    /// Lets validations that are under way come to their end, and hears for a while what is being
    /// ended otherwise. A second interruption ends the program meanwhile.
    fn end(&self, attempts: &mut impl Attempts<Event = E>) -> anyhow::Result<()> {
        attempts.interrupt();
        let mut is_closed = true;
        if let Some(Closing { under_way, wait }) = attempts.close() {
            let validations = counted(under_way, "validation");
            if under_way > 0 {
                complain(&format!(
                    "interrupted: finishing {validations}; Ctrl-C again ends at once"
                ));
            }
            is_closed = false;
            let closed = self.events.clone();
            std::thread::spawn(move || {
                wait();
                // After an error, nobody listens.
                let _ = closed.0.send(Signal::Closed);
            });
        }
        let last = Instant::now() + FAREWELL;
        loop {
            let patience = match (is_closed, attempts.is_ending()) {
                (false, _) => Duration::MAX,
                (true, true) => last.saturating_duration_since(Instant::now()),
                (true, false) => Duration::ZERO,
            };
            match self.inbox.recv_timeout(patience) {
                Ok(Signal::Event(event)) => attempts.leave(event)?,
                Ok(Signal::Closed) => is_closed = true,
                Ok(Signal::Interrupted) => {}
                Err(_) => return Ok(()),
            }
        }
    }
}

/// Tells the loop of a first Ctrl-C, and ends the program at the next one. A thread of its own
/// listens to the end of the program, so that the next one works whatever goes on then.
fn listen<E: Send + 'static>(sender: Sender<Signal<E>>) {
    let listen = async move {
        let first = tokio::signal::ctrl_c().await;
        // The loop may have come to its end already.
        let _ = first.as_ref().map(|()| sender.send(Signal::Interrupted));
        first?;
        drop(sender);
        tokio::signal::ctrl_c().await
    };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime.and_then(|runtime| runtime.block_on(listen)) {
            Ok(()) => end_at_once(),
            Err(error) => warn!(
                "an interruption will end the program at once, because signals cannot be received: {error}"
            ),
        }
    });
}

/// Leaves what is under way. Each finished attempt is stored already, and sandboxes end with
/// the program.
#[expect(clippy::disallowed_methods, reason = "asked twice, and threads may never end")]
fn end_at_once() {
    complain("ended at once; what was finished is stored");
    std::process::exit(INTERRUPTED)
}

/// The exit code of an interrupted program.
const INTERRUPTED: i32 = 130;
