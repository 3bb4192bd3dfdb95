//! What a run may spend, and what it has spent.

use std::collections::HashMap;
use std::sync::Arc;

use assay_core::{Cost, TokenUsage};

use super::estimate::tokens_in;
use crate::subject::{Message, Price, Subject};

/// Money spent, money that questions in progress will probably cost, and the limit on
/// both together.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Option<Cost>,
    spent: Cost,
    /// What is expected of each question in progress.
    reserved: HashMap<u64, Cost>,
    /// By the subjects' places.
    expectations: Vec<Expectation>,
}

/// What an answer of one subject will probably cost.
#[derive(Debug)]
struct Expectation {
    price: Option<Price>,
    /// Tokens before every conversation.
    system: u64,
    /// As many tokens as the longest answer so far, or as is assumed before one is
    /// known.
    output: u64,
    is_known: bool,
    most: Option<u64>,
}

impl Budget {
    /// `spent` is what the run has spent before; `assumed` how many tokens an answer is
    /// taken to have before one is known.
    pub(super) fn new(
        limit: Option<Cost>,
        spent: Cost,
        subjects: &[Arc<Subject>],
        assumed: u64,
    ) -> Budget {
        let expectation = |subject: &Arc<Subject>| Expectation {
            price: subject.price(),
            system: subject.system_prompt().map_or(0, tokens_in),
            output: assumed,
            is_known: false,
            most: subject.most_output_tokens(),
        };
        let expectations = subjects.iter().map(expectation).collect();
        Budget { limit, spent, reserved: HashMap::new(), expectations }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    pub(super) fn spent(&self) -> Cost {
        self.spent
    }

    /// So much was paid for something else than a question.
    pub(super) fn spend(&mut self, cost: Cost) {
        self.spent += cost;
    }

    /// What the next answer to these messages will probably cost.
    pub(super) fn expect(&self, subject: usize, messages: &[Message]) -> Cost {
        let Expectation { price, system, output, most, .. } = &self.expectations[subject];
        let input: u64 = messages.iter().map(|message| tokens_in(&message.text)).sum();
        let output = most.map_or(*output, |most| most.min(*output));
        price.map_or(Cost::ZERO, |price| price.cost(&tokens(system + input, output)))
    }

    /// Whether this can be asked and the limit probably be kept.
    pub(super) fn allows(&self, expected: Cost) -> bool {
        let reserved = self.reserved.values().fold(Cost::ZERO, |sum, cost| sum + *cost);
        self.limit.is_none_or(|limit| self.spent + reserved + expected <= limit)
    }

    /// A question is in progress from now on.
    pub(super) fn begin(&mut self, question: u64, expected: Cost) {
        if expected > Cost::ZERO {
            self.reserved.insert(question, expected);
        }
    }

    /// It has come to an end, with a reply or without.
    pub(super) fn end(&mut self, question: u64, subject: usize, usage: Option<&TokenUsage>) {
        self.reserved.remove(&question);
        let Some(usage) = usage else { return };
        if let Some(tokens) = usage.tokens {
            let expectation = &mut self.expectations[subject];
            let before = if expectation.is_known { expectation.output } else { 0 };
            expectation.output = before.max(tokens.output);
            expectation.is_known = true;
        }
        if !usage.from_cache {
            self.spent += usage.cost.unwrap_or_default();
        }
    }
}

fn tokens(input: u64, output: u64) -> assay_core::Tokens {
    assay_core::Tokens { input, output, ..assay_core::Tokens::default() }
}
