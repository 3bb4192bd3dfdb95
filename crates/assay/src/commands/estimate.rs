//! The estimate of a run, as it is shown before anything is asked.

use assay_core::Cost;
use serde_json::{Value, json};

use crate::report::quantity::{counted, tokens};
use crate::run::estimate::{Assumed, BYTES_PER_TOKEN, Estimate, REPAIR_TOKENS, Sum};

/// The models that will be asked, and what is taken for granted of them.
pub(super) struct Estimates {
    pub(super) subjects: Vec<Estimate>,
    pub(super) judges: Vec<Estimate>,
    pub(super) assumed: Assumed,
}

impl Estimates {
    /// A line for each model, one for all costs together, and what they rest on.
    pub(super) fn lines(&self) -> Vec<String> {
        let Estimates { subjects, judges, assumed } = self;
        let of_subjects = subjects.iter().map(|estimate| line("", estimate));
        let mut lines: Vec<String> =
            of_subjects.chain(judges.iter().map(|estimate| line("judge ", estimate))).collect();
        if lines.is_empty() {
            return lines;
        }
        if lines.len() > 1
            && let Some((least, most)) = self.total()
        {
            lines.push(format!("all        {least} to {most}"));
        }
        let answers = (!subjects.is_empty())
            .then(|| format!("from first answers only to {} an attempt", assumed.max_answers));
        let votes = (!judges.is_empty()).then_some("from no vote to those on every answer");
        let range: Vec<&str> = answers.as_deref().into_iter().chain(votes).collect();
        lines.push(format!(
            "           {}, assuming {} tokens each and {BYTES_PER_TOKEN} bytes of a prompt per token",
            range.join(" and "),
            assumed.output_tokens
        ));
        lines
    }

    /// What all models with a price cost together.
    fn total(&self) -> Option<(Cost, Cost)> {
        let models = self.subjects.iter().chain(&self.judges);
        models
            .filter_map(Estimate::cost)
            .reduce(|(least, most), cost| (least + cost.0, most + cost.1))
    }

    pub(super) fn to_json(&self) -> Value {
        let subject = |estimate: &Estimate| {
            let mut subject = to_json("subject", estimate);
            subject["first-answers-in-cache"] = json!(estimate.from_cache);
            subject
        };
        let judge = |estimate: &Estimate| to_json("judge", estimate);
        json!({
            "subjects": self.subjects.iter().map(subject).collect::<Vec<_>>(),
            "judges": self.judges.iter().map(judge).collect::<Vec<_>>(),
            "least-cost": self.total().map(|cost| cost.0.units()),
            "most-cost": self.total().map(|cost| cost.1.units()),
            "expected-output-tokens": self.assumed.output_tokens,
            "repair-message-tokens": REPAIR_TOKENS,
            "bytes-per-token": BYTES_PER_TOKEN,
        })
    }
}

fn line(role: &str, estimate: &Estimate) -> String {
    let Estimate { model, from_cache, least, most, .. } = estimate;
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
        "estimate   {role}{model}: {} questions, tokens {} in, {} out; {cost}{kept}",
        range(|sum| sum.questions),
        range(|sum| sum.tokens.input),
        range(|sum| sum.tokens.output),
    )
}

fn to_json(role: &str, estimate: &Estimate) -> Value {
    let sum = |sum: &Sum, cost: Option<Cost>| {
        json!({
            "questions": sum.questions,
            "input-tokens": sum.tokens.input,
            "output-tokens": sum.tokens.output,
            "cost": cost.map(Cost::units),
        })
    };
    json!({
        role: estimate.model,
        "priced": estimate.price.is_some(),
        "least": sum(&estimate.least, estimate.cost().map(|cost| cost.0)),
        "most": sum(&estimate.most, estimate.cost().map(|cost| cost.1)),
    })
}
