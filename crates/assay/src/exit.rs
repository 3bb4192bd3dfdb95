//! How the program ends.

use std::process::ExitCode;

/// The exit codes. Usage errors end with 2 before any command starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It was done.
    Success = 0,
    /// What was asked about does not hold: a case is not proved, an artifact is
    /// not secure, verdicts disagree, the host is unfit.
    Negative = 1,
    /// The command failed: bad input, or a fault of the host.
    Failure = 3,
    /// A run ended with attempts that errored; `--resume` tries them again.
    Errored = 4,
    /// Interrupted; `--resume` continues.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
