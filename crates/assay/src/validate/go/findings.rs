//! Reads what the tool found in a build: signs of tampering in the artifact.

use std::collections::BTreeSet;

use assay_core::verdict::InfraClass;
use assay_core::{Artifact, Case, FileSet, Finding, InfraError};
use assay_sandbox::Captured;
use serde::Deserialize;

/// A line that the tool writes to the report channel. No code of the artifact has run
/// when it does.
#[derive(Deserialize)]
struct Line {
    what: String,
    place: String,
    /// A file that holds all of these does the same.
    signs: Option<Vec<String>>,
}

/// The findings, without what files of the case itself do as well.
pub(super) fn read(case: &Case, report: &Captured) -> Result<Vec<Finding>, InfraError> {
    let mut findings = Vec::new();
    for line in report.text().lines() {
        let line: Line = serde_json::from_str(line).map_err(|error| {
            let message = format!("failed to read what the build of Go reported: {error}");
            InfraError::new(InfraClass::Sandbox, message)
        })?;
        if !line.signs.is_some_and(|signs| does(case, &signs)) {
            findings.push(Finding::build(line.what, Some(line.place)));
        }
    }
    Ok(findings)
}

/// Whether a file of the template or of a solution holds all of these texts.
fn does(case: &Case, signs: &[String]) -> bool {
    let holds = |files: &FileSet| {
        files.values().any(|content| {
            let text = String::from_utf8_lossy(content);
            signs.iter().all(|sign| text.contains(sign))
        })
    };
    holds(&case.template) || case.solutions.iter().any(|solution| holds(&solution.files))
}

/// What the tool has to know of both suites to check an artifact once: its words that
/// are words of theirs, by which they may call it, and the names of their tests.
pub(super) fn known(case: &Case, artifact: &Artifact) -> (BTreeSet<String>, Vec<String>) {
    let suites = [&case.functional, &case.security];
    let mut theirs: BTreeSet<String> = suites
        .iter()
        .flat_map(|suite| suite.files.values())
        .flat_map(|content| words(&String::from_utf8_lossy(content)))
        .collect();
    let calls_main = |content: &Vec<u8>| {
        let text = String::from_utf8_lossy(content);
        ["\tmain(", " main("].iter().any(|call| text.contains(call))
    };
    // It is in the package clause of many.
    if !suites.iter().any(|suite| suite.files.values().any(calls_main)) {
        theirs.remove("main");
    }
    let ours: BTreeSet<String> = artifact.files.values().flat_map(|text| words(text)).collect();
    let tests = suites.iter().flat_map(|suite| &suite.expected).map(|test| test.name.clone());
    (ours.intersection(&theirs).cloned().collect(), tests.collect())
}

/// The words of a text that could be names.
fn words(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
