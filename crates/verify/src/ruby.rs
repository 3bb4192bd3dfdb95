//! Ruby: Minitest, as the system has it, under a supervisor that forks a process for each
//! test and reports on the report channel.

use std::path::Path;

use assay_core::evidence::SuiteEvidence;
use assay_core::suite::Suite;
use assay_core::{InfraError, Phase};
use assay_harness::ruby as guest;
use assay_sandbox::{File, Mount, Sandbox, Spec};

use super::desk::Desk;
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::version;
use super::trial::{Halt, Record, Runnable, Trial};
use super::{command, infra, project_files, spec, suite_limits};
use crate::tested_case::TestedCase;
use blind::Blind;

mod blind;

/// The interpreter. It must lie under `/usr`, which is what a sandbox shows of the host.
const RUBY: &str = "/usr/bin/ruby";

const RUBY_VERSION: &[&str] = &[RUBY, "--version"];
const MINITEST_VERSION: &[&str] =
    &[RUBY, "-e", "require 'minitest'; puts \"minitest #{Minitest::VERSION}\""];

/// Where the guest programs are seen.
const HARNESS: &str = "/opt/ruby";

#[derive(Debug, Default)]
pub(super) struct Ruby;

impl Toolchain for Ruby {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        &[("ruby", RUBY_VERSION), ("minitest", MINITEST_VERSION)]
    }

    fn needs(&self, _case: &TestedCase<'_>) -> Needs {
        let harness: String =
            guest::ALL.iter().map(|(name, text)| format!("{name}\n{text}")).collect();
        let (ruby, minitest) = (version(RUBY_VERSION), version(MINITEST_VERSION));
        Needs { key: format!("{ruby}\n{minitest}\n{harness}"), summary: minitest }
    }

    fn install(&self, _case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
        guest::ALL.iter().try_for_each(|(name, text)| site.write(&File::new(*name, *text)))
    }

    /// Interpreter and Minitest are the system's.
    fn desk(
        &self,
        _case: &TestedCase<'_>,
        _prepared: &Path,
        _supplies: Option<&Path>,
    ) -> Result<Desk, InfraError> {
        Ok(Desk::default())
    }

    fn build<'a>(
        &'a self,
        trial: Trial<'a>,
        _record: &mut Record,
    ) -> Result<Box<dyn Runnable + 'a>, Halt> {
        let mounts = vec![Mount::new(trial.prepared, HARNESS)];
        Ok(Box::new(Ready { trial, spec: Spec { mounts, ..spec(trial.case) } }))
    }
}

/// An artifact, which nothing builds.
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
        let blind = Blind::of(case, suite)?;
        let mut files = project_files(case, artifact);
        files.extend(blind.files);
        let mut sandbox = Sandbox::start(&self.spec).map_err(|error| infra(&error))?;
        sandbox.write(&files).map_err(|error| infra(&error))?;
        // What is not of the language as it is written would see the tests' sources.
        let command = command(case, RUBY)
            .args(["--disable=did_you_mean,error_highlight", &format!("{HARNESS}/main.rb")])
            .stdin(blind.settings)
            .limits(suite_limits(case));
        let run = SuiteRun { phase, suite, command, test_tree: blind.test_tree };
        let (evidence, logs) = run.execute_renamed(&mut sandbox, &blind.names)?;
        record.logs.extend(logs);
        Ok(evidence)
    }
}
