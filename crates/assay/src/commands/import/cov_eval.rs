//! `assay import cov-eval-results`: the answers that a checkout of CoV-Eval holds.

use std::path::Path;

use assay_core::score::Recognition;
use serde_json::{Value, json};

use super::{Context, published};
use crate::cli::{Format, ScoringArgs};
use crate::exit::Exit;
use crate::import::cov_eval::{Answerer, CovEvalResults, Figure, answerers, figures};
use crate::report::RunData;
use crate::report::quantity::counted;
use crate::report::terminal::scorecard;
use crate::store::Store;
use crate::terminal::{complain, say, say_json, table, width};

pub(super) fn execute(context: &Context<'_>, path: &Path, output: &Path) -> anyhow::Result<Exit> {
    let results = CovEvalResults::read(path)?;
    for warning in &results.checkout.warnings {
        complain(&format!("warning: {warning}"));
    }
    store(&results, output)?;
    let figures = figures(&results);
    let answerers = answerers(&results.checkout);
    if context.global.format == Format::Human {
        show(context, output, &figures, &answerers)?;
    } else {
        say_json(&describe(output, &figures, &answerers))?;
    }
    let all = figures.iter().all(Figure::is_reproduced);
    Ok(if all { Exit::Success } else { Exit::Negative })
}

/// Writes the run.
fn store(results: &CovEvalResults, output: &Path) -> anyhow::Result<()> {
    let source = "cov-eval".to_owned();
    let files: Vec<String> =
        results.files.iter().map(|file| file.path.display().to_string()).collect();
    let settings = json!({ "imported": source, "files": files });
    let mut info = published(source, results.subjects(), results.summaries(), settings);
    let mut store = Store::create(output, &info)?;
    for file in &results.files {
        let (attempts, strange) = results.attempts(file)?;
        if strange > 0 {
            complain(&format!(
                "warning: {}: left out: {} about programs that the checkout does not have",
                file.path.display(),
                counted(strange, "answer")
            ));
        }
        store.record_all(&attempts)?;
        info.planned += attempts.len();
    }
    Ok(store.amend(&info)?)
}

fn show(
    context: &Context<'_>,
    output: &Path,
    figures: &[Figure],
    answerers: &[Answerer],
) -> anyhow::Result<()> {
    let rules = context.config.scoring(ScoringArgs::default())?;
    let store = Store::open_to_read(output)?;
    say(scorecard(&RunData::read(&store, &rules)?, width()).trim_end())?;
    let rows: Vec<Vec<String>> = answerers.iter().flat_map(rows).collect();
    let titles = [
        "made-up answers",
        "read",
        "F1",
        "recall",
        "specificity",
        "balanced",
        "MCC",
        "types right",
        "weighted F1",
    ];
    say(&format!("\n{}", table(&titles, &rows).trim_end()))?;
    say(&format!("\nrun stored in {}", output.display()))?;
    for figure in figures.iter().filter(|figure| !figure.is_reproduced()) {
        say(&format!("differs: {figure}"))?;
    }
    say(&format!("{} of {} published figures reproduced", reproduced(figures), figures.len()))
}

fn reproduced(figures: &[Figure]) -> usize {
    figures.iter().filter(|figure| figure.is_reproduced()).count()
}

/// What an answerer comes to under each reading.
fn rows(answerer: &Answerer) -> Vec<Vec<String>> {
    let row = |reading: &str, recognition: &Recognition| {
        let percent = |share: Option<f64>| {
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.2}", share * 100.0))
        };
        let binary = recognition.binary();
        let mut row = vec![answerer.name.to_owned(), reading.to_owned()];
        row.extend([binary.f1(), binary.recall(), binary.specificity()].map(percent));
        row.push(percent(binary.balanced_accuracy()));
        row.push(binary.mcc().map_or_else(|| "-".to_owned(), |mcc| format!("{mcc:.4}")));
        row.push(format!("{} of {}", recognition.classified(), recognition.judged()));
        row.push(percent(recognition.weighted_f1()));
        row
    };
    vec![row("strictly", &answerer.strict), row("as published", &answerer.published)]
}

fn describe(output: &Path, figures: &[Figure], answerers: &[Answerer]) -> Value {
    let differing = figures.iter().filter(|it| !it.is_reproduced()).map(ToString::to_string);
    let answerers = answerers.iter().map(|answerer| {
        let numbers = |recognition: &Recognition| {
            let binary = recognition.binary();
            json!({
                "f1": binary.f1(),
                "recall": binary.recall(),
                "specificity": binary.specificity(),
                "balanced-accuracy": binary.balanced_accuracy(),
                "mcc": binary.mcc(),
                "types-right": recognition.classified(),
                "weighted-f1": recognition.weighted_f1(),
                "unread": recognition.unread(),
                "judged": recognition.judged(),
            })
        };
        let (strict, published) = (numbers(&answerer.strict), numbers(&answerer.published));
        json!({ "name": answerer.name, "strict": strict, "as-published": published })
    });
    json!({
        "schema": "assay.import/1",
        "run": output,
        "reproduced": reproduced(figures),
        "published": figures.len(),
        "differing": differing.collect::<Vec<_>>(),
        "answerers": answerers.collect::<Vec<_>>(),
    })
}
