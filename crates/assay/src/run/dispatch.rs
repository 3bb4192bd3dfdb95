//! The dispatcher: it alone owns the state of a run. Subjects and validators
//! work elsewhere and send it events.
//!
//! Asking and validating overlap. A subject is asked as long as it has room and
//! the validators are not too far behind; validators take whatever is answered.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use assay_core::verdict::InfraClass;
use assay_core::{AttemptRecord, Case, InfraError, Outcome};
use tokio::runtime::Runtime;

use super::attempt::{Next, OpenAttempt, Rules, Validated};
use super::judging::{Judged, Judging};
use super::plan::PlannedAttempt;
use super::progress::Progress;
use super::sharing::{Need, Shared, Sharing, Waiting};
use crate::judge::Panel;
use crate::store::Store;
use crate::subject::{Message, Question, Reply, Subject};
use crate::validate::pool::{Done, Pool, PoolLimits, Work};
use crate::validate::{Validation, Validator};

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunEnd {
    pub judged: usize,
    pub errored: usize,
    /// Answers that shared the validation of an identical artifact.
    pub shared: usize,
    /// Attempts that were not started: of a subject that was given up, or after
    /// an interruption.
    pub left: usize,
    pub interrupted: bool,
    /// Subjects that were given up, and why.
    pub given_up: Vec<(String, InfraError)>,
}

/// Carries out a plan.
#[derive(Debug)]
pub struct Dispatcher<'a> {
    pub subjects: &'a [Arc<Subject>],
    pub cases: &'a [Arc<Case>],
    pub validator: Arc<Validator>,
    pub limits: PoolLimits,
    pub max_answers: u32,
    /// Whether identical artifacts of a case share one validation.
    pub share: bool,
    pub locale: assay_core::Locale,
    /// Who decides what tests do not.
    pub panel: Option<Arc<Panel>>,
}

/// What happens to a run.
pub(super) enum Event {
    Answered { id: u64, result: Result<Reply, InfraError>, elapsed: Duration },
    Validated(Box<Done>),
    Judged(Box<Judged>),
    Interrupted,
}

impl From<Done> for Event {
    fn from(done: Done) -> Event {
        Event::Validated(Box::new(done))
    }
}

/// Answered artifacts that may wait for each validator before subjects are
/// asked no more.
const BACKLOG_PER_JOB: usize = 16;

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
    sharing: Sharing,
    judging: Judging,
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
        let interrupt = events.clone();
        runtime.spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = interrupt.send(Event::Interrupted);
            }
        });
        let mut lanes: Vec<Lane> = self.subjects.iter().map(|_| Lane::default()).collect();
        for attempt in attempts {
            lanes[attempt.subject].fresh.push_back(attempt);
        }
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
            sharing: Sharing::new(self.share),
            judging: Judging::new(self.panel.clone(), self.locale),
            next_id: 0,
            end: RunEnd::default(),
        };
        state.run(&inbox)
    }

    fn rules(&self) -> Rules {
        Rules { max_answers: self.max_answers, locale: self.locale }
    }
}

impl State<'_> {
    fn run(mut self, inbox: &Receiver<Event>) -> anyhow::Result<RunEnd> {
        loop {
            self.ask_where_there_is_room()?;
            if self.open.is_empty() {
                break;
            }
            let event = inbox.recv().context("failed to hear from any worker")?;
            match event {
                Event::Answered { id, result, elapsed } => self.answered(id, result, elapsed)?,
                Event::Validated(done) => self.validated(*done)?,
                Event::Judged(judged) => {
                    self.judging.back();
                    self.observed(judged.id, judged.validated)?;
                }
                Event::Interrupted => {
                    self.end.interrupted = true;
                    break;
                }
            }
        }
        self.end.left =
            self.open.len() + self.lanes.iter().map(|lane| lane.fresh.len()).sum::<usize>();
        for (lane, subject) in self.lanes.iter_mut().zip(self.dispatcher.subjects) {
            if let Some(error) = lane.given_up.take() {
                self.end.given_up.push((subject.name().to_owned(), error));
            }
        }
        // Requests still under way after an interruption are not waited for.
        self.runtime.shutdown_background();
        Ok(self.end)
    }

    fn ask_where_there_is_room(&mut self) -> anyhow::Result<()> {
        let most = self.dispatcher.limits.jobs * BACKLOG_PER_JOB;
        for place in 0..self.lanes.len() {
            let room = self.dispatcher.subjects[place].concurrency();
            while self.lanes[place].asking < room
                && self.lanes[place].given_up.is_none()
                && self.pool.backlog() < most
                && !self.judging.is_behind()
            {
                if let Some(id) = self.lanes[place].repairs.pop_front() {
                    self.ask(id, place);
                } else if let Some(attempt) = self.lanes[place].fresh.pop_front() {
                    self.begin(attempt)?;
                } else {
                    break;
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, attempt: PlannedAttempt) -> anyhow::Result<()> {
        let case = Arc::clone(&self.dispatcher.cases[attempt.case]);
        let place = attempt.subject;
        let opened = OpenAttempt::new(attempt.key, case, place, self.dispatcher.rules())?;
        let id = self.next_id;
        self.next_id += 1;
        self.open.insert(id, opened);
        self.ask(id, place);
        Ok(())
    }

    fn ask(&mut self, id: u64, place: usize) {
        let Some(attempt) = self.open.get(&id) else { return };
        self.lanes[place].asking += 1;
        let subject = Arc::clone(&self.dispatcher.subjects[place]);
        let case = Arc::clone(&attempt.case);
        let (scenario, round) = (attempt.key.scenario, attempt.key.round);
        let messages: Vec<Message> = attempt.messages.clone();
        let events = self.events.clone();
        self.runtime.spawn(async move {
            let started = Instant::now();
            let asked = tokio::spawn(async move {
                let question = Question { case: &case, scenario, round, messages: &messages };
                subject.ask(&question).await
            });
            // A fault of ours must not leave the run waiting for ever.
            let result = asked.await.unwrap_or_else(|error| {
                let message = format!("the question failed: {error}; this is a bug");
                Err(InfraError::new(InfraClass::Connection, message))
            });
            // The dispatcher is gone only after an interruption.
            let _ = events.send(Event::Answered { id, result, elapsed: started.elapsed() });
        });
    }

    fn answered(
        &mut self,
        id: u64,
        result: Result<Reply, InfraError>,
        elapsed: Duration,
    ) -> anyhow::Result<()> {
        let Some(attempt) = self.open.remove(&id) else { return Ok(()) };
        let place = attempt.subject;
        self.lanes[place].asking -= 1;
        match result {
            Ok(reply) => {
                let can_repair = self.dispatcher.subjects[place].can_repair();
                let next = attempt.answer(reply, elapsed, can_repair, self.dispatcher.rules());
                self.proceed(id, next)
            }
            Err(error) => {
                let hopeless =
                    matches!(error.class, InfraClass::Authentication | InfraClass::Quota);
                if hopeless && self.lanes[place].given_up.is_none() {
                    self.give_up(place, error.clone())?;
                }
                self.record(&attempt.fail(error))
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

    fn validated(&mut self, done: Done) -> anyhow::Result<()> {
        let work = self.open.get(&done.id).and_then(OpenAttempt::work);
        let Some(done) = self.judging.take(done, work, &self.runtime, &self.events) else {
            return Ok(());
        };
        match done.result {
            Ok(validation) => self.observed(done.id, Validated::own(validation, done.elapsed)),
            Err(error) => {
                let waiting = self.waiting(done.id, None);
                if let Some(attempt) = self.open.remove(&done.id) {
                    self.record(&attempt.fail(error))?;
                }
                self.release(waiting)
            }
        }
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
            Waiting::Share(shared) => {
                for (id, shared) in shared {
                    self.share(id, shared)?;
                }
            }
            Waiting::Validate(next) => {
                if let Some(id) = next {
                    self.submit(id);
                }
            }
        }
        Ok(())
    }

    /// Judges an attempt by the validation of an identical artifact.
    fn share(&mut self, id: u64, shared: Shared) -> anyhow::Result<()> {
        let Shared { validation, attempt } = shared;
        self.end.shared += 1;
        let own = Validated::own(validation, Duration::ZERO);
        self.judge(id, Validated { shared_with: Some(attempt), ..own })
    }

    fn judge(&mut self, id: u64, validated: Validated) -> anyhow::Result<()> {
        let Some(attempt) = self.open.remove(&id) else { return Ok(()) };
        let can_repair = self.dispatcher.subjects[attempt.subject].can_repair()
            && self.lanes[attempt.subject].given_up.is_none();
        let next = attempt.judge(validated, can_repair, self.dispatcher.rules());
        self.proceed(id, next)
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
                self.open.insert(id, attempt);
                match need {
                    Need::Validation => {
                        self.submit(id);
                        Ok(())
                    }
                    Need::Wait => Ok(()),
                    Need::Shared(shared) => self.share(id, *shared),
                }
            }
            Next::Record(record) => self.record(&record),
        }
    }

    fn record(&mut self, record: &AttemptRecord) -> anyhow::Result<()> {
        self.store.record(record)?;
        match &record.outcome {
            Outcome::Judged(_) => self.end.judged += 1,
            Outcome::Errored(error) => {
                self.end.errored += 1;
                if self.end.errored == 1 {
                    self.progress.note(&format!("first errored attempt: {}: {error}", record.key));
                }
            }
        }
        self.progress.advance(record.outcome.verdict());
        Ok(())
    }
}
