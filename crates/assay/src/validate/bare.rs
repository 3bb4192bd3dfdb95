//! What a benchmark needs to do the work of a validation without Assay: the
//! same flags, harness and environments.

use std::path::PathBuf;

use assay_core::Case;
use assay_core::suite::Runner;

use super::{Environments, c};

/// The sources of the C harness, by name: a suite is linked with `assay_main.c`
/// and run by the program `assay_supervise.c`.
pub const C_HARNESS: [(&str, &str); 4] = c::HARNESS_SOURCES;

/// The compiler's flags for a suite's kind.
pub fn c_flags(runner: &Runner) -> &'static [&'static str] {
    c::flags(runner)
}

/// The place of a prepared Python environment.
///
/// # Panics
///
/// If it is not prepared.
pub fn python_environment(environments: &Environments, case: &Case) -> PathBuf {
    match environments.python(case) {
        Ok(place) => place,
        Err(error) => panic!("{error}"),
    }
}
