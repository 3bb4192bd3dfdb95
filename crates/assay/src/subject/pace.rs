//! How fast a provider is asked: as much at once as it bears, and no more a minute
//! than the user wants. All who ask one provider share its pace.

mod bucket;
mod window;

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use assay_core::Tokens;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::debug;

use super::requests::Requests;
use bucket::Bucket;
use window::{Ending, Sent, Window};

/// The paces of a run, one for each provider and key.
#[derive(Debug, Default)]
pub struct Paces {
    by_place: BTreeMap<(String, String), Arc<Pace>>,
    requests: Arc<Requests>,
}

impl Paces {
    /// The pace of what is reached at this origin with the key that is in this variable
    /// or file.
    pub fn of(&mut self, origin: &str, key: &str) -> Arc<Pace> {
        let place = (origin.to_owned(), key.to_owned());
        if let Some(pace) = self.by_place.get(&place) {
            return Arc::clone(pace);
        }
        // Two keys for one origin are rare, and only then shown.
        let is_known = self.by_place.keys().any(|(known, _)| known == origin);
        let provider = if is_known { format!("{origin}, {key}") } else { origin.to_owned() };
        let pace = Arc::new(Pace::new(provider));
        self.by_place.insert(place, Arc::clone(&pace));
        pace
    }

    /// What all who ask here count their requests with.
    pub fn requests(&self) -> &Arc<Requests> {
        &self.requests
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Pace>> {
        self.by_place.values()
    }
}

/// How fast one provider is asked.
#[derive(Debug)]
pub struct Pace {
    provider: String,
    start: Instant,
    state: Mutex<State>,
}

/// What a pace is at a moment. Counts are since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaceView {
    /// Requests that the provider may have at once now.
    pub allowed: usize,
    pub in_flight: usize,
    /// Requests that wait until one more is allowed.
    pub waiting: usize,
    pub answered: u64,
    /// Refused because the provider was asked too much.
    pub limited: u64,
    /// Failed for other reasons.
    pub failed: u64,
}

/// The limits of one subject or judge.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests under way at once.
    pub concurrency: usize,
    pub requests_per_minute: Option<NonZeroU64>,
    pub tokens_per_minute: Option<NonZeroU64>,
}

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// It continues something that has already used requests.
    First,
    Fresh,
}

/// How a request failed, as far as that says something about the provider's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is asked too much, and may say how long to wait.
    Limited {
        wait: Option<Duration>,
    },
    /// A timeout, or no connection.
    Silent,
    Other,
}

/// One subject or judge, with the pace of its provider.
#[derive(Debug)]
pub struct Membership {
    pace: Arc<Pace>,
    place: usize,
}

/// The right to have one request under way, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    /// Taken when it has ended.
    pace: Option<Arc<Pace>>,
    place: usize,
    sent: Sent,
    /// What it was thought to take.
    tokens: u64,
}

#[derive(Debug)]
struct State {
    window: Window,
    /// Nothing is sent before.
    closed_until: Option<Duration>,
    /// Those that go first, and the others, in the order in which they came.
    lines: [VecDeque<Waiter>; 2],
    members: Vec<Member>,
    answered: u64,
    limited: u64,
    failed: u64,
    /// When somebody will next check whether something can be sent.
    wake: Option<Duration>,
}

/// What is known about one subject or judge.
#[derive(Debug)]
struct Member {
    concurrency: usize,
    in_flight: usize,
    /// Those who pause before they ask again.
    resting: usize,
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    /// Tokens that an answer takes, as far as is known.
    expected_output: u64,
}

#[derive(Debug)]
struct Waiter {
    place: usize,
    tokens: u64,
    grant: oneshot::Sender<Permit>,
}

/// How many tokens an answer is assumed to take before the first one has come.
const EXPECTED_OUTPUT: u64 = 1_000;

/// About as many bytes of a question make a token.
const BYTES_A_TOKEN: usize = 4;

impl Pace {
    fn new(provider: String) -> Pace {
        let state = State {
            window: Window::new(),
            closed_until: None,
            lines: [VecDeque::new(), VecDeque::new()],
            members: Vec::new(),
            answered: 0,
            limited: 0,
            failed: 0,
            wake: None,
        };
        Pace { provider, start: Instant::now(), state: Mutex::new(state) }
    }

    /// Where requests go, without a key.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    pub fn view(&self) -> PaceView {
        let state = self.lock();
        PaceView {
            allowed: state.window.allowed(),
            in_flight: state.window.in_flight(),
            waiting: state.lines.iter().map(VecDeque::len).sum(),
            answered: state.answered,
            limited: state.limited,
            failed: state.failed,
        }
    }

    /// Takes part in it.
    pub fn join(self: Arc<Pace>, limits: Limits) -> Membership {
        let place = {
            let mut state = self.lock();
            state.window.widen(limits.concurrency);
            state.members.push(Member {
                concurrency: limits.concurrency,
                in_flight: 0,
                resting: 0,
                requests: limits.requests_per_minute.map(|most| Bucket::new(most.get())),
                tokens: limits.tokens_per_minute.map(|most| Bucket::new(most.get())),
                expected_output: EXPECTED_OUTPUT,
            });
            state.members.len() - 1
        };
        Membership { pace: self, place }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits those that may send, and arranges that the next are admitted in time.
    fn admit(self: &Arc<Pace>) {
        let mut state = self.lock();
        let now = self.start.elapsed();
        let Some(wake) = state.admit(self, now) else { return };
        if state.wake.is_some_and(|earlier| earlier <= wake && earlier > now) {
            return;
        }
        state.wake = Some(wake);
        drop(state);
        let (pace, until) = (Arc::downgrade(self), self.start + wake);
        tokio::spawn(async move {
            tokio::time::sleep_until(until).await;
            if let Some(pace) = pace.upgrade() {
                pace.admit();
            }
        });
    }

    /// Takes note of the end of a request.
    fn end(self: &Arc<Pace>, permit: &Permit, trouble: Option<Trouble>, tokens: Option<Tokens>) {
        let now = self.start.elapsed();
        let mut state = self.lock();
        let ending = match trouble {
            None => Ending::Answered,
            Some(Trouble::Limited { .. }) => Ending::Limited,
            Some(Trouble::Silent) => Ending::Silent,
            Some(Trouble::Other) => Ending::Other,
        };
        match ending {
            Ending::Answered => state.answered += 1,
            Ending::Limited => state.limited += 1,
            Ending::Silent | Ending::Other => state.failed += 1,
        }
        let before = state.window.allowed();
        state.window.end(permit.sent, ending, now);
        let allowed = state.window.allowed();
        if allowed != before {
            let provider = self.provider.as_str();
            debug!(
                provider,
                before,
                allowed,
                in_flight = state.window.in_flight(),
                ?ending,
                "window changed"
            );
        }
        if let Some(Trouble::Limited { wait: Some(wait) }) = trouble {
            let until = now.saturating_add(wait);
            state.closed_until = state.closed_until.max(Some(until));
            debug!(provider = self.provider, ?wait, "nothing is sent, as the provider asks");
        }
        let member = &mut state.members[permit.place];
        member.in_flight -= 1;
        if let Some(tokens) = tokens {
            member.expected_output = (member.expected_output * 7 + tokens.output) / 8;
            if let Some(bucket) = &mut member.tokens {
                bucket.correct(permit.tokens, tokens.input + tokens.output);
            }
        }
        drop(state);
        self.admit();
    }
}

impl State {
    /// Lets those go who may; returns when to look again, where only time is missing.
    fn admit(&mut self, pace: &Arc<Pace>, now: Duration) -> Option<Duration> {
        if let Some(until) = self.closed_until {
            if until > now {
                return (!self.is_idle()).then_some(until);
            }
            self.closed_until = None;
        }
        let mut wake: Option<Duration> = None;
        // Of one who cannot go, the others behind cannot either.
        let mut stopped = vec![false; self.members.len()];
        for line in 0..self.lines.len() {
            let mut at = 0;
            while at < self.lines[line].len() && stopped.contains(&false) {
                if !self.window.has_room() {
                    return wake;
                }
                if let Some(wait) = self.window.wait(now) {
                    return earlier(wake, Some(now + wait));
                }
                let place = self.lines[line][at].place;
                if self.lines[line][at].grant.is_closed() {
                    self.lines[line].remove(at);
                } else if stopped[place] {
                    at += 1;
                } else if let Some(wait) = self.members[place].obstacle(now) {
                    stopped[place] = true;
                    wake = earlier(wake, wait.map(|wait| now + wait));
                    at += 1;
                } else if let Some(waiter) = self.lines[line].remove(at) {
                    self.grant(waiter, pace, now);
                }
            }
        }
        wake
    }

    fn is_idle(&self) -> bool {
        self.lines.iter().all(VecDeque::is_empty)
    }

    fn grant(&mut self, waiter: Waiter, pace: &Arc<Pace>, now: Duration) {
        let Waiter { place, tokens, grant } = waiter;
        let sent = self.window.send(now);
        let permit = Permit { pace: Some(Arc::clone(pace)), place, sent, tokens };
        if let Err(mut permit) = grant.send(permit) {
            // Who waited is gone. The permit must not end by being dropped, as that
            // would wait for the state, which is held here.
            permit.pace = None;
            self.window.end(sent, Ending::Other, now);
            return;
        }
        let member = &mut self.members[place];
        member.in_flight += 1;
        if let Some(bucket) = &mut member.requests {
            bucket.take(1);
        }
        if let Some(bucket) = &mut member.tokens {
            bucket.take(tokens);
        }
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl Member {
    /// What keeps it from asking now: `Some(None)` is that others of it have to end.
    fn obstacle(&mut self, now: Duration) -> Option<Option<Duration>> {
        if self.in_flight >= self.concurrency {
            return Some(None);
        }
        let buckets = [&mut self.requests, &mut self.tokens].into_iter().flatten();
        buckets.filter_map(|bucket| bucket.wait(now)).max().map(Some)
    }
}

impl Membership {
    /// Waits until one more request may be sent. `bytes` is the length of the
    /// question.
    pub async fn permit(&self, urgency: Urgency, bytes: usize) -> Permit {
        loop {
            let (grant, granted) = oneshot::channel();
            {
                let mut state = self.pace.lock();
                let input = u64::try_from(bytes / BYTES_A_TOKEN).unwrap_or(u64::MAX);
                let tokens = input.saturating_add(state.members[self.place].expected_output);
                let line = match urgency {
                    Urgency::First => 0,
                    Urgency::Fresh => 1,
                };
                state.lines[line].push_back(Waiter { place: self.place, tokens, grant });
            }
            self.pace.admit();
            // A waiter is dropped only if who waits is gone.
            if let Ok(permit) = granted.await {
                return permit;
            }
        }
    }

    /// Pauses without keeping others from asking.
    pub async fn rest(&self, pause: Duration) {
        let _resting = Resting::begin(self);
        tokio::time::sleep(pause).await;
    }

    /// How many questions may be open now so that the provider always has as many as
    /// it may: those it has, a few that wait, and those that rest.
    pub fn room(&self) -> usize {
        let state = self.pace.lock();
        let member = &state.members[self.place];
        let allowed = state.window.allowed();
        let ahead = (allowed / 4).max(2);
        (allowed + ahead).min(member.concurrency) + member.resting.min(member.concurrency)
    }
}

/// A question that pauses, also if it is given up meanwhile.
struct Resting<'a>(&'a Membership);

impl<'a> Resting<'a> {
    fn begin(membership: &'a Membership) -> Resting<'a> {
        membership.pace.lock().members[membership.place].resting += 1;
        Resting(membership)
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.pace.lock().members[self.0.place].resting -= 1;
    }
}

impl Permit {
    /// The request was answered and took this many tokens, if that is known.
    pub fn answered(mut self, tokens: Option<Tokens>) {
        if let Some(pace) = self.pace.take() {
            pace.end(&self, None, tokens);
        }
    }

    pub fn failed(mut self, trouble: Trouble) {
        if let Some(pace) = self.pace.take() {
            pace.end(&self, Some(trouble), None);
        }
    }
}

impl Drop for Permit {
    /// Nobody waits for the end of the request any longer.
    fn drop(&mut self) {
        if let Some(pace) = self.pace.take() {
            pace.end(self, Some(Trouble::Other), None);
        }
    }
}

#[cfg(test)]
mod tests;
