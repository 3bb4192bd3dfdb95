//! Workers as processes.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::door::Door;
use crate::nats::PATIENCE;

/// A process of the binary, with a file of what it says.
pub(crate) struct Process {
    child: Child,
    said: PathBuf,
}

impl Process {
    pub(crate) fn start(mut command: Command, said: PathBuf) -> Process {
        let file = File::options().create(true).append(true).open(&said).expect("a file");
        let out = file.try_clone().expect("a descriptor");
        let child = command.stdin(Stdio::null()).stdout(out).stderr(file).spawn();
        Process { child: child.expect("assay starts"), said }
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("a process of ours");
    }

    pub(crate) fn kill(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        self.child.wait().expect("a child of ours");
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> i32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status.code().unwrap_or(-1);
            }
            assert!(start.elapsed() < PATIENCE, "it does not end: {}", self.said());
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until it has said something.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let start = Instant::now();
        while !self.said().contains(text) {
            let ended = self.ended();
            assert!(ended.is_none(), "it ended with {ended:?}: {}", self.said());
            assert!(start.elapsed() < PATIENCE, "{text:?} was not said: {}", self.said());
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The command of a worker. Silence is noticed soon.
pub(crate) fn command(door: &Door, url: &str, more: &[&str]) -> Command {
    let mut arguments = vec!["worker", "--nats", url, "--ack-wait", "2s", "--format=json"];
    arguments.extend(more);
    door.command(&arguments)
}

/// A worker of one job at a time that has joined.
pub(crate) fn join(door: &Door, url: &str, name: &str) -> Process {
    let command = command(door, url, &["--jobs", "1", "--name", name]);
    let mut worker = Process::start(command, door.path(&format!("{name}.said")));
    worker.wait_for("\"joined\"");
    worker
}

/// A coordinator: a run, or what resumes it.
pub(crate) fn coordinator<A: AsRef<OsStr>>(door: &Door, arguments: &[A]) -> Process {
    Process::start(door.command(arguments), door.path("coordinator.said"))
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} has not come");
        sleep(Duration::from_millis(20));
    }
}
