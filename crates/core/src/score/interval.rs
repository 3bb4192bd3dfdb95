//! Intervals: how far a score may lie from what more cases would show.
//!
//! The case is the unit. Rounds and scenarios of one case succeed and fail together. A score that is
//! a mean over cases has the interval of [`WeightedMean`](super::WeightedMean). For any other whole
//! cases are drawn: a bootstrap clustered by case (Cameron, Gelbach and Miller,
//! "Bootstrap-Based Improvements for Inference with Clustered Errors", 2008; for evaluations of
//! language models: Miller, "Adding Error Bars to Evals", 2024).

use serde::{Deserialize, Serialize};

use super::chance::Chance;
use super::drawn::Drawn;
use super::quantiles::{normal_share, student_quantile};

/// An interval of a score or of a difference of scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// How often cases are drawn, and with which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    pub seed: u64,
    pub resamples: usize,
}

impl Default for Resampling {
    fn default() -> Resampling {
        Resampling { seed: 0, resamples: 2_000 }
    }
}

/// Twice the normal distribution's tail beyond it is 5 %.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval of 95 % for a proportion of `count` independent trials
/// (Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927).
/// `None` without trials.
pub fn wilson(proportion: f64, count: f64) -> Option<Interval> {
    if count <= 0.0 {
        return None;
    }
    Some(wilson_at(proportion, count, Z))
}

/// The same with another quantile than that of 95 %; there are trials.
pub(super) fn wilson_at(proportion: f64, count: f64, quantile: f64) -> Interval {
    let spread = quantile * quantile / count;
    let middle = proportion + spread / 2.0;
    let root = (proportion * (1.0 - proportion) * spread + spread * spread / 4.0).sqrt();
    let end = |value: f64| (value / (1.0 + spread)).clamp(0.0, 1.0);
    // At a bound rounding may leave the proportion just outside.
    let low = end(middle - root).min(proportion);
    let high = end(middle + root).max(proportion);
    Interval { low, high }
}

/// The counts with which cases are drawn, for each resample: the same for all scores over
/// the same number of cases, so that scores can be compared draw by draw.
#[derive(Debug)]
pub struct Draws {
    cases: usize,
    counts: Vec<u16>,
}

impl Draws {
    pub fn of(cases: usize, resampling: Resampling) -> Draws {
        let mut chance = Chance::seeded(resampling.seed);
        let mut counts = vec![0_u16; cases * resampling.resamples];
        for drawn in counts.chunks_mut(cases.max(1)) {
            for _ in 0..cases {
                let place = chance.place(cases);
                drawn[place] = drawn[place].saturating_add(1);
            }
        }
        Draws { cases, counts }
    }

    fn iter(&self) -> impl Iterator<Item = &[u16]> {
        self.counts.chunks(self.cases.max(1))
    }

    /// The value of a score in each resample that has one.
    pub fn values(&self, drawn: &impl Drawn) -> Vec<f64> {
        self.iter().filter_map(|counts| drawn.score_of(counts)).collect()
    }
}

impl Interval {
    /// The interval of 95 %. `None` where there is no score.
    pub fn of(drawn: &impl Drawn, draws: &Draws) -> Option<Interval> {
        match drawn.mean() {
            Some(mean) => Some(mean.interval()),
            None => Interval::drawn(drawn, draws),
        }
    }

    /// Between the percentiles of the resamples, which are moved outwards for few cases (Hesterberg,
    /// "What Teachers Should Know About the Bootstrap", 2015, section 3.3); where no resample
    /// differs from the others, as at 0 and 1, Wilson's, each case being one trial.
    fn drawn(drawn: &impl Drawn, draws: &Draws) -> Option<Interval> {
        let score = drawn.score()?;
        let mut values = draws.values(drawn);
        values.sort_by(f64::total_cmp);
        let (first, last) = (values.first()?, values.last()?);
        let cases = drawn.cases_that_count();
        if last - first < 1e-12 {
            return wilson(score, cases);
        }
        let tail = expanded_tail(cases);
        Some(Interval { low: percentile(&values, tail), high: percentile(&values, 1.0 - tail) })
    }
}

/// The share of resamples beyond each end of an interval of 95 %: resamples of n cases vary by
/// (n - 1) / n of what cases do, and by less than what few cases may.
fn expanded_tail(cases: f64) -> f64 {
    match cases > 1.0 {
        true => {
            let bound = student_quantile(cases - 1.0, 0.975);
            normal_share(-(cases / (cases - 1.0)).sqrt() * bound)
        }
        false => 0.0,
    }
}

/// Between the two nearest of sorted values, by weight. There is one at least.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list"
)]
pub(super) fn percentile(values: &[f64], share: f64) -> f64 {
    let place = share * (values.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values[below] + (values[above] - values[below]) * (place - place.floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_is_as_published() {
        // Newcombe, "Two-Sided Confidence Intervals for the Single Proportion", 1998, table I.
        let check = |successes: f64, count: f64, low: f64, high: f64| {
            let found = wilson(successes / count, count).expect("trials");
            assert!((found.low - low).abs() < 5e-5, "{found:?}");
            assert!((found.high - high).abs() < 5e-5, "{found:?}");
        };
        check(81.0, 263.0, 0.2553, 0.3662);
        check(15.0, 148.0, 0.0624, 0.1605);
        check(0.0, 20.0, 0.0000, 0.1611);
        check(1.0, 29.0, 0.0061, 0.1718);
        assert_eq!(wilson(0.5, 0.0), None);
        assert!(wilson(1.0, 7.0).expect("trials").high >= 1.0);
    }

    #[test]
    fn the_same_seed_draws_the_same_cases() {
        let draws = |seed| Draws::of(10, Resampling { seed, resamples: 50 }).counts;
        assert_eq!(draws(3), draws(3));
        assert_ne!(draws(3), draws(4));
        for counts in draws(3).chunks(10) {
            assert_eq!(counts.iter().sum::<u16>(), 10);
        }
    }
}
