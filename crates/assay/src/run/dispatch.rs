//! The dispatcher: it alone owns the state of a run. Subjects and validators
//! work elsewhere and send it events.
//!
//! Asking and validating overlap. A subject is asked as long as it has room, so that
//! its provider is never idle while questions wait; validators take whatever is
//! answered, and only memory bounds how much of that may wait for them.

mod asking;
mod following;
mod money;

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use assay_core::{AttemptRecord, Case, InfraError, Judgement, Outcome, TokenUsage};
use assay_verify::{JobResult, Validation, Verifier};
use tokio::runtime::Handle;
use tracing::debug;

use super::attempt::{Next, OpenAttempt, Rules, Validated};
use super::budget::{Budget, Spending, SpendingLimit};
use super::deduplication::Reused;
use super::event_loop::{Attempts, Closing, EventLoop, Events, REQUEST_THREADS};
use super::history::History;
use super::judging::{Judged, JudgedOutcome, Judging};
use super::plan::PlannedAttempt;
use super::progress::Progress;
use super::validations::Validations;
use crate::judge::Panel;
use crate::limits::Limit;
use crate::store::Store;
use crate::subject::pace::Paces;
use crate::subject::{Reply, Responses, Subject};

use asking::Asked;
use following::Following;

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunEnd {
    pub judged: usize,
    /// Attempts about others that came to nothing that could be asked about.
    pub not_asked: usize,
    pub errored: usize,
    /// Attempts that judges are to decide, where none is configured.
    pub unjudged: usize,
    /// Answers that shared the validation of an identical artifact.
    pub shared: usize,
    /// Attempts that were not started: of a subject that was given up, or after
    /// an interruption.
    pub left: usize,
    pub interrupted: bool,
    /// The limit that stopped the questions: more would probably have exceeded it.
    pub stopped_by: Option<Limit>,
    /// All that the run has spent, before it was resumed too.
    pub spent: Spending,
    /// Subjects that were given up, and why.
    pub given_up: Vec<(String, InfraError)>,
}

/// Carries out a plan.
#[derive(Debug)]
pub struct Dispatcher<'a> {
    pub subjects: &'a [Arc<Subject>],
    pub paces: &'a Paces,
    pub cases: &'a [Arc<Case>],
    pub verifier: &'a dyn Verifier,
    pub max_answers: u32,
    /// The same of agents, which test for themselves.
    pub agent_max_answers: u32,
    /// Whether identical artifacts of a case share one validation.
    pub share: bool,
    pub locale: assay_core::Locale,
    /// How answers are read.
    pub reading: assay_core::Reading,
    /// Who decides what tests do not.
    pub panel: Option<Arc<Panel>>,
    /// Where answers of models are taken from and kept.
    pub responses: Option<Arc<Responses>>,
    pub spending: SpendingLimit,
}

/// What happens to a run.
pub(super) enum Event {
    Answered {
        id: u64,
        result: Result<Box<Reply>, InfraError>,
        elapsed: Duration,
    },
    Validated(Box<JobResult>),
    Judged(Box<Judged>),
    /// An agent was answered, and goes on.
    Paid {
        id: u64,
        usage: TokenUsage,
    },
}

impl From<JobResult> for Event {
    fn from(result: JobResult) -> Event {
        Event::Validated(Box::new(result))
    }
}

impl From<Judged> for Event {
    fn from(judged: Judged) -> Event {
        Event::Judged(Box::new(judged))
    }
}

/// Bytes of conversations that may wait for validators before subjects are asked no
/// more.
const MOST_WAITING_BYTES: usize = 256 << 20;

/// The longest time until it is looked whether there is room to ask: a provider that
/// asked to wait, or questions that pause, make some without an event.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What waits for one subject, and how many questions it has now.
#[derive(Default)]
struct Lane {
    /// Repairs go first: they finish an attempt that has used resources.
    repairs: VecDeque<u64>,
    fresh: VecDeque<PlannedAttempt>,
    asking: usize,
    given_up: Option<InfraError>,
}

/// The state of a run.
struct State<'a> {
    dispatcher: &'a Dispatcher<'a>,
    store: &'a mut Store,
    progress: &'a mut Progress,
    /// Where requests run.
    runtime: Handle,
    events: Events<Event>,
    lanes: Vec<Lane>,
    /// What is asked about attempts that are not judged yet.
    following: Following,
    open: HashMap<u64, OpenAttempt>,
    asked: Asked,
    /// Of the open attempts that have an answer, bytes.
    waiting_bytes: usize,
    validations: Validations,
    judging: Judging,
    budget: Budget,
    /// Attempts that are not begun, because a judge that would decide them is given up.
    undecidable: usize,
    /// Whether something is held back that would probably cost too much.
    is_held: bool,
    history: History<'a>,
    next_id: u64,
    end: RunEnd,
}

impl Dispatcher<'_> {
    /// Runs the attempts and stores each as it finishes.
    pub fn run(
        &self,
        attempts: Vec<PlannedAttempt>,
        store: &mut Store,
        progress: &mut Progress,
    ) -> anyhow::Result<RunEnd> {
        let event_loop = EventLoop::new(REQUEST_THREADS)?;
        let events = event_loop.events();
        let mut lanes: Vec<Lane> = self.subjects.iter().map(|_| Lane::default()).collect();
        let (attempts, following) = Following::of(attempts);
        for attempt in attempts {
            lanes[attempt.subject].fresh.push_back(attempt);
        }
        let (amount, is_estimated) = store.paid_in_all()?;
        let before = Spending { amount, is_estimated };
        let requests = Arc::clone(self.paces.requests());
        requests.begin(amount.requests.max(requests.sent()), self.spending.most.requests);
        let panel = self.panel.as_deref();
        let budget = Budget::new(self.spending, before, requests, self.subjects, panel);
        let validations = Validations::new(self.verifier, &events, self.share);
        let mut state = State {
            dispatcher: self,
            store,
            progress,
            runtime: event_loop.handle(),
            events,
            lanes,
            following,
            open: HashMap::new(),
            asked: Asked::default(),
            waiting_bytes: 0,
            validations,
            judging: Judging::new(self.panel.clone(), self.locale),
            budget,
            undecidable: 0,
            is_held: false,
            history: History::begin(self.paces),
            next_id: 0,
            end: RunEnd::default(),
        };
        state.follow_what_is_judged()?;
        let interrupted = event_loop.run(&mut state)?;
        state.finish(interrupted)
    }

    /// The rules of a subject's attempts.
    fn rules(&self, subject: usize) -> Rules {
        let in_place = self.subjects[subject].works_in_place();
        let max_answers = if in_place { self.agent_max_answers } else { self.max_answers };
        Rules { max_answers, locale: self.locale, reading: self.reading, in_place }
    }
}

impl Attempts for State<'_> {
    type Event = Event;

    fn begin(&mut self) -> anyhow::Result<ControlFlow<(), Duration>> {
        self.is_held = self.ask_where_there_is_room()?;
        self.note_pace(false)?;
        self.tell_notices();
        if let Some(waiting) = self.asked.look() {
            self.progress.waiting(waiting);
        }
        if self.open.is_empty() || (self.is_held && self.nothing_is_in_progress()) {
            return Ok(ControlFlow::Break(()));
        }
        // Many may share one validation. What happens meanwhile comes first, so that
        // answers that are to be written keep nobody from being asked.
        let has_shared = self.validations.has_shared();
        Ok(ControlFlow::Continue(if has_shared { Duration::ZERO } else { LOOK_EVERY }))
    }

    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Answered { id, result, elapsed } => {
                self.answered(id, result.map(|reply| *reply), elapsed)
            }
            Event::Validated(result) => self.validated(*result),
            Event::Judged(judged) => self.judged(*judged),
            Event::Paid { id, usage } => self.pay_a_part(id, usage),
        }
    }

    fn idle(&mut self) -> anyhow::Result<()> {
        match self.validations.next_shared() {
            Some((id, shared)) => self.share(id, &shared),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> Option<Closing> {
        self.progress.waiting(None);
        self.validations.close()
    }

    /// Takes validations that were under way, and all that share them; otherwise writes down
    /// what was paid for.
    fn leave(&mut self, event: Event) -> anyhow::Result<()> {
        let Event::Validated(result) = event else { return self.account_for_the_rest(event) };
        self.validated(*result)?;
        while let Some((id, shared)) = self.validations.next_shared() {
            self.share(id, &shared)?;
        }
        Ok(())
    }

    fn interrupt(&mut self) {
        self.dispatcher.subjects.iter().for_each(|subject| subject.stop());
    }

    /// Agents that are stopped still say what they took.
    fn is_ending(&self) -> bool {
        let lanes = self.lanes.iter().zip(self.dispatcher.subjects);
        lanes.into_iter().any(|(lane, subject)| lane.asking > 0 && subject.pays_as_it_goes())
    }
}

impl State<'_> {
    fn finish(mut self, interrupted: bool) -> anyhow::Result<RunEnd> {
        self.note_pace(true)?;
        if !interrupted {
            self.end.stopped_by = self.budget.held_by().filter(|_| self.is_held);
        }
        self.end.interrupted = interrupted;
        self.end.left = self.open.len()
            + self.undecidable
            + self.following.len()
            + self.lanes.iter().map(|lane| lane.fresh.len()).sum::<usize>();
        self.end.spent = self.budget.spent();
        for (lane, subject) in self.lanes.iter_mut().zip(self.dispatcher.subjects) {
            if let Some(error) = lane.given_up.take() {
                self.end.given_up.push((subject.name().to_owned(), error));
            }
        }
        Ok(self.end)
    }

    /// Keeps and shows how fast providers are asked.
    fn note_pace(&mut self, at_end: bool) -> anyhow::Result<()> {
        let samples = self.history.samples(at_end);
        if !samples.is_empty() {
            self.store.record_pace(&samples)?;
            self.progress.pace(self.history.summary());
        }
        Ok(())
    }

    /// Tells the user at once what cannot wait, such as a server that cannot be reached.
    fn tell_notices(&mut self) {
        for subject in self.dispatcher.subjects {
            while let Some(notice) = subject.take_notice() {
                self.progress.note(&notice);
            }
        }
    }

    fn validated(&mut self, result: JobResult) -> anyhow::Result<()> {
        let work = self.open.get(&result.id).and_then(|attempt| attempt.work(result.id));
        let limited = self.budget.is_limited();
        let Some(JobResult { id, result, elapsed }) = self.judging.take(result, work, limited)
        else {
            return Ok(());
        };
        match result {
            Ok(validation) => self.observed(id, Validated::own(validation, elapsed)),
            Err(error) => {
                self.settle(id, None);
                match self.take_validated(id) {
                    Some(attempt) => self.fail(id, attempt, error),
                    None => Ok(()),
                }
            }
        }
    }

    /// Ends an attempt for a fault of its validation, unless it has what the run's own
    /// reading found validated.
    fn fail(&mut self, id: u64, attempt: OpenAttempt, error: InfraError) -> anyhow::Result<()> {
        if !attempt.is_at_other_reading() {
            return self.record(&attempt.fail(error));
        }
        let can_repair = self.can_repair(&attempt);
        let rules = self.dispatcher.rules(attempt.subject);
        let next = attempt.fail_other(error, can_repair, rules);
        self.proceed(id, next)
    }

    fn can_repair(&self, attempt: &OpenAttempt) -> bool {
        self.dispatcher.subjects[attempt.subject].can_repair()
            && self.lanes[attempt.subject].given_up.is_none()
    }

    fn judged(&mut self, Judged { id, replies, outcome }: Judged) -> anyhow::Result<()> {
        self.account_for_judges(id, &replies)?;
        match outcome {
            JudgedOutcome::Decided(validated) => {
                self.give_judged_cases_up();
                self.observed(id, validated)
            }
            JudgedOutcome::Waits(ballot) => {
                self.judging.hold(ballot);
                Ok(())
            }
        }
    }

    /// Asks no more of cases that a judge would decide who is asked no more itself: their
    /// answers would be paid for in vain.
    fn give_judged_cases_up(&mut self) {
        let refusal = self.dispatcher.panel.as_ref().and_then(|panel| panel.refusal());
        let Some((judge, error)) = refusal.filter(|_| self.undecidable == 0) else { return };
        let cases = self.dispatcher.cases;
        for lane in &mut self.lanes {
            let before = lane.fresh.len();
            lane.fresh.retain(|attempt| cases[attempt.case].judged_phases().is_empty());
            self.undecidable += before - lane.fresh.len();
        }
        self.progress.note(&format!("giving up the judge {judge}: {error}"));
        self.end.given_up.push((format!("the judge {judge}"), error.clone()));
    }

    /// Takes what was observed of an attempt's own artifact, by tests and judges.
    fn observed(&mut self, id: u64, validated: Validated) -> anyhow::Result<()> {
        self.settle(id, validated.open.is_none().then_some(&validated.validation));
        self.judge(id, validated)
    }

    fn settle(&mut self, id: u64, shareable: Option<&Validation>) {
        let open = &self.open;
        self.validations.settle(id, shareable, |id| open.get(&id)?.work(id));
    }

    /// Judges an attempt by the validation of an identical artifact.
    fn share(&mut self, id: u64, reused: &Reused) -> anyhow::Result<()> {
        let Reused { validation, attempt } = reused.clone();
        self.end.shared += 1;
        let own = Validated::own(validation, Duration::ZERO);
        self.judge(id, Validated { shared_with: Some(attempt), ..own })
    }

    fn judge(&mut self, id: u64, validated: Validated) -> anyhow::Result<()> {
        let Some(attempt) = self.take_validated(id) else { return Ok(()) };
        let can_repair = self.can_repair(&attempt);
        let rules = self.dispatcher.rules(attempt.subject);
        let next = attempt.judge(validated, can_repair, rules);
        self.proceed(id, next)
    }

    fn take_validated(&mut self, id: u64) -> Option<OpenAttempt> {
        let attempt = self.open.remove(&id)?;
        self.waiting_bytes -= attempt.bytes();
        Some(attempt)
    }

    fn proceed(&mut self, id: u64, next: Next) -> anyhow::Result<()> {
        match next {
            Next::Ask(attempt) => {
                self.lanes[attempt.subject].repairs.push_back(id);
                self.open.insert(id, attempt);
                Ok(())
            }
            Next::Validate(attempt) => {
                let work = attempt.work(id);
                self.waiting_bytes += attempt.bytes();
                self.open.insert(id, attempt);
                if let Some(work) = work {
                    self.validations.need(work);
                }
                Ok(())
            }
            Next::Record(record) => self.record(&record),
        }
    }

    fn record(&mut self, record: &AttemptRecord) -> anyhow::Result<()> {
        self.store.record(record)?;
        debug!(attempt = %record.key, judgement = record.outcome.judgement().map(|it| it.as_str()), error = record.outcome.error_class().map(|class| class.to_string()), "attempt ended");
        match &record.outcome {
            Outcome::Judged(Judgement::NotAsked(_)) => self.end.not_asked += 1,
            Outcome::Judged(_) => self.end.judged += 1,
            Outcome::Errored(_) if record.outcome.is_unjudged() => self.end.unjudged += 1,
            Outcome::Errored(error) => {
                self.end.errored += 1;
                if self.end.errored == 1 {
                    self.progress.note(&format!("first errored attempt: {}: {error}", record.key));
                }
            }
        }
        self.progress.advance(&record.outcome);
        self.follow(record)
    }
}
