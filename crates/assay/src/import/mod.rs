//! Results that others have published, as runs of ours: those of SecCodeBench-V2 here, and
//! those of CoV-Eval in a room of their own.

mod checkout;
pub mod cov_eval;
mod outcomes;
mod published;

use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::record::CaseSummary;
use assay_core::score::{Cell, Cells};
use assay_core::{AttemptRecord, Outcome, Verdict};

use checkout::Checkout;
pub use published::{Comparison, PublishedScores};

/// Published results.
#[derive(Debug)]
pub struct Results {
    /// Where they are from, and their version.
    pub source: String,
    pub cases: Vec<CaseSummary>,
    pub models: Vec<Model>,
    records: Records,
}

/// One model's results.
#[derive(Debug)]
pub struct Model {
    pub name: String,
    pub published: PublishedScores,
    /// When they were made, as published.
    pub date: Option<String>,
}

/// Where the attempts are read from.
#[derive(Debug)]
enum Records {
    /// The letters of `outcomes.json`, by model.
    Letters(Vec<outcomes::Letters>),
    Checkout(Box<Checkout>),
}

impl Results {
    /// Reads a checkout of SecCodeBench-V2 (its `docs/json/v/<version>`, the newest one
    /// unless a version is named), or the file `outcomes.json` that sums one up.
    pub fn read(path: &Path, version: Option<&str>) -> anyhow::Result<Results> {
        if path.is_dir() {
            return checkout::read(path, version);
        }
        if version.is_some() {
            bail!("--release is for a checkout; {} is a file of one version", path.display());
        }
        outcomes::read(path).with_context(|| format!("failed to import {}", path.display()))
    }

    /// How many attempts there are, at most.
    pub fn rounds(&self) -> usize {
        match &self.records {
            Records::Letters(letters) => {
                letters.iter().map(outcomes::Letters::rounds).max().unwrap_or(0)
            }
            Records::Checkout(_) => checkout::ROUNDS,
        }
    }

    /// The attempts of one model at one case, by scenario and round.
    pub fn attempts(&self, model: usize, case: &CaseSummary) -> anyhow::Result<Vec<AttemptRecord>> {
        let name = &self.models[model].name;
        match &self.records {
            Records::Letters(letters) => letters[model].attempts(name, &case.id),
            Records::Checkout(checkout) => checkout.attempts(name, &case.id),
        }
    }
}

/// A failed query is not an answer, however it was scored.
fn failed(message: &str) -> Outcome {
    let class = if message.contains("429") {
        InfraClass::RateLimit
    } else if message.contains("timed out") {
        InfraClass::Timeout
    } else if message.contains("Connection error") {
        InfraClass::Connection
    } else {
        InfraClass::Server
    };
    Outcome::Errored(InfraError::new(class, message))
}

/// Successes as they were published: a query that failed counts as a failure.
pub fn as_published(attempts: &[AttemptRecord], case: &CaseSummary) -> Cells {
    let mut cells: Vec<Cell> = Vec::new();
    for attempt in attempts {
        let scenario = attempt.key.scenario;
        let place = cells.iter().position(|cell| cell.scenario == scenario).unwrap_or_else(|| {
            cells.push(Cell {
                case: case.id.clone(),
                language: case.language,
                severity: case.severity,
                scenario,
                successes: 0,
                judged: 0,
            });
            cells.len() - 1
        });
        cells[place].judged += 1;
        cells[place].successes +=
            usize::from(attempt.outcome.verdict().is_some_and(Verdict::is_secure));
    }
    Cells::new(cells)
}
