//! [`CaseBuilding`]: how cases are made ready to be served: as by `assay prepare` and `assay check`.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use assay_core::Case;
use assay_verify::{Step, Validator, lack, missing_commands};

use crate::commands::check::proof::State;
use crate::commands::check::prover::Prover;
use crate::service::Building;

/// Prepares and proves cases on this machine.
pub(super) struct CaseBuilding {
    pub(super) validator: Arc<Validator>,
    pub(super) prover: Prover,
}

impl Building for CaseBuilding {
    fn prepare(&self, case: &Case) -> Result<(), String> {
        let missing = missing_commands(case);
        if !missing.is_empty() {
            return Err(lack(case, &missing));
        }
        // Another process may be preparing something else for minutes.
        if self.validator.unprepared(&[case]).is_empty() {
            return Ok(());
        }
        let mut failure = None;
        let failed = self.validator.prepare(&[case], &mut |progress| {
            if let Step::Failed { message } = progress.step {
                failure.get_or_insert_with(|| message.to_owned());
            }
        });
        match failed {
            Ok(0) => Ok(()),
            Ok(_) => Err(failure.unwrap_or_else(|| "what it needs cannot be installed".to_owned())),
            Err(error) => Err(error.to_string()),
        }
    }

    fn prove(&self, case: &Arc<Case>) -> Result<(), String> {
        if !self.prover.can_prove(case) {
            return Err(
                "it is for judges alone, and none is configured; name some with --judge".to_owned()
            );
        }
        let proofs = self.prover.prove(std::slice::from_ref(case), &AtomicBool::new(false));
        let Some(proof) = proofs.first() else { return Err("nothing was proved".to_owned()) };
        match proof.state() {
            State::Proved => Ok(()),
            State::InPart => {
                Err("judges decide a phase of it, and none is configured; name some with --judge"
                    .to_owned())
            }
            State::ToWrite => {
                Err("it is not written yet; `assay check` lists what is left".to_owned())
            }
            State::NotProved => {
                let fault = proof.first_fault().unwrap_or_default();
                Err(format!("it is not proved: {fault}"))
            }
        }
    }
}
