//! [`Census`]: what all processes of the sandbox use at one instant.
//!
//! Limits on the address space are no use, for sanitizers reserve terabytes, and a
//! control group is not always available. So init reads `/proc`.

#[cfg(test)]
mod properties;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use nix::unistd::Pid;

use super::layout::WRITABLE;

/// What the kernel may hold for a socket in either direction (`net.core.wmem_max`,
/// doubled for its own structures). No process shows it as memory of its own.
const SOCKET_BYTES: u64 = 425_984;

/// So many sockets are free, as any server or runtime has a few.
const FREE_SOCKETS: u64 = 64;

/// What an inode of a file system in memory costs beside its content.
const INODE_BYTES: u64 = 1024;

/// All processes but init at one instant.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub(super) processes: Vec<Process>,
    /// What lies in the writable file systems.
    pub(super) files_bytes: u64,
    sockets: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: Pid,
    parent: i32,
    state: char,
    threads: u64,
    /// With that of its waited-for children.
    pub(super) cpu: Duration,
    memory: Memory,
}

/// Private memory (also swapped out, and in huge pages), shared memory and page
/// tables, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Memory {
    anonymous: u64,
    shared: u64,
    tables: u64,
}

impl Memory {
    fn sum(self) -> u64 {
        self.anonymous + self.shared + self.tables
    }
}

impl Process {
    /// Whether it is more than an exit status that nobody has asked for.
    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }

    /// Whether it neither computes nor waits for a processor or a disk.
    pub(super) fn is_at_rest(&self) -> bool {
        !matches!(self.state, 'R' | 'D')
    }

    /// Whether its first thread computes or waits for a processor.
    pub(super) fn is_runnable(&self) -> bool {
        self.state == 'R'
    }

    fn find(pid: Pid) -> Option<Process> {
        let stat = read(format!("/proc/{pid}/stat"))?;
        let mut process = parse_stat(pid, &stat)?;
        if process.is_alive() {
            let status = read(format!("/proc/{pid}/status"))?;
            process.memory = parse_status(&status);
        }
        Some(process)
    }

    /// Whether it uses as much memory as another, a little time apart.
    fn is_like(&self, other: &Process) -> bool {
        self.memory.sum().abs_diff(other.memory.sum()) <= 1 << 20
    }

    /// The memory with what forked processes share divided among them. It takes the
    /// kernel much longer to find out.
    fn exact_bytes(&self) -> u64 {
        let rollup = read(format!("/proc/{}/smaps_rollup", self.pid));
        let Some(rollup) = rollup else {
            return self.memory.sum();
        };
        match (field(&rollup, "Pss_Anon:"), field(&rollup, "Pss_Shmem:")) {
            (Some(anonymous), Some(shared)) => {
                let elsewhere = ["SwapPss:", "Private_Hugetlb:", "Shared_Hugetlb:"];
                let elsewhere: u64 = elsewhere.iter().filter_map(|name| field(&rollup, name)).sum();
                anonymous + shared + elsewhere + self.memory.tables
            }
            _ => self.memory.sum(),
        }
    }
}

impl Census {
    /// Takes it, without so many sockets that are not of tested code.
    pub(super) fn take(other_sockets: u64) -> Census {
        Census {
            processes: pids().into_iter().filter_map(Process::find).collect(),
            files_bytes: files_bytes(),
            sockets: sockets().saturating_sub(other_sockets),
        }
    }

    /// Processes and threads.
    pub(super) fn tasks(&self) -> u64 {
        self.processes.iter().map(|process| process.threads).sum()
    }

    pub(super) fn cpu(&self) -> Duration {
        self.processes.iter().map(|process| process.cpu).sum()
    }

    /// How long the threads that live have waited for a processor, and whether one could use one now.
    pub(super) fn wants(&self) -> (Duration, bool) {
        let alive = self.processes.iter().filter(|process| process.is_alive());
        let threads: Vec<Thread> = alive
            .flat_map(|process| threads(process.pid))
            .filter_map(|folder| Thread::find(&folder))
            .collect();
        let delay = threads.iter().map(|thread| thread.delay).sum();
        (delay, threads.iter().any(|thread| thread.is_runnable))
    }

    /// An upper bound: memory shared after a fork counts for each process.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.owners().map(|process| process.memory.sum()).sum::<u64>() + self.unowned_bytes()
    }

    /// The same without counting shared memory twice.
    pub(super) fn exact_memory_bytes(&self) -> u64 {
        self.owners().map(Process::exact_bytes).sum::<u64>() + self.unowned_bytes()
    }

    /// What no two processes can share. Where this alone is too much, nobody need walk
    /// the page tables, which takes the longer the larger they have been made.
    pub(super) fn unshared_bytes(&self) -> u64 {
        self.owners().map(|process| process.memory.tables).sum::<u64>() + self.unowned_bytes()
    }

    fn unowned_bytes(&self) -> u64 {
        let sockets = self.sockets.saturating_sub(FREE_SOCKETS);
        self.files_bytes + sockets * SOCKET_BYTES
    }

    /// The processes that have memory of their own. A child of `vfork` is in its
    /// parent's until it executes a program; the parent sleeps that long, in state D,
    /// and has no more than one such child.
    fn owners(&self) -> impl Iterator<Item = &Process> {
        self.processes.iter().filter(|child| {
            let parent = self
                .processes
                .iter()
                .find(|process| process.pid.as_raw() == child.parent && process.state == 'D');
            let borrower = parent.and_then(|parent| {
                self.processes
                    .iter()
                    .find(|process| process.parent == child.parent && process.is_like(parent))
            });
            borrower.is_none_or(|borrower| borrower.pid != child.pid)
        })
    }
}

/// All processes of the PID namespace but init.
pub(super) fn pids() -> Vec<Pid> {
    let Ok(listing) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    listing
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != 1)
        .map(Pid::from_raw)
        .collect()
}

/// The processes that run, without what ended but was not waited for.
pub(super) fn alive() -> impl Iterator<Item = Process> {
    pids().into_iter().filter_map(Process::find).filter(Process::is_alive)
}

/// The folders in `/proc` of a process's threads.
fn threads(pid: Pid) -> Vec<PathBuf> {
    let listing = fs::read_dir(format!("/proc/{pid}/task"));
    listing.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// A thread, as far as it wants a processor.
struct Thread {
    /// How long it has waited for one each time that it got one. A wait that goes on is missing.
    delay: Duration,
    /// Whether it computes or waits for a processor.
    is_runnable: bool,
}

impl Thread {
    /// Reads the second number of `schedstat`, in nanoseconds, and the state in `stat`. Kernels
    /// without the first say nothing of waits that are over.
    fn find(folder: &Path) -> Option<Thread> {
        let text = |name: &str| read(format!("{}/{name}", folder.display()));
        let numbers = text("schedstat").unwrap_or_default();
        let delay = numbers.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok());
        let stat = text("stat")?;
        // The name before the last parenthesis is chosen by tested code.
        let (_, fields) = stat.rsplit_once(')')?;
        let is_runnable = fields.trim_start().starts_with('R');
        Some(Thread { delay: Duration::from_nanos(delay.unwrap_or(0)), is_runnable })
    }
}

/// How many bytes the writable file systems take of memory.
pub(super) fn files_bytes() -> u64 {
    WRITABLE
        .iter()
        .filter_map(|place| statvfs(*place).ok())
        .map(|found| {
            let blocks = found.blocks().saturating_sub(found.blocks_free());
            let inodes = found.files().saturating_sub(found.files_free());
            blocks * found.fragment_size() + inodes * INODE_BYTES
        })
        .sum()
}

/// How many sockets the network namespace has.
pub(super) fn sockets() -> u64 {
    read("/proc/net/sockstat".to_owned())
        .and_then(|text| field_count(&text, "sockets: used"))
        .unwrap_or(0)
}

/// A process may end at any time, so a file that cannot be read is no error.
fn read(path: String) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse_stat(pid: Pid, stat: &str) -> Option<Process> {
    // The name before the last parenthesis is chosen by tested code.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    // Fields 14 to 17 of proc(5), in hundredths of a second.
    let ticks = (11..15).map(number).sum::<Option<u64>>()?;
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        state: fields.first()?.chars().next()?,
        threads: number(17)?,
        cpu: Duration::from_millis(ticks * 10),
        memory: Memory::default(),
    })
}

fn parse_status(status: &str) -> Memory {
    let anonymous = ["RssAnon:", "VmSwap:", "HugetlbPages:"];
    Memory {
        anonymous: anonymous.iter().filter_map(|name| field(status, name)).sum(),
        shared: field(status, "RssShmem:").unwrap_or(0),
        tables: field(status, "VmPTE:").unwrap_or(0),
    }
}

/// The value of a line such as `RssAnon:   12 kB`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    Some(field_count(text, name)? * 1024)
}

fn field_count(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_name_cannot_forge_its_numbers() {
        let stat = "7 (a) R 1 1 1) S 3 7 7 0 -1 4194304 1 0 0 0 5 6 7 8 20 0 4 0 99 1 2";
        let process = parse_stat(Pid::from_raw(7), stat).expect("a process");
        assert_eq!((process.state, process.parent, process.threads), ('S', 3, 4));
        assert_eq!(process.cpu, Duration::from_millis(260));
    }

    #[test]
    fn memory_is_private_shared_and_page_tables() {
        let status =
            "Name:\tx\nRssAnon:\t 12 kB\nRssFile:\t 99 kB\nRssShmem:\t 3 kB\nVmPTE:\t 1 kB\n";
        assert_eq!(parse_status(status).sum(), 16 * 1024);
    }
}
