//! Writes and copies the folders that commands work in.

use std::path::Path;

use assay_core::files::FileSet;

pub(crate) fn write_text(place: &Path, text: &str) {
    write(place, text.as_bytes());
}

pub(crate) fn write_files(directory: &Path, files: &FileSet) {
    for (path, content) in files {
        write(&directory.join(path.as_str()), content);
    }
}

fn write(place: &Path, content: &[u8]) {
    std::fs::create_dir_all(place.parent().expect("a parent")).expect("a folder");
    std::fs::write(place, content).expect("a file");
}

/// Copies a folder, without what it links to.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in from.read_dir().expect("a folder to copy").flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            copy_tree(&source, &target);
        } else if kind.is_file() {
            std::fs::copy(source, target).expect("a copy");
        }
    }
}
