//! Judges in a run: what validations leave open goes to the panel, while everything else continues.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use assay_core::infra_error::InfraClass;
use assay_core::{Artifact, Case, InfraError, JudgeReply, Locale};
use assay_verify::{JobResult, Validation};
use tokio::runtime::Handle;

use super::attempt::Validated;
use super::event_loop::Events;
use super::validations::Work;
use crate::judge::{Decision, Exhibit, OpenVote, Panel};

/// The panel of a run, if it has one, and what waits to be put before it.
#[derive(Debug)]
pub(super) struct Judging {
    panel: Option<Arc<Panel>>,
    locale: Locale,
    waiting: VecDeque<OpenBallot>,
}

/// What a validation left to judges, who have not been asked.
#[derive(Debug)]
pub(super) struct OpenBallot {
    /// The attempt's.
    pub(super) id: u64,
    case: Arc<Case>,
    artifact: Arc<Artifact>,
    validation: Validation,
    elapsed: Duration,
    /// Those of judges who were asked before no more requests could be sent.
    replies: Vec<JudgeReply>,
    /// What deciding all open phases may cost, if that was asked for.
    pub(super) votes: Vec<OpenVote>,
}

/// An artifact that was before the panel.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) id: u64,
    /// What judges replied this time.
    pub(super) replies: Vec<JudgeReply>,
    pub(super) outcome: JudgedOutcome,
}

/// What became of it there.
#[derive(Debug)]
pub(super) enum JudgedOutcome {
    Decided(Validated),
    /// No more requests may be sent: it waits for a higher limit.
    Waits(OpenBallot),
}

impl Judging {
    pub(super) fn new(panel: Option<Arc<Panel>>, locale: Locale) -> Judging {
        Judging { panel, locale, waiting: VecDeque::new() }
    }

    /// Takes what a validation left to judges; gives it back if nothing is left to them.
    /// Votes are counted on request, as that asks the response cache for each.
    pub(super) fn take(
        &mut self,
        result: JobResult,
        work: Option<Work>,
        counts_votes: bool,
    ) -> Option<JobResult> {
        let (Some(panel), Some(work)) = (&self.panel, work) else { return Some(result) };
        let JobResult { id, result: Ok(validation), elapsed } = result else { return Some(result) };
        if !validation.evidence.is_open() {
            return Some(JobResult { id, result: Ok(validation), elapsed });
        }
        let Work { case, artifact, .. } = work;
        let (replies, votes) = (Vec::new(), Vec::new());
        let ballot = OpenBallot { id, case, artifact, validation, elapsed, replies, votes };
        let votes = if counts_votes { open_votes(panel, &ballot, self.locale) } else { Vec::new() };
        self.waiting.push_back(OpenBallot { votes, ..ballot });
        None
    }

    /// The attempts whose artifacts wait.
    pub(super) fn waiting(&self) -> impl ExactSizeIterator<Item = u64> {
        self.waiting.iter().map(|ballot| ballot.id)
    }

    pub(super) fn next(&mut self) -> Option<OpenBallot> {
        self.waiting.pop_front()
    }

    pub(super) fn hold(&mut self, ballot: OpenBallot) {
        self.waiting.push_back(ballot);
    }

    /// Puts an artifact before the panel, and sends the outcome as an event.
    pub(super) fn begin<E: From<Judged> + Send + 'static>(
        &self,
        ballot: OpenBallot,
        runtime: &Handle,
        events: &Events<E>,
    ) {
        let Some(panel) = self.panel.clone() else { return };
        let (locale, events) = (self.locale, events.clone());
        runtime.spawn(async move {
            let id = ballot.id;
            let evidence = ballot.validation.evidence.clone();
            let (case, artifact) = (Arc::clone(&ballot.case), Arc::clone(&ballot.artifact));
            let asked = Arc::clone(&panel);
            let decided = tokio::spawn(async move {
                let shown = Exhibit { case: &case, artifact: &artifact, locale };
                asked.decide(shown, evidence).await
            });
            // A fault of ours must not leave the run waiting for ever.
            let decision = decided.await.unwrap_or_else(|error| {
                let message = format!("judging failed: {error}; this is a bug");
                let error = Some(InfraError::new(InfraClass::Panel, message));
                let evidence = ballot.validation.evidence.clone();
                Decision { evidence, replies: Vec::new(), error }
            });
            let (replies, outcome) = ballot.with(decision, &panel, locale);
            // The dispatcher is gone only after an interruption.
            events.send(Judged { id, replies, outcome }.into());
        });
    }
}

impl OpenBallot {
    /// The evidence after a decision, and the replies of judges.
    fn with(
        mut self,
        decision: Decision,
        panel: &Panel,
        locale: Locale,
    ) -> (Vec<JudgeReply>, JudgedOutcome) {
        let waits = decision.waits();
        let Decision { evidence, replies, error } = decision;
        self.replies.extend(replies.iter().cloned());
        self.validation.evidence = evidence;
        if waits {
            self.votes = open_votes(panel, &self, locale);
            return (replies, JudgedOutcome::Waits(self));
        }
        let own = Validated::own(self.validation, self.elapsed);
        let judged = Validated { judge_replies: self.replies, open: error, ..own };
        (replies, JudgedOutcome::Decided(judged))
    }
}

/// The votes on all that is open of an artifact.
fn open_votes(panel: &Panel, ballot: &OpenBallot, locale: Locale) -> Vec<OpenVote> {
    let OpenBallot { case, artifact, validation, .. } = ballot;
    panel.votes_left(Exhibit { case, artifact, locale }, &validation.evidence)
}
