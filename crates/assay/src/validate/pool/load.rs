//! [`Load`]: how many processors the validations of this process keep busy.

use std::time::{Duration, Instant};

use crate::validate::processes::used_by_descendants;

/// Compares what was used at two moments.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// The moment before, and what all had used by then.
    before: Option<(Instant, Duration)>,
}

impl Load {
    /// How many processors were busy, on the average since it was asked last, with what
    /// this process has started; `None` the first time.
    pub(super) fn busy(&mut self) -> Option<f64> {
        let now = Instant::now();
        let used = used_by_descendants();
        let (then, before) = self.before.replace((now, used))?;
        let seconds = now.duration_since(then).as_secs_f64();
        (seconds > 0.0).then(|| used.saturating_sub(before).as_secs_f64() / seconds)
    }
}
