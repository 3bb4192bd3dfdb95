//! Has a panel decide what a validation left to judges: first the functional phase,
//! then, of what works, the security phase.

use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{CodeTask, Evidence, JudgeReply, Phase};

use super::brief::Exhibit;
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
    /// Decides what is open in the evidence, and says what it is asked beside. Evidence in
    /// which nothing is open stays.
    pub async fn decide(&self, shown: Exhibit<'_>, evidence: Evidence) -> Decision {
        let mut decision = Decision { evidence, replies: Vec::new(), error: None };
        while let Some(phase) = decision.evidence.open_phase() {
            // Only a phase with a rubric is left to judges.
            let Some(rubric) = shown.case.rubric(phase) else { break };
            let Poll { ballot, replies, .. } = self.ask(&shown.question(phase, rubric)).await;
            decision.replies.extend(replies);
            match ballot {
                Ok(ballot) => decision.evidence = decision.evidence.with_ballot(ballot),
                Err(error) => {
                    decision.error = Some(error);
                    return decision;
                }
            }
        }
        self.speak_beside(shown, decision).await
    }

    /// Says what it is asked beside whoever decides. That it cannot is recorded, and keeps
    /// nothing from being decided.
    async fn speak_beside(&self, shown: Exhibit<'_>, mut decision: Decision) -> Decision {
        let rubric = shown.case.code().and_then(CodeTask::rubric_beside);
        let Some(rubric) = rubric.filter(|_| decision.evidence.is_open_beside()) else {
            return decision;
        };
        let Poll { ballot, replies, .. } = self.ask(&shown.question(Phase::Security, rubric)).await;
        decision.replies.extend(replies);
        match ballot {
            Ok(ballot) => decision.evidence = decision.evidence.with_ballot_beside(&ballot),
            Err(error) if error.class == InfraClass::RequestLimit => decision.error = Some(error),
            Err(error) => decision.evidence = decision.evidence.with_fault_beside(&error),
        }
        decision
    }
}
