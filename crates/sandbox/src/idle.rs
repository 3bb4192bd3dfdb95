//! How much of the machine nobody used.

use std::fs;
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

/// For how long the processors that this process may use have had nothing to do since the machine
/// started, added up, to a hundredth of a second. Waiting for a disk is included. `None` where
/// nobody can say.
pub fn idle() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let allowed = sched_getaffinity(Pid::from_raw(0)).unwrap_or_else(|_| all());
    idle_of(&stat, &allowed)
}

fn all() -> CpuSet {
    let mut all = CpuSet::new();
    for number in 0..CpuSet::count() {
        // The number is within the set.
        let _ = all.set(number);
    }
    all
}

/// The sum over these processors of what a line `cpu0 ...` of `/proc/stat` has in its fourth and
/// fifth field, proc_stat(5).
fn idle_of(stat: &str, allowed: &CpuSet) -> Option<Duration> {
    let processors = stat.lines().filter_map(|line| {
        let (number, times) = line.strip_prefix("cpu")?.split_once(' ')?;
        let number: usize = number.parse().ok()?;
        allowed.is_set(number).unwrap_or(false).then_some(times)
    });
    let mut idle = None;
    for times in processors {
        let mut fields = times.split_ascii_whitespace().skip(3);
        let mut hundredths = || fields.next()?.parse::<u64>().ok();
        *idle.get_or_insert(0) += hundredths()? + hundredths()?;
    }
    idle.map(|hundredths| Duration::from_millis(10 * hundredths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_processors_that_may_be_used_count() {
        let stat = "cpu  9 9 9 900 99 6 7 8 9 10\n\
                    cpu0 1 2 3 400 5 6 7 8 9 10\n\
                    cpu1 1 2 3 300 0 6 7 8 9 10\n\
                    intr 5 5 5 5 5 5\n";
        assert_eq!(idle_of(stat, &all()), Some(Duration::from_millis(7050)));
        let mut second = CpuSet::new();
        second.set(1).expect("a processor");
        assert_eq!(idle_of(stat, &second), Some(Duration::from_secs(3)));
        assert_eq!(idle_of("intr 5\n", &all()), None);
    }
}
