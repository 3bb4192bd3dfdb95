//! [`corrected`]: the share of vulnerable programs, given how often an imperfect evaluator
//! says so and how often it is wrong.
//!
//! Rogan and Gladen, "Estimating prevalence from the results of a screening test", American
//! Journal of Epidemiology 107, 1978; the interval is that of Lang and Reiczigel,
//! "Confidence limits for prevalence of disease adjusted for estimated sensitivity and
//! specificity", Preventive Veterinary Medicine 113, 2014.

use serde::Serialize;

use super::interval::{Interval, Z};

/// A share of so many trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trials {
    pub successes: usize,
    pub trials: usize,
}

/// How often an evaluator is right, as far as it was measured on programs whose security is
/// known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accuracy {
    /// Vulnerable programs that it calls so.
    pub sensitivity: Trials,
    /// Programs that are not vulnerable, and that it does not call so.
    pub specificity: Trials,
}

/// A share of vulnerable programs, corrected for the evaluator's errors, with its interval of
/// 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Corrected {
    pub vulnerable: f64,
    pub interval: Interval,
}

impl Trials {
    #[expect(clippy::cast_precision_loss, reason = "programs are few")]
    fn counts(self) -> (f64, f64) {
        (self.successes as f64, self.trials as f64)
    }

    fn share(self) -> Option<f64> {
        let (successes, trials) = self.counts();
        (trials > 0.0).then(|| successes / trials)
    }

    /// The share with so many successes and failures added, and of how many trials.
    fn with(self, added: f64) -> (f64, f64) {
        let (successes, trials) = self.counts();
        ((successes + added) / (trials + 2.0 * added), trials + 2.0 * added)
    }
}

/// The share of programs that are vulnerable, of which an evaluator says so of `said`. `None`
/// where nothing was measured, and where the evaluator tells vulnerable programs from others
/// no better than chance: then what it says carries no information.
pub fn corrected(said: Trials, accuracy: Accuracy) -> Option<Corrected> {
    let (share, sensitivity, specificity) =
        (said.share()?, accuracy.sensitivity.share()?, accuracy.specificity.share()?);
    let informedness = sensitivity + specificity - 1.0;
    if informedness <= 0.0 {
        return None;
    }
    let vulnerable = ((share + specificity - 1.0) / informedness).clamp(0.0, 1.0);
    let interval = interval(said, accuracy)?;
    let low = interval.low.min(vulnerable);
    Some(Corrected { vulnerable, interval: Interval { low, high: interval.high.max(vulnerable) } })
}

fn interval(said: Trials, accuracy: Accuracy) -> Option<Interval> {
    let (share, trials) = said.with(Z * Z / 2.0);
    let (sensitivity, vulnerable) = accuracy.sensitivity.with(1.0);
    let (specificity, clean) = accuracy.specificity.with(1.0);
    let informedness = sensitivity + specificity - 1.0;
    if informedness <= 0.0 {
        return None;
    }
    let middle = (share + specificity - 1.0) / informedness;
    let of_sensitivity = sensitivity * (1.0 - sensitivity) / vulnerable;
    let of_specificity = specificity * (1.0 - specificity) / clean;
    let shift = 2.0 * Z * Z * (middle * of_sensitivity - (1.0 - middle) * of_specificity);
    let variance = share * (1.0 - share) / trials
        + middle * middle * of_sensitivity
        + (1.0 - middle) * (1.0 - middle) * of_specificity;
    let spread = Z * variance.sqrt() / informedness;
    let end = |value: f64| value.clamp(0.0, 1.0);
    Some(Interval { low: end(middle + shift - spread), high: end(middle + shift + spread) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        said: (usize, usize),
        sensitivity: (usize, usize),
        specificity: (usize, usize),
    ) -> Option<Corrected> {
        let trials = |(successes, trials)| Trials { successes, trials };
        let accuracy =
            Accuracy { sensitivity: trials(sensitivity), specificity: trials(specificity) };
        corrected(trials(said), accuracy)
    }

    #[test]
    fn an_evaluator_without_errors_is_believed() {
        let found = of((30, 100), (1_000_000, 1_000_000), (1_000_000, 1_000_000)).expect("known");
        assert!((found.vulnerable - 0.3).abs() < 1e-12);
        // Then it is nearly an interval of Agresti and Coull.
        assert!((found.interval.low - 0.2188).abs() < 1e-3, "{found:?}");
        assert!((found.interval.high - 0.3961).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn misses_and_false_alarms_are_taken_out_of_the_share() {
        // 40 % are called vulnerable; of vulnerable ones 80 % are, of others 10 %.
        let found = of((400, 1_000), (160, 200), (180, 200)).expect("known");
        assert!((found.vulnerable - 0.3 / 0.7).abs() < 1e-12);
        assert!(found.interval.low < found.vulnerable && found.vulnerable < found.interval.high);
        let surer = of((400, 1_000), (16_000, 20_000), (18_000, 20_000)).expect("known");
        let width = |it: Corrected| it.interval.high - it.interval.low;
        assert!(width(surer) < width(found));
    }

    #[test]
    fn a_share_stays_a_share_and_chance_tells_nothing() {
        let never = of((1, 100), (90, 100), (90, 100)).expect("known");
        assert_eq!((never.vulnerable, never.interval.low), (0.0, 0.0));
        let always = of((99, 100), (90, 100), (90, 100)).expect("known");
        assert_eq!((always.vulnerable, always.interval.high), (1.0, 1.0));
        assert_eq!(of((50, 100), (50, 100), (50, 100)), None);
        assert_eq!(of((50, 100), (20, 100), (30, 100)), None);
        assert_eq!(of((0, 0), (90, 100), (90, 100)), None);
        assert_eq!(of((50, 100), (0, 0), (90, 100)), None);
    }
}
