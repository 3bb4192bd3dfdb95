//! [`SandboxError`]: what can go wrong with a sandbox, other than what runs in it.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why the sandbox could not do what it was asked. It travels from init to the host,
/// so operating system errors are kept as numbers.
///
/// Messages complete "failed to ...".
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum SandboxError {
    #[error("start the sandbox launcher {program}: {cause}")]
    Launch { program: String, cause: OsError },

    #[error("set up the sandbox: {step}: {cause}{}", in_parentheses(.remedy))]
    Setup { step: String, cause: OsError, remedy: Option<String> },

    /// The program does not exist inside, or cannot be executed.
    #[error("execute {program} in the sandbox: {cause}")]
    Program { program: String, cause: OsError },

    /// The directory a command should start in cannot be entered.
    #[error("enter the directory {directory} in the sandbox: {cause}")]
    Directory { directory: String, cause: OsError },

    #[error(
        "use the path {path:?} in the sandbox: it must be relative, or below /work, /tmp or /dev/shm, and without `..`"
    )]
    InvalidPath { path: String },

    /// Something else lies where a file or a directory should be.
    #[error("reach {path} in the sandbox: {obstacle} lies in the way")]
    Obstructed { path: String, obstacle: Obstacle },

    #[error(
        "read {path} from the sandbox: it has {bytes} bytes, and at most {max_bytes} were asked for"
    )]
    TooLarge { path: String, bytes: u64, max_bytes: u64 },

    #[error(
        "list {path} in the sandbox: it has more entries, levels or bytes than are ever listed"
    )]
    TreeTooLarge { path: String },

    #[error("write {path} into the sandbox: its file system is full")]
    DiskFull { path: String },

    #[error("access {path} in the sandbox: {cause}")]
    File { path: String, cause: OsError },

    /// Its wall time was up again and again, while other work had nearly all of the machine.
    #[error(
        "execute {program} in the sandbox: in {seconds} s the machine had less than half a processor left for it; \
         run it again when less else runs"
    )]
    Starved { program: String, seconds: u64 },

    /// Launcher or init ended, or was killed because it did not answer in time.
    #[error("reach the sandbox while it should {request}: {cause}{}", in_parentheses(.remedy))]
    Lost { request: String, cause: OsError, remedy: Option<String> },

    #[error("understand the sandbox: {detail}")]
    Protocol { detail: String },
}

impl SandboxError {
    /// Whether tested code that ran earlier in this sandbox can have brought this
    /// about: by deleting a program, planting a symlink, or filling the disk. Such an
    /// error is no proof of trouble with the host.
    pub fn is_provocable(&self) -> bool {
        match self {
            SandboxError::Program { .. }
            | SandboxError::Directory { .. }
            | SandboxError::Obstructed { .. }
            | SandboxError::TooLarge { .. }
            | SandboxError::TreeTooLarge { .. }
            | SandboxError::DiskFull { .. }
            | SandboxError::File { .. } => true,
            SandboxError::Launch { .. }
            | SandboxError::Setup { .. }
            | SandboxError::InvalidPath { .. }
            | SandboxError::Starved { .. }
            | SandboxError::Lost { .. }
            | SandboxError::Protocol { .. } => false,
        }
    }
}

/// What lies where a file or a directory should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    Symlink,
    Directory,
    /// A file where a directory should be.
    File,
    /// A socket, a pipe or a device.
    Special,
    /// A file or directory whose mode denies access.
    Unreadable,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Obstacle::Symlink => "a symlink",
            Obstacle::Directory => "a directory",
            Obstacle::File => "a file",
            Obstacle::Special => "a special file",
            Obstacle::Unreadable => "a file without permission",
        })
    }
}

/// An operating system error by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OsError(pub i32);

impl fmt::Display for OsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        io::Error::from_raw_os_error(self.0).fmt(formatter)
    }
}

impl From<nix::errno::Errno> for OsError {
    fn from(errno: nix::errno::Errno) -> OsError {
        OsError(errno as i32)
    }
}

impl From<&io::Error> for OsError {
    fn from(error: &io::Error) -> OsError {
        OsError(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl From<io::Error> for OsError {
    fn from(error: io::Error) -> OsError {
        OsError::from(&error)
    }
}

fn in_parentheses(remedy: &Option<String>) -> String {
    remedy.as_ref().map(|remedy| format!(" ({remedy})")).unwrap_or_default()
}
