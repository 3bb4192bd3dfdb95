//! [`Pip`]: an agent that is a package of Python, in an environment of its own.

use std::fs;

use serde::Deserialize;

use super::record::{Package, Record};
use super::{Agent, INSTALLED};
use crate::installer::{installer, run};
use crate::toolchain::Site;
use crate::tools::{PYTHON, version};

/// What pip says that it has installed, in the environment.
const REPORT: &str = "report.json";

/// Changes with the way in which packages are installed.
const FORM: u32 = 1;

/// An agent that is a package of Python.
#[derive(Debug)]
pub(super) struct Pip {
    pub(super) package: &'static str,
    /// What is run of it.
    pub(super) module: &'static str,
}

/// The part of pip's report that says what was installed.
#[derive(Deserialize)]
struct Report {
    install: Vec<Installed>,
}

#[derive(Deserialize)]
struct Installed {
    metadata: Metadata,
    download_info: Download,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Download {
    archive_info: Archive,
}

#[derive(Deserialize)]
struct Archive {
    hashes: Hashes,
}

#[derive(Deserialize)]
struct Hashes {
    sha256: String,
}

impl Pip {
    /// Everything that an installation depends on.
    pub(super) fn key(&self, version_of_agent: &str) -> String {
        let python = version(&[PYTHON, "--version"]);
        format!("pip {FORM}\n{PYTHON}\n{python}\n{}=={version_of_agent}", self.package)
    }

    /// No package is built, for that would run its own code.
    pub(super) fn install(&self, agent: &Agent, site: &Site<'_>) -> Result<(), String> {
        run(installer(PYTHON).args(["-m", "venv"]).arg(site.folder))?;
        let report = site.folder.join(REPORT);
        let mut pip = installer(site.folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]);
        pip.args(["--only-binary", ":all:", "--report"]).arg(&report);
        pip.arg(format!("{}=={}", self.package, agent.version));
        run(pip.env("PIP_CACHE_DIR", site.downloads.join("pip")))?;
        let failed =
            |error: &dyn std::fmt::Display| format!("failed to read {}: {error}", report.display());
        let text = fs::read(&report).map_err(|error| failed(&error))?;
        let Report { install } = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
        let package = |it: Installed| Package {
            name: it.metadata.name,
            version: it.metadata.version,
            digest: format!("sha256:{}", it.download_info.archive_info.hashes.sha256),
        };
        let mut packages: Vec<Package> = install.into_iter().map(package).collect();
        packages.sort();
        fs::remove_file(&report).map_err(|error| failed(&error))?;
        Record::new(agent, packages).write(site)
    }

    /// Away from all that lies in the project.
    pub(super) fn command(&self) -> Vec<String> {
        let words = [&format!("{INSTALLED}/bin/python"), "-I", "-B", "-m", self.module];
        words.map(str::to_owned).to_vec()
    }
}
