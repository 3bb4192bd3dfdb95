//! How a program ended and what it used.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a program ended. Every one of these can be provoked by the program, so
/// it is evidence about the artifact and never an infrastructure error. Load on
/// the host can cause a timeout too, so one is rerun alone before it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", content = "value", rename_all = "kebab-case")]
pub enum Ending {
    Exited(i32),
    Signalled(i32),
    WallTimeout,
    CpuTimeout,
    OutOfMemory,
    OutputLimit,
    /// Assay ended it, as happens to agents that go on after their limit.
    Stopped,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exited(status) => write!(f, "it exited with status {status}"),
            Ending::Signalled(signal) => write!(f, "it was killed by signal {signal}"),
            Ending::WallTimeout => f.write_str("it ran out of wall time"),
            Ending::CpuTimeout => f.write_str("it ran out of CPU time"),
            Ending::OutOfMemory => f.write_str("it ran out of memory"),
            Ending::OutputLimit => f.write_str("it wrote too much output"),
            Ending::Stopped => f.write_str("it was stopped"),
        }
    }
}

/// What one command used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Usage {
    pub wall_ms: u64,
    pub cpu_ms: u64,
    pub peak_memory_bytes: u64,
}

impl Usage {
    pub fn new(wall: Duration, cpu: Duration, peak_memory_bytes: u64) -> Usage {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Usage { wall_ms: milliseconds(wall), cpu_ms: milliseconds(cpu), peak_memory_bytes }
    }
}

impl std::ops::AddAssign for Usage {
    /// Sums times; memory is the larger of both.
    fn add_assign(&mut self, other: Usage) {
        self.wall_ms += other.wall_ms;
        self.cpu_ms += other.cpu_ms;
        self.peak_memory_bytes = self.peak_memory_bytes.max(other.peak_memory_bytes);
    }
}
