//! Python: pytest in a prepared environment, under a runner that reports each
//! test on the report channel.

use std::path::Path;

use assay_core::record::Log;
use assay_core::suite::Suite;
use assay_core::verdict::SuiteEvidence;
use assay_core::{Artifact, Case, Evidence, InfraError, SafePath};
use assay_sandbox::{Mount, Sandbox, Spec};

use super::prepare::{installer, run as run_installer};
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::{PYTHON, version};
use super::{
    Validation, after_functional, command, infra, project_files, sandbox_files, spec, suite_limits,
    world,
};

const RUNNER: &str = include_str!("python/runner.py");

/// Where the prepared environment is seen.
const ENVIRONMENT: &str = "/opt/python";

#[derive(Debug, Default)]
pub(super) struct Python;

impl Toolchain for Python {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        &[
            ("python", &[PYTHON, "--version"]),
            ("python venv", &[PYTHON, "-m", "ensurepip", "--version"]),
        ]
    }

    fn needs(&self, case: &Case) -> Needs {
        let packages = requirements(case);
        let key = format!("{PYTHON}\n{}\n{packages}", version(&[PYTHON, "--version"]));
        Needs { key, summary: packages.replace('\n', " ") }
    }

    fn install(&self, case: &Case, site: &Site<'_>) -> Result<(), String> {
        run_installer(installer(PYTHON).args(["-m", "venv"]).arg(site.folder))?;
        let list = site.folder.join("requirements.txt");
        std::fs::write(&list, requirements(case))
            .map_err(|error| format!("failed to write {}: {error}", list.display()))?;
        let pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"];
        let mut pip_install = installer(site.folder.join("bin/python"));
        pip_install.args(pip).arg("--requirement").arg(list);
        run_installer(pip_install.env("PIP_CACHE_DIR", site.downloads))?;
        Ok(())
    }

    fn validate(
        &self,
        prepared: &Path,
        case: &Case,
        artifact: &Artifact,
    ) -> Result<Validation, InfraError> {
        let mut spec = Spec { mounts: vec![Mount::new(prepared, ENVIRONMENT)], ..spec(case) };
        spec.files.extend(world::certifi(case, prepared, ENVIRONMENT));
        let (functional, mut logs) = run(&spec, case, artifact, &case.functional, "functional")?;
        let functional = match after_functional(case, None, functional) {
            Ok(functional) => functional,
            Err(evidence) => return Ok(Validation { evidence: *evidence, logs }),
        };
        let (security, security_logs) = run(&spec, case, artifact, &case.security, "security")?;
        logs.extend(security_logs);
        let evidence = Evidence::Functional { build: None, functional, security };
        Ok(Validation { evidence, logs })
    }
}

/// A case's requirements in a normal form; pytest is always among them.
fn requirements(case: &Case) -> String {
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

/// Runs one suite in a sandbox of its own, where the other suite is not.
fn run(
    spec: &Spec,
    case: &Case,
    artifact: &Artifact,
    suite: &Suite,
    phase: &'static str,
) -> Result<(SuiteEvidence, Vec<Log>), InfraError> {
    let mut sandbox = Sandbox::start(spec).map_err(|error| infra(&error))?;
    let mut files = project_files(case, artifact);
    files.extend(sandbox_files(&suite.files));
    sandbox.write(&files).map_err(|error| infra(&error))?;
    // -P keeps the working directory off the module path until pytest has been
    // imported, -B writes no bytecode, -s ignores user packages.
    let command = command(case, &format!("{ENVIRONMENT}/bin/python"))
        .args(["-P", "-B", "-s", "-c", RUNNER])
        .limits(suite_limits(case));
    SuiteRun { phase, suite, command, test_tree: Some("tests") }.execute(&mut sandbox)
}
