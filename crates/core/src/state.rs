//! [`State`]: what a case's phases find outside the project.
//!
//! A sandbox is fresh, so whatever an attack goes through must be put there: a folder
//! that a traversal passes, a file that a leak would show, a command that an injection
//! hangs on. How it is written down is in `declaration.rs`; docs/state.md describes it.

mod declaration;

use crate::count::counted;
use serde::Serialize;

pub use declaration::{StateFault, StateTable};

/// What is created before each suite of a case, afresh for each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct State {
    pub folders: Vec<Folder>,
    pub files: Vec<StateFile>,
    /// Programs that exist for the case alone, in `/bin`.
    pub programs: Vec<Program>,
    /// Commands that the host must have.
    pub commands: Vec<String>,
    /// Variables of the environment, beside the usual ones or in their place.
    pub environment: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Folder {
    /// Absolute, in normal form.
    pub path: String,
    /// Permission bits.
    #[serde(serialize_with = "octal")]
    pub mode: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateFile {
    /// Absolute, in normal form.
    pub path: String,
    #[serde(serialize_with = "octal")]
    pub mode: u32,
    #[serde(rename = "bytes", serialize_with = "length")]
    pub content: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Program {
    pub name: String,
    #[serde(rename = "bytes", serialize_with = "length")]
    pub content: Vec<u8>,
}

impl State {
    /// Each thing in a line, as people are shown it.
    pub fn lines(&self) -> Vec<String> {
        let folder = |it: &Folder| format!("folder {} ({:04o})", it.path, it.mode);
        let file = |it: &StateFile| {
            format!("file {} ({:04o}, {})", it.path, it.mode, counted(it.content.len(), "byte"))
        };
        let program = |it: &Program| {
            format!("program /bin/{} ({})", it.name, counted(it.content.len(), "byte"))
        };
        let command = |it: &String| format!("command {it}");
        let variable = |(name, value): &(String, String)| format!("environment {name}={value}");
        let made = self.folders.iter().map(folder).chain(self.files.iter().map(file));
        let needed = self.programs.iter().map(program).chain(self.commands.iter().map(command));
        made.chain(needed).chain(self.environment.iter().map(variable)).collect()
    }

    pub fn is_empty(&self) -> bool {
        *self == State::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn octal<S: serde::Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{mode:04o}"))
}

fn length<S: serde::Serializer>(content: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(content.len() as u64)
}
