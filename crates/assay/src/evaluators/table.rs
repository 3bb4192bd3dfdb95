//! The comparison of evaluators in numbers, for people and for programs.

use std::collections::BTreeMap;

use assay_core::assessment::Assessment;
use assay_core::score::{Agreement, EvaluatorScore, Interval, Resampling, agreements};
use serde::Serialize;

use crate::terminal::table;

/// What each evaluator comes to, and how far they agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    /// In the order in which they were named first.
    pub evaluators: Vec<(String, EvaluatorScore)>,
    pub agreements: Vec<Agreement>,
}

/// Compares those who gave these assessments; the ones in `apart` are in no pair.
pub fn comparison(
    assessments: &[Assessment],
    apart: &[Assessment],
    resampling: Resampling,
) -> Comparison {
    let mut order: Vec<&str> = Vec::new();
    let mut by: BTreeMap<&str, Vec<&Assessment>> = BTreeMap::new();
    for assessment in assessments.iter().chain(apart) {
        if !order.contains(&assessment.evaluator.as_str()) {
            order.push(&assessment.evaluator);
        }
        by.entry(&assessment.evaluator).or_default().push(assessment);
    }
    let score = |name: &str| EvaluatorScore::of(by[name].iter().copied(), resampling);
    Comparison {
        evaluators: order.into_iter().map(|name| (name.to_owned(), score(name))).collect(),
        agreements: agreements(assessments),
    }
}

impl Comparison {
    /// The numbers as tables.
    pub fn text(&self) -> String {
        let titles = [
            "evaluator",
            "programs",
            "unknown",
            "balanced",
            "95 %",
            "MCC",
            "AUC",
            "95 %",
            "finds",
            "spares",
            "consistency",
            "Diff.",
            "type",
            "ms each",
            "cost",
        ];
        let rows: Vec<Vec<String>> =
            self.evaluators.iter().map(|(name, score)| row(name, score)).collect();
        let mut text = table(&titles, &rows);
        text.push_str(&self.parts("weakness", |score| &score.cwes));
        text.push_str(&self.parts("language", |score| &score.languages));
        // Analysers of different languages have nothing to agree on.
        let pairs = self.agreements.iter().filter(|it| it.programs > 0);
        let pairs: Vec<Vec<String>> = pairs.map(pair).collect();
        if !pairs.is_empty() {
            text.push('\n');
            let titles = ["evaluator", "and", "programs", "agree", "alpha"];
            text.push_str(&table(&titles, &pairs));
        }
        text
    }

    /// The consistency of every evaluator over each part of the programs.
    fn parts<'a>(
        &'a self,
        title: &str,
        of: impl Fn(&'a EvaluatorScore) -> &'a BTreeMap<String, assay_core::score::Part>,
    ) -> String {
        let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
        for (key, part) in self.evaluators.iter().flat_map(|(_, score)| of(score)) {
            let most = keys.entry(key).or_default();
            *most = part.programs.max(*most);
        }
        if keys.len() < 2 {
            return String::new();
        }
        let names = self.evaluators.iter().map(|(name, _)| name.as_str());
        let titles: Vec<&str> = [title, "programs"].into_iter().chain(names).collect();
        let rows: Vec<Vec<String>> = keys
            .into_iter()
            .map(|(key, programs)| {
                let each = self.evaluators.iter().map(|(_, score)| {
                    percent(of(score).get(key).and_then(|part| part.consistency))
                });
                [key.to_owned(), programs.to_string()].into_iter().chain(each).collect()
            })
            .collect();
        format!("\n{}", table(&titles, &rows))
    }
}

fn row(name: &str, score: &EvaluatorScore) -> Vec<String> {
    vec![
        name.to_owned(),
        score.programs.to_string(),
        score.unknown.to_string(),
        percent(score.balanced_accuracy),
        score.balanced_accuracy_interval.map_or_else(none, range),
        score.mcc.map_or_else(none, |mcc| format!("{mcc:.2}")),
        percent(score.auc),
        score.auc_interval.map_or_else(none, range),
        percent(score.sensitivity),
        percent(score.specificity),
        percent(score.consistency),
        score.difference.map_or_else(none, |points| format!("{:+.2}", points * 100.0)),
        percent(score.type_accuracy),
        score.mean_wall_ms.map_or_else(none, |ms| format!("{ms:.0}")),
        score.cost.map_or_else(none, |cost| format!("{cost:.4}")),
    ]
}

fn pair(agreement: &Agreement) -> Vec<String> {
    vec![
        agreement.first.clone(),
        agreement.second.clone(),
        agreement.programs.to_string(),
        percent(agreement.agreement),
        agreement.alpha.map_or_else(none, |alpha| format!("{alpha:.2}")),
    ]
}

fn none() -> String {
    "–".to_owned()
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(none, |share| format!("{:.2}", share * 100.0))
}

fn range(interval: Interval) -> String {
    format!("{:.1}–{:.1}", interval.low * 100.0, interval.high * 100.0)
}
