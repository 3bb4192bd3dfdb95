//! [`Drawn`]: what an interval can be made of.

use super::weighted_mean::WeightedMean;

/// A number over cases that can be computed anew for draws of them.
pub trait Drawn {
    /// The number over each case once; `None` where it is not defined.
    fn score(&self) -> Option<f64>;

    /// The number where each case counts so many times.
    fn score_of(&self, counts: &[u16]) -> Option<f64>;

    /// How many cases have a part in it.
    fn cases_that_count(&self) -> f64;

    /// It as a mean over cases of values in [0, 1]; `None` where it is none.
    fn mean(&self) -> Option<WeightedMean> {
        None
    }
}
