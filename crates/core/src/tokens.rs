//! What the replies of models take: tokens, and what they cost.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// All of the question, cached ones among them.
    pub input: u64,
    /// Those of the input that the provider had in its cache.
    #[serde(default)]
    pub cached: u64,
    /// All that was generated, reasoning among them.
    pub output: u64,
    /// Those of the output that were spent on reasoning.
    #[serde(default)]
    pub reasoning: u64,
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Tokens) {
        self.input += other.input;
        self.cached += other.cached;
        self.output += other.output;
        self.reasoning += other.reasoning;
    }
}

/// An amount of money, in thousandths of a millionth of the currency that prices are
/// in (US dollars, unless the user thinks of another), so that sums are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cost(u64);

impl Cost {
    pub const ZERO: Cost = Cost(0);

    pub fn from_nanos(nanos: u64) -> Cost {
        Cost(nanos)
    }

    pub fn nanos(self) -> u64 {
        self.0
    }

    /// An amount in whole units; `None` if it is negative, not finite or too large.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the range is checked"
    )]
    pub fn from_units(units: f64) -> Option<Cost> {
        let nanos = (units * 1e9).round();
        (nanos >= 0.0 && nanos < u64::MAX as f64).then_some(Cost(nanos as u64))
    }

    #[expect(clippy::cast_precision_loss, reason = "an amount for people")]
    pub fn units(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl fmt::Display for Cost {
    /// Cents, or as many digits as tell a small amount from nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.units();
        match self.0 {
            0 => f.write_str("0.00"),
            nanos if nanos < 10_000_000 => write!(f, "{units:.6}"),
            nanos if nanos < 1_000_000_000 => write!(f, "{units:.4}"),
            _ => write!(f, "{units:.2}"),
        }
    }
}

/// What one reply of a model, or several together, took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TokenUsage {
    /// `None` where the provider does not count, or nothing was generated.
    pub tokens: Option<Tokens>,
    /// `None` where the price is not known.
    pub cost: Option<Cost>,
    /// Requests that were sent for it, failed ones among them.
    pub requests: u32,
    /// Whether it came from the response cache: then nothing was paid for it now.
    pub from_cache: bool,
}

impl AddAssign for TokenUsage {
    /// What is not known of one part is left out of the sum. All of it came from the
    /// cache if every part did.
    fn add_assign(&mut self, other: TokenUsage) {
        self.from_cache = other.from_cache && (self.from_cache || *self == TokenUsage::default());
        if let Some(tokens) = other.tokens {
            *self.tokens.get_or_insert_default() += tokens;
        }
        if let Some(cost) = other.cost {
            *self.cost.get_or_insert_default() += cost;
        }
        self.requests += other.requests;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_shows_what_matters_of_it() {
        let check = |units: f64, expect: &str| {
            assert_eq!(Cost::from_units(units).expect("an amount").to_string(), expect);
        };
        check(0.0, "0.00");
        check(0.000_001_5, "0.000002");
        check(0.0123, "0.0123");
        check(12.345, "12.35");
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for units in [-1.0, f64::NAN, f64::INFINITY, 1e11] {
            assert_eq!(Cost::from_units(units), None, "{units}");
        }
    }
}
