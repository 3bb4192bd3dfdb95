//! Node.js: Jest or Mocha, whichever the project uses, from packages that were
//! installed once, under a runner that reports each test on the report channel.

mod names;
mod scan;
mod task;

use std::path::Path;

use assay_core::evidence::SuiteEvidence;
use assay_core::files::digest;
use assay_core::infra_error::InfraClass;
use assay_core::suite::{Runner, Suite, nodejs};
use assay_core::{InfraError, Phase, SafePath};
use assay_harness::nodejs as guest;
use assay_sandbox::{Command, File, Mount, Sandbox, Spec};

use super::desk::{Desk, PROJECT};
use super::guard;
use super::installer::{installer, run as run_installer};
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::version;
use super::trial::{Halt, Record, Runnable, Trial};
use super::{build_limits, command, infra, project_files, sandbox_files, spec, suite_limits};
use crate::tested_case::TestedCase;
use scan::Reach;
use task::Task;

const NODE: &str = "/usr/bin/node";
const NODE_VERSION: &[&str] = &[NODE, "--version"];
const NPM: &str = "npm";

/// Assay's own sources: what runs tests, and what prepares that.
const SOURCES: [(&str, &str); 15] = [
    guest::BUILTINS,
    guest::BUNDLE,
    guest::FACADES,
    guest::JEST,
    guest::LIMITS,
    guest::MAIN,
    guest::MOCHA,
    guest::PREPARE,
    guest::PROTECT,
    guest::REALM,
    guest::REPORT,
    guest::SENTINELS,
    guest::STACK,
    guest::WATCH,
    guest::WORKER,
];

/// A test file that does what test files usually do.
const WARM_UP: &str = guest::WARM_UP.1;

/// The prepared folder holds the installed packages and the runner, which are
/// seen at these places.
const MODULES: (&str, &str) = ("node_modules", "/work/node_modules");
const RUNNER: (&str, &str) = ("runner", "/opt/node");

/// Where the runner is prepared, below `/work`.
const HARNESS: &str = "assay-harness";

/// Nothing that is prepared is larger.
const MAX_PREPARED_BYTES: u64 = 64 << 20;

#[derive(Debug, Default)]
pub(super) struct NodeJs;

impl Toolchain for NodeJs {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        &[("node", NODE_VERSION), ("npm", &[NPM, "--version"])]
    }

    fn needs(&self, case: &TestedCase<'_>) -> Needs {
        let harness = SOURCES.map(|(_, text)| text).concat();
        let key = format!(
            "{}\n{:?}\n{}\n{harness}{WARM_UP}{}",
            version(NODE_VERSION),
            case.functional.runner,
            digest(&case.template),
            guard::KEY,
        );
        let framework = framework(&case.functional.runner);
        Needs { key, summary: format!("{framework} and the packages of {}", case.id) }
    }

    fn install(&self, case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
        install_packages(case, site)?;
        prepare_runner(case, site)?;
        let guard = guard::compile(case)?;
        site.write(&File::new(format!("{}/{}", RUNNER.0, guard::NAME), guard.content))
    }

    /// The packages lie where `npm install` puts them, with their programs for `npx`.
    fn desk(
        &self,
        _case: &TestedCase<'_>,
        prepared: &Path,
        _supplies: Option<&Path>,
    ) -> Result<Desk, InfraError> {
        let (folder, _) = MODULES;
        let place = format!("{PROJECT}/{folder}");
        let desk = Desk {
            path: vec![format!("{place}/.bin")],
            mounts: vec![Mount::new(prepared.join(folder), place)],
            ignored: &["node_modules"],
            ..Desk::default()
        };
        // A package that is not there is not to be waited for.
        Ok(desk
            .variable("npm_config_offline", "true")
            .variable("npm_config_update_notifier", "false"))
    }

    fn build<'a>(
        &'a self,
        trial: Trial<'a>,
        record: &mut Record,
    ) -> Result<Box<dyn Runnable + 'a>, Halt> {
        let Reach { findings, notes } = scan::reach(trial.case, trial.artifact);
        if !findings.is_empty() {
            return Err(Halt::Tampered(findings));
        }
        let mounts = [MODULES, RUNNER]
            .map(|(folder, place)| Mount::new(trial.prepared.join(folder), place))
            .to_vec();
        let spec = Spec { mounts, ..spec(trial.case) };
        record.notes = notes;
        Ok(Box::new(Ready { trial, spec }))
    }
}

fn framework(runner: &Runner) -> &'static str {
    if *runner == Runner::Mocha { "mocha" } else { "jest" }
}

/// Installs the packages of the template, as its lock file says if it has one.
fn install_packages(case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
    let mut has_lock = false;
    for name in ["package.json", "package-lock.json"] {
        let content = SafePath::new(name).ok().and_then(|path| case.template.get(&path));
        if let Some(content) = content {
            has_lock = name == "package-lock.json";
            site.write(&File::new(name, content.clone()))?;
        }
    }
    let mut npm = installer(NPM);
    npm.current_dir(site.folder)
        .arg(if has_lock { "ci" } else { "install" })
        // Packages run no code of theirs on this machine.
        .args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"])
        // A lock file may name a registry that its author was near to.
        .args(["--replace-registry-host=always", "--loglevel=error"])
        .arg("--cache")
        .arg(site.downloads);
    run_installer(&mut npm)?;
    Ok(())
}

/// Prepares the runner in a sandbox: the framework's settings for this project,
/// its modules in one file, and what V8 compiles of them.
fn prepare_runner(case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
    let failed = |error| infra(&error).message;
    let (modules, place) = MODULES;
    let mounts = vec![Mount::new(site.folder.join(modules), place)];
    let mut sandbox = Sandbox::start(&Spec { mounts, ..spec(case) }).map_err(failed)?;
    let mut files: Vec<File> = sandbox_files(&case.template).collect();
    files.extend(SOURCES.map(|(name, text)| File::new(format!("{HARNESS}/{name}"), text)));
    files.push(File::new("warm-up.test.js", WARM_UP));
    sandbox.write(&files).map_err(failed)?;
    for task in ["settings", "bundle", "cache"] {
        let script = format!("{HARNESS}/prepare.js");
        let prepare = node(case, &case.functional.runner)
            .args([&script, framework(&case.functional.runner), HARNESS, task])
            .limits(build_limits(case));
        let execution = sandbox.execute(&prepare).map_err(failed)?;
        if !execution.exit.is_success() {
            let output = execution.stderr.text();
            return Err(format!("failed to prepare the runner: {}\n{output}", execution.exit));
        }
    }
    let prepared = sandbox.tree(HARNESS).map_err(failed)?;
    for name in prepared.keys() {
        let content = sandbox.read(&format!("{HARNESS}/{name}"), MAX_PREPARED_BYTES);
        if let Some(content) = content.map_err(failed)? {
            site.write(&File::new(format!("{}/{name}", RUNNER.0), content))?;
        }
    }
    Ok(())
}

/// Node with the same settings always, for its code cache depends on them.
fn node(case: &TestedCase<'_>, runner: &Runner) -> Command {
    let node = command(case, NODE);
    match runner {
        // What Jest's command line sets.
        Runner::Jest => node.env("NODE_ENV", "test").env("JEST_WORKER_ID", "1"),
        _ => node,
    }
}

/// An artifact beside the packages.
struct Ready<'a> {
    trial: Trial<'a>,
    spec: Spec,
}

impl Runnable for Ready<'_> {
    fn run(
        &mut self,
        phase: Phase,
        suite: &Suite,
        record: &mut Record,
    ) -> Result<SuiteEvidence, Halt> {
        let Trial { case, artifact, .. } = self.trial;
        if nodejs::test_files(&suite.files).next().is_none() {
            let message = format!("{} has no {phase} test", case.id);
            return Err(InfraError::new(InfraClass::Unprepared, message).into());
        }
        let task = Task::of(case, suite, &scan::allowed(case))?;
        let mut files = project_files(case, artifact);
        files.extend(task.files);
        let mut sandbox = Sandbox::start(&self.spec).map_err(|error| infra(&error))?;
        sandbox.write(&files).map_err(|error| infra(&error))?;
        let command = node(case, &suite.runner)
            .args([&format!("{}/main.js", RUNNER.1), framework(&suite.runner), task::PLACE])
            .limits(suite_limits(case));
        let command = guard::wear(command, &format!("{}/{}", RUNNER.1, guard::NAME));
        let test_tree = task.test_tree;
        let (mut evidence, mut logs) =
            SuiteRun { phase, suite, command, test_tree }.execute(&mut sandbox)?;
        task.names.restore_evidence(&mut evidence, &mut logs);
        record.logs.extend(logs);
        Ok(evidence)
    }
}
