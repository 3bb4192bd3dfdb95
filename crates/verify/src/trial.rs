//! [`Trial`]: an artifact that is validated, what is recorded of that, and what it is once
//! it is built. A language makes these of it, and the protocol goes through them.

use std::path::Path;

use assay_core::evidence::{Build, SuiteEvidence};
use assay_core::execution::{Ending, Usage};
use assay_core::log::Log;
use assay_core::suite::Suite;
use assay_core::{Artifact, Finding, InfraError, Phase};

use super::tested_case::TestedCase;

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
