//! [`Load`]: how many processors the validations of this process leave idle.

use std::time::Instant;

use crate::processes::Used;

/// Compares what was used at two moments.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// The moment before, and what all had used by then.
    before: Option<(Instant, Used)>,
}

impl Load {
    /// How many of so many processors were idle, on the average since it was asked last:
    /// neither busy with what this process has started nor, as far as can be seen, with
    /// anything else. `None` the first time.
    pub(super) fn idle(&mut self, processors: f64) -> Option<f64> {
        let now = Instant::now();
        let used = Used::now();
        let (then, before) = self.before.replace((now, used))?;
        let seconds = now.duration_since(then).as_secs_f64();
        if seconds <= 0.0 {
            return None;
        }
        let used = used.since(before);
        let left = processors - used.by_us.as_secs_f64() / seconds;
        Some(used.idle.map_or(left, |idle| left.min(idle.as_secs_f64() / seconds)))
    }
}
