//! A comparison for people.

use assay_core::score::Aim;

use crate::report::quantity::{counted, percent, points, points_between};
use crate::report::{Comparison, Power};
use crate::terminal::{clean, say, table};

pub(super) fn all(comparisons: &[Comparison], aim: Aim) -> anyhow::Result<()> {
    let has_several = comparisons.len() > 1;
    for comparison in comparisons {
        one(comparison, has_several)?;
    }
    if comparisons.iter().any(|it| !it.power.is_empty()) {
        say(&Power::aim(aim))?;
    }
    Ok(())
}

fn one(comparison: &Comparison, has_several: bool) -> anyhow::Result<()> {
    let pairing = &comparison.pairing;
    let left_out = match comparison.left_out {
        0 => String::new(),
        count => format!(" ({count} that are not in both runs in the same version are left out)"),
    };
    say(&format!(
        "{}: {}{left_out}, {} paired",
        clean(&comparison.names()),
        counted(comparison.cases, "case"),
        counted(pairing.tasks, "task"),
    ))?;
    for (which, name, side) in [
        ("first", &comparison.first, &pairing.first),
        ("second", &comparison.second, &pairing.second),
    ] {
        let counts = counted(side.attempts, "attempt");
        let left_out = side.left_out().map_or_else(String::new, |it| format!("; left out: {it}"));
        say(&format!("  {which}, {}: {counts}{left_out}", clean(name)))?;
    }
    for warning in &comparison.warnings {
        say(&format!("warning: {}", clean(warning)))?;
    }
    say("")?;
    say(&scores(comparison, has_several))?;
    if !comparison.differing.is_empty() {
        say(&format!("Compare with care: the two differ in\n{}", differing(comparison)))?;
    }
    if comparison.effort.iter().any(|effort| !effort.is_nothing()) {
        say(&effort(comparison))?;
    }
    for power in &comparison.power {
        say(&format!("{}.", power.sentence()))?;
    }
    say("")
}

fn scores(comparison: &Comparison, has_several: bool) -> String {
    let row = |score: &crate::report::Compared| {
        let mut row = vec![
            score.metric.to_string(),
            percent(Some(score.first)),
            percent(Some(score.second)),
            points(score.change.difference),
            points_between(score.change.interval),
            format!("{:.4}", score.change.p_value),
        ];
        if has_several {
            row.push(format!("{:.4}", score.adjusted_p_value));
        }
        row
    };
    let rows: Vec<Vec<String>> = comparison.scores.iter().map(row).collect();
    let heads = ["score", "first>", "second>", "change>", "95 %>", "p>", "adjusted p>"];
    table(if has_several { &heads } else { &heads[..6] }, &rows)
}

fn differing(comparison: &Comparison) -> String {
    let rows: Vec<Vec<String>> = comparison
        .differing
        .iter()
        .map(|it| vec![clean(&it.setting), clean(&it.first), clean(&it.second)])
        .collect();
    table(&["setting", "first", "second"], &rows)
}

/// What each of them took, in all and for one attempt.
fn effort(comparison: &Comparison) -> String {
    let [first, second] = &comparison.effort;
    let pairs = first.lines().into_iter().zip(second.lines());
    let rows: Vec<Vec<String>> = pairs
        .map(|((name, total, each), (_, other_total, other_each))| {
            vec![name.to_owned(), total, other_total, each, other_each]
        })
        .collect();
    table(&["took", "first>", "second>", "first, an attempt>", "second, an attempt>"], &rows)
}
