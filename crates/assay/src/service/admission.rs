//! Who is let in: the limits of each caller and of all together. Whoever is refused is told when
//! to come again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::shared::lock;
use super::tokens::Scope;

/// What all callers together may take.
#[derive(Debug, Clone, Copy)]
pub struct AdmissionLimits {
    /// Validations that were asked for and are not finished.
    pub validations: usize,
    /// Bytes of artifacts of these.
    pub artifact_bytes: u64,
    /// Bytes of bodies that are being read.
    pub body_bytes: u64,
}

impl Default for AdmissionLimits {
    fn default() -> AdmissionLimits {
        AdmissionLimits { validations: 1024, artifact_bytes: 256 << 20, body_bytes: 256 << 20 }
    }
}

/// Somebody who asks, and what it may take.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) name: String,
    scopes: BTreeSet<Scope>,
    rate: Option<Mutex<Bucket>>,
    /// Validations that it may have under way; `None` for as many as there is room for.
    concurrent: Option<usize>,
    under_way: Mutex<usize>,
}

/// Requests that may be made now: filled at a constant rate, up to what two seconds bring.
#[derive(Debug)]
struct Bucket {
    per_second: f64,
    level: f64,
    at: Instant,
}

/// Why somebody is not let in, and in how many seconds it should come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Full {
    pub(super) why: &'static str,
    pub(super) retry_after: u64,
}

/// The count of what is under way, of all callers together.
#[derive(Debug)]
pub(super) struct Admission {
    limits: AdmissionLimits,
    /// Validations that run at the same time.
    capacity: usize,
    taken: Mutex<Taken>,
    bodies: Mutex<Bodies>,
}

/// Bytes of bodies that are held.
#[derive(Debug, Default)]
struct Bodies {
    all: u64,
    /// Those of whoever has not said who it is.
    of_strangers: u64,
}

#[derive(Debug, Default)]
struct Taken {
    validations: usize,
    artifact_bytes: u64,
    /// How long a validation takes, in seconds, lately.
    seconds: f64,
}

/// Room for one validation, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    caller: Arc<Caller>,
    bytes: u64,
}

/// Bytes of a body that are held, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    admission: Arc<Admission>,
    bytes: u64,
    is_strange: bool,
}

/// The least and the most that somebody is told to wait, in seconds.
const SOONEST: u64 = 1;
const LATEST: u64 = 60;

/// Which part of the memory for bodies strangers may take: a quarter.
const STRANGERS: u64 = 4;

/// How much the latest validation counts in the mean.
const WEIGHT: f64 = 0.1;

impl Caller {
    pub(super) fn new(
        name: &str,
        scopes: BTreeSet<Scope>,
        per_second: Option<f64>,
        concurrent: Option<usize>,
    ) -> Caller {
        let bucket = |per_second: f64| {
            let level = Bucket::most(per_second);
            Mutex::new(Bucket { per_second, level, at: Instant::now() })
        };
        Caller {
            name: name.to_owned(),
            scopes,
            rate: per_second.map(bucket),
            concurrent,
            under_way: Mutex::default(),
        }
    }

    pub(super) fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Takes one request from its rate.
    pub(super) fn take_request(&self) -> Result<(), Full> {
        let Some(bucket) = &self.rate else { return Ok(()) };
        lock(bucket).take(Instant::now()).map_err(|wait| Full {
            why: "this token makes more requests a second than it may",
            retry_after: whole_seconds(wait),
        })
    }
}

impl Bucket {
    fn most(per_second: f64) -> f64 {
        (per_second * 2.0).max(1.0)
    }

    /// Takes one, or says how long to wait for it.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.level = (self.level + gained).min(Bucket::most(self.per_second));
        self.at = now;
        if self.level >= 1.0 {
            self.level -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.level) / self.per_second;
        Err(Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX))
    }
}

impl Admission {
    pub(super) fn new(limits: AdmissionLimits, capacity: usize) -> Admission {
        let (taken, bodies) = (Mutex::default(), Mutex::default());
        Admission { limits, capacity: capacity.max(1), taken, bodies }
    }

    /// Room for a validation of an artifact of this size.
    pub(super) fn admit(self: &Arc<Self>, caller: &Arc<Caller>, bytes: u64) -> Result<Place, Full> {
        let mut taken = lock(&self.taken);
        let mut under_way = lock(&caller.under_way);
        let full = |why, ahead: usize| Err(Full { why, retry_after: self.wait(&taken, ahead) });
        if caller.concurrent.is_some_and(|most| *under_way >= most) {
            return full("this token has as many validations under way as it may", *under_way);
        }
        if taken.validations >= self.limits.validations {
            return full("as many validations wait as there is room for", taken.validations);
        }
        if taken.validations > 0 && taken.artifact_bytes + bytes > self.limits.artifact_bytes {
            return full("artifacts that wait take as much memory as they may", taken.validations);
        }
        *under_way += 1;
        taken.validations += 1;
        taken.artifact_bytes += bytes;
        let (admission, caller) = (Arc::clone(self), Arc::clone(caller));
        drop(under_way);
        Ok(Place { admission, caller, bytes })
    }

    /// Seconds until a quarter of those ahead are done, as far as one can tell.
    fn wait(&self, taken: &Taken, ahead: usize) -> u64 {
        let rounds = u32::try_from(ahead.div_ceil(self.capacity)).unwrap_or(u32::MAX);
        let seconds = f64::from(rounds) * taken.seconds / 4.0;
        whole_seconds(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    /// Learns how long a validation took.
    pub(super) fn learn(&self, elapsed: Duration) {
        let mut taken = lock(&self.taken);
        let latest = elapsed.as_secs_f64();
        taken.seconds = match taken.seconds {
            0.0 => latest,
            mean => mean + (latest - mean) * WEIGHT,
        };
    }

    /// Room for so many more bytes of a body. Strangers, who say only in it who they are, cannot
    /// take the room of everybody else.
    pub(super) fn hold(self: &Arc<Self>, bytes: u64, is_strange: bool) -> Result<Held, Full> {
        let mut bodies = lock(&self.bodies);
        let most_of_strangers = self.limits.body_bytes / STRANGERS;
        if bodies.all + bytes > self.limits.body_bytes
            || (is_strange && bodies.of_strangers + bytes > most_of_strangers)
        {
            let why = "bodies of requests take as much memory as they may";
            return Err(Full { why, retry_after: SOONEST });
        }
        bodies.all += bytes;
        bodies.of_strangers += if is_strange { bytes } else { 0 };
        Ok(Held { admission: Arc::clone(self), bytes, is_strange })
    }

    /// Validations that were asked for and are not finished.
    pub(super) fn validations(&self) -> usize {
        lock(&self.taken).validations
    }

    /// Bytes of bodies that are held.
    pub(super) fn bodies(&self) -> u64 {
        lock(&self.bodies).all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.admission.taken);
        taken.validations -= 1;
        taken.artifact_bytes -= self.bytes;
        *lock(&self.caller.under_way) -= 1;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut bodies = lock(&self.admission.bodies);
        bodies.all -= self.bytes;
        bodies.of_strangers -= if self.is_strange { self.bytes } else { 0 };
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    let up = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    up.clamp(SOONEST, LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(per_second: Option<f64>, concurrent: Option<usize>) -> Arc<Caller> {
        Arc::new(Caller::new("a", BTreeSet::from([Scope::Validate]), per_second, concurrent))
    }

    #[test]
    fn a_rate_lets_bursts_of_two_seconds_through_and_says_when_the_next_one_may_come() {
        let start = Instant::now();
        let mut bucket = Bucket { per_second: 2.0, level: 4.0, at: start };
        for _ in 0..4 {
            assert_eq!(bucket.take(start), Ok(()));
        }
        assert_eq!(bucket.take(start), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(start + Duration::from_millis(500)), Ok(()));
        assert!(bucket.take(start + Duration::from_millis(600)).is_err());
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..9).filter(|_| bucket.take(later).is_ok()).count(), 4);
    }

    #[test]
    fn room_is_given_back_when_a_place_is_dropped() {
        let limits = AdmissionLimits { validations: 3, artifact_bytes: 10, body_bytes: 5 };
        let admission = Arc::new(Admission::new(limits, 1));
        let (one, other) = (caller(None, Some(2)), caller(None, None));
        let first = admission.admit(&one, 1).expect("room");
        let second = admission.admit(&one, 1).expect("room");
        assert!(admission.admit(&one, 1).expect_err("its own limit").why.contains("this token"));
        let third = admission.admit(&other, 1).expect("room");
        assert!(admission.admit(&other, 1).expect_err("all").why.contains("room for"));
        drop(third);
        assert!(admission.admit(&other, 9).expect_err("bytes").why.contains("memory"));
        drop((first, second));
        assert_eq!(admission.validations(), 0);
        // One alone may be larger than the limit, or it could never be validated.
        drop(admission.admit(&other, 99).expect("it is alone"));
        let strange = admission.hold(1, true).expect("room");
        assert!(admission.hold(1, true).is_err(), "a quarter of 5");
        let held = admission.hold(4, false).expect("room");
        assert!(admission.hold(1, false).is_err());
        drop((strange, held));
        assert_eq!(admission.bodies(), 0);
    }

    #[test]
    fn the_wait_follows_how_long_validations_take_within_bounds() {
        let limits = AdmissionLimits { validations: 100, ..AdmissionLimits::default() };
        let admission = Arc::new(Admission::new(limits, 2));
        let wait = |ahead| admission.wait(&lock(&admission.taken), ahead);
        assert_eq!(wait(100), SOONEST);
        admission.learn(Duration::from_secs(1));
        assert_eq!(wait(80), 10);
        assert_eq!(wait(100_000), LATEST);
    }
}
