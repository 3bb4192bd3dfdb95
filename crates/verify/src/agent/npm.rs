//! [`Npm`]: an agent that is a package of npm.
//!
//! No package runs a script when it is installed. Those of some agents put the program for
//! this machine, which npm has installed as an optional dependency, into another place; here
//! that program is started where it lies. Agents that Node.js runs bring their own, as the
//! system's may be older than they need.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assay_sandbox::File;
use serde::Deserialize;
use serde_json::json;

use super::record::{Package, Record};
use super::{Agent, INSTALLED};
use crate::installer::{installer, run};
use crate::toolchain::Site;

const NPM: &str = "npm";

/// The Node.js that agents are run by: the package that is nothing but the program for this
/// machine.
const NODE: (&str, &str) = ("node-linux-ARCH", "24.21.0");
const NODE_PROGRAM: &str = "node-linux-ARCH/bin/node";

/// Changes with the way in which packages are installed.
const FORM: u32 = 1;

const MODULES: &str = "node_modules";
const LOCK: &str = "package-lock.json";

/// An agent that is a package of npm. In paths and names, `ARCH` stands for the machine as
/// npm's packages call it, and `MACHINE` as compilers do.
#[derive(Debug)]
pub(super) struct Npm {
    pub(super) package: &'static str,
    pub(super) start: Start,
    /// Folders of programs, below the modules.
    pub(super) path: &'static [&'static str],
    /// Packages of programs that it would otherwise fetch while it runs, with their versions.
    pub(super) beside: &'static [(&'static str, &'static str)],
}

/// How an agent is started.
#[derive(Debug)]
pub(super) enum Start {
    /// A program, below the modules.
    Binary(&'static str),
    /// A script of Node.js, by the name that its package gives it.
    Script(&'static str),
}

/// The part of a lock file that says what was installed.
#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Locked>,
}

#[derive(Deserialize)]
struct Locked {
    version: Option<String>,
    integrity: Option<String>,
}

impl Npm {
    /// Everything that an installation depends on.
    pub(super) fn key(&self, version: &str) -> String {
        format!("npm {FORM}\n{}", self.manifest(version))
    }

    /// The text of a `package.json` that asks for nothing but this agent.
    fn manifest(&self, version: &str) -> String {
        let mut packages = BTreeMap::from([(self.package.to_owned(), version)]);
        let node = matches!(self.start, Start::Script(_)).then_some(&NODE);
        for (name, version) in node.into_iter().chain(self.beside) {
            packages.insert(here(name), version);
        }
        json!({ "name": "agent", "version": "0.0.0", "private": true, "dependencies": packages })
            .to_string()
    }

    pub(super) fn install(&self, agent: &Agent, site: &Site<'_>) -> Result<(), String> {
        site.write(&File::new("package.json", self.manifest(&agent.version)))?;
        let mut npm = installer(NPM);
        npm.current_dir(site.folder)
            .args(["install", "--ignore-scripts", "--save-exact", "--no-audit", "--no-fund"])
            .args(["--no-update-notifier", "--loglevel=error", "--cache"])
            .arg(site.downloads.join("npm"));
        run(&mut npm)?;
        self.check(site.folder)?;
        Record::new(agent, packages(&site.folder.join(LOCK))?).write(site)
    }

    /// That what is started is there: another version may have it elsewhere.
    fn check(&self, folder: &Path) -> Result<(), String> {
        let mut lacking = self.command().into_iter().map(|word| {
            word.strip_prefix(INSTALLED).unwrap_or(&word).trim_start_matches('/').to_owned()
        });
        match lacking.find(|place| !folder.join(place).is_file()) {
            None => Ok(()),
            Some(place) => Err(format!(
                "this version of {} has no {place} for this machine, by which it is started",
                self.package
            )),
        }
    }

    pub(super) fn command(&self) -> Vec<String> {
        match self.start {
            Start::Binary(program) => vec![module(program)],
            Start::Script(name) => vec![module(NODE_PROGRAM), module(&format!(".bin/{name}"))],
        }
    }

    pub(super) fn path(&self) -> Vec<String> {
        self.path.iter().map(|folder| module(folder)).collect()
    }
}

/// A place below the modules, as it is seen in a sandbox.
fn module(place: &str) -> String {
    format!("{INSTALLED}/{MODULES}/{}", here(place))
}

/// A name for this machine.
fn here(name: &str) -> String {
    let machine = std::env::consts::ARCH;
    let architecture = match machine {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    name.replace("ARCH", architecture).replace("MACHINE", machine)
}

/// What a lock file says of the packages, those for other machines too where npm lists them.
fn packages(lock: &Path) -> Result<Vec<Package>, String> {
    let failed =
        |error: &dyn std::fmt::Display| format!("failed to read {}: {error}", lock.display());
    let text = fs::read(lock).map_err(|error| failed(&error))?;
    let Lock { packages } = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
    let mut found = Vec::new();
    // The one without a name is what asks for the others.
    for (place, locked) in packages.into_iter().filter(|(place, _)| !place.is_empty()) {
        let name = place.trim_start_matches(&format!("{MODULES}/")).to_owned();
        let digest = locked.integrity.ok_or_else(|| failed(&format!("{name} has no digest")))?;
        found.push(Package { name, version: locked.version.unwrap_or_default(), digest });
    }
    Ok(found)
}
