//! Runs of every format that there was, made by the versions that wrote it and kept in
//! `data/runs`: each is read as it was read then, and gone on with when somebody asks.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "this binary uses a part of it")]
mod door;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use door::Door;
use rusqlite::Connection;

/// The kept runs.
fn kept() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/runs");
    let files = fs::read_dir(folder).expect("a folder").map(|it| it.expect("readable").path());
    let mut runs: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "assay")).collect();
    runs.sort();
    assert!(runs.len() >= 4, "{runs:?}");
    runs
}

fn format_of(path: &Path) -> String {
    let query = "SELECT value FROM meta WHERE key = 'format'";
    let run = Connection::open(path).expect("a database");
    run.query_row(query, [], |row| row.get(0)).expect("a format")
}

/// Makes a run one of format 3, in which the tables are missing that came later.
fn set_back(path: &Path) {
    let run = Connection::open(path).expect("a database");
    let tables = [
        "served",
        "context_full",
        "reply_estimate",
        "payment_estimate",
        "reading",
        "other_reading",
    ];
    for table in tables {
        run.execute_batch(&format!("DROP TABLE {table}")).expect("it is there");
    }
    run.execute_batch("UPDATE meta SET value = '3' WHERE key = 'format'").expect("it is there");
}

#[test]
fn runs_of_every_format_are_read_as_they_were_then_and_stay_as_they_are() {
    for path in kept() {
        let door = Door::open();
        let bytes = fs::read(&path).expect("a run");
        let run = door.write("run.assay", &bytes);
        let ended = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
        let scores = fs::read_to_string(path.with_extension("scores.json")).expect("its scores");
        assert_eq!(ended.stdout, scores, "{}", path.display());
        door.run(&["attempts", "run.assay"]).with_code(0);
        door.run(&["report", "run.assay", "--output", "pages"]).with_code(0);
        let export = ["export", "run.assay", "--format", "jsonl", "--with-texts", "--output", "-"];
        assert_eq!(door.run(&export).with_code(0).stdout.lines().count(), 5);
        assert!(fs::read(&run).expect("a run") == bytes, "{} changed", path.display());
    }
}

#[test]
fn a_run_that_is_gone_on_with_becomes_one_of_the_present_format_and_a_copy_stays() {
    let door = Door::open();
    let new = ["run", "--subject", "empty", "--case", "invoice-search", "--scenario", "gen"];
    door.run(&[&new[..], &["--output", "run.assay"]].concat()).with_code(0);
    let (run, present) = (door.path("run.assay"), format_of(&door.path("run.assay")));
    for copy in ["run.assay.format-3", "run.assay.format-3-2"] {
        set_back(&run);
        let scores = || door.run(&["score", "run.assay", "--format", "json"]).with_code(0).stdout;
        let before = scores();
        door.run(&["run", "--resume", "run.assay"]).with_code(0);
        assert_eq!(format_of(&run), present);
        assert_eq!(format_of(&door.path(copy)), "3");
        assert_eq!(scores(), before);
        fs::rename(&run, door.path("new.assay")).expect("moved");
        fs::copy(door.path(copy), &run).expect("copied");
        assert_eq!(scores(), before, "the copy is as good");
        fs::rename(door.path("new.assay"), &run).expect("moved");
    }
}

#[test]
fn the_copy_has_the_name_of_the_run_whatever_bytes_that_is() {
    for name in [OsStr::from_bytes(b"\xff.assay"), OsStr::new("运行 it's.assay")] {
        let door = Door::open();
        let new = ["run", "--subject", "empty", "--case", "invoice-search", "--scenario", "gen"];
        door.run(&[&new[..], &["--output", "run.assay"]].concat()).with_code(0);
        set_back(&door.path("run.assay"));
        let run = door.path("").join(name);
        fs::rename(door.path("run.assay"), &run).expect("moved");
        let resume = [OsStr::new("run"), OsStr::new("--resume"), name];
        door.run(&resume).with_code(0);
        let copy = [name.as_bytes(), b".format-3"].concat();
        assert_eq!(format_of(&door.path("").join(OsStr::from_bytes(&copy))), "3", "{name:?}");
    }
}

#[test]
fn a_run_of_a_format_that_is_not_known_is_refused_with_those_that_are() {
    let door = Door::open();
    let run = door.write("run.assay", fs::read(&kept()[0]).expect("a run"));
    let later = "UPDATE meta SET value = '77' WHERE key = 'format'";
    Connection::open(&run).expect("a database").execute_batch(later).expect("it is there");
    let ended = door.run(&["score", "run.assay"]).with_code(3);
    assert!(ended.stderr.contains("its format is 77; this version reads 3, 4 and 5"), "{ended}");
}
