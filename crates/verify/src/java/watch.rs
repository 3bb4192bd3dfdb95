//! The library that watches the virtual machine of tests: how it is compiled when a case is
//! prepared, and its instructions at the start.

use std::fmt::Write as _;

use assay_harness::java;
use assay_sandbox::{File, Sandbox};

use super::super::jdk::HOME;
use super::super::{build_limits, command, infra, spec};
use super::blind::Blind;
use crate::tested_case::TestedCase;

/// The sources: C, by their names.
const SOURCES: [(&str, &str); 13] = [
    java::watch::WATCH,
    java::watch::AGENT,
    java::watch::CLASS_HOOKS,
    java::watch::EFFECTS,
    java::watch::FILE_HOOKS,
    java::watch::FOLDER,
    java::watch::HOOKS,
    java::watch::NAMES,
    java::watch::PENDING,
    java::watch::REPORT,
    java::watch::STACK,
    java::watch::STACK_HOOKS,
    java::watch::THREADS,
];

/// Its name in the prepared folder.
pub(super) const LIBRARY: &str = "watch.so";

/// Where it reads what it is told; it takes that out of the environment.
pub(super) const SETTINGS: &str = "ASSAY_WATCH";

const GCC: &str = "/usr/bin/gcc";
const MAX_BYTES: u64 = 4 << 20;

/// What it says of a virtual machine that it was not written for.
pub(super) const UNWATCHED: &str = "cannot watch ";

/// What the library depends on.
pub(super) fn key() -> String {
    SOURCES.iter().map(|(_, text)| *text).collect()
}

/// Compiles the library.
pub(super) fn compile(case: &TestedCase<'_>) -> Result<File, String> {
    let failed = |error| infra(&error).message;
    let mut sandbox = Sandbox::start(&spec(case)).map_err(failed)?;
    let files: Vec<File> = SOURCES.iter().map(|(name, text)| File::new(*name, *text)).collect();
    sandbox.write(&files).map_err(failed)?;
    let sources = SOURCES.iter().map(|(name, _)| *name).filter(|name| name.ends_with(".c"));
    let gcc = command(case, GCC)
        .args(["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-shared", "-fPIC"])
        .args(["-fvisibility=hidden", "-Wl,-z,defs"])
        .args([format!("-I{HOME}/include"), format!("-I{HOME}/include/linux")])
        .args(sources)
        .args(["-o", LIBRARY, "-ldl", "-lpthread"])
        .limits(build_limits(case));
    let execution = sandbox.execute(&gcc).map_err(failed)?;
    match sandbox.read(LIBRARY, MAX_BYTES).map_err(failed)? {
        Some(content) if execution.exit.is_success() => Ok(File::new(LIBRARY, content)),
        _ => Err(format!(
            "failed to compile what watches the virtual machine: {}\n{}",
            execution.exit,
            execution.stderr.text()
        )),
    }
}

/// What the library is told of classes, named as the virtual machine names them.
pub(super) struct Settings<'a> {
    pub(super) blind: &'a Blind,
    /// Paths of the project's classes.
    pub(super) classes: Vec<&'a str>,
    /// Whether nothing but an artifact that looks for tests reads their files.
    pub(super) watches_files: bool,
}

impl Settings<'_> {
    /// A line for each: a letter and a name. Classes within those of the project are not
    /// told, as they go with these.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut lines = |letter: char, names: &[String]| {
            for name in names {
                let _ = writeln!(text, "{letter}{name}");
            }
        };
        lines('r', &self.blind.run);
        lines('t', &self.blind.tests);
        lines('d', &self.blind.parts);
        let classes = self.classes.iter().map(|path| path.trim_end_matches(".class"));
        let outer = classes.filter(|name| !name.contains('$')).map(str::to_owned);
        lines('a', &outer.collect::<Vec<String>>());
        let decoys = self.blind.decoys.iter().map(|trace| trace.word().to_owned());
        lines('m', &decoys.collect::<Vec<String>>());
        if self.watches_files {
            lines('w', &self.blind.watched);
        }
        text
    }
}
