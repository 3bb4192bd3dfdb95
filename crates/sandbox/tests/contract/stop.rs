//! A command is ended from another thread, and only the one that is meant.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use assay_sandbox::{Exit, Sandbox, SandboxError, Spec, Stop};

use crate::lifetime::{launcher_and_init, processes_with, wait_until};
use crate::{limits, python, shell, spec, start};

/// Long enough that a test which waits for it would be noticed.
const FOREVER: u64 = 3_600;

/// A mark that no other process of this machine has in its command line.
fn mark(number: u32) -> String {
    format!("{}", number * 1_000_000 + std::process::id())
}

#[test]
fn a_stopped_command_ends_with_all_its_processes_and_leaves_its_files() {
    let mark = mark(31);
    let mut sandbox = start();
    let stop = Stop::new();
    let script = format!(
        "echo begun; echo written > file; trap '' TERM INT HUP; (setsid sleep {mark} &) ; sleep {mark}"
    );
    let execution = thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("both to sleep", || processes_with(&format!("sleep\0{mark}")).len() == 2);
            stop.stop();
        });
        sandbox.execute_until(&shell(&script).limits(limits(FOREVER)), &stop).unwrap()
    });
    assert_eq!(execution.exit, Exit::Stopped, "{execution:?}");
    assert_eq!(execution.stdout.text(), "begun\n");
    assert!(stop.is_stopped());
    assert!(processes_with(&format!("sleep\0{mark}")).is_empty());
    assert_eq!(sandbox.read("file", 100).unwrap().unwrap(), b"written\n");
    let next = sandbox.execute(&shell("cat file; ls /proc | grep -c '^[0-9]'")).unwrap();
    assert!(next.stdout.text().starts_with("written\n"), "{next:?}");
}

#[test]
fn what_is_stopped_before_it_begins_never_begins() {
    let mut sandbox = start();
    let stop = Stop::new();
    stop.stop();
    stop.clone().stop();
    let execution = sandbox.execute_until(&shell("echo x > file"), &stop).unwrap();
    assert_eq!(execution.exit, Exit::Stopped);
    assert_eq!(sandbox.read("file", 100).unwrap(), None);
}

#[test]
fn what_has_ended_is_not_stopped_nor_is_what_comes_after_it() {
    let mut sandbox = start();
    let stop = Stop::new();
    let first = sandbox.execute_until(&shell("exit 3"), &stop).unwrap();
    stop.stop();
    assert_eq!(first.exit, Exit::Code(3));
    let next = sandbox.execute(&shell("sleep 0.3; echo next")).unwrap();
    assert_eq!((next.exit, next.stdout.text().as_str()), (Exit::Code(0), "next\n"));
    drop(sandbox);
    stop.stop();
}

/// Whoever stops it just as it ends ends that one, or nothing.
#[test]
fn a_stop_at_the_moment_of_the_end_hits_no_other_command() {
    let mut sandbox = start();
    let mut stopped = 0;
    for round in 0..200 {
        let stop = Stop::new();
        let together = Barrier::new(2);
        let execution = thread::scope(|scope| {
            scope.spawn(|| {
                together.wait();
                thread::sleep(Duration::from_micros(round * 20));
                stop.stop();
            });
            together.wait();
            sandbox.execute_until(&shell("exit 3"), &stop).unwrap()
        });
        assert!([Exit::Code(3), Exit::Stopped].contains(&execution.exit), "{execution:?}");
        stopped += u32::from(execution.exit == Exit::Stopped);
        let next = sandbox.execute(&shell("echo next")).unwrap();
        assert_eq!((next.exit, next.stdout.text().as_str()), (Exit::Code(0), "next\n"), "{round}");
        assert_eq!(sandbox.read("file", 1).unwrap(), None);
    }
    assert!((1..200).contains(&stopped), "{stopped} of 200 were stopped");
}

#[test]
fn a_program_that_forks_for_ever_is_stopped() {
    let mut sandbox = start();
    let stop = Stop::new();
    let bomb = "
import os, signal, time
for number in range(1, 64):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
print('begun', flush=True)
while True:
    try: os.fork()
    except OSError: time.sleep(0.001)";
    let execution = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(300));
            stop.stop();
        });
        sandbox.execute_until(&python(bomb).limits(limits(FOREVER)), &stop).unwrap()
    });
    // It may have used up its processor time, on a machine with many cores.
    assert!([Exit::Stopped, Exit::CpuTimeout].contains(&execution.exit), "{execution:?}");
    let next = sandbox.execute(&shell("echo next")).unwrap();
    assert_eq!(next.stdout.text(), "next\n");
}

#[test]
fn what_waits_for_the_rest_of_a_command_is_stopped_too() {
    let mark = mark(33);
    let mut sandbox = start();
    let stop = Stop::new();
    // The main process has ended, and what it left computes, and so has its moment.
    let script = format!("(exec python3 -c 'while True: pass' {mark}) & exit 0");
    let execution = thread::scope(|scope| {
        scope.spawn(|| {
            wait_until("it to begin", || !processes_with(&format!("pass\0{mark}")).is_empty());
            stop.stop();
        });
        sandbox.execute_until(&shell(&script).limits(limits(FOREVER)), &stop).unwrap()
    });
    assert!([Exit::Stopped, Exit::Code(0)].contains(&execution.exit), "{execution:?}");
    assert!(processes_with(&format!("pass\0{mark}")).is_empty());
}

#[test]
fn a_sandbox_that_cannot_stop_is_killed() {
    let mark = mark(34);
    let sleep = format!("sleep\0{mark}");
    let stop = Stop::new();
    let (first, second) = thread::scope(|scope| {
        let host = scope.spawn(|| {
            let mut sandbox = start();
            let command = shell(&format!("sleep {mark}")).limits(limits(FOREVER));
            let first = sandbox.execute_until(&command, &stop);
            (first, sandbox.read("file", 1))
        });
        wait_until("the sleep to begin", || !processes_with(&sleep).is_empty());
        let (_, init) = launcher_and_init(&sleep);
        // SAFETY: init is a child of a launcher that we started.
        unsafe { libc::kill(init, libc::SIGSTOP) };
        stop.stop();
        host.join().unwrap()
    });
    assert_eq!(first.unwrap().exit, Exit::Stopped);
    assert!(matches!(second, Err(SandboxError::Lost { .. })), "{second:?}");
    wait_until("all to be gone", || processes_with(&mark).is_empty());
}

#[test]
fn a_stop_that_outlives_its_sandbox_keeps_nothing_alive() {
    let mark = mark(35);
    let stop = Stop::new();
    let mut sandbox = Sandbox::start(&Spec { ..spec() }).unwrap();
    let script = format!("(setsid sleep {mark} &); exit 0");
    sandbox.execute_until(&shell(&script), &stop).unwrap();
    drop(sandbox);
    assert!(processes_with(&mark).is_empty());
    assert!(!stop.is_stopped());
}
