//! `assay prepare`: installs what cases need, so that runs need no network.

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_verify::{Installation, Step, lack, missing_commands, tools};
use serde_json::json;

use super::{Context, select};
use crate::cli::{Format, PrepareArgs};
use crate::exit::Exit;
use crate::terminal::{complain, say, say_json};

pub(super) fn execute(context: &Context<'_>, args: &PrepareArgs) -> anyhow::Result<Exit> {
    if args.prune {
        return prune(context);
    }
    let corpus = context.corpus()?;
    let cases = select(&corpus, &args.filter)?;
    let missing: Vec<String> = assay_verify::versions(cases.iter().map(|case| case.language))
        .into_iter()
        .filter(|(_, version)| version == tools::MISSING)
        .map(|(name, _)| name)
        .collect();
    if !missing.is_empty() {
        bail!("not installed: {}; {}", missing.join(", "), tools::REMEDY);
    }
    let lacking: Vec<String> = cases
        .iter()
        .map(|case| (case, missing_commands(case)))
        .filter(|(_, missing)| !missing.is_empty())
        .map(|(case, missing)| lack(case, &missing))
        .collect();
    if !lacking.is_empty() {
        bail!("{}", lacking.join("\n"));
    }
    let validator = context.validator()?;
    validator.register(&context.config.corpus(context.global).absolute()?.to_string())?;
    let human = context.global.format == Format::Human;
    let mut done = Vec::new();
    let mut tell = |installation: &Installation<'_>| {
        if human {
            complain(&line(installation));
        }
        let Installation { language, summary, cases, .. } = installation;
        match installation.step {
            Step::Installing => {}
            Step::Ready { fresh } => done.push(json!({
                "language": language, "needs": summary, "cases": cases,
                "ready": true, "fresh": fresh,
            })),
            Step::Failed { message } => done.push(json!({
                "language": language, "needs": summary, "cases": cases,
                "ready": false, "message": message,
            })),
        }
    };
    let failures = validator.prepare(&cases, &mut tell)?;
    if human {
        let total = done.len();
        say(&format!(
            "{} of {total} installations ready, for {} of {} cases",
            total - failures,
            cases.len() - failed_cases(&done),
            cases.len()
        ))?;
    } else {
        say_json(&json!({
            "schema": "assay.prepare/2", "installations": done,
        }))?;
    }
    Ok(if failures == 0 { Exit::Success } else { Exit::Failure })
}

/// Removes what no corpus needs that was ever prepared here and still exists.
fn prune(context: &Context<'_>) -> anyhow::Result<Exit> {
    let validator = context.validator()?;
    let (mut kept, mut gone, mut cases) = (Vec::new(), Vec::new(), Vec::new());
    for name in validator.corpora()? {
        let source = CorpusSource::parse(&name);
        if source.path().exists() {
            let corpus = source.load().with_context(|| {
                format!(
                    "failed to read the corpus {name}, so nothing was removed; fix or delete it"
                )
            })?;
            cases.extend(corpus.cases);
            kept.push(name);
        } else {
            validator.forget(&name)?;
            gone.push(name);
        }
    }
    let pruned = validator.prune(&cases)?;
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.prune/1", "kept-corpora": kept, "gone-corpora": gone,
            "folders": pruned.folders, "bytes": pruned.bytes,
        }))?;
    } else {
        for name in &kept {
            say(&format!("kept what {name} needs"))?;
        }
        for name in &gone {
            say(&format!("forgot {name}, which no longer exists"))?;
        }
        let megabytes = pruned.bytes / 1_000_000;
        say(&format!("removed {} folders, {megabytes} MB", pruned.folders))?;
    }
    Ok(Exit::Success)
}

/// A step, as people read it.
fn line(installation: &Installation<'_>) -> String {
    let Installation { number, total, language, summary, cases, step } = installation;
    let cases = cases.join(", ");
    let what = match step {
        Step::Installing => format!("installing {summary} (for {cases})"),
        Step::Ready { fresh: true } => "installed".to_owned(),
        Step::Ready { fresh: false } => format!("there already: {summary}"),
        Step::Failed { message } => {
            format!("failed: {summary}; cannot be validated: {cases}: {message}")
        }
    };
    format!("[{number}/{total}] {}: {what}", language.title())
}

fn failed_cases(done: &[serde_json::Value]) -> usize {
    let failed = done.iter().filter(|one| one["ready"] == false);
    failed.filter_map(|one| one["cases"].as_array()).map(Vec::len).sum()
}
