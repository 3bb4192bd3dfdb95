//! The questions of the dispatcher: whom it asks, what is done with the answers, and when
//! it asks a subject no more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;

use super::money::AttemptAccount;
use super::{Event, MOST_WAITING_BYTES, State};
use crate::run::attempt::OpenAttempt;
use crate::run::plan::PlannedAttempt;
use crate::run::progress::Waiting;
use crate::subject::{Account, Message, Question, Reply};

/// When each question was asked that has no answer yet.
#[derive(Debug, Default)]
pub(super) struct Asked {
    since: HashMap<u64, Instant>,
    looked: Option<Instant>,
}

/// How often it is looked how long answers have taken.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Asked {
    fn begin(&mut self, id: u64) {
        self.since.insert(id, Instant::now());
    }

    fn end(&mut self, id: u64) {
        self.since.remove(&id);
    }

    /// What is waited for, if anything; `None` if it is not yet time to look again.
    pub(super) fn look(&mut self) -> Option<Option<Waiting>> {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return None;
        }
        self.looked = Some(Instant::now());
        let oldest = self.since.values().min().map(Instant::elapsed);
        Some(oldest.map(|oldest| Waiting { answers: self.since.len(), oldest }))
    }
}

impl State<'_> {
    /// Returns whether something is held back that would probably cost too much.
    pub(super) fn ask_where_there_is_room(&mut self) -> anyhow::Result<bool> {
        let mut is_held = self.ask_judges();
        for place in 0..self.lanes.len() {
            let room = self.dispatcher.subjects[place].room();
            while self.lanes[place].asking < room
                && self.lanes[place].given_up.is_none()
                && self.waiting_bytes < MOST_WAITING_BYTES
            {
                if !self.can_pay_for_the_next(place)? {
                    is_held = true;
                    break;
                }
                if let Some(id) = self.lanes[place].repairs.pop_front() {
                    self.ask(id, place);
                } else if let Some(attempt) = self.lanes[place].fresh.pop_front() {
                    self.begin(&attempt)?;
                } else {
                    break;
                }
            }
        }
        Ok(is_held)
    }

    pub(super) fn open_attempt(&self, attempt: &PlannedAttempt) -> anyhow::Result<OpenAttempt> {
        let case = attempt.about.as_ref().unwrap_or(&self.dispatcher.cases[attempt.case]);
        let case = Arc::clone(case);
        let (key, rules) = (attempt.key.clone(), self.dispatcher.rules(attempt.subject));
        let tags = self.dispatcher.subjects[attempt.subject].thinking_tags();
        let opened = OpenAttempt::new(key, case, attempt.subject, tags, rules)?;
        Ok(opened.about(attempt.given.clone()))
    }

    fn begin(&mut self, attempt: &PlannedAttempt) -> anyhow::Result<()> {
        let opened = self.open_attempt(attempt)?;
        let id = self.next_id;
        self.next_id += 1;
        self.open.insert(id, opened);
        self.ask(id, attempt.subject);
        Ok(())
    }

    fn ask(&mut self, id: u64, place: usize) {
        let Some(attempt) = self.open.get(&id) else { return };
        if self.budget.is_limited() {
            let expected = self.expect(attempt);
            self.budget.begin(id, expected);
        }
        self.lanes[place].asking += 1;
        self.asked.begin(id);
        let subject = Arc::clone(&self.dispatcher.subjects[place]);
        let case = Arc::clone(&attempt.case);
        let (scenario, round) = (attempt.key.scenario, attempt.key.round);
        let messages: Vec<Message> = attempt.messages.clone();
        let written = attempt.written().cloned();
        let events = self.events.clone();
        let responses = self.dispatcher.responses.clone();
        let account = self.account_of(id, place);
        self.runtime.spawn(async move {
            let started = Instant::now();
            let asked = tokio::spawn(async move {
                let (messages, written) = (messages.as_slice(), written.as_ref());
                let account = account.as_ref();
                let question =
                    Question { case: &case, scenario, round, messages, written, account };
                subject.recall_or_ask(&question, responses.as_deref()).await
            });
            // A fault of ours must not leave the run waiting for ever.
            let result = asked.await.unwrap_or_else(|error| {
                let message = format!("the question failed: {error}; this is a bug");
                Err(InfraError::new(InfraClass::Connection, message))
            });
            // The dispatcher is gone only after an interruption.
            events.send(Event::Answered {
                id,
                result: result.map(Box::new),
                elapsed: started.elapsed(),
            });
        });
    }

    /// What pays for an agent's requests.
    fn account_of(&self, id: u64, place: usize) -> Option<Arc<dyn Account>> {
        let (purse, events) = (self.budget.purse(), self.events.clone());
        let account = || -> Arc<dyn Account> { Arc::new(AttemptAccount { id, purse, events }) };
        self.dispatcher.subjects[place].pays_as_it_goes().then(account)
    }

    pub(super) fn answered(
        &mut self,
        id: u64,
        result: Result<Reply, InfraError>,
        elapsed: Duration,
    ) -> anyhow::Result<()> {
        let Some(attempt) = self.open.remove(&id) else { return Ok(()) };
        let place = attempt.subject;
        self.lanes[place].asking -= 1;
        self.asked.end(id);
        self.account(id, place, result.as_ref().ok().map(|reply| reply.usage))?;
        match result {
            Ok(reply) => {
                let can_repair = self.dispatcher.subjects[place].can_repair();
                let next = attempt.answer(reply, elapsed, can_repair, self.dispatcher.rules(place));
                self.proceed(id, next)
            }
            Err(error) if error.class == InfraClass::RequestLimit => {
                // Retries of others took what it was to be asked with: it waits.
                self.lanes[place].repairs.push_front(id);
                self.open.insert(id, attempt);
                Ok(())
            }
            Err(error) => {
                let refusal = self.dispatcher.subjects[place].refusal();
                if let (Some(refusal), None) = (refusal, &self.lanes[place].given_up) {
                    self.give_up(place, refusal.clone())?;
                }
                self.record(&attempt.unanswered(error))
            }
        }
    }

    /// Asks a subject no more, whose every further request would fail alike.
    fn give_up(&mut self, place: usize, error: InfraError) -> anyhow::Result<()> {
        let subject = self.dispatcher.subjects[place].name();
        self.progress.note(&format!("giving up {subject}: {error}"));
        for id in std::mem::take(&mut self.lanes[place].repairs) {
            if let Some(attempt) = self.open.remove(&id) {
                self.record(&attempt.fail(error.clone()))?;
            }
        }
        self.lanes[place].given_up = Some(error);
        Ok(())
    }
}
