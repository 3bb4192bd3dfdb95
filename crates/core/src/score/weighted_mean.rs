//! [`WeightedMean`]: a score as a mean over cases of values in [0, 1], and intervals of it that
//! hold for few cases too.
//!
//! The case is the unit: rounds and scenarios of one case succeed and fail together, and so are one
//! value. Its variance over cases says how many independent trials the score is worth, and
//! Wilson's interval is made for that many ("Probable Inference, the Law of Succession, and
//! Statistical Inference", 1927; with effective trials: Korn and Graubard, "Confidence Intervals for
//! Proportions With Small Expected Number of Positive Counts", 1998), with Student's quantile.
//!
//! Few cases say little of their variance, and often too little of it: where none of ten cases
//! fails, none varies. So it has a prior, by which the square root of the number of cases is added
//! of cases that are all or nothing, the conjugate form of a prior of a variance (Gelman et al.,
//! "Bayesian Data Analysis", section 2.6). `examples/coverage.rs` measures what that brings, and
//! how much less a bootstrap of few cases covers.

use super::interval::{Interval, wilson_at};
use super::quantiles::student_quantile;

/// The cases of a mean, whose shares are 1 together. Two means over the same cases can be held
/// against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedMean(Vec<WeightedValue>);

/// One case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedValue {
    /// Its part of all weights; 0 where it does not count.
    pub share: f64,
    /// In [0, 1].
    pub value: f64,
}

/// What a mean is worth.
struct Worth {
    mean: f64,
    /// Cases that count.
    cases: f64,
    /// As many cases of equal weight (Kish, "Survey Sampling", 1965).
    effective: f64,
    /// Of the mean, with the prior.
    variance: f64,
}

/// The error of 5 % on both sides of an interval.
const UPPER: f64 = 0.975;

/// A mean nearer to its bounds lies at them.
const AT_BOUND: f64 = 1e-9;

impl WeightedMean {
    /// Of weights and values in [0, 1]. `None` where no weight is above 0.
    pub fn of(cases: impl IntoIterator<Item = (f64, f64)>) -> Option<WeightedMean> {
        let cases: Vec<(f64, f64)> = cases.into_iter().collect();
        let total: f64 = cases.iter().map(|(weight, _)| weight).sum();
        let value = |(weight, value)| WeightedValue { share: weight / total, value };
        (total > 0.0).then(|| WeightedMean(cases.into_iter().map(value).collect()))
    }

    pub fn cases(&self) -> &[WeightedValue] {
        &self.0
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().map(|case| case.share * case.value).sum()
    }

    /// The interval of 95 %.
    pub fn interval(&self) -> Interval {
        self.worth().interval()
    }

    /// That of this mean minus another over the same cases, from the intervals of both and how
    /// they vary together (Newcombe, "Interval Estimation for the Difference Between Independent
    /// Proportions", 1998, method 10, with the correlation of his method for paired data).
    pub fn interval_of_difference(&self, other: &WeightedMean) -> Interval {
        let (mine, others) = (self.worth(), other.worth());
        let pairs = self.0.iter().zip(&other.0);
        let together: f64 = pairs
            .map(|(a, b)| a.share * (a.value - mine.mean) * b.share * (b.value - others.mean))
            .sum();
        // Cases of the prior do not vary together.
        let cases = mine.cases.max(others.cases);
        let covariance = together * cases / (cases - 1.0 + prior_cases(cases));
        let correlation = (covariance / (mine.variance * others.variance).sqrt()).clamp(-1.0, 1.0);
        let difference = mine.mean - others.mean;
        let (first, second) = (mine.interval(), others.interval());
        let reach = |mine: f64, other: f64| {
            let square = mine * mine - 2.0 * correlation * mine * other + other * other;
            square.max(0.0).sqrt()
        };
        Interval {
            low: difference - reach(mine.mean - first.low, second.high - others.mean),
            high: difference + reach(first.high - mine.mean, others.mean - second.low),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "cases are few")]
    fn worth(&self) -> Worth {
        let mean = self.mean();
        let counted = || self.0.iter().filter(|case| case.share > 0.0);
        let cases = counted().count() as f64;
        let effective = 1.0 / counted().map(|case| case.share.powi(2)).sum::<f64>();
        let deviations: f64 =
            counted().map(|case| (case.share * (case.value - mean)).powi(2)).sum();
        // The mean of the prior's cases lies off the bounds, where they would not vary.
        let likely = (mean * cases + 1.0) / (cases + 2.0);
        let of_prior = likely * (1.0 - likely) / effective;
        // The observed variance is that of deviations times cases / (cases - 1).
        let prior = prior_cases(cases);
        let variance = (deviations * cases + prior * of_prior) / (cases - 1.0 + prior);
        Worth { mean, cases, effective, variance }
    }
}

fn prior_cases(cases: f64) -> f64 {
    cases.sqrt()
}

impl Worth {
    fn interval(&self) -> Interval {
        let Worth { mean, effective, variance, .. } = *self;
        // Values in [0, 1] vary no more than trials do, so that it is no fewer of these.
        let trials = match (AT_BOUND..=1.0 - AT_BOUND).contains(&mean) {
            true => (mean * (1.0 - mean) / variance).max(effective),
            false => effective,
        };
        wilson_at(mean, trials, student_quantile((effective - 1.0).max(1.0), UPPER))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Chance;
    use super::*;

    fn mean(values: &[f64]) -> WeightedMean {
        WeightedMean::of(values.iter().map(|value| (1.0, *value))).expect("cases")
    }

    #[test]
    fn cases_that_are_all_or_nothing_are_trials() {
        // 6 of 15: Wilson's with t of 14 degrees, 15 trials but for the prior's middle.
        let values: Vec<f64> = (0..15).map(|case| f64::from(u8::from(case < 6))).collect();
        let found = mean(&values).interval();
        let spread = 2.144_787_f64.powi(2) / 15.0;
        let middle = (0.4 + spread / 2.0) / (1.0 + spread);
        assert!((f64::midpoint(found.low, found.high) - middle).abs() < 0.002, "{found:?}");
        assert!((found.high - found.low - 0.477).abs() < 0.001, "{found:?}");
    }

    #[test]
    fn an_interval_lies_around_its_mean_and_narrows_with_cases() {
        let mut width = 2.0;
        for cases in [1, 2, 5, 15, 50, 200] {
            let values: Vec<f64> = (0..cases).map(|case| f64::from(case % 3) / 2.0).collect();
            let (mean, found) = (mean(&values).mean(), mean(&values).interval());
            assert!(0.0 <= found.low && found.low <= mean, "{cases}: {found:?}");
            assert!(mean <= found.high && found.high <= 1.0, "{cases}: {found:?}");
            assert!(found.high - found.low < width, "{cases}: {found:?}");
            width = found.high - found.low;
        }
    }

    #[test]
    fn one_success_does_not_widen_an_interval_by_a_jump() {
        let mut values = vec![0.0; 15];
        let none = mean(&values).interval();
        assert_eq!(none.low, 0.0);
        values[3] = 0.01;
        let hardly = mean(&values).interval();
        assert!((hardly.high - none.high).abs() < 0.005, "{none:?} {hardly:?}");
    }

    #[test]
    fn unequal_weights_count_as_fewer_cases() {
        let values: Vec<f64> = (0..20).map(|case| f64::from(u8::from(case % 2 == 0))).collect();
        let unequal = values
            .iter()
            .enumerate()
            .map(|(case, value)| (if case < 4 { 8.0 } else { 1.0 }, *value));
        let (equal, unequal) = (mean(&values), WeightedMean::of(unequal).expect("cases"));
        let width = |it: &WeightedMean| it.interval().high - it.interval().low;
        assert!(width(&unequal) > 1.3 * width(&equal), "{} {}", width(&unequal), width(&equal));
        assert_eq!(WeightedMean::of([(0.0, 1.0)]), None);
    }

    /// 95 of 100 intervals hold the difference, of subjects that fail together as of others.
    #[test]
    fn a_difference_lies_in_its_interval() {
        let mut chance = Chance::seeded(3);
        for (cases, together) in [(15, false), (15, true), (60, true)] {
            let held = (0..1_000).filter(|_| {
                let mut pairs = Vec::new();
                for _ in 0..cases {
                    let (first, second) = (chance.share(), chance.share());
                    let second = if together { first } else { second };
                    pairs.push((
                        f64::from(u8::from(first < 0.5)),
                        f64::from(u8::from(second < 0.7)),
                    ));
                }
                let first = mean(&pairs.iter().map(|it| it.0).collect::<Vec<_>>());
                let second = mean(&pairs.iter().map(|it| it.1).collect::<Vec<_>>());
                let found = second.interval_of_difference(&first);
                (found.low..=found.high).contains(&0.2)
            });
            let held = held.count();
            assert!((930..=995).contains(&held), "{cases} {together}: {held} of 1000");
        }
    }
}
