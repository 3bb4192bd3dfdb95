//! [`File`]: a file to write into a sandbox, and [`TreeEntry`]: what lies there.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file to write.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Relative to `/work`, or absolute below `/work`, `/tmp` or `/dev/shm`.
    pub path: String,
    #[serde(with = "crate::bytes")]
    pub content: Vec<u8>,
    pub executable: bool,
}

impl File {
    pub fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> File {
        File { path: path.into(), content: content.into(), executable: false }
    }

    #[must_use]
    pub fn executable(mut self) -> File {
        self.executable = true;
        self
    }
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("File")
            .field("path", &self.path)
            .field("bytes", &self.content.len())
            .field("executable", &self.executable)
            .finish()
    }
}

/// What lies at one path of a tree. Two trees are equal exactly if names, kinds,
/// contents and the right to execute are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TreeEntry {
    Directory,
    File {
        bytes: u64,
        /// SHA-256 of the content.
        digest: [u8; 32],
        executable: bool,
    },
    Symlink {
        target: String,
    },
    /// A file or directory whose mode denies reading it.
    Unreadable,
    /// A socket, a pipe or a device.
    Special,
}
