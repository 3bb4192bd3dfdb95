//! What runs in the launcher and in init: everything between the host and the tested
//! code.

mod capture;
mod census;
mod clock;
mod consumption;
pub(crate) mod descriptor;
pub(crate) mod entry;
mod etc;
mod filesystem;
pub(crate) mod inherited;
mod init;
mod interpreter;
pub(crate) mod launch;
mod layout;
pub(crate) mod namespaces;
pub(crate) mod nursery;
mod program;
mod seccomp;
mod state;
mod supervisor;
pub(crate) mod syscall;
mod workspace;
pub(crate) mod world;

use nix::errno::Errno;

use crate::SandboxError;

/// The user and group that tested code believes to be.
const INSIDE_ID: u32 = 1000;

/// Says which step of setting up a sandbox failed.
fn failed(step: impl Into<String>) -> impl FnOnce(Errno) -> SandboxError {
    let step = step.into();
    move |errno| SandboxError::Setup { step, cause: errno.into(), remedy: None }
}

/// The same for errors of the standard library.
fn failed_io(step: impl Into<String>) -> impl FnOnce(std::io::Error) -> SandboxError {
    let step = step.into();
    move |error| SandboxError::Setup { step, cause: error.into(), remedy: None }
}
