//! Every end of a command, a sandbox or a host is the end of all their processes.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use assay_sandbox::{Command, Exit, Launcher, Sandbox, SandboxError, Spec, probe};

use crate::{limits, python, shell, spec, start};

/// Processes of the host whose command line contains `mark`.
pub(crate) fn processes_with(mark: &str) -> BTreeSet<i32> {
    let pids = fs::read_dir("/proc").unwrap();
    pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let command_line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command_line).contains(mark)
        })
        .collect()
}

/// Launcher and init of the sandbox in which a process with `mark` runs.
pub(crate) fn launcher_and_init(mark: &str) -> (i32, i32) {
    let parent = |pid: i32| -> i32 {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let (_, rest) = stat.rsplit_once(')').unwrap();
        rest.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let ours = i32::try_from(process::id()).unwrap();
    let (mut init, mut launcher) = (0, processes_with(mark).into_iter().next_back().unwrap());
    while parent(launcher) != ours {
        (init, launcher) = (launcher, parent(launcher));
    }
    (launcher, init)
}

pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn daemons_are_counted_and_killed() {
    let mut sandbox = start();
    let daemon = "
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() > 0: os._exit(0)
        for f in range(3): os.close(f)
        time.sleep(60)
time.sleep(0.3)";
    let execution = sandbox.execute(&python(daemon)).unwrap();
    assert_eq!((execution.exit, execution.leftover_processes), (Exit::Code(0), 3));
    // Not in a pipe: `ls` could have ended before the shell has made its reader.
    let count = "ls /proc > /tmp/listing; grep -c '^[0-9]' /tmp/listing";
    let listing = sandbox.execute(&shell(count)).unwrap();
    // Init, the shell and `ls`.
    assert_eq!(listing.stdout.text(), "3\n");
}

#[test]
fn children_that_only_wait_for_the_end_are_not_left_over() {
    let child = "
import os
hears, says = os.pipe()
if os.fork() == 0:
    os.close(says)
    os.read(hears, 1)
    os._exit(0)";
    let execution = start().execute(&python(child)).unwrap();
    assert_eq!((execution.exit, execution.leftover_processes), (Exit::Code(0), 0));
}

/// What something returns while threads keep every processor busy for so many seconds.
fn beside_busy_threads<T>(seconds: u64, something: impl FnOnce() -> T) -> T {
    let until = Instant::now() + Duration::from_secs(seconds);
    let cores = thread::available_parallelism().unwrap().get();
    let busy: Vec<_> =
        (0..4 * cores).map(|_| thread::spawn(move || while Instant::now() < until {})).collect();
    let returned = something();
    busy.into_iter().for_each(|thread| thread.join().unwrap());
    returned
}

#[test]
fn children_that_end_late_for_want_of_a_processor_are_not_left_over() {
    let child = "
import os, time
hears, says = os.pipe()
if os.fork() == 0:
    os.nice(10)
    os.close(says)
    os.read(hears, 1)
    while time.process_time() < 0.4: pass
    os._exit(0)";
    let mut sandbox = start();
    let execution = beside_busy_threads(2, || sandbox.execute(&python(child)).unwrap());
    assert_eq!((execution.exit, execution.leftover_processes), (Exit::Code(0), 0));
}

#[test]
fn time_that_other_work_took_does_not_count() {
    let patient = "
import time
while time.process_time() < 0.4: pass";
    let mut sandbox = start();
    let command = python(patient).limits(limits(1));
    let execution = beside_busy_threads(3, || sandbox.execute(&command).unwrap());
    assert_eq!(execution.exit, Exit::Code(0), "{:?}", execution.usage);
}

#[test]
fn time_that_other_work_took_from_many_short_processes_does_not_count() {
    let patient = "
import os, time
for _ in range(25):
    child = os.fork()
    if child == 0:
        until = time.process_time() + 0.01
        while time.process_time() < until: pass
        os._exit(0)
    os.waitpid(child, 0)";
    let mut sandbox = start();
    let command = python(patient).limits(limits(1));
    let execution = beside_busy_threads(4, || sandbox.execute(&command).unwrap());
    assert_eq!(execution.exit, Exit::Code(0), "{:?}", execution.usage);
}

#[test]
fn what_hangs_ends_in_time_on_a_busy_machine_too() {
    let mut sandbox = start();
    let command = shell("sleep 60").limits(limits(1));
    let execution = beside_busy_threads(3, || sandbox.execute(&command).unwrap());
    assert_eq!(execution.exit, Exit::WallTimeout);
}

#[test]
fn work_of_children_that_nobody_waits_for_ends_as_a_timeout_and_no_error() {
    let hidden = "
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    for _ in range(16):
        if os.fork() == 0:
            while time.process_time() < 0.008: pass
            os._exit(0)
    time.sleep(0.02)";
    let mut sandbox = start();
    let execution = sandbox.execute(&python(hidden).limits(limits(1))).unwrap();
    assert_eq!(execution.exit, Exit::WallTimeout, "{:?}", execution.usage);
}

#[test]
fn children_that_hold_the_streams_do_not_delay_the_end() {
    let begun = Instant::now();
    let execution = start().execute(&shell("sleep 60 & echo done")).unwrap();
    assert_eq!((execution.exit, execution.leftover_processes), (Exit::Code(0), 1));
    assert_eq!(execution.stdout.text(), "done\n");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn dropped_sandbox_leaves_no_process() {
    let mark = format!("{}", 7_000_000 + process::id());
    let sandbox = thread::spawn({
        let sleep = shell(&format!("sleep {mark} & sleep {mark}")).limits(limits(1));
        move || start().execute(&sleep)
    });
    wait_until("the sleep to begin", || processes_with(&mark).len() >= 3);
    let execution = sandbox.join().unwrap().unwrap();
    assert_eq!(execution.exit, Exit::WallTimeout);
    assert!(processes_with(&mark).is_empty());
}

#[test]
fn killed_host_leaves_no_process() {
    let mark = format!("{}", 8_000_000 + process::id());
    let mut host = process::Command::new(env!("CARGO_BIN_EXE_assay-sandbox"))
        .args(["--", "/bin/sh", "-c", &format!("(trap '' TERM; sleep {mark}) & sleep {mark}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the sleep to begin", || processes_with(&format!("sleep\0{mark}")).len() >= 2);
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until("all to be gone", || processes_with(&mark).is_empty());
}

#[test]
fn killed_launcher_leaves_no_process_and_is_an_error() {
    let mark = format!("{}", 9_000_000 + process::id());
    let host = thread::spawn({
        let sleep = shell(&format!("sleep {mark}")).limits(limits(30));
        move || {
            let mut sandbox = start();
            let first = sandbox.execute(&sleep);
            (first, sandbox.execute(&Command::new("true")))
        }
    });
    wait_until("the sleep to begin", || !processes_with(&format!("sleep\0{mark}")).is_empty());
    let (launcher, _) = launcher_and_init(&format!("sleep\0{mark}"));
    // SAFETY: we started the launcher, and it has not been waited for.
    unsafe { libc::kill(launcher, libc::SIGKILL) };
    let (first, second) = host.join().unwrap();
    assert!(matches!(first, Err(SandboxError::Lost { .. })), "{first:?}");
    assert!(matches!(second, Err(SandboxError::Lost { .. })), "{second:?}");
    wait_until("all to be gone", || processes_with(&mark).is_empty());
}

#[test]
fn init_that_does_not_answer_is_a_wall_timeout_and_the_end() {
    let mark = format!("{}", 6_000_000 + process::id());
    let host = thread::spawn({
        let sleep = shell(&format!("sleep {mark}")).limits(limits(1));
        move || {
            let mut sandbox = start();
            let first = sandbox.execute(&sleep);
            (first, sandbox.read("file", 1))
        }
    });
    let sleep = format!("sleep\0{mark}");
    wait_until("the sleep to begin", || !processes_with(&sleep).is_empty());
    let (_, init) = launcher_and_init(&sleep);
    // SAFETY: init is a child of a launcher that we started.
    unsafe { libc::kill(init, libc::SIGSTOP) };
    let (first, second) = host.join().unwrap();
    assert_eq!(first.unwrap().exit, Exit::WallTimeout);
    assert!(matches!(second, Err(SandboxError::Lost { .. })), "{second:?}");
    wait_until("all to be gone", || processes_with(&mark).is_empty());
}

#[test]
fn eight_sandboxes_run_at_once() {
    thread::scope(|scope| {
        let hosts: Vec<_> = (0..8)
            .map(|number| {
                scope.spawn(move || {
                    let mut sandbox = start();
                    let script = format!("echo {number} > mine; sleep 0.2; cat mine; ls | wc -l");
                    sandbox.execute(&shell(&script)).unwrap().stdout.text()
                })
            })
            .collect();
        for (number, host) in hosts.into_iter().enumerate() {
            assert_eq!(host.join().unwrap(), format!("{number}\n1\n"));
        }
    });
}

#[test]
fn tracer_that_hides_the_end_of_the_command_is_killed() {
    let spec = Spec { allow_ptrace: true, ..spec() };
    let program = "
import ctypes, os, time
libc = ctypes.CDLL(None)
main = os.getpid()
if os.fork() == 0:
    if libc.ptrace(0x4206, main, 0, 0) == 0: print('traced', flush=True)
    time.sleep(60)
time.sleep(0.3)
os._exit(5)";
    let mut sandbox = Sandbox::start(&spec).unwrap();
    let execution = sandbox.execute(&python(program).limits(limits(10))).unwrap();
    assert_eq!((execution.exit, execution.stdout.text().as_str()), (Exit::Code(5), "traced\n"));
    assert!(execution.usage.wall < Duration::from_secs(2), "{execution:?}");
}

#[test]
fn sandbox_outlives_the_thread_that_started_it() {
    let mut sandbox = thread::spawn(start).join().unwrap();
    thread::sleep(Duration::from_millis(50));
    assert!(sandbox.execute(&Command::new("true")).unwrap().exit.is_success());
}

#[test]
fn program_that_is_no_launcher_is_an_error() {
    for program in ["/bin/true", "/bin/cat", "/no/such/program", "/etc/passwd"] {
        let spec = Spec { launcher: Launcher::Program(program.into()), ..spec() };
        let error = Sandbox::start(&spec).unwrap_err();
        assert!(!error.is_provocable(), "{error}");
    }
}

#[test]
fn probe_finds_a_working_host() {
    for finding in probe::host_with(&spec().launcher) {
        assert_eq!(finding.status, probe::Status::Ok, "{finding:?}");
    }
}

/// Everything in this file and its neighbours again, without the powers of root.
#[test]
fn ordinary_user_gets_the_same_sandbox() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let program = std::env::current_exe().unwrap();
    let mode = |path: &Path| std::os::unix::fs::MetadataExt::mode(&fs::metadata(path).unwrap());
    if program.ancestors().any(|path| mode(path) & 0o005 != 0o005) {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"skipped: an ordinary user cannot reach the test program\n",
        );
        return;
    }
    let tests = process::Command::new(program)
        .args(["--skip", "ordinary_user", "--test-threads", "2"])
        .uid(61_234)
        .gid(61_234)
        .current_dir("/")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tests.stdout);
    assert!(tests.status.success(), "{said}");
}
