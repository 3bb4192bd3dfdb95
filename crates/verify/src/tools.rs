//! The versions of the tools that verdicts depend on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use tracing::debug;

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

/// The packages of Debian that bring each tool. Go is not among them: Debian's is older than the
/// one that verdicts depend on.
const PACKAGES: &[(&str, &str)] = &[
    ("addr2line", "binutils"),
    ("gcc", "gcc libc6-dev"),
    ("gold", "binutils"),
    ("java", "openjdk-17-jdk-headless"),
    ("javac", "openjdk-17-jdk-headless"),
    ("libpython", "libpython3.11"),
    ("maven", "maven"),
    ("minitest", "ruby-minitest"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("objcopy", "binutils"),
    ("python", "python3"),
    ("python venv", "python3-venv"),
    ("ruby", "ruby"),
];

/// What to do about tools that are missing, as part of a message.
pub fn remedy<'a>(missing: impl IntoIterator<Item = &'a str>) -> String {
    let missing: Vec<&str> = missing.into_iter().collect();
    let of = |tool: &&str| PACKAGES.iter().find(|(name, _)| name == tool);
    let named = missing.iter().filter_map(of).flat_map(|(_, packages)| packages.split(' '));
    let packages: BTreeSet<&str> = named.collect();
    let mut steps = Vec::new();
    if !packages.is_empty() {
        let packages: Vec<&str> = packages.into_iter().collect();
        steps.push(format!("run `apt-get install {}` as root", packages.join(" ")));
    }
    if missing.contains(&"go") {
        let version = supported("go").unwrap_or_default();
        steps.push(format!("install Go {version} as its makers say, into /usr/local/go"));
    }
    if steps.is_empty() {
        steps.push(format!("install {}", missing.join(", ")));
    }
    steps.join("; ")
}

/// The version of a tool that does not answer.
pub const MISSING: &str = "missing";

/// The versions of tools, lowest and highest, that the whole gate has passed with. Only
/// as many parts of a version count as are named here. A tool that no verdict depends on
/// is not among them.
const SUPPORTED: &[(&str, &str, &str)] = &[
    ("addr2line", "2.40", "2.40"),
    ("gcc", "12", "12"),
    ("go", "1.26", "1.26"),
    ("gold", "2.40", "2.40"),
    ("java", "17", "17"),
    ("javac", "17", "17"),
    ("maven", "3.8", "3.8"),
    ("node", "18", "20"),
    ("objcopy", "2.40", "2.40"),
    ("minitest", "5.17", "5.17"),
    ("python", "3.11", "3.11"),
    ("ruby", "3.1", "3.1"),
];

/// The supported versions of a tool, in a phrase; `None` if any will do.
fn supported(tool: &str) -> Option<String> {
    let (_, lowest, highest) = SUPPORTED.iter().find(|(name, ..)| *name == tool)?;
    let is_one = lowest == highest;
    Some(if is_one { (*lowest).to_owned() } else { format!("{lowest} to {highest}") })
}

/// The supported versions of every tool that a verdict depends on, by name.
pub fn all_supported() -> BTreeMap<String, String> {
    let phrase = |name: &str| supported(name).map(|phrase| (name.to_owned(), phrase));
    SUPPORTED.iter().filter_map(|(name, ..)| phrase(name)).collect()
}

/// The supported versions of a tool if this answer of it names none of them.
pub fn unsupported(tool: &str, answer: &str) -> Option<String> {
    let (_, lowest, highest) = SUPPORTED.iter().find(|(name, ..)| *name == tool)?;
    let is_within = || {
        let found = parts(number(answer)?);
        let cut = |bound: &[u32]| found.get(..bound.len()).map(<[u32]>::to_vec);
        let (lowest, highest) = (parts(lowest), parts(highest));
        Some(cut(&lowest)? >= lowest && cut(&highest)? <= highest)
    };
    if is_within() == Some(true) { None } else { supported(tool) }
}

/// The first number with a point in an answer: its version.
fn number(answer: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    answer
        .split(|c: char| !is_part(c))
        .map(|word| word.trim_matches('.'))
        .find(|word| word.contains('.'))
}

fn parts(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// Without what drives a terminal: colours, titles of windows, and single control characters.
pub(super) fn without_sequences(line: &str) -> String {
    let mut text = String::new();
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        if c != '\u{1b}' {
            // A tab keeps words apart.
            let c = if c == '\t' { ' ' } else { c };
            text.extend(Some(c).filter(|c| !c.is_control()));
            continue;
        }
        match characters.next() {
            // Up to the letter that says what to do.
            Some('[') => drop(characters.by_ref().find(|c| ('@'..='~').contains(c))),
            // A text up to a bell, or to an escape and a backslash.
            Some(']') => {
                let end = characters.by_ref().find(|c| matches!(c, '\u{7}' | '\u{1b}'));
                if end == Some('\u{1b}') {
                    characters.next_if_eq(&'\\');
                }
            }
            _ => {}
        }
    }
    text
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
        let output = command.stdin(Stdio::null()).output();
        let output =
            output.inspect_err(|error| debug!(program, %error, "tool cannot be run")).ok()?;
        debug!(program, status = output.status.to_string(), "asked a tool for its version");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        output
            .status
            .success()
            .then(|| without_sequences(text.lines().next().unwrap_or_default()).trim().to_owned())
    };
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    known.entry(command).or_insert_with(|| ask().unwrap_or_else(|| MISSING.to_owned())).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_names_each_package_once() {
        let check = |missing: &[&str], expect: &str| {
            assert_eq!(remedy(missing.iter().copied()), expect, "{missing:?}");
        };
        check(&["ruby", "minitest"], "run `apt-get install ruby ruby-minitest` as root");
        check(&["gold", "objcopy"], "run `apt-get install binutils` as root");
        check(&["go"], "install Go 1.26 as its makers say, into /usr/local/go");
        check(&["x"], "install x");
    }

    #[test]
    fn versions_are_read_out_of_what_tools_answer() {
        let check = |answer, expect| assert_eq!(number(answer), expect, "{answer}");
        check("gcc (Debian 12.2.0-14+deb12u1) 12.2.0", Some("12.2.0"));
        check("GNU gold (GNU Binutils for Debian 2.40) 1.16", Some("2.40"));
        check("openjdk version \"17.0.15\" 2025-04-15", Some("17.0.15"));
        check("go version go1.26.8 linux/amd64", Some("1.26.8"));
        check("v20.20.2", Some("20.20.2"));
        check("Python 3.11.2", Some("3.11.2"));
        check("version two", None);
    }

    #[test]
    fn only_versions_that_the_gate_has_passed_with_are_supported() {
        let check = |tool, answer, is_supported: bool| {
            assert_eq!(unsupported(tool, answer).is_none(), is_supported, "{tool}: {answer}");
        };
        check("node", "v18.19.0", true);
        check("node", "v20.20.2", true);
        check("node", "v17.9.1", false);
        check("node", "v100.1.0", false);
        check("go", "go version go1.26 linux/amd64", true);
        check("go", "go version go1.3.1 linux/amd64", false);
        check("gcc", "gcc (Ubuntu 13.2.0-23ubuntu4) 13.2.0", false);
        check("python", MISSING, false);
        check("npm", "11.19.1", true);
    }

    #[test]
    fn a_remedy_names_packages_each_once() {
        let check = |names: &[&str], expect: &str| {
            assert_eq!(remedy(names.iter().copied()), expect, "{names:?}");
        };
        check(&["ruby"], "run `apt-get install ruby` as root");
        check(&["gold", "gcc", "objcopy"], "run `apt-get install binutils gcc libc6-dev` as root");
        assert!(
            remedy(["go", "npm"]).starts_with("run `apt-get install npm` as root; install Go 1.26")
        );
        check(&["tar"], "install tar");
        for (tool, ..) in SUPPORTED {
            assert_ne!(remedy([*tool]), format!("install {tool}"), "{tool} has no package");
        }
    }

    #[test]
    fn what_drives_a_terminal_is_left_out() {
        let check = |line, expect| assert_eq!(without_sequences(line), expect, "{line:?}");
        check("\u{1b}[1mApache Maven 3.8.7\u{1b}[m", "Apache Maven 3.8.7");
        check("plain\u{7}\r", "plain");
        check("\u{1b}]0;npm install\u{7}added\t3", "added 3");
        check("\u{1b}[0", "");
        check("\u{1b}]0;a title\u{7}v1.2", "v1.2");
        check("\u{1b}]8;;there\u{1b}\\v1.2\u{1b}]8;;\u{1b}\\", "v1.2");
        check("\u{1b}(Bv1.2", "Bv1.2");
        check("\u{1b}", "");
    }
}
