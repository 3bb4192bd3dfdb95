//! Copies of cases, for tests that change them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::door::{Door, case_folder, files_below};

/// Copies a folder with all that is below it.
pub(crate) fn copy(from: &Path, to: &Path) {
    for file in files_below(from) {
        let target = to.join(file.strip_prefix(from).expect("it lies below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("it is made");
        fs::copy(&file, target).expect("it is copied");
    }
}

/// Copies a case of the repository into another corpus; its folder there.
pub(crate) fn copied(door: &Door, corpus: &str, id: &str) -> PathBuf {
    let from = case_folder(id);
    let language = from.parent().and_then(Path::file_name).expect("a language");
    let to = door.path(corpus).join("function-level").join(language).join(id);
    copy(&from, &to);
    to
}
