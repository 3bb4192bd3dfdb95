//! What a benchmark needs to do the work of a validation without Assay: the
//! same flags, harness and environments.

use std::path::PathBuf;

use assay_core::Case;
use assay_core::suite::Runner;

use super::{Environments, c};

pub const C_TEST_HEADER: &str = c::TEST_HEADER;
pub const C_TEST_MAIN: &str = c::TEST_MAIN;

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
