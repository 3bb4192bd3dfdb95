//! The money side of the dispatcher: what may be asked within the limit on spending, and
//! what has been paid.

use std::fmt;
use std::sync::Arc;

use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Amount, JudgeReply, TokenUsage};

use super::{Event, State};
use crate::run::attempt::OpenAttempt;
use crate::run::event_loop::Events;
use crate::run::purse::Purse;
use crate::store::{Payer, Payment};
use crate::subject::Account;

/// What pays for the requests of one question of an agent.
pub(super) struct AttemptAccount {
    pub(super) id: u64,
    pub(super) purse: Arc<Purse>,
    pub(super) events: Events<Event>,
}

impl Account for AttemptAccount {
    fn charge(&self, usage: TokenUsage) {
        self.purse.pay(&usage);
        // After an interruption nobody may be left who writes it down.
        self.events.send(Event::Paid { id: self.id, usage });
    }

    fn refusal(&self, next: Amount) -> Option<InfraError> {
        let limit = self.purse.refuse(next)?;
        let message = format!("what the run may spend is spent; give a higher --{}", limit.key());
        Some(InfraError::new(InfraClass::RequestLimit, message))
    }
}

impl fmt::Debug for AttemptAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptAccount").field("id", &self.id).finish_non_exhaustive()
    }
}

impl State<'_> {
    /// Puts before the panel what waits for it and can be paid for. Returns whether
    /// something cannot.
    pub(super) fn ask_judges(&mut self) -> bool {
        let waiting = self.judging.waiting().len();
        for _ in 0..waiting {
            let Some(ballot) = self.judging.next() else { break };
            let expected = self.budget.expect_votes(&ballot.votes);
            if self.budget.allows(expected) {
                self.budget.begin(ballot.id, expected);
                self.judging.begin(ballot, &self.runtime, &self.events);
            } else {
                self.judging.hold(ballot);
            }
        }
        self.judging.waiting().len() > 0
    }

    /// Whether every attempt that was begun waits to be asked again or judged.
    pub(super) fn nothing_is_in_progress(&self) -> bool {
        let repairs: usize = self.lanes.iter().map(|lane| lane.repairs.len()).sum();
        // Those with identical artifacts wait with the one whose ballot it is.
        let ballots = self.judging.waiting().map(|id| 1 + self.validations.waiting_for(id));
        self.open.len() == repairs + ballots.sum::<usize>()
    }

    /// Whether the next question of a lane can be asked within the limit on spending. No
    /// answer is paid for while there are some that judges cannot be paid for.
    pub(super) fn can_pay_for_the_next(&mut self, place: usize) -> anyhow::Result<bool> {
        if !self.budget.is_limited() {
            return Ok(true);
        }
        let lane = &self.lanes[place];
        let expected = match (lane.repairs.front(), lane.fresh.front()) {
            (Some(id), _) => self.open.get(id).map(|attempt| self.expect(attempt)),
            (None, Some(attempt)) => Some(self.expect(&self.open_attempt(attempt)?)),
            (None, None) => None,
        };
        let comes_first = self.judging.waiting().len() > 0;
        Ok(expected.is_none_or(|expected| match comes_first {
            true => expected == Amount::default(),
            false => self.budget.allows(expected),
        }))
    }

    /// What asking an attempt's next question will probably take: nothing, if the
    /// answer has been kept.
    pub(super) fn expect(&self, attempt: &OpenAttempt) -> Amount {
        let subject = &self.dispatcher.subjects[attempt.subject];
        let key = subject.response_key(&attempt.messages, attempt.key.round);
        let responses = self.dispatcher.responses.as_ref();
        match responses.zip(key) {
            Some((responses, key)) if responses.holds(&key) => Amount::default(),
            _ => self.budget.expect(attempt.subject, &attempt.messages),
        }
    }

    /// Shows what is spent, and keeps how many requests were sent: a question that ends in
    /// an error leaves no reply.
    fn tell_spent(&mut self) -> anyhow::Result<()> {
        let spent = self.budget.spent();
        self.progress.spend(spent.amount.cost);
        Ok(self.store.count_requests(spent.amount.requests)?)
    }

    /// Writes down what a question took, whatever becomes of its attempt.
    pub(super) fn account(
        &mut self,
        id: u64,
        place: usize,
        usage: Option<TokenUsage>,
    ) -> anyhow::Result<()> {
        if self.dispatcher.subjects[place].pays_as_it_goes() {
            self.budget.end_paid(id, place, usage.as_ref());
        } else {
            self.budget.end(id, place, usage.as_ref());
            self.write_down(place, usage)?;
        }
        self.tell_spent()?;
        if let Some(fault) = self.dispatcher.responses.as_ref().and_then(|it| it.fault()) {
            self.progress.note(&format!("warning: {fault}; answers are no longer kept"));
        }
        Ok(())
    }

    /// Writes down what a request of an agent took, while its attempt goes on.
    pub(super) fn pay_a_part(&mut self, id: u64, usage: TokenUsage) -> anyhow::Result<()> {
        self.budget.pay_a_part(id, &usage);
        let Some(place) = self.open.get(&id).map(|attempt| attempt.subject) else { return Ok(()) };
        self.write_down(place, Some(usage))?;
        self.tell_spent()
    }

    fn write_down(&mut self, place: usize, usage: Option<TokenUsage>) -> anyhow::Result<()> {
        if usage.is_some_and(|usage| self.budget.begins_to_estimate(place, &usage)) {
            let name = self.dispatcher.subjects[place].name();
            self.progress.note(&format!(
                "{name}: the server does not count tokens; those of its answers are estimated"
            ));
        }
        if let Some(usage) = usage.filter(|usage| usage.requests > 0 && !usage.from_cache) {
            let name = self.dispatcher.subjects[place].name();
            let payment = Payment { subject: name, payer: Payer::Subject, model: name, usage };
            self.store.pay(&payment)?;
        }
        Ok(())
    }

    /// Writes down what judges' replies took, whatever becomes of the attempt.
    pub(super) fn account_for_judges(
        &mut self,
        id: u64,
        replies: &[JudgeReply],
    ) -> anyhow::Result<()> {
        self.budget.end_votes(id, replies);
        self.tell_spent()?;
        let Some(place) = self.open.get(&id).map(|attempt| attempt.subject) else { return Ok(()) };
        let subject = self.dispatcher.subjects[place].name();
        for JudgeReply { judge: model, usage, .. } in replies {
            if usage.requests > 0 && !usage.from_cache {
                let (payer, usage) = (Payer::Judge, *usage);
                self.store.pay(&Payment { subject, payer, model, usage })?;
            }
        }
        Ok(())
    }

    /// Records payments for answers that are no longer needed.
    pub(super) fn account_for_the_rest(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Answered { id, result, .. } => {
                let place = self.open.get(&id).map(|attempt| attempt.subject);
                let Some(place) = place else { return Ok(()) };
                self.lanes[place].asking -= 1;
                match result {
                    Ok(reply) => self.account(id, place, Some(reply.usage)),
                    Err(_) => Ok(()),
                }
            }
            Event::Judged(judged) => self.account_for_judges(judged.id, &judged.replies),
            Event::Paid { id, usage } => self.pay_a_part(id, usage),
            Event::Validated(_) => Ok(()),
        }
    }
}
