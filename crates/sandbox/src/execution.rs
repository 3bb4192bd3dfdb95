//! [`Execution`]: what was observed of one command.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Contacts;

/// What was observed of one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub exit: Exit,
    pub stdout: Captured,
    pub stderr: Captured,
    /// What was written on [`crate::REPORT_FD`].
    pub report: Captured,
    pub usage: Usage,
    /// What it did with the [`crate::World`]; the host asks the world for it.
    #[serde(skip)]
    pub contacts: Contacts,
    /// Processes that were still alive after the main process had ended, all killed.
    pub leftover_processes: u32,
}

impl Execution {
    /// A command of which only the end is known.
    pub(crate) fn unobserved(exit: Exit, wall: Duration) -> Execution {
        Execution {
            exit,
            stdout: Captured::default(),
            stderr: Captured::default(),
            report: Captured::default(),
            usage: Usage { wall, ..Usage::default() },
            contacts: Contacts::default(),
            leftover_processes: 0,
        }
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Exit {
    Code(i32),
    Signal(i32),
    WallTimeout,
    CpuTimeout,
    OutOfMemory,
    /// It wrote more than its limits to its output streams or its file systems.
    OutputLimit,
    /// The host ended it: see [`crate::Stop`].
    Stopped,
}

impl Exit {
    pub fn is_success(self) -> bool {
        self == Exit::Code(0)
    }

    /// As the exit status of init, which is all that is left of a service: codes from
    /// 128 on, of which the highest are one; signals from 64 on; limits below.
    pub(crate) fn to_status(self) -> u8 {
        match self {
            Exit::WallTimeout => 2,
            Exit::CpuTimeout => 3,
            Exit::OutOfMemory => 4,
            Exit::OutputLimit => 5,
            Exit::Stopped => 6,
            Exit::Signal(signal) => u8::try_from(signal.clamp(0, 63)).unwrap_or(0) + 64,
            Exit::Code(code) => u8::try_from(code.clamp(0, 127)).unwrap_or(0) + 128,
        }
    }

    /// What [`Exit::to_status`] meant; `None` if init did not come to say it.
    pub(crate) fn from_status(status: i32) -> Option<Exit> {
        match status {
            2 => Some(Exit::WallTimeout),
            3 => Some(Exit::CpuTimeout),
            4 => Some(Exit::OutOfMemory),
            5 => Some(Exit::OutputLimit),
            6 => Some(Exit::Stopped),
            64..128 => Some(Exit::Signal(status - 64)),
            128..=255 => Some(Exit::Code(status - 128)),
            _ => None,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(formatter, "exit code {code}"),
            Exit::Signal(signal) => match nix::sys::signal::Signal::try_from(*signal) {
                Ok(name) => write!(formatter, "signal {signal} ({name})"),
                Err(_) => write!(formatter, "signal {signal}"),
            },
            Exit::WallTimeout => formatter.write_str("wall time limit"),
            Exit::CpuTimeout => formatter.write_str("CPU time limit"),
            Exit::OutOfMemory => formatter.write_str("memory limit"),
            Exit::OutputLimit => formatter.write_str("output limit"),
            Exit::Stopped => formatter.write_str("stopped by the host"),
        }
    }
}

/// A stream as it was kept: all of it, or its beginning and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    #[serde(with = "crate::bytes")]
    pub bytes: Vec<u8>,
    /// How many bytes are missing in the middle, at `bytes.len() / 2`.
    pub dropped: u64,
}

impl Captured {
    /// The stream as text, with a mark where bytes were dropped.
    pub fn text(&self) -> String {
        if self.dropped == 0 {
            return String::from_utf8_lossy(&self.bytes).into_owned();
        }
        let (head, tail) = self.bytes.split_at(self.bytes.len() / 2);
        let (head, tail): (Cow<'_, str>, Cow<'_, str>) =
            (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
        format!("{head}\n[… {} bytes dropped …]\n{tail}", self.dropped)
    }
}

/// What a command used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub wall: Duration,
    /// User and system time of all processes.
    pub cpu: Duration,
    /// The highest sample of what [`crate::Limits::memory_bytes`] counts.
    pub peak_memory_bytes: u64,
    /// The highest sample of processes and threads at one time, at least 1.
    pub processes: u32,
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn every_end_of_a_service_passes_through_an_exit_status() {
        let limits = [Exit::WallTimeout, Exit::CpuTimeout, Exit::OutOfMemory, Exit::OutputLimit];
        let limits = limits.into_iter().chain([Exit::Stopped]);
        let codes = (0..128).map(Exit::Code);
        let signals = (0..64).map(Exit::Signal);
        for exit in limits.chain(codes).chain(signals) {
            assert_eq!(Exit::from_status(exit.to_status().into()), Some(exit));
        }
        assert_eq!(Exit::from_status(Exit::Code(255).to_status().into()), Some(Exit::Code(127)));
        assert_eq!(Exit::from_status(0), None);
    }
}
