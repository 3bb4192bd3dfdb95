//! Training on programs whose security is known, and what training makes of programs that it has
//! not seen: folds are of whole scenarios, so that no twin of a program is on the other side.

use std::collections::{BTreeMap, BTreeSet};

use super::features::Features;
use super::logistic::{Fit, Row, fit, sigmoid, surprise};
use crate::files::sha256;

/// A program that is trained with.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The scenario: what it shares with all that do the same.
    pub group: String,
    /// The program's files by digest.
    pub digest: String,
    pub is_vulnerable: bool,
    /// Whether it is a secure solution with its defence removed. Such programs are trained with, and
    /// asked about never: how many there are says nothing of how many programs are vulnerable.
    pub is_mutant: bool,
    pub features: Features,
}

/// What training comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    pub intercept: f64,
    pub weights: BTreeMap<String, f64>,
}

/// Into how many parts scenarios are divided where none is asked for.
pub const FOLDS: usize = 10;

/// Into how many those of a training set are, to choose the penalty among [`PENALTIES`].
const INNER_FOLDS: usize = 5;

/// The penalties that are tried.
pub const PENALTIES: [f64; 5] = [1.0, 3.0, 10.0, 30.0, 100.0];

/// What is seen in fewer scenarios is not learnt from.
const LEAST_SCENARIOS: usize = 3;

impl Trained {
    /// How likely a program with these numbers is to be vulnerable.
    pub fn chance(&self, features: &Features) -> f64 {
        chance(self.intercept, &self.weights, features)
    }
}

/// How likely a program with these numbers is to be vulnerable, by these weights.
pub(super) fn chance(intercept: f64, weights: &BTreeMap<String, f64>, features: &Features) -> f64 {
    let parts =
        features.iter().filter_map(|(name, value)| weights.get(name).map(|weight| weight * value));
    sigmoid(intercept + parts.sum::<f64>())
}

/// Trains with one penalty. `None` unless there are programs of both kinds that are no mutants.
pub fn train(examples: &[&Example], penalty: f64) -> Option<Trained> {
    let names = columns(examples);
    let places: BTreeMap<&str, usize> = names.iter().copied().zip(0..).collect();
    let row = |example: &&Example| {
        let values = example.features.iter();
        let values = values.filter_map(|(name, value)| Some((*places.get(name.as_str())?, *value)));
        Row { values: values.collect(), is_positive: example.is_vulnerable }
    };
    let rows: Vec<Row> = examples.iter().map(row).collect();
    let fit = fit(&rows, names.len(), penalty)?;
    let solutions = rows.iter().zip(examples).filter(|(_, example)| !example.is_mutant);
    let intercept = intercept(&fit, &solutions.map(|(row, _)| row).collect::<Vec<_>>())?;
    let weights = names.into_iter().map(str::to_owned).zip(fit.weights).collect();
    Some(Trained { intercept, weights })
}

/// What is seen in enough scenarios, in order.
fn columns<'a>(examples: &[&'a Example]) -> Vec<&'a str> {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for example in examples {
        for name in example.features.keys() {
            groups.entry(name).or_default().insert(&example.group);
        }
    }
    let seen = groups.into_iter().filter(|(_, groups)| groups.len() >= LEAST_SCENARIOS);
    seen.map(|(name, _)| name).collect()
}

/// The intercept with which these rows are as likely to be positive, on average, as they are.
#[expect(clippy::cast_precision_loss, reason = "programs are few")]
fn intercept(fit: &Fit, rows: &[&Row]) -> Option<f64> {
    let positive = rows.iter().filter(|row| row.is_positive).count();
    if positive == 0 || positive == rows.len() {
        return None;
    }
    let sums: Vec<f64> = rows.iter().map(|row| fit.sum(&row.values)).collect();
    let excess = |intercept: f64| {
        sums.iter().map(|sum| sigmoid(intercept + sum)).sum::<f64>() - positive as f64
    };
    // The sum of chances rises with the intercept.
    let (mut low, mut high) = (-50.0, 50.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if excess(middle) < 0.0 { low = middle } else { high = middle }
    }
    Some(f64::midpoint(low, high))
}

/// The part that each scenario is in: scenarios in an order that is drawn from their names go to the
/// parts in turn.
pub fn fold_of<'a>(
    groups: impl IntoIterator<Item = &'a str>,
    folds: usize,
) -> BTreeMap<&'a str, usize> {
    let groups: BTreeSet<&str> = groups.into_iter().collect();
    let mut groups: Vec<(String, &str)> =
        groups.into_iter().map(|group| (sha256(group.as_bytes()), group)).collect();
    groups.sort();
    groups.into_iter().enumerate().map(|(place, (_, group))| (group, place % folds)).collect()
}

/// The penalty with which programs of scenarios that were not trained with surprise the least.
/// `None` where nothing can be trained.
pub fn best_penalty(examples: &[&Example]) -> Option<f64> {
    let tried = PENALTIES.into_iter().filter_map(|penalty| {
        let chances = over_folds(examples, INNER_FOLDS, &|rest| train(rest, penalty));
        let known = examples
            .iter()
            .zip(chances)
            .filter_map(|(it, chance)| Some(surprise(chance?, it.is_vulnerable)));
        let known: Vec<f64> = known.collect();
        (!known.is_empty()).then(|| (penalty, known.iter().sum::<f64>()))
    });
    tried.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(penalty, _)| penalty)
}

/// How likely each program is to be vulnerable, by what was learnt of the scenarios of the other
/// parts alone, the penalty included. `None` of mutants, and where nothing could be learnt.
pub fn held_out(examples: &[&Example], folds: usize) -> Vec<Option<f64>> {
    over_folds(examples, folds, &|rest| train(rest, best_penalty(rest)?))
}

fn over_folds(
    examples: &[&Example],
    folds: usize,
    learn: &dyn Fn(&[&Example]) -> Option<Trained>,
) -> Vec<Option<f64>> {
    let parts = fold_of(examples.iter().map(|it| it.group.as_str()), folds);
    let part = |example: &Example| parts.get(example.group.as_str()).copied();
    let learnt: Vec<Option<Trained>> = (0..folds)
        .map(|fold| {
            let rest: Vec<&Example> =
                examples.iter().copied().filter(|it| part(it) != Some(fold)).collect();
            learn(&rest)
        })
        .collect();
    let chance = |example: &&Example| {
        let learnt = learnt.get(part(example)?)?.as_ref().filter(|_| !example.is_mutant)?;
        Some(learnt.chance(&example.features))
    };
    examples.iter().map(chance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Chance;

    fn example(group: usize, features: &[(&str, f64)], is_vulnerable: bool) -> Example {
        Example {
            group: format!("g{group}"),
            digest: String::new(),
            is_vulnerable,
            is_mutant: false,
            features: features.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        }
    }

    /// A guard is in most programs that are secure, and a name of the scenario in each.
    fn made_up(groups: usize, chance: &mut Chance) -> Vec<Example> {
        let mut examples = Vec::new();
        for group in 0..groups {
            let own = format!("name {group}");
            for place in 0..4 {
                let is_vulnerable = place % 2 == 0;
                let guards = chance.share() < if is_vulnerable { 0.2 } else { 0.8 };
                let guard = if guards { 1.0 } else { 0.0 };
                let noise = chance.share();
                let features = [("guard", guard), ("noise", noise), (own.as_str(), 1.0)];
                examples.push(example(group, &features, is_vulnerable));
            }
        }
        examples
    }

    #[test]
    fn what_tells_programs_apart_is_learnt_and_what_one_scenario_has_is_not() {
        let mut chance = Chance::seeded(1);
        let examples = made_up(40, &mut chance);
        let all: Vec<&Example> = examples.iter().collect();
        let trained = train(&all, best_penalty(&all).expect("both kinds")).expect("both kinds");
        assert_eq!(trained.weights.keys().collect::<Vec<_>>(), ["guard", "noise"]);
        assert!(trained.weights["guard"] < -1.0, "{trained:?}");
        assert!(trained.weights["noise"].abs() < 0.5, "{trained:?}");
        assert_eq!(trained, train(&all, best_penalty(&all).expect("both")).expect("both"));
        let chances = held_out(&all, 5);
        let right = all.iter().zip(&chances);
        let right = right.filter(|(it, chance)| (chance.expect("known") > 0.5) == it.is_vulnerable);
        assert!(right.count() > 110, "of 160");
    }

    #[test]
    fn a_program_is_not_asked_about_by_what_its_twins_taught() {
        // What is vulnerable is decided by the scenario alone, so that nothing can be learnt of
        // others: who has seen a twin would be right always.
        let examples: Vec<Example> = (0..30)
            .flat_map(|group| {
                let own = format!("name {}", group % 10);
                (0..3).map(move |_| example(group, &[(own.as_str(), 1.0)], group < 15))
            })
            .collect();
        let all: Vec<&Example> = examples.iter().collect();
        let parts = fold_of(all.iter().map(|it| it.group.as_str()), 5);
        assert_eq!(parts.len(), 30);
        let sizes = (0..5).map(|fold| parts.values().filter(|it| **it == fold).count());
        assert!(sizes.into_iter().all(|size| size == 6));
        let chances = held_out(&all, 5);
        for (one, other) in all
            .iter()
            .zip(&chances)
            .zip(all.iter().zip(&chances).skip(1))
            .filter(|((one, _), (other, _))| one.group == other.group)
            .map(|(one, other)| (one.1, other.1))
        {
            assert_eq!(one, other, "twins are in one part");
        }
    }

    #[test]
    fn mutants_teach_and_do_not_change_how_likely_programs_are() {
        let mut chance = Chance::seeded(3);
        let mut examples = made_up(20, &mut chance);
        let mutants = examples.iter().filter(|it| !it.is_vulnerable).cloned();
        let mutants: Vec<Example> = mutants
            .map(|it| Example { is_vulnerable: true, is_mutant: true, ..it })
            .flat_map(|it| [it.clone(), it])
            .collect();
        examples.extend(mutants);
        let all: Vec<&Example> = examples.iter().collect();
        let trained = train(&all, 3.0).expect("both kinds");
        let solutions: Vec<f64> =
            all.iter().filter(|it| !it.is_mutant).map(|it| trained.chance(&it.features)).collect();
        let mean = solutions.iter().sum::<f64>() / 80.0;
        assert!((mean - 0.5).abs() < 1e-6, "{mean}");
        let chances = held_out(&all, 4);
        for (example, chance) in all.iter().zip(chances) {
            assert_eq!(chance.is_none(), example.is_mutant);
        }
    }

    #[test]
    fn nothing_is_learnt_of_one_kind() {
        let one = example(0, &[("a", 1.0)], true);
        assert_eq!(train(&[&one], 1.0), None);
        assert_eq!(best_penalty(&[&one]), None);
        assert_eq!(held_out(&[&one], 2), [None]);
        assert_eq!(train(&[], 1.0), None);
    }
}
