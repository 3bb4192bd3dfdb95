//! The scorecard of a run for programs; docs/json.md describes its shape.

use assay_core::score::RankRange;
use assay_core::{AttemptEnd, Bill, Cost, Verdict};
use serde_json::{Map, Value, json};

use super::{
    RunData, Serving, Spending, SubjectScore, cov_eval, opinions, panel, readings, repeats,
};

/// Changes whenever a member changes its meaning or goes away; new members may
/// come without a new version.
const SCHEMA: &str = "assay.scorecard/2";

/// The scorecard of a run.
pub fn scorecard(run: &RunData) -> Value {
    let info = &run.info;
    let completion = run.completion();
    let subjects = run.subjects.iter().zip(&run.board.entries);
    let verdicts = run.verdicts();
    let subjects = subjects.map(|(it, entry)| subject(it, &verdicts, entry.ranks));
    let mut card = json!({
        "schema": SCHEMA,
        "run": {
            "id": info.id,
            "derived-from": info.derived_from.as_ref().map(|from| &from.run),
            "started-at": info.started_at,
            "assay-version": info.assay_version,
            "corpus": info.corpus,
            "corpus-digest": info.corpus_digest,
            "locale": info.locale.as_str(),
            "cases": info.cases.len(),
            "planned": completion.planned,
            "judged": completion.judged,
            "errored": completion.errored,
            "unjudged": completion.unjudged,
            "left-out": info.left_out,
            "finished": completion.is_finished(),
        },
        "served": run.served.iter().map(Serving::json).collect::<Vec<_>>(),
        "warnings": run.warnings(),
        "panel": run.panel.as_ref().map(|panel| panel::json(panel, run.certificate.as_ref())),
        "scoring": {
            "weights": run.scoring.weights,
            "seed": run.scoring.resampling.seed,
            "resamples": run.scoring.resampling.resamples,
        },
        "subjects": subjects.collect::<Vec<_>>(),
        "pairs": pairs(run),
        "items": run.items,
    });
    if let Some(label) = &info.label {
        card["run"]["label"] = json!(label);
    }
    if !run.beside.is_empty() {
        card["beside"] = json!(opinions::json(&run.beside));
    }
    let variants = run.variants();
    if !variants.is_empty() {
        card["variants"] = json!(variants);
    }
    if !run.baselines.is_empty() {
        card["cov-eval"] = json!({ "baselines": cov_eval::json::baselines(&run.baselines) });
    }
    card
}

/// The subjects that were compared, a pair each: how much better the first is.
fn pairs(run: &RunData) -> Vec<Value> {
    let name = |place: usize| &run.subjects[place].name;
    let pairs = run.board.pairs.iter().map(|pair| {
        json!({
            "first": name(pair.first),
            "second": name(pair.second),
            "difference": pair.difference.difference,
            "interval": pair.difference.interval,
            "p-value": pair.difference.p_value,
            "adjusted-p-value": pair.adjusted,
            "significant": pair.is_significant(),
        })
    });
    pairs.collect()
}

fn subject(subject: &SubjectScore, verdicts: &[Verdict], ranks: Option<RankRange>) -> Value {
    let card = &subject.card;
    let languages = card.languages.iter().map(|(language, score)| {
        let scores = json!({
            "overall": score.overall,
            "scenarios": scores(&score.scenarios),
        });
        (language.to_string(), scores)
    });
    let verdicts = verdicts.iter().map(|verdict| {
        let count = card.verdicts.get(verdict).copied().unwrap_or(0);
        (verdict.to_string(), Value::from(count))
    });
    let ends = AttemptEnd::ALL.into_iter().map(|end| {
        let count = subject.ends.get(&end).copied().unwrap_or(0);
        (end.to_string(), Value::from(count))
    });
    let mut value = json!({
        "name": subject.name,
        "attempts": card.attempts,
        "errored": card.errored,
        "errors": card.errors,
        "unjudged": card.unjudged,
        "verdicts": verdicts.collect::<Map<_, _>>(),
        "ends": ends.collect::<Map<_, _>>(),
        "overall": card.overall,
        "withheld": card.withheld.map(|withheld| withheld.to_string()),
        "bracket": card.bracket,
        "unweighted": card.unweighted,
        "functional": card.functional,
        "scenarios": scores(&card.scenarios),
        "languages": languages.collect::<Map<_, _>>(),
        "severities": scores(&card.severities),
        "cwes": scores(&card.cwes),
        "pass-at": scores(&card.pass_at),
        "functional-pass-at": scores(&card.functional_pass_at),
        "pass-all": scores(&card.pass_all),
        "variance": card.variance,
        "repair": card.repair,
        "intervals": card.intervals,
        "readings": readings::json(subject),
        "repeats": repeats::json(subject),
        "ranks": ranks,
        "spending": (!subject.spending.is_nothing()).then(|| spending(&subject.spending, card.attempts)),
    });
    if let Some(work) = &subject.work {
        value["work"] = work.json();
    }
    if let Some(card) = &subject.cov_eval {
        value["cov-eval"] = cov_eval::json::card(card);
    }
    value
}

fn spending(spending: &Spending, attempts: usize) -> Value {
    json!({
        "total": bill(&spending.total),
        "cost-per-attempt": spending.cost_each(attempts).map(Cost::units),
        "repairs": bill(&spending.repairs),
        "repairs-share": spending.repairs.share_of(&spending.total),
        "judges": bill(&spending.judges),
        "from-cache": bill(&spending.from_cache),
        "paid": bill(&spending.paid),
    })
}

/// What replies took; a cost that is not known is `null`.
pub(crate) fn bill(bill: &Bill) -> Value {
    json!({
        "replies": bill.replies,
        "requests": bill.requests,
        "tokens": bill.tokens,
        "uncounted-replies": bill.uncounted,
        "cost": bill.cost.map(Cost::units),
        "unpriced-replies": bill.unpriced,
        "estimated-replies": bill.estimated,
        "estimated-tokens": bill.estimate.tokens,
        "estimated-cost": bill.estimate.cost.map(Cost::units),
    })
}

fn scores<'a, K: ToString + 'a>(
    scores: impl IntoIterator<Item = (&'a K, &'a Option<f64>)>,
) -> Map<String, Value> {
    scores.into_iter().map(|(key, score)| (key.to_string(), Value::from(*score))).collect()
}
