//! [`EvaluatorScore`]: how far evaluators agree with what is known, and with each other
//! (CoV-Eval, section 6.4 and Table 5).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::alpha;
use super::auc::{Auc, Scored};
use super::confusion::{Confusion, Share};
use super::cov_eval::Rate;
use super::drawn::Drawn as _;
use super::interval::{Draws, Interval, Resampling};
use super::measured::Measured;
use super::recognition::Recognition;
use crate::assessment::Assessment;
use crate::statistic::{Binary, CaseCounts, Statistic};

/// How an evaluator compares with what is known of the programs that it was shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EvaluatorScore {
    pub programs: usize,
    /// Of these, programs that it could say nothing of.
    pub unknown: usize,
    /// The share of all programs on which it says what is known (Table 5, "consistency"). Not
    /// knowing is never right.
    pub consistency: Option<f64>,
    pub consistency_interval: Option<Interval>,
    /// The share that it calls secure less the share that is secure, among the programs it
    /// could say something of (Table 5, "Diff.").
    pub difference: Option<f64>,
    pub difference_interval: Option<Interval>,
    pub sensitivity: Option<f64>,
    pub sensitivity_interval: Option<Interval>,
    pub specificity: Option<f64>,
    pub specificity_interval: Option<Interval>,
    pub balanced_accuracy: Option<f64>,
    pub balanced_accuracy_interval: Option<Interval>,
    pub mcc: Option<f64>,
    pub mcc_interval: Option<Interval>,
    /// How often a vulnerable program has a higher score than one that is not, among programs that
    /// it gives a score; `None` of who gives none.
    pub auc: Option<f64>,
    pub auc_interval: Option<Interval>,
    /// Of vulnerable programs that it calls so, the share whose type it names first.
    pub type_accuracy: Option<f64>,
    pub confusion: Confusion,
    pub mean_wall_ms: Option<f64>,
    pub cost: Option<f64>,
    /// Consistency over the programs about each weakness.
    pub cwes: BTreeMap<String, Part>,
    pub languages: BTreeMap<String, Part>,
}

/// A part of the programs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Part {
    pub programs: usize,
    pub consistency: Option<f64>,
    pub balanced_accuracy: Option<f64>,
}

/// How far two evaluators agree on the programs that both could say something of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Agreement {
    pub first: String,
    pub second: String,
    pub programs: usize,
    pub agreement: Option<f64>,
    /// Krippendorff's alpha; `None` where both say the same of everything.
    pub alpha: Option<f64>,
}

impl EvaluatorScore {
    /// The score of one evaluator, whose assessments these are.
    pub fn of<'a>(
        assessments: impl IntoIterator<Item = &'a Assessment>,
        resampling: Resampling,
    ) -> EvaluatorScore {
        let assessments: Vec<&Assessment> = assessments.into_iter().collect();
        let mut confusion = Confusion::default();
        let mut groups: BTreeMap<&str, CaseCounts> = BTreeMap::new();
        let mut types = Rate::default();
        for assessment in &assessments {
            confusion.add(assessment);
            let group = groups.entry(&assessment.group).or_insert_with(one);
            group.add(&assessment.judgement());
            if let Some(said) = assessment.said.as_ref().filter(|said| said.vulnerable)
                && assessment.truth.vulnerable
            {
                let named = said.cwe.first();
                types.add(named.is_some_and(|cwe| assessment.truth.cwe.contains(cwe)));
            }
        }
        let auc = auc(&assessments, groups.keys().copied());
        let by_group = Confusion::by_group(&assessments);
        let groups: Vec<CaseCounts> = groups.into_values().collect();
        let draws = Draws::of(groups.len(), resampling);
        let interval =
            |statistic| Interval::of(&Measured { statistic, cases: groups.clone() }, &draws);
        let share = |share: Share| share.interval(&by_group, &draws);
        let binary = binary(&assessments);
        let unknown = assessments.iter().filter(|it| it.said.is_none()).count();
        EvaluatorScore {
            programs: assessments.len(),
            unknown,
            consistency: binary.accuracy(),
            consistency_interval: share(Share::Consistency),
            difference: confusion.difference(),
            difference_interval: share(Share::Difference),
            sensitivity: binary.recall(),
            sensitivity_interval: share(Share::Sensitivity),
            specificity: binary.specificity(),
            specificity_interval: share(Share::Specificity),
            balanced_accuracy: binary.balanced_accuracy(),
            balanced_accuracy_interval: interval(Statistic::BalancedAccuracy),
            mcc: binary.mcc(),
            mcc_interval: interval(Statistic::Mcc),
            auc: auc.score(),
            auc_interval: Interval::of(&auc, &draws),
            type_accuracy: types.share(),
            confusion,
            mean_wall_ms: mean(assessments.iter().map(|it| it.wall_ms)),
            cost: cost(&assessments),
            cwes: parts(&assessments, |it| it.about.clone()),
            languages: parts(&assessments, |it| Some(it.language.as_str().to_owned())),
        }
    }
}

fn one() -> CaseCounts {
    CaseCounts { weight: 1.0, ..CaseCounts::default() }
}

/// The curve of those with a score, by groups in this order.
fn auc<'a>(assessments: &[&Assessment], groups: impl Iterator<Item = &'a str>) -> Auc {
    let places: BTreeMap<&str, usize> = groups.zip(0..).collect();
    Auc::of(assessments.iter().filter_map(|it| {
        let group = *places.get(it.group.as_str())?;
        Some(Scored { score: it.score?, vulnerable: it.truth.vulnerable, group })
    }))
}

fn binary(assessments: &[&Assessment]) -> Binary {
    let mut recognition = Recognition::default();
    for assessment in assessments {
        recognition.add(&assessment.judgement());
    }
    recognition.binary()
}

#[expect(clippy::cast_precision_loss, reason = "programs and milliseconds are few")]
fn mean(values: impl ExactSizeIterator<Item = u64>) -> Option<f64> {
    let count = values.len();
    (count > 0).then(|| values.sum::<u64>() as f64 / count as f64)
}

fn cost(assessments: &[&Assessment]) -> Option<f64> {
    let costs = assessments.iter().filter_map(|assessment| assessment.cost);
    costs.map(|cost| cost.units()).reduce(|sum, cost| sum + cost)
}

fn parts(
    assessments: &[&Assessment],
    key: impl Fn(&Assessment) -> Option<String>,
) -> BTreeMap<String, Part> {
    let mut parts: BTreeMap<String, Vec<&Assessment>> = BTreeMap::new();
    for assessment in assessments {
        if let Some(key) = key(assessment) {
            parts.entry(key).or_default().push(assessment);
        }
    }
    let part = |of: Vec<&Assessment>| {
        let binary = binary(&of);
        Part {
            programs: of.len(),
            consistency: binary.accuracy(),
            balanced_accuracy: binary.balanced_accuracy(),
        }
    };
    parts.into_iter().map(|(key, of)| (key, part(of))).collect()
}

/// How far each pair of evaluators agrees.
pub fn agreements(assessments: &[Assessment]) -> Vec<Agreement> {
    let mut said: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
    for assessment in assessments {
        if let Some(vulnerable) = assessment.says_vulnerable() {
            let of_evaluator = said.entry(&assessment.evaluator).or_default();
            of_evaluator.insert(&assessment.program, vulnerable);
        }
    }
    let evaluators: Vec<&str> = said.keys().copied().collect();
    let mut agreements = Vec::new();
    for (place, first) in evaluators.iter().enumerate() {
        for second in &evaluators[place + 1..] {
            agreements.push(agreement((first, &said[first]), (second, &said[second])));
        }
    }
    agreements
}

type Said<'a> = (&'a str, &'a BTreeMap<&'a str, bool>);

fn agreement((first, mine): Said<'_>, (second, others): Said<'_>) -> Agreement {
    let programs: BTreeSet<&str> =
        mine.keys().copied().filter(|it| others.contains_key(it)).collect();
    let pairs: Vec<[bool; 2]> = programs.iter().map(|it| [mine[it], others[it]]).collect();
    let alike = pairs.iter().filter(|[mine, other]| mine == other).count();
    Agreement {
        first: first.to_owned(),
        second: second.to_owned(),
        programs: pairs.len(),
        agreement: Rate::new(alike, pairs.len()).share(),
        alpha: alpha::nominal(pairs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Language;
    use crate::label::Label;

    fn assessment(evaluator: &str, program: &str, truth: bool, said: Option<bool>) -> Assessment {
        let label = |vulnerable: bool| Label {
            vulnerable,
            cwe: if vulnerable { vec!["CWE-78".to_owned()] } else { Vec::new() },
            ..Label::default()
        };
        Assessment {
            evaluator: evaluator.to_owned(),
            program: program.to_owned(),
            group: program.to_owned(),
            language: Language::C,
            about: Some("CWE-78".to_owned()),
            truth: label(truth),
            said: said.map(label),
            score: None,
            why: String::new(),
            wall_ms: 10,
            cost: None,
        }
    }

    #[test]
    fn not_knowing_is_counted_apart_and_never_right() {
        let all = [
            assessment("a", "1", true, Some(true)),
            assessment("a", "2", true, Some(false)),
            assessment("a", "3", false, Some(false)),
            assessment("a", "4", false, None),
        ];
        let score = EvaluatorScore::of(&all, Resampling::default());
        assert_eq!((score.programs, score.unknown), (4, 1));
        assert_eq!(score.consistency, Some(0.5));
        // It calls two of three secure, and one of these three is.
        let difference = score.difference.expect("known");
        assert!((difference - 1.0 / 3.0).abs() < 1e-12, "{difference}");
        assert_eq!(score.specificity, Some(0.5));
        assert_eq!(score.type_accuracy, Some(1.0));
        assert_eq!(score.confusion.secure_unknown, 1);
        assert_eq!(score.confusion.accuracy().specificity.trials, 1);
        assert_eq!(score.cwes["CWE-78"].programs, 4);
        assert_eq!(score.mean_wall_ms, Some(10.0));
        assert!(score.balanced_accuracy_interval.is_some());
    }

    #[test]
    fn evaluators_are_compared_on_what_both_know() {
        let all = [
            assessment("a", "1", true, Some(true)),
            assessment("b", "1", true, Some(true)),
            assessment("a", "2", true, Some(false)),
            assessment("b", "2", true, Some(true)),
            assessment("a", "3", false, Some(false)),
            assessment("b", "3", false, None),
        ];
        let found = agreements(&all);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].programs, found[0].agreement), (2, Some(0.5)));
    }
}
