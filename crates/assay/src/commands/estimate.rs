//! The estimate of a run, as it is shown before anything is asked.

use assay_core::Cost;
use serde_json::{Value, json};

use crate::report::quantity::{counted, tokens};
use crate::run::estimate::{AgentEstimate, Assumed, BYTES_PER_TOKEN, Estimate, REPAIR_TOKENS, Sum};

/// The models that will be asked, and what is taken for granted of them.
pub(super) struct Estimates {
    pub(super) subjects: Vec<Estimate>,
    pub(super) judges: Vec<Estimate>,
    pub(super) agents: Vec<AgentEstimate>,
    pub(super) assumed: Assumed,
}

impl Estimates {
    /// A line for each model, one for all costs together, and what they rest on.
    pub(super) fn lines(&self) -> Vec<String> {
        let Estimates { subjects, judges, agents, assumed } = self;
        let agents = agents.iter().map(agent_line);
        let of_subjects = subjects.iter().map(|estimate| line("", estimate));
        let mut lines: Vec<String> =
            of_subjects.chain(judges.iter().map(|estimate| line("judge ", estimate))).collect();
        if lines.is_empty() {
            return agents.collect();
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
        lines.extend(agents);
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
            "agents": self.agents.iter().map(agent_json).collect::<Vec<_>>(),
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

/// What an agent may take: nobody knows before how much it will ask.
fn agent_line(estimate: &AgentEstimate) -> String {
    let AgentEstimate { agent, attempts, max_answers, limits, is_priced } = estimate;
    let attempts = counted(usize::try_from(*attempts).unwrap_or(usize::MAX), "attempt");
    let answers = match max_answers {
        1 => String::new(),
        answers => format!(" of up to {answers} answers"),
    };
    let most_tokens = limits.tokens.map(|each| format!("{} tokens", tokens(estimate.most(each))));
    let most_cost =
        limits.cost.map(|each| format!("cost {}", Cost::from_nanos(estimate.most(each.nanos()))));
    let most: Vec<String> = most_tokens.into_iter().chain(most_cost).collect();
    let foretold = match (most.is_empty(), is_priced) {
        (false, _) => format!("about {} at most, by its limits", most.join(" and ")),
        (true, true) => "tokens and cost are not foretold: set max-total-tokens or max-cost for it, or --max-cost for the run".to_owned(),
        (true, false) => "tokens are not foretold, and it has no price: set max-total-tokens for it, or --max-total-tokens for the run".to_owned(),
    };
    format!(
        "estimate   agent {agent}: {attempts}{answers}, at most {} requests; {foretold}",
        tokens(estimate.most(limits.requests)),
    )
}

fn agent_json(estimate: &AgentEstimate) -> Value {
    let limits = &estimate.limits;
    json!({
        "subject": estimate.agent,
        "priced": estimate.is_priced,
        "attempts": estimate.attempts,
        "most-requests": estimate.most(limits.requests),
        "most-tokens": limits.tokens.map(|each| estimate.most(each)),
        "most-cost": limits.cost.map(|each| Cost::from_nanos(estimate.most(each.nanos())).units()),
    })
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
