//! How fast providers were asked, sampled so seldom that a run of days has no more
//! samples than its chart can show.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::store::PaceSample;
use crate::subject::pace::{Pace, PaceView, Paces};

/// The history of a run's paces.
#[derive(Debug)]
pub(super) struct History<'a> {
    started: Instant,
    sampled: Option<Instant>,
    providers: Vec<Provider<'a>>,
}

#[derive(Debug)]
struct Provider<'a> {
    pace: &'a Arc<Pace>,
    last: PaceView,
}

/// Samples are at least so far apart, ...
const CLOSEST: Duration = Duration::from_millis(500);

/// ... and at least this part of the time since the start: after a day, three minutes.
const PART: u32 = 500;

impl<'a> History<'a> {
    pub(super) fn begin(paces: &'a Paces) -> History<'a> {
        let provider = |pace| Provider { pace, last: PaceView::default() };
        let providers = paces.iter().map(provider).collect();
        History { started: Instant::now(), sampled: None, providers }
    }

    /// What is to be kept now: of each provider that anything happened at, if it is
    /// time, or if it is the end.
    pub(super) fn samples(&mut self, at_end: bool) -> Vec<PaceSample> {
        let apart = CLOSEST.max(self.started.elapsed() / PART);
        let is_time = self.sampled.is_none_or(|sampled| sampled.elapsed() >= apart);
        if self.providers.is_empty() || !(is_time || at_end) {
            return Vec::new();
        }
        self.sampled = Some(Instant::now());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        self.providers.iter_mut().filter_map(|provider| provider.sample(at_ms)).collect()
    }

    /// What a person wants to know of it now: requests under way of those allowed, and
    /// how often providers refused.
    pub(super) fn summary(&self) -> String {
        let sum = |of: fn(&PaceView) -> usize| -> usize {
            self.providers.iter().map(|provider| of(&provider.last)).sum()
        };
        let limited: u64 = self.providers.iter().map(|provider| provider.last.limited).sum();
        let (in_flight, allowed) = (sum(|view| view.in_flight), sum(|view| view.allowed));
        match limited {
            0 => format!("{in_flight} of {allowed} in flight"),
            1 => format!("{in_flight} of {allowed} in flight, 1 rate limit"),
            more => format!("{in_flight} of {allowed} in flight, {more} rate limits"),
        }
    }
}

impl Provider<'_> {
    fn sample(&mut self, at_ms: u64) -> Option<PaceSample> {
        let view = self.pace.view();
        if view == self.last {
            return None;
        }
        let last = std::mem::replace(&mut self.last, view);
        Some(PaceSample {
            provider: self.pace.provider().to_owned(),
            at_ms,
            allowed: view.allowed,
            in_flight: view.in_flight,
            waiting: view.waiting,
            answered: view.answered - last.answered,
            limited: view.limited - last.limited,
            failed: view.failed - last.failed,
        })
    }
}
