//! What a run may spend, and what it has spent.

use std::collections::HashMap;
use std::sync::Arc;

use assay_core::{Cost, JudgeReply, TokenUsage, Tokens};

use super::estimate::{REPAIR_TOKENS, tokens_in, tokens_in_all};
use crate::judge::{MAX_ANSWERS, OpenVote, Panel};
use crate::subject::{Message, Price, Subject};

/// What a run may spend.
#[derive(Debug, Clone, Copy)]
pub struct SpendingLimit {
    pub most: Option<Cost>,
    /// How many tokens an answer is taken to have before one is known.
    pub expected_output_tokens: u64,
}

/// Money spent, money that questions in progress will probably cost, and the limit on
/// both together.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Option<Cost>,
    spent: Cost,
    /// What is expected of each attempt that is being answered or judged.
    reserved: HashMap<u64, Cost>,
    /// By the subjects' places.
    subjects: Vec<Expectation>,
    /// By the judges' places.
    judges: Vec<Expectation>,
}

/// What an answer of one model will probably cost.
#[derive(Debug)]
struct Expectation {
    name: String,
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
    /// `spent` is what the run has spent before.
    pub(super) fn new(
        spending: SpendingLimit,
        spent: Cost,
        subjects: &[Arc<Subject>],
        panel: Option<&Panel>,
    ) -> Budget {
        let SpendingLimit { most: limit, expected_output_tokens: output } = spending;
        let expectation = |name: &str, price, system: Option<&str>, most| Expectation {
            name: name.to_owned(),
            price,
            system: system.map_or(0, tokens_in),
            output,
            is_known: false,
            most,
        };
        let subject = |it: &Arc<Subject>| {
            expectation(it.name(), it.price(), it.system_prompt(), it.most_output_tokens())
        };
        let judges = panel.into_iter().flat_map(Panel::judges).map(|it| {
            expectation(it.name(), it.price(), it.system_prompt(), it.most_output_tokens())
        });
        Budget {
            limit,
            spent,
            reserved: HashMap::new(),
            subjects: subjects.iter().map(subject).collect(),
            judges: judges.collect(),
        }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    pub(super) fn spent(&self) -> Cost {
        self.spent
    }

    /// Whether nothing that costs is in progress.
    pub(super) fn is_idle(&self) -> bool {
        self.reserved.is_empty()
    }

    /// What the next answer to these messages will probably cost.
    pub(super) fn expect(&self, subject: usize, messages: &[Message]) -> Cost {
        self.subjects[subject].cost(tokens_in_all(messages))
    }

    /// The most that these votes will probably cost: a malformed answer is asked for again.
    pub(super) fn expect_votes(&self, votes: &[OpenVote]) -> Cost {
        let cost = |vote: &OpenVote| {
            let (judge, question) = (&self.judges[vote.judge], tokens_in_all(&vote.question));
            let answers = 0..MAX_ANSWERS as u64;
            let before = answers.map(|answers| answers * (judge.next_output() + REPAIR_TOKENS));
            sum(before.map(|before| judge.cost(question + before)))
        };
        sum(votes.iter().map(cost))
    }

    /// Whether this can be asked and the limit probably be kept.
    pub(super) fn allows(&self, expected: Cost) -> bool {
        let reserved = sum(self.reserved.values().copied());
        let keeps = |limit| self.spent + reserved + expected <= limit;
        expected == Cost::ZERO || self.limit.is_none_or(keeps)
    }

    /// An attempt is being answered or judged from now on.
    pub(super) fn begin(&mut self, attempt: u64, expected: Cost) {
        if expected > Cost::ZERO {
            self.reserved.insert(attempt, expected);
        }
    }

    /// It was answered, with a reply or without.
    pub(super) fn end(&mut self, attempt: u64, subject: usize, usage: Option<&TokenUsage>) {
        self.reserved.remove(&attempt);
        if let Some(usage) = usage {
            self.subjects[subject].learn(usage);
            self.pay(usage);
        }
    }

    /// It was judged, or not, with these replies.
    pub(super) fn end_votes(&mut self, attempt: u64, replies: &[JudgeReply]) {
        self.reserved.remove(&attempt);
        for JudgeReply { judge, usage, .. } in replies {
            if let Some(judge) = self.judges.iter_mut().find(|known| known.name == *judge) {
                judge.learn(usage);
            }
            self.pay(usage);
        }
    }

    fn pay(&mut self, usage: &TokenUsage) {
        if !usage.from_cache {
            self.spent += usage.cost.unwrap_or_default();
        }
    }
}

impl Expectation {
    fn next_output(&self) -> u64 {
        self.most.map_or(self.output, |most| most.min(self.output))
    }

    /// Of an answer to a conversation of so many tokens.
    fn cost(&self, input: u64) -> Cost {
        let (input, output) = (self.system + input, self.next_output());
        let tokens = Tokens { input, output, ..Tokens::default() };
        self.price.map_or(Cost::ZERO, |price| price.cost(&tokens))
    }

    fn learn(&mut self, usage: &TokenUsage) {
        if let Some(tokens) = usage.tokens {
            let before = if self.is_known { self.output } else { 0 };
            self.output = before.max(tokens.output);
            self.is_known = true;
        }
    }
}

fn sum(costs: impl Iterator<Item = Cost>) -> Cost {
    costs.fold(Cost::ZERO, |sum, cost| sum + cost)
}
