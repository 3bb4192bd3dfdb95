//! [`Measured`]: a statistic over cases, so that it has intervals as all scores have.

use super::drawn::Drawn;
use super::weighted_mean::WeightedMean;
use crate::pass::{pass_all, pass_at};
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

    #[expect(clippy::cast_precision_loss, reason = "attempts are few")]
    fn mean(&self) -> Option<WeightedMean> {
        let share = |case: &CaseCounts| case.successes as f64 / case.judged.max(1) as f64;
        let cases = self.cases.iter();
        match self.statistic {
            Statistic::PassAt(k) => WeightedMean::of(
                cases.filter_map(|it| Some((it.weight, pass_at(k, it.successes, it.judged)?))),
            ),
            Statistic::PassAll(k) => WeightedMean::of(
                cases.filter_map(|it| Some((it.weight, pass_all(k, it.successes, it.judged)?))),
            ),
            Statistic::SuccessRate => {
                WeightedMean::of(cases.map(|it| (it.judged as f64, share(it))))
            }
            Statistic::F1
            | Statistic::Mcc
            | Statistic::BalancedAccuracy
            | Statistic::WeightedF1 => None,
        }
    }
}
