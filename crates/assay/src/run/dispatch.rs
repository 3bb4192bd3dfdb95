//! The dispatcher: it alone owns the state of a run. Subjects and validators
//! work elsewhere and send it events.
//!
//! Asking and validating overlap. A subject is asked as long as it has room, so that
//! its provider is never idle while questions wait; validators take whatever is
//! answered, and only memory bounds how much of that may wait for them.

mod asking;
mod money;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Context as _;
use assay_core::{AttemptRecord, Case, InfraError, Outcome, Verdict};
use assay_verify::pool::{Done, Pool, PoolLimits, Work};
use assay_verify::{Validation, Validator};
use tokio::runtime::Runtime;
use tracing::debug;

use super::attempt::{Next, OpenAttempt, Rules, Validated};
use super::budget::{Budget, Spending, SpendingLimit};
use super::history::History;
use super::interruption;
use super::judging::{Judged, JudgedOutcome, Judging};
use super::plan::PlannedAttempt;
use super::progress::Progress;
use super::sharing::{Need, Shared, Sharing, Waiting};
use crate::judge::Panel;
use crate::limits::Limit;
use crate::store::Store;
use crate::subject::pace::Paces;
use crate::subject::{Reply, Responses, Subject};

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunEnd {
    pub judged: usize,
    pub errored: usize,
    /// Attempts that judges are to decide, where none is configured.
    pub unjudged: usize,
    /// Answers that shared the validation of an identical artifact.
    pub shared: usize,
    /// Attempts that were not started: of a subject that was given up, or after
    /// an interruption.
    pub left: usize,
    pub interrupted: bool,
    /// The limit because of which asking stopped: more would probably have passed it.
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
    pub validator: Arc<Validator>,
    pub limits: PoolLimits,
    pub max_answers: u32,
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
    Answered { id: u64, result: Result<Box<Reply>, InfraError>, elapsed: Duration },
    Validated(Box<Done>),
    Judged(Box<Judged>),
    Interrupted,
}

impl From<Done> for Event {
    fn from(done: Done) -> Event {
        Event::Validated(Box::new(done))
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
    pool: Pool,
    runtime: Runtime,
    events: Sender<Event>,
    lanes: Vec<Lane>,
    open: HashMap<u64, OpenAttempt>,
    /// Of the open attempts that have an answer, bytes.
    waiting_bytes: usize,
    sharing: Sharing,
    judging: Judging,
    budget: Budget,
    /// Attempts that are not begun, because a judge that would decide them is given up.
    undecidable: usize,
    /// Attempts whose validation was another's, and is there.
    shared: VecDeque<(u64, Arc<Shared>)>,
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
        let (events, inbox) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("failed to start the runtime for requests")?;
        interruption::announce(&runtime, &events, Event::Interrupted);
        let mut lanes: Vec<Lane> = self.subjects.iter().map(|_| Lane::default()).collect();
        for attempt in attempts {
            lanes[attempt.subject].fresh.push_back(attempt);
        }
        let (amount, is_estimated) = store.paid_in_all()?;
        let before = Spending { amount, is_estimated };
        let requests = Arc::clone(self.paces.requests());
        requests.begin(amount.requests.max(requests.sent()), self.spending.most.requests);
        let panel = self.panel.as_deref();
        let budget = Budget::new(self.spending, before, requests, self.subjects, panel);
        let pool = Pool::start(&self.validator, self.limits, &events);
        let state = State {
            dispatcher: self,
            store,
            progress,
            pool,
            runtime,
            events,
            lanes,
            open: HashMap::new(),
            waiting_bytes: 0,
            sharing: Sharing::new(self.share),
            judging: Judging::new(self.panel.clone(), self.locale),
            budget,
            undecidable: 0,
            shared: VecDeque::new(),
            history: History::begin(self.paces),
            next_id: 0,
            end: RunEnd::default(),
        };
        state.run(&inbox)
    }

    fn rules(&self) -> Rules {
        Rules { max_answers: self.max_answers, locale: self.locale, reading: self.reading }
    }
}

impl State<'_> {
    fn run(mut self, inbox: &Receiver<Event>) -> anyhow::Result<RunEnd> {
        while !self.end.interrupted {
            let is_held = self.ask_where_there_is_room()?;
            self.note_pace(false)?;
            self.tell_notices();
            if self.open.is_empty() || (is_held && self.nothing_is_in_progress()) {
                self.end.stopped_by = self.budget.held_by().filter(|_| is_held);
                break;
            }
            // Many may share one validation. What happens meanwhile comes first, so that
            // answers that are to be written keep nobody from being asked.
            let patience = if self.shared.is_empty() { LOOK_EVERY } else { Duration::ZERO };
            match inbox.recv_timeout(patience) {
                Ok(event) => self.handle(event)?,
                Err(RecvTimeoutError::Timeout) => {
                    if let Some((id, shared)) = self.shared.pop_front() {
                        self.share(id, &shared)?;
                    }
                }
                Err(error) => return Err(error).context("failed to hear from any worker"),
            }
        }
        if self.end.interrupted {
            self.account_for_the_rest(inbox)?;
        }
        self.note_pace(true)?;
        self.end.left = self.open.len()
            + self.undecidable
            + self.lanes.iter().map(|lane| lane.fresh.len()).sum::<usize>();
        self.end.spent = self.budget.spent();
        for (lane, subject) in self.lanes.iter_mut().zip(self.dispatcher.subjects) {
            if let Some(error) = lane.given_up.take() {
                self.end.given_up.push((subject.name().to_owned(), error));
            }
        }
        // Requests still under way after an interruption are not waited for.
        self.runtime.shutdown_background();
        Ok(self.end)
    }

    fn handle(&mut self, event: Event) -> anyhow::Result<()> {
        match event {
            Event::Answered { id, result, elapsed } => {
                self.answered(id, result.map(|reply| *reply), elapsed)
            }
            Event::Validated(done) => self.validated(*done),
            Event::Judged(judged) => self.judged(*judged),
            Event::Interrupted => {
                self.end.interrupted = true;
                Ok(())
            }
        }
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

    /// Says what the user should know at once, such as that nobody is reached.
    fn tell_notices(&mut self) {
        for subject in self.dispatcher.subjects {
            while let Some(notice) = subject.take_notice() {
                self.progress.note(&notice);
            }
        }
    }

    fn validated(&mut self, done: Done) -> anyhow::Result<()> {
        let work = self.open.get(&done.id).and_then(OpenAttempt::work);
        let Some(done) = self.judging.take(done, work, self.budget.is_limited()) else {
            return Ok(());
        };
        match done.result {
            Ok(validation) => self.observed(done.id, Validated::own(validation, done.elapsed)),
            Err(error) => {
                let waiting = self.waiting(done.id, None);
                if let Some(attempt) = self.take_validated(done.id) {
                    self.fail(done.id, attempt, error)?;
                }
                self.release(waiting)
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
        let next = attempt.fail_other(error, can_repair, self.dispatcher.rules());
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
        let shareable = validated.open.is_none().then_some(&validated.validation);
        let waiting = self.waiting(id, shareable);
        self.judge(id, validated)?;
        self.release(waiting)
    }

    fn waiting(&mut self, id: u64, shareable: Option<&Validation>) -> Waiting {
        let open = &self.open;
        let key_of = |id: u64| open.get(&id).map(|attempt| attempt.key.clone());
        self.sharing.validated(id, shareable, key_of)
    }

    fn release(&mut self, waiting: Waiting) -> anyhow::Result<()> {
        match waiting {
            Waiting::Share(shared) => self.shared.extend(shared),
            Waiting::Validate(next) => {
                if let Some(id) = next {
                    self.submit(id);
                }
            }
        }
        Ok(())
    }

    /// Judges an attempt by the validation of an identical artifact.
    fn share(&mut self, id: u64, shared: &Shared) -> anyhow::Result<()> {
        let Shared { validation, attempt } = shared.clone();
        self.end.shared += 1;
        let own = Validated::own(validation, Duration::ZERO);
        self.judge(id, Validated { shared_with: Some(attempt), ..own })
    }

    fn judge(&mut self, id: u64, validated: Validated) -> anyhow::Result<()> {
        let Some(attempt) = self.take_validated(id) else { return Ok(()) };
        let can_repair = self.can_repair(&attempt);
        let next = attempt.judge(validated, can_repair, self.dispatcher.rules());
        self.proceed(id, next)
    }

    fn take_validated(&mut self, id: u64) -> Option<OpenAttempt> {
        let attempt = self.open.remove(&id)?;
        self.waiting_bytes -= attempt.bytes();
        Some(attempt)
    }

    /// Has the answer of an open attempt validated.
    fn submit(&mut self, id: u64) {
        if let Some((case, artifact)) = self.open.get(&id).and_then(OpenAttempt::work) {
            self.pool.submit(Work { id, case, artifact });
        }
    }

    fn proceed(&mut self, id: u64, next: Next) -> anyhow::Result<()> {
        match next {
            Next::Ask(attempt) => {
                self.lanes[attempt.subject].repairs.push_back(id);
                self.open.insert(id, attempt);
                Ok(())
            }
            Next::Validate(attempt, artifact) => {
                let need = self.sharing.need(id, &attempt.key, &attempt.case, &artifact);
                self.waiting_bytes += attempt.bytes();
                self.open.insert(id, attempt);
                match need {
                    Need::Validation => {
                        self.submit(id);
                        Ok(())
                    }
                    Need::Wait => Ok(()),
                    Need::Shared(shared) => {
                        self.shared.push_back((id, shared));
                        Ok(())
                    }
                }
            }
            Next::Record(record) => self.record(&record),
        }
    }

    fn record(&mut self, record: &AttemptRecord) -> anyhow::Result<()> {
        self.store.record(record)?;
        debug!(attempt = %record.key, verdict = record.outcome.verdict().map(Verdict::as_str), error = record.outcome.error_class().map(|class| class.to_string()), "attempt ended");
        match &record.outcome {
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
        Ok(())
    }
}
