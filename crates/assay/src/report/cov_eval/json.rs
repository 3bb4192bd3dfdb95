//! The numbers of CoV-Eval for programs; docs/json.md describes their shape.

use assay_core::benchmark::cov_eval::{COMPLETE, REPAIR, SELF_REPAIR};
use assay_core::score::{CovEvalCard, Detection, Rate, Twins};
use assay_core::statistic::Class;
use serde_json::{Map, Value, json};

use super::BaselineScore;

/// All numbers of a subject.
pub(in crate::report) fn card(card: &CovEvalCard) -> Value {
    let scores = &card.scores;
    let cwes = scores.by_cwe.iter().map(|(cwe, of)| (cwe.clone(), rate(Some(*of))));
    json!({
        "completion": {
            "seed": rate(card.seed()),
            "evolved": rate(card.evolved()),
            "total": rate(Some(scores.completion())),
            "functional": rate(card.works(COMPLETE)),
            "cwes": cwes.collect::<Map<_, _>>(),
        },
        "repair": {
            "secure": rate(Some(scores.repair)),
            "functional": rate(card.works(REPAIR)),
        },
        "detection": detection(&card.detection),
        "average": scores.average(),
        "self-detection": self_detection(&card.self_detection),
        "self-repair": {
            "secure": rate(Some(scores.self_repair)),
            "functional": rate(card.works(SELF_REPAIR)),
        },
        "attempts": card.attempts,
        "errored": card.errored,
        "unjudged": card.unjudged,
        "not-asked": card.not_asked,
        "unread": card.unread(),
    })
}

/// The baselines of a run, by their names.
pub(in crate::report) fn baselines(baselines: &[BaselineScore]) -> Value {
    let each = baselines.iter().map(|it| {
        let name = it.baseline.title().replace(' ', "-");
        (name, detection(&it.detection))
    });
    Value::Object(each.collect())
}

/// A count of a number, and their share; `null` of nothing.
fn rate(rate: Option<Rate>) -> Value {
    match rate.filter(|rate| rate.of > 0) {
        Some(rate) => json!({ "count": rate.count, "of": rate.of, "share": rate.share() }),
        None => Value::Null,
    }
}

fn detection(detection: &Detection) -> Value {
    let recognition = &detection.recognition;
    if recognition.judged() == 0 {
        return Value::Null;
    }
    let mut numbers = binary(detection);
    numbers.extend([
        ("weighted-f1".to_owned(), recognition.weighted_f1().into()),
        ("type-accuracy".to_owned(), recognition.accuracy().into()),
        ("twins".to_owned(), twins(detection.twins)),
        ("types".to_owned(), types(detection)),
    ]);
    Value::Object(numbers)
}

fn self_detection(detection: &Detection) -> Value {
    if detection.recognition.judged() == 0 {
        return Value::Null;
    }
    let mut numbers = binary(detection);
    // What the paper calls "recall" here.
    let specificity = numbers.remove("specificity").unwrap_or_default();
    numbers.insert("recall-of-secure".to_owned(), specificity);
    Value::Object(numbers)
}

fn binary(detection: &Detection) -> Map<String, Value> {
    let recognition = &detection.recognition;
    let binary = recognition.binary();
    let numbers = [
        ("judged", recognition.judged().into()),
        ("unread", recognition.unread().into()),
        ("balanced-accuracy", binary.balanced_accuracy().into()),
        ("balanced-accuracy-interval", json!(detection.balanced_accuracy_interval)),
        ("mcc", binary.mcc().into()),
        ("specificity", binary.specificity().into()),
        ("f1", binary.f1().into()),
        ("recall", binary.recall().into()),
        ("accuracy", binary.accuracy().into()),
    ];
    numbers.map(|(name, number): (&str, Value)| (name.to_owned(), number)).into_iter().collect()
}

fn twins(twins: Twins) -> Value {
    match twins.pairs() {
        0 => Value::Null,
        pairs => json!({
            "pairs": pairs,
            "both-right": twins.both,
            "only-vulnerable-right": twins.only_vulnerable,
            "only-secure-right": twins.only_secure,
            "both-wrong": twins.neither,
        }),
    }
}

/// How often each type was said of programs of each.
fn types(detection: &Detection) -> Value {
    let cells = detection.recognition.confusion().iter();
    let cells = cells.map(|(classes, count)| {
        json!({ "truth": class(&classes.truth), "said": class(&classes.said), "count": count })
    });
    Value::Array(cells.collect())
}

fn class(class: &Class) -> &str {
    match class {
        Class::Unread => "unread",
        Class::Secure => "secure",
        Class::Vulnerable(cwe) if cwe.is_empty() => "vulnerable",
        Class::Vulnerable(cwe) => cwe,
    }
}
