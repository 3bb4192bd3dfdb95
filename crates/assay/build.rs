//! Puts our cases into the program, so that it can be used where there is no checkout.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    // A link to the folder at the top of the repository; a package has the files themselves.
    let corpus = root.join("corpus");
    println!("cargo::rerun-if-changed={}", corpus.display());
    let mut files = Vec::new();
    list(&corpus, &mut files);
    files.sort();
    assert!(!files.is_empty(), "{} has no cases", corpus.display());
    let place = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("corpus.rs");
    let mut source = fs::File::create(&place).expect("the output folder can be written");
    writeln!(source, "&[").expect("written");
    for path in files {
        let name = path.strip_prefix(&corpus).expect("below").to_str().expect("UTF-8");
        let path = path.to_str().expect("UTF-8");
        writeln!(source, "    ({name:?}, include_bytes!({path:?})),").expect("written");
    }
    writeln!(source, "]").expect("written");
}

/// All files below a folder.
fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("failed to read {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}
