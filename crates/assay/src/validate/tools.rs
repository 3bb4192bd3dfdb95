//! The versions of the tools that verdicts depend on.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// The tools of the languages that can be validated: the name shown, and the
/// command that answers with a version.
const TOOLS: [(&str, &[&str]); 4] = [
    ("gcc", &["/usr/bin/gcc", "--version"]),
    ("objcopy", &["/usr/bin/objcopy", "--version"]),
    ("python", &[PYTHON, "--version"]),
    ("python venv", &[PYTHON, "-m", "ensurepip", "--version"]),
];

/// The interpreter of Python cases. It must lie under `/usr`, which is what a
/// sandbox shows of the host.
pub(super) const PYTHON: &str = "/usr/bin/python3";

/// What to do about a tool that is missing.
pub const REMEDY: &str = "run `make setup`, or install gcc, binutils and python3-venv";

/// The first line that each tool answers; `missing` without one.
pub fn versions() -> BTreeMap<String, String> {
    TOOLS
        .iter()
        .map(|(name, command)| {
            let version = version(command).unwrap_or_else(|| "missing".to_owned());
            ((*name).to_owned(), version)
        })
        .collect()
}

/// The first line that a command answers, if it succeeds.
#[expect(clippy::disallowed_methods, reason = "asks a tool of the host for its version")]
pub(super) fn version(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}
