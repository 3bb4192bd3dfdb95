//! [`Rewards`]: a verdict as a number, for whoever trains on verdicts.

use std::collections::BTreeMap;
use std::str::FromStr;

use assay_core::Verdict;
use assay_core::meant::did_you_mean;

/// The number that each verdict is worth. An error is no verdict, and is worth no number.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewards(BTreeMap<Verdict, f64>);

/// What one verdict is worth, as in `insecure=0.1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RewardRule {
    pub verdict: Verdict,
    pub reward: f64,
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewardError {
    #[error("{0:?} is not VERDICT=NUMBER, as in insecure=0.1")]
    Form(String),
    #[error("{0:?} is not a verdict{1}; there are {2}")]
    Verdict(String, String, String),
    #[error("{0:?} is not a finite number")]
    Number(String),
}

impl Default for Rewards {
    fn default() -> Rewards {
        Rewards(Verdict::ALL.into_iter().map(|verdict| (verdict, usual(verdict))).collect())
    }
}

/// What works and is insecure is worth a quarter: more than what does not work, so that there is
/// a slope to climb, and much less than what is secure.
fn usual(verdict: Verdict) -> f64 {
    match verdict {
        Verdict::Secure | Verdict::Works => 1.0,
        Verdict::Insecure => 0.25,
        Verdict::Nonfunctional | Verdict::BuildFailed | Verdict::NoCode | Verdict::Tampered => 0.0,
    }
}

impl Rewards {
    /// The usual rewards, but for these.
    pub fn with(rules: &[RewardRule]) -> Rewards {
        let Rewards(mut rewards) = Rewards::default();
        rewards.extend(rules.iter().map(|rule| (rule.verdict, rule.reward)));
        Rewards(rewards)
    }

    pub fn of(&self, verdict: Verdict) -> f64 {
        self.0.get(&verdict).copied().unwrap_or_else(|| usual(verdict))
    }

    /// Each verdict and what it is worth.
    pub fn all(&self) -> impl Iterator<Item = (Verdict, f64)> {
        Verdict::ALL.into_iter().map(|verdict| (verdict, self.of(verdict)))
    }
}

impl FromStr for RewardRule {
    type Err = RewardError;

    fn from_str(text: &str) -> Result<RewardRule, RewardError> {
        let parts = text.split_once('=');
        let (name, number) = parts.ok_or_else(|| RewardError::Form(text.to_owned()))?;
        let name = name.trim();
        let verdict = Verdict::ALL.into_iter().find(|it| it.as_str() == name).ok_or_else(|| {
            let names = Verdict::ALL.map(Verdict::as_str);
            RewardError::Verdict(name.to_owned(), did_you_mean(name, names), names.join(", "))
        })?;
        let reward: Option<f64> = number.trim().parse().ok().filter(|it: &f64| it.is_finite());
        let reward = reward.ok_or_else(|| RewardError::Number(number.to_owned()))?;
        Ok(RewardRule { verdict, reward })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_changes_the_reward_of_its_verdict_alone() {
        let rules = ["insecure=0.1", "tampered = -1"].map(|it| it.parse().expect("a rule"));
        let rewards = Rewards::with(&rules);
        let check = |verdict, expect: f64| assert!((rewards.of(verdict) - expect).abs() < 1e-12);
        check(Verdict::Secure, 1.0);
        check(Verdict::Works, 1.0);
        check(Verdict::Insecure, 0.1);
        check(Verdict::Tampered, -1.0);
        check(Verdict::Nonfunctional, 0.0);
    }

    #[test]
    fn what_is_no_rule_is_told() {
        let check = |text: &str, expect: &str| {
            let error = text.parse::<RewardRule>().expect_err(text).to_string();
            assert!(error.contains(expect), "{error}");
        };
        check("insecure", "VERDICT=NUMBER");
        check("insecur=1", "did you mean \"insecure\"");
        check("secure=many", "not a finite number");
        check("secure=inf", "not a finite number");
    }
}
