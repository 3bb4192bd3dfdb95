//! The kept inputs of targets.

use std::fs;
use std::path::Path;

/// An input that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    /// That of its file.
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

/// The seeds of a target, in the order of their names, and one that is empty.
pub(crate) fn read(crate_folder: &str, target: &str) -> Vec<Seed> {
    let folder = Path::new(crate_folder).join("tests/seeds").join(target);
    let entries = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{} has no seeds: {error}", folder.display()));
    let mut seeds: Vec<Seed> = entries
        .map(|entry| {
            let path = entry.expect("a folder that can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let content = fs::read(&path)
                .unwrap_or_else(|error| panic!("failed to read {}: {error}", path.display()));
            Seed { name, content }
        })
        .collect();
    assert!(!seeds.is_empty(), "{} has no seeds", folder.display());
    seeds.sort_by(|one, other| one.name.cmp(&other.name));
    seeds.push(Seed { name: "nothing".to_owned(), content: Vec::new() });
    seeds
}
