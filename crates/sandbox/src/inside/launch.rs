//! The launcher: makes the namespaces, starts init, and kills it when the host goes.

use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{SFlag, fstat};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use super::{descriptor, failed, failed_io, inherited, init, namespaces, syscall, world};
use crate::protocol::{self, Reply, Request};
use crate::{SandboxError, Spec};

/// The argument that makes a host binary a launcher.
pub(crate) const MARKER: &str = "__assay-sandbox";

pub(super) fn end_silently_on_panic() {
    // Nobody reads what a panic prints, and its backtrace would read host files.
    panic::set_hook(Box::new(|_| {
        if std::thread::current().name() != Some(world::THREAD) {
            syscall::exit_now(101);
        }
    }));
}

/// Starts the sandbox that the host asks for on the socket, and guards it.
pub(super) fn launch(socket: &UnixStream, control: Option<UnixStream>) -> ! {
    let Ok(Request::Start(spec)) = protocol::receive::<Request<'static>>(socket) else {
        syscall::exit_now(65);
    };
    match start(&spec, socket, control) {
        Ok(init) => guard(init, socket),
        Err(error) => {
            // If this fails too, the host sees that the sandbox is lost.
            let _ = protocol::send(socket, &Reply::Failed(error));
            syscall::exit_now(1);
        }
    }
}

/// The socket to the host is standard input, and that of the world or for the port of the host,
/// if there is one, standard output. All other descriptors but the null device are closed, whatever the
/// host leaked.
pub(super) fn take_sockets() -> Result<(UnixStream, Option<UnixStream>), Errno> {
    syscall::close_from(3)?;
    // SAFETY: descriptor 2 is the null device, which the host opened for us, and
    // descriptors 0 and 1 are owned by nothing but the process.
    let (null, mut places) =
        unsafe { (OwnedFd::from_raw_fd(2), [OwnedFd::from_raw_fd(0), OwnedFd::from_raw_fd(1)]) };
    let [socket, control] = &mut places;
    let taken =
        take_socket(&null, socket).and_then(|socket| Ok((socket, take_socket(&null, control)?)));
    // All three stay open for the life of the process.
    std::mem::forget((null, places));
    let (socket, control) = taken?;
    Ok((socket.ok_or(Errno::ENOTSOCK)?, control))
}

/// The socket at a place, where the null device is put; `None` if there is none.
fn take_socket(null: &OwnedFd, place: &mut OwnedFd) -> Result<Option<UnixStream>, Errno> {
    let kind = SFlag::from_bits_truncate(fstat(&*place)?.st_mode);
    let is_socket = kind.contains(SFlag::S_IFSOCK);
    let socket = place.try_clone().map_err(|error| syscall::errno(&error))?;
    nix::unistd::dup2(null, place)?;
    Ok(is_socket.then(|| UnixStream::from(socket)))
}

/// Makes the namespaces, starts the world, and forks init, which never returns from here.
fn start(
    spec: &Spec,
    socket: &UnixStream,
    control: Option<UnixStream>,
) -> Result<Pid, SandboxError> {
    inherited::reset()?;
    let identity = namespaces::enter()?;
    syscall::bring_up_loopback().map_err(failed("bring up the loopback interface"))?;
    syscall::prctl(libc::PR_SET_DUMPABLE, 0, 0).map_err(failed("forbid tracing the launcher"))?;
    if let Some(port) = spec.host_port {
        hand_over(port, control.as_ref())?;
    }
    if let (Some(world), Some(control)) = (&spec.world, control) {
        world::start(world, identity, socket, &control)?;
    }
    namespaces::enter_pid_namespace()?;
    // SAFETY: the launcher has only this thread, so the child may do anything.
    match unsafe { fork() }.map_err(failed("fork init"))? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            match init::prepare(spec, identity) {
                Ok(()) => init::serve(socket),
                Err(error) => {
                    let _ = protocol::send(socket, &Reply::Failed(error));
                }
            }
            syscall::exit_now(0);
        }
    }
}

/// Gives the host a listener in the sandbox's network, and keeps none: nobody else can then
/// listen at its port, or answer who connects to it.
fn hand_over(port: u16, control: Option<&UnixStream>) -> Result<(), SandboxError> {
    let step = format!("listen at port {port} for the host");
    let control = control.ok_or(Errno::ENOTSOCK).map_err(failed(step.clone()))?;
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed_io(step.clone()))?;
    descriptor::send(control, [listener.as_fd()]).map_err(failed(step))
}

/// Waits until the host hangs up or init ends, and leaves nothing alive.
fn guard(init: Pid, socket: &UnixStream) -> ! {
    let _ = wait_for_end(init, socket);
    // Killing PID 1 kills its whole namespace, and waiting for it waits for all of it.
    let _ = kill(init, Signal::SIGKILL);
    // Init's own exit status says how a service ended.
    syscall::exit_now(match waitpid(init, None) {
        Ok(WaitStatus::Exited(_, status)) => status,
        _ => 0,
    });
}

fn wait_for_end(init: Pid, socket: &UnixStream) -> Result<(), Errno> {
    let init = syscall::pidfd_open(init)?;
    loop {
        // Without any event asked for, poll still reports that the host hung up.
        let mut waiting = [
            PollFd::new(socket.as_fd(), PollFlags::empty()),
            PollFd::new(init.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut waiting, PollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) => return Ok(()),
        }
    }
}
