//! [`Spec`]: what a sandbox is made of, before anything runs in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a sandbox is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Host files and directories shown inside, always read-only, on top of the
    /// system directories (`/usr` and its like).
    pub mounts: Vec<Mount>,
    /// The lines of `/etc/hosts`.
    pub hosts: Vec<(IpAddr, String)>,
    /// How many bytes `/work` holds.
    pub workspace_bytes: u64,
    /// How many bytes `/tmp` holds.
    pub tmp_bytes: u64,
    /// Whether programs may trace their own children, as LeakSanitizer does.
    pub allow_ptrace: bool,
    /// The program executed as launcher and init.
    pub launcher: Launcher,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            mounts: Vec::new(),
            hosts: vec![
                (Ipv4Addr::LOCALHOST.into(), "localhost".to_owned()),
                (Ipv6Addr::LOCALHOST.into(), "localhost".to_owned()),
            ],
            workspace_bytes: 256 << 20,
            tmp_bytes: 128 << 20,
            allow_ptrace: false,
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

/// The program executed as launcher and init. Its `main` must begin with
/// [`crate::enter_if_launched`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Launcher {
    /// The program that is running now.
    #[default]
    CurrentExecutable,
    Program(PathBuf),
}
