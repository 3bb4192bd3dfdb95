//! [`Tool`]: what an analyser is to Assay. Each is one file beside this one, and one row of
//! the table in `analyser.rs`.

use std::fmt::Debug;

use assay_core::{InfraError, Language};
use assay_sandbox::Mount;

use super::batch::{Batch, Layout};
use super::bench::Bench;
use super::program::Program;
use crate::prepare::Fill;
use crate::toolchain::Needs;

/// A static analyser.
pub(super) trait Tool: Debug + Sync {
    /// What users call it.
    fn name(&self) -> &'static str;

    /// What it is, in a phrase.
    fn about(&self) -> &'static str;

    fn languages(&self) -> &'static [Language];

    /// The programs of the host that it needs.
    fn programs(&self) -> &'static [HostProgram];

    /// What `assay prepare --analysers` makes for it, if it makes anything.
    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        None
    }

    /// What it is shown of the host beside its installation when it looks at these programs.
    fn mounts(&self, _programs: &[Program<'_>]) -> Result<Vec<Mount>, InfraError> {
        Ok(Vec::new())
    }

    /// Its version, with that of its rules where these are apart.
    fn version(&self) -> String;

    fn layout(&self) -> Layout {
        Layout::Flat
    }

    /// How many programs it looks at in one start.
    fn most(&self) -> usize {
        64
    }

    /// Looks at the programs of a batch, which lie in the sandbox already.
    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError>;
}

/// A program of the host.
#[derive(Debug)]
pub(super) struct HostProgram {
    /// The command that answers with its version.
    pub(super) command: &'static [&'static str],
    /// The package of Debian that has it.
    pub(super) package: &'static str,
}
