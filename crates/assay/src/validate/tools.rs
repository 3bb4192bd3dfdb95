//! The versions of the tools that verdicts depend on.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// The tools of the languages that can be validated, by the name shown.
const TOOLS: [(&str, &str); 3] =
    [("gcc", "/usr/bin/gcc"), ("objcopy", "/usr/bin/objcopy"), ("python", "/usr/bin/python3")];

/// The first line that each tool answers to `--version`; `missing` without one.
pub fn versions() -> BTreeMap<String, String> {
    TOOLS
        .iter()
        .map(|(name, program)| {
            let version = version(program).unwrap_or_else(|| "missing".to_owned());
            ((*name).to_owned(), version)
        })
        .collect()
}

/// The first line that a tool answers to `--version`.
#[expect(clippy::disallowed_methods, reason = "asks a tool of the host for its version")]
pub(super) fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}
