//! [`Kept`]: what was found out about mutants of a case, in the cache.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use assay_core::Case;
use assay_core::files::digest_of;
use assay_verify::{Validator, harness_digest, versions};
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::{Known, folder};

/// The fates of mutants by the digests of their programs. All were found out with the same case,
/// guest programs and tools; those that were found out with others are forgotten.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The digest of all that a fate depends on beside the program.
    context: String,
    fates: BTreeMap<String, Known>,
    #[serde(skip)]
    path: PathBuf,
    #[serde(skip)]
    is_changed: bool,
}

impl Kept {
    /// What is known of a case's mutants. A file that cannot be read is as good as none.
    pub(super) fn open(cache: &Path, validator: &Validator, case: &Case) -> Kept {
        let path = folder(cache).join(format!("{}.json", case.id));
        let context = context(validator, case);
        let read = std::fs::read(&path).ok().and_then(|text| {
            let kept = serde_json::from_slice::<Kept>(&text);
            kept.inspect_err(|error| debug!(path = %path.display(), %error, "not read")).ok()
        });
        let fates = read.filter(|it| it.context == context).map(|it| it.fates).unwrap_or_default();
        Kept { context, fates, path, is_changed: false }
    }

    pub(super) fn get(&self, program: &str) -> Option<&Known> {
        self.fates.get(program)
    }

    pub(super) fn add(&mut self, program: String, known: Known) {
        self.fates.insert(program, known);
        self.is_changed = true;
    }

    /// Writes it, whole or not at all.
    pub(super) fn save(&self) -> std::io::Result<()> {
        let Some(folder) = self.path.parent().filter(|_| self.is_changed) else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.persist(&self.path)?;
        Ok(())
    }
}

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
