//! [`Session`]: one attempt of an agent at the gateway, with its token, its limits and its
//! record.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use assay_core::infra_error::InfraError;
use assay_core::{Amount, TokenUsage};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::debug;

use super::conversation::{Conversation, End, Exchange};
use super::kept::{KeptRequest, Memory};
use super::limits::{Limit, SessionLimits};
use super::refusal::Refusal;
use super::server::Hub;
use crate::subject::pace::Urgency;
use crate::subject::{Account, Call, Upstream};

/// What a session is opened with.
#[derive(Debug)]
pub struct SessionConfig {
    /// The model. Sessions share it, and so its pace.
    pub upstream: Arc<Upstream>,
    pub naming: Naming,
    pub limits: SessionLimits,
    /// Who pays for each exchange, and may refuse the next; nobody, if it is `None`.
    pub account: Option<Arc<dyn Account>>,
}

/// Which model is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Naming {
    /// The one of the session, whatever the agent names: agents ask small models beside.
    #[default]
    Fixed,
    /// The one that the agent names.
    AsAsked,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum NoSession {
    #[error("the model {0:?} has a limit on its cost and no price; give it a price")]
    NoPrice(String),
    #[error("no token can be drawn: {0}")]
    NoToken(getrandom::Error),
}

/// An open session. One that is dropped answers no more, and its record is lost.
pub struct Session {
    shared: Arc<Shared>,
    hub: Arc<Hub>,
    /// Those that serve it alone.
    servers: Mutex<Vec<JoinHandle<()>>>,
}

/// What all exchanges of a session share.
pub(super) struct Shared {
    pub(super) upstream: Arc<Upstream>,
    pub(super) naming: Naming,
    limits: SessionLimits,
    account: Option<Arc<dyn Account>>,
    pub(super) token: String,
    opened: Instant,
    opened_at: SystemTime,
    ledger: Mutex<Ledger>,
    state: watch::Sender<State>,
    in_flight: watch::Sender<usize>,
    /// So many requests are worked on at once; others wait.
    pub(super) room: Semaphore,
}

#[derive(Debug, Clone, Default)]
struct State {
    end: Option<End>,
    is_closed: bool,
}

#[derive(Debug, Default)]
struct Ledger {
    /// `None` until the exchange has ended.
    exchanges: Vec<Option<Exchange>>,
    left_out: u64,
    requests: u64,
    usage: TokenUsage,
    memory: Memory,
    /// What is kept, in bytes.
    kept: usize,
}

/// The place of an exchange in the record, while it is under way.
pub(super) struct Turn {
    shared: Arc<Shared>,
    /// `None` where there is no room for another.
    place: Option<usize>,
    pub(super) begun: Instant,
}

/// Requests of one session that are worked on at once.
const AT_ONCE: usize = 16;

/// Exchanges that are kept of one session.
const MOST_EXCHANGES: usize = 10_000;

/// Bytes that are kept of one session, before bodies are left out.
const MOST_KEPT: usize = 64 << 20;

/// Letters and digits of a token.
const TOKEN_BYTES: usize = 24;

impl Session {
    pub(super) fn open(config: SessionConfig, hub: &Arc<Hub>) -> Result<Session, NoSession> {
        let SessionConfig { upstream, naming, limits, account } = config;
        if limits.cost.is_some() && upstream.price().is_none() {
            return Err(NoSession::NoPrice(upstream.name().to_owned()));
        }
        let shared = Arc::new(Shared {
            upstream,
            naming,
            limits,
            account,
            token: token().map_err(NoSession::NoToken)?,
            opened: Instant::now(),
            opened_at: SystemTime::now(),
            ledger: Mutex::default(),
            state: watch::Sender::new(State::default()),
            in_flight: watch::Sender::new(0),
            room: Semaphore::new(AT_ONCE),
        });
        hub.add(&shared);
        Ok(Session { shared, hub: Arc::clone(hub), servers: Mutex::default() })
    }

    /// What the agent shows the gateway, in place of a key.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// Answers at this listener too, which is that of a sandbox say, until the session ends.
    /// There no other session is answered.
    pub fn serve_at(&self, listener: TcpListener) -> io::Result<()> {
        let server = self.hub.serve_at(listener, &self.shared)?;
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).push(server);
        Ok(())
    }

    /// What all exchanges took so far.
    pub fn usage(&self) -> TokenUsage {
        self.shared.ledger().usage
    }

    /// Questions that were passed on so far.
    pub fn requests(&self) -> u64 {
        self.shared.ledger().requests
    }

    /// Waits until nothing more is answered: a limit is passed, or the provider failed. Whoever
    /// runs the agent can end it then.
    pub async fn ended(&self) -> End {
        let mut state = self.shared.state.subscribe();
        let mut end_of = async || {
            let state = state.wait_for(|state| state.end.is_some()).await;
            state.ok().and_then(|state| state.end.clone())
        };
        tokio::select! {
            Some(end) = end_of() => end,
            () = self.shared.time_is_up() => self.shared.end(End::Limit(Limit::WallTime)),
        }
    }

    /// Ends it: what is under way is cut off, and nothing more is answered. Returns the record.
    pub async fn close(self) -> Conversation {
        self.shared.state.send_modify(|state| state.is_closed = true);
        self.hub.remove(&self.shared);
        let mut in_flight = self.shared.in_flight.subscribe();
        // The sender is held here.
        let _ = in_flight.wait_for(|count| *count == 0).await;
        let end = self.shared.state.borrow().end.clone();
        let conversation = self.shared.conversation(end);
        let Conversation { requests, usage, exchanges, end, .. } = &conversation;
        debug!(
            subject = self.shared.upstream.name(),
            requests,
            exchanges = exchanges.len(),
            tokens = Amount::from(usage).tokens,
            ?end,
            "session closed"
        );
        conversation
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.shared.state.send_modify(|state| state.is_closed = true);
        self.hub.remove(&self.shared);
        let servers = self.servers.get_mut().unwrap_or_else(PoisonError::into_inner);
        servers.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more request came.
    pub(super) fn begin(self: &Arc<Shared>) -> Turn {
        self.in_flight.send_modify(|count| *count += 1);
        let mut ledger = self.ledger();
        let place = (ledger.exchanges.len() < MOST_EXCHANGES).then_some(ledger.exchanges.len());
        match place {
            Some(_) => ledger.exchanges.push(None),
            None => ledger.left_out += 1,
        }
        drop(ledger);
        Turn { shared: Arc::clone(self), place, begun: Instant::now() }
    }

    /// Counts a question of so many bytes that is passed on, or says why none is any more.
    /// Counting tokens is no question, but nothing else is done once the session has ended either.
    pub(super) fn admit(&self, call: Call, bytes: usize) -> Result<(), Refusal> {
        if let Some(end) = self.state.borrow().end.clone() {
            return Err(refusal_of(&end));
        }
        let next = Amount::from(&self.upstream.unanswered(call, bytes));
        let refusal = self.account.as_ref().and_then(|account| account.refusal(next));
        if let Some(error) = refusal {
            return Err(fail(self, &error));
        }
        let limit = {
            let mut ledger = self.ledger();
            let is_over = self.limits.wall_time.is_some_and(|most| self.opened.elapsed() >= most);
            let limit = match is_over {
                true => Some(Limit::WallTime),
                false => self.limits.passed(ledger.requests, Amount::from(&ledger.usage)),
            };
            ledger.requests += u64::from(limit.is_none() && call.is_answer());
            limit
        };
        if let Some(limit) = limit {
            return Err(refusal_of(&self.end(End::Limit(limit))));
        }
        Ok(())
    }

    /// What goes on comes before what begins.
    pub(super) fn urgency(&self) -> Urgency {
        if self.ledger().requests > 1 { Urgency::First } else { Urgency::Fresh }
    }

    /// Answers no more for this reason, unless there is one already. Returns the one that
    /// counts.
    pub(super) fn end(&self, end: End) -> End {
        let mut counts = end.clone();
        self.state.send_modify(|state| counts = state.end.get_or_insert(end).clone());
        counts
    }

    /// Waits until what is under way is to be cut off.
    pub(super) async fn is_over(&self) -> Refusal {
        let mut state = self.state.subscribe();
        tokio::select! {
            _ = state.wait_for(|state| state.is_closed) => {
                Refusal::bad("the attempt is over, so nothing more is answered")
            }
            () = self.time_is_up() => refusal_of(&self.end(End::Limit(Limit::WallTime))),
        }
    }

    async fn time_is_up(&self) {
        match self.limits.wall_time.and_then(|most| self.opened.checked_add(most)) {
            Some(end) => tokio::time::sleep_until(end).await,
            None => std::future::pending().await,
        }
    }

    fn conversation(&self, end: Option<End>) -> Conversation {
        let mut ledger = self.ledger();
        Conversation {
            protocol: self.upstream.provider().as_str().to_owned(),
            opened_at: humantime::format_rfc3339_millis(self.opened_at).to_string(),
            // One that never ended has nobody who could have recorded it.
            exchanges: std::mem::take(&mut ledger.exchanges).into_iter().flatten().collect(),
            left_out: ledger.left_out,
            requests: ledger.requests,
            usage: ledger.usage,
            end,
        }
    }

    fn since_opening(&self, moment: Instant) -> u64 {
        millis(moment.saturating_duration_since(self.opened))
    }

    /// A text that is kept, without what is secret.
    fn clean(&self, text: &str) -> String {
        self.upstream.scrub(&text.replace(&self.token, "[token]"))
    }
}

impl Turn {
    /// Keeps the body of the request, if there is room for it.
    pub(super) fn keep(&self, body: &serde_json::Value, bytes: usize) -> Option<KeptRequest> {
        let place = self.place?;
        let text = body.to_string();
        let clean = self.shared.clean(&text);
        let read;
        let body = if clean == text {
            body
        } else {
            read = serde_json::from_str(&clean).ok()?;
            &read
        };
        let mut ledger = self.shared.ledger();
        if ledger.kept.saturating_add(bytes) > MOST_KEPT {
            return None;
        }
        let kept = ledger.memory.keep(place, body.as_object()?);
        ledger.kept += serde_json::Value::Object(kept.new.clone()).to_string().len();
        Some(kept)
    }

    /// Records what became of it.
    pub(super) fn record(&self, mut exchange: Exchange) {
        let now = Instant::now();
        exchange.begun_ms = self.shared.since_opening(self.begun);
        exchange.ended_ms = self.shared.since_opening(now);
        let usage = exchange.outcome.usage().copied();
        let length = serde_json::to_string(&exchange.outcome).map_or(0, |text| text.len());
        let mut ledger = self.shared.ledger();
        if let Some(usage) = usage {
            ledger.usage += usage;
        }
        if ledger.kept.saturating_add(length) > MOST_KEPT {
            exchange.outcome = exchange.outcome.without_body();
        } else {
            ledger.kept += length;
        }
        if let Some(place) = self.place {
            ledger.exchanges[place] = Some(exchange);
        }
        drop(ledger);
        let usage = usage.filter(|usage| *usage != TokenUsage::default());
        if let (Some(usage), Some(account)) = (usage, &self.shared.account) {
            account.charge(usage);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.shared.in_flight.send_modify(|count| *count -= 1);
    }
}

fn refusal_of(end: &End) -> Refusal {
    match end {
        End::Limit(limit) => Refusal::of_limit(*limit),
        End::Failure(_) => Refusal::of_end(),
    }
}

/// The failure that a session ends with, and what the agent is told.
pub(super) fn fail(shared: &Shared, error: &InfraError) -> Refusal {
    refusal_of(&shared.end(End::Failure(error.clone())))
}

fn token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().fold("at-".to_owned(), |text, byte| text + &format!("{byte:02x}")))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for Session {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("upstream", &self.shared.upstream).finish_non_exhaustive()
    }
}
