//! [`Effort`]: what the attempts of a subject took.

use assay_core::{Bill, Cost};
use serde::Serialize;

use crate::report::quantity::{self, count, tokens};
use crate::report::{RunData, SubjectScore};

/// Requests, tokens, cost and time of all attempts of a subject in its run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Effort {
    pub attempts: usize,
    pub requests: u64,
    /// Of prompts, those from a provider's cache included.
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// `None` where no price is known.
    pub cost: Option<f64>,
    /// From a question to its answer, over all attempts; validations are not in it.
    pub minutes: f64,
    #[serde(skip)]
    bill: Bill,
}

impl Effort {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a run")]
    pub(super) fn of(run: &RunData, subject: &SubjectScore) -> Effort {
        let own = run.attempts.iter().filter(|attempt| attempt.key.subject == subject.name);
        let milliseconds: u64 = own.map(|attempt| attempt.asked_ms).sum();
        let bill = subject.spending.total;
        Effort {
            attempts: subject.card.attempts,
            requests: bill.requests,
            input_tokens: bill.tokens.input,
            output_tokens: bill.tokens.output,
            cost: bill.cost.map(Cost::units),
            minutes: milliseconds as f64 / 60_000.0,
            bill,
        }
    }

    /// Whether no model was asked.
    pub fn is_nothing(&self) -> bool {
        self.requests == 0 && self.output_tokens == 0
    }

    /// What it took by name, in all and for one attempt.
    #[expect(clippy::cast_precision_loss, reason = "numbers of a run")]
    pub fn lines(&self) -> [(&'static str, String, String); 5] {
        let requests = match self.attempts {
            0 => "–".to_owned(),
            attempts => format!("{:.1}", self.requests as f64 / attempts as f64),
        };
        let each = |number: u64| match self.attempts as u64 {
            0 => "–".to_owned(),
            attempts => tokens((number + attempts / 2) / attempts),
        };
        let minutes = match self.attempts {
            0 => "–".to_owned(),
            attempts => format!("{:.2}", self.minutes / attempts as f64),
        };
        [
            ("requests", tokens(self.requests), requests),
            ("tokens in", tokens(self.input_tokens), each(self.input_tokens)),
            ("tokens out", tokens(self.output_tokens), each(self.output_tokens)),
            (
                "cost",
                quantity::cost(&self.bill),
                quantity::amount(self.bill.cost_each(self.attempts)),
            ),
            ("minutes", format!("{:.1}", self.minutes), minutes),
        ]
    }

    /// How many attempts it is of.
    pub fn attempts(&self) -> String {
        count(self.attempts)
    }
}
