//! The columns of a table of attempts.

use assay_core::infra_error::InfraError;
use assay_core::{AttemptRecord, Outcome, TokenUsage, Turn, Verdict};

use super::column::{Cell, Column, Row, amount, count, text, truth};
use super::usage::{cost, estimated_cost, estimated_tokens, judging, tokens};

/// Changes whenever a column changes its meaning or goes away.
pub(super) const SCHEMA: &str = "assay.attempts/1";

pub(super) const COLUMNS: &[Column] = &[
    text("verdict", |row| row.record().outcome.verdict().map(Verdict::as_str).into()),
    truth("functional", |row| verdict_is(&row.record().outcome, Verdict::is_functional)),
    truth("secure", |row| {
        let is_asked = row.record().key.scenario.benchmark().asks_for_security();
        let verdict = row.record().outcome.verdict().filter(|_| is_asked);
        verdict.map(Verdict::is_secure).into()
    }),
    text("error_class", |row| error(row.record()).map(class).into()),
    text("error", |row| error(row.record()).map(|error| error.message.as_str()).into()),
    text("first_failure", |row| row.of_turn(|turn| turn.evidence.first_failure())),
    text("first_verdict", |row| {
        let first = row.record().turns.first();
        first.and_then(|turn| turn.evidence.verdict()).map(Verdict::as_str).into()
    }),
    text("other_reading_verdict", |row| {
        let other = row.record().other_outcome();
        other.and_then(|outcome| outcome.verdict()).map(Verdict::as_str).into()
    }),
    text("end", |row| row.record().end().as_str().into()),
    text("context_full", |row| row.record().context_full.as_deref().into()),
    text("finished_at", |row| row.attempt.finished_at.into()),
    count("turns", |row| row.record().turns.len().into()),
    count("input_tokens", |row| tokens(asking(row), |tokens| tokens.input)),
    count("cached_tokens", |row| tokens(asking(row), |tokens| tokens.cached)),
    count("output_tokens", |row| tokens(asking(row), |tokens| tokens.output)),
    count("reasoning_tokens", |row| tokens(asking(row), |tokens| tokens.reasoning)),
    amount("cost", |row| cost(asking(row))),
    count("estimated_tokens", |row| estimated_tokens(asking(row))),
    amount("estimated_cost", |row| estimated_cost(asking(row))),
    count("requests", |row| sum(row.record(), |turn| turn.usage.requests.into())),
    count("judge_input_tokens", |row| tokens(judging(&row.record().turns), |tokens| tokens.input)),
    count("judge_output_tokens", |row| {
        tokens(judging(&row.record().turns), |tokens| tokens.output)
    }),
    amount("judge_cost", |row| cost(judging(&row.record().turns))),
    truth("from_cache", |row| {
        let turns = &row.record().turns;
        let is_cached = turns.iter().all(|turn| turn.usage.from_cache);
        (!turns.is_empty()).then_some(is_cached).into()
    }),
    count("asked_ms", |row| sum(row.record(), |turn| turn.asked_ms)),
    count("validated_ms", |row| sum(row.record(), |turn| turn.validated_ms)),
    count("cpu_ms", |row| sum(row.record(), |turn| turn.evidence.usage().cpu_ms)),
    count("peak_memory_bytes", |row| {
        let peaks = row.record().turns.iter().map(|turn| turn.evidence.usage().peak_memory_bytes);
        peaks.max().into()
    }),
];

/// Whether an outcome has a property of verdicts; nothing where there is none.
fn verdict_is(outcome: &Outcome, property: fn(Verdict) -> bool) -> Cell {
    outcome.verdict().map(property).into()
}

fn error(record: &AttemptRecord) -> Option<&InfraError> {
    match &record.outcome {
        Outcome::Judged(_) => None,
        Outcome::Errored(error) => Some(error),
    }
}

/// The class as JSON names it.
fn class(error: &InfraError) -> Cell {
    match serde_json::to_value(error.class) {
        Ok(serde_json::Value::String(name)) => name.into(),
        _ => Cell::Empty,
    }
}

/// The sum over all turns; nothing if there is none.
fn sum(record: &AttemptRecord, value: fn(&Turn) -> u64) -> Cell {
    record.turns.iter().map(value).reduce(|sum, value| sum + value).into()
}

/// What the subject's answers took.
fn asking<'a>(row: &'a Row<'_>) -> impl Iterator<Item = TokenUsage> + 'a {
    row.record().turns.iter().map(|turn| turn.usage)
}
