//! Every resource has an end, and using it up is an exit.

use std::time::Duration;

use assay_sandbox::{Command, Exit, Limits, Spec};

use crate::{limits, output, python, run, shell, spec, start};

const MIB: u64 = 1 << 20;

#[test]
fn fork_bomb_is_contained_and_counted() {
    let bomb = python("import os\nwhile True:\n  try: os.fork()\n  except OSError: pass");
    let limits = Limits { processes: 40, ..limits(2) };
    let mut sandbox = start();
    let execution = sandbox.execute(&bomb.limits(limits)).unwrap();
    assert_eq!(execution.exit, Exit::WallTimeout);
    assert!((30..=40).contains(&execution.usage.processes), "{:?}", execution.usage);
    assert!(execution.leftover_processes >= 29, "{execution:?}");
    assert!(execution.usage.wall < Duration::from_secs(3), "{:?}", execution.usage);
    let after = sandbox.execute(&Command::new("true")).unwrap();
    assert_eq!((after.exit, after.leftover_processes), (Exit::Code(0), 0));
}

#[test]
fn threads_count_as_processes() {
    let program = "
import threading, time
count = 0
try:
    for _ in range(100):
        threading.Thread(target=time.sleep, args=(1,), daemon=True).start()
        count += 1
except RuntimeError: pass
print(count)";
    let limits = Limits { processes: 20, ..limits(5) };
    assert_eq!(output(&python(program).limits(limits)), "19\n");
}

#[test]
fn ignoring_every_signal_does_not_help() {
    let program = "
import signal, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
time.sleep(60)";
    let execution = run(&python(program).limits(limits(1)));
    assert_eq!(execution.exit, Exit::WallTimeout);
    assert!(execution.usage.wall < Duration::from_secs(2));
}

#[test]
fn stopping_itself_is_a_wall_timeout() {
    assert_eq!(run(&shell("kill -STOP $$").limits(limits(1))).exit, Exit::WallTimeout);
}

#[test]
fn sleeping_is_a_wall_timeout() {
    assert_eq!(run(&shell("sleep 60").limits(limits(1))).exit, Exit::WallTimeout);
}

#[test]
fn endless_output_is_killed_and_cut() {
    let check = |descriptor: i32| {
        let command = shell(&format!("exec yes >&{descriptor}")).report().limits(limits(10));
        let execution = run(&command);
        assert_eq!(execution.exit, Exit::OutputLimit, "descriptor {descriptor}");
        let streams = [&execution.stdout, &execution.stderr, &execution.report];
        let stream = streams[usize::try_from(descriptor - 1).unwrap()];
        let kept = stream.bytes.len() as u64;
        assert!(kept <= 4 * MIB, "{kept}");
        assert!(stream.dropped + kept > 8 * MIB, "{kept} and {}", stream.dropped);
        assert!(stream.text().contains("bytes dropped"));
    };
    (1..=3).for_each(check);
}

#[test]
fn output_is_complete_below_the_limit() {
    let program = "import os; os.write(3, b'r' * 3000000); print('x' * 500000)";
    let execution = run(&python(program).report());
    assert_eq!(execution.report.bytes.len(), 3_000_000);
    assert_eq!(execution.stdout.bytes.len(), 500_001);
    assert_eq!(execution.report.dropped + execution.stdout.dropped, 0);
}

#[test]
fn using_too_much_memory_ends_the_command() {
    let check = |name: &str, program: &str| {
        let limits = Limits { memory_bytes: 100 * MIB, ..limits(20) };
        let execution = run(&python(program).limits(limits));
        assert_eq!(execution.exit, Exit::OutOfMemory, "{name}: {execution:?}");
        let peak = execution.usage.peak_memory_bytes;
        assert!((100 * MIB..400 * MIB).contains(&peak), "{name}: {peak}");
    };
    check("heap", "x = [b'x' * 1000000 for _ in range(100000)]");
    check(
        "shared mapping",
        "import mmap; m = mmap.mmap(-1, 1 << 33)\nwhile True: m.write(b'x' * 1000000)",
    );
    check(
        "many processes",
        "import os, time\nfor _ in range(20):\n  if os.fork() == 0:\n    x = b'x' * 10000000; time.sleep(60)\ntime.sleep(60)",
    );
    check(
        "shared memory and temporary files",
        "import time\nfor place in ['/dev/shm/x', '/tmp/x']:\n  open(place, 'wb').write(b'x' * 60000000)\ntime.sleep(60)",
    );
    check(
        "deleted files",
        "import os, time\nf = open('/work/x', 'wb'); os.unlink('/work/x')\nf.write(b'x' * 150000000); f.flush(); time.sleep(60)",
    );
    check(
        "page tables",
        "import mmap, time\nm = mmap.mmap(-1, 1 << 38, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)\nm.madvise(15)\nfor i in range(0, 1 << 38, 1 << 21): m[i]\ntime.sleep(60)",
    );
    check(
        "socket buffers",
        "
import socket, time
pairs = []
for _ in range(450):
    a, b = socket.socketpair()
    a.setblocking(False)
    pairs.append((a, b))
    try:
        while True: a.send(b'x' * 4096)
    except BlockingIOError: pass
time.sleep(60)",
    );
}

#[test]
fn memory_shared_after_a_fork_counts_once() {
    let program = "
import os, time
x = b'x' * 60000000
for _ in range(6):
    if os.fork() == 0:
        time.sleep(0.5); os._exit(0)
time.sleep(0.4)
for _ in range(6): os.wait()";
    let limits = Limits { memory_bytes: 150 * MIB, ..limits(20) };
    output(&python(program).limits(limits));
}

#[test]
fn memory_of_a_parent_that_spawns_counts_once() {
    let program = "
import subprocess
x = b'x' * 120000000
for _ in range(100): subprocess.run(['/bin/true'])";
    let limits = Limits { memory_bytes: 160 * MIB, ..limits(20) };
    output(&python(program).limits(limits));
}

#[test]
fn reserved_address_space_is_not_memory() {
    output(&python(
        "import mmap; mmap.mmap(-1, 1 << 43, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)",
    ));
}

#[test]
fn processor_time_is_summed_over_processes() {
    let check = |program: &str| {
        let limits = Limits { cpu: Duration::from_secs(1), ..limits(20) };
        let execution = run(&python(program).limits(limits));
        assert_eq!(execution.exit, Exit::CpuTimeout, "{program}");
        let cpu = execution.usage.cpu;
        assert!((900..1800).contains(&cpu.as_millis()), "{cpu:?}: {program}");
    };
    check("while True: pass");
    check("import os\nos.fork(); os.fork()\nwhile True: pass");
    check(
        "import threading\nfor _ in range(4): threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()",
    );
    // Many short lives, each waited for.
    check(
        "import os\nwhile True:\n  if os.fork() == 0:\n    for _ in range(300000): pass\n    os._exit(0)\n  os.wait()",
    );
    // Orphans, for which init waits.
    check(
        "import os, time\nwhile True:\n  if os.fork() == 0:\n    if os.fork() == 0:\n      for _ in range(3000000): pass\n    os._exit(0)\n  os.wait(); time.sleep(0.02)",
    );
}

#[test]
fn file_systems_have_a_size_and_a_number_of_files() {
    let spec = Spec { workspace_bytes: 8 * MIB, tmp_bytes: 4 * MIB, ..spec() };
    let mut sandbox = assay_sandbox::Sandbox::start(&spec).unwrap();
    let program = "
import errno, os
def fill(place):
    try:
        with open(place, 'wb') as f:
            while True: f.write(b'x' * 65536)
    except OSError as error: assert error.errno == errno.ENOSPC
    print(os.path.getsize(place))
    os.unlink(place)
    try:
        for i in range(10**6): open(f'{place}{i}', 'w').close()
    except OSError as error: assert error.errno == errno.ENOSPC
    print(i < 2000)
fill('/work/x'); fill('/tmp/x')";
    let execution = sandbox.execute(&python(program)).unwrap();
    assert_eq!(execution.stdout.text(), format!("{}\nTrue\n{}\nTrue\n", 8 * MIB, 4 * MIB));
    let error = sandbox.write(&[assay_sandbox::File::new("more", "x")]).unwrap_err();
    assert!(matches!(error, assay_sandbox::SandboxError::DiskFull { .. }), "{error}");
}

#[test]
fn writing_more_than_allowed_ends_the_command() {
    let limits = Limits { written_bytes: 4 * MIB, ..limits(10) };
    let one = shell("head -c 50000000 /dev/zero > x").limits(limits.clone());
    // The shell reports SIGXFSZ of its child in its own exit code.
    assert!(!run(&one).exit.is_success());
    let many = shell("for i in 1 2 3 4 5 6; do head -c 2000000 /dev/zero > $i; done; sleep 60");
    assert_eq!(run(&many.limits(limits)).exit, Exit::OutputLimit);
}

#[test]
fn open_files_are_limited() {
    let program = "
import os
try:
    while True: last = os.open('/dev/null', 0)
except OSError: print(last)";
    let limits = Limits { open_files: 30, ..limits(5) };
    assert_eq!(output(&python(program).limits(limits)), "29\n");
}

#[test]
fn limits_cannot_be_raised() {
    let program = "
import resource
for name in ['NPROC', 'NOFILE', 'FSIZE', 'CPU', 'CORE']:
    which = getattr(resource, 'RLIMIT_' + name)
    soft, hard = resource.getrlimit(which)
    try: resource.setrlimit(which, (soft + 1, hard + 1))
    except (ValueError, OSError): pass
    assert resource.getrlimit(which) == (soft, hard), name
try: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except ValueError: pass
print(resource.getrlimit(resource.RLIMIT_CORE))
try: resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))
except PermissionError: print('init is out of reach')";
    let said = output(&python(program));
    assert!(
        said == "(1, 1)\ninit is out of reach\n" || said == "(0, 0)\ninit is out of reach\n",
        "{said}"
    );
}
