//! What a piece of work costs: wall time, and CPU time of everything it started.

use std::ops::Add;
use std::time::{Duration, Instant};

use assay_verify::processes::{Process, descendants};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

/// Whose CPU time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// This process and the processes it waited for. A sandbox's launcher waits
    /// for the first process of its namespace, and that one for all others (the
    /// kernel does so for those it kills at the end), so nothing escapes.
    Reaped,
    /// These and the processes below this one that still run, such as a compiler
    /// that stays for the next artifact.
    Everyone,
}

/// Milliseconds of wall and CPU time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
}

impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost { wall: self.wall + other.wall, cpu: self.cpu + other.cpu }
    }
}

impl Cost {
    /// What is left without a part.
    pub(crate) fn without(self, part: Cost) -> Cost {
        Cost { wall: (self.wall - part.wall).max(0.0), cpu: (self.cpu - part.cpu).max(0.0) }
    }

    /// One of so many equal parts.
    pub(crate) fn share(self, count: usize) -> Cost {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX)).max(1.0);
        Cost { wall: self.wall / count, cpu: self.cpu / count }
    }
}

/// Does the work and says what it cost.
pub(crate) fn cost_of<T>(who: Who, work: impl FnOnce() -> T) -> (T, Cost) {
    let before = cpu(who);
    let started = Instant::now();
    let result = work();
    let wall = milliseconds(started.elapsed());
    (result, Cost { wall, cpu: (milliseconds(cpu(who)) - milliseconds(before)).max(0.0) })
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The CPU time used so far.
fn cpu(who: Who) -> Duration {
    let reaped: Duration =
        [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN].into_iter().map(used).sum();
    match who {
        Who::Reaped => reaped,
        Who::Everyone => reaped + running(),
    }
}

fn used(who: UsageWho) -> Duration {
    let usage: Usage = getrusage(who).expect("the kernel tells what was used");
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
}

/// The CPU time of all processes below this one, and of those they waited for.
fn running() -> Duration {
    // Its own time is to be had more exactly; none if it has ended.
    let own = |process: &Process| {
        let id = i32::try_from(process.id).unwrap_or_default();
        clock_getcpuclockid(Pid::from_raw(id))
            .and_then(nix::time::ClockId::now)
            .map_or(Duration::ZERO, Duration::from)
    };
    descendants().iter().map(|process| own(process) + process.of_children).sum()
}

/// The costs of many pieces of work of one kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Costs(Vec<Cost>);

impl Costs {
    pub(crate) fn add(&mut self, cost: Cost) {
        self.0.push(cost);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn mean(&self) -> Cost {
        self.0.iter().fold(Cost::default(), |sum, cost| sum + *cost).share(self.0.len())
    }

    pub(crate) fn median(&self) -> Cost {
        Cost { wall: self.middle(|cost| cost.wall), cpu: self.middle(|cost| cost.cpu) }
    }

    fn middle(&self, part: fn(&Cost) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }
}
