//! What one attempt of an agent may take.

use std::fmt;
use std::time::Duration;

use assay_core::{Amount, Cost};
use serde::{Deserialize, Serialize};

/// The limits of a session; where there is none, it is `None`. What was not counted by the
/// provider counts as it is estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionLimits {
    /// Questions that are passed on. The next one is refused.
    pub requests: Option<u64>,
    /// Tokens of questions and answers together. Once so many were used, no question is passed
    /// on; the last one may have passed the limit.
    pub tokens: Option<u64>,
    /// The same of money. It needs a price.
    pub cost: Option<Cost>,
    /// From the beginning of the session. What is under way then is cut off.
    pub wall_time: Option<Duration>,
}

/// A limit that was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    Requests,
    Tokens,
    Cost,
    WallTime,
}

impl SessionLimits {
    /// The limit that one more question would pass, after these took so much.
    pub(super) fn passed(&self, requests: u64, taken: Amount) -> Option<Limit> {
        let is_reached = |most: Option<u64>, taken| most.is_some_and(|most| taken >= most);
        if is_reached(self.requests, requests) {
            Some(Limit::Requests)
        } else if is_reached(self.tokens, taken.tokens) {
            Some(Limit::Tokens)
        } else if self.cost.is_some_and(|most| taken.cost >= most) {
            Some(Limit::Cost)
        } else {
            None
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Requests => "requests",
            Limit::Tokens => "tokens",
            Limit::Cost => "cost",
            Limit::WallTime => "time",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_limit_that_is_reached_is_the_one_that_is_passed() {
        let limits = SessionLimits {
            requests: Some(3),
            tokens: Some(100),
            cost: Some(Cost::from_nanos(50)),
            wall_time: None,
        };
        let check = |requests: u64, tokens: u64, nanos: u64, expect: Option<Limit>| {
            let taken = Amount { cost: Cost::from_nanos(nanos), tokens, requests: 0 };
            assert_eq!(limits.passed(requests, taken), expect, "{requests} {tokens} {nanos}");
            assert_eq!(SessionLimits::default().passed(requests, taken), None);
        };
        check(2, 99, 49, None);
        check(3, 0, 0, Some(Limit::Requests));
        check(0, 100, 0, Some(Limit::Tokens));
        check(0, 0, 50, Some(Limit::Cost));
        check(9, 900, 900, Some(Limit::Requests));
        let nothing = SessionLimits { requests: Some(0), ..SessionLimits::default() };
        assert_eq!(nothing.passed(0, Amount::default()), Some(Limit::Requests));
    }
}
