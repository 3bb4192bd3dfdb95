//! Exports of handmade runs, written by the binary and read with other readers.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

use std::path::PathBuf;

#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "../door/mod.rs"]
mod door;
#[path = "../sample_run/mod.rs"]
mod sample_run;

mod command;
mod inspect;
mod junit;
mod sarif;
mod tables;

use assay::store::Store;
use door::{Door, Ended};

/// A door with two runs behind it: `ordinary.assay` and `hostile.assay`.
fn door_with_runs() -> Door {
    let door = Door::open();
    for (name, make) in [
        ("ordinary.assay", sample_run::ordinary as fn(&std::path::Path) -> Store),
        ("hostile.assay", sample_run::hostile),
    ] {
        make(&door.path(name));
    }
    door
}

/// Exports a run as the arguments say, into a file that is read then.
fn export(door: &Door, run: &str, format: &str, more: &[&str]) -> PathBuf {
    let output = door.path(&format!("{run}.{format}"));
    let output_name = output.to_str().expect("UTF-8");
    let mut arguments = vec!["export", run, "--format", format, "--force", "--output", output_name];
    arguments.extend(more);
    door.run(&arguments).with_code(0);
    output
}

/// The export as text.
fn exported_text(door: &Door, run: &str, format: &str, more: &[&str]) -> String {
    std::fs::read_to_string(export(door, run, format, more)).expect("UTF-8")
}

/// No character of the text acts on a terminal or hides others.
#[track_caller]
fn assert_inert(text: &str) {
    let acting = text.chars().find(|c| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0041}')
    });
    assert_eq!(acting, None);
}
