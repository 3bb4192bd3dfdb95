//! The work on an evolution: questions go out as there is room and money for them, proofs run one at a
//! time, and everything is kept as it comes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use assay_core::answer::Answer;
use assay_core::infra_error::InfraClass;
use assay_core::{FileSet, InfraError};
use tokio::runtime::Handle;

use super::evolution::Evolution;
use super::filter::Standing;
use super::ledger::{Answered, Entry, Event as Happened, Ledger, Proof};
use super::question::{digest, question};
use super::step::Step;
use crate::limits::{Limit, Limits};
use crate::run::progress::Progress;
use crate::run::{Attempts, Budget, EventLoop, Events, REQUEST_THREADS, Spending, SpendingLimit};
use crate::subject::pace::Paces;
use crate::subject::{Message, Question, Reply, Responses, Subject};
use crate::terminal::complain;

/// Who proves cases.
pub trait Proving: std::fmt::Debug + Send + Sync {
    /// What the tests say of the case in these files. The error is a fault that its author did not
    /// cause.
    fn prove(&self, id: &str, language: &str, files: &FileSet) -> Result<Proof, InfraError>;
}

/// Who works on an evolution, and within which limits.
#[derive(Debug)]
pub struct Workers {
    /// The writer, and who is asked by filters if that is another.
    pub subjects: Vec<Arc<Subject>>,
    pub paces: Paces,
    pub responses: Option<Arc<Responses>>,
    pub prover: Arc<dyn Proving>,
    pub limits: Limits,
    pub expected_output_tokens: u64,
    pub before: Spending,
}

/// How work ended.
#[derive(Debug, Default)]
pub struct WorkEnd {
    pub spent: Spending,
    /// The limit that held the next question back.
    pub stopped_by: Option<Limit>,
    pub interrupted: bool,
    /// Models that are asked no more, and why.
    pub given_up: BTreeMap<String, InfraError>,
}

/// Works until nothing more can be asked or proved.
pub fn work(
    evolution: &mut Evolution,
    ledger: &mut Ledger,
    workers: &Workers,
    for_people: bool,
) -> anyhow::Result<WorkEnd> {
    let event_loop = EventLoop::new(REQUEST_THREADS)?;
    let requests = Arc::clone(workers.paces.requests());
    requests.begin(workers.before.amount.requests, workers.limits.requests);
    let limit = SpendingLimit {
        most: workers.limits,
        expected_output_tokens: workers.expected_output_tokens,
    };
    let budget = Budget::new(limit, workers.before, requests, &workers.subjects, None);
    let progress = Progress::start(evolution.candidates.len(), for_people);
    let mut state = State {
        evolution,
        ledger,
        workers,
        budget,
        progress,
        handle: event_loop.handle(),
        events: event_loop.events(),
        asking: BTreeMap::new(),
        proving: None,
        failed: BTreeSet::new(),
        given_up: BTreeMap::new(),
        settled: 0,
        is_held: false,
    };
    let interrupted = event_loop.run(&mut state)?;
    state.progress.finish();
    let stopped_by = state.budget.held_by().filter(|_| state.is_held);
    let (spent, given_up) = (state.budget.spent(), state.given_up);
    Ok(WorkEnd { spent, stopped_by, interrupted, given_up })
}

/// What comes back.
enum Event {
    Answered { place: usize, step: Step, question: String, result: Result<Box<Reply>, InfraError> },
    Proved { place: usize, turn: u32, result: Result<Proof, InfraError> },
}

struct State<'a> {
    evolution: &'a mut Evolution,
    ledger: &'a mut Ledger,
    workers: &'a Workers,
    budget: Budget,
    progress: Progress,
    handle: Handle,
    events: Events<Event>,
    /// Candidates about which something is being asked, and whom.
    asking: BTreeMap<usize, usize>,
    proving: Option<usize>,
    /// Candidates that are left as they are until the command is given again.
    failed: BTreeSet<usize>,
    given_up: BTreeMap<String, InfraError>,
    settled: usize,
    /// Whether a limit holds something back.
    is_held: bool,
}

/// How long nothing may happen before it is looked again.
const PATIENCE: Duration = Duration::from_millis(500);

impl Attempts for State<'_> {
    type Event = Event;

    fn begin(&mut self) -> anyhow::Result<ControlFlow<(), Duration>> {
        let standings = self.evolution.standings();
        let settled = standings.iter().filter(|it| it.is_settled()).count();
        self.progress.spend(self.budget.spent().amount.cost);
        self.progress.advance_by(settled.saturating_sub(self.settled));
        self.settled = self.settled.max(settled);
        self.is_held = false;
        // What has come furthest goes first.
        let mut open: Vec<(Step, usize)> = standings
            .iter()
            .enumerate()
            .filter_map(|(place, standing)| match standing {
                Standing::Open(step) => Some((*step, place)),
                _ => None,
            })
            .filter(|(_, place)| {
                !self.failed.contains(place)
                    && !self.asking.contains_key(place)
                    && self.proving != Some(*place)
            })
            .collect();
        open.sort_by_key(|(step, place)| (std::cmp::Reverse(*step), *place));
        for (step, place) in open {
            match step {
                Step::Prove(turn) => self.prove(place, turn),
                step => self.ask(place, step)?,
            }
        }
        let is_idle = self.asking.is_empty() && self.proving.is_none();
        Ok(if is_idle { ControlFlow::Break(()) } else { ControlFlow::Continue(PATIENCE) })
    }

    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        self.notices();
        match event {
            Event::Answered { place, step, question, result } => {
                self.answered(place, step, question, result)
            }
            Event::Proved { place, turn, result } => {
                self.proving = None;
                match result {
                    Ok(proof) => self.keep(place, Happened::Proved { turn, proof }),
                    Err(error) => self.fail(place, Step::Prove(turn), error),
                }
            }
        }
    }

    fn idle(&mut self) -> anyhow::Result<()> {
        self.notices();
        Ok(())
    }

    /// What was answered before an interruption is kept as well.
    fn leave(&mut self, event: Event) -> anyhow::Result<()> {
        self.take(event)
    }
}

impl State<'_> {
    fn notices(&self) {
        for notice in self.workers.subjects.iter().filter_map(|it| it.take_notice()) {
            complain(&notice);
        }
    }

    /// Who is asked for a step.
    fn who(&self, step: Step) -> usize {
        if step.is_of_filter() { self.workers.subjects.len() - 1 } else { 0 }
    }

    fn ask(&mut self, place: usize, step: Step) -> anyhow::Result<()> {
        let who = self.who(step);
        let subject = &self.workers.subjects[who];
        let busy = self.asking.values().filter(|it| **it == who).count();
        if busy >= subject.room() || self.given_up.contains_key(subject.name()) {
            return Ok(());
        }
        let candidate = &self.evolution.candidates[place];
        let Some(messages) = question(self.evolution, candidate, step) else {
            anyhow::bail!("nothing can be asked about {}; this is a bug", candidate.id);
        };
        let expected = self.budget.expect(who, &messages);
        if !self.budget.allows(expected) {
            self.is_held = true;
            return Ok(());
        }
        self.budget.begin(place as u64, expected);
        self.asking.insert(place, who);
        let (subject, events) = (Arc::clone(subject), self.events.clone());
        let (case, round) = (Arc::clone(&self.evolution.seed(candidate).case), candidate.number);
        let (responses, digest) = (self.workers.responses.clone(), digest(&messages));
        self.handle.spawn(async move {
            let asked = tokio::spawn(async move {
                answer(&subject, &case, &messages, (round, responses)).await
            });
            // A fault of ours must not leave the work waiting for ever.
            let result = asked.await.unwrap_or_else(|error| {
                let message = format!("the question failed: {error}; this is a bug");
                Err(InfraError::new(InfraClass::Connection, message))
            });
            let result = result.map(Box::new);
            events.send(Event::Answered { place, step, question: digest, result });
        });
        Ok(())
    }

    fn answered(
        &mut self,
        place: usize,
        step: Step,
        question: String,
        result: Result<Box<Reply>, InfraError>,
    ) -> anyhow::Result<()> {
        let Some(who) = self.asking.remove(&place) else { return Ok(()) };
        let usage = result.as_ref().ok().map(|reply| reply.usage);
        self.budget.end(place as u64, who, usage.as_ref());
        let subject = Arc::clone(&self.workers.subjects[who]);
        match result.map(|reply| (reply.answer, reply.finish, reply.usage)) {
            Ok((Answer::Text(answer), finish, usage)) => {
                let (by, at) = (subject.name().to_owned(), now());
                let answered = Answered { step, by, question, answer, finish, usage, at };
                self.keep(place, Happened::Answered(Box::new(answered)))
            }
            Ok((Answer::Files(_), ..)) => {
                let message = "it answered with files, where a text is asked for";
                let error = InfraError::new(InfraClass::MalformedResponse, message);
                self.fail(place, step, error)
            }
            Err(error) if error.class == InfraClass::RequestLimit => {
                // It waits: the limit is the user's own.
                self.budget.hold(Limit::Requests);
                Ok(())
            }
            Err(error) => {
                if let Some(refusal) = subject.refusal() {
                    self.given_up.insert(subject.name().to_owned(), refusal.clone());
                }
                self.fail(place, step, error)
            }
        }
    }

    fn prove(&mut self, place: usize, turn: u32) {
        if self.proving.is_some() {
            return;
        }
        let candidate = &self.evolution.candidates[place];
        let seed = self.evolution.seed(candidate);
        let files = candidate.turns.get(turn as usize).and_then(|it| it.files.as_ref().ok());
        let Some(files) = files.cloned() else { return };
        self.proving = Some(place);
        let (id, language) = (candidate.case_id(seed), seed.language());
        let (prover, events) = (Arc::clone(&self.workers.prover), self.events.clone());
        std::thread::spawn(move || {
            let proved = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                prover.prove(&id, language.as_str(), &files)
            }));
            let result = proved.unwrap_or_else(|_| {
                let message = format!("the proof of {id} failed; this is a bug");
                Err(InfraError::new(InfraClass::Sandbox, message))
            });
            events.send(Event::Proved { place, turn, result });
        });
    }

    fn fail(&mut self, place: usize, step: Step, error: InfraError) -> anyhow::Result<()> {
        self.failed.insert(place);
        self.keep(place, Happened::Errored { step, error })
    }

    /// Writes down what happened before anything follows from it.
    fn keep(&mut self, place: usize, event: Happened) -> anyhow::Result<()> {
        let entry = Entry { candidate: self.evolution.candidates[place].id.clone(), event };
        self.ledger.add(&entry)?;
        self.evolution.take(entry);
        Ok(())
    }
}

async fn answer(
    subject: &Subject,
    case: &assay_core::Case,
    messages: &[Message],
    (round, responses): (u32, Option<Arc<Responses>>),
) -> Result<Reply, InfraError> {
    let Some(scenario) = case.scenarios.first().copied() else {
        return Err(InfraError::new(InfraClass::Case, "the seed has no scenario"));
    };
    let question = Question { case, scenario, round, messages, written: None, account: None };
    subject.recall_or_ask(&question, responses.as_deref()).await
}

fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
