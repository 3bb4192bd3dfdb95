//! The list of files of a prepared installation, by which a damaged one is noticed: one
//! that a cleaner of old files went through, or that was copied in part.
//!
//! Names, kinds and sizes are listed, as to read every byte again would take as long as
//! many validations. What Python compiles for itself is not: nothing depends on it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use walkdir::WalkDir;

/// Written last into a folder: without it, it is not whole.
pub(super) const COMPLETE: &str = "assay-complete";

/// Beside the files that it lists.
const MANIFEST: &str = "assay-manifest.json";

/// A folder of what the interpreter compiled.
const COMPILED: &str = "__pycache__";

/// The size of each file by its path; of a symbolic link the length of what it names.
type Manifest = BTreeMap<String, u64>;

/// Lists the files of a folder in the folder.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let text = serde_json::to_vec(&list(folder)?)?;
    fs::write(folder.join(MANIFEST), text)
}

/// Lists the files of a folder that an older version filled, which made no list.
pub(super) fn complete(folder: &Path) -> io::Result<()> {
    if folder.join(MANIFEST).exists() { Ok(()) } else { write(folder) }
}

/// The first difference between a folder and its list, in a phrase. A folder without a
/// list may be whole.
pub(super) fn damage(folder: &Path) -> io::Result<Option<String>> {
    let written = match fs::read(folder.join(MANIFEST)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        written => written?,
    };
    let Ok(written) = serde_json::from_slice::<Manifest>(&written) else {
        return Ok(Some(format!("{MANIFEST} is not whole")));
    };
    let found = list(folder)?;
    let difference = written.iter().find_map(|(path, size)| match found.get(path) {
        None => Some(format!("{path} is missing")),
        Some(found) if found != size => {
            Some(format!("{path} has {found} bytes, of {size} that were installed"))
        }
        Some(_) => None,
    });
    Ok(difference)
}

fn list(folder: &Path) -> io::Result<Manifest> {
    let is_listed = |name: &str| ![MANIFEST, COMPLETE, COMPILED].contains(&name);
    let entries = WalkDir::new(folder)
        .into_iter()
        .filter_entry(|entry| entry.file_name().to_str().is_none_or(is_listed));
    let mut files = Manifest::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        files.insert(path.to_string_lossy().into_owned(), entry.metadata()?.len());
    }
    Ok(files)
}
