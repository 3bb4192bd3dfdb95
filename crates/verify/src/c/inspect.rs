//! Looks at what an artifact says and at what was built of it, before any of it runs.

use std::collections::BTreeSet;
use std::path::Path;

use assay_core::{Artifact, FileSet, InfraError};
use assay_sandbox::{File, Sandbox};

use super::guards::{self, Guarded};
use super::names::Names;
use super::object_symbols::Symbols;
use super::remark::{Remark, Remarks};
use super::{GCC, flags, objects, source, suites, units};
use crate::tested_case::TestedCase;
use crate::{build_limits, command, infra, read_prepared};

/// No source that people write is larger once it is preprocessed.
const MAX_PREPROCESSED_BYTES: u64 = 16 << 20;

/// What is known of an artifact before it runs.
pub(super) struct Inspected {
    pub(super) remarks: Remarks,
    /// The functions that are to be guarded.
    pub(super) unwatched: Guarded<'static>,
}

/// Every sign that an artifact is made to fool the grader, and what is only unusual.
/// `compiled` are the objects of the project, in the order of its units.
pub(super) fn inspect(
    sandbox: &mut Sandbox,
    prepared: &Path,
    case: &TestedCase<'_>,
    artifact: &Artifact,
    compiled: &[File],
) -> Result<Inspected, InfraError> {
    let mut findings = of_sources(sandbox, case, artifact)?;
    let mut project = BTreeSet::new();
    let mut concerned = BTreeSet::new();
    for object in compiled {
        let symbols = Symbols::of(&object.content);
        concerned.extend(symbols.undefined);
        project.extend(symbols.defined);
    }
    let concerns = |name: &str| concerned.contains(name) || project.contains(name);
    let names = read_prepared(&prepared.join(suites::NAMES))?;
    let names = Names::parse(&String::from_utf8_lossy(&names), concerns)?;
    for ((source, _), object) in units(case, artifact).iter().zip(compiled) {
        if artifact.files.keys().any(|path| path.as_str() == source) {
            findings.extend(objects::findings(source, &object.content, &project, &names));
        }
    }
    let mut unwatched = guards::unwatched();
    unwatched.retain(|name, _| concerned.contains(*name) && !project.contains(*name));
    Ok(Inspected { remarks: findings, unwatched })
}

fn of_sources(
    sandbox: &mut Sandbox,
    case: &TestedCase<'_>,
    artifact: &Artifact,
) -> Result<Remarks, InfraError> {
    let solutions = case.solutions.iter().map(|solution| &solution.files);
    let own: Vec<&FileSet> = std::iter::once(&case.template).chain(solutions).collect();
    let paths = case.template.keys().chain(artifact.files.keys());
    let project: BTreeSet<&str> = paths.map(assay_core::SafePath::as_str).collect();
    let texts: Vec<(&str, &str)> =
        artifact.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let mut findings = source::findings(texts.iter().copied(), &own, &project);
    if !texts.iter().any(|(_, text)| source::needs_preprocessing(text)) {
        return Ok(findings);
    }
    for (unit, _) in units(case, artifact) {
        let Some(preprocessed) = preprocess(sandbox, case, &unit)? else {
            let what = "is too large to be looked at once it is preprocessed";
            findings.add(Remark::offence(what), unit);
            continue;
        };
        let parts: Vec<(&str, String)> =
            texts.iter().map(|(path, _)| (*path, source::part_of(path, &preprocessed))).collect();
        let parts = parts.iter().map(|(path, text)| (*path, text.as_str()));
        findings.extend(source::findings(parts, &own, &project));
    }
    Ok(findings)
}

/// A source as the compiler sees it; `None` if it is larger than any is.
fn preprocess(
    sandbox: &mut Sandbox,
    case: &TestedCase<'_>,
    source: &str,
) -> Result<Option<String>, InfraError> {
    let place = "objects/preprocessed.i";
    let preprocess = command(case, GCC)
        .args(flags(&case.functional.runner).iter().copied())
        .args(["-Isrc", "-E", source, "-o", place])
        .limits(build_limits(case));
    let execution = sandbox.execute(&preprocess).map_err(|error| infra(&error))?;
    if !execution.exit.is_success() {
        return Ok(None);
    }
    match sandbox.read(place, MAX_PREPROCESSED_BYTES) {
        Err(assay_sandbox::SandboxError::TooLarge { .. }) => Ok(None),
        content => {
            let content = content.map_err(|error| infra(&error))?;
            Ok(content.map(|content| String::from_utf8_lossy(&content).into_owned()))
        }
    }
}
