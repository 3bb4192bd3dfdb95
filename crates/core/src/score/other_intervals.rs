//! [`OtherIntervals`]: what others would give for the interval of a score, to be read beside it.
//!
//! Both are made of resamples of cases. The bootstrap draws as many cases as there are, with
//! replacement, clustered by case (Cameron, Gelbach and Miller, "Bootstrap-Based Improvements for
//! Inference with Clustered Errors", 2008). The Bayesian one is a credible interval: the posterior
//! of a Dirichlet process whose prior is one case that always succeeds and one that never does
//! (Ferguson, "A Bayesian Analysis of Some Nonparametric Problems", 1973; without a prior: Rubin,
//! "The Bayesian Bootstrap", 1981). Of cases of equal weight that are all or nothing it is that of a
//! proportion with a uniform prior, Beta(successes + 1, failures + 1).
//!
//! `examples/coverage.rs` measures how often each holds the truth.

use serde::Serialize;

use super::chance::Chance;
use super::interval::{Interval, Resampling, percentile};
use super::weighted_mean::WeightedMean;

/// Intervals of 95 % of the same score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OtherIntervals {
    pub bootstrap: Interval,
    pub bayesian: Interval,
}

impl OtherIntervals {
    /// Of a mean over cases.
    pub fn of(mean: &WeightedMean, resampling: Resampling) -> OtherIntervals {
        let chance = || Chance::seeded(resampling.seed);
        OtherIntervals {
            bootstrap: bootstrap(mean, resampling.resamples, &mut chance()),
            bayesian: bayesian(mean, resampling.resamples, &mut chance()),
        }
    }
}

/// Between the percentiles of a mean over cases that are drawn with replacement.
pub fn bootstrap(mean: &WeightedMean, resamples: usize, chance: &mut Chance) -> Interval {
    let cases = mean.cases();
    let resample = || {
        let (mut sum, mut weight) = (0.0, 0.0);
        for _ in 0..cases.len() {
            let case = cases[chance.place(cases.len())];
            sum += case.share * case.value;
            weight += case.share;
        }
        // Where only cases without weight were drawn there is no mean.
        (weight > 0.0).then(|| sum / weight)
    };
    between(std::iter::repeat_with(resample).take(resamples).flatten().collect())
}

/// The middle 95 % of the posterior.
#[expect(clippy::cast_precision_loss, reason = "cases are few")]
pub fn bayesian(mean: &WeightedMean, resamples: usize, chance: &mut Chance) -> Interval {
    let cases = mean.cases();
    // A case of the prior weighs as much as cases do on average.
    let usual = 1.0 / cases.iter().filter(|case| case.share > 0.0).count() as f64;
    let resample = || {
        let (success, failure) = (usual * exponential(chance), usual * exponential(chance));
        let (mut sum, mut weight) = (success, success + failure);
        for case in cases {
            let drawn = case.share * exponential(chance);
            sum += drawn * case.value;
            weight += drawn;
        }
        sum / weight
    };
    between(std::iter::repeat_with(resample).take(resamples).collect())
}

/// The middle 95 % of values, of which there is one at least.
fn between(mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    Interval { low: percentile(&values, 0.025), high: percentile(&values, 0.975) }
}

/// A number of the exponential distribution with mean 1.
fn exponential(chance: &mut Chance) -> f64 {
    -(1.0 - chance.share()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESAMPLING: Resampling = Resampling { seed: 7, resamples: 20_000 };

    fn of(values: &[f64]) -> OtherIntervals {
        let mean = WeightedMean::of(values.iter().map(|it| (1.0, *it))).expect("cases");
        OtherIntervals::of(&mean, RESAMPLING)
    }

    fn near(found: Interval, low: f64, high: f64) {
        assert!((found.low - low).abs() < 0.01, "{found:?} {low} {high}");
        assert!((found.high - high).abs() < 0.01, "{found:?} {low} {high}");
    }

    #[test]
    fn cases_that_are_all_or_nothing_have_the_posterior_of_a_proportion() {
        let values: Vec<f64> = (0..15).map(|case| f64::from(u8::from(case < 6))).collect();
        // qbeta(c(0.025, 0.975), 7, 10)
        near(of(&values).bayesian, 0.197_5, 0.645_6);
        // qbinom(c(0.025, 0.975), 15, 0.4) / 15
        near(of(&values).bootstrap, 2.0 / 15.0, 10.0 / 15.0);
    }

    #[test]
    fn where_no_case_fails_only_the_bayesian_one_leaves_room() {
        // qbeta(c(0.025, 0.975), 11, 1)
        near(of(&[1.0; 10]).bayesian, 0.715_1, 0.997_7);
        near(of(&[1.0; 10]).bootstrap, 1.0, 1.0);
    }

    #[test]
    fn cases_without_weight_have_no_part() {
        let weights = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 1.0)];
        let mean = WeightedMean::of(weights).expect("cases");
        // qbeta(c(0.025, 0.975), 2, 2)
        near(OtherIntervals::of(&mean, RESAMPLING).bayesian, 0.094_3, 0.905_7);
    }
}
