//! A service answers until its host has enough of it, confined like any command.

use std::io::{self, ErrorKind};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use assay_sandbox::{Command, Exit, File, Limits, SandboxError, Service};

use crate::lifetime::{launcher_and_init, processes_with, wait_until};
use crate::{limits, python, shell, start};

/// Answers every line with what it evaluates to, and a newline.
const SERVER: &str = r"
import os, resource, sys, time
for line in open(0):
    os.write(0, f'{eval(line)}\n'.encode())
";

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn server() -> Service {
    start().serve(&python(SERVER)).unwrap()
}

/// One line asked and answered.
fn ask(service: &mut Service, line: &str) -> io::Result<String> {
    service.send(format!("{line}\n").as_bytes(), soon())?;
    let mut answer = Vec::new();
    let mut byte = [0];
    loop {
        service.receive(&mut byte, soon())?;
        if byte == *b"\n" {
            return Ok(String::from_utf8(answer).unwrap());
        }
        answer.extend(byte);
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

#[test]
fn service_answers_for_longer_than_a_command_may_run() {
    let mut sandbox = start();
    sandbox.write(&[File::new("there", "what the host wrote")]).unwrap();
    let limits = Limits { cpu: Duration::ZERO, ..limits(0) };
    let mut service = sandbox.serve(&python(SERVER).limits(limits)).unwrap();
    assert_eq!(ask(&mut service, "open('there').read()").unwrap(), "what the host wrote");
    thread::sleep(Duration::from_millis(300));
    for number in 0..100 {
        let answer = ask(&mut service, &format!("{number} + 1")).unwrap();
        assert_eq!(answer, (number + 1).to_string());
    }
}

#[test]
fn what_a_service_prints_does_not_disturb_its_answers() {
    let mut service = server();
    let noisy = "[sys.stdout.write('x' * 100000), sys.stderr.write('x' * 100000), 5][2]";
    assert_eq!(ask(&mut service, noisy).unwrap(), "5");
}

#[test]
fn answer_that_does_not_come_is_an_error_at_its_deadline() {
    let mut service = server();
    let begun = Instant::now();
    service.send(b"time.sleep(60)\n", soon()).unwrap();
    let error = service.receive(&mut [0], begun + Duration::from_millis(200)).unwrap_err();
    assert!(is_late(&error), "{error}");
    // Nobody reads: the socket fills up.
    let much = vec![b'x'; 64 << 20];
    let error = service.send(&much, Instant::now() + Duration::from_millis(200)).unwrap_err();
    assert!(is_late(&error), "{error}");
    drop(service);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn end_of_a_service_is_known() {
    let check = |line: &str, expect: Exit| {
        let limits = Limits { memory_bytes: 100 << 20, ..limits(1) };
        let mut service = start().serve(&python(SERVER).limits(limits)).unwrap();
        let error = ask(&mut service, line).unwrap_err();
        assert!(!is_late(&error), "{line}: {error}");
        assert_eq!(service.end(), Some(expect), "{line}");
    };
    check("sys.exit(7)", Exit::Code(7));
    check("os.kill(os.getpid(), 9)", Exit::Signal(9));
    check("[b'x' * 1000000 for _ in iter(int, 1)]", Exit::OutOfMemory);
    check("[os.write(1, b'x' * 10000) for _ in iter(int, 1)]", Exit::OutputLimit);
}

#[test]
fn service_that_cannot_start_is_an_error() {
    let error = start().serve(&Command::new("/no/such/program")).unwrap_err();
    assert!(matches!(error, SandboxError::Program { .. }), "{error}");
}

#[test]
fn service_is_confined_like_a_command() {
    let mut service = server();
    let status = "[l.split()[1] for l in open('/proc/self/status') if l[:4] in ('CapE', 'NoNe')]";
    assert_eq!(ask(&mut service, status).unwrap(), "['0000000000000000', '1']");
    let processes = "resource.getrlimit(resource.RLIMIT_NPROC)";
    assert_eq!(ask(&mut service, processes).unwrap(), "(129, 129)");
    assert_eq!(ask(&mut service, "os.path.exists('/root')").unwrap(), "False");
}

#[test]
fn dropped_service_leaves_no_process() {
    let mark = format!("{}", 6_000_000 + process::id());
    let script = format!("(trap '' TERM; sleep {mark}) & sleep {mark}");
    let service = start().serve(&shell(&script)).unwrap();
    wait_until("the sleep to begin", || processes_with(&format!("sleep\0{mark}")).len() >= 2);
    drop(service);
    assert!(processes_with(&mark).is_empty());
}

/// The test is also its own victim: the same program again, which serves and waits.
#[test]
fn killed_host_leaves_no_service() {
    const VICTIM: &str = "ASSAY_SANDBOX_VICTIM";
    if let Ok(mark) = std::env::var(VICTIM) {
        let _service = start().serve(&shell(&format!("sleep {mark}; true"))).unwrap();
        thread::sleep(Duration::from_secs(60));
        return;
    }
    let mark = format!("{}", 3_000_000 + process::id());
    let mut host = process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "services::killed_host_leaves_no_service"])
        .env(VICTIM, &mark)
        .stdout(process::Stdio::null())
        .spawn()
        .unwrap();
    let sleep = format!("sleep\0{mark}");
    wait_until("the sleep to begin", || !processes_with(&sleep).is_empty());
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until("all to be gone", || processes_with(&mark).is_empty());
}

#[test]
fn killed_launcher_or_init_ends_a_service() {
    for kill_launcher in [true, false] {
        let mark = format!("{}", 5_000_000 + process::id());
        let mut service = start().serve(&shell(&format!("sleep {mark}; true"))).unwrap();
        wait_until("the sleep to begin", || !processes_with(&mark).is_empty());
        let (launcher, init) = launcher_and_init(&mark);
        let victim = if kill_launcher { launcher } else { init };
        let victim = nix::unistd::Pid::from_raw(victim);
        nix::sys::signal::kill(victim, nix::sys::signal::Signal::SIGKILL).unwrap();
        service.receive(&mut [0], soon()).unwrap_err();
        assert_eq!(service.end(), None);
        wait_until("all to be gone", || processes_with(&mark).is_empty());
    }
}

#[test]
fn service_is_not_to_be_seen_from_another_sandbox() {
    let mark = format!("{}", 4_000_000 + process::id());
    let script = format!("echo > /tmp/{mark}; sleep {mark}; true");
    let _service = start().serve(&shell(&script)).unwrap();
    wait_until("the sleep to begin", || !processes_with(&mark).is_empty());
    let look = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ls /tmp; tail -n +2 /proc/net/unix";
    let seen = start().execute(&shell(&format!("{look} > seen; cat seen"))).unwrap();
    assert!(!seen.stdout.text().contains(&mark), "{seen:?}");
}
