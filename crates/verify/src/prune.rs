//! Which corpora a cache was prepared for, and the removal of what none of them needs any longer.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assay_core::Case;
use assay_core::files::sha256;
use walkdir::WalkDir;

use super::prepare::{Cache, PrepareError, Room};
use super::tested_case::TestedCase;
use super::toolchains::Toolchains;
use super::{agent, analyser};

/// Beside the folders of the languages: a file for each corpus, which holds the
/// corpus as it was given.
const CORPORA: &str = "corpora";

/// What a removal freed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    pub folders: usize,
    pub bytes: u64,
}

impl Cache {
    /// Remembers that this corpus uses the cache.
    pub(super) fn register(&self, corpus: &str) -> Result<(), PrepareError> {
        let folder = self.root().join(CORPORA);
        let failed = |source| PrepareError::new(&folder, source);
        fs::create_dir_all(&folder).map_err(failed)?;
        fs::write(entry(&folder, corpus), corpus).map_err(failed)
    }

    /// The corpora that were prepared here.
    pub(super) fn corpora(&self) -> Result<Vec<String>, PrepareError> {
        let folder = self.root().join(CORPORA);
        let failed = |source| PrepareError::new(&folder, source);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut corpora = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            corpora.push(fs::read_to_string(path).map_err(failed)?);
        }
        corpora.sort();
        Ok(corpora)
    }

    /// Forgets a corpus that no longer exists.
    pub(super) fn forget(&self, corpus: &str) -> Result<(), PrepareError> {
        let folder = self.root().join(CORPORA);
        match fs::remove_file(entry(&folder, corpus)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(|source| PrepareError::new(&folder, source)),
        }
    }

    /// Removes every folder that none of these cases needs, nor an analyser or an agent as it
    /// is now, and what package managers have downloaded.
    pub(super) fn prune(
        &self,
        toolchains: &Toolchains,
        cases: &[Case],
    ) -> Result<Pruned, PrepareError> {
        let mut needed: BTreeSet<PathBuf> = BTreeSet::new();
        for case in cases.iter().filter_map(TestedCase::of) {
            let toolchain = toolchains.of(case.language);
            needed.insert(self.place(Room::Language(case.language), &toolchain.needs(&case)));
            let supplies = toolchain.supplies(&case);
            needed.extend(supplies.map(|(needs, _)| self.place(Room::Agents, &needs)));
        }
        needed.extend(analyser::needs().iter().map(|needs| self.place(Room::Analysers, needs)));
        needed.extend(agent::needs().iter().map(|needs| self.place(Room::Agents, needs)));
        let mut pruned = Pruned::default();
        for room in Room::all() {
            let folder = self.root().join(room.as_str());
            if !folder.is_dir() {
                continue;
            }
            let _lock = self.lock(room)?;
            let failed = |source| PrepareError::new(&folder, source);
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.is_dir() && !needed.contains(&path) {
                    pruned.bytes += size(&path);
                    pruned.folders += 1;
                    remove(&path).map_err(failed)?;
                }
            }
        }
        Ok(pruned)
    }
}

fn entry(folder: &Path, corpus: &str) -> PathBuf {
    folder.join(&sha256(corpus.as_bytes())[..32])
}

/// The bytes of all files below, each counted once, with those that other folders
/// share by hard links.
fn size(folder: &Path) -> u64 {
    let files = WalkDir::new(folder).into_iter().flatten();
    files
        .filter_map(|entry| entry.metadata().ok())
        .filter(|it| it.is_file())
        .map(|it| it.len())
        .sum()
}

/// Removes a tree, the read-only folders of a module cache included.
fn remove(folder: &Path) -> io::Result<()> {
    for entry in WalkDir::new(folder).into_iter().flatten() {
        if entry.file_type().is_dir() {
            let mut permissions = entry.metadata()?.permissions();
            if permissions.mode() & 0o200 == 0 {
                permissions.set_mode(permissions.mode() | 0o700);
                fs::set_permissions(entry.path(), permissions)?;
            }
        }
    }
    fs::remove_dir_all(folder)
}
