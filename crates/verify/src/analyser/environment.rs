//! [`Environment`]: an environment of Python with the packages of an analyser, each of a
//! version and a content that are written down.

use std::fs;
use std::path::Path;

use assay_sandbox::Command;

use super::bench::{INSTALLED, command};
use super::tool::HostProgram;
use crate::installer::{installer, run};
use crate::prepare::Fill;
use crate::toolchain::{Needs, Site};
use crate::tools::{PYTHON, version};

/// What every environment of Python needs of the host.
pub(super) const PROGRAMS: &[HostProgram] = &[
    HostProgram { command: &[PYTHON, "--version"], package: "python3" },
    HostProgram { command: &[PYTHON, "-m", "ensurepip", "--version"], package: "python3-venv" },
];

/// An environment of Python.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) summary: &'static str,
    /// In the form of pip, with the hash of each package.
    pub(super) requirements: &'static str,
    /// Files beside the packages, by their names in the environment.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// What is still to be done once the packages are there, and a number that changes with
    /// it.
    pub(super) layout: u32,
    pub(super) finish: fn(&Site<'_>) -> Result<(), String>,
}

impl Environment {
    pub(super) fn installation(&'static self) -> (Needs, Fill<'static>) {
        let texts: String =
            self.files.iter().map(|(name, text)| format!("{name}\n{text}")).collect();
        let python = version(&[PYTHON, "--version"]);
        let Environment { requirements, layout, .. } = self;
        let key = format!("{PYTHON}\n{python}\n{requirements}\n{layout}\n{texts}");
        let needs = Needs { key, summary: self.summary.to_owned() };
        (needs, Box::new(move |site: &Site<'_>| self.install(site)))
    }

    fn install(&self, site: &Site<'_>) -> Result<(), String> {
        run(installer(PYTHON).args(["-m", "venv"]).arg(site.folder))?;
        let list = site.folder.join("requirements.txt");
        write(&list, self.requirements)?;
        let mut pip = installer(site.folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]);
        pip.args(["--require-hashes", "--requirement"]).arg(&list);
        run(pip.env("PIP_CACHE_DIR", site.downloads))?;
        for (name, text) in self.files {
            write(&site.folder.join(name), text)?;
        }
        (self.finish)(site)?;
        name_interpreter(&site.folder.join("bin"))
    }

    /// The version that a package is pinned to.
    pub(super) fn version(&self, package: &str) -> String {
        let lines = self.requirements.lines();
        let pinned = lines.filter_map(|line| line.strip_prefix(package)?.strip_prefix("=="));
        let version = pinned.filter_map(|rest| rest.split_whitespace().next()).next();
        version.unwrap_or_default().to_owned()
    }
}

/// A module of the environment as a program, away from all that lies in the working folder.
pub(super) fn module(name: &str) -> Command {
    command(format!("{INSTALLED}/bin/python")).args(["-I", "-B", "-m", name])
}

/// A script of the environment as a program.
pub(super) fn script(name: &str) -> Command {
    command(format!("{INSTALLED}/bin/python")).args(["-I", "-B"]).arg(format!("{INSTALLED}/{name}"))
}

fn write(place: &Path, text: &str) -> Result<(), String> {
    fs::write(place, text).map_err(|error| format!("failed to write {}: {error}", place.display()))
}

/// Has scripts name the interpreter where it will be seen, and not where it was made.
fn name_interpreter(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("failed to read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_type().map_err(failed)?.is_file() {
            continue;
        }
        // Other programs than scripts are no UTF-8.
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        let Some((first, rest)) = text.split_once('\n') else { continue };
        if first.starts_with("#!") && first.contains("python") {
            write(&entry.path(), &format!("#!{INSTALLED}/bin/python\n{rest}"))?;
        }
    }
    Ok(())
}
