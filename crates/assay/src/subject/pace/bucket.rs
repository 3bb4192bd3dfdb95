//! A cap on what is used in a minute, spread evenly over it. The caller says what time it is.
//!
//! Crates for this count what is known before; how many tokens an answer takes is corrected
//! when it has come.

use std::time::Duration;

/// So much a minute. What is taken may be more than it holds: then the next wait is
/// the longer.
#[derive(Debug)]
pub(super) struct Bucket {
    a_second: f64,
    held: f64,
    at: Duration,
}

/// A bucket holds at most what flows into it in this time, but at least one: a
/// provider that counts shorter spans than minutes is not asked too much either.
const CAPACITY: Duration = Duration::from_millis(100);

impl Bucket {
    #[expect(clippy::cast_precision_loss, reason = "a number that a person wrote")]
    pub(super) fn new(a_minute: u64) -> Bucket {
        let mut bucket = Bucket { a_second: a_minute as f64 / 60.0, held: 0.0, at: Duration::ZERO };
        bucket.held = bucket.capacity();
        bucket
    }

    fn capacity(&self) -> f64 {
        (self.a_second * CAPACITY.as_secs_f64()).max(1.0)
    }

    /// How long until something may be taken; nothing if it may now.
    pub(super) fn wait(&mut self, now: Duration) -> Option<Duration> {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.held = (self.held + passed * self.a_second).min(self.capacity());
        // Less than a request is missing only by rounding.
        let missing = 1.0 - self.held;
        (missing > 1e-9).then(|| Duration::from_secs_f64((missing / self.a_second).max(0.001)))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of tokens")]
    pub(super) fn take(&mut self, amount: u64) {
        self.held -= amount as f64;
    }

    /// What was taken is found to have been more, or less, than was thought.
    #[expect(clippy::cast_precision_loss, reason = "counts of tokens")]
    pub(super) fn correct(&mut self, thought: u64, found: u64) {
        self.held += thought as f64 - found as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes all that may be taken in this many seconds.
    fn taken(a_minute: u64, each: u64, seconds: u64) -> u64 {
        let mut bucket = Bucket::new(a_minute);
        let (mut now, mut taken) = (Duration::ZERO, 0);
        loop {
            match bucket.wait(now) {
                Some(wait) => now += wait,
                None => {
                    bucket.take(each);
                    taken += each;
                }
            }
            if now > Duration::from_secs(seconds) {
                return taken;
            }
        }
    }

    #[test]
    fn no_more_is_taken_in_a_minute_than_allowed_but_what_overlaps_its_ends() {
        let check = |a_minute, each, seconds, expect: std::ops::RangeInclusive<u64>| {
            let taken = taken(a_minute, each, seconds);
            assert!(expect.contains(&taken), "{a_minute} {each} {seconds}: {taken}");
        };
        check(60, 1, 60, 60..=61);
        check(1, 1, 180, 3..=4);
        check(12_000, 1, 60, 11_900..=12_020);
        // Each takes more than a bucket of 100 a minute holds.
        check(100, 50, 600, 1_000..=1_050);
        check(90_000, 1_500, 60, 88_500..=91_500);
    }

    #[test]
    fn what_was_estimated_too_high_is_given_back() {
        let mut bucket = Bucket::new(60);
        bucket.take(11);
        assert_eq!(bucket.wait(Duration::ZERO), Some(Duration::from_secs(11)));
        bucket.correct(11, 1);
        assert_eq!(bucket.wait(Duration::ZERO), Some(Duration::from_secs(1)));
    }
}
