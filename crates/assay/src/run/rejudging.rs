//! Has a panel decide the judged phases of stored attempts again, without asking any subject.
//!
//! Attempts are independent of each other but for ballots that they share and the money
//! for votes, so that each is a task of its own.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use assay_core::follow_up::held_against;
use assay_core::{Artifact, AttemptKey, AttemptRecord, Case, Evidence, JudgeReply};
use assay_core::{Corpus, Judgement, Locale, Outcome, Turn};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::budget::{Budget, Spending, SpendingLimit};
use super::estimate::{Assumed, Estimate, JudgesEstimate};
use super::event_loop::{Attempts, EventLoop, Events, REQUEST_THREADS};
use super::progress::Progress;
use crate::judge::{Decision, Exhibit, OpenVote, Panel};
use crate::limits::Limit;
use crate::store::{AttemptSummary, Payer, Payment, Store};
use crate::subject::Requests;

/// The panel, what it has decided, and what that may cost: identical artifacts of a case
/// share a decision.
#[derive(Debug)]
pub struct Rejudging {
    panel: Panel,
    locale: Locale,
    decided: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<Option<Decided>>>>>,
    budget: Mutex<Budget>,
    /// Reserved money that was not needed is free again.
    freed: Notify,
    next_ballot: AtomicU64,
}

/// A case's id, an artifact's digest, and the evidence of its tests, which may differ
/// where it was validated twice.
type Key = (String, String, String);

#[derive(Debug, Clone)]
struct Decided {
    evidence: Evidence,
    attempt: AttemptKey,
}

/// An attempt, judged again if it has a phase that judges decide.
#[derive(Debug)]
struct Rejudged {
    record: AttemptRecord,
    touched: bool,
    /// Whether votes would probably have exceeded a limit, or could not be asked for because
    /// requests ran out. Then the record has the turns so far, and must not be stored.
    is_held: bool,
}

/// Attempts of a stored run on their way past the panel into a new run.
#[derive(Debug)]
pub struct Rejudgement<'a> {
    pub rejudging: Arc<Rejudging>,
    /// It is only read.
    pub source: &'a Store,
    pub corpus: &'a Corpus,
    pub target: &'a mut Store,
    pub progress: &'a mut Progress,
}

/// How it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RejudgingEnd {
    /// Attempts that were not judged, for the limit on spending.
    pub held: usize,
    /// Attempts that were not finished, after an interruption.
    pub left: usize,
    pub interrupted: bool,
}

/// An attempt that was before the panel, and how it had come out before.
type Event = Box<(Outcome, anyhow::Result<Rejudged>)>;

/// How many attempts are before the panel at a time.
const AT_ONCE: usize = 64;

struct State<'a, 'b, F> {
    rejudgement: &'a mut Rejudgement<'b>,
    runtime: Handle,
    events: Events<Event>,
    /// Those that are about others last.
    waiting: VecDeque<AttemptSummary>,
    /// How those came out that others are about, once all of them are decided.
    earlier: Option<HashMap<AttemptKey, Outcome>>,
    under_way: usize,
    tell: F,
    held: usize,
}

impl Rejudgement<'_> {
    /// Has these attempts of the source judged again, and stores each in the target as it is
    /// decided. `tell` is called for each attempt that judges took part in, with its old and new
    /// outcome.
    pub fn run(
        &mut self,
        mut attempts: Vec<AttemptSummary>,
        tell: impl FnMut(&AttemptKey, &Outcome, &Outcome),
    ) -> anyhow::Result<RejudgingEnd> {
        attempts.sort_by_key(|attempt| attempt.key.scenario.follows().is_some());
        let event_loop = EventLoop::new(REQUEST_THREADS)?;
        let mut state = State {
            runtime: event_loop.handle(),
            events: event_loop.events(),
            rejudgement: self,
            waiting: attempts.into(),
            earlier: None,
            under_way: 0,
            tell,
            held: 0,
        };
        let interrupted = event_loop.run(&mut state)?;
        let left = state.waiting.len() + state.under_way;
        Ok(RejudgingEnd { held: state.held, left, interrupted })
    }
}

impl<F: FnMut(&AttemptKey, &Outcome, &Outcome)> Attempts for State<'_, '_, F> {
    type Event = Event;

    fn begin(&mut self) -> anyhow::Result<ControlFlow<(), Duration>> {
        while self.under_way < AT_ONCE {
            let follows = |it: &AttemptSummary| it.key.scenario.follows().is_some();
            let waits = self.under_way > 0 && self.waiting.front().is_some_and(follows);
            if waits {
                break;
            }
            let Some(summary) = self.waiting.pop_front() else { break };
            let record = self.rejudgement.source.attempt(&summary)?;
            let case = self.rejudgement.corpus.case(&record.key.case).cloned().map(Arc::new);
            let Some(record) = self.held_against_earlier(record, case.as_deref())? else {
                continue;
            };
            let rejudging = Arc::clone(&self.rejudgement.rejudging);
            let (before, events) = (record.outcome.clone(), self.events.clone());
            self.under_way += 1;
            self.runtime.spawn(async move {
                let rejudged = tokio::spawn(async move { rejudging.rejudge(record, case).await });
                // A fault of ours must not leave the loop waiting for ever.
                let rejudged = rejudged.await.context("failed to judge an attempt again");
                events.send(Box::new((before, rejudged.and_then(|rejudged| rejudged))));
            });
        }
        Ok(match self.under_way {
            0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(Duration::MAX),
        })
    }

    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        let (before, rejudged) = *event;
        self.under_way -= 1;
        let rejudged = rejudged?;
        self.pay(&rejudged)?;
        let Rejudged { record, touched, is_held } = rejudged;
        if is_held {
            self.held += 1;
            return Ok(());
        }
        if touched {
            (self.tell)(&record.key, &before, &record.outcome);
        }
        self.rejudgement.target.record(&record)?;
        self.rejudgement.progress.advance(&record.outcome);
        Ok(())
    }

    /// Writes down what was paid for.
    fn leave(&mut self, event: Event) -> anyhow::Result<()> {
        event.1.map_or(Ok(()), |rejudged| self.pay(&rejudged))
    }
}

impl<F> State<'_, '_, F> {
    /// An attempt about another, held against what that has come to now; `None` where there
    /// is nothing for judges to decide, as that is nothing to ask about, or not decided.
    fn held_against_earlier(
        &mut self,
        record: AttemptRecord,
        case: Option<&Case>,
    ) -> anyhow::Result<Option<AttemptRecord>> {
        let (Some(key), Some(case)) = (record.key.earlier(), case) else {
            return Ok(Some(record));
        };
        let outcomes = match &mut self.earlier {
            Some(outcomes) => outcomes,
            none => {
                let attempts = self.rejudgement.target.attempts()?.into_iter();
                none.insert(attempts.map(|attempt| (attempt.key, attempt.outcome)).collect())
            }
        };
        let Some(earlier) = outcomes.get(&key) else {
            self.held += 1;
            return Ok(None);
        };
        let record = held_against(record, case, earlier);
        if matches!(record.outcome.judgement(), Some(Judgement::NotAsked(_))) {
            self.rejudgement.target.record(&record)?;
            self.rejudgement.progress.advance(&record.outcome);
            return Ok(None);
        }
        Ok(Some(record))
    }

    /// Writes down what judges were paid for.
    fn pay(&mut self, Rejudged { record, touched, .. }: &Rejudged) -> anyhow::Result<()> {
        if !touched {
            return Ok(());
        }
        let Rejudgement { rejudging, target, progress, .. } = &mut *self.rejudgement;
        let replies = record.turns.iter().flat_map(|turn| &turn.judge_replies);
        for JudgeReply { judge, usage, .. } in replies {
            if usage.requests > 0 && !usage.from_cache {
                let (subject, payer) = (record.key.subject.as_str(), Payer::Judge);
                target.pay(&Payment { subject, payer, model: judge, usage: *usage })?;
            }
        }
        let spent = rejudging.spent().amount;
        progress.spend(spent.cost);
        Ok(target.count_requests(spent.requests)?)
    }
}

/// Money that is kept for votes while they are asked for.
struct Reserved<'a> {
    rejudging: &'a Rejudging,
    ballot: u64,
    replies: Vec<JudgeReply>,
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.rejudging.budget().end_votes(self.ballot, &self.replies);
        self.rejudging.freed.notify_waiters();
    }
}

/// The evidence of a turn's tests alone, if that leaves something to judges.
fn open(turn: &Turn) -> Option<Evidence> {
    let open = turn.evidence.clone().without_ballots();
    (open.is_open() && turn.artifact.is_some()).then_some(open)
}

fn key(case: &str, artifact: &Artifact, open: &Evidence) -> Key {
    let tests = serde_json::to_string(open).unwrap_or_default();
    (case.to_owned(), artifact.digest(), tests)
}

impl Rejudging {
    /// `before` is what was spent on the new run before; `requests` counts those of its
    /// judges.
    pub fn new(
        panel: Panel,
        locale: Locale,
        spending: SpendingLimit,
        (before, requests): (Spending, Arc<Requests>),
    ) -> Rejudging {
        requests.begin(before.amount.requests, spending.most.requests);
        let budget = Budget::new(spending, before, requests, &[], Some(&panel));
        Rejudging {
            panel,
            locale,
            decided: Mutex::default(),
            budget: Mutex::new(budget),
            freed: Notify::new(),
            next_ballot: AtomicU64::new(0),
        }
    }

    /// All that was spent, before too.
    pub fn spent(&self) -> Spending {
        self.budget().spent()
    }

    /// The limit that held a ballot back, if one did.
    pub fn held_by(&self) -> Option<Limit> {
        self.budget().held_by()
    }

    fn budget(&self) -> MutexGuard<'_, Budget> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What judges will probably take, if every stored answer that is theirs to decide is
    /// put before them.
    pub fn estimate<'a>(
        &self,
        attempts: impl Iterator<Item = anyhow::Result<(AttemptRecord, &'a Case)>>,
        assumed: Assumed,
    ) -> anyhow::Result<Vec<Estimate>> {
        let mut estimate = JudgesEstimate::new(&self.panel, assumed);
        let mut seen = HashSet::new();
        for attempt in attempts {
            let (record, case) = attempt?;
            for turn in &record.turns {
                if let (Some(open), Some(artifact)) = (open(turn), &turn.artifact)
                    && seen.insert(key(&case.id, artifact, &open))
                {
                    estimate.add(&self.open_votes(case, artifact, &open), 1);
                }
            }
        }
        Ok(estimate.finish())
    }

    fn open_votes(&self, case: &Case, artifact: &Artifact, open: &Evidence) -> Vec<OpenVote> {
        self.panel.votes_left(Exhibit { case, artifact, locale: self.locale }, open)
    }

    /// Goes through the turns as the attempt did: the first that works ends it, and
    /// no turn is added, as no subject is asked.
    async fn rejudge(
        &self,
        record: AttemptRecord,
        case: Option<Arc<Case>>,
    ) -> anyhow::Result<Rejudged> {
        let AttemptRecord { key, mut outcome, turns, context_full } = record;
        let answers = turns.len();
        let (mut touched, mut is_held) = (false, false);
        let mut kept = Vec::new();
        for mut turn in turns {
            if let (Some(open), Some(artifact)) = (open(&turn), &turn.artifact) {
                touched = true;
                let case = case.as_ref().with_context(|| {
                    format!("the corpus no longer has the case {:?} of {key}", key.case)
                })?;
                let Some((decision, shared_with)) = self.decide(&key, case, artifact, open).await
                else {
                    is_held = true;
                    break;
                };
                let waits = decision.waits();
                turn.evidence = decision.evidence;
                turn.judge_replies = decision.replies;
                if waits {
                    kept.push(turn);
                    is_held = true;
                    break;
                }
                turn.shared_with = shared_with.or(turn.shared_with.take());
                let decided = || turn.evidence.outcome();
                outcome = decision.error.map_or_else(decided, Outcome::Errored);
            } else if touched {
                outcome = turn.evidence.outcome();
            }
            let ends = !turn.evidence.outcome().is_repairable();
            kept.push(turn);
            if touched && ends {
                break;
            }
        }
        // An attempt that a ballot ends sooner never came to the question that was too long.
        let context_full = context_full.filter(|_| kept.len() == answers);
        let record = AttemptRecord { key, outcome, turns: kept, context_full };
        Ok(Rejudged { record, touched, is_held })
    }

    /// The decision about an artifact, and the attempt that it is shared with, if any; `None` if it
    /// cannot be paid for.
    async fn decide(
        &self,
        attempt: &AttemptKey,
        case: &Case,
        artifact: &Artifact,
        open: Evidence,
    ) -> Option<(Decision, Option<AttemptKey>)> {
        let place = {
            let mut decided = self.decided.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(decided.entry(key(&case.id, artifact, &open)).or_default())
        };
        // Whoever comes first asks; the others wait for that, or ask if it failed.
        let mut place = place.lock().await;
        if let Some(Decided { evidence, attempt }) = place.clone() {
            let replies: Vec<JudgeReply> = Vec::new();
            return Some((Decision { evidence, replies, error: None }, Some(attempt)));
        }
        let mut reserved = self.reserve(case, artifact, &open).await?;
        let shown = Exhibit { case, artifact, locale: self.locale };
        let decision = self.panel.decide(shown, open).await;
        reserved.replies.clone_from(&decision.replies);
        drop(reserved);
        if decision.waits() {
            self.budget().hold(Limit::Requests);
        }
        if decision.error.is_none() {
            let evidence = decision.evidence.clone();
            *place = Some(Decided { evidence, attempt: attempt.clone() });
        }
        Some((decision, None))
    }

    /// Waits until all votes that may be needed can be paid for within the limit; `None` if
    /// they cannot although nothing else is asked.
    async fn reserve(
        &self,
        case: &Case,
        artifact: &Artifact,
        open: &Evidence,
    ) -> Option<Reserved<'_>> {
        let is_limited = self.budget().is_limited();
        let votes = if is_limited { self.open_votes(case, artifact, open) } else { Vec::new() };
        let ballot = self.next_ballot.fetch_add(1, Ordering::Relaxed);
        loop {
            let freed = self.freed.notified();
            {
                let mut budget = self.budget();
                let expected = budget.expect_votes(&votes);
                if budget.allows(expected) {
                    budget.begin(ballot, expected);
                    return Some(Reserved { rejudging: self, ballot, replies: Vec::new() });
                }
                if budget.is_idle() {
                    return None;
                }
            }
            freed.await;
        }
    }
}
