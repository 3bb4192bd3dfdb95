//! Go: the toolchain's compiler and linker, run on prepared packages.
//!
//! Everything that does not depend on the artifact is compiled once: the standard
//! library and every package of the modules that an artifact may import. What is
//! left for each suite is to compile the project's own packages, to look at them
//! as `go test` does (`vet`), and to link. The suite then runs under a supervisor,
//! in which no code of the artifact is.

mod blind;
mod desk;
mod findings;
mod packages;
#[cfg(test)]
mod properties;
pub(super) mod toolchain;

use std::path::Path;

use assay_core::evidence::SuiteEvidence;
use assay_core::execution::{Ending, Usage};
use assay_core::suite::{Conclusion, ExpectedTest, Runner, Suite, TestOutcome, TestResult};
use assay_core::{FileSet, InfraError, Phase, SafePath};
use assay_sandbox::{Mount, Sandbox, Spec};
use serde_json::{Value, json};

use self::findings::Seen;
use super::decisive;
use super::desk::Desk;
use super::prepare::Fill;
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::trial::{Halt, Record, Runnable, Trial};
use super::{build_limits, command, ending, infra, logs, spec, suite_limits, usage, write_project};
use crate::tested_case::TestedCase;

/// Where the prepared folder is seen.
const PREPARED: &str = "/opt/prepared";

/// Where the toolchain is seen.
const GOROOT: &str = "/opt/goroot";

/// The linked suite.
const PROGRAM: &str = "/work/program";

#[derive(Debug, Default)]
pub(super) struct Go;

impl Toolchain for Go {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        toolchain::tools()
    }

    fn needs(&self, case: &TestedCase<'_>) -> Needs {
        packages::needs(case)
    }

    fn install(&self, case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
        packages::install(case, site)
    }

    fn supplies<'a>(&self, case: &'a TestedCase<'a>) -> Option<(Needs, Fill<'a>)> {
        Some(desk::supplies(case))
    }

    fn desk(
        &self,
        _case: &TestedCase<'_>,
        _prepared: &Path,
        supplies: Option<&Path>,
    ) -> Result<Desk, InfraError> {
        desk::desk(supplies)
    }

    fn build<'a>(
        &'a self,
        trial: Trial<'a>,
        _record: &mut Record,
    ) -> Result<Box<dyn Runnable + 'a>, Halt> {
        let mounts =
            vec![Mount::new(trial.prepared, PREPARED), Mount::new(toolchain::goroot()?, GOROOT)];
        Ok(Box::new(Ready { trial, spec: Spec { mounts, ..spec(trial.case) } }))
    }
}

/// The folder of `go.mod`, relative to the project; empty where it is its root.
fn module_folder(files: &FileSet) -> String {
    let of = |path: &SafePath| {
        let folder = path.as_str().strip_suffix("go.mod")?;
        (folder.is_empty() || folder.ends_with('/')).then(|| folder.to_owned())
    };
    files.keys().find_map(of).unwrap_or_default()
}

/// An artifact, which is built with each suite.
struct Ready<'a> {
    trial: Trial<'a>,
    spec: Spec,
}

impl Runnable for Ready<'_> {
    /// What does not build with the security suite, or is found out with it, is evidence
    /// of that suite: with the functional one it went well.
    fn run(
        &mut self,
        phase: Phase,
        suite: &Suite,
        record: &mut Record,
    ) -> Result<SuiteEvidence, Halt> {
        let case = self.trial.case;
        let mut sandbox = Sandbox::start(&self.spec).map_err(|error| infra(&error))?;
        let tool = format!("{PREPARED}/{}", packages::TOOL);
        let request = self.request(&mut sandbox, phase, suite)?;
        let compile = command(case, &tool)
            .args(["build", &request.to_string()])
            .report()
            .limits(build_limits(case));
        let execution = sandbox.execute(&compile).map_err(|error| infra(&error))?;
        let Seen { findings, notes, blind } = findings::read(case, &execution.report)?;
        let mut logs = logs("build", &execution);
        blind.reveal_logs(&mut logs);
        record.logs.extend(logs);
        let failed = ending(execution.exit);
        match phase {
            Phase::Functional => {
                record.add_build(failed, usage(&execution));
                if !findings.is_empty() {
                    return Err(Halt::Tampered(findings));
                }
                if !execution.exit.is_success() {
                    return Err(record.unbuilt());
                }
            }
            Phase::Security => {
                record.add_build(Ending::Exited(0), usage(&execution));
                if !findings.is_empty() {
                    return Ok(unbuilt(suite, Conclusion::Tampered(findings)));
                }
                if !execution.exit.is_success() {
                    return Ok(unbuilt(suite, Conclusion::Ended(failed)));
                }
            }
        }

        record.notes = notes;
        // Tests run in the folder of their package, as with `go test`.
        let command = command(case, &tool)
            .args(["supervise", PROGRAM])
            .directory(&blind.folder)
            .limits(suite_limits(case));
        let run = SuiteRun { phase, suite, command, test_tree: None };
        let (mut evidence, mut suite_logs) = run.execute(&mut sandbox)?;
        blind.reveal_logs(&mut suite_logs);
        blind.reveal_findings(&mut evidence.notes);
        decisive::explain(&mut evidence.tests, &suite_logs);
        record.logs.extend(suite_logs);
        Ok(evidence)
    }
}

impl Ready<'_> {
    /// Writes the project with a suite, and returns what the tool is to build of it.
    fn request(
        &self,
        sandbox: &mut Sandbox,
        phase: Phase,
        suite: &Suite,
    ) -> Result<Value, InfraError> {
        let Trial { case, artifact, .. } = self.trial;
        write_project(sandbox, case, artifact, suite)?;
        let sources: Vec<&SafePath> =
            suite.files.keys().filter(|path| path.extension() == Some("go")).collect();
        let place = |path: &SafePath| format!("/work/{path}");
        let mut request = json!({
            "root": format!("/work/{}", module_folder(&case.template)).trim_end_matches('/'),
            "tests": sources.iter().map(|path| place(path)).collect::<Vec<_>>(),
            "artifact": artifact.files.keys().map(place).collect::<Vec<_>>(),
            "imports": suite.runner == Runner::GoTest { imports: true },
            "goroot": GOROOT,
            "prepared": PREPARED,
            "output": PROGRAM,
        });
        match phase {
            Phase::Functional => {
                let (named, suites) = findings::known(case, artifact);
                request["named"] = json!(named);
                request["suites"] = json!(suites);
            }
            // With the functional suite all was checked but what depends on the tests.
            Phase::Security => request["checked"] = json!(true),
        }
        Ok(request)
    }
}

/// What a suite amounts to that does not build with an artifact which built with
/// the other suite, or is not run with what was found in it: no test ran.
fn unbuilt(suite: &Suite, conclusion: Conclusion) -> SuiteEvidence {
    let detail = match conclusion {
        Conclusion::Tampered(_) => "the suite was not run",
        _ => "the suite does not build with the artifact",
    };
    let missing = |test: &ExpectedTest| TestResult {
        name: test.name.clone(),
        outcome: TestOutcome::Missing,
        detail: detail.to_owned(),
    };
    SuiteEvidence {
        tests: suite.expected.iter().map(missing).collect(),
        conclusion,
        usage: Usage::default(),
        notes: Vec::new(),
        contacts: Vec::new(),
        contacts_left_out: 0,
    }
}
