//! The page on fuzzing names every target with its crate, and every target has seeds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is there")
}

/// A target, by its crate and its name.
type Target = (String, String);

/// The crates, by their folders.
fn crates() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(root().join("crates")).expect("a folder");
    let folder =
        |entry: fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
    // The crate that targets are made with has a sample of its own.
    entries
        .map(|entry| folder(entry.expect("readable")))
        .filter(|(name, _)| name != "fuzz")
        .collect()
}

/// The targets that sources below a folder state.
fn stated(name: &str, folder: &Path, found: &mut BTreeSet<Target>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            stated(name, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("UTF-8");
            let marks = text.split("target!(\"").skip(1);
            let names = marks.filter_map(|rest| rest.split_once('"'));
            found.extend(names.map(|(target, _)| (name.to_owned(), target.to_owned())));
        }
    }
}

/// The targets of the page's table: `| crate | \`target\` | ...`.
fn written() -> BTreeSet<Target> {
    let page = fs::read_to_string(root().join("docs/fuzzing.md")).expect("the page");
    let cells = |line: &str| -> Option<Target> {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (name, targets) = (cells.next()?, cells.next()?);
        let target = targets.strip_prefix('`')?.strip_suffix('`')?;
        Some((name.to_owned(), target.to_owned()))
    };
    page.lines().filter_map(cells).collect()
}

#[test]
fn the_page_names_the_targets_that_there_are() {
    let mut found = BTreeSet::new();
    for (name, folder) in crates() {
        // This very file speaks of targets and states none.
        for part in ["src", "tests/properties"] {
            stated(&name, &folder.join(part), &mut found);
        }
    }
    assert!(found.len() > 30, "{found:?}");
    assert_eq!(written(), found);
}

#[test]
fn every_folder_of_seeds_is_a_target_and_every_seed_is_small() {
    let targets = written();
    for (name, folder) in crates() {
        let Ok(folders) = fs::read_dir(folder.join("tests/seeds")) else { continue };
        for seeds in folders {
            let seeds = seeds.expect("readable");
            let target = (name.clone(), seeds.file_name().to_string_lossy().into_owned());
            assert!(targets.contains(&target), "{target:?} is no target");
            for seed in fs::read_dir(seeds.path()).expect("a folder") {
                let seed = seed.expect("readable");
                let bytes = seed.metadata().expect("a file").len();
                assert!(bytes <= 8 << 10, "{} has {bytes} bytes", seed.path().display());
            }
        }
    }
}
