//! The course of every validation, whatever the language: the artifact is built where no
//! test is, then the functional suite runs and, once it is proved to have passed, the
//! security suite, if the task has one, each in a sandbox where the other one is not.

use std::path::Path;

use assay_core::evidence::{Build, Decided, Phases, SuiteEvidence};
use assay_core::execution::{Ending, Usage};
use assay_core::log::Log;
use assay_core::suite::Suite;
use assay_core::{Artifact, Decider, Evidence, Finding, InfraError, Phase};

use super::Validation;
use super::tested_case::TestedCase;
use super::toolchain::Toolchain;

/// An artifact, the case that it is of, and what was prepared for that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trial<'a> {
    pub(super) prepared: &'a Path,
    pub(super) case: &'a TestedCase<'a>,
    pub(super) artifact: &'a Artifact,
}

/// What a validation has used and captured so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// `None` where nothing was built.
    pub(super) build: Option<Build>,
    pub(super) logs: Vec<Log>,
    /// What is unusual about the artifact, seen when it was built: evidence of the suite
    /// that runs next.
    pub(super) notes: Vec<Finding>,
}

/// Why a validation goes no further before a suite has run.
#[derive(Debug)]
pub(super) enum Halt {
    /// The artifact, or a suite with it, does not build.
    Unbuilt(Build),
    /// What was built is made to fool the grader.
    Tampered(Vec<Finding>),
    /// It cannot be known what the artifact amounts to.
    Fault(InfraError),
}

impl Record {
    /// Takes one more command of the build, or nothing yet of one that has begun.
    pub(super) fn add_build(&mut self, ending: Ending, usage: Usage) {
        let before = self.build.take().map(|build| build.usage).unwrap_or_default();
        let mut build = Build { ending, usage };
        build.usage += before;
        self.build = Some(build);
    }

    /// That the build failed, as it ended last.
    pub(super) fn unbuilt(&self) -> Halt {
        let nothing = || Build { ending: Ending::Exited(0), usage: Usage::default() };
        Halt::Unbuilt(self.build.clone().unwrap_or_else(nothing))
    }
}

impl From<InfraError> for Halt {
    fn from(error: InfraError) -> Halt {
        Halt::Fault(error)
    }
}

/// An artifact that is built, or needs no building, and passes nothing on from one suite
/// to the other.
pub(super) trait Runnable {
    /// Builds what a suite needs beside it, and runs the suite in a sandbox of its own.
    fn run(
        &mut self,
        phase: Phase,
        suite: &Suite,
        record: &mut Record,
    ) -> Result<SuiteEvidence, Halt>;
}

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
