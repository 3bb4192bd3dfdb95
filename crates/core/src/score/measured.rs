//! [`Measured`]: a statistic over cases, so that it has intervals as all scores have.

use super::drawn::Drawn;
use crate::statistic::{CaseCounts, Statistic};

/// A statistic over cases, to be computed for draws of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub statistic: Statistic,
    pub cases: Vec<CaseCounts>,
}

impl Drawn for Measured {
    fn score(&self) -> Option<f64> {
        self.statistic.value(&self.cases)
    }

    fn score_of(&self, counts: &[u16]) -> Option<f64> {
        self.statistic.over(&self.cases, |place| f64::from(counts[place]))
    }

    #[expect(clippy::cast_precision_loss, reason = "cases are few")]
    fn cases_that_count(&self) -> f64 {
        self.cases.len() as f64
    }
}
