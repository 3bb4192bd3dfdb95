//! [`Load`]: how many processors the validations of this process leave idle.

use std::fs;
use std::time::{Duration, Instant};

use tracing::debug;

use crate::processes::used_by_descendants;

/// Compares what was used at two moments.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// The moment before, and what all had used by then.
    before: Option<(Instant, Used)>,
}

/// CPU time up to a moment.
#[derive(Debug, Clone, Copy)]
struct Used {
    by_us: Duration,
    /// How long the machine's processors had nothing to do, added up; `None` where
    /// nobody can say.
    idle: Option<Duration>,
}

impl Load {
    /// How many of so many processors were idle, on the average since it was asked last:
    /// neither busy with what this process has started nor, as far as can be seen, with
    /// anything else. `None` the first time.
    pub(super) fn idle(&mut self, processors: f64) -> Option<f64> {
        let now = Instant::now();
        let stat = fs::read_to_string("/proc/stat").unwrap_or_else(|error| {
            debug!(%error, "how idle the processors are cannot be read");
            String::new()
        });
        let used = Used { by_us: used_by_descendants(), idle: idle(&stat) };
        let (then, before) = self.before.replace((now, used))?;
        let seconds = now.duration_since(then).as_secs_f64();
        if seconds <= 0.0 {
            return None;
        }
        let busy = used.by_us.saturating_sub(before.by_us).as_secs_f64() / seconds;
        let left = processors - busy;
        Some(match (used.idle, before.idle) {
            (Some(now), Some(then)) => left.min(now.saturating_sub(then).as_secs_f64() / seconds),
            _ => left,
        })
    }
}

/// The time of the machine's processors without work, waiting for a disk included, in
/// the first line of `/proc/stat`, proc_stat(5).
fn idle(stat: &str) -> Option<Duration> {
    let mut fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().skip(3);
    let hundredths: u64 =
        fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(10 * hundredths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idle_time_of_the_machine_is_read() {
        let stat = "cpu  10 20 30 400 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(idle(stat), Some(Duration::from_millis(4050)));
        assert_eq!(idle("intr 5\n"), None);
    }
}
