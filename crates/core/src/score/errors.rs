//! What attempts that errored do to a score: when it is withheld, and between
//! which bounds it lies.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::{ScoredAttempt, Weights, cells_of};
use crate::count::counted;
use crate::outcome::Outcome;
use crate::verdict::Verdict;

/// The largest share of errored attempts with which a subject's overall score is still given.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ErrorLimit(f64);

impl Default for ErrorLimit {
    /// One in a hundred.
    fn default() -> ErrorLimit {
        ErrorLimit(1.0)
    }
}

impl ErrorLimit {
    /// `None` for a number that is not a percentage from 0 to 100.
    pub fn from_percent(percent: f64) -> Option<ErrorLimit> {
        (0.0..=100.0).contains(&percent).then_some(ErrorLimit(percent))
    }

    pub fn percent(self) -> f64 {
        self.0
    }

    #[expect(clippy::cast_precision_loss, reason = "attempts are few")]
    pub(super) fn withholds(self, errored: usize, attempts: usize) -> Option<Withheld> {
        // Not as a quotient, which would make 1 of 100 more than 1 %.
        let exceeds = errored as f64 * 100.0 > self.0 * attempts as f64;
        exceeds.then_some(Withheld { errored, attempts, limit: self })
    }
}

impl FromStr for ErrorLimit {
    type Err = ErrorLimitFault;

    fn from_str(text: &str) -> Result<ErrorLimit, ErrorLimitFault> {
        let percent = text.trim().trim_end_matches('%').parse().ok();
        percent.and_then(ErrorLimit::from_percent).ok_or(ErrorLimitFault)
    }
}

impl fmt::Display for ErrorLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// A text that is not a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a percentage from 0 to 100")]
pub struct ErrorLimitFault;

/// Why an overall score is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Withheld {
    pub errored: usize,
    pub attempts: usize,
    pub limit: ErrorLimit,
}

impl fmt::Display for Withheld {
    #[expect(clippy::cast_precision_loss, reason = "attempts are few")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Withheld { errored, attempts, limit } = self;
        let share = *errored as f64 * 100.0 / *attempts as f64;
        write!(
            f,
            "{errored} of {} errored ({share:.2}%), more than {limit}",
            counted(*attempts, "attempt")
        )
    }
}

/// Equation 3 in the three ways that errored attempts can be taken. The two outer
/// ones bound what the score could be had none errored. Without any, all are the same.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bracket {
    /// They are left out.
    pub without: Option<f64>,
    /// All of them count as failures, as SecCodeBench-V2 publishes its scores.
    pub as_failures: Option<f64>,
    pub as_successes: Option<f64>,
}

impl Bracket {
    pub(super) fn of(attempts: &[ScoredAttempt<'_>], weights: &Weights) -> Bracket {
        let overall = |errored: Option<bool>| {
            let success = |attempt: &ScoredAttempt<'_>| match attempt.outcome {
                Outcome::Judged(judgement) => judgement.verdict().map(Verdict::is_success),
                Outcome::Errored(error) if error.class.is_fault() => errored,
                Outcome::Errored(_) => None,
            };
            cells_of(attempts, success).overall(weights)
        };
        Bracket {
            without: overall(None),
            as_failures: overall(Some(false)),
            as_successes: overall(Some(true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_percentage() {
        let check = |text: &str, expect: Option<f64>| {
            let limit = text.parse::<ErrorLimit>().ok().map(ErrorLimit::percent);
            assert_eq!(limit, expect, "{text}");
        };
        check("0", Some(0.0));
        check("2.5", Some(2.5));
        check("100%", Some(100.0));
        check("101", None);
        check("-1", None);
        check("NaN", None);
        check("few", None);
    }
}
