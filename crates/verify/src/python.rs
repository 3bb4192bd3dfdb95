//! Python: pytest in a prepared environment, under a harness that watches over the
//! process and reports each test on the report channel.

use std::path::Path;

use assay_core::evidence::SuiteEvidence;
use assay_core::infra_error::InfraClass;
use assay_core::suite::Suite;
use assay_core::{Artifact, InfraError, Phase, SafePath};
use assay_harness::python;
use assay_sandbox::{Command, Mount, Sandbox, SandboxError, Spec};
use serde_json::json;
use tracing::{debug, warn};

use super::desk::Desk;
use super::installer::{installer, run as run_installer};
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::{self, PYTHON, version};
use super::trial::{Halt, Record, Runnable, Trial};
use super::{command, infra, project_files, spec, suite_limits, world};
use crate::tested_case::TestedCase;
use blind::Blind;
use nurseries::Nurseries;

mod blind;
mod desk;
mod nurseries;

/// Installs torch, whose build of the package index needs CUDA's libraries.
const TORCH: &str = python::TORCH.1;

const START: &str = python::START.1;

/// What [`START`] runs, unless a nursery has it prepared.
const HARNESS: &str = python::session::PROGRAM;

/// Where the prepared environment is seen.
const ENVIRONMENT: &str = "/opt/python";

#[derive(Debug, Default)]
pub(super) struct Python {
    nurseries: Nurseries,
}

impl Toolchain for Python {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        &[
            ("python", &[PYTHON, "--version"]),
            ("python venv", &[PYTHON, "-m", "ensurepip", "--version"]),
            ("libpython", tools::LIBPYTHON),
        ]
    }

    fn needs(&self, case: &TestedCase<'_>) -> Needs {
        let packages = requirements(case);
        let mut key = format!("{PYTHON}\n{}\n{packages}", version(&[PYTHON, "--version"]));
        if torch(&packages).is_some() {
            key.push_str(TORCH);
        }
        Needs { key, summary: packages.replace('\n', " ") }
    }

    fn install(&self, case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
        run_installer(installer(PYTHON).args(["-m", "venv"]).arg(site.folder))?;
        let mut packages = requirements(case);
        if let Some(torch) = torch(&packages).map(str::to_owned) {
            let mut install = installer(site.folder.join("bin/python"));
            run_installer(
                install.args(["-c", TORCH, &torch]).env("PIP_CACHE_DIR", site.downloads),
            )?;
            packages = packages.replace(&torch, "");
        }
        let list = site.folder.join("requirements.txt");
        std::fs::write(&list, packages)
            .map_err(|error| format!("failed to write {}: {error}", list.display()))?;
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"];
        let mut pip_install = installer(site.folder.join("bin/python"));
        pip_install.args(pip).arg("--requirement").arg(list);
        run_installer(pip_install.env("PIP_CACHE_DIR", site.downloads))?;
        Ok(())
    }

    fn desk(
        &self,
        _case: &TestedCase<'_>,
        prepared: &Path,
        _supplies: Option<&Path>,
    ) -> Result<Desk, InfraError> {
        let desk = Desk {
            mounts: vec![Mount::new(prepared, ENVIRONMENT)],
            home: desk::scripts(prepared)?,
            path: vec![format!("{ENVIRONMENT}/bin")],
            ignored: &["__pycache__", ".pytest_cache"],
            ..Desk::default()
        };
        Ok(desk.variable("VIRTUAL_ENV", ENVIRONMENT))
    }

    fn build<'a>(
        &'a self,
        trial: Trial<'a>,
        _record: &mut Record,
    ) -> Result<Box<dyn Runnable + 'a>, Halt> {
        let Trial { prepared, case, .. } = trial;
        let mut spec = Spec { mounts: vec![Mount::new(prepared, ENVIRONMENT)], ..spec(case) };
        spec.files.extend(world::certifi(case, prepared, ENVIRONMENT));
        Ok(Box::new(Ready { python: self, trial, spec }))
    }
}

/// A case's requirements in a normal form; pytest is always among them.
fn requirements(case: &TestedCase<'_>) -> String {
    let path = SafePath::new("requirements.txt").ok();
    let text = path.and_then(|path| case.template.get(&path)).cloned().unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut lines: Vec<&str> = text
        .lines()
        .map(|line| line.split_once(" #").map_or(line, |(code, _)| code).trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if !lines
        .iter()
        .any(|line| line.strip_prefix("pytest").is_some_and(|rest| !rest.starts_with(['-', '_'])))
    {
        lines.push("pytest");
    }
    lines.sort_unstable();
    lines.dedup();
    lines.join("\n")
}

/// The requirement of torch among these.
fn torch(packages: &str) -> Option<&str> {
    packages.lines().find(|line| {
        line.strip_prefix("torch")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['=', '<', '>', '~', '!']))
    })
}

/// An artifact in an environment.
struct Ready<'a> {
    python: &'a Python,
    trial: Trial<'a>,
    spec: Spec,
}

impl Runnable for Ready<'_> {
    /// Forked from the environment's nursery where there is one.
    fn run(
        &mut self,
        phase: Phase,
        suite: &Suite,
        record: &mut Record,
    ) -> Result<SuiteEvidence, Halt> {
        let Trial { prepared, case, artifact } = self.trial;
        let blind = Blind::of(case, phase)?;
        let settings = settings(case, artifact, phase, &blind);
        let run = |mut sandbox: Sandbox| {
            let mut files = project_files(case, artifact);
            files.extend(blind.files.iter().cloned());
            sandbox.write(&files).map_err(|error| infra(&error))?;
            let command = runner(case).stdin(settings.clone()).limits(suite_limits(case));
            let test_tree = Some(blind.folder.as_str());
            SuiteRun { phase, suite, command, test_tree }.execute(&mut sandbox)
        };
        let sandbox = self.python.fork(prepared, &self.spec, case);
        // What goes wrong with it must not be worse than without a nursery.
        let forked = sandbox.map(run).transpose().unwrap_or_else(|error| {
            warn!(
                case = case.id,
                phase = phase.as_str(),
                "a Python suite failed in a nursery and is run without one: {error}"
            );
            None
        });
        let (evidence, logs) = match forked {
            Some(ran) => ran,
            None => run(Sandbox::start(&self.spec).map_err(|error| infra(&error))?)?,
        };
        broken(case, &evidence)?;
        record.logs.extend(logs);
        Ok(evidence)
    }
}

impl Python {
    /// A sandbox in which the runner needs no start of the interpreter.
    fn fork(&self, prepared: &Path, spec: &Spec, case: &TestedCase<'_>) -> Option<Sandbox> {
        // The processes of a world are not to be forked from an interpreter.
        if spec.world.is_some() {
            return None;
        }
        let nursery = self.nurseries.of(prepared, &runner(case))?;
        match Sandbox::start_in(&nursery, spec) {
            Ok(sandbox) => Some(sandbox),
            Err(error) => {
                match error {
                    // The same fault is an error of the sandbox that is started instead.
                    SandboxError::Setup { .. } => debug!(%error, "no sandbox in the nursery"),
                    error => self.nurseries.refuse(prepared, &error),
                }
                None
            }
        }
    }
}

/// The interpreter with the harness. -P keeps the working directory off the module path
/// until pytest has been imported, -B writes no bytecode, -s ignores user packages.
fn runner(case: &TestedCase<'_>) -> Command {
    let python = command(case, &format!("{ENVIRONMENT}/bin/python"));
    // The order of sets must be the same each time, or a verdict would be one of chance.
    let python = python.env("PYTHONHASHSEED", "0");
    python.args(["-P", "-B", "-s", "-c", START, HARNESS])
}

/// What a note begins with by which the harness says that the suite itself, and nothing
/// of the artifact, keeps it from running.
const BROKEN: &str = "the suite cannot be run: ";

/// An error if the suite is a broken one: that is the case's fault, and says nothing about
/// the artifact.
fn broken(case: &TestedCase<'_>, evidence: &SuiteEvidence) -> Result<(), InfraError> {
    // Notes are under the nonce, so nobody but the harness writes them.
    let fault = evidence.notes.iter().find_map(|note| {
        let place = note.place.as_deref().unwrap_or_default();
        Some(format!("{place}: {}", note.what.strip_prefix(BROKEN)?))
    });
    match fault {
        None => Ok(()),
        Some(fault) => {
            let message = format!("the tests of {} cannot be run: {fault}", case.id);
            Err(InfraError::new(InfraClass::Case, message))
        }
    }
}

/// What the harness is told: the suite; the artifact's files, to read them before any of
/// them runs, and those of the case itself, for what they do is no sign of anything. Both
/// suites have the same artifact, so only the first reads it.
fn settings(case: &TestedCase<'_>, artifact: &Artifact, phase: Phase, blind: &Blind) -> String {
    let is_first = phase == Phase::Functional;
    let paths = artifact.files.keys().map(SafePath::as_str).filter(|path| path.ends_with(".py"));
    let own = std::iter::once(&case.template).chain(case.solutions.iter().map(|it| &it.files));
    let sources = own.flatten().filter(|(path, _)| path.extension() == Some("py"));
    let known = sources.map(|(_, content)| String::from_utf8_lossy(content));
    json!({
        "suite": blind.settings(),
        "places": case.artifact_paths.iter().map(SafePath::as_str).collect::<Vec<_>>(),
        "artifact": paths.filter(|_| is_first).collect::<Vec<_>>(),
        "known": known.filter(|_| is_first).collect::<Vec<_>>(),
    })
    .to_string()
}
