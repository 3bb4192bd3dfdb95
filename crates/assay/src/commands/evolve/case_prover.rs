//! [`CaseProver`]: proves an evolved case as `assay check --mutants` does, in a folder that is removed
//! afterwards.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use assay_core::corpus::load_native_case;
use assay_core::infra_error::InfraClass;
use assay_core::{FileSet, InfraError};
use serde_json::Value;

use crate::commands::check::proof::State;
use crate::commands::check::prover::Prover;
use crate::evolve::Proving;
use crate::evolve::corpus::write_files;
use crate::evolve::ledger::Proof;

pub(super) struct CaseProver(pub(super) Prover);

impl fmt::Debug for CaseProver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaseProver").finish_non_exhaustive()
    }
}

impl Proving for CaseProver {
    fn prove(&self, id: &str, language: &str, files: &FileSet) -> Result<Proof, InfraError> {
        let fault = |message: String| InfraError::new(InfraClass::Sandbox, message);
        let scratch = tempfile::tempdir()
            .map_err(|error| fault(format!("failed to make a folder for the proof: {error}")))?;
        let folder = scratch.path().join("evolved").join(language).join(id);
        write_files(&folder, files).map_err(|error| fault(error.to_string()))?;
        // Its author need not know where it was laid out.
        let above = format!("{}/", folder.display());
        let case = match load_native_case(&folder) {
            Ok(case) => Arc::new(case),
            Err(error) => {
                let faults = error.0.iter().map(|it| it.to_string().replace(&above, ""));
                return Ok(unproved(faults.collect()));
            }
        };
        let cases = [case];
        self.0
            .prepare(&cases)
            .map_err(|error| fault(format!("failed to prepare {id}: {error}")))?;
        let proofs = self.0.prove(&cases, &AtomicBool::new(false));
        let Some(proof) = proofs.first() else {
            return Err(fault(format!("nothing was proved of {id}")));
        };
        if let Some(error) = proof.hindrance() {
            return Err(error.clone());
        }
        let described = proof.describe();
        Ok(match proof.state() {
            State::Proved => Proof { proved: true, faults: Vec::new(), described },
            State::InPart => unproved(vec!["judges decide a phase of it".to_owned()]),
            State::ToWrite => {
                unproved(vec!["something of it is still marked as to be written".to_owned()])
            }
            State::NotProved => {
                let faults = proof.faults().iter().map(|it| it.replace(&above, "")).collect();
                Proof { proved: false, faults, described }
            }
        })
    }
}

fn unproved(faults: Vec<String>) -> Proof {
    Proof { proved: false, faults, described: Value::Null }
}
