//! Prepares cases, and builds and tests artifacts of them in the sandbox. A language is one
//! file here; what it runs beside tested code is in `assay-harness`.
//!
//! A [`Validator`] takes a case and an artifact and says what was observed; the verdict
//! follows from that. A program that uses it calls [`enter_if_launched`] first in `main`:
//! `examples/verdict.rs` is one, whole.

pub mod agent;
pub mod analyser;
#[doc(hidden)]
pub mod bare;
mod c;
mod decisive;
mod desk;
mod entropy;
mod go;
mod guard;
mod harness;
mod installer;
mod java;
pub mod javac;
mod jdk;
pub mod job;
mod local_verifier;
mod manifest;
mod nodejs;
pub mod pool;
mod prepare;
#[doc(hidden)]
pub mod processes;
mod protocol;
mod prune;
mod python;
mod ruby;
mod soundness;
mod state;
mod suite_run;
mod tested_case;
mod toolchain;
mod toolchains;
pub mod tools;
mod trial;
pub mod verifier;
pub mod workspace;
mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use assay_core::execution::{Ending, Usage};
use assay_core::infra_error::InfraClass;
use assay_core::log::Log;
use assay_core::suite::Suite;
use assay_core::{Artifact, Case, CodeTask, Decider, Evidence, FileSet, InfraError, Verdict};
use assay_sandbox::{Command, Execution, Exit, File, Limits, Sandbox, SandboxError, Spec};
use serde::{Deserialize, Serialize};

use tracing::{debug, debug_span};

pub use agent::{Agent, Agents, InstalledAgent};
pub use analyser::{Analyser, Analysers, Program, Standing};
pub use assay_sandbox::{Mount, enter_if_launched};
use desk::Desk;
pub use harness::harness_digest;
pub use job::{Job, JobResult, WrittenCase};
pub use local_verifier::LocalVerifier;
use prepare::Cache;
pub use prepare::{Installation, PrepareError, Room, Step};
use protocol::Hearing;
pub use prune::Pruned;
use soundness::Soundness;
pub use state::{lack, missing_commands};
use tested_case::TestedCase;
use toolchains::Toolchains;
pub use toolchains::{languages_of, versions};
use trial::Trial;
pub use verifier::{Jobs, Verifier};
pub use workspace::{
    AgentCommand, AgentLimits, AgentRun, Changes, Workspace, WorkspacePlan, git_version,
};
pub use world::{Fetch, fetch};

/// Prepares cases, and builds and tests artifacts, any number at a time.
#[derive(Debug)]
pub struct Validator {
    toolchains: Toolchains,
    cache: Cache,
    analysers: Analysers,
    soundness: Soundness,
}

/// What a validation observed, and the texts it captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    pub evidence: Evidence,
    pub logs: Vec<Log>,
}

impl Validator {
    /// A validator that keeps what it prepares in a folder, which all runs share.
    pub fn new(cache: PathBuf) -> Validator {
        Validator {
            toolchains: Toolchains::default(),
            cache: Cache::new(cache.clone()),
            analysers: Analysers::new(cache),
            soundness: Soundness::default(),
        }
    }

    /// Installs what these cases need and is not there yet, from the network,
    /// and returns how many installations failed.
    pub fn prepare(
        &self,
        cases: &[&Case],
        tell: &mut dyn FnMut(&Installation<'_>),
    ) -> Result<usize, PrepareError> {
        let failed = self.cache.prepare(&self.toolchains, cases, tell)?;
        Ok(failed + self.analysers.prepare(&deciding_analysers(cases), tell)?)
    }

    /// Those analysers that decide about these cases, or are asked beside, and cannot be run.
    pub fn lacking_analysers(&self, cases: &[&Case]) -> Vec<(Analyser, Standing)> {
        let analysers = deciding_analysers(cases).into_iter();
        let standings = analysers.map(|analyser| (analyser, self.analysers.standing(analyser)));
        standings.filter(|(_, standing)| matches!(standing, Standing::Lacking { .. })).collect()
    }

    /// Remembers that a corpus, as it was given, uses the cache.
    pub fn register(&self, corpus: &str) -> Result<(), PrepareError> {
        self.cache.register(corpus)
    }

    /// Every corpus that uses the cache.
    pub fn corpora(&self) -> Result<Vec<String>, PrepareError> {
        self.cache.corpora()
    }

    /// Forgets a corpus that no longer exists.
    pub fn forget(&self, corpus: &str) -> Result<(), PrepareError> {
        self.cache.forget(corpus)
    }

    /// Removes what neither these cases nor analysers and agents need from the cache.
    pub fn prune(&self, cases: &[Case]) -> Result<Pruned, PrepareError> {
        self.cache.prune(&self.toolchains, cases)
    }

    /// Those of these cases whose artifacts are run and which are not prepared.
    pub fn unprepared<'a>(&self, cases: &[&'a Case]) -> Vec<&'a Case> {
        let is_unprepared =
            |case: &&Case| TestedCase::of(case).is_some_and(|_| self.prepared(case).is_none());
        cases.iter().copied().filter(is_unprepared).collect()
    }

    /// The folder of what was prepared for a case; `None` if nothing was, or no artifact of it
    /// is run.
    pub fn prepared(&self, case: &Case) -> Option<PathBuf> {
        let case = TestedCase::of(case)?;
        let needs = self.toolchains.of(case.language).needs(&case);
        self.cache.prepared(&case, &needs).ok()
    }

    /// Lays out a workspace for an agent. The case is prepared, and what agents need of its
    /// language too.
    pub fn workspace(&self, plan: &WorkspacePlan<'_>) -> Result<Workspace, InfraError> {
        assay_sandbox::raise_limits().map_err(|error| infra(&error))?;
        let case = plan.case;
        let Some(task) = case.code() else {
            let message = format!("{} asks for no code, so that none can be written", case.id);
            return Err(InfraError::new(InfraClass::Case, message));
        };
        let Some(tested) = TestedCase::of(case) else {
            return Workspace::open(plan, task, &Desk::default());
        };
        let toolchain = self.toolchains.of(case.language);
        let prepared = self.cache.prepared(&tested, &toolchain.needs(&tested))?;
        let supplies = match toolchain.supplies(&tested) {
            Some((needs, _)) => Some(self.cache.supplies(&tested, &needs)?),
            None => None,
        };
        let desk = toolchain.desk(&tested, &prepared, supplies.as_deref())?;
        Workspace::open(plan, task, &desk)
    }

    /// Installs what agents need to work on these cases and is not there yet, beside what
    /// [`Validator::prepare`] installs, and returns how many installations failed.
    pub fn prepare_supplies(
        &self,
        cases: &[&Case],
        tell: &mut dyn FnMut(&Installation<'_>),
    ) -> Result<usize, PrepareError> {
        self.cache.prepare_supplies(&self.toolchains, cases, tell)
    }

    /// Starts a sandbox, and runs nothing of anybody in it. Afterwards this process may have as
    /// many descriptors as the host lets it.
    pub fn try_sandbox(&self) -> Result<(), InfraError> {
        assay_sandbox::raise_limits().map_err(|error| infra(&error))?;
        let tried = Sandbox::start(&Spec::default())
            .and_then(|mut sandbox| sandbox.execute(&Command::new("true")));
        match tried {
            Ok(Execution { exit: Exit::Code(0), .. }) => Ok(()),
            Ok(Execution { exit, .. }) => {
                let message = format!("`true` ended with {exit} in a sandbox");
                Err(InfraError::new(InfraClass::Sandbox, message))
            }
            Err(error) => Err(infra(&error)),
        }
    }

    /// Runs the functional suite and, if it is proved to have passed, the
    /// security suite, which is absent until then.
    pub fn validate(&self, case: &Case, artifact: &Artifact) -> Result<Validation, InfraError> {
        let _span = debug_span!("validation", case = case.id).entered();
        // With too little of anything, tools would not even say their versions.
        assay_sandbox::raise_limits().map_err(|error| infra(&error))?;
        let Some(task) = case.code() else {
            let message = format!("{} asks for no code, so that none can be validated", case.id);
            return Err(InfraError::new(InfraClass::Case, message));
        };
        let analysers = &self.analysers;
        let Some(tested) = &TestedCase::of(case) else {
            return Hearing { case, task, artifact, analysers, run: None }.validate();
        };
        let toolchain = self.toolchains.of(case.language);
        state::check_commands(tested)?;
        let prepared = self.cache.prepared(tested, &toolchain.needs(tested));
        let prepared = &prepared.map_err(|error| toolchain.fault(tested).unwrap_or(error))?;
        let validate = |artifact: &Artifact| {
            let run = Some((toolchain, Trial { prepared, case: tested, artifact }));
            Hearing { case, task, artifact, analysers, run }.validate()
        };
        let begun = Instant::now();
        let validation = validate(artifact)?;
        let verdict = validation.evidence.verdict().map(Verdict::as_str);
        debug!(verdict, took = ?begun.elapsed(), "validated");
        self.soundness.check(tested, &validation.evidence, validate)?;
        Ok(validation)
    }
}

/// The analysers that decide about any of these cases, or are asked beside, each once.
fn deciding_analysers(cases: &[&Case]) -> Vec<Analyser> {
    let tasks = cases.iter().filter_map(|case| case.code());
    let names: BTreeSet<&str> =
        tasks.flat_map(CodeTask::deciders).filter_map(Decider::analyser).collect();
    names.into_iter().filter_map(Analyser::named).collect()
}

/// The environment of every command; it holds nothing of the host's.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", "/tmp"),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("TZ", "UTC"),
];

/// A program of a case's validation.
fn command(case: &TestedCase<'_>, program: &str) -> Command {
    let is_usual = |name: &str| case.state.environment.iter().all(|(other, _)| other != name);
    let command = ENVIRONMENT
        .iter()
        .filter(|(name, _)| is_usual(name))
        .fold(Command::new(program), |command, (name, value)| command.env(*name, *value));
    state::surround(case, world::introduce(case, command))
}

/// The sandbox of a case's validation: with its world and, fresh in each, its state.
fn spec(case: &TestedCase<'_>) -> Spec {
    Spec { state: state::of(case), ..world::spec(case) }
}

/// Writes the project, the artifact and one suite.
fn write_project(
    sandbox: &mut Sandbox,
    case: &TestedCase<'_>,
    artifact: &Artifact,
    suite: &Suite,
) -> Result<(), InfraError> {
    let mut files = project_files(case, artifact);
    files.extend(sandbox_files(&suite.files));
    sandbox.write(&files).map_err(|error| infra(&error))
}

/// Reads what `assay prepare` has left at a place.
fn read_prepared(place: &Path) -> Result<Vec<u8>, InfraError> {
    std::fs::read(place).map_err(|error| unreadable(place, &error))
}

/// A prepared file that cannot be used, and the remedy.
fn unreadable(place: &Path, error: &dyn std::fmt::Display) -> InfraError {
    let message = format!("failed to read {}: {error}; run `assay prepare`", place.display());
    InfraError::new(InfraClass::Unprepared, message)
}

/// The limits of a build of this case.
fn build_limits(case: &TestedCase<'_>) -> Limits {
    Limits {
        cpu: case.limits.build,
        wall: case.limits.build * 2,
        memory_bytes: case.limits.memory,
        ..Limits::default()
    }
}

/// The limits of a suite of this case.
fn suite_limits(case: &TestedCase<'_>) -> Limits {
    Limits {
        cpu: case.limits.suite,
        wall: case.limits.wall,
        memory_bytes: case.limits.memory,
        ..Limits::default()
    }
}

/// The template and the artifact, as files of the sandbox's workspace. The
/// artifact comes last, so nothing of the template hides it.
fn project_files(case: &TestedCase<'_>, artifact: &Artifact) -> Vec<File> {
    let artifact =
        artifact.files.iter().map(|(path, text)| File::new(path.as_str(), text.as_bytes()));
    sandbox_files(&case.template).chain(artifact).collect()
}

fn sandbox_files(files: &FileSet) -> impl Iterator<Item = File> {
    files.iter().map(|(path, content)| File::new(path.as_str(), content.clone()))
}

fn ending(exit: Exit) -> Ending {
    match exit {
        Exit::Code(code) => Ending::Exited(code),
        Exit::Signal(signal) => Ending::Signalled(signal),
        Exit::WallTimeout => Ending::WallTimeout,
        Exit::CpuTimeout => Ending::CpuTimeout,
        Exit::OutOfMemory => Ending::OutOfMemory,
        Exit::OutputLimit => Ending::OutputLimit,
        Exit::Stopped => Ending::Stopped,
    }
}

fn usage(execution: &Execution) -> Usage {
    let usage = &execution.usage;
    Usage::new(usage.wall, usage.cpu, usage.peak_memory_bytes)
}

/// What a command printed, as logs of a phase; empty streams are left out.
fn logs(phase: &str, execution: &Execution) -> Vec<Log> {
    let streams = [("stdout", &execution.stdout), ("stderr", &execution.stderr)];
    streams
        .into_iter()
        .filter(|(_, stream)| !stream.bytes.is_empty())
        .map(|(name, stream)| Log { name: format!("{phase}.{name}"), text: stream.text() })
        .collect()
}

fn infra(error: &SandboxError) -> InfraError {
    InfraError::new(InfraClass::Sandbox, format!("failed to {error}"))
}
