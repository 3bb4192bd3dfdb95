//! Meta's Insecure Code Detector (`codeshield`): its own expressions and its own rules for
//! Semgrep, both as it runs them for CyberSecEval. Its findings state weaknesses.

use assay_core::{Alert, Cwe, InfraError, Language};
use serde_json::Value;

use super::batch::{Batch, FOLDER, misunderstood};
use super::bench::Bench;
use super::environment::{self, script};
use super::rules::{ENVIRONMENT, with_semgrep};
use super::semgrep::take;
use super::tool::{HostProgram, Tool};
use crate::prepare::Fill;
use crate::toolchain::Needs;

#[derive(Debug)]
pub(super) struct Detector;

impl Tool for Detector {
    fn name(&self) -> &'static str {
        "codeshield"
    }

    fn about(&self) -> &'static str {
        "Meta's Insecure Code Detector, as CyberSecEval uses it"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::C, Language::Java, Language::NodeJs, Language::Python]
    }

    fn programs(&self) -> &'static [HostProgram] {
        environment::PROGRAMS
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        Some(ENVIRONMENT.installation())
    }

    fn version(&self) -> String {
        let [semgrep, own] = ["semgrep", "codeshield"].map(|name| ENVIRONMENT.version(name));
        format!("{own}, with semgrep {semgrep}")
    }

    fn most(&self) -> usize {
        128
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        let report = bench.json(with_semgrep(script("detector.py").arg(FOLDER)), &[0])?;
        let list = |name: &str| {
            report[name].as_array().ok_or_else(|| misunderstood(&format!("no list {name:?}")))
        };
        for issue in list("issues")? {
            batch.alert(alert(issue))?;
        }
        for semgrep in list("semgrep")? {
            let endings = semgrep["endings"].as_array().into_iter().flatten();
            let endings: Vec<&str> = endings.filter_map(Value::as_str).collect();
            take(batch, &semgrep["report"], &endings)?;
        }
        Ok(())
    }
}

/// A match of one of its expressions.
fn alert(issue: &Value) -> Alert {
    let text = |name: &str| issue[name].as_str().unwrap_or_default().to_owned();
    Alert {
        rule: text("rule"),
        cwe: Cwe::all_in(&text("cwe")),
        file: text("file"),
        line: issue["line"].as_u64().and_then(|line| line.try_into().ok()),
        message: text("message"),
        severity: Some(text("severity")),
        confidence: None,
    }
}
