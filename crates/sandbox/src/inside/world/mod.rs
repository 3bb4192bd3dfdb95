//! The world of a sandbox: a process that answers for its hosts.
//!
//! It is in the network namespace of the sandbox and in a PID namespace of its own, so
//! tested code can reach it only by its addresses. It reads what tested code sends, and
//! is therefore confined like tested code: the same user, no capabilities, the same
//! system calls, and nothing of the host in sight. The host asks it over a socket for
//! the contacts of a command.

mod endpoint;
mod http;
mod network;
pub(crate) mod record;
mod request;
pub(crate) mod resolver;
mod respond;
mod tls;

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::namespaces::{self, Identity};
use super::{failed, failed_io, seccomp, syscall};
use crate::{ContactEvent, SandboxError, World, protocol};
use endpoint::Endpoint;
use http::Connection;
use record::Record;
use resolver::Resolver;

/// The name of the threads that read what tested code sends. A panic in one of them
/// ends it and nothing else.
pub(super) const THREAD: &str = "world";

/// So many connections are served at one time; others are closed at once.
const CONNECTIONS: usize = 64;

/// So many are accepted from one command; then nobody answers until the next.
const CONNECTIONS_OF_A_COMMAND: usize = 20_000;

/// How long the last connections of a command may take to end after it.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a thread of a connection needs; its buffers are on the heap.
const STACK_BYTES: usize = 256 << 10;

/// Sets up the network and starts the process. It is confined when this returns, and so
/// needs nothing any more of the root that init is about to change for it too. The
/// children of the caller, the launcher, must not get another PID namespace yet, or the
/// process would be among those of the sandbox.
pub(super) fn start(
    world: &World,
    identity: Identity,
    socket: &UnixStream,
    control: &UnixStream,
) -> Result<(), SandboxError> {
    network::set_up(world)?;
    let endpoints = Endpoint::open_all(world)?;
    let resolver = Resolver::bind(world).map_err(failed_io("start the resolver"))?;
    let (ours, theirs) = UnixStream::pair().map_err(failed_io("make a socket pair"))?;
    // SAFETY: the launcher has only this thread.
    let child = unsafe { syscall::fork_into_pid_namespace() };
    if child.map_err(failed("fork the process of the world"))?.is_some() {
        drop(theirs);
        return protocol::receive(ours).map_err(failed_io("start the process of the world"))?;
    }
    drop(ours);
    // What host and init say to each other is no business of this process.
    syscall::close(socket);
    let confined = namespaces::give_up_privileges(identity).and_then(|()| seccomp::confine(false));
    if protocol::send(&theirs, &confined).is_ok() && confined.is_ok() {
        drop(theirs);
        Server::new(endpoints, resolver).run(control);
    }
    syscall::exit_now(0);
}

struct Server {
    listeners: Vec<TcpListener>,
    /// Of the listeners, in the same order.
    endpoints: Vec<Arc<Endpoint>>,
    resolver: Resolver,
    record: Arc<Record>,
    served: Arc<Served>,
    /// How many connections the command has made.
    accepted: usize,
}

impl Server {
    fn new(endpoints: Vec<(Endpoint, TcpListener)>, resolver: Resolver) -> Server {
        let (endpoints, listeners) = endpoints
            .into_iter()
            .map(|(endpoint, listener)| (Arc::new(endpoint), listener))
            .unzip();
        Server {
            listeners,
            endpoints,
            resolver,
            record: Arc::default(),
            served: Arc::default(),
            accepted: 0,
        }
    }

    /// Serves until the host hangs up.
    fn run(mut self, mut control: &UnixStream) {
        loop {
            let is_exhausted = self.accepted >= CONNECTIONS_OF_A_COMMAND;
            let mut waiting = vec![
                PollFd::new(control.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.resolver.socket.as_fd(), PollFlags::POLLIN),
            ];
            if !is_exhausted {
                let listeners = self.listeners.iter();
                waiting.extend(listeners.map(|it| PollFd::new(it.as_fd(), PollFlags::POLLIN)));
            }
            if poll(&mut waiting, PollTimeout::NONE).is_err() {
                continue;
            }
            let happened: Vec<bool> =
                waiting.iter().map(|waiting| waiting.any().unwrap_or(true)).collect();
            if happened[1] {
                self.resolver.answer_some(&self.record);
            }
            self.accept(&happened[2..]);
            if happened[0] {
                // What the host says is the end, or a question for the contacts.
                if !matches!(control.read(&mut [0]), Ok(1)) {
                    return;
                }
                self.resolver.answer_some(&self.record);
                self.accept(&vec![true; self.listeners.len()]);
                self.served.wait_for_none(LAST_WORDS);
                if protocol::send(control, &self.record.take()).is_err() {
                    return;
                }
                self.accepted = 0;
                self.resolver.begin_anew();
            }
        }
    }

    /// Accepts what waits at these endpoints. Contacts are recorded in the order of their
    /// arrival before any is answered, so that who asks for those with canaries is told
    /// all that were before.
    fn accept(&mut self, happened: &[bool]) {
        let mut fresh = Vec::new();
        for ((listener, endpoint), _) in self
            .listeners
            .iter()
            .zip(&self.endpoints)
            .zip(happened)
            .filter(|(_, happened)| **happened)
        {
            while let Ok((stream, client)) = listener.accept() {
                self.accepted += 1;
                let event = ContactEvent::Connection {
                    address: endpoint.address,
                    scheme: endpoint.scheme,
                    server_name: None,
                    failure: None,
                };
                let entry = self.record.add(client.port(), endpoint.canary, event);
                fresh.push((Arc::clone(endpoint), stream, client, entry));
                if self.accepted >= CONNECTIONS_OF_A_COMMAND {
                    break;
                }
            }
        }
        for (endpoint, stream, client, entry) in fresh {
            self.serve(endpoint, stream, client, entry);
        }
    }

    fn serve(
        &self,
        endpoint: Arc<Endpoint>,
        stream: TcpStream,
        client: SocketAddr,
        entry: Option<record::Entry>,
    ) {
        // Where there is no room for more, the connection is closed here.
        let Some(turn) = Served::begin(&self.served) else {
            return;
        };
        let record = Arc::clone(&self.record);
        let serve = move || {
            let _turn = turn;
            // What is accepted does not wait, as the listener does not.
            let _ = stream.set_nonblocking(false);
            let _ = stream.set_nodelay(true);
            let source_port = client.port();
            Connection { endpoint: &endpoint, record: &record, entry, source_port }.serve(stream);
        };
        let thread = thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK_BYTES);
        let _ = thread.spawn(serve);
    }
}

/// How many connections are served now.
#[derive(Debug, Default)]
struct Served {
    count: Mutex<usize>,
    fewer: Condvar,
}

/// The right to serve one connection.
struct Turn(Arc<Served>);

impl Served {
    fn begin(served: &Arc<Served>) -> Option<Turn> {
        let mut count = served.count.lock().unwrap_or_else(PoisonError::into_inner);
        (*count < CONNECTIONS).then(|| {
            *count += 1;
            Turn(Arc::clone(served))
        })
    }

    fn wait_for_none(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            count = self.fewer.wait_timeout(count, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.fewer.notify_all();
    }
}
