//! Semgrep, with the rules for it of Meta's Insecure Code Detector, and a few of Assay's.
//! Rules state weaknesses.

use assay_core::{Alert, Cwe, InfraError, Language};
use serde_json::Value;

use super::batch::{Batch, FOLDER, misunderstood};
use super::bench::{Bench, INSTALLED, command};
use super::environment;
use super::rules::{ENVIRONMENT, OWN, RULES, with_semgrep};
use super::tool::{HostProgram, Tool};
use crate::prepare::Fill;
use crate::toolchain::Needs;

/// The endings of what it is shown.
const ENDINGS: [&str; 8] = ["c", "h", "cpp", "hpp", "go", "java", "js", "py"];

/// The weakness of rules that state none, as the detector's own expression for the same says.
const WEAKNESSES: [(&str, u32); 1] = [("vulnerable-strcpy", 120)];

#[derive(Debug)]
pub(super) struct Semgrep;

impl Tool for Semgrep {
    fn name(&self) -> &'static str {
        "semgrep"
    }

    fn about(&self) -> &'static str {
        "Semgrep with the rules of codeshield and a few of Assay's"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::C, Language::Go, Language::Java, Language::NodeJs, Language::Python]
    }

    fn programs(&self) -> &'static [HostProgram] {
        environment::PROGRAMS
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        Some(ENVIRONMENT.installation())
    }

    fn version(&self) -> String {
        let [semgrep, rules] = ["semgrep", "codeshield"].map(|name| ENVIRONMENT.version(name));
        format!("{semgrep}, rules of codeshield {rules} and of Assay")
    }

    fn most(&self) -> usize {
        128
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        let rules = RULES.iter().map(|(name, _)| format!("rules/{name}"));
        let rules = rules.chain([OWN.0.to_owned()]);
        let configurations = rules.map(|name| format!("--config={INSTALLED}/{name}"));
        let semgrep = command(format!("{INSTALLED}/bin/osemgrep"))
            .args(["--experimental", "--json", "--quiet", "--metrics=off", "--no-git-ignore"])
            .args(["--disable-nosem", "--max-target-bytes=0", "--jobs=1", "--timeout=20"])
            .args(configurations)
            .arg(FOLDER);
        // It ends with 2 where it could not read a rule, and lists that among the errors.
        let report = bench.json(with_semgrep(semgrep), &[0, 2])?;
        take(batch, &report, &ENDINGS)
    }
}

/// Takes what Semgrep reports on files with these endings.
pub(super) fn take(
    batch: &mut Batch<'_>,
    report: &Value,
    endings: &[&str],
) -> Result<(), InfraError> {
    let list = |value: &Value, name: &str| match value.as_array() {
        Some(list) => Ok(list.clone()),
        None => Err(misunderstood(&format!("it has no list {name:?}"))),
    };
    let scanned = list(&report["paths"]["scanned"], "paths.scanned")?;
    for place in batch.places(None, endings) {
        let is_it = |scanned: &Value| scanned.as_str().is_some_and(|it| it.ends_with(&place));
        if !scanned.iter().any(is_it) {
            batch.gap(&place, None, "Semgrep left it out")?;
        }
    }
    for error in list(&report["errors"], "errors")? {
        // A rule that this version of Semgrep cannot read says nothing of any program.
        if error["type"] == "Rule parse error" {
            continue;
        }
        let message = error["message"].as_str().unwrap_or_default();
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = error["path"].as_str().or_else(|| error["location"]["path"].as_str());
        let place = place.ok_or_else(|| misunderstood(&format!("an error: {message}")))?;
        let line = error["spans"][0]["start"]["line"].as_u64();
        batch.gap(place, line, &message)?;
    }
    for result in list(&report["results"], "results")? {
        batch.alert(alert(&result))?;
    }
    Ok(())
}

fn alert(result: &Value) -> Alert {
    let extra = &result["extra"];
    let rule = result["check_id"].as_str().unwrap_or_default();
    // The place of the rules comes before the rule's name.
    let rule = rule.rsplit('.').next().unwrap_or(rule);
    let mut cwe = Cwe::all_in(extra["metadata"]["cwe_id"].as_str().unwrap_or_default());
    if cwe.is_empty() {
        cwe = Cwe::all_in(&extra["metadata"]["cwe"].to_string());
    }
    if cwe.is_empty() {
        let known = WEAKNESSES.iter().filter(|(name, _)| *name == rule);
        cwe.extend(known.map(|(_, cwe)| Cwe(*cwe)));
    }
    let message = extra["message"].as_str().unwrap_or_default();
    Alert {
        rule: rule.to_owned(),
        cwe,
        file: result["path"].as_str().unwrap_or_default().to_owned(),
        line: result["start"]["line"].as_u64().and_then(|line| line.try_into().ok()),
        message: message.split_whitespace().collect::<Vec<_>>().join(" "),
        severity: extra["severity"].as_str().map(str::to_lowercase),
        confidence: extra["metadata"]["confidence"].as_str().map(str::to_lowercase),
    }
}
