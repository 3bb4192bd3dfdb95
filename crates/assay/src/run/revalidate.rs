//! Validates the stored answers of a run anew, and asks nobody.
//!
//! It has a loop of its own, because nothing of the dispatcher's is needed but the
//! validators: answers are there, in their order, and are taken one after the other
//! while an attempt is not functional.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::Context as _;
use assay_core::reading::{Reading, Said, ThinkingTags};
use assay_core::{Artifact, AttemptKey, AttemptRecord, Case, Evidence, InfraError, Outcome, Turn};
use assay_verify::pool::{Done, Pool, PoolLimits, Work};
use assay_verify::{Validation, Validator};

use super::attempt::{Readings, milliseconds};
use super::interruption;
use super::progress::Progress;
use super::sharing::{Need, Shared, Sharing, Waiting};
use crate::store::{AttemptSummary, Store};

/// A run to be validated anew.
#[derive(Debug)]
pub struct Revalidation<'a> {
    /// It is only read.
    pub source: &'a Store,
    /// The cases of the run, as they are now, by id.
    pub cases: &'a BTreeMap<String, Arc<Case>>,
    pub validator: Arc<Validator>,
    pub limits: PoolLimits,
    /// Whether identical artifacts of a case share one validation.
    pub share: bool,
    /// How answers are read.
    pub reading: Reading,
}

/// How it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RevalidationEnd {
    /// Attempts that an error ended now.
    pub errored: usize,
    /// Attempts that were not finished, after an interruption.
    pub left: usize,
    pub interrupted: bool,
}

/// An attempt that is being validated.
struct Open {
    old: AttemptRecord,
    case: Arc<Case>,
    turns: Vec<Turn>,
    /// What the next stored answer holds.
    readings: Option<Readings>,
    /// What was observed under the reading that the run follows, while what the other one
    /// found is being validated.
    observed: Option<Observed>,
}

/// What was observed of an answer.
struct Observed {
    validation: Validation,
    elapsed: Duration,
    shared_with: Option<AttemptKey>,
}

enum Event {
    Validated(Box<Done>),
    Interrupted,
}

impl From<Done> for Event {
    fn from(done: Done) -> Event {
        Event::Validated(Box::new(done))
    }
}

/// Attempts that are in memory for each validator: enough that none is idle.
const OPEN_PER_JOB: usize = 32;

struct State<'a> {
    revalidation: &'a Revalidation<'a>,
    target: &'a mut Store,
    progress: &'a mut Progress,
    pool: Pool,
    waiting: VecDeque<AttemptSummary>,
    open: HashMap<u64, Open>,
    sharing: Sharing,
    next_id: u64,
    end: RevalidationEnd,
}

impl Revalidation<'_> {
    /// Validates these attempts of the source and stores each in the target as it is
    /// finished.
    pub fn run(
        &self,
        attempts: Vec<AttemptSummary>,
        target: &mut Store,
        progress: &mut Progress,
    ) -> anyhow::Result<RevalidationEnd> {
        let (events, inbox) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("failed to start the runtime that waits for an interruption")?;
        interruption::announce(&runtime, &events, Event::Interrupted);
        let pool = Pool::start(&self.validator, self.limits, &events);
        let state = State {
            revalidation: self,
            target,
            progress,
            pool,
            waiting: attempts.into(),
            open: HashMap::new(),
            sharing: Sharing::new(self.share),
            next_id: 0,
            end: RevalidationEnd::default(),
        };
        let end = state.run(&inbox);
        runtime.shutdown_background();
        end
    }
}

impl State<'_> {
    fn run(mut self, inbox: &Receiver<Event>) -> anyhow::Result<RevalidationEnd> {
        loop {
            self.open_where_there_is_room()?;
            if self.open.is_empty() {
                break;
            }
            match inbox.recv().context("failed to hear from any validator")? {
                Event::Validated(done) => self.validated(*done)?,
                Event::Interrupted => {
                    self.end.interrupted = true;
                    break;
                }
            }
        }
        self.end.left = self.open.len() + self.waiting.len();
        Ok(self.end)
    }

    fn open_where_there_is_room(&mut self) -> anyhow::Result<()> {
        let most = self.revalidation.limits.jobs * OPEN_PER_JOB;
        while self.open.len() < most {
            let Some(summary) = self.waiting.pop_front() else { break };
            let old = self.revalidation.source.attempt(&summary)?;
            let case = self
                .revalidation
                .cases
                .get(&old.key.case)
                .with_context(|| format!("the corpus has no case {:?}", old.key.case))?;
            let case = Arc::clone(case);
            let id = self.next_id;
            self.next_id += 1;
            self.proceed(
                id,
                Open { old, case, turns: Vec::new(), readings: None, observed: None },
            )?;
        }
        Ok(())
    }

    /// Takes answers up to one that needs a validation, or to the attempt's end.
    fn proceed(&mut self, id: u64, mut open: Open) -> anyhow::Result<()> {
        loop {
            let Some(stored) = open.next_answer() else {
                let outcome = open.outcome();
                return self.record(open, outcome);
            };
            if open.readings.is_none() {
                let thought = stored.thinking.is_some();
                let thinking = thinking_in(stored);
                let (answer, finish) = (&stored.answer, stored.finish);
                let said = Said { answer, finish, thought, thinking: &thinking };
                let reading = self.revalidation.reading;
                let (readings, without_code) = Readings::of(&said, &open.case, reading);
                open.readings = Some(readings);
                if let Some(evidence) = without_code {
                    let validation = Validation { evidence, logs: Vec::new() };
                    let elapsed = Duration::ZERO;
                    open.observed = Some(Observed { validation, elapsed, shared_with: None });
                }
            }
            if let Some(artifact) = open.to_validate() {
                let need = self.sharing.need(id, &open.old.key, &open.case, &artifact);
                self.open.insert(id, open);
                return match need {
                    Need::Validation => {
                        self.submit(id);
                        Ok(())
                    }
                    Need::Wait => Ok(()),
                    Need::Shared(shared) => self.share(id, &shared),
                };
            }
            open.take();
        }
    }

    fn submit(&mut self, id: u64) {
        let Some(open) = self.open.get(&id) else { return };
        if let Some(artifact) = open.to_validate() {
            let case = Arc::clone(&open.case);
            self.pool.submit(Work { id, case, artifact });
        }
    }

    fn validated(&mut self, done: Done) -> anyhow::Result<()> {
        let result = done.result.map(|validation| (validation, done.elapsed));
        let open = &self.open;
        let key_of = |id: u64| open.get(&id).map(|open| open.old.key.clone());
        let shareable = result.as_ref().ok().map(|(validation, _)| validation);
        let waiting = self.sharing.validated(done.id, shareable, key_of);
        match result {
            Ok((validation, elapsed)) => {
                self.observe(done.id, Observed { validation, elapsed, shared_with: None })?;
            }
            Err(error) => {
                if let Some(mut open) = self.open.remove(&done.id) {
                    // What the run's own reading found is there; the other's is not.
                    if open.observed.is_some() {
                        open.observe_other(Err(error));
                        self.proceed(done.id, open)?;
                        return self.release(waiting);
                    }
                    self.end.errored += 1;
                    self.record(open, Outcome::Errored(error))?;
                }
            }
        }
        self.release(waiting)
    }

    fn release(&mut self, waiting: Waiting) -> anyhow::Result<()> {
        match waiting {
            Waiting::Share(shared) => {
                for (id, shared) in shared {
                    self.share(id, &shared)?;
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

    fn share(&mut self, id: u64, shared: &Shared) -> anyhow::Result<()> {
        let Shared { validation, attempt } = shared.clone();
        let elapsed = Duration::ZERO;
        self.observe(id, Observed { validation, elapsed, shared_with: Some(attempt) })
    }

    fn observe(&mut self, id: u64, observed: Observed) -> anyhow::Result<()> {
        let Some(mut open) = self.open.remove(&id) else { return Ok(()) };
        match open.observed {
            Some(_) => open.observe_other(Ok(observed.validation.evidence)),
            None => open.observed = Some(observed),
        }
        self.proceed(id, open)
    }

    fn record(&mut self, open: Open, outcome: Outcome) -> anyhow::Result<()> {
        let is_whole = open.turns.len() == open.old.turns.len();
        let context_full = open.old.context_full.filter(|_| is_whole);
        let turns = open.turns;
        let record = AttemptRecord { key: open.old.key, outcome, turns, context_full };
        self.target.record(&record)?;
        self.progress.advance(&record.outcome);
        Ok(())
    }
}

impl Open {
    /// The next stored answer, while the attempt can become functional by it.
    fn next_answer(&self) -> Option<&Turn> {
        match self.turns.last() {
            Some(turn) if !turn.evidence.outcome().is_repairable() => None,
            _ => self.old.turns.get(self.turns.len()),
        }
    }

    /// What is to be validated of the next answer: first what the run's own reading found.
    fn to_validate(&self) -> Option<Arc<Artifact>> {
        let readings = self.readings.as_ref()?;
        match self.observed {
            Some(_) => readings.other.clone(),
            None => readings.artifact.clone(),
        }
    }

    fn observe_other(&mut self, observed: Result<Evidence, InfraError>) {
        if let Some(readings) = &mut self.readings {
            readings.observe_other(observed);
        }
    }

    /// Puts a turn beside those before: what was asked and answered as it is stored, and
    /// what was observed now.
    fn take(&mut self) {
        let (Some(observed), Some(readings)) = (self.observed.take(), self.readings.take()) else {
            return;
        };
        let Observed { validation, elapsed, shared_with } = observed;
        let Validation { evidence, logs } = validation;
        let Some(stored) = self.old.turns.get(self.turns.len()) else { return };
        let (artifact, reading) = readings.into_parts();
        let reading = Some(reading);
        // No judge is asked: what judges said of the same artifact stays.
        let evidence = match artifact == stored.artifact {
            true => evidence.with_ballots(|phase| stored.evidence.ballot(phase).cloned()),
            false => evidence,
        };
        let validated_ms = milliseconds(elapsed);
        let turn =
            Turn { artifact, reading, evidence, logs, validated_ms, shared_with, ..stored.clone() };
        self.turns.push(turn);
    }

    /// What the attempt amounts to. One that an error ended before its last answer was
    /// given still lacks that answer, unless what is there decides it.
    fn outcome(&self) -> Outcome {
        let Some(last) = self.turns.last() else { return self.old.outcome.clone() };
        match &self.old.outcome {
            Outcome::Errored(InfraError { class, .. })
                if class.is_fault() && last.evidence.outcome().is_repairable() =>
            {
                self.old.outcome.clone()
            }
            _ => last.evidence.outcome(),
        }
    }
}

/// Where thinking stands in a stored answer: where it was found when it was read first.
fn thinking_in(stored: &Turn) -> Vec<Range<usize>> {
    let known = stored.reading.as_ref().and_then(|reading| reading.thinking.clone());
    known.unwrap_or_else(|| ThinkingTags::default().places(&stored.answer, stored.finish))
}
