//! [`Clock`]: the wall time of a command, in which time that other work took does not count.
//!
//! A limit of wall time is for code that hangs. On a busy machine it would also meet code that does
//! not, and load would decide verdicts. So when the time is up, it is asked what the machine had left
//! for the sandbox: what the sandbox used, and what nobody used. If that is less than half a
//! processor, and processes waited for one, the command is given the time that it missed.
//!
//! Tested code cannot make the sum less, as it takes from one what it adds to the other; but what
//! short processes used is known within bounds alone, and honest programs start many. Where the
//! bounds disagree, the command gets the time, so that nobody is wronged, and still had all of its
//! time in the end, so that nobody escapes a verdict.

use std::time::{Duration, Instant};

use crate::idle::idle;

/// When it is looked first, as a part of the limit, and at most. Most commands end before.
const FIRST_LOOK: u32 = 8;
const LATEST_FIRST_LOOK: Duration = Duration::from_millis(500);

/// Longer limits are none.
const LONGEST_LIMIT: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A command gets no more time than this times its limit.
const MOST: u32 = 10;

/// The machine has too little left if it is less than one processor in so many.
const SHARE: u32 = 2;

/// Processes want a processor if they waited for it during one part in so many of the time, if one
/// could use it in one look of so many, or now.
const WANTING: u32 = 20;

/// What was seen at one moment.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    /// Time that all processors together spent without work.
    idle: Duration,
    used: Used,
}

/// What the processes of the command have used, and how far they wanted a processor.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    /// What they have used, at least and at most.
    pub(super) least: Duration,
    pub(super) most: Duration,
    /// How long those that live have waited for a processor.
    pub(super) delay: Duration,
    /// Whether one of them could use one now.
    pub(super) is_runnable: bool,
    /// How often they were looked at, and at how many of these looks one could use a processor.
    pub(super) looks: u32,
    pub(super) wanting: u32,
}

/// What becomes of a command whose time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    /// It goes on for so long.
    Later(Duration),
    /// It had its time.
    Over,
    /// It never had its time, and gets no more.
    Starved,
}

pub(super) struct Clock {
    started: Instant,
    limit: Duration,
    /// When the time is up, as far as is known.
    pub(super) deadline: Instant,
    last: Option<Look>,
    /// Whether all that it was given it missed for certain.
    is_certain: bool,
}

impl Clock {
    pub(super) fn new(started: Instant, limit: Duration) -> Clock {
        let limit = limit.min(LONGEST_LIMIT);
        Clock { started, limit, deadline: started + limit, last: None, is_certain: true }
    }

    /// Whether it is time for the first look.
    pub(super) fn is_to_look(&self, now: Instant) -> bool {
        let first = (self.limit / FIRST_LOOK).min(LATEST_FIRST_LOOK);
        self.last.is_none() && now >= self.started + first
    }

    pub(super) fn look(&mut self, used: Used) {
        self.last = Look::take(used);
    }

    /// What becomes of the command at the deadline.
    pub(super) fn ring(&mut self, used: Used) -> Alarm {
        let Some((before, now)) = self.last.zip(Look::take(used)) else {
            return Alarm::Over;
        };
        self.last = Some(now);
        let certainly = missed(&before, &now, |used| used.most);
        let Some(missed) = certainly.or_else(|| missed(&before, &now, |used| used.least)) else {
            return Alarm::Over;
        };
        self.is_certain &= certainly.is_some();
        let latest = self.started + self.limit * MOST;
        let left = latest.saturating_duration_since(now.at);
        if left.is_zero() {
            return if self.is_certain { Alarm::Starved } else { Alarm::Over };
        }
        let more = missed.min(left);
        self.deadline = now.at + more;
        Alarm::Later(more)
    }
}

impl Look {
    fn take(used: Used) -> Option<Look> {
        Some(Look { at: Instant::now(), idle: idle()?, used })
    }
}

/// How much of the time between two looks the command wanted and did not get, by one of the bounds of
/// what it used; `None` if that is little.
fn missed(before: &Look, now: &Look, bound: fn(&Used) -> Duration) -> Option<Duration> {
    let passed = now.at.saturating_duration_since(before.at);
    let idle = now.idle.saturating_sub(before.idle);
    let left = idle + bound(&now.used).saturating_sub(bound(&before.used));
    (left < passed / SHARE && wants(&before.used, &now.used, passed)).then(|| passed - left)
}

fn wants(before: &Used, now: &Used, passed: Duration) -> bool {
    let delay = now.delay.saturating_sub(before.delay);
    let looks = now.looks.saturating_sub(before.looks);
    let wanting = now.wanting.saturating_sub(before.wanting);
    now.is_runnable || delay >= passed / WANTING || wanting > looks / WANTING
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: fn(u64) -> Duration = Duration::from_secs;

    /// Two looks, ten seconds apart, between which processors were idle for so many seconds.
    fn ten_seconds(idle: u64, used: Used) -> (Look, Look) {
        let before = Look { at: Instant::now(), idle: SECONDS(50), used: Used::default() };
        (before, Look { at: before.at + SECONDS(10), idle: SECONDS(50 + idle), used })
    }

    /// What is missed of ten seconds with so many seconds idle, used and waited for.
    fn of_ten(idle: u64, cpu: u64, delay: u64) -> Option<u64> {
        of_ten_with(idle, cpu, Used { delay: SECONDS(delay), ..Used::default() })
    }

    fn of_ten_with(idle: u64, cpu: u64, used: Used) -> Option<u64> {
        let (before, now) = ten_seconds(idle, Used { most: SECONDS(cpu), ..used });
        missed(&before, &now, |used| used.most).map(|missed| missed.as_secs())
    }

    const RUNNABLE: Used = Used {
        least: Duration::ZERO,
        most: Duration::ZERO,
        delay: Duration::ZERO,
        is_runnable: true,
        looks: 0,
        wanting: 0,
    };

    #[test]
    fn time_that_other_work_took_is_missed() {
        assert_eq!(of_ten(0, 1, 9), Some(9));
        assert_eq!(of_ten(2, 1, 3), Some(7));
        // One that still waits.
        assert_eq!(of_ten_with(0, 0, RUNNABLE), Some(10));
        // Many that waited, one after the other, and are gone.
        assert_eq!(
            of_ten_with(0, 0, Used { looks: 100, wanting: 20, ..Used::default() }),
            Some(10)
        );
    }

    #[test]
    fn what_hangs_misses_nothing_however_busy_the_machine_is() {
        assert_eq!(of_ten(0, 0, 0), None);
        assert_eq!(of_ten(20, 0, 0), None);
        assert_eq!(of_ten_with(0, 0, Used { looks: 100, wanting: 2, ..Used::default() }), None);
    }

    #[test]
    fn waiting_for_ones_own_processes_is_no_want() {
        // Two processors, and many processes of the command's own.
        assert_eq!(of_ten(0, 20, 200), None);
        assert_eq!(of_ten(10, 10, 90), None);
        assert_eq!(of_ten(18, 2, 50), None);
        assert_eq!(of_ten_with(10, 10, RUNNABLE), None);
    }

    /// What becomes, again and again, of a command with a limit of a tenth of a second that used so
    /// much of a machine that is never idle.
    fn ring(most: Duration) -> Vec<Alarm> {
        let mut clock = Clock::new(Instant::now(), Duration::from_millis(100));
        let mut alarms = Vec::new();
        for _ in 0..100 {
            let idle = idle().expect("a number");
            clock.last = Some(Look { at: clock.started, idle, used: Used::default() });
            alarms.push(clock.ring(Used { most, ..RUNNABLE }));
            if !matches!(alarms.last(), Some(Alarm::Later(_))) {
                break;
            }
            clock.started -= Duration::from_millis(200);
        }
        alarms
    }

    #[test]
    fn time_that_was_missed_for_certain_ends_without_a_verdict_and_other_time_with_one() {
        assert_eq!(ring(Duration::ZERO).last(), Some(&Alarm::Starved));
        let alarms = ring(SECONDS(60));
        assert!(alarms.len() > 1, "{alarms:?}");
        assert_eq!(alarms.last(), Some(&Alarm::Over));
    }
}
