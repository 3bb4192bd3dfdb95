//! What a plan will probably take, before anything is asked.

mod judges;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use assay_core::prompt::{NoPrompt, render};
use assay_core::{Cost, Locale, Scenario, Tokens};

use super::plan::Plan;
use crate::subject::{Message, Price, Responses, Subject, WorkLimits, tokens_in};

pub use crate::subject::BYTES_PER_TOKEN;
pub use judges::JudgesEstimate;

/// The tokens that a message which says what failed is taken to have.
pub const REPAIR_TOKENS: u64 = 500;

/// What is taken for granted.
#[derive(Debug, Clone, Copy)]
pub struct Assumed {
    pub locale: Locale,
    pub max_answers: u32,
    /// Tokens of each answer, and of each vote.
    pub output_tokens: u64,
}

/// The estimate for one model, a subject or a judge.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    pub model: String,
    pub price: Option<Price>,
    /// First answers that the response cache holds; they are in neither sum. None of a
    /// judge.
    pub from_cache: u64,
    /// About how many tokens each first question has that is to be asked.
    pub questions: Vec<u64>,
    /// If every first answer is the last one, and none of them gets as far as judges.
    pub least: Sum,
    /// If every attempt takes all the answers that it may, and no artifact is like another.
    pub most: Sum,
}

/// Questions with their tokens and cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub questions: u64,
    pub tokens: Tokens,
}

impl Sum {
    fn add(&mut self, input: u64, output: u64) {
        self.add_times(1, input, output);
    }

    /// So many questions of this kind.
    fn add_times(&mut self, times: u64, input: u64, output: u64) {
        self.questions += times;
        let (input, output) = (times * input, times * output);
        self.tokens += Tokens { input, output, ..Tokens::default() };
    }
}

impl Estimate {
    fn none(model: &str, price: Option<Price>) -> Estimate {
        let (least, most) = (Sum::default(), Sum::default());
        Estimate {
            model: model.to_owned(),
            price,
            from_cache: 0,
            questions: Vec::new(),
            least,
            most,
        }
    }

    /// From the least to the most.
    pub fn cost(&self) -> Option<(Cost, Cost)> {
        let price = self.price?;
        Some((price.cost(&self.least.tokens), price.cost(&self.most.tokens)))
    }

    /// One for each subject of a plan that is a model.
    pub fn of(
        plan: &Plan,
        assumed: Assumed,
        responses: Option<&Responses>,
    ) -> Result<Vec<Estimate>, NoPrompt> {
        let subjects = plan.subjects.iter();
        let mut estimates: Vec<Option<Estimate>> = subjects
            .map(|it| it.is_foretold().then(|| Estimate::none(it.name(), it.price())))
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
            let output = assumed.output(subject.most_output_tokens());
            let system = subject.system_prompt().map_or(0, tokens_in);
            let prompt = system + tokens_in(&messages[0].text);
            if is_kept {
                estimate.from_cache += 1;
            } else {
                estimate.questions.push(prompt);
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

/// What is known before a run of an agent, which asks its model as often as it likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentEstimate {
    pub agent: String,
    pub attempts: u64,
    /// How many times each attempt may be worked on.
    pub max_answers: u32,
    /// Of each time.
    pub limits: WorkLimits,
    pub is_priced: bool,
}

impl AgentEstimate {
    /// One for each agent of a plan that has attempts left.
    pub fn of(plan: &Plan, max_answers: u32) -> Vec<AgentEstimate> {
        let count = |place: usize| plan.attempts.iter().filter(|it| it.subject == place).count();
        let subjects = plan.subjects.iter().enumerate();
        let estimate = |(place, subject): (usize, &Arc<Subject>)| {
            let attempts = count(place) as u64;
            Some(AgentEstimate {
                agent: subject.name().to_owned(),
                attempts,
                max_answers,
                limits: subject.work_limits().filter(|_| attempts > 0)?,
                is_priced: subject.price().is_some(),
            })
        };
        subjects.filter_map(estimate).collect()
    }

    /// What all its attempts may take together, of a number that each may take.
    pub fn most(&self, each: u64) -> u64 {
        each.saturating_mul(self.attempts).saturating_mul(self.max_answers.into())
    }
}

impl Assumed {
    /// The tokens of an answer, given the model's limit.
    fn output(&self, most: Option<u64>) -> u64 {
        most.map_or(self.output_tokens, |most| most.min(self.output_tokens))
    }
}
