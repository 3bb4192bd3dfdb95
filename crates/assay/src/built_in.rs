//! The corpus within the program: our cases, for whoever has the program and no checkout.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// Every file by its path in the corpus.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// The folder of the cache that it is laid out in.
const FOLDER: &str = "built-in-corpus";

/// A cache that the cases cannot be laid out in.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to lay out the cases of the program in {}: {source}; name a folder that can be written with --cache, or cases with --corpus",
    folder.display()
)]
pub(crate) struct UnpackError {
    folder: PathBuf,
    source: io::Error,
}

/// Lays the cases out in the cache, and returns the folder. It is named by what it holds, so that
/// another version of the program has another one. What is there already is compared with what
/// should be, and made anew if it differs.
pub(crate) fn unpack(cache: &Path) -> Result<PathBuf, UnpackError> {
    let home = cache.join(FOLDER);
    let folder = home.join(&digest()[..16]);
    if is_whole(&folder) {
        return Ok(folder);
    }
    lay_out(&home, &folder).map_err(|source| UnpackError { folder: folder.clone(), source })?;
    Ok(folder)
}

/// The SHA-256 of all paths and contents.
fn digest() -> String {
    let mut all = Sha256::new();
    for (path, content) in FILES {
        all.update(path.as_bytes());
        all.update([0]);
        all.update(content.len().to_le_bytes());
        all.update(content);
    }
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a folder has every file as it should be, and no other.
fn is_whole(folder: &Path) -> bool {
    let is_same = |(path, content): &(&str, &[u8])| {
        fs::read(folder.join(path)).is_ok_and(|found| found == *content)
    };
    FILES.iter().all(is_same) && count(folder).is_ok_and(|found| found == FILES.len())
}

/// How many files are below a folder.
fn count(folder: &Path) -> io::Result<usize> {
    let mut found = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        found += if entry.file_type()?.is_dir() { count(&entry.path())? } else { 1 };
    }
    Ok(found)
}

/// Makes the folder beside its place, and moves it there when it is complete.
fn lay_out(home: &Path, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(home)?;
    let unfinished = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(home)?;
    for (path, content) in FILES {
        let path = unfinished.path().join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    let damaged = unfinished.path().with_extension("damaged");
    if folder.exists() {
        fs::rename(folder, &damaged)?;
        fs::remove_dir_all(&damaged)?;
    }
    match fs::rename(unfinished.path(), folder) {
        // Another process was faster.
        Err(_) if is_whole(folder) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => {
            // What was moved is not to be removed.
            let _ = unfinished.keep();
            Ok(())
        }
    }
}
