//! Reads what the tool found in a build: signs of tampering in the artifact.

use assay_core::verdict::InfraClass;
use assay_core::{Case, FileSet, Finding, InfraError};
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
