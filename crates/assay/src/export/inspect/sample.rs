//! An attempt as a sample of Inspect.

use std::borrow::Cow;

use assay_core::answer::{Answer, Finish};
use assay_core::{Artifact, Cost, Outcome, Turn, Verdict};
use serde_json::{Map, Value, json};

use super::super::source::Exported;
use super::usage;

/// The sample of an attempt; `first_failure` explains its scores.
pub(super) fn sample(attempt: &Exported<'_>, first_failure: Option<&str>) -> Value {
    let record = &attempt.record;
    let (key, case) = (&record.key, attempt.case);
    let asks_for_security = key.scenario.benchmark().asks_for_security();
    let last = record.turns.last();
    let subject = key.subject.as_str();
    let sum = |value: fn(&Turn) -> u64| record.turns.iter().map(value).sum::<u64>();
    let mut sample = json!({
        "id": format!("{}/{}", key.case, key.scenario),
        "epoch": key.round,
        "input": record.turns.first().map_or("", |turn| turn.prompt.as_str()),
        "target": if asks_for_security { "secure" } else { Verdict::Works.as_str() },
        "messages": messages(attempt),
        "output": last.map_or_else(|| json!({ "model": subject }), |turn| output(attempt, turn)),
        "metadata": {
            "case": key.case,
            "title": case.title,
            "scenario": key.scenario,
            "round": key.round,
            "language": case.language,
            "severity": case.severity,
            "cwe": case.cwe,
            "turns": record.turns.len(),
            "end": record.end().as_str(),
            "context_full": record.context_full,
        },
        "model_usage": model_usage(attempt),
        "total_time": seconds(sum(|turn| turn.asked_ms) + sum(|turn| turn.validated_ms)),
    });
    match &record.outcome {
        Outcome::Judged(judgement) => {
            if let Some(verdict) = judgement.verdict() {
                let scores = scores(verdict, last, first_failure);
                sample["scores"] = if asks_for_security { scores } else { of_function(&scores) };
            }
        }
        Outcome::Errored(_) if record.outcome.is_unjudged() => {
            sample["metadata"]["unjudged"] = true.into();
        }
        Outcome::Errored(error) => {
            let message = error.to_string();
            sample["error"] = json!({ "message": message, "traceback": "", "traceback_ansi": "" });
        }
    }
    sample
}

/// The conversation.
fn messages(attempt: &Exported<'_>) -> Vec<Value> {
    let mut messages = Vec::new();
    for (number, turn) in (1..).zip(&attempt.record.turns) {
        messages.push(json!({
            "id": format!("question-{number}"),
            "role": "user",
            "source": "input",
            "content": turn.prompt,
        }));
        messages.push(answer(attempt, number, turn));
    }
    messages
}

fn answer(attempt: &Exported<'_>, number: usize, turn: &Turn) -> Value {
    let text = match &turn.answer {
        Answer::Text(_) => turn.spoken().map(Cow::into_owned).unwrap_or_default(),
        Answer::Files(files) => {
            joined(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
        }
    };
    let content = match &turn.thinking {
        None => Value::String(text),
        Some(thinking) => json!([
            { "type": "reasoning", "reasoning": thinking },
            { "type": "text", "text": text },
        ]),
    };
    json!({
        "id": format!("answer-{number}"),
        "role": "assistant",
        "source": "generate",
        "model": served_model(attempt, turn),
        "content": content,
    })
}

/// The model that answered, as its server names it; the subject where it does not.
fn served_model<'a>(attempt: &'a Exported<'_>, turn: &'a Turn) -> &'a str {
    turn.served.model.as_deref().unwrap_or(&attempt.record.key.subject)
}

/// The last answer, as the output of the sample.
fn output(attempt: &Exported<'_>, turn: &Turn) -> Value {
    let stop_reason = match turn.finish {
        Finish::Complete => "stop",
        Finish::Truncated => "max_tokens",
        Finish::Refused | Finish::Filtered => "content_filter",
        Finish::ToolCall => "tool_calls",
    };
    json!({
        "model": served_model(attempt, turn),
        "choices": [{
            "message": answer(attempt, attempt.record.turns.len(), turn),
            "stop_reason": stop_reason,
        }],
        "usage": turn.usage.tokens.map(usage),
        "time": seconds(turn.asked_ms),
    })
}

/// The tokens of all turns, of the one model that was asked.
fn model_usage(attempt: &Exported<'_>) -> Value {
    let turns = &attempt.record.turns;
    let counted = turns.iter().filter_map(|turn| turn.usage.tokens);
    let tokens = counted.reduce(|mut sum, tokens| {
        sum += tokens;
        sum
    });
    let cost = turns.iter().filter_map(|turn| turn.usage.cost).reduce(|a, b| a + b);
    let mut all = Map::new();
    if let Some(tokens) = tokens {
        let mut usage = usage(tokens);
        usage["total_cost"] = cost.map(Cost::units).into();
        all.insert(attempt.record.key.subject.clone(), usage);
    }
    all.into()
}

/// `C` and `I` are Inspect's correct and incorrect.
fn scores(verdict: Verdict, turn: Option<&Turn>, first_failure: Option<&str>) -> Value {
    let mark = |is_so: bool| if is_so { "C" } else { "I" };
    let logs = turn.into_iter().flat_map(|turn| &turn.logs);
    let logs: Map<String, Value> =
        logs.map(|log| (log.name.clone(), log.text.as_str().into())).collect();
    json!({
        "secure": {
            "value": mark(verdict.is_secure()),
            "answer": turn.and_then(|turn| turn.artifact.as_ref()).map(code),
            "explanation": first_failure.unwrap_or(verdict.as_str()),
            "metadata": {
                "evidence": turn.map(|turn| &turn.evidence),
                "logs": logs,
            },
        },
        "functional": { "value": mark(verdict.is_functional()) },
        "verdict": { "value": verdict.as_str() },
    })
}

/// The scores of a task that asks nothing about security: the explanation that the score `secure`
/// would have goes to the score `functional`.
fn of_function(scores: &Value) -> Value {
    json!({
        "functional": {
            "value": scores["functional"]["value"],
            "answer": scores["secure"]["answer"],
            "explanation": scores["secure"]["explanation"],
            "metadata": scores["secure"]["metadata"],
        },
        "verdict": scores["verdict"],
    })
}

fn code(artifact: &Artifact) -> String {
    joined(artifact.files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

/// Files as one text: that of a single one, or each under its path.
fn joined<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let files: Vec<(&str, &str)> = files.collect();
    match files.as_slice() {
        [(_, text)] => (*text).to_owned(),
        files => files.iter().map(|(path, text)| format!("{path}\n\n{text}\n")).collect(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a time in milliseconds is far below the limit")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1_000.0
}
