//! `assay compare`: how the scores of one run differ from those of another.

use serde_json::json;

use super::Context;
use crate::cli::{CompareArgs, Format};
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::report::{Comparison, RunData};
use crate::store::Store;
use crate::terminal::{clean, complain, say, say_json, table};

pub(super) fn execute(context: &Context<'_>, args: &CompareArgs) -> anyhow::Result<Exit> {
    let rules = context.config.scoring(args.scoring)?;
    let read = |path: &std::path::Path| -> anyhow::Result<RunData> {
        Ok(RunData::read(&Store::open_to_read(path)?, &rules)?)
    };
    let (first, second) = (read(&args.first)?, read(&args.second)?);
    let named = (args.subject.as_deref(), args.with.as_deref());
    let comparisons = Comparison::of(&first, &second, named)?;
    let mut failures = Vec::new();
    for comparison in &comparisons {
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
                    "{condition} cannot be decided for {}: the runs do not both have this score",
                    comparison.second
                )),
            }
        }
    }
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.comparison/1",
            "runs": [first.info.id, second.info.id],
            "comparisons": comparisons,
            "failures": failures,
        }))?;
    } else {
        for comparison in &comparisons {
            print(comparison)?;
        }
    }
    for failure in &failures {
        complain(&clean(failure));
    }
    Ok(if failures.is_empty() { Exit::Success } else { Exit::Negative })
}

fn print(comparison: &Comparison) -> anyhow::Result<()> {
    let Comparison { first, second, cases, left_out, scores } = comparison;
    let names = match first == second {
        true => first.clone(),
        false => format!("{first} against {second}"),
    };
    let left_out = match left_out {
        0 => String::new(),
        count => format!(" ({count} that are not in both runs in the same version are left out)"),
    };
    say(&format!("{}: {}{left_out}", clean(&names), counted(*cases, "case")))?;
    let rows: Vec<Vec<String>> = scores
        .iter()
        .map(|score| {
            let change = score.change;
            vec![
                score.metric.to_string(),
                format!("{:.2}%", score.first * 100.0),
                format!("{:.2}%", score.second * 100.0),
                format!("{:+.2}", change.difference * 100.0),
                format!(
                    "{:+.2} to {:+.2}",
                    change.interval.low * 100.0,
                    change.interval.high * 100.0
                ),
                format!("{:.4}", change.p_value),
            ]
        })
        .collect();
    let heads = ["score", "first>", "second>", "change>", "95 %>", "p>"];
    say(&table(&heads, &rows))
}
