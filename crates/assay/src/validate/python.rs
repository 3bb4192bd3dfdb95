//! Python: pytest in a prepared environment, under a runner that reports each
//! test on the report channel.

use assay_core::record::Log;
use assay_core::suite::Suite;
use assay_core::verdict::SuiteEvidence;
use assay_core::{Artifact, Case, Evidence, InfraError};
use assay_sandbox::{Mount, Sandbox, Spec};

use super::suite_run::SuiteRun;
use super::{Environments, Validation, command, infra, project_files, sandbox_files, suite_limits};

const RUNNER: &str = include_str!("python/runner.py");

/// Where the prepared environment is seen.
const ENVIRONMENT: &str = "/opt/python";

pub(super) fn validate(
    environments: &Environments,
    case: &Case,
    artifact: &Artifact,
) -> Result<Validation, InfraError> {
    let spec = Spec {
        mounts: vec![Mount::new(environments.python(case)?, ENVIRONMENT)],
        ..Spec::default()
    };
    let (functional, mut logs) = run(&spec, case, artifact, &case.functional, "functional")?;
    let functional = match functional.into_passed() {
        Ok(functional) => functional,
        Err(functional) => {
            let evidence = Evidence::Nonfunctional { build: None, functional };
            return Ok(Validation { evidence, logs });
        }
    };
    let (security, security_logs) = run(&spec, case, artifact, &case.security, "security")?;
    logs.extend(security_logs);
    let evidence = Evidence::Functional { build: None, functional, security };
    Ok(Validation { evidence, logs })
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
    let command = command(&format!("{ENVIRONMENT}/bin/python"))
        .args(["-P", "-B", "-s", "-c", RUNNER])
        .limits(suite_limits(case));
    SuiteRun { phase, suite, command, test_tree: Some("tests") }.execute(&mut sandbox)
}
