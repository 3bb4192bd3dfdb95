//! What a language brings to preparing and validating its cases.

use std::fmt::Debug;
use std::path::Path;

use assay_core::InfraError;
use assay_sandbox::File;

use super::desk::Desk;
use super::prepare::Fill;
use super::tested_case::TestedCase;
use super::trial::{Halt, Record, Runnable, Trial};

/// A language: one file in this folder, and one row of [`Toolchains`](super::toolchains::Toolchains).
pub(super) trait Toolchain: Debug + Send + Sync {
    /// The programs of the host that it works with: the name shown, and the
    /// command that answers with a version.
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])];

    /// What must be prepared before this case can be validated.
    fn needs(&self, case: &TestedCase<'_>) -> Needs;

    /// Prepares what `case` needs; this may use the network. The message of a
    /// failure says what is lacking and why.
    fn install(&self, case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String>;

    /// Why this case cannot be prepared whatever is installed, if it is the case's fault
    /// and can be told offline.
    fn fault(&self, _case: &TestedCase<'_>) -> Option<InfraError> {
        None
    }

    /// Builds an artifact offline, from what `install` left, without any test; or readies it
    /// to be run, in a language without a build.
    fn build<'a>(
        &'a self,
        trial: Trial<'a>,
        record: &mut Record,
    ) -> Result<Box<dyn Runnable + 'a>, Halt>;

    /// What `assay prepare --agents` makes for those who work in the case's project, beside
    /// what validations need: their tools want more than a validation does.
    fn supplies<'a>(&self, _case: &'a TestedCase<'a>) -> Option<(Needs, Fill<'a>)> {
        None
    }

    /// What somebody who works in the case's project finds beside it, with the folder that
    /// `install` has filled and that of the supplies, if there are any.
    fn desk(
        &self,
        case: &TestedCase<'_>,
        prepared: &Path,
        supplies: Option<&Path>,
    ) -> Result<Desk, InfraError>;
}

/// What a case needs prepared. Cases with equal keys share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Needs {
    /// Everything that its contents depend on, the versions of tools included.
    pub(super) key: String,
    /// What it is, for people: a list of packages, for example.
    pub(super) summary: String,
}

/// Where an installation goes.
#[derive(Debug)]
pub(super) struct Site<'a> {
    /// An empty folder to fill. It is moved to its place when it is whole, so
    /// nothing in it may name its own path.
    pub(super) folder: &'a Path,
    /// What package managers download, kept for the language's other
    /// installations. Only preparing sees it, one process at a time.
    pub(super) downloads: &'a Path,
}

impl Site<'_> {
    /// Writes a file into the folder.
    pub(super) fn write(&self, file: &File) -> Result<(), String> {
        let place = self.folder.join(&file.path);
        let parent = place.parent().unwrap_or(self.folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&place, &file.content))
            .map_err(|error| format!("failed to write {}: {error}", place.display()))
    }
}
