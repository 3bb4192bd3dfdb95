//! Reads what the tool reports of a build: signs of tampering in the artifact, what is
//! unusual about it, and the names that were drawn for the tests.

use std::collections::BTreeSet;

use assay_core::infra_error::InfraClass;
use assay_core::{Artifact, FileSet, Finding, InfraError};
use assay_sandbox::Captured;
use serde::Deserialize;

use super::blind::Blind;
use crate::tested_case::TestedCase;

/// A line that the tool writes to the report channel: what was drawn, or something that
/// was found. No code of the artifact has run when it does.
#[derive(Deserialize)]
struct Line {
    /// The later one holds all of the earlier.
    blind: Option<Blind>,
    #[serde(default)]
    what: String,
    place: Option<String>,
    /// A file that holds all of these does the same.
    signs: Option<Vec<String>>,
    /// Whether it is only unusual.
    #[serde(default)]
    note: bool,
}

/// What was seen of an artifact while it was built.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<Finding>,
    pub(super) blind: Blind,
}

/// What was seen, without what files of the case itself do as well.
pub(super) fn read(case: &TestedCase<'_>, report: &Captured) -> Result<Seen, InfraError> {
    let mut seen = Seen::default();
    for line in report.text().lines() {
        let line: Line = serde_json::from_str(line).map_err(|error| {
            let message = format!("failed to read what the build of Go reported: {error}");
            InfraError::new(InfraClass::Sandbox, message)
        })?;
        if let Some(blind) = line.blind {
            seen.blind = blind;
        } else if line.note {
            seen.notes.push(Finding::build(line.what, line.place));
        } else if !line.signs.is_some_and(|signs| does(case, &signs)) {
            seen.findings.push(Finding::build(line.what, line.place));
        }
    }
    Ok(seen)
}

/// Whether a file of the template or of a solution holds all of these texts.
fn does(case: &TestedCase<'_>, signs: &[String]) -> bool {
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
pub(super) fn known(case: &TestedCase<'_>, artifact: &Artifact) -> (BTreeSet<String>, Vec<String>) {
    let suites = case.both().map(|(_, suite)| suite);
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
