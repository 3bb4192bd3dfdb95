//! The guest programs as one thing: what identifies them.

use assay_core::files::digest_of;
use assay_harness::FOLDERS;

/// The SHA-256 of all guest programs, as 64 hexadecimal digits: of their paths within the
/// harness, in order, and their contents ([`digest_of`]). Two builds of Assay with one digest
/// run the same programs beside tested code.
pub fn harness_digest() -> String {
    digest(files())
}

/// Each guest program's path and text.
fn files() -> Vec<(String, &'static str)> {
    let files = FOLDERS.iter().flat_map(|(folder, files)| {
        files.iter().map(move |(name, text)| (format!("{folder}/{name}"), *text))
    });
    files.collect()
}

fn digest(mut files: Vec<(String, &str)>) -> String {
    files.sort_unstable();
    digest_of(files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    /// Every file of the harness but the list of them, by its path.
    fn on_disk() -> BTreeMap<String, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness");
        // What tools leave beside sources is none of them.
        let is_left = |name: &str| name.starts_with('.') || name == "__pycache__";
        let entries = walkdir::WalkDir::new(&root).into_iter().filter_entry(|entry| {
            entry.depth() == 0 || !is_left(&entry.file_name().to_string_lossy())
        });
        let files = entries.map(|entry| entry.expect("readable"));
        let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| {
            let path =
                entry.path().strip_prefix(&root).expect("below").to_string_lossy().into_owned();
            (path, std::fs::read_to_string(entry.path()).expect("UTF-8"))
        });
        files.filter(|(path, _)| path != "Cargo.toml" && !path.starts_with("src/")).collect()
    }

    #[test]
    fn the_digest_covers_every_file_of_the_harness() {
        let known: BTreeMap<String, String> =
            files().into_iter().map(|(path, text)| (path, text.to_owned())).collect();
        let on_disk = on_disk();
        let paths = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(paths(&known), paths(&on_disk));
        assert!(known == on_disk, "the harness was built from other texts");
        assert_eq!(files().len(), known.len(), "a path is listed twice");
    }

    #[test]
    fn a_path_or_a_byte_that_differs_is_another_digest() {
        let list = |entries: &[(&str, &'static str)]| {
            digest(entries.iter().map(|(path, text)| ((*path).to_owned(), *text)).collect())
        };
        let whole = list(&[("c/a.h", "1"), ("c/b.h", "2")]);
        assert_eq!(list(&[("c/b.h", "2"), ("c/a.h", "1")]), whole);
        for other in [
            &[("c/a.h", "1"), ("c/b.h", "3")][..],
            &[("c/a.h", "1"), ("c/c.h", "2")],
            &[("c/a.h", "2"), ("c/b.h", "1")],
            &[("c/a.h", "1")],
            &[("c/a.h", "1"), ("c/b.h", "2"), ("c/c.h", "")],
        ] {
            assert_ne!(list(other), whole, "{other:?}");
        }
        assert_eq!(harness_digest().len(), 64);
    }
}
