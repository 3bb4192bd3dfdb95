//! Programs that install what cases need: package managers and compilers.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use tracing::debug;

use super::tools::without_sequences;

/// A program that installs, to be given arguments and [`run`]. It has the environment, for
/// registries and proxies are set there, but not the keys of models.
#[expect(clippy::disallowed_methods, reason = "an installer, which no artifact takes part in")]
pub(super) fn installer(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_a_key(name)) {
        command.env_remove(name);
    }
    command
}

/// Whether a variable has the key of a model, or says where it is, by its name.
fn is_of_a_key(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    name.ends_with("_API_KEY") || name.ends_with("_API_KEY_FILE")
}

/// Runs an installer and returns what it wrote to standard output; the end of
/// all it wrote is part of the message if it fails.
#[expect(clippy::disallowed_methods, reason = "an installer, which no artifact takes part in")]
pub(super) fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output().map_err(|error| {
        format!("failed to run {program}: {error}; `assay doctor` says how to install it")
    })?;
    debug!(program, status = output.status.to_string(), took = ?begun.elapsed(), "installer ended");
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut message = format!("{program} failed ({})", output.status);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let last: Vec<&str> = text.lines().rev().take(12).collect();
    for line in last.into_iter().rev() {
        let _ = write!(message, "\n    {}", without_sequences(line));
    }
    Err(message)
}
