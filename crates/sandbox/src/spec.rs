//! [`Spec`]: what a sandbox is made of, before anything runs in it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{State, World};

/// What a sandbox is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Host files and directories shown inside, always read-only, on top of the
    /// system directories (`/usr` and its like).
    pub mounts: Vec<Mount>,
    /// Files shown inside, read-only, on top of the mounts.
    pub files: Vec<SystemFile>,
    /// What exists before the first command.
    pub state: State,
    /// The lines of `/etc/hosts`.
    pub hosts: Vec<(IpAddr, String)>,
    /// How many bytes `/work` holds.
    pub workspace_bytes: u64,
    /// How many bytes `/tmp` holds.
    pub tmp_bytes: u64,
    /// Whether programs may trace their own children, as LeakSanitizer does.
    pub allow_ptrace: bool,
    /// The hosts that exist on the network; without a world, there is only the sandbox itself.
    pub world: Option<World>,
    /// A port of the sandbox's own 127.0.0.1 at which the host listens, by the listener that
    /// [`Sandbox::take_listener`](crate::Sandbox::take_listener) returns. It is the one thing
    /// outside that programs can reach, and they need no help for it inside.
    pub host_port: Option<u16>,
    /// The program executed as launcher and init.
    pub launcher: Launcher,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            mounts: Vec::new(),
            files: Vec::new(),
            state: State::default(),
            hosts: vec![
                (Ipv4Addr::LOCALHOST.into(), "localhost".to_owned()),
                (Ipv6Addr::LOCALHOST.into(), "localhost".to_owned()),
            ],
            workspace_bytes: 256 << 20,
            tmp_bytes: 128 << 20,
            allow_ptrace: false,
            world: None,
            host_port: None,
            launcher: Launcher::CurrentExecutable,
        }
    }
}

/// A host file or directory shown inside, read-only with everything mounted below it.
///
/// Tested code can connect to sockets and open pipes that lie in it, for that needs no
/// writing, and sees the host's path in `/proc/self/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// An absolute path on the host.
    pub source: PathBuf,
    /// An absolute path inside.
    pub target: PathBuf,
}

impl Mount {
    pub fn new(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Mount {
        Mount { source: source.into(), target: target.into() }
    }
}

/// A file that tested code can read and cannot change.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemFile {
    /// An absolute path inside. Below a [`Mount`], a file must be there, which is covered.
    pub target: PathBuf,
    #[serde(with = "crate::bytes")]
    pub content: Vec<u8>,
}

impl SystemFile {
    pub fn new(target: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> SystemFile {
        SystemFile { target: target.into(), content: content.into() }
    }
}

impl fmt::Debug for SystemFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SystemFile")
            .field("target", &self.target)
            .field("bytes", &self.content.len())
            .finish()
    }
}

/// The program executed as launcher and init. Its `main` must begin with
/// [`crate::enter_if_launched`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Launcher {
    /// The program that is running now.
    #[default]
    CurrentExecutable,
    Program(PathBuf),
}
