//! What Go gives somebody who works in a project: the toolchain with its standard library
//! compiled, and the modules that the project may import, as a proxy in files.

use std::fs;
use std::path::Path;

use assay_core::InfraError;
use assay_core::files::sha256;
use assay_sandbox::{File, Mount};

use super::packages::Module;
use super::{GOROOT, toolchain};
use crate::desk::{Desk, HOME};
use crate::installer::{installer, run};
use crate::prepare::Fill;
use crate::tested_case::TestedCase;
use crate::toolchain::{Needs, Site};
use crate::tools::version;

/// Where the supplies are seen.
const SUPPLIES: &str = "/opt/go";

/// A proxy of modules, in the supplies.
const PROXY: &str = "proxy";

/// What a build of the standard library leaves for later ones, in the supplies.
const BUILT: &str = "build";

/// Changes with the way in which supplies are made.
const FORM: u32 = 1;

/// Links what was built into the cache of whoever works there, file by file: the toolchain
/// must be able to write beside it.
const BEGIN: [&str; 6] = [
    "cp",
    "--recursive",
    "--symbolic-link",
    "/opt/go/build",
    "/work/home/.cache/go-build",
    "--no-target-directory",
];

pub(super) fn supplies<'a>(case: &'a TestedCase<'a>) -> (Needs, Fill<'a>) {
    let module = Module::of(case);
    let key = format!(
        "go {FORM}\n{}\n{}\n{}\n{}\n{:?}",
        toolchain::go_version(),
        version(&["/usr/bin/gcc", "--version"]),
        module.requirements,
        module.sums,
        case.modules,
    );
    let summary = format!("Go's standard library, and the modules of {}", case.id);
    (Needs { key, summary }, Box::new(move |site| install(case, site)))
}

fn install(case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
    let failed = |what: &str, error: &dyn std::fmt::Display| format!("failed to {what}: {error}");
    let module = Module::of(case);
    let work = tempfile::tempdir().map_err(|error| failed("make a folder", &error))?;
    for (name, text) in [
        ("go.mod", module.requirements.as_str()),
        ("go.sum", module.sums.as_str()),
        ("main.go", "package main\n\nfunc main() {}\n"),
    ] {
        let place = work.path().join(name);
        fs::write(&place, text).map_err(|error| failed("write a file", &error))?;
    }
    let modules = site.folder.join("modules");
    // One cache a toolchain, in which nothing is but the standard library.
    let built =
        site.downloads.join(format!("go-{}", &sha256(toolchain::go_version().as_bytes())[..16]));
    let go = |arguments: &[&str]| {
        let mut go = installer(toolchain::go());
        go.args(arguments)
            .current_dir(work.path())
            .env("GOMODCACHE", &modules)
            .env("GOCACHE", &built)
            .env("GOFLAGS", "-modcacherw")
            .env("GOTOOLCHAIN", "local")
            .env("GOWORK", "off");
        run(&mut go)
    };
    go(&["build", "std"])?;
    let known = module.required();
    let beyond = case.modules.iter().map(String::as_str).filter(|path| !known.contains(path));
    let beyond: Vec<&str> = beyond.collect();
    if !known.is_empty() {
        go(&["mod", "download", "all"])?;
    }
    if !beyond.is_empty() {
        go(&[&["get"], beyond.as_slice()].concat())?;
        go(&["mod", "download", "all"])?;
    }
    let proxy = site.folder.join(PROXY);
    let downloaded = modules.join("cache/download");
    match downloaded.is_dir() {
        true => fs::rename(&downloaded, &proxy),
        false => fs::create_dir(&proxy),
    }
    .map_err(|error| failed("keep the modules", &error))?;
    if modules.is_dir() {
        fs::remove_dir_all(&modules).map_err(|error| failed("remove what was unpacked", &error))?;
    }
    link(&built, &site.folder.join(BUILT)).map_err(|error| failed("keep what was built", &error))
}

/// A copy of a tree whose files share their bytes with the first, where that can be.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry?;
        let place = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&place)?;
        } else {
            fs::hard_link(entry.path(), &place)
                .or_else(|_| fs::copy(entry.path(), &place).map(drop))?;
        }
    }
    Ok(())
}

pub(super) fn desk(supplies: Option<&Path>) -> Result<Desk, InfraError> {
    let mut desk = Desk {
        mounts: vec![Mount::new(toolchain::goroot()?, GOROOT)],
        // The folder is made with the file.
        home: vec![File::new(".cache/README", "Caches of tools\n")],
        path: vec![format!("{GOROOT}/bin")],
        begin: Some(BEGIN.map(str::to_owned).to_vec()),
        ..Desk::default()
    };
    desk.mounts.extend(supplies.map(|folder| Mount::new(folder, SUPPLIES)));
    Ok(desk
        .variable("GOROOT", GOROOT)
        .variable("GOPATH", format!("{HOME}/go"))
        .variable("GOCACHE", format!("{HOME}/.cache/go-build"))
        .variable("GOTOOLCHAIN", "local")
        .variable("GOPROXY", format!("file://{SUPPLIES}/{PROXY}"))
        .variable("GOSUMDB", "off"))
}
