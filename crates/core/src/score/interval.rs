//! Intervals: how far a score may lie from what more cases would show.
//!
//! The case is the unit. Rounds and scenarios of one case succeed and fail together, so
//! whole cases are drawn: a bootstrap clustered by case (Cameron, Gelbach and Miller,
//! "Bootstrap-Based Improvements for Inference with Clustered Errors", 2008; for
//! evaluations of language models: Miller, "Adding Error Bars to Evals", 2024).

use std::borrow::Cow;
use std::cell::OnceCell;

use serde::Serialize;

use super::chance::Chance;
use super::contributions::Contributions;
use super::drawn::Drawn;

/// An interval of a score or of a difference of scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
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
    let spread = Z * Z / count;
    let middle = proportion + spread / 2.0;
    let root = (proportion * (1.0 - proportion) * spread + spread * spread / 4.0).sqrt();
    let end = |value: f64| (value / (1.0 + spread)).clamp(0.0, 1.0);
    // At a bound rounding may leave the proportion just outside.
    let low = end(middle - root).min(proportion);
    let high = end(middle + root).max(proportion);
    Some(Interval { low, high })
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

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u16]> {
        self.counts.chunks(self.cases.max(1))
    }

    /// The value of a score in each resample that has one.
    pub fn values(&self, drawn: &impl Drawn) -> Vec<f64> {
        self.iter().filter_map(|counts| drawn.score_of(counts)).collect()
    }
}

impl Interval {
    /// The interval of 95 % between the percentiles of the resamples; where no resample
    /// differs from the others, as at 0 and 1, Wilson's, each case being one trial. `None`
    /// where there is no score.
    pub fn of(drawn: &impl Drawn, draws: &Draws) -> Option<Interval> {
        Interval::around(drawn, draws.values(drawn))
    }

    fn around(drawn: &impl Drawn, mut values: Vec<f64>) -> Option<Interval> {
        let score = drawn.score()?;
        values.sort_by(f64::total_cmp);
        let (first, last) = (values.first()?, values.last()?);
        if last - first < 1e-12 {
            return wilson(score, drawn.cases_that_count());
        }
        Some(Interval { low: percentile(&values, 0.025), high: percentile(&values, 0.975) })
    }
}

/// A subject's score, and what it comes to in each resample: kept, because a subject is
/// compared with many others.
#[derive(Debug)]
pub struct Resampled<'a> {
    pub(super) contributions: Contributions,
    draws: &'a Draws,
    values: OnceCell<Vec<f64>>,
}

impl<'a> Resampled<'a> {
    pub fn of(contributions: Contributions, draws: &'a Draws) -> Resampled<'a> {
        Resampled { contributions, draws, values: OnceCell::new() }
    }

    /// The interval of the score.
    pub fn interval(&self) -> Option<Interval> {
        Interval::around(&self.contributions, self.values().to_vec())
    }

    /// The values of its part over these contributions: those of the whole, where it is that.
    pub(super) fn values_over(&self, part: &Contributions) -> Cow<'_, [f64]> {
        match *part == self.contributions {
            true => Cow::Borrowed(self.values()),
            false => Cow::Owned(self.draws.values(part)),
        }
    }

    fn values(&self) -> &[f64] {
        self.values.get_or_init(|| self.draws.values(&self.contributions))
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
