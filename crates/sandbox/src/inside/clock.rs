//! [`Clock`]: the wall time of a command, in which time that other work took does not count.
//!
//! A limit of wall time is for code that hangs. On a busy machine it would also meet code that does
//! not, and load would decide verdicts. So when the time is up, it is asked what the machine had left
//! for the sandbox: what the sandbox used, and what nobody used. Tested code cannot make the sum
//! less, as it takes from one what it adds to the other. If that is less than half a processor, and processes
//! waited for one, the command is given the time that it missed.

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

/// Processes want a processor if they waited for it during one part in so many of the time, or
/// could use one now.
const WANTING: u32 = 20;

/// What was seen at one moment.
#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    /// Time that all processors together spent without work.
    idle: Duration,
    used: Used,
}

/// What the processes of the command have used, how long those that live have waited for a
/// processor, and whether one of them could use one now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    pub(super) cpu: Duration,
    pub(super) delay: Duration,
    pub(super) is_runnable: bool,
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
}

impl Clock {
    pub(super) fn new(started: Instant, limit: Duration) -> Clock {
        let limit = limit.min(LONGEST_LIMIT);
        Clock { started, limit, deadline: started + limit, last: None }
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
        let Some(missed) = missed(&before, &now) else {
            return Alarm::Over;
        };
        let latest = self.started + self.limit * MOST;
        let left = latest.saturating_duration_since(now.at);
        if left.is_zero() {
            return Alarm::Starved;
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

/// How much of the time between two looks the command wanted and did not get; `None` if that is
/// little.
fn missed(before: &Look, now: &Look) -> Option<Duration> {
    let passed = now.at.saturating_duration_since(before.at);
    let idle = now.idle.saturating_sub(before.idle);
    let used = now.used.cpu.saturating_sub(before.used.cpu);
    let delay = now.used.delay.saturating_sub(before.used.delay);
    let left = idle + used;
    let wants = now.used.is_runnable || delay >= passed / WANTING;
    (left < passed / SHARE && wants).then(|| passed - left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is missed of ten seconds with so many seconds idle, used and waited for.
    fn of_ten(idle: u64, cpu: u64, delay: u64) -> Option<u64> {
        of_ten_and_then(idle, cpu, delay, false)
    }

    fn of_ten_and_then(idle: u64, cpu: u64, delay: u64, is_runnable: bool) -> Option<u64> {
        let seconds = Duration::from_secs;
        let none = Used { cpu: seconds(1), delay: seconds(1), is_runnable };
        let before = Look { at: Instant::now(), idle: seconds(50), used: none };
        let used = Used { cpu: seconds(1 + cpu), delay: seconds(1 + delay), is_runnable };
        let now = Look { at: before.at + seconds(10), idle: seconds(50 + idle), used };
        missed(&before, &now).map(|missed| missed.as_secs())
    }

    #[test]
    fn time_that_other_work_took_is_missed() {
        assert_eq!(of_ten(0, 1, 9), Some(9));
        assert_eq!(of_ten(2, 1, 3), Some(7));
        // One that still waits.
        assert_eq!(of_ten_and_then(0, 0, 0, true), Some(10));
    }

    #[test]
    fn what_hangs_misses_nothing_however_busy_the_machine_is() {
        assert_eq!(of_ten(0, 0, 0), None);
        assert_eq!(of_ten(20, 0, 0), None);
    }

    #[test]
    fn waiting_for_ones_own_processes_is_no_want() {
        // Two processors, and many processes of the command's own.
        assert_eq!(of_ten(0, 20, 200), None);
        assert_eq!(of_ten(10, 10, 90), None);
        assert_eq!(of_ten(18, 2, 50), None);
        assert_eq!(of_ten_and_then(10, 10, 90, true), None);
    }
}
