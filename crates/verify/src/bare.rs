//! What a benchmark needs to do the work of a validation without Assay: the
//! same flags and the same prepared folders.

use std::path::PathBuf;

use assay_core::Case;
use assay_core::suite::Runner;

pub use super::tested_case::TestedCase;
use super::{Validator, c};

/// The compiler's flags for a suite's kind.
pub fn c_flags(runner: &Runner) -> &'static [&'static str] {
    c::flags(runner)
}

/// The folder that was prepared for a case.
///
/// # Panics
///
/// If it is not prepared, or nothing is run of it.
pub fn prepared(validator: &Validator, case: &Case) -> PathBuf {
    let prepared = TestedCase::of(case).map(|case| {
        let needs = validator.toolchains.of(case.language).needs(&case);
        validator.cache.prepared(&case, &needs)
    });
    match prepared {
        Some(Ok(place)) => place,
        Some(Err(error)) => panic!("{error}"),
        None => panic!("nothing is run of {}", case.id),
    }
}
