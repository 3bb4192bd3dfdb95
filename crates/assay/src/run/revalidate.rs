//! Validates the stored answers of a run again, without asking any model.
//!
//! Answers are taken in their order, as long as a further one counts.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use assay_core::follow_up::{case_about, not_asked};
use assay_core::reading::{Reading, Said, ThinkingTags};
use assay_core::{AttemptKey, AttemptRecord, Case, Evidence, InfraError, Outcome, Turn};
use assay_verify::{JobResult, Validation, Verifier};

use super::attempt::{Readings, milliseconds};
use super::deduplication::Reused;
use super::event_loop::{Attempts, Closing, EventLoop};
use super::progress::Progress;
use super::validations::{Validations, Work};
use crate::store::{AttemptSummary, Store};

/// A run to be validated again.
#[derive(Debug)]
pub struct Revalidation<'a> {
    /// It is only read.
    pub source: &'a Store,
    /// The cases of the run, as they are now, by id.
    pub cases: &'a BTreeMap<String, Arc<Case>>,
    pub verifier: &'a dyn Verifier,
    /// Whether identical artifacts of a case share one validation.
    pub share: bool,
    /// How answers are read.
    pub reading: Reading,
    /// Whether what judges decided stays decided: not if they are asked otherwise now.
    pub keeps_ballots: bool,
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

/// Attempts that are in memory for each validator: enough that none is idle.
const OPEN_PER_JOB: usize = 32;

struct State<'a> {
    revalidation: &'a Revalidation<'a>,
    target: &'a mut Store,
    progress: &'a mut Progress,
    validations: Validations,
    /// Those that are about others last.
    waiting: VecDeque<AttemptSummary>,
    /// What came of those that others are about, once all of it is there.
    earlier: Option<HashMap<AttemptKey, AttemptSummary>>,
    open: HashMap<u64, Open>,
    next_id: u64,
    end: RevalidationEnd,
}

impl Revalidation<'_> {
    /// Validates these attempts of the source and stores each in the target as it is
    /// finished.
    pub fn run(
        &self,
        mut attempts: Vec<AttemptSummary>,
        target: &mut Store,
        progress: &mut Progress,
    ) -> anyhow::Result<RevalidationEnd> {
        let event_loop: EventLoop<JobResult> = EventLoop::new(1)?;
        attempts.sort_by_key(|attempt| attempt.key.scenario.follows().is_some());
        let mut state = State {
            revalidation: self,
            target,
            progress,
            validations: Validations::new(self.verifier, &event_loop.events(), self.share),
            waiting: attempts.into(),
            earlier: None,
            open: HashMap::new(),
            next_id: 0,
            end: RevalidationEnd::default(),
        };
        state.end.interrupted = event_loop.run(&mut state)?;
        state.end.left = state.open.len() + state.waiting.len();
        Ok(state.end)
    }
}

impl Attempts for State<'_> {
    type Event = JobResult;

    fn begin(&mut self) -> anyhow::Result<ControlFlow<(), Duration>> {
        self.open_where_there_is_room()?;
        if self.open.is_empty() {
            return Ok(ControlFlow::Break(()));
        }
        let has_shared = self.validations.has_shared();
        Ok(ControlFlow::Continue(if has_shared { Duration::ZERO } else { Duration::MAX }))
    }

    fn take(&mut self, result: JobResult) -> anyhow::Result<()> {
        self.validated(result)
    }

    fn close(&mut self) -> Option<Closing> {
        self.validations.close()
    }

    fn leave(&mut self, result: JobResult) -> anyhow::Result<()> {
        self.validated(result)?;
        while self.validations.has_shared() {
            self.idle()?;
        }
        Ok(())
    }

    fn idle(&mut self) -> anyhow::Result<()> {
        match self.validations.next_shared() {
            Some((id, shared)) => {
                let Reused { validation, attempt } = Arc::unwrap_or_clone(shared);
                let elapsed = Duration::ZERO;
                self.observe(id, Observed { validation, elapsed, shared_with: Some(attempt) })
            }
            None => Ok(()),
        }
    }
}

impl State<'_> {
    fn open_where_there_is_room(&mut self) -> anyhow::Result<()> {
        let most = self.revalidation.verifier.capacity() * OPEN_PER_JOB;
        while self.open.len() < most {
            let follows = |it: &AttemptSummary| it.key.scenario.follows().is_some();
            let waits = !self.open.is_empty() && self.waiting.front().is_some_and(follows);
            if waits {
                break;
            }
            let Some(summary) = self.waiting.pop_front() else { break };
            let old = self.revalidation.source.attempt(&summary)?;
            let Some(case) = self.case_of(&old)? else {
                // There is nothing to be asked about now, or there was nothing then.
                let outcome = if old.turns.is_empty() { old.outcome } else { not_asked() };
                self.finish(&AttemptRecord { outcome, ..old })?;
                continue;
            };
            let id = self.next_id;
            self.next_id += 1;
            self.proceed(
                id,
                Open { old, case, turns: Vec::new(), readings: None, observed: None },
            )?;
        }
        Ok(())
    }

    /// The case as an attempt was asked about it. Of one about another, with what that has
    /// come to now; `None` where that is nothing to ask about.
    fn case_of(&mut self, old: &AttemptRecord) -> anyhow::Result<Option<Arc<Case>>> {
        let Some(case) = self.revalidation.cases.get(&old.key.case) else {
            bail!("the corpus has no case {:?}", old.key.case);
        };
        let Some(key) = old.key.earlier() else { return Ok(Some(Arc::clone(case))) };
        if old.turns.is_empty() {
            return Ok(None);
        }
        let known = match &mut self.earlier {
            Some(known) => known,
            none => none.insert(by_key(self.target.attempts()?)),
        };
        let Some(earlier) = known.get(&key) else {
            bail!("the run has no attempt {key}, which {} is about", old.key);
        };
        let earlier = self.target.attempt(earlier)?;
        Ok(case_about(case, old.key.scenario, &earlier).map(Arc::new))
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
            if let Some(work) = open.work(id) {
                self.open.insert(id, open);
                self.validations.need(work);
                return Ok(());
            }
            open.take(self.revalidation.keeps_ballots);
        }
    }

    fn validated(&mut self, JobResult { id, result, elapsed }: JobResult) -> anyhow::Result<()> {
        let open = &self.open;
        self.validations.settle(id, result.as_ref().ok(), |id| open.get(&id)?.work(id));
        match result {
            Ok(validation) => self.observe(id, Observed { validation, elapsed, shared_with: None }),
            Err(error) => {
                let Some(mut open) = self.open.remove(&id) else { return Ok(()) };
                // What the run's own reading found is there; the other's is not.
                if open.observed.is_some() {
                    open.observe_other(Err(error));
                    return self.proceed(id, open);
                }
                self.end.errored += 1;
                self.record(open, Outcome::Errored(error))
            }
        }
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
        self.finish(&AttemptRecord { key: open.old.key, outcome, turns, context_full })
    }

    fn finish(&mut self, record: &AttemptRecord) -> anyhow::Result<()> {
        self.target.record(record)?;
        self.progress.advance(&record.outcome);
        Ok(())
    }
}

fn by_key(attempts: Vec<AttemptSummary>) -> HashMap<AttemptKey, AttemptSummary> {
    attempts.into_iter().map(|attempt| (attempt.key.clone(), attempt)).collect()
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
    fn work(&self, id: u64) -> Option<Work> {
        let readings = self.readings.as_ref()?;
        let artifact = match self.observed {
            Some(_) => readings.other.clone()?,
            None => readings.artifact.clone()?,
        };
        Some(Work { id, key: self.old.key.clone(), case: Arc::clone(&self.case), artifact })
    }

    fn observe_other(&mut self, observed: Result<Evidence, InfraError>) {
        if let Some(readings) = &mut self.readings {
            readings.observe_other(observed);
        }
    }

    /// Puts a turn beside those before: what was asked and answered as it is stored, and
    /// what was observed now.
    fn take(&mut self, keeps_ballots: bool) {
        let (Some(observed), Some(readings)) = (self.observed.take(), self.readings.take()) else {
            return;
        };
        let Observed { validation, elapsed, shared_with } = observed;
        let Validation { evidence, logs } = validation;
        let Some(stored) = self.old.turns.get(self.turns.len()) else { return };
        let (artifact, reading) = readings.into_parts();
        let reading = Some(reading);
        // No judge is asked: what judges said of the same artifact stays.
        let is_same = artifact == stored.artifact;
        let evidence = match is_same && keeps_ballots {
            true => evidence.with_ballots(|phase| stored.evidence.ballot(phase).cloned()),
            false => evidence,
        };
        let evidence = match is_same {
            true => evidence.with_ballots_beside(&stored.evidence),
            false => evidence,
        };
        let validated_ms = milliseconds(elapsed);
        let turn =
            Turn { artifact, reading, evidence, logs, validated_ms, shared_with, ..stored.clone() };
        self.turns.push(turn);
    }

    /// The outcome of the attempt. If an error ended it before its last answer was given, it still
    /// lacks that answer, unless the stored answers decide it.
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

/// The places of thinking in a stored answer: those found when it was first read.
fn thinking_in(stored: &Turn) -> Vec<Range<usize>> {
    let known = stored.reading.as_ref().and_then(|reading| reading.thinking.clone());
    known.unwrap_or_else(|| ThinkingTags::default().places(&stored.answer, stored.finish))
}
