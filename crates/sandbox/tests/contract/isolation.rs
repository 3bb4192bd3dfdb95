//! Nothing of the host is visible, and nothing of it can be reached.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use assay_sandbox::{Exit, Limits, Mount, Sandbox, Spec};

use crate::{limits, output, python, run, shell, spec, start};

#[test]
fn host_files_are_invisible() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    fs::write(&secret, "planted").unwrap();
    let secret = secret.display();
    for path in [
        "/root",
        "/home",
        "/etc/shadow",
        "/etc/ssh",
        "/var",
        "/run",
        "/sys",
        "/mnt",
        "/boot",
        "/proc/1/root/etc",
        "/proc/1/cwd/",
        "/proc/1/fd/0",
        env!("CARGO_MANIFEST_DIR"),
        &secret.to_string(),
    ] {
        let said = output(&shell(&format!("cat {path} 2>&1 || ls {path} 2>&1 || echo denied")));
        assert!(said.ends_with("denied\n"), "{path}: {said}");
    }
    assert_eq!(output(&shell("ls /tmp /work")), "/tmp:\n\n/work:\n");
}

#[test]
fn root_holds_what_it_should_and_no_more() {
    let said = output(&shell("ls -A /"));
    let found: BTreeSet<&str> = said.lines().collect();
    let known = [
        ".empty", "bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp",
        "usr", "work",
    ];
    assert!(found.is_subset(&BTreeSet::from(known)), "{found:?}");
}

#[test]
fn only_work_tmp_and_shm_are_writable() {
    // What lies deeper is in the same mounts; a cold disk takes minutes to list it.
    let program = r"
import os
found = []
for place, directories, files in os.walk('/'):
    if place.startswith('/proc'): directories.clear(); continue
    if place.count('/') == 3: directories.clear()
    try:
        open(place + '/planted', 'x').close(); found.append(place)
    except OSError: pass
print(sorted(found))
for path in ['/etc/passwd', '/usr/bin/env', '/proc/sys/kernel/hostname', '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/1/oom_score_adj', '/proc/1/timerslack_ns', '/proc/1/comm', '/proc/1/autogroup', '/proc/1/uid_map']:
    try: os.write(os.open(path, os.O_WRONLY), b'1'); print('wrote', path)
    except OSError: pass
try: os.chmod('/dev/null', 0o600); print('changed a device')
except OSError: pass
";
    let command = python(program).limits(limits(120));
    assert_eq!(output(&command), "['/dev/shm', '/tmp', '/work']\n");
}

#[test]
fn environment_and_arguments_of_the_host_are_invisible() {
    let program = "
import glob
seen = b''
for path in glob.glob('/proc/*/environ') + glob.glob('/proc/*/task/*/environ') + glob.glob('/proc/*/cmdline'):
    try: seen += open(path, 'rb').read() + b'|'
    except PermissionError: pass
print(b'host-' + b'secret' in seen, b'debug' + b'/assay' in seen, b'import glob' in seen)";
    let host = std::process::Command::new(env!("CARGO_BIN_EXE_assay-sandbox"))
        .env("API_KEY", "host-secret")
        .args(["host-secret", "--", "/usr/bin/python3", "-c", program])
        .output()
        .unwrap();
    // The program sees itself.
    assert_eq!(String::from_utf8_lossy(&host.stdout), "False False True\n");
    assert_eq!(output(&shell("env").env("A", "b")), "A=b\nPWD=/work\n");
}

#[test]
fn only_processes_of_the_sandbox_are_visible() {
    let said = output(&python("import os; print([p for p in os.listdir('/proc') if p.isdigit()])"));
    assert_eq!(said.matches(',').count(), 1, "{said}");
}

#[test]
fn host_network_is_out_of_reach() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let name = format!("assay-sandbox-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _unix = UnixListener::bind_addr(&address).unwrap();
    let program = format!(
        r"
import socket
def attempt(family, address):
    try: socket.socket(family).connect(address); print('connected', address)
    except OSError: pass
attempt(socket.AF_INET, ('127.0.0.1', {port}))
attempt(socket.AF_INET, ('1.1.1.1', 53))
attempt(socket.AF_UNIX, '\0{name}')
print(socket.if_nameindex())
"
    );
    assert_eq!(output(&python(&program)), "[(1, 'lo')]\n");
}

#[test]
fn loopback_works_inside() {
    let program = "
import socket
for family, address in (socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'):
    server = socket.socket(family); server.bind((address, 0)); server.listen()
    client = socket.socket(family); client.connect(server.getsockname())
    server.accept()[0].send(b'hello')
    print(client.recv(5))
print(socket.gethostbyname('localhost'), socket.gethostbyname('shop.example'))";
    let mut spec = spec();
    spec.hosts.push(([127, 0, 0, 9].into(), "shop.example".to_owned()));
    let mut sandbox = Sandbox::start(&spec).unwrap();
    let execution = sandbox.execute(&python(program)).unwrap();
    assert_eq!(execution.stdout.text(), "b'hello'\nb'hello'\n127.0.0.1 127.0.0.9\n");
}

#[test]
fn only_given_descriptors_are_open() {
    // A descriptor that the host forgot to close on exec.
    let leaked = tempfile::tempfile().unwrap();
    // SAFETY: it clears a flag of an open descriptor.
    unsafe { libc::fcntl(leaked.as_raw_fd(), libc::F_SETFD, 0) };
    let list = "import os\nprint([f for f in range(300) if os.path.exists(f'/proc/self/fd/{f}')])";
    assert_eq!(output(&python(list)), "[0, 1, 2]\n");
    assert_eq!(output(&python(list).report().input("nonce")), "[0, 1, 2, 3, 4]\n");
    assert_eq!(output(&python(list).input("nonce")), "[0, 1, 2, 4]\n");
}

#[test]
fn nobody_reads_a_report_that_others_wrote() {
    let program = r"
import os
os.write(3, b'said')
for attempt in (lambda: os.open('/proc/self/fd/3', os.O_RDONLY), lambda: os.open('/dev/fd/3', os.O_WRONLY)):
    try:
        print(attempt())
    except OSError as error:
        print(error.strerror)
print(os.read(3, 4))";
    let execution = run(&python(program).report());
    let refused = "No such device or address\n".repeat(2);
    assert_eq!(execution.stdout.text(), format!("{refused}b''\n"));
    assert_eq!(execution.report.text(), "said");
}

#[test]
fn standard_input_and_input_arrive_whole() {
    let program = "import os, sys; print(len(sys.stdin.read()), len(os.fdopen(4).read()))";
    let command = python(program).stdin("s".repeat(300_000)).input("i".repeat(200_000));
    assert_eq!(output(&command), "300000 200000\n");
    assert_eq!(output(&python("import sys; print(len(sys.stdin.read()))")), "0\n");
}

#[test]
fn tested_code_has_no_privileges() {
    let said =
        output(&shell("id -u; id -g; id -G; grep -E 'Cap|NoNewPrivs|Seccomp:' /proc/self/status"));
    let user_only = said.starts_with("1000\n1000\n1000");
    assert!(user_only, "{said}");
    for name in ["Inh", "Prm", "Eff", "Bnd", "Amb"] {
        assert!(said.contains(&format!("Cap{name}:\t0000000000000000\n")), "{said}");
    }
    assert!(said.contains("NoNewPrivs:\t1\n") && said.contains("Seccomp:\t2\n"), "{said}");
}

#[test]
fn init_cannot_be_killed_traced_slowed_or_read() {
    let program = "
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
pid = os.fork()
if pid == 0:
    signal.pause()
for number in range(1, 65): os.kill(1, number)
assert libc.ptrace(16, 1, 0, 0) == -1
assert libc.ptrace(0x4206, 1, 0, 0) == -1
for attempt in [
    lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    lambda: os.setpriority(os.PRIO_USER, 0, 19),
    lambda: os.setpriority(os.PRIO_PGRP, 1, 19),
    lambda: os.sched_setaffinity(1, [0]),
    lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
    lambda: os.listdir('/proc/1/fd'), lambda: os.listdir('/proc/1/fdinfo'), lambda: os.listdir('/proc/1/map_files'),
    lambda: os.readlink('/proc/1/exe'), lambda: os.readlink('/proc/1/root'), lambda: os.readlink('/proc/1/ns/net'),
    lambda: open('/proc/1/mem'), lambda: open('/proc/1/environ').read(), lambda: open('/proc/1/maps').read(),
    lambda: open('/proc/1/stack').read(), lambda: open('/proc/1/syscall').read(), lambda: open('/proc/1/auxv').read(),
]:
    try: print('succeeded:', attempt())
    except OSError: pass
os.kill(-1, signal.SIGKILL)
print(os.waitpid(pid, 0)[1])";
    for allow_ptrace in [false, true] {
        let spec = Spec { allow_ptrace, ..spec() };
        let mut sandbox = Sandbox::start(&spec).unwrap();
        let execution = sandbox.execute(&python(program)).unwrap();
        assert_eq!(execution.stdout.text(), "9\n", "{execution:?}");
        assert_eq!(execution.exit, Exit::Code(0));
        assert!(sandbox.execute(&shell("true")).unwrap().exit.is_success());
    }
}

#[test]
fn dangerous_system_calls_are_denied() {
    let program = "
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments, expect=errno.EPERM, number=None):
    if name: result = getattr(libc, name)(*arguments)
    else: result = libc.syscall(number, *arguments)
    if result != -1 or ctypes.get_errno() != expect:
        print(name, number, arguments, result, os.strerror(ctypes.get_errno()))
for flag in [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80]:
    call('unshare', flag)
    call('setns', 0, flag)
    if flag != 0x80: call(None, flag | 17, 0, 0, 0, 0, number=56)
call('mount', b'x', b'/tmp', b'tmpfs', 0, 0)
call('umount2', b'/tmp', 2)
call('chroot', b'/tmp')
call('pivot_root' if hasattr(libc, 'pivot_root') else None, b'/tmp', b'/tmp', number=155)
call('ptrace', 0, 0, 0, 0)
call('personality', 8)
call('memfd_create', b'x', 0)
call('shmget', 0, 4096, 0o1600)
call('msgget', 0, 0o1600)
call(None, b'x', 66, 0o600, 0, number=240)
call('vmsplice', 0, 0, 0, 0)
call('process_vm_readv', 1, 0, 0, 0, 0, 0)
call('fanotify_init', 0, 0)
call('ioctl', 0, 0x5412, b'x')
call('ioctl', 0, ctypes.c_ulong(0x100005412), b'x')
call('socket', 40, 1, 0)
call('socket', 38, 5, 0)
call('socket', 17, 3, 0)
call('socket', 16, 3, 12)
call('socket', 2, 3, 1)
for number in [248, 249, 250, 298, 304, 312, 313, 321, 323, 425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442, 447, 101, 246, 175, 169, 163, 167, 172, 173]:
    call(None, 0, 0, 0, 0, 0, 0, number=number)
call(None, 0, 0, number=435, expect=errno.ENOSYS)
# The other way to number system calls, in which 39 is still getpid.
call(None, number=0x40000000 + 39)
call(None, number=0x40000000 + 520)";
    if cfg!(target_arch = "x86_64") {
        assert_eq!(output(&python(program)), "");
    }
}

#[test]
fn system_calls_of_another_architecture_kill() {
    if !cfg!(target_arch = "x86_64") {
        return;
    }
    // int 0x80 with eax = 20, which is getpid of i386.
    let program = "
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(b'\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3')
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
print(ctypes.CFUNCTYPE(ctypes.c_int)(address)())";
    assert_eq!(run(&python(program)).exit, Exit::Signal(libc::SIGSYS));
}

#[test]
fn mounts_are_read_only_and_reach_below_private_directories() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("a/b")).unwrap();
    fs::write(directory.path().join("a/b/file"), "content").unwrap();
    let spec = Spec {
        mounts: vec![
            Mount::new(directory.path().join("a"), "/opt/a"),
            Mount::new(directory.path().join("a/b/file"), "/work/lib/one"),
        ],
        ..spec()
    };
    let mut sandbox = Sandbox::start(&spec).unwrap();
    let script = "cat /opt/a/b/file /work/lib/one; touch /opt/a/b/x /opt/a/b/file; echo x > /work/lib/one; rm -rf /work/lib; echo x > /work/lib/two; ls /opt /work/lib";
    let execution = sandbox.execute(&shell(script)).unwrap();
    assert_eq!(execution.stdout.text(), "contentcontent/opt:\na\n\n/work/lib:\none\ntwo\n");
    assert_eq!(fs::read(directory.path().join("a/b/file")).unwrap(), b"content");
    assert_eq!(fs::read_dir(directory.path().join("a/b")).unwrap().count(), 1);
}

#[test]
fn missing_mounts_are_errors() {
    for (source, target) in
        [("/no/such/place", "/opt/x"), ("/usr", "relative"), ("/usr", "/opt/../x"), ("/usr", "/")]
    {
        let spec = Spec { mounts: vec![Mount::new(source, target)], ..spec() };
        assert!(Sandbox::start(&spec).is_err(), "{source} at {target}");
    }
}

#[test]
fn killing_everything_kills_no_more_than_itself() {
    let mut sandbox = start();
    let limits = Limits { ..limits(5) };
    let command = shell("kill -9 1; kill -9 -1; kill -9 $PPID; exit 7").limits(limits);
    assert_eq!(sandbox.execute(&command).unwrap().exit, Exit::Code(7));
}
