//! [`Consumption`]: what the processes of a command have used at most, with those that are gone, and
//! how often they wanted a processor.
//!
//! The kernel forgets what a process used if nobody waits for it, as its parent can see to. For the
//! limit of CPU time that is a known gap; here, where it is asked whether other work took the
//! machine, tested code must not pass its own work off as that of others. So this is an upper bound.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::census::{Census, Process};

/// What a process may have used since the last look at it, at least: it is looked at more often, but
/// the kernel counts in hundredths of a second.
const UNSEEN: Duration = Duration::from_millis(50);

/// So many processes come, at most, until their numbers begin anew.
const NUMBERS: u64 = 1 << 22;

pub(super) struct Consumption {
    /// The processes that were there at the last look, with what they had used.
    seen: BTreeMap<Pid, Duration>,
    gone: Duration,
    /// How many processes and threads came.
    came: u64,
    last_number: Option<u64>,
    looked: Instant,
    longest_gap: Duration,
    pub(super) looks: u32,
    /// At how many looks one of them computed or waited for a processor.
    pub(super) wanting: u32,
}

impl Consumption {
    pub(super) fn new() -> Consumption {
        Consumption {
            seen: BTreeMap::new(),
            gone: Duration::ZERO,
            came: 0,
            last_number: last_number(),
            looked: Instant::now(),
            longest_gap: UNSEEN,
            looks: 0,
            wanting: 0,
        }
    }

    pub(super) fn note(&mut self, census: &Census) {
        let now = Instant::now();
        self.longest_gap = self.longest_gap.max(now.saturating_duration_since(self.looked));
        self.looked = now;
        self.looks = self.looks.saturating_add(1);
        let wants = census.processes.iter().any(Process::is_runnable);
        self.wanting = self.wanting.saturating_add(u32::from(wants));
        let number = last_number();
        self.came += came(self.last_number, number);
        self.last_number = number;
        let found: BTreeMap<Pid, Duration> =
            census.processes.iter().map(|process| (process.pid, process.cpu)).collect();
        for (pid, before) in &self.seen {
            // Who has used less than before has the number of one that is gone.
            if found.get(pid).is_none_or(|now| now < before) {
                self.gone += *before;
            }
        }
        self.seen = found;
    }

    /// The most that all have used; some of it may count twice.
    pub(super) fn most(&self) -> Duration {
        let came = u32::try_from(self.came).unwrap_or(u32::MAX);
        let there: Duration = self.seen.values().sum();
        there.saturating_add(self.gone).saturating_add(self.longest_gap.saturating_mul(came))
    }
}

/// How many numbers were given between two moments.
fn came(before: Option<u64>, now: Option<u64>) -> u64 {
    match (before, now) {
        (Some(before), Some(now)) if now >= before => now - before,
        // They began anew, or nobody can say.
        _ => NUMBERS,
    }
}

/// The number of the last process or thread of this PID namespace: the last field of
/// `/proc/loadavg`.
fn last_number() -> Option<u64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_ascii_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_begin_anew_may_stand_for_any_number_of_processes() {
        assert_eq!(came(Some(10), Some(14)), 4);
        assert_eq!(came(Some(32_000), Some(310)), NUMBERS);
        assert_eq!(came(None, Some(310)), NUMBERS);
    }
}
