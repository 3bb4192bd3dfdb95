//! Logs of Inspect, version 2 of its JSON: one for each subject, whose samples are
//! the attempts and whose epochs are the rounds.

mod sample;

use std::collections::BTreeSet;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use assay_core::files::sha256;
use assay_core::{Benchmark, Tokens, Verdict};
use serde_json::{Map, Value, json};

use super::json_stream::JsonStream;
use super::{ExportError, Source, Watch};
use crate::store::AttemptSummary;

/// The task's name, in every log.
const TASK: &str = "assay";

/// The version of Inspect whose format this is.
const VERSION: u32 = 2;

/// The name of a subject's log, as Inspect names its logs: its viewer lists no others.
pub(super) fn file_name(source: &Source, subject: &str) -> String {
    let time = started_at(source).replace(':', "-").replace('Z', "+00-00");
    format!("{time}_{TASK}_{}.json", id(&[&source.info().id, subject]))
}

/// Writes the log of one subject.
pub(super) fn write(
    source: &Source,
    subject: &str,
    mut out: impl Write,
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let attempts: Vec<&AttemptSummary> = source.summaries_of(subject).collect();
    let mut log = JsonStream::new(&mut out);
    log.open_object()?;
    log.member("version", &VERSION)?;
    let is_finished = source.is_finished();
    log.member("status", &if is_finished { "success" } else { "started" })?;
    log.member("eval", &spec(source, subject, &attempts))?;
    log.member("plan", &json!({ "name": "assay run", "steps": [] }))?;
    log.member("results", &results(&attempts))?;
    let mut stats = stats(source, subject, &attempts);
    if let Some(time) = source.last_finished_at(subject)? {
        stats["completed_at"] = time.into();
    }
    log.member("stats", &stats)?;
    log.open_list("samples")?;
    for attempt in attempts {
        let exported = source.attempt(attempt)?;
        log.item(&sample::sample(&exported, attempt.first_failure.as_deref()))?;
        watch(&attempt.outcome);
    }
    log.close()?;
    log.close()?;
    Ok(out.flush()?)
}

/// The run's start; the epoch if the stored text is not a time.
fn started_at(source: &Source) -> String {
    let text = &source.info().started_at;
    let time = humantime::parse_rfc3339(text).unwrap_or(UNIX_EPOCH);
    let latest = UNIX_EPOCH + std::time::Duration::from_secs(253_402_300_799);
    let time: SystemTime = time.min(latest);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// An identifier of what has these names, the same in every export.
fn id(names: &[&str]) -> String {
    sha256(names.join("\n").as_bytes())[..22].to_owned()
}

fn spec(source: &Source, subject: &str, attempts: &[&AttemptSummary]) -> Value {
    let info = source.info();
    let tasks: BTreeSet<String> = attempts.iter().map(|attempt| task(attempt)).collect();
    let rounds = attempts.iter().map(|attempt| attempt.key.round).max().unwrap_or(1);
    let scorers = ["secure", "functional", "verdict"].into_iter();
    let scorers = scorers.filter(|name| *name != "secure" || ask_for_security(attempts));
    let scorers: Vec<Value> = scorers.map(|name| json!({ "name": name })).collect();
    json!({
        "eval_id": id(&[&info.id, subject]),
        "run_id": id(&[&info.id]),
        "created": started_at(source),
        "task": TASK,
        "task_id": id(&[&info.id, subject]),
        "task_version": 1,
        "dataset": {
            "name": info.corpus,
            "samples": tasks.len(),
            "sample_ids": tasks,
            "shuffled": false,
        },
        "model": subject,
        "config": { "epochs": rounds },
        "packages": {},
        "metadata": {
            "assay-version": info.assay_version,
            "run": info.id,
            "corpus-digest": info.corpus_digest,
            "locale": info.locale.as_str(),
            "settings": info.settings,
            "tools": info.tools,
        },
        "scorers": scorers,
    })
}

/// What is attempted in each round: a sample, in Inspect's terms.
fn task(attempt: &AttemptSummary) -> String {
    format!("{}/{}", attempt.key.case, attempt.key.scenario)
}

fn results(attempts: &[&AttemptSummary]) -> Value {
    let verdicts: Vec<Verdict> =
        attempts.iter().filter_map(|attempt| attempt.outcome.verdict()).collect();
    let score = |name: &str, metrics: Vec<(&str, Option<f64>)>| {
        let metrics: Map<String, Value> = metrics
            .into_iter()
            .filter_map(|(name, value)| {
                Some((name.to_owned(), json!({ "name": name, "value": value? })))
            })
            .collect();
        json!({
            "name": name,
            "scorer": name,
            "scored_samples": verdicts.len(),
            "unscored_samples": attempts.len() - verdicts.len(),
            "metrics": metrics,
        })
    };
    let share = |property: fn(Verdict) -> bool| share(&verdicts, property);
    let counts = verdicts_of(attempts).into_iter().map(|verdict| {
        let count = verdicts.iter().filter(|it| **it == verdict).count();
        #[expect(clippy::cast_precision_loss, reason = "far below the limit")]
        let count = count as f64;
        (verdict.as_str(), Some(count))
    });
    let counts = counts.collect();
    let secure = score("secure", vec![("accuracy", share(Verdict::is_secure))]);
    let functional = score("functional", vec![("accuracy", share(Verdict::is_functional))]);
    let secure = ask_for_security(attempts).then_some(secure);
    let scores = secure.into_iter().chain([functional, score("verdict", counts)]);
    json!({
        "total_samples": attempts.len(),
        "completed_samples": verdicts.len(),
        "scores": scores.collect::<Vec<_>>(),
    })
}

/// Whether attempts are asked to be secure.
fn ask_for_security(attempts: &[&AttemptSummary]) -> bool {
    verdicts_of(attempts).contains(&Verdict::Secure)
}

/// The verdicts that attempts can have.
fn verdicts_of(attempts: &[&AttemptSummary]) -> Vec<Verdict> {
    Benchmark::verdicts(attempts.iter().map(|attempt| attempt.key.scenario))
}

#[expect(clippy::cast_precision_loss, reason = "far below the limit")]
fn share(verdicts: &[Verdict], property: fn(Verdict) -> bool) -> Option<f64> {
    let count = verdicts.iter().filter(|verdict| property(**verdict)).count();
    (!verdicts.is_empty()).then(|| count as f64 / verdicts.len() as f64)
}

fn stats(source: &Source, subject: &str, attempts: &[&AttemptSummary]) -> Value {
    let mut tokens = Tokens::default();
    for attempt in attempts {
        tokens += attempt.tokens;
    }
    json!({
        "started_at": started_at(source),
        "model_usage": { subject: usage(tokens) },
    })
}

/// Tokens as Inspect counts them: its input leaves cached ones out.
fn usage(tokens: Tokens) -> Value {
    json!({
        "input_tokens": tokens.input.saturating_sub(tokens.cached),
        "input_tokens_cache_read": tokens.cached,
        "output_tokens": tokens.output,
        "reasoning_tokens": tokens.reasoning,
        "total_tokens": tokens.input.saturating_add(tokens.output),
    })
}
