//! What a run may spend, and what it has spent.

use std::collections::HashMap;
use std::sync::Arc;

use assay_core::{Amount, JudgeReply, TokenUsage, Tokens};

use super::estimate::REPAIR_TOKENS;
use super::purse::Purse;
use crate::judge::{MAX_ANSWERS, OpenVote, Panel};
use crate::limits::{Limit, Limits};
use crate::subject::{Message, Price, Requests, Subject, tokens_in, tokens_in_all};

/// What a run may spend.
#[derive(Debug, Clone, Copy)]
pub struct SpendingLimit {
    pub most: Limits,
    /// How many tokens an answer is taken to have before one is known.
    pub expected_output_tokens: u64,
}

/// What is spent, what questions in progress will probably take, and the limits on both
/// together.
#[derive(Debug)]
pub(crate) struct Budget {
    purse: Arc<Purse>,
    /// The limit that held the last question back which was.
    held_by: Option<Limit>,
    /// What is expected of each attempt that is being answered or judged.
    reserved: HashMap<u64, Amount>,
    /// By the subjects' places.
    subjects: Vec<Expectation>,
    /// By the judges' places.
    judges: Vec<Expectation>,
}

/// What has been spent so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    pub amount: Amount,
    /// Whether a part of it was not counted by a provider.
    pub is_estimated: bool,
}

/// What an answer of one model will probably take.
#[derive(Debug)]
struct Expectation {
    name: String,
    is_model: bool,
    price: Option<Price>,
    /// Tokens before every conversation.
    system: u64,
    /// As many tokens as the longest answer so far, or as is assumed before one is
    /// known.
    output: u64,
    is_known: bool,
    /// Whether what its replies take is estimated, and the user was told.
    is_estimated: bool,
    most: Option<u64>,
}

impl Budget {
    /// `before` is what the run has spent before; `requests` counts those that are sent.
    pub(crate) fn new(
        spending: SpendingLimit,
        before: Spending,
        requests: Arc<Requests>,
        subjects: &[Arc<Subject>],
        panel: Option<&Panel>,
    ) -> Budget {
        let SpendingLimit { most: limits, expected_output_tokens: output } = spending;
        let expectation = |name: &str, price, system: Option<&str>, most| Expectation {
            name: name.to_owned(),
            is_model: true,
            price,
            system: system.map_or(0, tokens_in),
            output,
            is_known: false,
            is_estimated: false,
            most,
        };
        let subject = |it: &Arc<Subject>| Expectation {
            is_model: it.is_model(),
            ..expectation(it.name(), it.price(), it.system_prompt(), it.most_output_tokens())
        };
        let judges = panel.into_iter().flat_map(Panel::judges).map(|it| {
            expectation(it.name(), it.price(), it.system_prompt(), it.most_output_tokens())
        });
        Budget {
            purse: Arc::new(Purse::new(limits, before, requests)),
            held_by: None,
            reserved: HashMap::new(),
            subjects: subjects.iter().map(subject).collect(),
            judges: judges.collect(),
        }
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.purse.limits().are_set()
    }

    pub(crate) fn spent(&self) -> Spending {
        self.purse.spent()
    }

    /// What is spent, for who spends it request by request.
    pub(super) fn purse(&self) -> Arc<Purse> {
        Arc::clone(&self.purse)
    }

    /// The limit that held the last question back which was.
    pub(crate) fn held_by(&self) -> Option<Limit> {
        self.held_by
    }

    /// Whether nothing that takes anything is in progress.
    pub(crate) fn is_idle(&self) -> bool {
        self.reserved.is_empty()
    }

    /// What the next answer to these messages will probably take.
    pub(crate) fn expect(&self, subject: usize, messages: &[Message]) -> Amount {
        self.subjects[subject].amount(tokens_in_all(messages))
    }

    /// The most that these votes will probably take: a malformed answer is asked for again.
    /// Of requests it is the least, for none is sent that would pass their limit, and a
    /// vote that lacks one waits.
    pub(crate) fn expect_votes(&self, votes: &[OpenVote]) -> Amount {
        let amount = |vote: &OpenVote| {
            let (judge, question) = (&self.judges[vote.judge], tokens_in_all(&vote.question));
            let answers = 0..MAX_ANSWERS as u64;
            let before = answers.map(|answers| answers * (judge.next_output() + REPAIR_TOKENS));
            let most = sum(before.map(|before| judge.amount(question + before)));
            Amount { requests: 1, ..most }
        };
        sum(votes.iter().map(amount))
    }

    /// Whether this can be asked and the limits probably be kept.
    pub(crate) fn allows(&mut self, expected: Amount) -> bool {
        if expected == Amount::default() {
            return true;
        }
        let reserved = sum(self.reserved.values().copied());
        let all = self.spent().amount + reserved + expected;
        let passed = self.purse.refused_by().or_else(|| self.purse.limits().passed_by(&all));
        self.held_by = passed.or(self.held_by);
        passed.is_none()
    }

    /// Something was held back by a limit where it was sent.
    pub(crate) fn hold(&mut self, limit: Limit) {
        self.held_by = Some(limit);
    }

    /// An attempt is being answered or judged from now on.
    pub(crate) fn begin(&mut self, attempt: u64, expected: Amount) {
        if expected != Amount::default() {
            self.reserved.insert(attempt, expected);
        }
    }

    /// It was answered, with a reply or without.
    pub(crate) fn end(&mut self, attempt: u64, subject: usize, usage: Option<&TokenUsage>) {
        self.reserved.remove(&attempt);
        if let Some(usage) = usage {
            self.subjects[subject].learn(usage);
            self.purse.pay(usage);
        }
    }

    /// The same of one that was paid for as it went on.
    pub(crate) fn end_paid(&mut self, attempt: u64, subject: usize, usage: Option<&TokenUsage>) {
        self.reserved.remove(&attempt);
        if let Some(usage) = usage {
            self.subjects[subject].learn(usage);
        }
    }

    /// A part of what an attempt takes was paid, which then is not expected any more.
    pub(crate) fn pay_a_part(&mut self, attempt: u64, usage: &TokenUsage) {
        if let Some(reserved) = self.reserved.get_mut(&attempt) {
            let paid = Amount::from(usage);
            reserved.cost = reserved.cost - paid.cost;
            reserved.tokens = reserved.tokens.saturating_sub(paid.tokens);
            reserved.requests = reserved.requests.saturating_sub(paid.requests);
        }
    }

    /// Whether to tell the user that this subject's tokens are estimated: once, and only if that
    /// matters for a limit.
    pub(crate) fn begins_to_estimate(&mut self, subject: usize, usage: &TokenUsage) -> bool {
        let is_limited = self.is_limited();
        let Some(known) = self.subjects.get_mut(subject) else { return false };
        let begins = usage.estimate.is_some()
            && !known.is_estimated
            && (is_limited || known.price.is_some());
        known.is_estimated |= begins;
        begins
    }

    /// It was judged, or not, with these replies.
    pub(crate) fn end_votes(&mut self, attempt: u64, replies: &[JudgeReply]) {
        self.reserved.remove(&attempt);
        for JudgeReply { judge, usage, .. } in replies {
            if let Some(judge) = self.judges.iter_mut().find(|known| known.name == *judge) {
                judge.learn(usage);
            }
            self.purse.pay(usage);
        }
    }
}

impl Expectation {
    fn next_output(&self) -> u64 {
        self.most.map_or(self.output, |most| most.min(self.output))
    }

    /// The cost of an answer to a conversation of this many tokens.
    fn amount(&self, input: u64) -> Amount {
        if !self.is_model {
            return Amount::default();
        }
        let (input, output) = (self.system + input, self.next_output());
        let tokens = Tokens { input, output, ..Tokens::default() };
        let cost = self.price.map(|price| price.cost(&tokens)).unwrap_or_default();
        Amount { cost, tokens: input + output, requests: 1 }
    }

    fn learn(&mut self, usage: &TokenUsage) {
        if let Some(tokens) = usage.likely_tokens() {
            let before = if self.is_known { self.output } else { 0 };
            self.output = before.max(tokens.output);
            self.is_known = true;
        }
    }
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    amounts.fold(Amount::default(), |sum, amount| sum + amount)
}
