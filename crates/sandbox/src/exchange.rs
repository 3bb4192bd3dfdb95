//! One request of the host to a sandbox, and the wait for its reply.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::protocol::{self, Reply, Request};
use crate::{Execution, Exit, Stop};

/// How much longer than its wall time a command may take to be killed and reported.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// How long until it is looked whether a command was stopped, and init does not say so.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Sends a request and waits for its reply.
pub(crate) fn exchange(
    socket: &UnixStream,
    request: &Request<'_>,
    patience: Duration,
) -> io::Result<Reply> {
    let deadline = Instant::now() + patience;
    socket.set_write_timeout(Some(patience))?;
    protocol::send(socket, request)?;
    protocol::receive(Patient { socket, deadline })
}

/// The same with a command that can be stopped.
pub(crate) fn run(
    socket: &UnixStream,
    request: &Request<'_>,
    patience: Duration,
    stop: &Stop,
) -> io::Result<Reply> {
    let mut deadline = Instant::now() + patience;
    socket.set_write_timeout(Some(patience))?;
    let Some(_running) = stop.run(socket, || protocol::send(socket, request))? else {
        return Ok(Reply::Executed(Execution::unobserved(Exit::Stopped, Duration::ZERO)));
    };
    let mut waiting = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    loop {
        // One that was stopped is not waited for any longer than that takes.
        let since_stop = stop.since().map(|since| GRACE.saturating_sub(since));
        let left = deadline.saturating_duration_since(Instant::now());
        let left = since_stop.map_or(left, |most| most.min(left));
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let pause = TimeSpec::from_duration(left.min(LOOK_EVERY));
        match ppoll(&mut waiting, Some(pause), None) {
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => match protocol::receive(Patient { socket, deadline })? {
                Reply::Longer(more) => deadline += more,
                reply => return Ok(reply),
            },
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// A socket that is read and written until a deadline, however slowly it trickles.
pub(crate) struct Patient<'a> {
    pub(crate) socket: &'a UnixStream,
    pub(crate) deadline: Instant,
}

impl Patient<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.left()?))?;
        let mut socket = self.socket;
        socket.read(buffer)
    }
}

impl Write for Patient<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        let mut socket = self.socket;
        socket.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
