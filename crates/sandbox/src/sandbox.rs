//! [`Sandbox`]: the host's side of a session.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;
use tracing::{debug, trace, warn};

use crate::exchange::{self, GRACE, Patient};
use crate::inside::descriptor;
use crate::inside::launch::MARKER;
use crate::inside::syscall;
use crate::inside::world::record;
use crate::protocol::{self, Reply, Request};
use crate::{
    Command, Contacts, Execution, Exit, File, Launcher, Mount, Nursery, SandboxError, Service,
    Spec, Stop, TreeEntry,
};

/// How long a sandbox may take to start, or to answer anything but a command.
const PATIENCE: Duration = Duration::from_secs(60);

/// No service lives longer.
const LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// How long the launcher may take to kill everything when asked to.
const FAREWELL: Duration = Duration::from_secs(5);

/// Namespaces in which untrusted programs run, one after another. Dropping it kills
/// everything in them.
#[derive(Debug)]
pub struct Sandbox {
    /// `None` once the sandbox no longer answers.
    socket: Option<UnixStream>,
    launcher: Launched,
    /// To the process of the world, where there is one.
    world: Option<UnixStream>,
    /// At the port that is the host's, until somebody takes it.
    listener: Option<TcpListener>,
    /// What a log calls it.
    number: u64,
}

impl Sandbox {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the one process comes from that may start others"
    )]
    pub fn start(spec: &Spec) -> Result<Sandbox, SandboxError> {
        let program = match &spec.launcher {
            Launcher::CurrentExecutable => Path::new("/proc/self/exe"),
            Launcher::Program(program) => program,
        };
        let failed = |error: io::Error| SandboxError::Launch {
            program: program.display().to_string(),
            cause: error.into(),
        };
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let (control, stdout) = match spec.world.is_some() || spec.host_port.is_some() {
            false => (None, Stdio::null()),
            true => {
                let (ours, theirs) = UnixStream::pair().map_err(failed)?;
                (Some(ours), Stdio::from(OwnedFd::from(theirs)))
            }
        };
        // Standard input carries the socket, so that no other child of the host can
        // inherit it. The environment starts empty, for it may hold API keys.
        let launcher = process::Command::new(program)
            // The path of the program is nothing that tested code needs to know.
            .arg0("sandbox")
            .arg(MARKER)
            .env_clear()
            .current_dir("/")
            // Whoever interrupts the host from a terminal leaves it time to clean up.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(stdout)
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        Sandbox::begin(ours, Launched::Executed(launcher), control, spec)
    }

    /// The same, forked from a nursery, whose interpreter then runs the one command that
    /// it was prepared for. It has no world and no port of the host.
    pub fn start_in(nursery: &Nursery, spec: &Spec) -> Result<Sandbox, SandboxError> {
        let failed = |error: io::Error| SandboxError::Launch {
            program: "from the nursery".to_owned(),
            cause: error.into(),
        };
        if spec.world.is_some() || spec.host_port.is_some() {
            return Err(failed(io::ErrorKind::Unsupported.into()));
        }
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let launcher = nursery.fork(&theirs).map_err(failed)?;
        drop(theirs);
        Sandbox::begin(ours, Launched::Forked(launcher), None, spec)
    }

    fn begin(
        socket: UnixStream,
        launcher: Launched,
        control: Option<UnixStream>,
        spec: &Spec,
    ) -> Result<Sandbox, SandboxError> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let mut sandbox =
            Sandbox { socket: Some(socket), launcher, world: None, listener: None, number };
        let asked = Instant::now();
        match sandbox.ask(&Request::Start(Cow::Borrowed(spec)), PATIENCE)? {
            Reply::Done => {}
            other => return Err(unexpected(&other)),
        }
        if let Some(control) = control {
            if spec.host_port.is_some() {
                sandbox.listener = Some(receive_listener(&control)?);
            }
            sandbox.world = spec.world.is_some().then_some(control);
        }
        debug!(
            sandbox = number,
            took = ?asked.elapsed(),
            forked = matches!(sandbox.launcher, Launched::Forked(_)),
            mounts = spec.mounts.len(),
            files = spec.files.len(),
            world = spec.world.is_some(),
            host_port = spec.host_port,
            "sandbox started"
        );
        for Mount { source, target } in &spec.mounts {
            trace!(sandbox = number, source = %source.display(), target = %target.display(), "mounted");
        }
        Ok(sandbox)
    }

    /// The listener at the port that [`Spec::host_port`] gives to the host; `None` if there is
    /// none, or it was taken. Who connects to it is inside, and may be hostile. It outlives the
    /// sandbox, and then nobody connects any more.
    pub fn take_listener(&mut self) -> Option<TcpListener> {
        self.listener.take()
    }

    /// Writes files and makes the directories above them. Files, links and pipes of
    /// the same names are replaced; symlinks in the way are an error.
    pub fn write(&mut self, files: &[File]) -> Result<(), SandboxError> {
        match self.ask(&Request::Write(Cow::Borrowed(files)), PATIENCE)? {
            Reply::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    /// Executes a command and kills every process it leaves behind.
    pub fn execute(&mut self, command: &Command) -> Result<Execution, SandboxError> {
        self.execute_until(command, &Stop::new())
    }

    /// The same, unless another thread ends it first: then the command ends with
    /// [`Exit::Stopped`], and what it has written until then can be read.
    pub fn execute_until(
        &mut self,
        command: &Command,
        stop: &Stop,
    ) -> Result<Execution, SandboxError> {
        let patience = command.limits.wall.saturating_add(GRACE);
        let asked = Instant::now();
        let began = record::now();
        let (sandbox, program) = (self.number, command.program.as_str());
        trace!(sandbox, program, arguments = command.args.len(), limits = ?command.limits, "command starts");
        let request = Request::Execute(Cow::Borrowed(command));
        let answer =
            self.ask_with(&request, |socket| exchange::run(socket, &request, patience, stop));
        let mut execution = match answer {
            Ok(Reply::Executed(execution)) => execution,
            Ok(other) => return Err(unexpected(&other)),
            // It used up its time, and then kept init from saying so.
            Err(SandboxError::Lost { .. }) if asked.elapsed() >= patience => {
                debug!(
                    sandbox,
                    program, "the sandbox does not answer, which counts as its time being up"
                );
                Execution::unobserved(Exit::WallTimeout, asked.elapsed())
            }
            Err(SandboxError::Lost { .. }) if stop.since() >= Some(GRACE) => {
                debug!(sandbox, program, "the sandbox does not answer, and was to stop");
                Execution::unobserved(Exit::Stopped, asked.elapsed())
            }
            Err(error) => return Err(error),
        };
        execution.contacts = self.contacts(began)?;
        let Execution { exit, usage, leftover_processes, .. } = &execution;
        debug!(
            sandbox,
            program,
            exit = exit.to_string(),
            wall = ?usage.wall,
            cpu = ?usage.cpu,
            memory = usage.peak_memory_bytes,
            processes = usage.processes,
            left_running = leftover_processes,
            contacts = execution.contacts.list.len(),
            "command ended"
        );
        Ok(execution)
    }

    /// Asks the world for the contacts since the last time, with their times counted
    /// from `began`. All processes that could make more are dead.
    fn contacts(&mut self, began: Duration) -> Result<Contacts, SandboxError> {
        let Some(mut socket) = self.world.as_ref() else {
            return Ok(Contacts::default());
        };
        // If nobody reads it, nobody answers either.
        let _ = socket.write_all(&[1]);
        let deadline = Instant::now() + PATIENCE;
        let mut contacts: Contacts =
            protocol::receive(Patient { socket, deadline }).map_err(|error| {
                SandboxError::Lost {
                    request: "tell what was contacted".to_owned(),
                    cause: lost_cause(&error).into(),
                    remedy: None,
                }
            })?;
        for contact in &mut contacts.list {
            contact.at = contact.at.saturating_sub(began);
        }
        Ok(contacts)
    }

    /// Starts a command that lives on and answers requests; its limits of wall and CPU
    /// time do not count. It must be trusted to write nothing to the host before it is
    /// asked.
    pub fn serve(mut self, command: &Command) -> Result<Service, SandboxError> {
        let mut command = command.clone();
        command.limits.wall = LIFETIME;
        command.limits.cpu = LIFETIME;
        let program = command.program.clone();
        match self.ask(&Request::Serve(Cow::Owned(command)), PATIENCE)? {
            Reply::Done => {
                debug!(sandbox = self.number, program, "service started");
                Ok(Service::new(self))
            }
            other => Err(unexpected(&other)),
        }
    }

    /// The content of a regular file; `None` if nothing is there. Symlinks are never
    /// followed, but are an error.
    pub fn read(&mut self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, SandboxError> {
        let path = Cow::Borrowed(path);
        match self.ask(&Request::Read { path, max_bytes }, PATIENCE)? {
            Reply::Content(content) => Ok(content.map(|bytes| bytes.0)),
            other => Err(unexpected(&other)),
        }
    }

    /// Everything below a directory, by its path relative to it; nothing if the
    /// directory does not exist. Tells whether tested code touched a tree.
    pub fn tree(&mut self, path: &str) -> Result<BTreeMap<String, TreeEntry>, SandboxError> {
        let path = Cow::Borrowed(path);
        match self.ask(&Request::Tree { path }, PATIENCE)? {
            Reply::Tree(entries) => Ok(entries),
            other => Err(unexpected(&other)),
        }
    }

    /// Sends a request and waits for the reply. A sandbox that fails to answer is
    /// killed, and answers nothing more.
    fn ask(&mut self, request: &Request<'_>, patience: Duration) -> Result<Reply, SandboxError> {
        self.ask_with(request, |socket| exchange::exchange(socket, request, patience))
    }

    fn ask_with(
        &mut self,
        request: &Request<'_>,
        exchange: impl FnOnce(&UnixStream) -> io::Result<Reply>,
    ) -> Result<Reply, SandboxError> {
        let exchanged = match &self.socket {
            Some(socket) => exchange(socket),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        match exchanged {
            Ok(Reply::Failed(error)) => Err(error),
            Ok(reply) => Ok(reply),
            Err(error) => {
                self.socket = None;
                // The launcher may be what hangs.
                self.launcher.kill();
                let started = !matches!(request, Request::Start(_));
                Err(SandboxError::Lost {
                    request: request.describe(),
                    cause: lost_cause(&error).into(),
                    remedy: (!started).then(|| {
                        "the launcher must be a program whose main begins with \
                         assay_sandbox::enter_if_launched()"
                            .to_owned()
                    }),
                })
            }
        }
    }

    /// The socket while there is one.
    pub(crate) fn socket(&self) -> Option<&UnixStream> {
        self.socket.as_ref()
    }

    /// How the service ended that had the socket, once the socket has ended too.
    pub(crate) fn service_end(&mut self) -> Option<Exit> {
        // One that has not ended by then has no end that could be told.
        let _ = self.wait_for_launcher();
        self.launcher.end()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The launcher sees this, kills init and with it the whole namespace, and waits
        // for its end.
        self.socket = None;
        let number = self.number;
        match self.wait_for_launcher() {
            Ok(true) => trace!(sandbox = number, "sandbox ended"),
            Ok(false) => warn!(
                sandbox = number,
                "a sandbox did not end within {} s of being told to, and is killed; a process that hangs in it may remain",
                FAREWELL.as_secs()
            ),
            Err(error) => {
                debug!(sandbox = number, %error, "the end of the sandbox cannot be waited for; it is killed");
            }
        }
        // If it still lives, its death kills init.
        self.launcher.kill();
        self.launcher.reap();
    }
}

impl Sandbox {
    /// Waits for the launcher's end; says whether it came in time.
    fn wait_for_launcher(&self) -> Result<bool, Errno> {
        let end = self.launcher.descriptor()?;
        let mut waiting = [PollFd::new(end.as_fd(), PollFlags::POLLIN)];
        let deadline = Instant::now() + FAREWELL;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match ppoll(&mut waiting, Some(TimeSpec::from_duration(left)), None) {
                Err(Errno::EINTR) => {}
                ready => return ready.map(|count| count > 0),
            }
        }
    }
}

/// The launcher, by how it was started.
#[derive(Debug)]
enum Launched {
    Executed(Child),
    /// By a nursery, which waits for its end.
    Forked(OwnedFd),
}

impl Launched {
    /// What becomes readable when it ends.
    fn descriptor(&self) -> Result<OwnedFd, Errno> {
        match self {
            Launched::Executed(child) => {
                let pid = i32::try_from(child.id()).map_err(|_| Errno::ESRCH)?;
                syscall::pidfd_open(Pid::from_raw(pid))
            }
            Launched::Forked(process) => {
                process.try_clone().map_err(|error| syscall::errno(&error))
            }
        }
    }

    fn kill(&mut self) {
        // What has ended already cannot be killed.
        match self {
            Launched::Executed(child) => drop(child.kill()),
            Launched::Forked(process) => drop(syscall::pidfd_kill(process)),
        }
    }

    fn reap(&mut self) {
        match self {
            Launched::Executed(child) => drop(child.wait()),
            Launched::Forked(_) => {}
        }
    }

    /// How it ended, if it is known.
    fn end(&mut self) -> Option<Exit> {
        match self {
            Launched::Executed(child) => {
                Exit::from_status(child.try_wait().ok().flatten()?.code()?)
            }
            Launched::Forked(_) => None,
        }
    }
}

/// Takes the listener that the launcher has sent.
fn receive_listener(control: &UnixStream) -> Result<TcpListener, SandboxError> {
    let lost = |cause: Errno| SandboxError::Lost {
        request: "hand over the port of the host".to_owned(),
        cause: cause.into(),
        remedy: None,
    };
    // It was sent before the sandbox said that it has started.
    control.set_read_timeout(Some(PATIENCE)).map_err(|error| lost(lost_cause(&error)))?;
    match descriptor::receive::<1>(control).map_err(lost)? {
        Some([listener]) => Ok(TcpListener::from(listener)),
        None => Err(lost(Errno::ECONNRESET)),
    }
}

fn lost_cause(error: &io::Error) -> Errno {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => Errno::ECONNRESET,
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Errno::ETIMEDOUT,
        io::ErrorKind::InvalidData => Errno::EPROTO,
        io::ErrorKind::NotConnected => Errno::ENOTCONN,
        _ => error.raw_os_error().map_or(Errno::EIO, Errno::from_raw),
    }
}

fn unexpected(reply: &Reply) -> SandboxError {
    SandboxError::Protocol { detail: format!("it answered {reply:?}").chars().take(200).collect() }
}
