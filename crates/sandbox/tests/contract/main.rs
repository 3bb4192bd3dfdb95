//! What a sandbox promises, tried with hostile programs.
//!
//! All of it runs once as the user of the tests, and, where that is root, again as an
//! ordinary user.

#![expect(clippy::unwrap_used, reason = "a test says what failed by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test is the host of sandboxes")]

mod files;
mod host_port;
mod isolation;
mod lifetime;
mod limits;
mod nursery;
mod programs;
mod services;
mod state;
mod stop;
mod world;

use std::path::PathBuf;
use std::time::Duration;

use assay_sandbox::{Command, Execution, Launcher, Limits, Sandbox, Spec};

fn spec() -> Spec {
    Spec {
        launcher: Launcher::Program(PathBuf::from(env!("CARGO_BIN_EXE_assay-sandbox"))),
        ..Spec::default()
    }
}

fn start() -> Sandbox {
    Sandbox::start(&spec()).unwrap()
}

fn limits(wall_seconds: u64) -> Limits {
    Limits { wall: Duration::from_secs(wall_seconds), ..Limits::default() }
}

fn shell(script: &str) -> Command {
    Command::new("/bin/sh").args(["-c", script])
}

fn python(program: &str) -> Command {
    Command::new("/usr/bin/python3").args(["-c", program])
}

/// Runs a command in a sandbox of its own.
fn run(command: &Command) -> Execution {
    start().execute(command).unwrap()
}

/// The standard output of a command that must succeed.
fn output(command: &Command) -> String {
    let execution = run(command);
    assert!(execution.exit.is_success(), "{execution:?}");
    execution.stdout.text()
}
