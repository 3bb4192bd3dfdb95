//! The steps of every validation, in any language: the artifact is built without any test present,
//! then the functional suite runs and, once it is proved to have passed, the security suite, if
//! the task has one, each in a sandbox without the other suite.

use assay_core::evidence::{Decided, Phases};
use assay_core::{Decider, Evidence, InfraError};

use super::Validation;
use super::toolchain::Toolchain;
use super::trial::{Halt, Record, Trial};

/// Builds an artifact and decides its phases, until one is not passed or is a panel's.
pub(super) fn validate(
    toolchain: &dyn Toolchain,
    trial: Trial<'_>,
) -> Result<Validation, InfraError> {
    let mut record = Record::default();
    let decided = decide(toolchain, trial, &mut record);
    let Record { build, logs, .. } = record;
    let evidence = match decided {
        Ok(phases) => Evidence::of_phases(build, phases),
        Err(Halt::Unbuilt(build)) => Evidence::unbuilt(build),
        Err(Halt::Tampered(findings)) => Evidence::tampered(build, findings),
        Err(Halt::Fault(error)) => return Err(error),
    };
    Ok(Validation { evidence, logs })
}

fn decide(
    toolchain: &dyn Toolchain,
    trial: Trial<'_>,
    record: &mut Record,
) -> Result<Phases, Halt> {
    let mut built = toolchain.build(trial, record)?;
    Phases::decide(|phase| match trial.case.decider(phase) {
        Some(Decider::Suite(suite)) => {
            let mut evidence = built.run(phase, suite, record)?;
            evidence.notes.splice(..0, std::mem::take(&mut record.notes));
            Ok(evidence.into())
        }
        Some(Decider::Panel(_)) => Ok(Decided::Open),
        None => Ok(Decided::NotAsked),
    })
}
