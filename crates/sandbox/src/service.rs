//! [`Service`]: a trusted command that lives on in a sandbox and answers the host.

use std::io::{self, Read, Write};
use std::time::Instant;

use crate::exchange::Patient;
use crate::{Exit, Sandbox};

/// A command of [`Sandbox::serve`]. Its standard input is a socket, on which it reads
/// what the host writes and writes what the host reads; what it prints is thrown away.
/// It is confined like every command, but lives until it is dropped. Then everything in
/// its sandbox is killed, as it is when the host dies.
#[derive(Debug)]
pub struct Service {
    sandbox: Sandbox,
}

impl Service {
    pub(crate) fn new(sandbox: Sandbox) -> Service {
        Service { sandbox }
    }

    /// Writes all of a request. An error `TimedOut` or `WouldBlock` means that the
    /// service did not take it in time; any other, that it ended.
    pub fn send(&mut self, request: &[u8], deadline: Instant) -> io::Result<()> {
        self.patient(deadline)?.write_all(request)
    }

    /// Fills `answer`, with the same errors.
    pub fn receive(&mut self, answer: &mut [u8], deadline: Instant) -> io::Result<()> {
        self.patient(deadline)?.read_exact(answer)
    }

    /// How it ended, after a call found that it did; `None` if nobody knows, as when its
    /// sandbox was killed from outside.
    pub fn end(mut self) -> Option<Exit> {
        self.sandbox.service_end()
    }

    fn patient(&self, deadline: Instant) -> io::Result<Patient<'_>> {
        let socket = self.sandbox.socket().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Patient { socket, deadline })
    }
}
