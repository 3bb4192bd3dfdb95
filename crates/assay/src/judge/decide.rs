//! Has a panel decide what a validation left to judges: first the functional phase,
//! then, of what works, the security phase.

use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Artifact, Case, Evidence, JudgeReply, Locale};

use super::brief::messages;
use super::panel::{Panel, Poll};

/// What judges made of the evidence about an artifact.
#[derive(Debug)]
pub struct Decision {
    /// With the ballots of the phases that were decided.
    pub evidence: Evidence,
    /// What each reply of a judge took.
    pub replies: Vec<JudgeReply>,
    /// Why a phase is still open, if one is.
    pub error: Option<InfraError>,
}

impl Decision {
    /// Whether it is still open because no more requests may be sent.
    pub fn waits(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.class == InfraClass::RequestLimit)
    }
}

impl Panel {
    /// Decides what is open in the evidence. Evidence in which nothing is open stays.
    pub async fn decide(
        &self,
        case: &Case,
        artifact: &Artifact,
        evidence: Evidence,
        locale: Locale,
    ) -> Decision {
        let mut decision = Decision { evidence, replies: Vec::new(), error: None };
        while let Some(phase) = decision.evidence.open_phase() {
            // Only a phase with a rubric is left to judges.
            let Some(rubric) = case.rubric(phase) else { break };
            let Poll { ballot, replies } =
                self.ask(&messages(phase, rubric, case, artifact, locale)).await;
            decision.replies.extend(replies);
            match ballot {
                Ok(ballot) => decision.evidence = decision.evidence.with_ballot(ballot),
                Err(error) => {
                    decision.error = Some(error);
                    break;
                }
            }
        }
        decision
    }
}
