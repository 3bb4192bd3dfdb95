//! What a run may take, and which limit held it back.

use anyhow::Context as _;
use assay_core::{Amount, Cost};
use serde::{Deserialize, Serialize};

/// Limits as the user writes them; `None` if one is not given.
#[derive(Debug, Clone, Copy, Default, PartialEq, clap::Args, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LimitSettings {
    /// Stop asking before more than this has been spent, in the currency of the prices in
    /// assay.toml; what a provider does not count is estimated. A run may be continued with more
    #[arg(long, value_name = "AMOUNT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<f64>,
    /// Stop asking before more tokens than this have been used, questions and answers together
    #[arg(long, value_name = "N", visible_alias = "max-tokens-total")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_total_tokens: Option<u64>,
    /// Send no more requests than this, including retries and those to judges
    #[arg(long, value_name = "N")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<u64>,
}

impl LimitSettings {
    /// These limits; one that is not given is taken from the other.
    #[must_use]
    pub fn or(self, other: LimitSettings) -> LimitSettings {
        LimitSettings {
            max_cost: self.max_cost.or(other.max_cost),
            max_total_tokens: self.max_total_tokens.or(other.max_total_tokens),
            max_requests: self.max_requests.or(other.max_requests),
        }
    }

    /// The limits that this sets.
    pub fn limits(self) -> anyhow::Result<Limits> {
        let cost = self.max_cost.map(|units| {
            Cost::from_units(units)
                .with_context(|| format!("--max-cost is {units}, not an amount of 0 or more"))
        });
        let (tokens, requests) = (self.max_total_tokens, self.max_requests);
        Ok(Limits { cost: cost.transpose()?, tokens, requests })
    }
}

/// The most that may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub cost: Option<Cost>,
    /// Of questions and answers together.
    pub tokens: Option<u64>,
    pub requests: Option<u64>,
}

/// One of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    Cost,
    Tokens,
    Requests,
}

impl Limit {
    /// What sets it, without the dashes of a flag.
    pub fn key(self) -> &'static str {
        match self {
            Limit::Cost => "max-cost",
            Limit::Tokens => "max-total-tokens",
            Limit::Requests => "max-requests",
        }
    }
}

impl Limits {
    /// Whether there is any.
    pub fn are_set(&self) -> bool {
        *self != Limits::default()
    }

    /// The first limit that this spending would exceed.
    pub fn passed_by(&self, amount: &Amount) -> Option<Limit> {
        let passes = [
            (Limit::Cost, self.cost.is_some_and(|most| amount.cost > most)),
            (Limit::Tokens, self.tokens.is_some_and(|most| amount.tokens > most)),
            (Limit::Requests, self.requests.is_some_and(|most| amount.requests > most)),
        ];
        passes.into_iter().find(|(_, passes)| *passes).map(|(limit, _)| limit)
    }

    /// Whether nothing more can be asked after this spending.
    pub fn are_reached_by(&self, amount: &Amount) -> bool {
        self.cost.is_some_and(|most| amount.cost >= most)
            || self.tokens.is_some_and(|most| amount.tokens >= most)
            || self.requests.is_some_and(|most| amount.requests >= most)
    }

    /// Why asking stopped, in words; `next` is what would have been next.
    pub fn told(&self, limit: Limit, spent: &Amount, estimated: bool, next: &str) -> String {
        let about = if estimated && limit != Limit::Requests { "about " } else { "" };
        let (spent, most) = match limit {
            Limit::Cost => {
                (format!("{} is spent", spent.cost), self.cost.unwrap_or_default().to_string())
            }
            Limit::Tokens => {
                let most = self.tokens.unwrap_or_default().to_string();
                (number_of(spent.tokens, "token", "taken"), most)
            }
            Limit::Requests => {
                let most = self.requests.unwrap_or_default().to_string();
                (number_of(spent.requests, "request", "sent"), most)
            }
        };
        let key = limit.key();
        format!("stopped asking: {about}{spent}, and {next} would probably exceed --{key} {most}")
    }
}

fn number_of(count: u64, noun: &str, done: &str) -> String {
    match count {
        1 => format!("1 {noun} is {done}"),
        _ => format!("{count} {noun}s are {done}"),
    }
}
