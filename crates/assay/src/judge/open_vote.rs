//! Votes that have not been asked for yet, so that their cost can be estimated first.

use std::sync::Arc;

use assay_core::{CodeTask, Evidence, Phase};

use super::brief::{BallotQuestion, Exhibit};
use super::panel::Panel;
use crate::subject::{Message, ModelSubject};

/// A vote that has not been given yet, and the question for it.
#[derive(Debug, Clone)]
pub struct OpenVote {
    /// The judge's place among [`Panel::judges`].
    pub judge: usize,
    pub question: Arc<[Message]>,
}

impl Panel {
    /// The models that judge, in the order in which they were given.
    pub fn judges(&self) -> impl Iterator<Item = &ModelSubject> {
        self.judges.iter().map(|judge| &judge.model)
    }

    /// The votes on one phase of an artifact that the response cache does not hold; none
    /// of a phase that tests decide.
    pub fn open_votes(&self, phase: Phase, shown: Exhibit<'_>) -> Vec<OpenVote> {
        let question = shown.case.rubric(phase).map(|rubric| shown.question(phase, rubric));
        question.map(|question| self.not_held(&question)).unwrap_or_default()
    }

    /// The same of votes that are asked for beside whoever decides about security.
    pub fn open_votes_beside(&self, shown: Exhibit<'_>) -> Vec<OpenVote> {
        let rubric = shown.case.code().and_then(CodeTask::rubric_beside);
        let question = rubric.map(|rubric| shown.question(Phase::Security, rubric));
        question.map(|question| self.not_held(&question)).unwrap_or_default()
    }

    /// The votes that the evidence about an artifact may yet ask for.
    pub fn votes_left(&self, shown: Exhibit<'_>, evidence: &Evidence) -> Vec<OpenVote> {
        let phases = evidence.open_phases();
        let mut votes: Vec<OpenVote> =
            phases.flat_map(|phase| self.open_votes(phase, shown)).collect();
        if evidence.is_open_beside() {
            votes.extend(self.open_votes_beside(shown));
        }
        votes
    }

    fn not_held(&self, question: &BallotQuestion) -> Vec<OpenVote> {
        let open = self.seats.iter().filter_map(|(name, sample)| {
            let judge = self.judges.iter().position(|judge| judge.model.name() == name)?;
            let holds = self.judges[judge].has_voted(question, sample, self.responses.as_deref());
            (!holds).then(|| OpenVote { judge, question: Arc::clone(&question.messages) })
        });
        open.collect()
    }
}
