//! Tokens and cost of the replies of models.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// All of the question, cached ones among them.
    pub input: u64,
    /// Those of the input that the provider had in its cache.
    #[serde(default)]
    pub cached: u64,
    /// Those of the input that the provider wrote into its cache, where that has a price of its
    /// own.
    #[serde(default, skip_serializing_if = "is_none")]
    pub written: u64,
    /// All that was generated, reasoning among them.
    pub output: u64,
    /// Those of the output that were spent on reasoning.
    #[serde(default)]
    pub reasoning: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Tokens) {
        self.input = self.input.saturating_add(other.input);
        self.cached = self.cached.saturating_add(other.cached);
        self.written = self.written.saturating_add(other.written);
        self.output = self.output.saturating_add(other.output);
        self.reasoning = self.reasoning.saturating_add(other.reasoning);
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

impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost(self.0.saturating_add(other.0))
    }
}

impl Sub for Cost {
    type Output = Cost;

    /// Nothing, where more is taken away than there is.
    fn sub(self, other: Cost) -> Cost {
        Cost(self.0.saturating_sub(other.0))
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
    /// What it probably took, where the provider does not count it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimated>,
}

/// What a reply that the provider did not count probably took, by the length of the texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Estimated {
    pub tokens: Tokens,
    /// `None` where the price is not known.
    pub cost: Option<Cost>,
}

impl AddAssign for Estimated {
    fn add_assign(&mut self, other: Estimated) {
        self.tokens += other.tokens;
        if let Some(cost) = other.cost {
            *self.cost.get_or_insert_default() += cost;
        }
    }
}

impl TokenUsage {
    /// The counted tokens, otherwise the estimated ones.
    pub fn likely_tokens(&self) -> Option<Tokens> {
        self.tokens.or(self.estimate.map(|estimate| estimate.tokens))
    }

    /// The known cost, otherwise the estimated one.
    pub fn likely_cost(&self) -> Option<Cost> {
        self.cost.or(self.estimate.and_then(|estimate| estimate.cost))
    }
}

/// What limits are set on: money, tokens of questions and answers together, and requests,
/// failed ones among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    pub cost: Cost,
    pub tokens: u64,
    pub requests: u64,
}

impl Add for Amount {
    type Output = Amount;

    fn add(self, other: Amount) -> Amount {
        Amount {
            cost: self.cost + other.cost,
            tokens: self.tokens.saturating_add(other.tokens),
            requests: self.requests.saturating_add(other.requests),
        }
    }
}

impl From<&TokenUsage> for Amount {
    /// What was paid for, estimated if it was not counted; nothing for what came from the response
    /// cache.
    fn from(usage: &TokenUsage) -> Amount {
        if usage.from_cache {
            return Amount::default();
        }
        let tokens = usage.likely_tokens().unwrap_or_default();
        Amount {
            cost: usage.likely_cost().unwrap_or_default(),
            tokens: tokens.input.saturating_add(tokens.output),
            requests: usage.requests.into(),
        }
    }
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
        if let Some(estimate) = other.estimate {
            *self.estimate.get_or_insert_default() += estimate;
        }
        self.requests += other.requests;
    }
}

/// What several replies of models took together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bill {
    pub replies: u64,
    /// The tokens of those replies whose provider counted them.
    pub tokens: Tokens,
    /// Replies without a count.
    pub uncounted: u64,
    /// The sum of the costs that are known; `None` if none is known.
    pub cost: Option<Cost>,
    /// Replies whose cost is not known.
    pub unpriced: u64,
    /// Requests that were sent for them, failed ones among them.
    pub requests: u64,
    /// Replies without a count that are estimated, and at what.
    pub estimated: u64,
    pub estimate: Estimated,
}

impl Bill {
    /// Whether the cost leaves no reply out.
    pub fn is_whole(&self) -> bool {
        self.unpriced == 0
    }

    /// The cost that is known and the one that is estimated, together; `None` where
    /// nothing is estimated, or not all that is not known.
    pub fn likely_cost(&self) -> Option<Cost> {
        let estimate = self.estimate.cost.filter(|_| self.unpriced <= self.estimated)?;
        Some(self.cost.unwrap_or_default() + estimate)
    }

    /// The cost of each of so many; `None` if it is not known, or there is none.
    pub fn cost_each(&self, number: usize) -> Option<Cost> {
        let number = u64::try_from(number).ok().filter(|number| *number > 0)?;
        self.cost.map(|cost| Cost(cost.0 / number))
    }

    /// How large a part of the whole this is: by cost where that is known of all,
    /// else by tokens. `None` of nothing.
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    pub fn share_of(&self, whole: &Bill) -> Option<f64> {
        let (part, all) = match (self.cost, whole.cost) {
            (part, Some(all)) if whole.is_whole() => (part.unwrap_or_default().0, all.0),
            _ => {
                let tokens = |bill: &Bill| bill.tokens.input.saturating_add(bill.tokens.output);
                (tokens(self), tokens(whole))
            }
        };
        (all > 0).then(|| part as f64 / all as f64)
    }
}

impl AddAssign for Bill {
    fn add_assign(&mut self, other: Bill) {
        self.replies += other.replies;
        self.tokens += other.tokens;
        self.uncounted += other.uncounted;
        if let Some(cost) = other.cost {
            *self.cost.get_or_insert_default() += cost;
        }
        self.unpriced += other.unpriced;
        self.requests += other.requests;
        self.estimated += other.estimated;
        self.estimate += other.estimate;
    }
}

impl From<TokenUsage> for Bill {
    fn from(usage: TokenUsage) -> Bill {
        Bill {
            replies: 1,
            tokens: usage.tokens.unwrap_or_default(),
            uncounted: u64::from(usage.tokens.is_none()),
            cost: usage.cost,
            unpriced: u64::from(usage.cost.is_none()),
            requests: usage.requests.into(),
            estimated: u64::from(usage.estimate.is_some()),
            estimate: usage.estimate.unwrap_or_default(),
        }
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

    #[test]
    fn a_bill_keeps_apart_what_it_does_not_know() {
        let usage = |cost: Option<u64>, tokens: Option<u64>| TokenUsage {
            tokens: tokens.map(|output| Tokens { output, ..Tokens::default() }),
            cost: cost.map(Cost::from_nanos),
            requests: 1,
            from_cache: false,
            estimate: None,
        };
        let sum = |usages: &[TokenUsage]| {
            let mut bill = Bill::default();
            for usage in usages {
                bill += Bill::from(*usage);
            }
            bill
        };
        let whole = sum(&[usage(Some(30), Some(1)), usage(Some(10), Some(3))]);
        assert_eq!((whole.cost, whole.is_whole()), (Some(Cost::from_nanos(40)), true));
        assert_eq!(whole.cost_each(2), Some(Cost::from_nanos(20)));
        assert_eq!(whole.cost_each(0), None);
        assert_eq!(sum(&[usage(Some(10), Some(3))]).share_of(&whole), Some(0.25));
        assert_eq!(Bill::default().share_of(&whole), Some(0.0));
        assert_eq!(whole.share_of(&Bill::default()), None);
        let part = sum(&[usage(Some(30), None), usage(None, Some(3))]);
        assert_eq!((part.cost, part.is_whole()), (Some(Cost::from_nanos(30)), false));
        assert_eq!((part.unpriced, part.uncounted), (1, 1));
        assert_eq!(sum(&[usage(None, Some(3))]).share_of(&part), Some(1.0));
        assert_eq!(sum(&[usage(None, None)]).cost, None);
    }
}
