//! The columns of a table of turns: questions and their answers.

use assay_core::{Cost, Verdict};

use super::column::{Column, amount, count, text, truth};
use super::usage::{cost, estimated_cost, estimated_tokens, judging, tokens};

/// Changes whenever a column changes its meaning or goes away.
pub(super) const SCHEMA: &str = "assay.turns/1";

pub(super) const COLUMNS: &[Column] = &[
    count("turn", |row| row.number.into()),
    text("verdict", |row| row.of_turn(|turn| turn.evidence.verdict().map(Verdict::as_str))),
    text("first_failure", |row| row.of_turn(|turn| turn.evidence.first_failure())),
    text("other_reading_verdict", |row| {
        row.of_turn(|turn| {
            let observed = turn.other_reading().map(|other| other.observed.as_ref());
            observed.and_then(|it| it.ok()?.verdict()).map(Verdict::as_str)
        })
    }),
    count("input_tokens", |row| row.of_turn(|turn| turn.usage.tokens.map(|tokens| tokens.input))),
    count("cached_tokens", |row| row.of_turn(|turn| turn.usage.tokens.map(|tokens| tokens.cached))),
    count("output_tokens", |row| row.of_turn(|turn| turn.usage.tokens.map(|tokens| tokens.output))),
    count("reasoning_tokens", |row| {
        row.of_turn(|turn| turn.usage.tokens.map(|tokens| tokens.reasoning))
    }),
    amount("cost", |row| row.of_turn(|turn| turn.usage.cost.map(Cost::units))),
    count("estimated_tokens", |row| estimated_tokens(row.turn.map(|it| it.usage).into_iter())),
    amount("estimated_cost", |row| estimated_cost(row.turn.map(|it| it.usage).into_iter())),
    count("requests", |row| row.of_turn(|turn| turn.usage.requests)),
    count("judge_input_tokens", |row| tokens(judging(row.turn), |tokens| tokens.input)),
    count("judge_output_tokens", |row| tokens(judging(row.turn), |tokens| tokens.output)),
    amount("judge_cost", |row| cost(judging(row.turn))),
    truth("from_cache", |row| row.of_turn(|turn| turn.usage.from_cache)),
    count("sent_bytes", |row| row.of_turn(|turn| turn.served.sent_bytes)),
    count("asked_ms", |row| row.of_turn(|turn| turn.asked_ms)),
    count("validated_ms", |row| row.of_turn(|turn| turn.validated_ms)),
    count("cpu_ms", |row| row.of_turn(|turn| turn.evidence.usage().cpu_ms)),
    count("peak_memory_bytes", |row| row.of_turn(|turn| turn.evidence.usage().peak_memory_bytes)),
];
