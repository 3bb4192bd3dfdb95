//! [`AgentCommand`]: a command of an agent, what it may use, and what came of it.

use std::time::Duration;

use assay_core::execution::{Ending, Usage};
use assay_sandbox::{Execution, Limits, SandboxError};
use serde::{Deserialize, Serialize};

use super::changes::Changes;
use crate::{ending, usage};

/// A command of an agent, which starts in the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCommand {
    /// A path inside, or a name that is looked up in the `PATH`.
    pub program: String,
    pub args: Vec<String>,
    /// Beside the workspace's own variables, or in their place.
    pub environment: Vec<(String, String)>,
    /// All of standard input, which ends after it. It is never a terminal.
    pub stdin: Vec<u8>,
    pub limits: AgentLimits,
}

impl AgentCommand {
    /// The program and its arguments in one list, with an empty standard input.
    pub fn new(words: &[String], limits: AgentLimits) -> AgentCommand {
        let (program, args) = words
            .split_first()
            .map_or((String::new(), &[][..]), |(first, rest)| (first.clone(), rest));
        AgentCommand {
            program,
            args: args.to_vec(),
            environment: Vec::new(),
            stdin: Vec::new(),
            limits,
        }
    }
}

/// What one command of an agent may use, counted over all its processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AgentLimits {
    pub wall: Duration,
    /// An agent that waits for a model uses little; builds and tests use more.
    pub cpu: Duration,
    /// Bytes of memory, in which all files of the workspace lie too.
    pub memory: u64,
    /// Processes and threads at one time. No host needs to allow more than 1024.
    pub processes: u32,
    /// Open files of each process. No host needs to allow more than 2048.
    pub open_files: u32,
    /// Bytes by which the workspace may grow, and of any one file.
    pub written: u64,
    /// Bytes of standard output and standard error together, of which the first and the last
    /// half megabyte of each are kept.
    pub output: u64,
}

impl Default for AgentLimits {
    fn default() -> AgentLimits {
        AgentLimits {
            wall: Duration::from_secs(20 * 60),
            cpu: Duration::from_secs(20 * 60),
            memory: 4 << 30,
            processes: 512,
            open_files: 2048,
            written: 1 << 30,
            output: 256 << 20,
        }
    }
}

impl From<AgentLimits> for Limits {
    fn from(limits: AgentLimits) -> Limits {
        let AgentLimits { wall, cpu, memory, processes, open_files, written, output } = limits;
        Limits {
            wall,
            cpu,
            memory_bytes: memory,
            processes,
            open_files,
            written_bytes: written,
            output_bytes: output,
        }
    }
}

/// What was observed of a command of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AgentRun {
    pub ending: Ending,
    /// With a mark where bytes in the middle were dropped. An agent writes what it likes here.
    pub stdout: String,
    pub stderr: String,
    pub usage: Usage,
    /// Processes that it left running, all killed.
    pub left_running: u32,
    /// What the project is now, against how it was laid out.
    pub changes: Changes,
}

/// The status by which a shell says that there is no such program.
const NOT_STARTED: i32 = 127;

impl AgentRun {
    pub(super) fn of(execution: &Execution) -> AgentRun {
        AgentRun {
            ending: ending(execution.exit),
            stdout: execution.stdout.text(),
            stderr: execution.stderr.text(),
            usage: usage(execution),
            left_running: execution.leftover_processes,
            changes: Changes::default(),
        }
    }

    /// A command that what is in the workspace keeps from starting.
    pub(super) fn not_started(error: &SandboxError) -> AgentRun {
        AgentRun {
            ending: Ending::Exited(NOT_STARTED),
            stdout: String::new(),
            stderr: format!("failed to {error}"),
            usage: Usage::default(),
            left_running: 0,
            changes: Changes::default(),
        }
    }
}
