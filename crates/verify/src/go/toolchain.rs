//! Finds the Go toolchain.

use std::path::PathBuf;
use std::sync::LazyLock;

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;

use super::super::tools::{MISSING, remedy, version};

/// The version that Assay is tried with: 1.26.
const SUPPORTED: u32 = 26;

/// The oldest version that is used where there is no other: 1.24.
const OLDEST: u32 = 24;

/// The program `go` and the arguments that make it tell about itself.
struct Commands {
    version: [&'static str; 2],
    root: [&'static str; 3],
}

static COMMANDS: LazyLock<Commands> = LazyLock::new(|| {
    let program = program();
    Commands { version: [program, "version"], root: [program, "env", "GOROOT"] }
});

static TOOLS: LazyLock<[(&str, &[&str]); 2]> =
    LazyLock::new(|| [("go", &COMMANDS.version), ("gcc", &["/usr/bin/gcc", "--version"])]);

pub(super) fn tools() -> &'static [(&'static str, &'static [&'static str])] {
    &*TOOLS
}

/// The program `go`: the one that is found by its name, the one in the place
/// where Go's own installation puts it, or the one that `make setup` has fetched
/// where neither is of the supported version.
fn program() -> &'static str {
    static USUAL: [[&str; 2]; 2] = [["go", "version"], ["/usr/local/go/bin/go", "version"]];
    let usual = |is_right: fn(u32) -> bool| {
        let found = |command: &'static [&'static str; 2]| minor(&version(command));
        let right = USUAL.iter().find(|command| found(command).is_some_and(is_right));
        right.map(|command| command[0])
    };
    if let Some(program) = usual(|minor| minor == SUPPORTED) {
        return program;
    }
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let fetched = cache.map(|cache| cache.join("assay/go-toolchain/bin/go"));
    match fetched.filter(|program| program.is_file()) {
        // It is looked for once a process.
        Some(program) => Box::leak(program.to_string_lossy().into_owned().into_boxed_str()),
        None => usual(|minor| minor >= OLDEST).unwrap_or(USUAL[0][0]),
    }
}

/// The 26 of `go version go1.26.8 linux/amd64`.
pub(super) fn minor(version: &str) -> Option<u32> {
    let number = version.strip_prefix("go version go1.")?;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

/// The program `go`.
pub(crate) fn go() -> &'static str {
    COMMANDS.version[0]
}

/// What the toolchain says of its version.
pub(crate) fn go_version() -> String {
    version(&COMMANDS.version)
}

/// The folder of the toolchain.
pub(crate) fn goroot() -> Result<PathBuf, InfraError> {
    let root = version(&COMMANDS.root);
    if root == MISSING || root.is_empty() {
        let message = format!("{} does not run; {}", go(), remedy(["go"]));
        return Err(InfraError::new(InfraClass::Unprepared, message));
    }
    Ok(PathBuf::from(root))
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn the_minor_version_is_read_from_what_go_answers() {
        assert_eq!(minor("go version go1.26.8 linux/amd64"), Some(26));
        assert_eq!(minor("go version go1.25rc1 linux/amd64"), Some(25));
        assert_eq!(minor("missing"), None);
    }
}
