//! `assay attempts`: lists the attempts of stored runs, or those that a filter leaves.

use std::path::Path;

use assay_core::{Outcome, Verdict};
use serde_json::{Value, json};

use super::Context;
use crate::cli::{AttemptsArgs, Format};
use crate::exit::Exit;
use crate::export::Source;
use crate::report::quantity::{counted, duration};
use crate::report::work;
use crate::store::AttemptSummary;
use crate::terminal::{Tone, say, say_json, say_table};
use crate::timeline::AgentWork;

/// The columns for people.
const TITLES: [&str; 9] = [
    "finished?",
    "subject",
    "case",
    "scenario",
    "round>",
    "outcome",
    "end?",
    "took>?",
    "first failure",
];

/// The most characters of a failure in a table.
const LONGEST: usize = 80;

pub(super) fn execute(context: &Context<'_>, args: &AttemptsArgs) -> anyhow::Result<Exit> {
    let mut rows = Vec::new();
    let mut list = Vec::new();
    let mut all = 0;
    for path in &args.runs {
        let mut source = Source::open(path, &args.subjects)?;
        all += source.count();
        source.retain(&args.filter);
        let works = match context.global.format {
            Format::Json => work::all(source.store())?,
            _ => work::Works::new(),
        };
        for attempt in source.summaries() {
            match context.global.format {
                Format::Json => list.push(to_json(path, attempt, works.get(&attempt.id))?),
                _ => rows.push(row(attempt)),
            }
        }
    }
    if context.global.format == Format::Json {
        say_json(&json!({ "schema": "assay.attempt-list/1", "of": all, "attempts": list }))?;
        return Ok(Exit::Success);
    }
    if !rows.is_empty() {
        say_table(&TITLES, &rows, tone)?;
    }
    say(&format!("{} of {all}", counted(rows.len(), "attempt")))?;
    Ok(Exit::Success)
}

/// Verdicts are what is looked for.
fn tone(title: &str, cell: &str) -> Tone {
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == cell);
    match (title, verdict) {
        ("outcome", Some(verdict)) => Tone::of_verdict(verdict),
        ("finished" | "end" | "took", _) => Tone::Faint,
        _ => Tone::Plain,
    }
}

fn row(attempt: &AttemptSummary) -> Vec<String> {
    let outcome = match &attempt.outcome {
        Outcome::Judged(judgement) => judgement.to_string(),
        Outcome::Errored(error) => error.class.to_string(),
    };
    let failure = attempt.first_failure.as_deref().unwrap_or("–");
    vec![
        attempt.finished_at.clone(),
        attempt.key.subject.clone(),
        attempt.key.case.clone(),
        attempt.key.scenario.to_string(),
        attempt.key.round.to_string(),
        outcome,
        attempt.end().to_string(),
        duration(attempt.asked_ms.saturating_add(attempt.validated_ms)),
        failure.lines().next().unwrap_or_default().chars().take(LONGEST).collect(),
    ]
}

fn to_json(
    run: &Path,
    attempt: &AttemptSummary,
    work: Option<&AgentWork>,
) -> anyhow::Result<Value> {
    let error = match &attempt.outcome {
        Outcome::Judged(_) => None,
        Outcome::Errored(error) => Some(serde_json::to_value(error)?),
    };
    Ok(json!({
        "run": run,
        "attempt": attempt.key,
        "finished-at": attempt.finished_at,
        "verdict": attempt.outcome.verdict(),
        "judgement": attempt.outcome.judgement(),
        "error": error,
        "end": attempt.end().as_str(),
        "finish": attempt.finish,
        "turns": attempt.turns,
        "first-failure": attempt.first_failure,
        "asked-ms": attempt.asked_ms,
        "validated-ms": attempt.validated_ms,
        "work": work,
    }))
}
