//! [`State`]: what is in a sandbox before the first command, beside the system.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Folders, files and programs that are created in every sandbox. Paths are absolute. Those in a
/// writable place belong to tested code, as if it had made them; those elsewhere can be read but
/// not changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub folders: Vec<StateFolder>,
    pub files: Vec<StateFile>,
    pub programs: Vec<StateProgram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFolder {
    pub path: PathBuf,
    /// Permission bits, such as `0o755`.
    pub mode: u32,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFile {
    /// Folders above it are made where they are missing.
    pub path: PathBuf,
    pub mode: u32,
    #[serde(with = "crate::bytes")]
    pub content: Vec<u8>,
}

impl fmt::Debug for StateFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StateFile")
            .field("path", &self.path)
            .field("mode", &self.mode)
            .field("bytes", &self.content.len())
            .finish()
    }
}

/// A program in `/bin`, in the place of the host's where that has one of its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateProgram {
    /// A file name.
    pub name: String,
    #[serde(with = "crate::bytes")]
    pub content: Vec<u8>,
}
