//! Writing an attempt into the store's tables.

use std::borrow::Cow;

use assay_core::{AttemptKey, AttemptRecord, Cost, Outcome, Served, TokenUsage, Turn, Verdict};
use rusqlite::{Transaction, params};
use serde::Serialize;

use super::blob::blob;
use super::{later, served};

/// Writes an attempt with everything that belongs to it.
pub(super) fn attempt(
    transaction: &Transaction<'_>,
    attempt: &AttemptRecord,
) -> rusqlite::Result<()> {
    let AttemptKey { subject, case, scenario, round } = &attempt.key;
    let key = params![subject, case, scenario.as_str(), round];
    transaction
        .prepare_cached(
            "DELETE FROM attempt WHERE subject = ?1 AND case_id = ?2 AND scenario = ?3
             AND round = ?4 AND error IS NOT NULL",
        )?
        .execute(key)?;
    let (verdict, error) = verdict_or_error(&attempt.outcome)?;
    let failure = match &attempt.outcome {
        Outcome::Judged(_) => attempt.turns.last().and_then(|turn| turn.evidence.first_failure()),
        Outcome::Errored(error) => Some(error.to_string()),
    };
    let finished_at = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    transaction
        .prepare_cached(
            "INSERT INTO attempt (subject, case_id, scenario, round, verdict, error,
             first_failure, finished_at, first_verdict)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            subject,
            case,
            scenario.as_str(),
            round,
            verdict,
            error,
            failure,
            finished_at,
            attempt.turns.first().and_then(|turn| turn.evidence.verdict()).map(Verdict::as_str)
        ])?;
    let id = transaction.last_insert_rowid();
    if let Some(other) = attempt.other_outcome() {
        let (verdict, error) = verdict_or_error(&other)?;
        transaction
            .prepare_cached("INSERT INTO other_reading VALUES (?1, ?2, ?3)")?
            .execute(params![id, verdict, error])?;
    }
    if let Some(said) = &attempt.context_full {
        later::write_context_full(transaction, id, said)?;
    }
    for (number, turn) in attempt.turns.iter().enumerate() {
        write_turn(transaction, id, number, turn)?;
        let (usage, served) = (turn.usage, &turn.served);
        let reply = Reply { role: "subject", model: subject, usage, served };
        write_reply(transaction, (id, number, 0), &reply)?;
        for (position, reply) in (1..).zip(&turn.judge_replies) {
            let (usage, served) = (reply.usage, &reply.served);
            let reply = Reply { role: "judge", model: &reply.judge, usage, served };
            write_reply(transaction, (id, number, position), &reply)?;
        }
    }
    Ok(())
}

/// The columns `verdict` and `error` of an outcome, of which one is filled.
fn verdict_or_error(
    outcome: &Outcome,
) -> rusqlite::Result<(Option<Cow<'static, str>>, Option<String>)> {
    Ok(match outcome {
        Outcome::Judged(judgement) => (Some(judgement.to_text()), None),
        Outcome::Errored(error) => (None, Some(json(error)?)),
    })
}

fn write_turn(
    transaction: &Transaction<'_>,
    attempt: i64,
    number: usize,
    turn: &Turn,
) -> rusqlite::Result<()> {
    let artifact = match &turn.artifact {
        Some(artifact) => Some(blob(transaction, &json(artifact)?)?),
        None => None,
    };
    let values = params![
        attempt,
        number,
        blob(transaction, &turn.prompt)?,
        blob(transaction, &json(&turn.answer)?)?,
        turn.thinking.as_deref().map(|text| blob(transaction, text)).transpose()?,
        turn.finish.as_str(),
        artifact,
        blob(transaction, &json(&turn.evidence)?)?,
        turn.asked_ms,
        turn.validated_ms,
        turn.shared_with.as_ref().map(json).transpose()?,
    ];
    transaction
        .prepare_cached("INSERT INTO turn VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
        .execute(values)?;
    if let Some(reading) = &turn.reading {
        let reading = blob(transaction, &json(reading)?)?;
        transaction
            .prepare_cached("INSERT INTO reading VALUES (?1, ?2, ?3)")?
            .execute(params![attempt, number, reading])?;
    }
    for (position, log) in turn.logs.iter().enumerate() {
        let text = blob(transaction, &log.text)?;
        transaction
            .prepare_cached("INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![attempt, number, position, log.name, text])?;
    }
    Ok(())
}

/// A reply of a model in an attempt.
struct Reply<'a> {
    /// `subject`, or `judge`.
    role: &'static str,
    model: &'a str,
    usage: TokenUsage,
    served: &'a Served,
}

/// Writes what a reply took and who answered, at its attempt, turn and position.
fn write_reply(
    transaction: &Transaction<'_>,
    (attempt, turn, position): (i64, usize, usize),
    reply: &Reply<'_>,
) -> rusqlite::Result<()> {
    let TokenUsage { tokens, cost, requests, from_cache, estimate } = reply.usage;
    transaction
        .prepare_cached(
            "INSERT INTO reply VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            attempt,
            turn,
            position,
            reply.role,
            reply.model,
            tokens.map(|tokens| tokens.input),
            tokens.map(|tokens| tokens.cached),
            tokens.map(|tokens| tokens.output),
            tokens.map(|tokens| tokens.reasoning),
            cost.map(Cost::nanos),
            requests,
            from_cache,
        ])?;
    if let Some(estimate) = &estimate {
        later::write_reply_estimate(transaction, (attempt, turn, position), estimate)?;
    }
    served::write(transaction, (attempt, turn, position), reply.served)
}

fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
