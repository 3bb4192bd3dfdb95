//! What `assay prepare` makes and validation uses offline: a folder for each
//! thing that cases need, named by the digest of all it depends on, in a cache
//! that all runs share.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use assay_core::files::sha256;
use assay_core::infra_error::InfraClass;
use assay_core::{Case, InfraError, Language};
use tracing::{debug, debug_span};

use super::manifest::{self, COMPLETE};
use super::tested_case::TestedCase;
use super::toolchain::{Needs, Site};
use super::toolchains::Toolchains;

/// How the folders of unfinished installations begin.
const BUILDING: &str = "building-";

/// What package managers download, beside the installations of a language.
const DOWNLOADS: &str = "downloads";

/// The prepared folders.
#[derive(Debug)]
pub(super) struct Cache {
    root: PathBuf,
    /// What has been looked at in this process, and what is wrong with it, if anything is.
    checked: Mutex<BTreeMap<PathBuf, Option<String>>>,
}

/// A cache that cannot be written to.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the cache {}: {source}; choose another one with --cache", folder.display())]
pub struct PrepareError {
    folder: PathBuf,
    source: std::io::Error,
}

impl PrepareError {
    pub(super) fn new(folder: &Path, source: std::io::Error) -> PrepareError {
        PrepareError { folder: folder.to_owned(), source }
    }
}

/// An installation, and how far it has come.
#[derive(Debug)]
pub struct Installation<'a> {
    /// The place of this installation among all, from 1.
    pub number: usize,
    pub total: usize,
    pub language: Language,
    /// What is installed, such as a list of packages.
    pub summary: &'a str,
    /// The cases that need it.
    pub cases: &'a [&'a str],
    pub step: Step<'a>,
}

#[derive(Debug)]
pub enum Step<'a> {
    Installing,
    /// It is there now, or was before.
    Ready {
        fresh: bool,
    },
    /// It could not be installed; its cases cannot be validated.
    Failed {
        message: &'a str,
    },
}

/// What is needed, with the cases that need it, of which there is at least one.
type Wanted<'a> = BTreeMap<(Language, Needs), Vec<TestedCase<'a>>>;

impl Cache {
    pub(super) fn new(root: PathBuf) -> Cache {
        Cache { root, checked: Mutex::default() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that was prepared for a case.
    pub(super) fn prepared(
        &self,
        case: &TestedCase<'_>,
        needs: &Needs,
    ) -> Result<PathBuf, InfraError> {
        let place = self.place(case.language, needs);
        let message = if !place.join(COMPLETE).is_file() {
            format!("what {} needs is not prepared; run `assay prepare`", case.id)
        } else if let Some(damage) = self.damage(&place) {
            format!("what {} needs is damaged: {damage}; run `assay prepare`", case.id)
        } else {
            return Ok(place);
        };
        Err(InfraError::new(InfraClass::Unprepared, message))
    }

    /// What is missing from an installation or was changed in it. It is looked at once in
    /// a process, before it is first used.
    fn damage(&self, place: &Path) -> Option<String> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let look = || manifest::damage(place).unwrap_or_else(|error| Some(error.to_string()));
        checked.entry(place.to_owned()).or_insert_with(look).clone()
    }

    /// Installs what these cases need and is not there yet. One installation
    /// that fails does not keep the others from being tried; returns how many
    /// failed.
    pub(super) fn prepare(
        &self,
        toolchains: &Toolchains,
        cases: &[&Case],
        tell: &mut dyn FnMut(&Installation<'_>),
    ) -> Result<usize, PrepareError> {
        let mut wanted = Wanted::new();
        for case in cases.iter().filter_map(|case| TestedCase::of(case)) {
            let needs = toolchains.of(case.language).needs(&case);
            wanted.entry((case.language, needs)).or_default().push(case);
        }
        let total = wanted.len();
        let mut failures = 0;
        let mut locks = BTreeMap::new();
        for (number, ((language, needs), cases)) in wanted.iter().enumerate() {
            let ids: Vec<&str> = cases.iter().map(|case| case.id).collect();
            let mut tell = |step: Step<'_>| {
                let (summary, cases) = (needs.summary.as_str(), ids.as_slice());
                let number = number + 1;
                tell(&Installation { number, total, language: *language, summary, cases, step });
            };
            let place = self.place(*language, needs);
            let is_there = || place.join(COMPLETE).is_file() && self.damage(&place).is_none();
            if !is_there() && !locks.contains_key(language) {
                locks.insert(*language, self.lock(*language)?);
            }
            // Another process may have installed it while this one waited.
            if is_there() {
                manifest::complete(&place).map_err(|source| PrepareError::new(&place, source))?;
                tell(Step::Ready { fresh: false });
                continue;
            }
            tell(Step::Installing);
            let begun = Instant::now();
            let span = debug_span!("install", %language, place = %place.display()).entered();
            let toolchain = toolchains.of(*language);
            let installed = cases.first().map_or(Ok(()), |case| {
                install(&place, needs, |site| toolchain.install(case, site))
            });
            match installed {
                Ok(()) => {
                    debug!(took = ?begun.elapsed(), "installed");
                    self.checked.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
                    tell(Step::Ready { fresh: true });
                }
                Err(message) => {
                    failures += 1;
                    debug!(took = ?begun.elapsed(), "the installation failed");
                    tell(Step::Failed { message: &message });
                }
            }
            drop(span);
        }
        Ok(failures)
    }

    /// Lets one process at a time install; then what a killed one left behind is
    /// nobody's and goes.
    pub(super) fn lock(&self, language: Language) -> Result<File, PrepareError> {
        let folder = self.root.join(language.as_str());
        let failed = |source| PrepareError::new(&folder, source);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            debug!(folder = %folder.display(), "waiting for another process that prepares");
        }
        lock.lock().map_err(failed)?;
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(BUILDING) {
                debug!(folder = %entry.path().display(), "removing an installation that was not finished");
                std::fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        }
        Ok(lock)
    }

    pub(super) fn place(&self, language: Language, needs: &Needs) -> PathBuf {
        let key = sha256(needs.key.as_bytes());
        self.root.join(language.as_str()).join(&key[..32])
    }
}

/// Makes an installation beside its place and moves it there when it is whole.
fn install(
    place: &Path,
    needs: &Needs,
    fill: impl FnOnce(&Site<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let fail = |what: &str, path: &Path, error: std::io::Error| {
        format!("failed to {what} {}: {error}", path.display())
    };
    let parent = place.parent().unwrap_or(place);
    let downloads = parent.join(DOWNLOADS);
    std::fs::create_dir_all(&downloads).map_err(|error| fail("make", &downloads, error))?;
    let building = tempfile::Builder::new()
        .prefix(BUILDING)
        .tempdir_in(parent)
        .map_err(|error| fail("make a folder in", parent, error))?;
    let folder = building.path().join("content");
    std::fs::create_dir(&folder).map_err(|error| fail("make", &folder, error))?;
    fill(&Site { folder: &folder, downloads: &downloads })?;
    manifest::write(&folder).map_err(|error| fail("list the files of", &folder, error))?;
    let mark = folder.join(COMPLETE);
    std::fs::write(&mark, &needs.key).map_err(|error| fail("write", &mark, error))?;
    if place.exists() {
        // It was damaged, or an interrupted attempt of an older version left it.
        std::fs::remove_dir_all(place).map_err(|error| fail("remove", place, error))?;
    }
    std::fs::rename(&folder, place).map_err(|error| fail("move an installation to", place, error))
}
