//! A guard for interpreters: what tested code could read or write of the process it
//! shares with its tests, through `/proc`, is closed before any of it is loaded.
//!
//! The kernel makes a program dumpable whenever it is executed, so this cannot be
//! done from outside: a small shared object does it, as the first thing in the process.

use assay_harness::shared;
use assay_sandbox::{Command, File, Sandbox};

use super::{build_limits, command, infra, spec};
use crate::tested_case::TestedCase;

const SOURCE: &str = shared::GUARD.1;
const GCC: &str = "/usr/bin/gcc";

/// The name of the shared object, wherever it lies.
pub(super) const NAME: &str = "guard.so";

/// What a prepared guard depends on.
pub(super) const KEY: &str = SOURCE;

/// No guard is larger.
const MAX_BYTES: u64 = 1 << 20;

/// Compiles the guard.
pub(super) fn compile(case: &TestedCase<'_>) -> Result<File, String> {
    let failed = |error| infra(&error).message;
    let mut sandbox = Sandbox::start(&spec(case)).map_err(failed)?;
    sandbox.write(&[File::new("guard.c", SOURCE)]).map_err(failed)?;
    let gcc = command(case, GCC)
        .args(["-O1", "-shared", "-fPIC", "-nostartfiles", "guard.c", "-o", NAME])
        .limits(build_limits(case));
    let execution = sandbox.execute(&gcc).map_err(failed)?;
    let made = sandbox.read(NAME, MAX_BYTES).map_err(failed)?;
    match made {
        Some(content) if execution.exit.is_success() => Ok(File::new(NAME, content)),
        _ => Err(format!(
            "failed to compile the guard of interpreters: {}\n{}",
            execution.exit,
            execution.stderr.text()
        )),
    }
}

/// The command with the guard, which lies at this place in the sandbox.
pub(super) fn wear(command: Command, place: &str) -> Command {
    command.env("LD_PRELOAD", place)
}
