//! Go: the toolchain's compiler and linker, run on prepared packages.
//!
//! Everything that does not depend on the artifact is compiled once: the standard
//! library and every package of the modules that an artifact may import. What is
//! left for each suite is to compile the project's own packages, to look at them
//! as `go test` does (`vet`), and to link. The suite then runs under a supervisor,
//! in which no code of the artifact is.

mod blind;
mod findings;
mod packages;
mod toolchain;

use std::path::Path;

use assay_core::record::Log;
use assay_core::suite::{Conclusion, ExpectedTest, Runner, Suite, TestOutcome, TestResult};
use assay_core::verdict::{Build, SuiteEvidence, Usage};
use assay_core::{Artifact, Case, Evidence, FileSet, Finding, InfraError, SafePath};
use assay_sandbox::{Mount, Sandbox, Spec};
use serde_json::json;

use self::findings::Seen;
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::{
    Validation, after_functional, build_limits, command, ending, infra, logs, spec, suite_limits,
    usage, write_project,
};

/// Where the prepared folder is seen.
const PREPARED: &str = "/opt/prepared";

/// Where the toolchain is seen.
const GOROOT: &str = "/opt/goroot";

/// The name of the second phase.
const SECURITY: &str = "security";

/// The linked suite.
const PROGRAM: &str = "/work/program";

#[derive(Debug, Default)]
pub(super) struct Go;

impl Toolchain for Go {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        toolchain::tools()
    }

    fn needs(&self, case: &Case) -> Needs {
        packages::needs(case)
    }

    fn install(&self, case: &Case, site: &Site<'_>) -> Result<(), String> {
        packages::install(case, site)
    }

    fn validate(
        &self,
        prepared: &Path,
        case: &Case,
        artifact: &Artifact,
    ) -> Result<Validation, InfraError> {
        let spec = Spec {
            mounts: vec![Mount::new(prepared, PREPARED), Mount::new(toolchain::goroot()?, GOROOT)],
            ..spec(case)
        };
        let run = |suite, phase| run(&spec, case, artifact, suite, phase);
        let Run { mut build, findings, suite, mut logs } = run(&case.functional, "functional")?;
        if !findings.is_empty() {
            let evidence = Evidence::Tampered { build: Some(build), findings };
            return Ok(Validation { evidence, logs });
        }
        let Some(functional) = suite else {
            return Ok(Validation { evidence: Evidence::Unbuilt { build }, logs });
        };
        let functional = match after_functional(case, Some(&build), functional) {
            Ok(functional) => functional,
            Err(evidence) => return Ok(Validation { evidence: *evidence, logs }),
        };
        let second = run(&case.security, SECURITY)?;
        logs.extend(second.logs);
        build.usage += second.build.usage;
        let unbuilt = |conclusion| unbuilt(&case.security, conclusion);
        let security = match second.suite {
            _ if !second.findings.is_empty() => unbuilt(Conclusion::Tampered(second.findings)),
            Some(security) => security,
            None => unbuilt(Conclusion::Ended(second.build.ending)),
        };
        let build = Some(build);
        Ok(Validation { evidence: Evidence::of_suites(build, functional, security), logs })
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

/// What a suite came to.
struct Run {
    build: Build,
    /// Signs of tampering in what was built. If there is one, nothing of it ran.
    findings: Vec<Finding>,
    /// Not where the build failed.
    suite: Option<SuiteEvidence>,
    logs: Vec<Log>,
}

/// Builds the project with one suite and runs it, in a sandbox where the other
/// suite is not.
fn run(
    spec: &Spec,
    case: &Case,
    artifact: &Artifact,
    suite: &Suite,
    phase: &'static str,
) -> Result<Run, InfraError> {
    let mut sandbox = Sandbox::start(spec).map_err(|error| infra(&error))?;
    write_project(&mut sandbox, case, artifact, suite)?;

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
    if phase == SECURITY {
        // With the functional suite all of it was checked but what depends on the tests.
        request["checked"] = json!(true);
    } else {
        let (named, suites) = findings::known(case, artifact);
        request["named"] = json!(named);
        request["suites"] = json!(suites);
    }
    let tool = format!("{PREPARED}/{}", packages::TOOL);
    let compile = command(case, &tool)
        .args(["build", &request.to_string()])
        .report()
        .limits(build_limits(case));
    let execution = sandbox.execute(&compile).map_err(|error| infra(&error))?;
    let build = Build { ending: ending(execution.exit), usage: usage(&execution) };
    let Seen { findings, notes, blind } = findings::read(case, &execution.report)?;
    let mut logs = logs("build", &execution);
    blind.reveal_logs(&mut logs);
    if !findings.is_empty() || !execution.exit.is_success() {
        return Ok(Run { build, findings, suite: None, logs });
    }

    // Tests run in the folder of their package, as with `go test`.
    let command = command(case, &tool)
        .args(["supervise", PROGRAM])
        .directory(&blind.folder)
        .limits(suite_limits(case));
    let run = SuiteRun { phase, suite, command, test_tree: None };
    let (mut evidence, mut suite_logs) = run.execute(&mut sandbox)?;
    blind.reveal_logs(&mut suite_logs);
    blind.reveal_findings(&mut evidence.notes);
    evidence.notes.splice(..0, notes);
    logs.extend(suite_logs);
    Ok(Run { build, findings, suite: Some(evidence), logs })
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
