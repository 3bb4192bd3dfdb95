//! What a run will probably take, as `assay run` says it before anything is asked.

use assay_core::Cost;
use serde_json::{Value, json};

use crate::config::RunSettings;
use crate::report::quantity::{counted, tokens};
use crate::run::estimate::{BYTES_PER_TOKEN, Estimate, REPAIR_TOKENS, Sum};

/// A line for each model, one for all costs together, and what they rest on.
pub(super) fn lines(estimates: &[Estimate], settings: &RunSettings) -> Vec<String> {
    let mut lines: Vec<String> = estimates.iter().map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    if estimates.len() > 1
        && let Some((least, most)) = total(estimates)
    {
        lines.push(format!("all        {least} to {most}"));
    }
    lines.push(format!(
        "           from first answers only to {} an attempt, with {} tokens each and {BYTES_PER_TOKEN} bytes of a prompt to a token",
        settings.max_answers, settings.expected_output_tokens
    ));
    lines
}

fn line(estimate: &Estimate) -> String {
    let Estimate { subject, from_cache, least, most, .. } = estimate;
    let range = |of: fn(&Sum) -> u64| match (of(least), of(most)) {
        (least, most) if least == most => tokens(most),
        (least, most) => format!("{} to {}", tokens(least), tokens(most)),
    };
    let kept = match usize::try_from(*from_cache).unwrap_or(usize::MAX) {
        0 => String::new(),
        kept => format!("; {} in the response cache", counted(kept, "first answer")),
    };
    let cost = match estimate.cost() {
        None => "cost –, as it has no price".to_owned(),
        Some((least, most)) => format!("cost {least} to {most}"),
    };
    format!(
        "estimate   {subject}: {} questions, tokens {} in, {} out; {cost}{kept}",
        range(|sum| sum.questions),
        range(|sum| sum.tokens.input),
        range(|sum| sum.tokens.output),
    )
}

/// What all models with a price cost together.
fn total(estimates: &[Estimate]) -> Option<(Cost, Cost)> {
    estimates
        .iter()
        .filter_map(Estimate::cost)
        .reduce(|(least, most), cost| (least + cost.0, most + cost.1))
}

pub(super) fn to_json(estimates: &[Estimate], settings: &RunSettings) -> Value {
    let sum = |sum: &Sum, cost: Option<Cost>| {
        json!({
            "questions": sum.questions,
            "input-tokens": sum.tokens.input,
            "output-tokens": sum.tokens.output,
            "cost": cost.map(Cost::units),
        })
    };
    let subject = |estimate: &Estimate| {
        json!({
            "subject": estimate.subject,
            "priced": estimate.price.is_some(),
            "first-answers-in-cache": estimate.from_cache,
            "least": sum(&estimate.least, estimate.cost().map(|cost| cost.0)),
            "most": sum(&estimate.most, estimate.cost().map(|cost| cost.1)),
        })
    };
    json!({
        "subjects": estimates.iter().map(subject).collect::<Vec<_>>(),
        "least-cost": total(estimates).map(|cost| cost.0.units()),
        "most-cost": total(estimates).map(|cost| cost.1.units()),
        "expected-output-tokens": settings.expected_output_tokens,
        "repair-message-tokens": REPAIR_TOKENS,
        "bytes-per-token": BYTES_PER_TOKEN,
    })
}
