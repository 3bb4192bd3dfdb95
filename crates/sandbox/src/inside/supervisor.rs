//! [`Supervisor`]: watches over one command until none of its processes is left.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeSpec;
use nix::unistd::Pid;

use super::capture::Capture;
use super::census::{self, Census, Process};
use super::clock::{Alarm, Clock, Used};
use super::consumption::Consumption;
use super::failed;
use super::program::Program;
use super::syscall::{self, Ended};
use crate::protocol::{self, Reply, Request};
use crate::{Command, Contacts, Execution, Exit, SandboxError, Usage};

/// How much is kept of standard output and of standard error.
const STREAM_BYTES: u64 = 1 << 20;

/// How much is kept of the report.
const REPORT_BYTES: u64 = 4 << 20;

/// The first samples come soon, as memory can be filled within milliseconds.
const FIRST_SAMPLE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// A service is trusted not to fill memory within milliseconds, and mostly waits.
const SERVICE_PAUSE: Duration = Duration::from_millis(100);

/// No machine writes to fresh memory much faster, in bytes per millisecond.
const FASTEST_GROWTH: u64 = 16 << 20;

/// After a sample, init rests so many times as long as the sample took, but not longer
/// than tested code needs to fill memory by making samples slow.
const SAMPLING_SHARE: u32 = 4;
const LONGEST_REST: Duration = Duration::from_millis(40);

/// How long what the main process left may rest, or compute, before it ends by itself.
const GRACE: Duration = Duration::from_millis(500);

/// It has no more time than this, however little of a loaded machine it was given.
const LONGEST_GRACE: Duration = Duration::from_secs(60);

/// A limit must be exceeded in so many samples in a row, for reading `/proc` while
/// processes come and go can count one twice.
const SAMPLES_OVER_LIMIT: u32 = 2;

/// Runs a command and kills everything it leaves behind.
pub(super) fn execute(command: &Command, host: &UnixStream) -> Result<Execution, SandboxError> {
    let before = Before { files_bytes: census::files_bytes(), sockets: census::sockets() };
    let started = Instant::now();
    let program = Program::start(command, None)?;
    let pidfd = syscall::pidfd_open(program.pid).map_err(failed("watch a process"))?;
    let mut supervisor = Supervisor::new(command, program, started);
    supervisor.before = before;
    supervisor.hears = true;
    supervisor.watch(&pidfd, host);
    let starved = supervisor.is_starved.then(|| supervisor.starved());
    let execution = supervisor.finish(host);
    starved.map_or(Ok(execution), Err)
}

/// Starts a command that answers the host on the socket, tells the host that it has
/// started, and returns how it ended, with everything it left behind.
pub(super) fn serve(command: &Command, host: &UnixStream) -> Result<Exit, SandboxError> {
    let started = Instant::now();
    let program = Program::start(command, Some(host))?;
    let pidfd = syscall::pidfd_open(program.pid).map_err(failed("watch a process"))?;
    let mut supervisor = Supervisor::new(command, program, started);
    supervisor.longest_pause = SERVICE_PAUSE;
    if protocol::send(host, &Reply::Done).is_err() {
        syscall::exit_now(0);
    }
    supervisor.watch(&pidfd, host);
    Ok(supervisor.finish(host).exit)
}

/// What was there before the command and is not its doing.
#[derive(Default)]
struct Before {
    files_bytes: u64,
    /// Those of the world and of init.
    sockets: u64,
}

struct Supervisor<'a> {
    command: &'a Command,
    main: Pid,
    started: Instant,
    clock: Clock,
    consumption: Consumption,
    /// Whether its time is up, and it never had it.
    is_starved: bool,
    longest_pause: Duration,
    /// Whether what comes on the socket to the host is for init.
    hears: bool,
    streams: [Stream; 3],
    feeds: [Feed<'a>; 2],
    /// Set by whatever ends the command first.
    exit: Option<Exit>,
    before: Before,
    /// Time of processes that are gone.
    reaped_cpu: Duration,
    max_resident_bytes: u64,
    peak_memory_bytes: u64,
    peak_tasks: u64,
    over_cpu: u32,
    over_memory: u32,
}

impl<'a> Supervisor<'a> {
    fn new(command: &'a Command, program: Program, started: Instant) -> Supervisor<'a> {
        Supervisor {
            command,
            main: program.pid,
            started,
            clock: Clock::new(started, command.limits.wall),
            consumption: Consumption::new(),
            is_starved: false,
            longest_pause: LONGEST_PAUSE,
            hears: false,
            streams: [
                Stream::new(Some(program.stdout), STREAM_BYTES),
                Stream::new(Some(program.stderr), STREAM_BYTES),
                Stream::new(program.report, REPORT_BYTES),
            ],
            feeds: [
                Feed::new(program.stdin, &command.stdin),
                Feed::new(program.input, command.input.as_deref().unwrap_or_default()),
            ],
            exit: None,
            before: Before::default(),
            reaped_cpu: Duration::ZERO,
            max_resident_bytes: 0,
            peak_memory_bytes: 0,
            peak_tasks: 1,
            over_cpu: 0,
            over_memory: 0,
        }
    }

    /// Returns when the main process has ended or must end.
    fn watch(&mut self, pidfd: &OwnedFd, host: &UnixStream) {
        let mut next_sample = self.started + FIRST_SAMPLE;
        while self.exit.is_none() {
            let deadline = next_sample.min(self.clock.deadline);
            let pause = deadline.saturating_duration_since(Instant::now());
            let (main_ended, host_speaks) = self.wait(pidfd, host, pause);
            if host_speaks {
                self.hear(host);
            }
            self.transfer();
            if main_ended {
                // How it ended shows when everything is killed: a tracer can keep the
                // status of a dead process to itself.
                return;
            }
            let now = Instant::now();
            if now >= self.clock.deadline {
                self.ring(host);
            } else if now >= next_sample {
                if self.clock.is_to_look(now) {
                    let used = self.used();
                    self.clock.look(used);
                }
                let pause = self.sample();
                let spent = now.elapsed();
                let rest = (spent * SAMPLING_SHARE).min(LONGEST_REST);
                next_sample = Instant::now() + pause.max(rest);
            }
        }
    }

    /// Ends a command that had its time, or gives it what it missed.
    fn ring(&mut self, host: &UnixStream) {
        let used = self.used();
        match self.clock.ring(used) {
            Alarm::Later(more) => {
                // A host that cannot be told is gone, which shows when it is waited for next.
                let _ = protocol::send(host, &Reply::Longer(more));
            }
            Alarm::Over => _ = self.exit.get_or_insert(Exit::WallTimeout),
            Alarm::Starved => {
                self.is_starved = true;
                self.exit.get_or_insert(Exit::WallTimeout);
            }
        }
    }

    fn used(&mut self) -> Used {
        let census = Census::take(self.before.sockets);
        self.consumption.note(&census);
        let (delay, is_runnable) = census.wants();
        Used {
            least: census.cpu() + self.reaped_cpu,
            most: self.consumption.most() + self.reaped_cpu,
            delay,
            is_runnable,
            looks: self.consumption.looks,
            wanting: self.consumption.wanting,
        }
    }

    fn starved(&self) -> SandboxError {
        SandboxError::Starved {
            program: self.command.program.clone(),
            seconds: self.started.elapsed().as_secs(),
        }
    }

    /// The host says that the command is to end, or is gone.
    fn hear(&mut self, host: &UnixStream) {
        match self.hears.then(|| protocol::receive(host)) {
            Some(Ok(Request::Stop)) => _ = self.exit.get_or_insert(Exit::Stopped),
            _ => syscall::exit_now(0),
        }
    }

    /// What the host listens for: nothing where the socket is a service's, which leaves its end.
    fn heard(&self) -> PollFlags {
        if self.hears { PollFlags::POLLIN } else { PollFlags::empty() }
    }

    /// Waits for anything to do. Returns whether the main process has ended, and
    /// whether the host is gone or says something.
    fn wait(&self, pidfd: &OwnedFd, host: &UnixStream, pause: Duration) -> (bool, bool) {
        let mut waiting = vec![
            PollFd::new(pidfd.as_fd(), PollFlags::POLLIN),
            PollFd::new(host.as_fd(), self.heard()),
        ];
        let reading = self.streams.iter().filter_map(|stream| stream.end.as_ref());
        waiting.extend(reading.map(|end| PollFd::new(end.as_fd(), PollFlags::POLLIN)));
        let writing = self.feeds.iter().filter_map(|feed| feed.end.as_ref());
        waiting.extend(writing.map(|end| PollFd::new(end.as_fd(), PollFlags::POLLOUT)));
        match ppoll(&mut waiting, Some(TimeSpec::from_duration(pause)), None) {
            Ok(_) => {
                let happened = |index: usize| waiting[index].any().unwrap_or(true);
                (happened(0), happened(1))
            }
            // Whatever it was shows again.
            Err(_) => (false, false),
        }
    }

    /// Moves what can be moved through the pipes without waiting.
    fn transfer(&mut self) {
        for stream in &mut self.streams {
            stream.read_some();
        }
        for feed in &mut self.feeds {
            feed.write_some();
        }
        let total: u64 = self.streams.iter().map(|stream| stream.capture.total()).sum();
        if total > self.command.limits.output_bytes {
            self.exit.get_or_insert(Exit::OutputLimit);
        }
    }

    /// Looks at all processes; returns how long the next look can wait.
    fn sample(&mut self) -> Duration {
        // What nobody waits for counts against the limit of processes.
        while let Ok(Some(ended)) = syscall::reap(false) {
            self.record(&ended);
        }
        if self.exit.is_some() {
            return Duration::ZERO;
        }
        let limits = &self.command.limits;
        let census = Census::take(self.before.sockets);
        self.consumption.note(&census);
        self.peak_tasks = self.peak_tasks.max(census.tasks());
        if census.files_bytes.saturating_sub(self.before.files_bytes) > limits.written_bytes {
            self.exit = Some(Exit::OutputLimit);
        }
        if census.cpu() + self.reaped_cpu > limits.cpu {
            self.over_cpu += 1;
        } else {
            self.over_cpu = 0;
        }
        if self.over_cpu >= SAMPLES_OVER_LIMIT {
            self.exit.get_or_insert(Exit::CpuTimeout);
        }
        let mut memory = census.memory_bytes();
        if memory > limits.memory_bytes && census.unshared_bytes() <= limits.memory_bytes {
            memory = census.exact_memory_bytes();
        }
        self.peak_memory_bytes = self.peak_memory_bytes.max(memory);
        if memory > limits.memory_bytes {
            self.over_memory += 1;
        } else {
            self.over_memory = 0;
        }
        if self.over_memory >= SAMPLES_OVER_LIMIT {
            self.exit.get_or_insert(Exit::OutOfMemory);
        }
        if self.over_cpu > 0 {
            return SHORTEST_PAUSE;
        }
        let room = limits.memory_bytes.saturating_sub(memory);
        Duration::from_millis(room / FASTEST_GROWTH).clamp(SHORTEST_PAUSE, self.longest_pause)
    }

    /// How many processes the main one has left running. Those that only wait for it to
    /// be gone, at the end of a pipe for example, have a moment to end. The time in which
    /// one of them waits for a processor does not count.
    fn leftover(&mut self, host: &UnixStream) -> u32 {
        let begun = Instant::now();
        let mut rested = Duration::ZERO;
        let mut cpu_before = None;
        let mut is_told = false;
        loop {
            let looked = Instant::now();
            if !is_told && begun.elapsed() >= GRACE * 2 {
                // The host would take silence for an end.
                is_told = protocol::send(host, &Reply::Longer(LONGEST_GRACE)).is_ok();
            }
            let left: Vec<Process> =
                census::alive().filter(|process| process.pid != self.main).collect();
            let cpu: Duration = left.iter().map(|process| process.cpu).sum();
            let computed = cpu.saturating_sub(*cpu_before.get_or_insert(cpu));
            let is_over = rested.max(computed) >= GRACE || begun.elapsed() >= LONGEST_GRACE;
            if left.is_empty() || self.exit.is_some() || is_over {
                return u32::try_from(left.len()).unwrap_or(u32::MAX);
            }
            let mut speaks = [PollFd::new(host.as_fd(), self.heard())];
            let pause = TimeSpec::from_duration(SHORTEST_PAUSE);
            if ppoll(&mut speaks, Some(pause), None).is_ok_and(|count| count > 0) {
                self.hear(host);
            }
            // What is left may still write, and wait for that.
            self.transfer();
            if left.iter().all(Process::is_at_rest) {
                // Whatever stops the whole machine for longer gave nobody a chance.
                rested += looked.elapsed().min(LONGEST_PAUSE);
            }
        }
    }

    fn record(&mut self, ended: &Ended) {
        self.reaped_cpu += ended.cpu;
        self.max_resident_bytes = self.max_resident_bytes.max(ended.max_resident_bytes);
        if ended.pid == self.main {
            let exit = match libc::WTERMSIG(ended.status) {
                0 => Exit::Code(libc::WEXITSTATUS(ended.status)),
                // So the kernel answers to writing too large a file.
                libc::SIGXFSZ => Exit::OutputLimit,
                signal => Exit::Signal(signal),
            };
            self.exit.get_or_insert(exit);
        }
    }

    /// Kills everything, reads what is left in the pipes, and draws the conclusions.
    fn finish(mut self, host: &UnixStream) -> Execution {
        let wall = self.started.elapsed();
        let is_late = Instant::now() > self.clock.deadline;
        let leftover_processes = self.leftover(host);
        // As PID 1, this reaches every process of the namespace but init itself.
        while kill(Pid::from_raw(-1), Signal::SIGKILL) != Err(Errno::ESRCH) {
            match syscall::reap(true) {
                Ok(Some(ended)) => self.record(&ended),
                Ok(None) => {}
                Err(_) => break,
            }
        }
        while let Ok(Some(ended)) = syscall::reap(true) {
            self.record(&ended);
        }
        // Nobody is left to write, so the pipes end.
        self.feeds.iter_mut().for_each(|feed| feed.end = None);
        for stream in &mut self.streams {
            while stream.read_some() {}
        }
        self.transfer();

        let mut exit = self.exit.unwrap_or(Exit::Signal(libc::SIGKILL));
        let limits = &self.command.limits;
        let total: u64 = self.streams.iter().map(|stream| stream.capture.total()).sum();
        if matches!(exit, Exit::Code(_) | Exit::Signal(_)) {
            if total > limits.output_bytes {
                exit = Exit::OutputLimit;
            } else if self.reaped_cpu > limits.cpu {
                exit = Exit::CpuTimeout;
            } else if is_late {
                exit = Exit::WallTimeout;
            }
        }
        if self.peak_memory_bytes == 0 {
            self.peak_memory_bytes = self.max_resident_bytes;
        }
        let [stdout, stderr, report] = self.streams.map(|stream| stream.capture.finish());
        Execution {
            exit,
            stdout,
            stderr,
            report,
            usage: Usage {
                wall,
                cpu: self.reaped_cpu,
                peak_memory_bytes: self.peak_memory_bytes,
                processes: u32::try_from(self.peak_tasks).unwrap_or(u32::MAX),
            },
            contacts: Contacts::default(),
            leftover_processes,
        }
    }
}

/// A pipe that tested code writes into.
struct Stream {
    end: Option<File>,
    capture: Capture,
}

impl Stream {
    fn new(end: Option<OwnedFd>, capacity: u64) -> Stream {
        Stream { end: end.map(File::from), capture: Capture::new(capacity) }
    }

    /// Reads once, without waiting; returns whether there may be more.
    fn read_some(&mut self) -> bool {
        let Some(end) = &mut self.end else {
            return false;
        };
        let mut buffer = [0; 64 * 1024];
        match end.read(&mut buffer) {
            Ok(0) => {
                self.end = None;
                false
            }
            Ok(read) => {
                self.capture.push(&buffer[..read]);
                true
            }
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        }
    }
}

/// A pipe that tested code reads from.
struct Feed<'a> {
    end: Option<File>,
    rest: &'a [u8],
}

impl<'a> Feed<'a> {
    fn new(end: Option<OwnedFd>, content: &'a [u8]) -> Feed<'a> {
        let mut feed = Feed { end: end.map(File::from), rest: content };
        // Small contents are there before the program looks.
        feed.write_some();
        feed
    }

    /// Writes what the pipe takes, and closes it after the last byte or when nobody
    /// reads any more.
    fn write_some(&mut self) {
        let Some(end) = &mut self.end else {
            return;
        };
        while !self.rest.is_empty() {
            match end.write(self.rest) {
                Ok(written) => self.rest = &self.rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.end = None;
    }
}
