//! `assay evaluators correct`: security rates that a judge decided, corrected for the judge's
//! errors as a comparison measured them.

use std::collections::BTreeMap;

use anyhow::bail;
use assay_core::Verdict;
use assay_core::assessment::Assessment;
use assay_core::meant::did_you_mean;
use assay_core::score::{Corrected, EvaluatorScore, Resampling, Trials, corrected};
use serde_json::json;

use crate::cli::{CorrectArgs, Format};
use crate::commands::Context;
use crate::evaluators::Ledger;
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::store::Store;
use crate::terminal::{say, say_json, table};

/// What a judge said of a subject's code in a scenario.
type Said = BTreeMap<(String, String), Trials>;

pub(super) fn execute(context: &Context<'_>, args: &CorrectArgs) -> anyhow::Result<Exit> {
    let assessments = Ledger::read(&args.assessments)?;
    let of_judge: Vec<&Assessment> =
        assessments.iter().filter(|it| it.evaluator == args.evaluator).collect();
    if of_judge.is_empty() {
        let mut names: Vec<&str> = assessments.iter().map(|it| it.evaluator.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        bail!(
            "{} has no assessment by {:?}{}; there are those by {}",
            args.assessments.display(),
            args.evaluator,
            did_you_mean(&args.evaluator, names.iter().copied()),
            names.join(", ")
        );
    }
    let score = EvaluatorScore::of(of_judge, Resampling::default());
    let accuracy = score.confusion.accuracy();
    let said = said(&Store::open_to_read(&args.run)?)?;
    if said.is_empty() {
        bail!("no code in {} was judged secure or insecure", args.run.display());
    }
    let rows: Vec<(&(String, String), Trials, Option<Corrected>)> =
        said.iter().map(|(key, trials)| (key, *trials, corrected(*trials, accuracy))).collect();
    if context.global.format == Format::Json {
        let rows: Vec<_> = rows
            .iter()
            .map(|((subject, scenario), trials, corrected)| {
                json!({
                    "subject": subject,
                    "scenario": scenario,
                    "judged": trials.trials,
                    "insecure": trials.successes,
                    "security-rate": corrected.map(|it| 1.0 - it.vulnerable),
                    "interval": corrected.map(|it| {
                        json!({ "low": 1.0 - it.interval.high, "high": 1.0 - it.interval.low })
                    }),
                })
            })
            .collect();
        say_json(&json!({
            "schema": "assay.corrected/1",
            "evaluator": args.evaluator,
            "sensitivity": score.sensitivity,
            "specificity": score.specificity,
            "rates": rows,
        }))?;
        return Ok(Exit::Success);
    }
    let titles = ["subject", "scenario", "judged", "as judged", "corrected", "95 %"];
    let rows: Vec<Vec<String>> = rows.into_iter().map(row).collect();
    say(table(&titles, &rows).trim_end())?;
    let percent =
        |it: Option<f64>| it.map_or_else(|| "–".to_owned(), |it| format!("{:.1} %", it * 100.0));
    say(&format!(
        "\n{} finds {} of what is vulnerable and spares {} of what is not ({}); corrected as by Rogan and Gladen, with the interval of Lang and Reiczigel",
        args.evaluator,
        percent(score.sensitivity),
        percent(score.specificity),
        counted(score.programs, "program")
    ))?;
    Ok(Exit::Success)
}

/// How much code was judged insecure, of how much that was judged secure or insecure.
fn said(store: &Store) -> anyhow::Result<Said> {
    let mut said = Said::new();
    for attempt in store.attempts()? {
        let insecure = match attempt.outcome.verdict() {
            Some(Verdict::Insecure) => true,
            Some(Verdict::Secure) => false,
            _ => continue,
        };
        let key = (attempt.key.subject.clone(), attempt.key.scenario.to_string());
        let trials = said.entry(key).or_insert(Trials { successes: 0, trials: 0 });
        trials.trials += 1;
        trials.successes += usize::from(insecure);
    }
    Ok(said)
}

fn row(
    ((subject, scenario), trials, corrected): (&(String, String), Trials, Option<Corrected>),
) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "attempts are few")]
    let judged = 1.0 - trials.successes as f64 / trials.trials as f64;
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let none = || "no better than chance".to_owned();
    vec![
        subject.clone(),
        scenario.clone(),
        trials.trials.to_string(),
        percent(judged),
        corrected.map_or_else(none, |it| percent(1.0 - it.vulnerable)),
        corrected.map_or_else(String::new, |it| {
            format!("{}–{}", percent(1.0 - it.interval.high), percent(1.0 - it.interval.low))
        }),
    ]
}
