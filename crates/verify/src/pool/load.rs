//! [`Load`]: how many processors the validations of this process leave idle.

use std::time::{Duration, Instant};

use assay_sandbox::idle;

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
    /// How long the processors had nothing to do, added up; `None` where
    /// nobody can say.
    idle: Option<Duration>,
}

impl Load {
    /// How many of so many processors were idle, on the average since it was asked last:
    /// neither busy with what this process has started nor, as far as can be seen, with
    /// anything else. `None` the first time.
    pub(super) fn idle(&mut self, processors: f64) -> Option<f64> {
        let now = Instant::now();
        let used = Used { by_us: used_by_descendants(), idle: idle() };
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
