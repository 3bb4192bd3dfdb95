//! `assay evaluators correct`: security rates that a judge decided, corrected for the judge's
//! errors as a comparison measured them.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use assay_core::Verdict;
use assay_core::assessment::Assessment;
use assay_core::meant::did_you_mean;
use assay_core::score::{Accuracy, Corrected, EvaluatorScore, Resampling, Trials, corrected};
use serde::Deserialize as _;
use serde_json::json;

use crate::cli::{CorrectArgs, Format};
use crate::commands::Context;
use crate::config::read_certificate;
use crate::evaluators::Ledger;
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::settings::RunSettings;
use crate::store::Store;
use crate::terminal::{say, say_json, table};

/// What a judge said of a subject's code in a scenario.
type Said = BTreeMap<(String, String), Trials>;

/// How often the judge is right.
struct Measured {
    name: String,
    accuracy: Accuracy,
    sensitivity: Option<f64>,
    specificity: Option<f64>,
    programs: usize,
}

pub(super) fn execute(context: &Context<'_>, args: &CorrectArgs) -> anyhow::Result<Exit> {
    let compared = args.evaluator.as_deref().map(|evaluator| compared(args, evaluator));
    let compared = compared.transpose()?;
    let store = Store::open_to_read(&args.run)?;
    let measured = match compared {
        Some(compared) => compared,
        None => certified(args, &store)?,
    };
    let said = said(&store)?;
    if said.is_empty() {
        bail!("no code in {} was judged secure or insecure", args.run.display());
    }
    let rows: Vec<(&(String, String), Trials, Option<Corrected>)> = said
        .iter()
        .map(|(key, trials)| (key, *trials, corrected(*trials, measured.accuracy)))
        .collect();
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
            "evaluator": measured.name,
            "sensitivity": measured.sensitivity,
            "specificity": measured.specificity,
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
        measured.name,
        percent(measured.sensitivity),
        percent(measured.specificity),
        counted(measured.programs, "program")
    ))?;
    Ok(Exit::Success)
}

/// What a certificate says of the judge, that of the run where none is given.
fn certified(args: &CorrectArgs, store: &Store) -> anyhow::Result<Measured> {
    let certificate = match &args.certificate {
        Some(path) => read_certificate(path)?,
        None => {
            let info = store.info()?;
            let settings = RunSettings::deserialize(&info.settings)
                .with_context(|| format!("failed to read the settings of the run {}", info.id))?;
            let Some(cited) = settings.judge_certificate else {
                bail!(
                    "the run {} has no certificate of its judges; name what measured them with --certificate, or with --evaluator and --assessments",
                    info.id
                );
            };
            cited.certificate
        }
    };
    Ok(Measured {
        name: certificate.names(),
        accuracy: certificate.figures.confusion.accuracy(),
        sensitivity: certificate.figures.finds.value,
        specificity: certificate.figures.spares.value,
        programs: certificate.programs.count,
    })
}

fn compared(args: &CorrectArgs, evaluator: &str) -> anyhow::Result<Measured> {
    let assessments = Ledger::read(&args.assessments)?;
    let of_judge: Vec<&Assessment> =
        assessments.iter().filter(|it| it.evaluator == *evaluator).collect();
    if of_judge.is_empty() {
        let mut names: Vec<&str> = assessments.iter().map(|it| it.evaluator.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        bail!(
            "{} has no assessment by {:?}{}; there are those by {}",
            args.assessments.display(),
            evaluator,
            did_you_mean(evaluator, names.iter().copied()),
            names.join(", ")
        );
    }
    let score = EvaluatorScore::of(of_judge, Resampling::default());
    Ok(Measured {
        name: evaluator.to_owned(),
        accuracy: score.confusion.accuracy(),
        sensitivity: score.sensitivity,
        specificity: score.specificity,
        programs: score.programs,
    })
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
