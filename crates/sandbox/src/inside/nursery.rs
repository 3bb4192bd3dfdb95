//! The nursery: prepares an interpreter and forks launchers from it.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction, signal};
use nix::unistd::{ForkResult, fork};

use super::interpreter::Interpreter;
use super::{descriptor, failed, failed_io, filesystem, inherited, launch, namespaces, syscall};
use crate::protocol::{self, Reply};
use crate::{SandboxError, Seed, Spec};

/// The argument that makes a host binary a nursery.
pub(crate) const MARKER: &str = "__assay-nursery";

/// How long a nursery may take to prepare.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn run() -> ! {
    launch::end_silently_on_panic();
    // An import that never ends would outlive the host.
    let seconds = libc::c_uint::try_from(PATIENCE.as_secs()).unwrap_or(libc::c_uint::MAX);
    // SAFETY: the argument is a number, and the signal's action ends this process.
    unsafe { libc::alarm(seconds) };
    let Ok((socket, _)) = launch::take_sockets() else {
        syscall::exit_now(64);
    };
    let Ok(seed) = protocol::receive::<Seed>(&socket) else {
        syscall::exit_now(65);
    };
    let reply = match prepare(&seed, &socket) {
        Ok(()) => Reply::Done,
        Err(error) => Reply::Failed(error),
    };
    let is_ready = matches!(reply, Reply::Done);
    if protocol::send(&socket, &reply).is_err() || !is_ready {
        syscall::exit_now(1);
    }
    // SAFETY: the argument is a number.
    unsafe { libc::alarm(0) };
    serve(&socket)
}

/// Moves this process to where it sees what a sandbox shows and nothing else, and loads
/// the interpreter there.
fn prepare(seed: &Seed, socket: &UnixStream) -> Result<(), SandboxError> {
    inherited::reset()?;
    let identity = namespaces::enter()?;
    let mounts = File::open("/proc/self/ns/mnt").map_err(failed_io("open the mount namespace"))?;
    protocol::send(socket, &Reply::Done).map_err(failed_io("answer the host"))?;
    descriptor::send(socket, [mounts.as_fd()]).map_err(failed("send the mount namespace"))?;
    drop(mounts);
    unshare(CloneFlags::CLONE_NEWNS).map_err(failed("create a mount namespace"))?;
    let spec = Spec { mounts: seed.mounts.clone(), ..Spec::default() };
    filesystem::build(&spec, identity.outside, filesystem::Processes::Hidden)?;
    Interpreter::load(seed)
}

/// Forks a launcher for each socket that the host sends, until it hangs up.
fn serve(control: &UnixStream) -> ! {
    // Launchers are waited for as they end, so that what they used counts as this
    // process's children's.
    let waiting = SigAction::new(SigHandler::Handler(wait), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler only makes a system call that a handler may make.
    let _ = unsafe { sigaction(Signal::SIGCHLD, &waiting) };
    while let Ok(Some([socket, mounts])) = descriptor::receive::<2>(control) {
        // SAFETY: that there is only this thread was seen when the interpreter was loaded,
        // and it has not run since.
        match unsafe { fork() } {
            Err(_) => break,
            Ok(ForkResult::Child) => become_launcher(control, socket, &mounts),
            Ok(ForkResult::Parent { child }) => {
                let sent = syscall::pidfd_open(child)
                    .and_then(|launcher| descriptor::send(control, [launcher.as_fd()]));
                if sent.is_err() {
                    break;
                }
            }
        }
    }
    syscall::exit_now(0);
}

/// Waits for every child that has ended.
extern "C" fn wait(_: libc::c_int) {
    let errno = Errno::last_raw();
    // SAFETY: the call may be made in a handler, and writes to nowhere.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
    Errno::set_raw(errno);
}

/// Goes on as a launcher that was executed would, seeing what the host sees.
fn become_launcher(control: &UnixStream, socket: OwnedFd, mounts: &OwnedFd) -> ! {
    syscall::close(control);
    // SAFETY: the default action runs no code of ours.
    let _ = unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) };
    if setns(mounts, CloneFlags::CLONE_NEWNS) != Ok(()) {
        syscall::exit_now(66);
    }
    syscall::close(mounts);
    launch::launch(&UnixStream::from(socket), None)
}
