//! [`Bench`]: a sandbox with an analyser in it, and the programs that it looks at.

use std::path::Path;
use std::time::Duration;

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;
use assay_core::log::last_words;
use assay_sandbox::{Command, Exit, File, Limits, Mount, Sandbox, Spec};
use serde_json::Value;

use super::batch::misunderstood;
use crate::{ENVIRONMENT, infra};

/// Where the analyser's installation is seen.
pub(super) const INSTALLED: &str = "/opt/analyser";

/// Where the output of a command goes, which may be longer than what is kept of a stream.
const OUTPUT: &str = "/work/output";

/// No output is longer.
const MAX_OUTPUT: u64 = 64 << 20;

/// What a start of any analyser may take, and what each program may take beside it.
const CPU: (Duration, Duration) = (Duration::from_secs(90), Duration::from_secs(20));

/// Wall time is for machines that are busy otherwise.
const WALL: u32 = 6;

const MEMORY_BYTES: u64 = 4 << 30;

/// A sandbox in which an analyser works.
#[derive(Debug)]
pub(super) struct Bench {
    sandbox: Sandbox,
    limits: Limits,
}

/// Which stream of a command is its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Output,
    Error,
}

/// What a command wrote, and the code that it ended with.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) code: i32,
    pub(super) bytes: Vec<u8>,
    /// Of the other stream.
    pub(super) other: String,
}

impl Bench {
    /// Starts one for so many programs, with these mounts beside the installation.
    pub(super) fn start(
        installed: Option<&Path>,
        mut mounts: Vec<Mount>,
        programs: usize,
    ) -> Result<Bench, InfraError> {
        mounts.extend(installed.map(|place| Mount::new(place, INSTALLED)));
        let spec = Spec { mounts, ..Spec::default() };
        let sandbox = Sandbox::start(&spec).map_err(|error| infra(&error))?;
        let cpu = CPU.0 + CPU.1 * u32::try_from(programs).unwrap_or(u32::MAX);
        let limits =
            Limits { cpu, wall: cpu * WALL, memory_bytes: MEMORY_BYTES, ..Limits::default() };
        Ok(Bench { sandbox, limits })
    }

    pub(super) fn write(&mut self, files: &[File]) -> Result<(), InfraError> {
        self.sandbox.write(files).map_err(|error| infra(&error))
    }

    /// Executes a command that must end with one of these codes.
    pub(super) fn output(
        &mut self,
        command: Command,
        stream: Stream,
        codes: &[i32],
    ) -> Result<Output, InfraError> {
        let script = match stream {
            Stream::Output => format!("exec \"$@\" >{OUTPUT}"),
            Stream::Error => format!("exec \"$@\" 2>{OUTPUT}"),
        };
        let arguments = ["-c".to_owned(), script, "sh".to_owned(), command.program.clone()];
        let Command { args, env, directory, .. } = command;
        let mut shell = Command::new("/bin/sh").args(arguments).args(args).directory(directory);
        shell.env = env;
        let execution = self
            .sandbox
            .execute(&shell.limits(self.limits.clone()))
            .map_err(|error| failed(&error.to_string(), ""))?;
        let other = match stream {
            Stream::Output => execution.stderr.text(),
            Stream::Error => execution.stdout.text(),
        };
        let bytes = self.sandbox.read(OUTPUT, MAX_OUTPUT);
        let bytes = bytes.map_err(|error| failed(&error.to_string(), ""))?.unwrap_or_default();
        match execution.exit {
            Exit::Code(code) if codes.contains(&code) => Ok(Output { code, bytes, other }),
            exit => {
                let text = String::from_utf8_lossy(&bytes);
                let said = if other.trim().is_empty() { text.as_ref() } else { other.as_str() };
                Err(failed(&exit.to_string(), said))
            }
        }
    }

    /// What a command left at a place.
    pub(super) fn read(&mut self, place: &str) -> Result<Vec<u8>, InfraError> {
        let read = self.sandbox.read(place, MAX_OUTPUT);
        let read = read.map_err(|error| failed(&error.to_string(), ""))?;
        read.ok_or_else(|| misunderstood(&format!("it left no {place}")))
    }

    /// The same where the output is JSON.
    pub(super) fn json(&mut self, command: Command, codes: &[i32]) -> Result<Value, InfraError> {
        self.output(command, Stream::Output, codes)?.json()
    }
}

impl Output {
    pub(super) fn json(&self) -> Result<Value, InfraError> {
        serde_json::from_slice(&self.bytes).map_err(|error| {
            let said = [String::from_utf8_lossy(&self.bytes).as_ref(), &self.other].concat();
            misunderstood(&format!("no JSON ({error}): {}", last_words(&said)))
        })
    }
}

/// A program in the sandbox, in the environment of all, which finds those of the
/// installation first.
pub(super) fn command(program: impl Into<String>) -> Command {
    let command = Command::new(program);
    ENVIRONMENT.iter().fold(command, |command, (name, value)| match *name {
        "PATH" => command.env(*name, format!("{INSTALLED}/bin:{value}")),
        _ => command.env(*name, *value),
    })
}

fn failed(how: &str, said: &str) -> InfraError {
    let said = last_words(said);
    let said = if said.is_empty() { said } else { format!(": {said}") };
    InfraError::new(InfraClass::Analyser, format!("it failed ({how}){said}"))
}
