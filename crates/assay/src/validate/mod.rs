//! Builds and tests artifacts in the sandbox. A language is one file here.

#[doc(hidden)]
pub mod bare;
mod c;
mod environment;
pub mod pool;
mod python;
mod suite_run;
pub mod tools;

use assay_core::case::Support;
use assay_core::record::Log;
use assay_core::verdict::{Ending, InfraClass, Usage};
use assay_core::{Artifact, Case, Evidence, FileSet, InfraError, Language};
use assay_sandbox::{Command, Execution, Exit, File, Limits, SandboxError};

pub use environment::{Environments, PrepareError, Progress};

/// Builds and tests artifacts, any number at a time.
#[derive(Debug)]
pub struct Validator {
    c: c::Toolchain,
    environments: Environments,
}

/// What a validation observed, and the texts it captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    pub evidence: Evidence,
    pub logs: Vec<Log>,
}

impl Validator {
    pub fn new(environments: Environments) -> Validator {
        Validator { c: c::Toolchain::default(), environments }
    }

    pub fn environments(&self) -> &Environments {
        &self.environments
    }

    /// Runs the functional suite and, if it is proved to have passed, the
    /// security suite, which is absent until then.
    pub fn validate(&self, case: &Case, artifact: &Artifact) -> Result<Validation, InfraError> {
        if let Support::Missing(reason) = &case.support {
            return Err(InfraError::new(InfraClass::Unprepared, format!("{}: {reason}", case.id)));
        }
        match case.language {
            Language::C => self.c.validate(case, artifact),
            Language::Python => python::validate(&self.environments, case, artifact),
            Language::Go | Language::Java | Language::NodeJs => Err(InfraError::new(
                InfraClass::Unprepared,
                format!("{} is not yet supported", case.language.title()),
            )),
        }
    }
}

/// The environment of every command; it holds nothing of the host's.
const ENVIRONMENT: [(&str, &str); 5] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("HOME", "/tmp"),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("TZ", "UTC"),
];

fn command(program: &str) -> Command {
    ENVIRONMENT
        .iter()
        .fold(Command::new(program), |command, (name, value)| command.env(*name, *value))
}

/// The limits of a build of this case.
fn build_limits(case: &Case) -> Limits {
    Limits {
        cpu: case.limits.build,
        wall: case.limits.build * 2,
        memory_bytes: case.limits.memory,
        ..Limits::default()
    }
}

/// The limits of a suite of this case.
fn suite_limits(case: &Case) -> Limits {
    Limits {
        cpu: case.limits.suite,
        wall: case.limits.wall,
        memory_bytes: case.limits.memory,
        ..Limits::default()
    }
}

/// The template and the artifact, as files of the sandbox's workspace. The
/// artifact comes last, so nothing of the template hides it.
fn project_files(case: &Case, artifact: &Artifact) -> Vec<File> {
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
