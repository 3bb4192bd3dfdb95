//! `assay import`: makes a stored run of results that others have published.

mod cov_eval;
mod sec_code_bench;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use assay_core::Locale;
use assay_core::record::CaseSummary;
use serde_json::Value;

use super::Context;
use crate::cli::{ImportArgs, ImportCommand};
use crate::exit::Exit;
use crate::store::{RunInfo, Store};

pub(super) fn execute(context: &Context<'_>, args: &ImportArgs) -> anyhow::Result<Exit> {
    match &args.what {
        ImportCommand::SecCodeBenchResults { path, release, models, output } => {
            let output = place(output.as_deref(), "sec-code-bench-published.assay")?;
            sec_code_bench::execute(context, path, release.as_deref(), models, &output)
        }
        ImportCommand::CovEvalResults { path, output } => {
            let output = place(output.as_deref(), "cov-eval-published.assay")?;
            cov_eval::execute(context, path, &output)
        }
    }
}

/// Where the run is written, which must be free.
fn place(output: Option<&Path>, default: &str) -> anyhow::Result<PathBuf> {
    let default = || Path::new("assay-runs").join(default);
    let output = output.map_or_else(default, Path::to_owned);
    Store::check_place(&output)?;
    Ok(output)
}

/// What a run says of itself that was made of published results.
fn published(
    source: String,
    subjects: Vec<String>,
    cases: Vec<CaseSummary>,
    settings: Value,
) -> RunInfo {
    let started_at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    RunInfo {
        id: started_at.replace([':', '-'], "").trim_end_matches('Z').to_owned(),
        label: None,
        started_at,
        assay_version: env!("CARGO_PKG_VERSION").to_owned(),
        corpus: source,
        corpus_digest: String::new(),
        locale: Locale::EnUs,
        settings,
        subjects,
        planned: 0,
        tools: BTreeMap::new(),
        supported_tools: BTreeMap::new(),
        cases,
        left_out: Vec::new(),
        derived_from: None,
    }
}
