//! [`Kept`]: what was found out about mutants of a case, in the cache.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use assay_core::Case;
use assay_core::files::digest_of;
use assay_verify::{Validator, harness_digest, versions};
use serde::{Deserialize, Serialize};
use tracing::{debug, warn};

use super::{Known, folder};

/// The fates of mutants by the digests of their programs. All were found out with the same case,
/// guest programs and tools, whose digest is the name of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    fates: BTreeMap<String, Known>,
    #[serde(skip)]
    path: PathBuf,
    /// How many were added since it was written last.
    #[serde(skip)]
    unsaved: usize,
}

/// So many results may be lost when the program is killed.
const SAVED_EVERY: usize = 10;

/// So many files of a case are kept, the latest ones.
const FILES: usize = 8;

impl Kept {
    /// What is known of a case's mutants. A file that cannot be read is as good as none.
    pub(super) fn open(cache: &Path, validator: &Validator, case: &Case) -> Kept {
        let path = folder(cache).join(&case.id).join(format!("{}.json", context(validator, case)));
        let read = std::fs::read(&path).ok().and_then(|text| {
            let kept = serde_json::from_slice::<Kept>(&text);
            kept.inspect_err(|error| debug!(path = %path.display(), %error, "not read")).ok()
        });
        let fates = read.map(|it| it.fates).unwrap_or_default();
        Kept { fates, path, unsaved: 0 }
    }

    pub(super) fn get(&self, program: &str) -> Option<&Known> {
        self.fates.get(program)
    }

    pub(super) fn add(&mut self, program: String, known: Known) {
        self.fates.insert(program, known);
        self.unsaved += 1;
        if self.unsaved >= SAVED_EVERY {
            self.save();
        }
    }

    /// Writes it, whole or not at all. Where it cannot be written, it is found out again next time.
    pub(super) fn save(&mut self) {
        if self.unsaved == 0 {
            return;
        }
        self.unsaved = 0;
        if let Err(error) = self.write() {
            warn!(path = %self.path.display(), %error, "what became of mutants is not kept");
        }
    }

    fn write(&self) -> std::io::Result<()> {
        let Some(folder) = self.path.parent() else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.persist(&self.path)?;
        remove_old(folder)
    }
}

/// Removes all files of a folder but the latest ones.
fn remove_old(folder: &Path) -> std::io::Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    let old = files.len().saturating_sub(FILES);
    files.iter().take(old).try_for_each(|(_, path)| std::fs::remove_file(path))
}

/// The digest of all that a fate depends on beside the program.
fn context(validator: &Validator, case: &Case) -> String {
    let tools = versions([case.language]);
    let prepared = validator.prepared(case).map(|it| it.display().to_string()).unwrap_or_default();
    let mut entries = vec![
        ("program", env!("CARGO_PKG_VERSION").to_owned()),
        ("harness", harness_digest()),
        ("case", case.digest()),
        ("prepared", prepared),
    ];
    entries.extend(tools.iter().map(|(tool, version)| (tool.as_str(), version.clone())));
    digest_of(entries.iter().map(|(name, value)| (*name, value.as_bytes())))
}
