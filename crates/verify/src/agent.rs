//! Coding agents: programs that work on code with a model's help. Each is one row of
//! [`AGENTS`], of a version that is written down; `assay prepare --agents` installs it into
//! the cache, with the digests of all packages that it is made of. See
//! docs/agent-workspace.md.

mod npm;
mod pip;
mod record;

use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use assay_core::InfraError;
use assay_core::files::sha256;
use assay_core::infra_error::InfraClass;
use assay_core::meant::did_you_mean;
use assay_sandbox::Mount;

use crate::analyser::Standing;
use crate::prepare::{Cache, Fill, Installation, PlannedInstallation, PrepareError, Room};
use crate::toolchain::Needs;
use npm::Npm;
use pip::Pip;
use record::Record;

/// Where an agent's installation is seen.
const INSTALLED: &str = "/opt/agent";

/// An agent that Assay installs.
struct Entry {
    name: &'static str,
    /// What it is, in a phrase.
    about: &'static str,
    /// The version that Assay is tried with.
    version: &'static str,
    source: Source,
}

/// Where an agent comes from, and how it starts.
enum Source {
    Npm(Npm),
    Pip(Pip),
}

/// The package that is nothing but ripgrep for this machine, and its version.
const RIPGREP: (&str, &str) = ("@vscode/ripgrep-linux-ARCH", "1.18.0");

/// Every agent, in the order in which they are shown.
const AGENTS: &[Entry] = &[
    Entry {
        name: "claude-code",
        about: "Anthropic's Claude Code",
        version: "2.1.332",
        source: Source::Npm(Npm {
            package: "@anthropic-ai/claude-code",
            start: npm::Start::Binary("@anthropic-ai/claude-code-linux-ARCH/claude"),
            path: &[],
            beside: &[],
        }),
    },
    Entry {
        name: "codex",
        about: "OpenAI's Codex CLI",
        version: "0.171.0",
        source: Source::Npm(Npm {
            package: "@openai/codex",
            start: npm::Start::Binary(
                "@openai/codex-linux-ARCH/vendor/MACHINE-unknown-linux-musl/bin/codex",
            ),
            path: &["@openai/codex-linux-ARCH/vendor/MACHINE-unknown-linux-musl/codex-path"],
            beside: &[],
        }),
    },
    Entry {
        name: "gemini-cli",
        about: "Google's Gemini CLI",
        version: "0.61.0",
        source: Source::Npm(Npm {
            package: "@google/gemini-cli",
            start: npm::Start::Script("gemini"),
            path: &[],
            beside: &[],
        }),
    },
    Entry {
        name: "qwen-code",
        about: "Alibaba's Qwen Code",
        version: "0.24.4",
        source: Source::Npm(Npm {
            package: "@qwen-code/qwen-code",
            start: npm::Start::Script("qwen"),
            // Without it, it searches with a slower program of its own.
            path: &["@vscode/ripgrep-linux-ARCH/bin"],
            beside: &[RIPGREP],
        }),
    },
    Entry {
        name: "opencode",
        about: "OpenCode",
        version: "1.18.33",
        source: Source::Npm(Npm {
            package: "opencode-ai",
            start: npm::Start::Binary("opencode-linux-ARCH/bin/opencode"),
            // It would fetch this program where it does not find it.
            path: &["@vscode/ripgrep-linux-ARCH/bin"],
            beside: &[RIPGREP],
        }),
    },
    Entry {
        name: "aider",
        about: "aider, which edits the files that it is given",
        version: "0.86.2",
        source: Source::Pip(Pip { package: "aider-chat", module: "aider" }),
    },
    Entry {
        name: "mini-swe-agent",
        about: "mini-SWE-agent, a small loop around a shell",
        version: "2.4.6",
        source: Source::Pip(Pip { package: "mini-swe-agent", module: "minisweagent.run.mini" }),
    },
];

/// An agent of a version, installed or not.
#[derive(Clone)]
pub struct Agent {
    entry: &'static Entry,
    version: String,
}

impl Agent {
    /// All of them, in the versions that Assay is tried with.
    pub fn all() -> impl Iterator<Item = Agent> {
        AGENTS.iter().map(|entry| Agent { entry, version: entry.version.to_owned() })
    }

    /// What users call it.
    pub fn name(&self) -> &'static str {
        self.entry.name
    }

    /// What it is, in a phrase.
    pub fn about(&self) -> &'static str {
        self.entry.about
    }

    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether this is the version that Assay is tried with.
    pub fn is_pinned(&self) -> bool {
        self.version == self.entry.version
    }

    /// As it is written on a command line.
    fn word(&self) -> String {
        match self.is_pinned() {
            true => self.name().to_owned(),
            false => self.to_string(),
        }
    }

    fn installation(&self) -> (Needs, Fill<'_>) {
        match &self.entry.source {
            Source::Npm(npm) => {
                (self.needs(&npm.key(&self.version)), Box::new(|site| npm.install(self, site)))
            }
            Source::Pip(pip) => {
                (self.needs(&pip.key(&self.version)), Box::new(|site| pip.install(self, site)))
            }
        }
    }

    fn needs(&self, key: &str) -> Needs {
        Needs { key: key.to_owned(), summary: self.to_string() }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name(), self.version)
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Agent({self})")
    }
}

/// A text that names no agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownAgent {
    #[error("no agent is called {name:?}{}; there are {}", did_you_mean(name, AGENTS.iter().map(|entry| entry.name)), names())]
    Name { name: String },
    #[error("{version:?} is no version of {name}; write it as in {name}@1.2.3")]
    Version { name: String, version: String },
}

fn names() -> String {
    AGENTS.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ")
}

/// A version that is exact, and that a package manager takes for nothing else.
fn is_version(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains('.')
        && text.chars().all(is_part)
}

impl FromStr for Agent {
    type Err = UnknownAgent;

    /// Reads `NAME` or `NAME@VERSION`.
    fn from_str(text: &str) -> Result<Agent, UnknownAgent> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let name = name.trim();
        let entry = AGENTS
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| UnknownAgent::Name { name: name.to_owned() })?;
        let version = version.unwrap_or(entry.version);
        if !is_version(version) {
            let (name, version) = (name.to_owned(), version.to_owned());
            return Err(UnknownAgent::Version { name, version });
        }
        Ok(Agent { entry, version: version.to_owned() })
    }
}

/// What the installations of all agents need, in the versions that Assay is tried with.
pub(super) fn needs() -> Vec<Needs> {
    Agent::all().map(|agent| agent.installation().0).collect()
}

/// An agent that is installed, and how it is started in a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledAgent {
    pub name: String,
    pub version: String,
    /// SHA-256 of the names, versions and digests of all packages that it is made of.
    pub digest: String,
    /// What it lies in, read-only.
    pub mounts: Vec<Mount>,
    /// What its command lines begin with.
    pub command: Vec<String>,
    /// Folders of programs that it looks for.
    pub path: Vec<String>,
}

/// Where a program of the user's own lies in a sandbox.
const OWN: &str = "/opt/agent";

impl InstalledAgent {
    /// A program of the user's own: an executable file, which is seen alone, or a folder with
    /// one that is called `agent`, which is seen whole.
    pub fn own(path: &Path) -> Result<InstalledAgent, String> {
        let unreadable = |error: io::Error| format!("failed to read {}: {error}", path.display());
        let source = path.canonicalize().map_err(unreadable)?;
        let program = format!("{OWN}/agent");
        let is_folder = source.is_dir();
        let file = if is_folder { source.join("agent") } else { source.clone() };
        let is_program =
            |found: std::fs::Metadata| found.is_file() && found.permissions().mode() & 0o111 != 0;
        if !file.metadata().is_ok_and(is_program) {
            return Err(format!(
                "{} is no executable file; give an agent that is one (`chmod +x` makes a script one), or a folder with one that is called `agent`",
                file.display()
            ));
        }
        let target = if is_folder { OWN } else { program.as_str() };
        Ok(InstalledAgent {
            name: path.display().to_string(),
            version: String::new(),
            digest: sha256(&std::fs::read(&file).map_err(unreadable)?),
            mounts: vec![Mount::new(source, target)],
            command: vec![program],
            path: Vec::new(),
        })
    }
}

/// The agents, with the cache that they are installed in.
#[derive(Debug)]
pub struct Agents {
    cache: Cache,
}

impl Agents {
    /// Those of a cache, which is the one that cases are prepared in.
    pub fn new(cache: PathBuf) -> Agents {
        Agents { cache: Cache::new(cache) }
    }

    /// Whether an agent can be run, and if not, what to do.
    pub fn standing(&self, agent: &Agent) -> Standing {
        match self.place(agent).and_then(|place| Record::read(&place)) {
            Ok(record) => Standing::Installed {
                version: format!("{}, sha256 {}", record.version, record.digest),
            },
            Err(lack) => Standing::Lacking { what: format!("it {lack}"), remedy: remedy(agent) },
        }
    }

    /// How an agent is started; an error if it is not installed, with the remedy.
    pub fn installed(&self, agent: &Agent) -> Result<InstalledAgent, InfraError> {
        let lacks = |lack: String| {
            let message = format!("{agent} {lack}; {}", remedy(agent));
            InfraError::new(InfraClass::Unprepared, message)
        };
        let place = self.place(agent).map_err(lacks)?;
        let record = Record::read(&place).map_err(lacks)?;
        let (command, path) = match &agent.entry.source {
            Source::Npm(npm) => (npm.command(), npm.path()),
            Source::Pip(pip) => (pip.command(), Vec::new()),
        };
        Ok(InstalledAgent {
            name: agent.name().to_owned(),
            version: record.version,
            digest: record.digest,
            mounts: vec![Mount::new(place, INSTALLED)],
            command,
            path,
        })
    }

    /// Installs the agents that are not there yet, from the network, and returns how many
    /// installations failed.
    pub fn prepare(
        &self,
        agents: &[Agent],
        tell: &mut dyn FnMut(&Installation<'_>),
    ) -> Result<usize, PrepareError> {
        let planned = agents.iter().map(|agent| {
            let (needs, fill) = agent.installation();
            PlannedInstallation { room: Room::Agents, needs, needed_by: vec![agent.name()], fill }
        });
        self.cache.install_all(&planned.collect::<Vec<_>>(), tell)
    }

    fn place(&self, agent: &Agent) -> Result<PathBuf, String> {
        self.cache.whole(self.cache.place(Room::Agents, &agent.installation().0))
    }
}

fn remedy(agent: &Agent) -> String {
    format!("run `assay prepare --agents={}`", agent.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_named_with_or_without_a_version() {
        let check = |text: &str, expect: &str| {
            let read =
                text.parse::<Agent>().map_or_else(|error| error.to_string(), |it| it.to_string());
            assert!(read.starts_with(expect), "{text}: {read}");
        };
        check("codex", "codex@0.171.0");
        check(" aider@0.85.1", "aider@0.85.1");
        check("gemini-cli@1.0.0-preview.2", "gemini-cli@1.0.0-preview.2");
        check("cursor", "no agent is called \"cursor\"; there are claude-code, ");
        check("codex@latest", "\"latest\" is no version of codex");
        check("codex@^0.1", "\"^0.1\" is no version");
        check("codex@", "\"\" is no version");
        check("codex@1.0 --registry=x", "\"1.0 --registry=x\" is no version");
        check("codex@1.0/../x", "\"1.0/../x\" is no version");
    }
}
