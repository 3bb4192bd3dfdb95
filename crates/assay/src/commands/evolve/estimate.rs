//! [`Estimate`]: what an evolution will probably take, before anything is asked.

use std::sync::Arc;

use assay_core::{Cost, Tokens};
use serde_json::{Value, json};

use crate::evolve::{Evolution, SeedKind, Standing, Step};
use crate::report::quantity::{counted, tokens};
use crate::subject::{Subject, tokens_in};

/// What is left to be asked, if every candidate passes every filter at once, and is proved at once.
#[derive(Debug)]
pub(super) struct Estimate {
    requests: usize,
    tokens: Tokens,
    /// `None` where a model has no price.
    cost: Option<Cost>,
    output_tokens: u64,
}

/// About how many tokens the question of a filter has beside the scenario, and its answer.
const FILTER: (u64, u64) = (700, 80);

/// The same of the wording of other questions.
const WORDING: u64 = 400;

impl Estimate {
    pub(super) fn of(
        evolution: &Evolution,
        subjects: &[Arc<Subject>],
        output_tokens: u64,
    ) -> Estimate {
        let mut by_model = [Tokens::default(); 2];
        let mut requests = 0;
        for (candidate, standing) in evolution.candidates.iter().zip(evolution.standings()) {
            let next = match standing {
                Standing::Open(step) => step,
                // One that waits for another has only been written.
                Standing::Waits(_) => Step::Guard(0),
                _ => continue,
            };
            let seed = evolution.seed(candidate);
            let text = candidate.text().map_or(seed.text(), |(text, _)| text);
            let scenario = tokens_in(text);
            let mut ask = |who: usize, input: u64, output: u64| {
                requests += 1;
                by_model[who] += Tokens { input, output, ..Tokens::default() };
            };
            if next <= Step::Write {
                ask(0, WORDING + scenario, output_tokens);
            }
            for step in [Step::Guard(0), Step::Weakness(0)] {
                if next <= step {
                    ask(1, FILTER.0 + scenario, FILTER.1);
                }
            }
            match &seed.kind {
                SeedKind::Program(_) => ask(0, WORDING + scenario, output_tokens),
                SeedKind::Case(own) if !matches!(next, Step::Prove(_)) => {
                    let shown = own.files.values().map(|it| it.len() as u64).sum::<u64>() / 4;
                    ask(0, WORDING + shown + scenario, shown.max(output_tokens));
                }
                SeedKind::Case(_) => {}
            }
        }
        let prices = [subjects.first(), subjects.last()].map(|it| it.and_then(|it| it.price()));
        let costs = prices.iter().zip(&by_model).map(|(price, it)| Some(price.as_ref()?.cost(it)));
        let cost = costs.collect::<Option<Vec<Cost>>>();
        let [mut tokens, of_filter] = by_model;
        tokens += of_filter;
        Estimate {
            requests,
            tokens,
            cost: cost.map(|it| it.into_iter().fold(Cost::ZERO, |sum, it| sum + it)),
            output_tokens,
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        if self.requests == 0 {
            return vec!["requests   none are left".to_owned()];
        }
        let cost = self.cost.map_or_else(|| "no price is known".to_owned(), |it| it.to_string());
        vec![
            format!(
                "estimate   {}, {} tokens of questions and {} of answers, {cost}",
                counted(self.requests, "request"),
                tokens(self.tokens.input),
                tokens(self.tokens.output),
            ),
            format!(
                "           if every candidate passes every filter, assuming {} tokens a text that is written",
                self.output_tokens
            ),
        ]
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "requests": self.requests,
            "input-tokens": self.tokens.input,
            "output-tokens": self.tokens.output,
            "cost": self.cost.map(Cost::units),
            "assumed-output-tokens": self.output_tokens,
        })
    }
}
