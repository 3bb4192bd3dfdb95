//! A process and what it took, apart from what its children took.

use std::fs;
use std::io::Read as _;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// What a process said and took.
pub(crate) struct Watched {
    pub(crate) output: String,
    pub(crate) elapsed: Duration,
    /// CPU time of its own threads.
    pub(crate) cpu: Duration,
    /// CPU time of the processes that it waited for.
    pub(crate) children: Duration,
    /// The most memory that was resident (`VmHWM`), as last seen while it ran.
    pub(crate) peak_kib: u64,
}

/// How often its memory is looked at: what it took at its very end may be missed.
const EVERY: Duration = Duration::from_millis(20);

impl Watched {
    /// Runs a command, whose output is piped, to its end.
    pub(crate) fn run(command: &mut Command) -> Watched {
        let started = Instant::now();
        let mut child = command.spawn().expect("it starts");
        let mut stdout = child.stdout.take().expect("its output is piped");
        let reader = std::thread::spawn(move || {
            let mut output = String::new();
            stdout.read_to_string(&mut output).expect("UTF-8");
            output
        });
        let pid = child.id();
        let id = || Id::Pid(Pid::from_raw(pid.try_into().expect("a process id")));
        // It is left a zombie, whose times can still be read.
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        let mut peak_kib = 0;
        while waitid(id(), flags).expect("a child") == WaitStatus::StillAlive {
            peak_kib = peak(pid).unwrap_or(peak_kib);
            std::thread::sleep(EVERY);
        }
        let elapsed = started.elapsed();
        let (cpu, children) = times(pid);
        child.wait().expect("it has ended");
        let output = reader.join().expect("its output was read");
        Watched { output, elapsed, cpu, children, peak_kib }
    }
}

/// proc(5): `VmHWM`, which is not there any more once the process has ended.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// proc(5): fields 14 to 17 are times of the process and of its children, each in user
/// and kernel mode. The name in field 2 may hold spaces.
fn times(pid: u32) -> (Duration, Duration) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a zombie");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields[at - 3].parse::<u32>().expect("a number of ticks");
    let second = sysconf(SysconfVar::CLK_TCK).expect("known").expect("known");
    let time = |ticks: u32| Duration::from_secs_f64(f64::from(ticks) / second as f64);
    (time(ticks(14) + ticks(15)), time(ticks(16) + ticks(17)))
}
