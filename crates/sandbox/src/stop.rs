//! [`Stop`]: ends a command from another thread.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::socket::{MsgFlags, send};

use crate::protocol::{self, Request};

/// Ends the command that is executed with it: see [`crate::Sandbox::execute_until`]. Clones are
/// one and the same.
///
/// It belongs to one command. Used before that begins, the command never begins; used while it
/// runs, everything in the sandbox is killed, and its files stay; used after it has ended, nothing
/// happens, whatever the sandbox executes next.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    /// The socket is that to the init which runs the command. Nothing else is written to it while
    /// this state lasts.
    Running(UnixStream),
    Stopped(Instant),
}

/// A command that runs, for as long as this lives.
pub(crate) struct Running<'a>(&'a Stop);

impl Stop {
    pub fn new() -> Stop {
        Stop::default()
    }

    /// Ends the command, and does not wait for its end.
    pub fn stop(&self) {
        let mut state = self.state();
        if let State::Stopped(_) = *state {
            return;
        }
        if let State::Running(socket) =
            std::mem::replace(&mut *state, State::Stopped(Instant::now()))
        {
            tell(&socket);
        }
    }

    /// Whether it was used.
    pub fn is_stopped(&self) -> bool {
        self.since().is_some()
    }

    /// How long ago it was used.
    pub(crate) fn since(&self) -> Option<Duration> {
        match *self.state() {
            State::Stopped(at) => Some(at.elapsed()),
            State::Idle | State::Running(_) => None,
        }
    }

    /// Has `begin` send a command to the init at this socket, which can be ended from then on;
    /// `None` if it is not to begin at all.
    pub(crate) fn run(
        &self,
        socket: &UnixStream,
        begin: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<Option<Running<'_>>> {
        // What ends it must not come before it.
        let mut state = self.state();
        if let State::Stopped(_) = *state {
            return Ok(None);
        }
        begin()?;
        *state = State::Running(socket.try_clone()?);
        Ok(Some(Running(self)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running<'_> {
    /// The socket goes with it, as its end is what ends the sandbox.
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let State::Running(_) = *state {
            *state = State::Idle;
        }
    }
}

/// Tells init. It cannot be told only if it does not listen, and then it is not waited for either.
fn tell(socket: &UnixStream) {
    let mut message = Vec::new();
    if protocol::send(&mut message, &Request::Stop).is_ok() {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        let _ = send(socket.as_raw_fd(), &message, flags);
    }
}
