//! Init, PID 1 of a sandbox: prepares it and serves the requests of the host.

use std::os::unix::net::UnixStream;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::setsid;

use super::namespaces::{self, Identity};
use super::workspace::Workspace;
use super::{failed, filesystem, seccomp, supervisor, syscall};
use crate::protocol::{self, Bytes, Reply, Request};
use crate::{SandboxError, Spec};

/// Makes this process, the first of its PID namespace, ready to run tested code.
pub(super) fn prepare(spec: &Spec, identity: Identity) -> Result<(), SandboxError> {
    setsid().map_err(failed("start a session"))?;
    // A handler, as the standard library's for stack overflows, would let tested code
    // send that signal to init.
    syscall::reset_signals();
    // SAFETY: ignoring a signal runs no code.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) }.map_err(failed("ignore SIGPIPE"))?;
    filesystem::build(spec, identity.outside, filesystem::Processes::Own)?;
    forbid_core_dumps()?;
    namespaces::give_up_privileges(identity)?;
    seccomp::confine(spec.allow_ptrace)
}

/// A limit of 1 means, other than 0, that no core is piped into a program of the host.
fn forbid_core_dumps() -> Result<(), SandboxError> {
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).map_err(failed("read the core limit"))?;
    let limit = hard.min(1);
    setrlimit(Resource::RLIMIT_CORE, limit, limit).map_err(failed("forbid core dumps"))
}

/// Serves until the host hangs up. The first reply says that init is ready.
pub(super) fn serve(socket: &UnixStream) {
    let workspace = match Workspace::open() {
        Ok(workspace) => workspace,
        Err(error) => {
            let _ = protocol::send(socket, &Reply::Failed(error));
            return;
        }
    };
    let mut reply = Reply::Done;
    while protocol::send(socket, &reply).is_ok() {
        let Some(request) = next(socket) else { return };
        reply = match request {
            Request::Serve(command) => match supervisor::serve(&command, socket) {
                Ok(exit) => syscall::exit_now(i32::from(exit.to_status())),
                Err(error) => Reply::Failed(error),
            },
            request => answer(&workspace, request, socket).unwrap_or_else(Reply::Failed),
        };
    }
}

/// The next request; `None` once the host is gone.
fn next(socket: &UnixStream) -> Option<Request<'static>> {
    loop {
        match protocol::receive(socket).ok()? {
            // The command that it was to end has ended.
            Request::Stop => {}
            request => return Some(request),
        }
    }
}

fn answer(
    workspace: &Workspace,
    request: Request<'_>,
    socket: &UnixStream,
) -> Result<Reply, SandboxError> {
    match request {
        Request::Start(_) | Request::Serve(_) | Request::Stop => {
            Err(SandboxError::Protocol { detail: "it was started twice".to_owned() })
        }
        Request::Write(files) => workspace.write(&files).map(|()| Reply::Done),
        Request::Execute(command) => supervisor::execute(&command, socket).map(Reply::Executed),
        Request::Read { path, max_bytes } => {
            workspace.read(&path, max_bytes).map(|content| Reply::Content(content.map(Bytes)))
        }
        Request::Tree { path } => workspace.tree(&path).map(Reply::Tree),
    }
}
