//! Bandit, for Python. It states a weakness with each finding.

use assay_core::{Alert, Cwe, InfraError, Language};
use serde_json::Value;

use super::batch::{Batch, FOLDER, misunderstood};
use super::bench::Bench;
use super::environment::{self, Environment};
use super::tool::{HostProgram, Tool};
use crate::prepare::Fill;
use crate::toolchain::Needs;

static ENVIRONMENT: Environment = Environment {
    summary: "Bandit",
    requirements: include_str!("requirements/bandit.txt"),
    files: &[],
    layout: 1,
    finish: |_| Ok(()),
};

#[derive(Debug)]
pub(super) struct Bandit;

impl Tool for Bandit {
    fn name(&self) -> &'static str {
        "bandit"
    }

    fn about(&self) -> &'static str {
        "Bandit, all its tests"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::Python]
    }

    fn programs(&self) -> &'static [HostProgram] {
        environment::PROGRAMS
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        Some(ENVIRONMENT.installation())
    }

    fn version(&self) -> String {
        ENVIRONMENT.version("bandit")
    }

    fn most(&self) -> usize {
        256
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        let bandit = environment::module("bandit")
            .args(["--quiet", "--recursive", "--format", "json"])
            .args(["--exit-zero", "--ignore-nosec", FOLDER]);
        let report = bench.json(bandit, &[0])?;
        for place in batch.places(None, &["py"]) {
            if report["metrics"][&place].is_null() {
                batch.gap(&place, None, "Bandit left it out")?;
            }
        }
        for error in list(&report, "errors")? {
            let (place, why) = (text(error, "filename"), text(error, "reason"));
            batch.gap(place, None, why)?;
        }
        for result in list(&report, "results")? {
            batch.alert(alert(result))?;
        }
        Ok(())
    }
}

fn alert(result: &Value) -> Alert {
    let cwe = result["issue_cwe"]["id"].as_u64().and_then(|id| id.try_into().ok());
    let grade = |name| result[name].as_str().map(str::to_lowercase);
    Alert {
        rule: text(result, "test_id").to_owned(),
        cwe: cwe.map(Cwe).into_iter().collect(),
        file: text(result, "filename").to_owned(),
        line: result["line_number"].as_u64().and_then(|line| line.try_into().ok()),
        message: text(result, "issue_text").to_owned(),
        severity: grade("issue_severity"),
        confidence: grade("issue_confidence"),
    }
}

fn list<'a>(report: &'a Value, name: &str) -> Result<&'a Vec<Value>, InfraError> {
    report[name].as_array().ok_or_else(|| misunderstood(&format!("it has no list {name:?}")))
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}
