//! Properties of writing and reading below the writable places: no path leads out of them.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use assay_fuzz::proptest::collection::vec;
use assay_fuzz::proptest::prelude::any;
use assay_fuzz::{hold, target};

use super::{Workspace, escape};
use crate::File;

const WORDS: [&str; 16] = [
    "/",
    "..",
    ".",
    "//",
    "a",
    "folder",
    "out",
    "away",
    "/work",
    "/work/",
    "/tmp/",
    "\0",
    "é",
    "file",
    "~",
    "/dev/shm/x",
];

/// A folder with a link that leads out of it, to a file and to a folder.
fn prepare(root: &Path, outside: &Path) {
    for folder in [root, outside] {
        fs::create_dir_all(folder).expect("a folder");
    }
    fs::write(outside.join("file"), "kept").expect("written");
    std::os::unix::fs::symlink(outside, root.join("away")).expect("a link");
    std::os::unix::fs::symlink(outside.join("file"), root.join("out")).expect("a link");
}

#[test]
fn nothing_is_written_or_read_outside_of_the_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let (root, outside) = (folder.path().join("root"), folder.path().join("outside"));
    target!("workspace-path").words(&WORDS).check_text(|path| {
        let _ = fs::remove_dir_all(&root);
        prepare(&root, &outside);
        let place = |name: &'static str| {
            let opened = fs::File::open(&root).expect("a folder");
            (name, OwnedFd::from(opened))
        };
        let workspace = Workspace { places: vec![place("/work"), place("/tmp")] };
        let written = workspace.write(&[File::new(path, "new")]).is_ok();
        if written {
            let read = workspace.read(path, 100).expect("what was written can be read");
            assert_eq!(read.as_deref(), Some(&b"new"[..]), "{path:?}");
        } else if let Ok(Some(content)) = workspace.read(path, 100) {
            panic!("{path:?} holds {content:?}");
        }
        let _ = workspace.tree(path);
        let kept = fs::read_to_string(outside.join("file")).expect("it is there");
        let others = fs::read_dir(&outside).expect("a folder").count();
        assert_eq!((kept.as_str(), others), ("kept", 1), "{path:?} led out");
        let names = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 2, "{path:?} led out");
    });
}

#[test]
fn names_of_a_tree_stay_different_from_each_other() {
    let name = || vec(any::<u8>(), 1..6);
    hold("names", &(name(), name()), |(one, other)| {
        let shown = escape(&one);
        for other in [other, shown.clone().into_bytes()] {
            assert_eq!(one == other, shown == escape(&other), "{one:?} and {other:?}");
        }
    });
    let plain = std::ffi::OsStr::from_bytes("plain é".as_bytes());
    assert_eq!(escape(plain.as_bytes()), "plain é");
}
