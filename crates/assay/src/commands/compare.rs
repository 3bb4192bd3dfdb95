//! `assay compare`: how the scores of subjects differ, of two runs or of one.

mod page;
mod print;

use serde_json::json;

use super::Context;
use crate::cli::{CompareArgs, DetectArgs, Format};
use crate::exit::Exit;
use crate::report::{Comparison, Question, RunData, Wanted};
use crate::store::Store;
use crate::terminal::{clean, complain, say_json};

pub(super) fn execute(context: &Context<'_>, args: &CompareArgs) -> anyhow::Result<Exit> {
    let page = page::begin(args)?;
    let rules = context.config.scoring(args.scoring)?;
    let read = |path: &std::path::Path| -> anyhow::Result<RunData> {
        Ok(RunData::read(&Store::open_to_read(path)?, &rules)?)
    };
    let first = read(&args.first)?;
    let second = args.second.as_deref().map(read).transpose()?;
    let question = Question {
        baseline: args.baseline.as_deref(),
        with: &args.with,
        wanted: wanted(&args.detect),
    };
    let comparisons = match &second {
        Some(second) => Comparison::of_two(&first, second, &question)?,
        None => Comparison::of_one(&first, &question)?,
    };
    let failures = failures(args, &comparisons);
    let runs: Vec<&str> = [Some(&first), second.as_ref()]
        .into_iter()
        .flatten()
        .map(|run| run.info.id.as_str())
        .collect();
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.comparison/1",
            "runs": runs,
            "comparisons": comparisons,
            "failures": failures,
        }))?;
    } else {
        print::all(&comparisons, question.wanted.aim)?;
    }
    if let Some(page) = page {
        page::write(page, &comparisons, &runs)?;
    }
    for failure in &failures {
        complain(&clean(failure));
    }
    Ok(if failures.is_empty() { Exit::Success } else { Exit::Negative })
}

/// The difference that is to be found.
pub(super) fn wanted(args: &DetectArgs) -> Wanted {
    Wanted { points: args.detect.0, aim: args.aim() }
}

/// The conditions that hold, and those of which it cannot be seen.
fn failures(args: &CompareArgs, comparisons: &[Comparison]) -> Vec<String> {
    let mut failures = Vec::new();
    for comparison in comparisons {
        for condition in &args.fail_if {
            match comparison.change(condition.metric) {
                Some(change) if condition.holds(change) => failures.push(format!(
                    "{condition} holds for {}: it changed by {:+.2} points",
                    comparison.second,
                    change * 100.0
                )),
                Some(_) => {}
                // What cannot be seen to be well is not.
                None => failures.push(format!(
                    "{condition} cannot be decided for {}: the two do not both have this score",
                    comparison.second
                )),
            }
        }
    }
    failures
}
