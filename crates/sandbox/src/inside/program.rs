//! [`Program`]: a command turned into a process.

use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::sys::socket::{AddressFamily, Shutdown, SockFlag, SockType, shutdown, socketpair};
use nix::unistd::{ForkResult, Pid, chdir, execve, fork, pipe2, setsid};

use super::interpreter::Interpreter;
use super::{failed, syscall};
use crate::{Command, INPUT_FD, Limits, REPORT_FD, SandboxError};

/// Where the program looks for a name without a slash if its environment has no PATH.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Descriptors of init from here on never collide with those given to a program.
const FIRST_OWN_FD: RawFd = 10;

/// A started process with init's ends of its pipes.
pub(super) struct Program {
    pub(super) pid: Pid,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) report: Option<OwnedFd>,
    pub(super) stdin: Option<OwnedFd>,
    pub(super) input: Option<OwnedFd>,
}

/// The program's ends, by the number that each gets.
struct Given {
    ends: Vec<(RawFd, OwnedFd)>,
    failure: OwnedFd,
}

impl Program {
    /// Starts a command; a service gets the socket as its standard input, to read
    /// requests from and to write answers to.
    pub(super) fn start(
        command: &Command,
        socket: Option<&UnixStream>,
    ) -> Result<Program, SandboxError> {
        let image = Image::new(command)?;
        let plumbing = |errno| failed("make pipes")(errno);
        let (stdout, stdout_end) = pipe().map_err(plumbing)?;
        let (stderr, stderr_end) = pipe().map_err(plumbing)?;
        let (failure, failure_end) = pipe().map_err(plumbing)?;
        let mut ends = vec![(1, stdout_end), (2, stderr_end)];
        let mut report = None;
        if command.report {
            let (ours, theirs) = report_channel().map_err(plumbing)?;
            report = Some(ours);
            ends.push((REPORT_FD, theirs));
        }
        let mut stdin = None;
        if let Some(socket) = socket {
            ends.push((0, high(socket).map_err(plumbing)?));
        } else if command.stdin.is_empty() {
            let null = File::open("/dev/null")
                .map_err(|error| plumbing(syscall::errno(&error)))
                .map(OwnedFd::from)?;
            ends.push((0, high(&null).map_err(plumbing)?));
        } else {
            let (theirs, ours) = pipe().map_err(plumbing)?;
            stdin = Some(ours);
            ends.push((0, theirs));
        }
        let mut input = None;
        if command.input.is_some() {
            let (theirs, ours) = pipe().map_err(plumbing)?;
            input = Some(ours);
            ends.push((INPUT_FD, theirs));
        }
        let given = Given { ends, failure: failure_end };
        // SAFETY: init has only this thread, so the child may do anything.
        let pid = match unsafe { fork() }.map_err(failed("fork a process"))? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => become_program(command, &image, &given),
        };
        drop(given);
        started(failure, command)?;
        let program = Program { pid, stdout, stderr, report, stdin, input };
        program.unblock().map_err(plumbing)?;
        Ok(program)
    }

    /// Init must never wait for tested code.
    fn unblock(&self) -> Result<(), Errno> {
        let always = [&self.stdout, &self.stderr];
        let sometimes = [&self.report, &self.stdin, &self.input];
        for end in always.into_iter().chain(sometimes.into_iter().flatten()) {
            fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        }
        Ok(())
    }
}

/// What `execve` gets, made before the fork.
struct Image {
    candidates: Vec<CString>,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    directory: CString,
    limits: Limits,
}

impl Image {
    fn new(command: &Command) -> Result<Image, SandboxError> {
        let text = |text: String| {
            CString::new(text).map_err(|_| SandboxError::Program {
                program: command.program.clone(),
                cause: Errno::EINVAL.into(),
            })
        };
        let candidates = if command.program.contains('/') {
            vec![text(command.program.clone())?]
        } else {
            let path = command.env.iter().rev().find(|(name, _)| name == "PATH");
            path.map_or(DEFAULT_PATH, |(_, path)| path)
                .split(':')
                .map(|directory| text(format!("{directory}/{}", command.program)))
                .collect::<Result<_, _>>()?
        };
        let arguments = std::iter::once(&command.program)
            .chain(&command.args)
            .map(|argument| text(argument.clone()))
            .collect::<Result<_, _>>()?;
        let environment = command
            .env
            .iter()
            .map(|(name, value)| text(format!("{name}={value}")))
            .collect::<Result<_, _>>()?;
        let directory = match command.directory.as_str() {
            "" => text(".".to_owned())?,
            directory => text(directory.to_owned())?,
        };
        Ok(Image { candidates, arguments, environment, directory, limits: command.limits.clone() })
    }
}

/// What failed in the child, as the first byte it writes into its failure pipe; the
/// error number follows.
const FAILED_DIRECTORY: u8 = 1;
const FAILED_SETUP: u8 = 2;
const FAILED_PROGRAM: u8 = 3;

/// Waits until the child has become the program, or says why it has not.
fn started(failure: OwnedFd, command: &Command) -> Result<(), SandboxError> {
    let mut report = Vec::new();
    File::from(failure)
        .read_to_end(&mut report)
        .map_err(|error| failed("start a process")(syscall::errno(&error)))?;
    let Some((stage, errno)) = report.split_first() else {
        return Ok(());
    };
    // The child that could not become the program is gone before anything else runs.
    while syscall::reap(true).is_ok() {}
    let errno = errno.try_into().map_or(libc::EIO, i32::from_ne_bytes);
    let cause = Errno::from_raw(errno).into();
    Err(match *stage {
        FAILED_DIRECTORY => SandboxError::Directory { directory: command.directory.clone(), cause },
        FAILED_PROGRAM => SandboxError::Program { program: command.program.clone(), cause },
        _ => failed("prepare a process")(Errno::from_raw(errno)),
    })
}

fn become_program(command: &Command, image: &Image, given: &Given) -> ! {
    let (stage, errno) = match prepare(image, given) {
        Ok(()) => match Interpreter::of(command) {
            None => (FAILED_PROGRAM, execute(image)),
            Some(interpreter) => (FAILED_SETUP, enter(interpreter)),
        },
        Err(failure) => failure,
    };
    let mut report = vec![stage];
    report.extend((errno as i32).to_ne_bytes());
    let _ = nix::unistd::write(&given.failure, &report);
    syscall::exit_now(127);
}

fn prepare(image: &Image, given: &Given) -> Result<(), (u8, Errno)> {
    let setup = |errno| (FAILED_SETUP, errno);
    setsid().map_err(setup)?;
    syscall::reset_signals();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None).map_err(setup)?;
    for (number, end) in &given.ends {
        give(end, *number).map_err(setup)?;
    }
    // Those not given are closed by the exec, and so are all of init's.
    for number in 0..FIRST_OWN_FD {
        if !given.ends.iter().any(|(used, _)| *used == number) {
            // SAFETY: init owns no descriptor of these numbers; most are not open.
            unsafe { libc::close(number) };
        }
    }
    syscall::close_on_exec_from(FIRST_OWN_FD).map_err(setup)?;
    // If the host runs out of memory, tested code goes first. Only a dumpable process
    // may say so of itself, and nobody else runs now who could trace it.
    syscall::prctl(libc::PR_SET_DUMPABLE, 1, 0).map_err(setup)?;
    File::create("/proc/self/oom_score_adj")
        .and_then(|mut file| file.write_all(b"1000"))
        .map_err(|error| setup(syscall::errno(&error)))?;
    syscall::prctl(libc::PR_SET_DUMPABLE, 0, 0).map_err(setup)?;
    limit(&image.limits).map_err(setup)?;
    chdir(image.directory.as_c_str()).map_err(|errno| (FAILED_DIRECTORY, errno))
}

/// What a process of tested code may lock, have pending, and use as the stack of its
/// first thread.
pub(super) const LOCKED_BYTES: u64 = 64 << 10;
pub(super) const PENDING_SIGNALS: u64 = 4096;
pub(super) const STACK_BYTES: u64 = 8 << 20;

/// Limits that the kernel keeps; init watches over the others.
fn limit(limits: &Limits) -> Result<(), Errno> {
    // Init ends the command when the sum of its processes exceeds the limit. This ends
    // a single process even if init cannot.
    let cpu = limits.cpu.as_secs() + 2;
    // Init counts too.
    let processes = u64::from(limits.processes) + 1;
    let all = [
        (Resource::RLIMIT_CPU, cpu, cpu + 1),
        (Resource::RLIMIT_FSIZE, limits.written_bytes, limits.written_bytes),
        (Resource::RLIMIT_MEMLOCK, LOCKED_BYTES, LOCKED_BYTES),
        (Resource::RLIMIT_MSGQUEUE, 0, 0),
        (Resource::RLIMIT_NICE, 0, 0),
        (Resource::RLIMIT_NOFILE, limits.open_files.into(), limits.open_files.into()),
        (Resource::RLIMIT_NPROC, processes, processes),
        (Resource::RLIMIT_RTPRIO, 0, 0),
        (Resource::RLIMIT_SIGPENDING, PENDING_SIGNALS, PENDING_SIGNALS),
        (Resource::RLIMIT_STACK, STACK_BYTES, STACK_BYTES),
    ];
    // The launcher has seen to it that the host allows as much.
    all.into_iter().try_for_each(|(resource, soft, hard)| setrlimit(resource, soft, hard))
}

/// Runs the command in this process; returns why that cannot be. All that an exec would
/// do to a process, apart from its memory, is done here.
fn enter(interpreter: &Interpreter) -> Errno {
    if let Err(errno) = syscall::prctl(libc::PR_SET_DUMPABLE, 1, 0) {
        return errno;
    }
    // With the pipe of failures among them, which says that the command has started.
    match syscall::close_from(FIRST_OWN_FD) {
        Ok(()) => interpreter.run(),
        Err(errno) => errno,
    }
}

/// Tries every candidate; returns why the last existing one could not be executed.
fn execute(image: &Image) -> Errno {
    let mut worst = Errno::ENOENT;
    for candidate in &image.candidates {
        match execve(candidate, &image.arguments, &image.environment) {
            Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(errno) => worst = errno,
        }
    }
    worst
}

/// A pipe (read end, write end) with high numbers, closed on exec.
fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    Ok((high(&read)?, high(&write)?))
}

/// A channel (read end, write end) like a pipe that only its descriptors lead to. A
/// process may always open what its own descriptors are by their names in `/proc`: a
/// pipe to read it, and so to take what others wrote; a socket not at all.
fn report_channel() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (read, write) =
        socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)?;
    shutdown(read.as_raw_fd(), Shutdown::Write)?;
    Ok((high(&read)?, high(&write)?))
}

/// A copy with a high number, closed on exec.
fn high(descriptor: impl AsFd) -> Result<OwnedFd, Errno> {
    let moved = fcntl(descriptor, FcntlArg::F_DUPFD_CLOEXEC(FIRST_OWN_FD))?;
    // SAFETY: the kernel has just handed out this descriptor, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

/// Makes `end` available as `number`, kept over the exec.
fn give(end: &OwnedFd, number: RawFd) -> Result<(), Errno> {
    // SAFETY: both are numbers, and init owns no descriptor below `FIRST_OWN_FD` that
    // this child still needs.
    Errno::result(unsafe { libc::dup2(end.as_raw_fd(), number) }).map(drop)
}
