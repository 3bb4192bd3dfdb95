//! What a plan will probably take, before anything is asked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use assay_core::prompt::{NoPrompt, render};
use assay_core::{Cost, Locale, Scenario, Tokens};

use super::plan::Plan;
use crate::subject::{Message, Price, Responses};

/// Bytes of UTF-8 that are taken for one token: about four characters of English or
/// code, and one and a third of Chinese.
pub const BYTES_PER_TOKEN: usize = 4;

/// The tokens that a message which says what failed is taken to have.
pub const REPAIR_TOKENS: u64 = 500;

/// About how many tokens a text has.
pub(super) fn tokens_in(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

/// What is taken for granted.
#[derive(Debug, Clone, Copy)]
pub struct Assumed {
    pub locale: Locale,
    pub max_answers: u32,
    /// Tokens of each answer.
    pub output_tokens: u64,
}

/// The estimate for one subject that is a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    pub subject: String,
    pub price: Option<Price>,
    /// First answers that the response cache holds; they are in neither sum.
    pub from_cache: u64,
    /// If every first answer is the last one.
    pub least: Sum,
    /// If every attempt takes all the answers that it may.
    pub most: Sum,
}

/// Questions and what they take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub questions: u64,
    pub tokens: Tokens,
}

impl Sum {
    fn add(&mut self, input: u64, output: u64) {
        self.questions += 1;
        self.tokens += Tokens { input, output, ..Tokens::default() };
    }
}

impl Estimate {
    /// From first answers only to all answers.
    pub fn cost(&self) -> Option<(Cost, Cost)> {
        let price = self.price?;
        Some((price.cost(&self.least.tokens), price.cost(&self.most.tokens)))
    }

    /// One for each model of a plan.
    pub fn of(
        plan: &Plan,
        assumed: Assumed,
        responses: Option<&Responses>,
    ) -> Result<Vec<Estimate>, NoPrompt> {
        let mut estimates: Vec<Option<Estimate>> = plan
            .subjects
            .iter()
            .map(|subject| {
                subject.is_model().then(|| Estimate {
                    subject: subject.name().to_owned(),
                    price: subject.price(),
                    from_cache: 0,
                    least: Sum::default(),
                    most: Sum::default(),
                })
            })
            .collect();
        // All rounds and subjects are asked alike.
        let mut prompts: HashMap<(usize, Scenario), [Message; 1]> = HashMap::new();
        for attempt in &plan.attempts {
            let Some(estimate) = &mut estimates[attempt.subject] else { continue };
            let scenario = attempt.key.scenario;
            let messages = match prompts.entry((attempt.case, scenario)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let prompt = render(&plan.cases[attempt.case], scenario, assumed.locale)?;
                    place.insert([Message::user(prompt)])
                }
            };
            let subject = &plan.subjects[attempt.subject];
            let key = subject.response_key(messages.as_slice(), attempt.key.round);
            let is_kept = responses.zip(key).is_some_and(|(responses, key)| responses.holds(&key));
            let output = subject
                .most_output_tokens()
                .map_or(assumed.output_tokens, |most| most.min(assumed.output_tokens));
            let system = subject.system_prompt().map_or(0, tokens_in);
            let prompt = system + tokens_in(&messages[0].text);
            if is_kept {
                estimate.from_cache += 1;
            } else {
                estimate.least.add(prompt, output);
                estimate.most.add(prompt, output);
            }
            for repair in 1..u64::from(assumed.max_answers) {
                estimate.most.add(prompt + repair * (output + REPAIR_TOKENS), output);
            }
        }
        Ok(estimates.into_iter().flatten().collect())
    }
}
