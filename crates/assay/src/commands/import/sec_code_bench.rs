//! `assay import sec-code-bench-results`: what SecCodeBench-V2 publishes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::score::Cells;
use serde_json::json;

use super::{Context, published};
use crate::cli::{Format, ScoringArgs};
use crate::exit::Exit;
use crate::import::{Comparison, Results, as_published};
use crate::report::RunData;
use crate::report::terminal::scorecard;
use crate::run::progress::Progress;
use crate::store::{RunInfo, Store};
use crate::terminal::{say, say_json, width};

pub(super) fn execute(
    context: &Context<'_>,
    path: &Path,
    release: Option<&str>,
    models: &[String],
    output: &Path,
) -> anyhow::Result<Exit> {
    let results = Results::read(path, release)?;
    if let Some(unknown) =
        models.iter().find(|name| results.models.iter().all(|it| it.name != **name))
    {
        let names: Vec<&str> = results.models.iter().map(|model| model.name.as_str()).collect();
        bail!("there are no results for {unknown:?}; there are results for {}", names.join(", "));
    }
    let chosen: Vec<usize> = (0..results.models.len())
        .filter(|place| models.is_empty() || models.contains(&results.models[*place].name))
        .collect();
    let human = context.global.format == Format::Human;
    let comparison = import(&results, &chosen, output, human)?;
    conclude(output, &comparison, context)
}

fn import(
    results: &Results,
    chosen: &[usize],
    output: &Path,
    human: bool,
) -> anyhow::Result<Comparison> {
    let scenarios = sec_code_bench_v2::BENCHMARK.scenarios.len();
    let mut info = info(results, chosen);
    info.planned = chosen.len() * results.cases.len() * scenarios * results.rounds();
    let mut store = Store::create(output, &info)?;
    let mut progress = Progress::start(info.planned, human);
    let (mut comparison, mut found) = (Comparison::default(), 0);
    for place in chosen {
        let mut cells = Vec::new();
        for case in &results.cases {
            let attempts = results.attempts(*place, case)?;
            store.record_all(&attempts)?;
            found += attempts.len();
            for attempt in &attempts {
                progress.advance(&attempt.outcome);
            }
            cells.push(as_published(&attempts, case));
        }
        let model = &results.models[*place];
        comparison.add(&model.name, &Cells::all(cells), &model.published);
    }
    progress.finish();
    // Not every model was asked everything.
    info.planned = found;
    store.amend(&info)?;
    Ok(comparison)
}

fn info(results: &Results, chosen: &[usize]) -> RunInfo {
    let subjects: Vec<String> =
        chosen.iter().map(|place| results.models[*place].name.clone()).collect();
    let dates: BTreeMap<&str, Option<&str>> = chosen
        .iter()
        .map(|place| &results.models[*place])
        .map(|model| (model.name.as_str(), model.date.as_deref()))
        .collect();
    let settings = json!({ "imported": results.source, "published": dates });
    published(results.source.clone(), subjects, results.cases.clone(), settings)
}

fn conclude(output: &Path, comparison: &Comparison, context: &Context<'_>) -> anyhow::Result<Exit> {
    let store = Store::open_to_read(output)?;
    let Comparison { reproduced, published, differing } = comparison;
    if context.global.format == Format::Human {
        let rules = context.config.scoring(ScoringArgs::default())?;
        say(&format!("\n{}", scorecard(&RunData::read(&store, &rules)?, width()).trim_end()))?;
        say(&format!("\nrun stored in {}", output.display()))?;
        for line in differing {
            say(&format!("differs: {line}"))?;
        }
        say(&format!("{reproduced} of {published} published scores reproduced"))?;
    } else {
        say_json(&json!({
            "schema": "assay.import/1",
            "run": output,
            "reproduced": reproduced,
            "published": published,
            "differing": differing,
        }))?;
    }
    Ok(if differing.is_empty() { Exit::Success } else { Exit::Negative })
}
