//! The processes of the host, as far as they are this program's: four fields of one file,
//! for which no crate that reads all of `/proc` is needed.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use assay_sandbox::idle;

/// A process, and what it has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    pub id: u32,
    parent: u32,
    /// CPU time of its own, to a hundredth of a second.
    pub own: Duration,
    /// CPU time of its children that are gone, to a hundredth of a second.
    pub of_children: Duration,
}

/// The processes below this one.
pub fn descendants() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let process = |entry: fs::DirEntry| Process::read(entry.file_name().to_str()?.parse().ok()?);
    below(std::process::id(), &entries.filter_map(process).collect::<Vec<_>>())
}

/// CPU time up to a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    pub(crate) by_us: Duration,
    /// How long the processors had nothing to do, added up; `None` where
    /// nobody can say.
    pub(crate) idle: Option<Duration>,
}

impl Used {
    pub(crate) fn now() -> Used {
        Used { by_us: used_by_descendants(), idle: idle() }
    }

    /// What came to it since an earlier moment.
    pub(crate) fn since(self, then: Used) -> Used {
        let idle = self.idle.zip(then.idle).map(|(now, then)| now.saturating_sub(then));
        Used { by_us: self.by_us.saturating_sub(then.by_us), idle }
    }
}

/// What everything that this process has started has used so far. What ended without
/// having been waited for is missing.
fn used_by_descendants() -> Duration {
    let here = Process::read(std::process::id()).map_or(Duration::ZERO, |here| here.of_children);
    descendants().iter().fold(here, |sum, process| sum + process.own + process.of_children)
}

fn below(root: u32, processes: &[Process]) -> Vec<Process> {
    let parents: HashMap<u32, u32> =
        processes.iter().map(|process| (process.id, process.parent)).collect();
    let is_below = |process: &&Process| {
        // No chain of parents is longer than there are processes.
        std::iter::successors(Some(process.parent), |id| parents.get(id).copied())
            .take(processes.len())
            .any(|id| id == root)
    };
    processes.iter().filter(is_below).copied().collect()
}

impl Process {
    fn read(id: u32) -> Option<Process> {
        Process::parse(id, &fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    /// Fields 4 and 14 to 17 of `/proc/PID/stat`, proc_pid_stat(5).
    fn parse(id: u32, stat: &str) -> Option<Process> {
        // The name before the last parenthesis is chosen by tested code.
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        // The kernel shows hundredths of a second on every machine.
        let time =
            |user, system| Some(Duration::from_millis(10 * (number(user)? + number(system)?)));
        Some(Process {
            id,
            parent: fields.get(1)?.parse().ok()?,
            own: time(11, 12)?,
            of_children: time(13, 14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_has_started_is_below_it_at_any_depth() {
        let process = |id, parent| {
            let none = Duration::ZERO;
            Process { id, parent, own: none, of_children: none }
        };
        let all = [(1, 0), (10, 1), (11, 10), (12, 11), (20, 1), (30, 31), (31, 30)];
        let all = all.map(|(id, parent)| process(id, parent));
        assert_eq!(below(10, &all), [process(11, 10), process(12, 11)]);
        assert_eq!(below(12, &all), []);
    }

    #[test]
    fn a_name_cannot_forge_numbers() {
        let stat = "12 (a) R 1) S 11 12 12 0 -1 4194304 1 0 0 0 10 20 3 4 20 0 4 0 99 1 2";
        let time = Duration::from_millis;
        let process = Process { id: 12, parent: 11, own: time(300), of_children: time(70) };
        assert_eq!(Process::parse(12, stat), Some(process));
    }
}
