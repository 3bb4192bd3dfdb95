//! The versions of the tools that verdicts depend on.

use std::collections::{BTreeMap, HashMap};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use assay_core::Language;

use super::toolchain::Toolchains;

/// The interpreter of Python cases. It must lie under `/usr`, which is what a
/// sandbox shows of the host.
pub(super) const PYTHON: &str = "/usr/bin/python3";

/// Answers with the interpreter's shared library. Nothing needs it, but with it suites
/// share one start of the interpreter.
pub(super) const LIBPYTHON: &[&str] = &[
    PYTHON,
    "-c",
    r"
import ctypes, sys
name = 'libpython%d.%d.so.1.0' % sys.version_info[:2]
try:
    ctypes.CDLL(name)
    print(name)
except OSError:
    print('none, so each suite starts an interpreter; install %s' % name.partition('.so')[0])
",
];

/// The name of the interpreter's shared library, where there is one.
pub(super) fn libpython() -> Option<String> {
    let answer = version(LIBPYTHON);
    answer.starts_with("libpython").then_some(answer)
}

/// What to do about a tool that is missing.
pub const REMEDY: &str = "run `make setup`";

/// The version of a tool that does not answer.
pub const MISSING: &str = "missing";

/// The first line that each tool of these languages answers; [`MISSING`] without one.
pub fn versions(languages: &[Language]) -> BTreeMap<String, String> {
    let toolchains = Toolchains::default();
    let known = languages.iter().map(|language| toolchains.of(*language));
    known
        .flat_map(|toolchain| toolchain.tools())
        .map(|(name, command)| ((*name).to_owned(), version(command)))
        .collect()
}

/// The variables that tools find themselves by. A tool that says its version needs no
/// others, least of all keys of providers.
const VARIABLES: [&str; 4] = ["PATH", "HOME", "XDG_CACHE_HOME", "JAVA_HOME"];

/// The first line that a command answers, [`MISSING`] if it does not succeed.
/// It is asked once a process.
#[expect(clippy::disallowed_methods, reason = "asks a tool of the host for its version")]
pub(super) fn version(command: &'static [&'static str]) -> String {
    static KNOWN: Mutex<Option<HashMap<&[&str], String>>> = Mutex::new(None);
    let ask = || {
        let (program, arguments) = command.split_first()?;
        let set = |name| std::env::var_os(name).map(|value| (name, value));
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(VARIABLES.into_iter().filter_map(set));
        let output = command.stdin(Stdio::null()).output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    known.entry(command).or_insert_with(|| ask().unwrap_or_else(|| MISSING.to_owned())).clone()
}
