//! A sandbox forked from a nursery is like one that was executed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{self, Stdio};
use std::time::Duration;

use assay_sandbox::{Command, Exit, Nursery, Sandbox, SandboxError, Seed, Spec};

use crate::lifetime::{processes_with, wait_until};
use crate::{limits, python, shell, spec, start};

/// The interpreter's library, named as Debian names it; without it there is no nursery.
fn library() -> Option<String> {
    let output = process::Command::new("/usr/bin/python3").arg("--version").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    let mut numbers = version.trim().trim_start_matches("Python ").split('.');
    let (major, minor) = (numbers.next()?, numbers.next()?);
    let name = format!("libpython{major}.{minor}.so.1.0");
    let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
    let is_there = folders.iter().any(|folder| Path::new(folder).join(&name).exists());
    if !is_there {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("skipped: there is no {name}\n").as_bytes(),
        );
    }
    is_there.then_some(name)
}

fn seed(command: &Command) -> Option<Seed> {
    Some(Seed {
        mounts: Vec::new(),
        command: command.clone(),
        library: library()?,
        preload: "import json, random\ndel json, random".to_owned(),
        launcher: spec().launcher,
    })
}

/// A nursery for a program, unless the host has no library for one.
fn nursery(command: &Command) -> Option<Nursery> {
    seed(command).map(|seed| Nursery::start(&seed).unwrap())
}

/// What a process can find out about itself and its surroundings.
const FACTS: &str = r"
import ctypes, glob, json, os, resource, signal, socket, sys
def text(path):
    with open(path) as file: return file.read()
def field(name):
    return [line for line in text('/proc/self/status').splitlines() if line.startswith(name)]
facts = {}
for name in ['Uid', 'Gid', 'Groups', 'Cap', 'NoNewPrivs', 'Seccomp', 'Sig', 'Shd', 'Threads', 'Umask', 'Name', 'NSpid']:
    facts[name] = field(name)
facts['limits'] = text('/proc/self/limits')
facts['descriptors'] = {n: os.readlink(n).split(':')[0] for n in sorted(glob.glob('/proc/self/fd/[0-9]*'))[:-1] if os.path.lexists(n)}
facts['environ'] = [dict(os.environ), sorted(text('/proc/self/environ').split('\0'))]
facts['place'] = [os.getcwd(), sorted(os.listdir('/')), sorted(os.listdir('/dev')), sorted(os.listdir('.'))]
facts['pids'] = [p for p in os.listdir('/proc') if p.isdigit()]
facts['session'] = [os.getsid(0), os.getpgid(0), os.getpid(), os.getppid()]
facts['mounts'] = [line.split()[4:6] + line.split(' - ')[1].split()[:1] for line in text('/proc/self/mountinfo').splitlines()]
facts['ids'] = [text('/proc/self/' + n).split()[::2] for n in ('uid_map', 'gid_map', 'setgroups', 'oom_score_adj', 'comm', 'timerslack_ns')]
facts['host'] = [socket.gethostname(), socket.if_nameindex()]
libc = ctypes.CDLL(None)
facts['prctl'] = [libc.prctl(option, 0, 0, 0, 0) for option in (3, 38, 39, 21, 27)]
facts['refused'] = [libc.unshare(0x10000000), libc.ptrace(0, 0, 0, 0), libc.mount(b'a', b'/tmp', b'tmpfs', 0, 0)]
facts['signals'] = {n: str(signal.getsignal(n)).split(' at ')[0] for n in range(1, 65) if n not in (32, 33)}
facts['python'] = [sys.argv, sys.orig_argv, sys.executable, sys.prefix, sys.base_prefix, sys.path, str(sys.flags), sys.version, sys.warnoptions, sys._xoptions]
facts['streams'] = [[s.encoding, s.errors, s.line_buffering, s.seekable(), s.buffer.raw.mode] for s in (sys.stdin, sys.stdout, sys.stderr)]
facts['main'] = sorted(n for n in globals() if n != 'facts')
print(json.dumps(facts, indent=1, sort_keys=True))
sys.exit(7)
";

#[test]
fn forked_sandbox_is_like_an_executed_one() {
    let command = Command::new("/usr/bin/python3")
        .args(["-P", "-B", "-s", "-c", FACTS])
        .env("LANG", "C.UTF-8")
        .env("A", "b");
    let Some(nursery) = nursery(&command) else {
        return;
    };
    let executed = start().execute(&command).unwrap();
    let mut sandbox = Sandbox::start_in(&nursery, &spec()).unwrap();
    let forked = sandbox.execute(&command).unwrap();
    assert_eq!((executed.exit, forked.exit), (Exit::Code(7), Exit::Code(7)), "{forked:?}");
    similar(&executed.stdout.text(), &forked.stdout.text());
    // Any number of times, and any other command is executed.
    assert_eq!(sandbox.execute(&command).unwrap().exit, Exit::Code(7));
    assert_eq!(sandbox.execute(&shell("echo other")).unwrap().stdout.text(), "other\n");
}

fn similar(executed: &str, forked: &str) {
    let differing: Vec<_> = executed
        .lines()
        .zip(forked.lines())
        .filter(|(executed, forked)| executed != forked)
        .collect();
    assert_eq!(differing, []);
    assert_eq!(executed.len(), forked.len());
}

#[test]
fn forks_do_not_see_each_other() {
    let program = "
import json, os, random
print(hasattr(json, 'planted'), os.listdir('/work'), os.listdir('/tmp'), len([p for p in os.listdir('/proc') if p.isdigit()]))
print(random.random())
json.planted = True
open('/work/planted', 'w'), open('/tmp/planted', 'w')";
    let Some(nursery) = nursery(&python(program)) else {
        return;
    };
    let mut sandboxes = [(); 2].map(|()| Sandbox::start_in(&nursery, &spec()).unwrap());
    let said = sandboxes
        .each_mut()
        .map(|sandbox| sandbox.execute(&python(program)).unwrap().stdout.text());
    for said in &said {
        assert_eq!(said.lines().next(), Some("False [] [] 2"));
    }
    assert_ne!(said[0], said[1]);
}

#[test]
fn forked_command_is_held_to_its_limits() {
    let check = |program: &str, expect: Exit| {
        let wall = if expect == Exit::WallTimeout { 1 } else { 30 };
        let mut command = python(program).limits(limits(wall));
        command.limits.cpu = Duration::from_secs(1);
        command.limits.memory_bytes = 128 << 20;
        let Some(nursery) = nursery(&command) else {
            return;
        };
        let mut sandbox = Sandbox::start_in(&nursery, &spec()).unwrap();
        let execution = sandbox.execute(&command).unwrap();
        assert_eq!(execution.exit, expect, "{program}: {execution:?}");
        // The sandbox is as good as new.
        assert!(sandbox.execute(&Command::new("true")).unwrap().exit.is_success());
    };
    check("while True: pass", Exit::CpuTimeout);
    check("import time; time.sleep(60)", Exit::WallTimeout);
    check("a = []\nwhile True: a.append(b'x' * (1 << 20))", Exit::OutOfMemory);
    check("while True: print('x' * 100_000)", Exit::OutputLimit);
    check("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Exit::Signal(9));
    check("import ctypes; ctypes.string_at(0)", Exit::Signal(11));
    check("raise SystemExit(5)", Exit::Code(5));
    check("1 / 0", Exit::Code(1));
    check(
        "import threading, time, os; threading.Thread(target=lambda: (time.sleep(0.3), os._exit(4))).start()",
        Exit::Code(4),
    );
    check("import atexit, os; atexit.register(os._exit, 6)", Exit::Code(6));
}

#[test]
fn program_file_of_a_fork_cannot_be_written() {
    let program = "
import os
for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
    try: os.open('/proc/self/exe', flags); print('opened')
    except OSError: pass
fd = os.open('/proc/self/exe', os.O_RDONLY)
if os.fork() == 0: os.execv('/usr/bin/python3', ['python3', '-c', f'''
import os
try: os.write(os.open('/proc/self/fd/{fd}', os.O_WRONLY), b'x'); print('wrote')
except OSError as error: print('refused')
'''])
os.wait()
print(os.readlink('/proc/self/exe'))";
    let Some(nursery) = nursery(&python(program)) else {
        return;
    };
    let mut sandbox = Sandbox::start_in(&nursery, &spec()).unwrap();
    let said = sandbox.execute(&python(program)).unwrap().stdout.text();
    assert_eq!(said, "refused\n/memfd:python (deleted)\n");
}

#[test]
fn nursery_sees_nothing_of_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    fs::write(&secret, "planted").unwrap();
    let command = python("import json; print(json.seen)");
    let Some(mut seed) = seed(&command) else {
        return;
    };
    seed.preload = format!(
        "
import json, os, socket
places = ['/root', '/home', '/proc', '/run', '/sys', '/etc/shadow', {secret:?}]
json.seen = [[p for p in places if os.path.lexists(p)], os.listdir('/work'), socket.if_nameindex(), len(os.environ)]"
    );
    let nursery = Nursery::start(&seed).unwrap();
    let mut sandbox = Sandbox::start_in(&nursery, &spec()).unwrap();
    let said = sandbox.execute(&command).unwrap().stdout.text();
    assert_eq!(said, "[[], [], [(1, 'lo')], 1]\n");
}

#[test]
fn nursery_that_cannot_be_is_an_error() {
    let Some(good) = seed(&python("pass")) else {
        return;
    };
    let check = |change: &dyn Fn(&mut Seed)| {
        let mut seed = good.clone();
        change(&mut seed);
        let error = Nursery::start(&seed).unwrap_err();
        assert!(matches!(error, SandboxError::Setup { .. } | SandboxError::Launch { .. }));
    };
    check(&|seed| seed.library = "libnone.so.1".to_owned());
    check(&|seed| seed.preload = "1 / 0".to_owned());
    check(&|seed| seed.preload = "raise SystemExit(0)".to_owned());
    check(&|seed| {
        seed.preload =
            "import threading, time; threading.Thread(target=time.sleep, args=[60]).start()"
                .to_owned();
    });
    let mut spec = Spec { mounts: Vec::new(), ..spec() };
    spec.mounts.push(assay_sandbox::Mount::new("/no/such/place", "/opt/x"));
    let nursery = Nursery::start(&good).unwrap();
    assert!(Sandbox::start_in(&nursery, &spec).is_err());
}

#[test]
fn sandbox_outlives_its_nursery() {
    let command = python("print('here')");
    let Some(nursery) = nursery(&command) else {
        return;
    };
    let mut sandbox = Sandbox::start_in(&nursery, &spec()).unwrap();
    drop(nursery);
    assert_eq!(sandbox.execute(&command).unwrap().stdout.text(), "here\n");
}

/// The host is this program, told by its environment to be one.
#[test]
fn killed_host_leaves_no_nursery_and_no_fork() {
    const ROLE: &str = "ASSAY_TEST_NURSERY_HOST";
    if let Ok(mark) = std::env::var(ROLE) {
        let mut command = python(&format!("import os; os.system('sleep {mark} & sleep {mark}')"));
        command.program = format!("/usr/bin/python3-{mark}");
        if let Some(nursery) = nursery(&command) {
            let _ = Sandbox::start_in(&nursery, &spec()).unwrap().execute(&command);
        }
        return;
    }
    if library().is_none() {
        return;
    }
    let mark = format!("{}", 5_000_000 + process::id());
    let mut host = process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nursery::killed_host_leaves_no_nursery_and_no_fork"])
        .env(ROLE, &mark)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let sleep = format!("sleep\0{mark}");
    wait_until("the sleep to begin", || processes_with(&sleep).len() >= 2);
    assert!(processes_with(&format!("python3-{mark}")).len() >= 3);
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until("all to be gone", || processes_with(&mark).is_empty());
}

#[test]
fn dropped_fork_leaves_no_process() {
    let mark = format!("{}", 4_000_000 + process::id());
    let command = python(&format!("import os; os.system('sleep {mark} & sleep {mark}')"));
    let Some(nursery) = nursery(&command) else {
        return;
    };
    let mut sandbox = Sandbox::start_in(&nursery, &spec()).unwrap();
    let execution = sandbox.execute(&command.limits(limits(1))).unwrap();
    assert_eq!(execution.exit, Exit::WallTimeout);
    drop(sandbox);
    assert!(processes_with(&format!("sleep\0{mark}")).is_empty());
}

/// What the children of each nursery of this process have used that were waited for: fields
/// 16 and 17 of `/proc/PID/stat`, in hundredths of a second.
fn used_by_grandchildren() -> BTreeMap<String, u64> {
    let mut used = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let children = fs::read_to_string(task.unwrap().path().join("children"));
        for child in children.unwrap_or_default().split_whitespace() {
            let text = |name: &str| fs::read_to_string(format!("/proc/{child}/{name}"));
            if text("cmdline").is_ok_and(|line| line.contains("__assay-nursery")) {
                let stat = text("stat").unwrap_or_default();
                let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
                let times = fields.split_whitespace().skip(13).take(2);
                used.insert(child.to_owned(), times.flat_map(str::parse::<u64>).sum());
            }
        }
    }
    used
}

#[test]
fn what_forked_sandboxes_use_counts_as_used_by_children_of_the_nursery() {
    let busy = python("import time\nwhile time.process_time() < 0.5: pass");
    let Some(nursery) = nursery(&busy) else { return };
    let before = used_by_grandchildren();
    let mut sandbox = Sandbox::start_in(&nursery, &spec()).unwrap();
    assert_eq!(sandbox.execute(&busy).unwrap().exit, Exit::Code(0));
    drop(sandbox);
    wait_until("the launcher is waited for", || {
        let grew = |(id, used): (&String, &u64)| before.get(id).is_some_and(|it| it + 40 <= *used);
        used_by_grandchildren().iter().any(grew)
    });
}
