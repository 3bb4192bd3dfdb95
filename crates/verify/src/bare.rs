//! What a benchmark needs to do the work of a validation without Assay: the
//! same flags and the same prepared folders.

use std::path::PathBuf;

use assay_core::Case;
use assay_core::suite::Runner;

use super::{Validator, c};

/// The compiler's flags for a suite's kind.
pub fn c_flags(runner: &Runner) -> &'static [&'static str] {
    c::flags(runner)
}

/// The folder that was prepared for a case.
///
/// # Panics
///
/// If it is not prepared.
pub fn prepared(validator: &Validator, case: &Case) -> PathBuf {
    let needs = validator.toolchains.of(case.language).needs(case);
    match validator.cache.prepared(case, &needs) {
        Ok(place) => place,
        Err(error) => panic!("{error}"),
    }
}
