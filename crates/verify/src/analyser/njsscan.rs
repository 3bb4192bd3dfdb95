//! njsscan, for Node.js. It states a weakness with each finding.

use assay_core::{Alert, Cwe, InfraError, Language};
use serde_json::Value;

use super::batch::{Batch, FOLDER, misunderstood};
use super::bench::Bench;
use super::environment::{self, module};
use super::rules::{ENVIRONMENT, with_semgrep};
use super::tool::{HostProgram, Tool};
use crate::prepare::Fill;
use crate::toolchain::Needs;

#[derive(Debug)]
pub(super) struct Njsscan;

impl Tool for Njsscan {
    fn name(&self) -> &'static str {
        "njsscan"
    }

    fn about(&self) -> &'static str {
        "njsscan, all its rules but those about controls that are missing"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::NodeJs]
    }

    fn programs(&self) -> &'static [HostProgram] {
        environment::PROGRAMS
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        Some(ENVIRONMENT.installation())
    }

    fn version(&self) -> String {
        let [semgrep, own] = ["semgrep", "njsscan"].map(|name| ENVIRONMENT.version(name));
        format!("{own}, with semgrep {semgrep}")
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        let njsscan = with_semgrep(module("njsscan").args(["--json", FOLDER]));
        // It ends with 1 where it has found something grave.
        let report = bench.json(njsscan, &[0, 1])?;
        let errors = report["errors"].as_array();
        for error in errors.ok_or_else(|| misunderstood("it has no list \"errors\""))? {
            let message = error["message"].as_str().or_else(|| error.as_str()).unwrap_or_default();
            let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
            let place = error["path"].as_str();
            let place = place.ok_or_else(|| misunderstood(&format!("an error: {message}")))?;
            batch.gap(place, error["spans"][0]["start"]["line"].as_u64(), &message)?;
        }
        let rules = report["nodejs"].as_object();
        for (rule, found) in rules.ok_or_else(|| misunderstood("it has no \"nodejs\""))? {
            for place in found["files"].as_array().into_iter().flatten() {
                batch.alert(alert(rule, &found["metadata"], place))?;
            }
        }
        Ok(())
    }
}

fn alert(rule: &str, metadata: &Value, place: &Value) -> Alert {
    let text = |name: &str| metadata[name].as_str().unwrap_or_default();
    Alert {
        rule: rule.to_owned(),
        cwe: Cwe::all_in(&text("cwe").to_uppercase()),
        file: place["file_path"].as_str().unwrap_or_default().to_owned(),
        line: place["match_lines"][0].as_u64().and_then(|line| line.try_into().ok()),
        message: text("description").to_owned(),
        severity: Some(text("severity").to_lowercase()),
        confidence: None,
    }
}
