//! Flawfinder, for C: a list of functions that are easily misused. It states weaknesses
//! with each finding, and parses nothing, so that it can tell of any text.

use assay_core::{Alert, InfraError, Language, sarif};

use super::batch::{Batch, FOLDER, misunderstood};
use super::bench::{Bench, Stream, command};
use super::tool::{HostProgram, Tool};
use crate::tools::version;

const PROGRAM: &str = "/usr/bin/flawfinder";
const VERSION: &[&str] = &[PROGRAM, "--version"];

#[derive(Debug)]
pub(super) struct Flawfinder;

impl Tool for Flawfinder {
    fn name(&self) -> &'static str {
        "flawfinder"
    }

    fn about(&self) -> &'static str {
        "Flawfinder, at every level of risk but 0"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::C]
    }

    fn programs(&self) -> &'static [HostProgram] {
        &[HostProgram { command: VERSION, package: "flawfinder" }]
    }

    fn version(&self) -> String {
        version(VERSION)
    }

    fn most(&self) -> usize {
        256
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        let flawfinder = command(PROGRAM).args(["--sarif", "--neverignore", FOLDER]);
        let report = bench.output(flawfinder, Stream::Output, &[0])?;
        let runs = sarif::read(&report.bytes).map_err(|error| misunderstood(&error.to_string()))?;
        let all = runs.into_iter().flat_map(|run| run.alerts);
        all.filter_map(graded).try_for_each(|alert| batch.alert(alert))
    }
}

/// The alert with its level of risk, from 1 to 5, which is a fifth of it in SARIF. Level 0
/// is there too, which Flawfinder leaves out of all that it shows to people.
fn graded(mut alert: Alert) -> Option<Alert> {
    let rank: f64 = alert.confidence.take()?.strip_prefix("rank ")?.parse().ok()?;
    let level = (rank * 5.0).round();
    alert.severity = Some(format!("level {level}"));
    (level > 0.0).then_some(alert)
}
