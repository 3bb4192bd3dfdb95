//! Votes that have not been asked for yet, so that their cost can be estimated first.

use std::sync::Arc;

use assay_core::{Artifact, Case, Locale, Phase};

use super::brief::messages;
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
    pub fn open_votes(
        &self,
        phase: Phase,
        case: &Case,
        artifact: &Artifact,
        locale: Locale,
    ) -> Vec<OpenVote> {
        let Some(rubric) = case.rubric(phase) else { return Vec::new() };
        let question: Arc<[Message]> = messages(phase, rubric, case, artifact, locale).into();
        let open = self.seats.iter().filter_map(|(name, sample)| {
            let judge = self.judges.iter().position(|judge| judge.model.name() == name)?;
            let holds = self.judges[judge].has_voted(&question, sample, self.responses.as_deref());
            (!holds).then(|| OpenVote { judge, question: Arc::clone(&question) })
        });
        open.collect()
    }
}
