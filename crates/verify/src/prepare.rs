//! What `assay prepare` makes and validation uses offline: a folder for each
//! thing that cases or analysers need, named by the digest of all it depends on, in a cache
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
    pub room: Room,
    /// What is installed, such as a list of packages.
    pub summary: &'a str,
    /// The cases, or the analysers, that need it.
    pub needed_by: &'a [&'a str],
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

/// A folder of the cache, in which one process at a time installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    Language(Language),
    Analysers,
    Agents,
}

impl Room {
    pub(super) fn all() -> impl Iterator<Item = Room> {
        Language::ALL.into_iter().map(Room::Language).chain([Room::Analysers, Room::Agents])
    }

    /// The name of its folder.
    pub fn as_str(self) -> &'static str {
        match self {
            Room::Language(language) => language.as_str(),
            Room::Analysers => "analysers",
            Room::Agents => "agents",
        }
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Room::Language(language) => language.title(),
            Room::Analysers => "analysers",
            Room::Agents => "agents",
        }
    }
}

/// One thing to be installed.
pub(super) struct PlannedInstallation<'a> {
    pub(super) room: Room,
    pub(super) needs: Needs,
    /// Who needs it.
    pub(super) needed_by: Vec<&'a str>,
    pub(super) fill: Fill<'a>,
}

/// Fills a folder; the message of a failure says what is lacking and why.
pub(super) type Fill<'a> = Box<dyn Fn(&Site<'_>) -> Result<(), String> + 'a>;

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
        let place = self.place(Room::Language(case.language), needs);
        self.whole(place).map_err(|lack| {
            let message = format!("what {} needs {lack}; run `assay prepare`", case.id);
            InfraError::new(InfraClass::Unprepared, message)
        })
    }

    /// The folder with what agents need to work on a case.
    pub(super) fn supplies(
        &self,
        case: &TestedCase<'_>,
        needs: &Needs,
    ) -> Result<PathBuf, InfraError> {
        self.whole(self.place(Room::Agents, needs)).map_err(|lack| {
            let message =
                format!("what agents need for {} {lack}; run `assay prepare --agents`", case.id);
            InfraError::new(InfraClass::Unprepared, message)
        })
    }

    /// A place, if what was installed there is whole; else what is wrong with it.
    pub(super) fn whole(&self, place: PathBuf) -> Result<PathBuf, String> {
        if !place.join(COMPLETE).is_file() {
            return Err("is not prepared".to_owned());
        }
        match self.damage(&place) {
            Some(damage) => Err(format!("is damaged: {damage}")),
            None => Ok(place),
        }
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
        let installations = wanted.iter().map(|((language, needs), cases)| PlannedInstallation {
            room: Room::Language(*language),
            needs: needs.clone(),
            needed_by: cases.iter().map(|case| case.id).collect(),
            fill: Box::new(|site| {
                let first = cases.first();
                first.map_or(Ok(()), |case| toolchains.of(*language).install(case, site))
            }),
        });
        self.install_all(&installations.collect::<Vec<_>>(), tell)
    }

    /// Installs what agents need to work on these cases and is not there yet; returns how
    /// many installations failed.
    pub(super) fn prepare_supplies(
        &self,
        toolchains: &Toolchains,
        cases: &[&Case],
        tell: &mut dyn FnMut(&Installation<'_>),
    ) -> Result<usize, PrepareError> {
        let tested: Vec<TestedCase<'_>> =
            cases.iter().filter_map(|case| TestedCase::of(case)).collect();
        let mut wanted: BTreeMap<Needs, PlannedInstallation<'_>> = BTreeMap::new();
        for case in &tested {
            let Some((needs, fill)) = toolchains.of(case.language).supplies(case) else {
                continue;
            };
            let room = Room::Agents;
            let new =
                PlannedInstallation { room, needs: needs.clone(), needed_by: Vec::new(), fill };
            wanted.entry(needs).or_insert(new).needed_by.push(case.id);
        }
        self.install_all(&wanted.into_values().collect::<Vec<_>>(), tell)
    }

    /// Installs what is not there yet. One that fails does not keep the others from being
    /// tried; returns how many failed.
    pub(super) fn install_all(
        &self,
        installations: &[PlannedInstallation<'_>],
        tell: &mut dyn FnMut(&Installation<'_>),
    ) -> Result<usize, PrepareError> {
        let total = installations.len();
        let mut failures = 0;
        let mut locks = BTreeMap::new();
        for (number, PlannedInstallation { room, needs, needed_by, fill }) in
            installations.iter().enumerate()
        {
            let mut tell = |step: Step<'_>| {
                let (summary, needed_by) = (needs.summary.as_str(), needed_by.as_slice());
                let number = number + 1;
                tell(&Installation { number, total, room: *room, summary, needed_by, step });
            };
            let place = self.place(*room, needs);
            let is_there = || place.join(COMPLETE).is_file() && self.damage(&place).is_none();
            if !is_there() && !locks.contains_key(room) {
                locks.insert(*room, self.lock(*room)?);
            }
            // Another process may have installed it while this one waited.
            if is_there() {
                manifest::complete(&place).map_err(|source| PrepareError::new(&place, source))?;
                tell(Step::Ready { fresh: false });
                continue;
            }
            tell(Step::Installing);
            let begun = Instant::now();
            let span =
                debug_span!("install", room = room.as_str(), place = %place.display()).entered();
            match install(&place, needs, fill) {
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
    pub(super) fn lock(&self, room: Room) -> Result<File, PrepareError> {
        let folder = self.root.join(room.as_str());
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

    pub(super) fn place(&self, room: Room, needs: &Needs) -> PathBuf {
        let key = sha256(needs.key.as_bytes());
        self.root.join(room.as_str()).join(&key[..32])
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
