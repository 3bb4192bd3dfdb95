//! Successes by case and scenario, and the scores over them.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Language, Severity};
use crate::pass::{pass_all, pass_at};
use crate::scenario::Scenario;

use super::contributions::{Contribution, Contributions};
use super::drawn::Drawn as _;
use super::weights::Weights;

/// Successes among the judged attempts of one case in one scenario.
#[derive(Debug, Clone)]
pub struct Cell {
    pub case: String,
    pub language: Language,
    pub severity: Severity,
    pub scenario: Scenario,
    pub successes: usize,
    /// At least one.
    pub judged: usize,
}

/// The cells of a set of attempts: one for each case and scenario that has a
/// judged attempt.
#[derive(Debug, Clone, Default)]
pub struct Cells(Vec<Cell>);

impl Cells {
    pub fn new(cells: Vec<Cell>) -> Cells {
        Cells(cells)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.0.iter()
    }

    /// Those of several sets that have no cell in common.
    pub fn all(sets: impl IntoIterator<Item = Cells>) -> Cells {
        Cells(sets.into_iter().flat_map(|cells| cells.0).collect())
    }

    pub fn only(&self, keep: impl Fn(&Cell) -> bool) -> Cells {
        Cells(self.0.iter().filter(|cell| keep(cell)).cloned().collect())
    }

    /// The same cells, with other names for their cases.
    pub fn renamed(&self, name: impl Fn(&str) -> String) -> Cells {
        let renamed = self.0.iter().map(|cell| Cell { case: name(&cell.case), ..cell.clone() });
        Cells(renamed.collect())
    }

    /// The same cells with other names for their cases; cells that then are of one case and scenario
    /// become one.
    pub fn gathered(&self, name: impl Fn(&str) -> String) -> Cells {
        let mut gathered: BTreeMap<(String, Scenario), Cell> = BTreeMap::new();
        for cell in self.renamed(name).0 {
            let (successes, judged) = (cell.successes, cell.judged);
            gathered
                .entry((cell.case.clone(), cell.scenario))
                .and_modify(|sum| {
                    sum.successes += successes;
                    sum.judged += judged;
                })
                .or_insert(cell);
        }
        Cells(gathered.into_values().collect())
    }

    /// The fewest judged attempts that a cell has: the largest k of which all have Pass@k.
    pub fn rounds(&self) -> usize {
        self.0.iter().map(|cell| cell.judged).min().unwrap_or(0)
    }

    pub fn scenarios(&self) -> BTreeSet<Scenario> {
        self.0.iter().map(|cell| cell.scenario).collect()
    }

    /// Equation 2: the severity-weighted mean over cases of equation 1.
    pub fn scenario(&self, scenario: Scenario, weights: &Weights) -> Option<f64> {
        self.only(|cell| cell.scenario == scenario).overall(weights)
    }

    /// Equation 3: the scenario-weighted mean of equation 2.
    pub fn overall(&self, weights: &Weights) -> Option<f64> {
        self.contributions(&self.cases(), weights, 1).score()
    }

    /// The ids of the cases, each once.
    pub fn cases(&self) -> Vec<&str> {
        let cases: BTreeSet<&str> = self.0.iter().map(|cell| cell.case.as_str()).collect();
        cases.into_iter().collect()
    }

    /// What each of these cases adds to equation 3 of Pass@k. A cell of fewer than `k`
    /// attempts has no contribution.
    pub fn contributions(&self, cases: &[&str], weights: &Weights, k: usize) -> Contributions {
        self.contributions_of(cases, weights, |successes, judged| pass_at(k, successes, judged))
    }

    /// The same of pass^k, how likely all of k attempts are to succeed.
    pub fn contributions_to_all(
        &self,
        cases: &[&str],
        weights: &Weights,
        k: usize,
    ) -> Contributions {
        self.contributions_of(cases, weights, |successes, judged| pass_all(k, successes, judged))
    }

    /// Of what a cell's successes among its judged attempts come to.
    fn contributions_of(
        &self,
        cases: &[&str],
        weights: &Weights,
        value: impl Fn(usize, usize) -> Option<f64>,
    ) -> Contributions {
        let places: BTreeMap<&str, usize> =
            cases.iter().enumerate().map(|(place, case)| (*case, place)).collect();
        let scenarios = self.scenarios();
        let scenarios = scenarios.into_iter().map(|scenario| {
            let mut contributions = vec![Contribution::default(); cases.len()];
            for cell in self.0.iter().filter(|cell| cell.scenario == scenario) {
                let place = places.get(cell.case.as_str());
                if let (Some(place), Some(value)) = (place, value(cell.successes, cell.judged)) {
                    let weight = weights.of_severity(cell.severity);
                    contributions[*place] = Contribution { value, weight, judged: cell.judged };
                }
            }
            (scenario, weights.of_scenario(scenario), contributions)
        });
        Contributions::new(scenarios.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::sec_code_bench_v2;

    fn cell(case: &str, severity: Severity, scenario: Scenario, successes: usize) -> Cell {
        let language = Language::C;
        Cell { case: case.to_owned(), language, severity, scenario, successes, judged: 4 }
    }

    fn cells() -> Cells {
        Cells::new(vec![
            cell("a", Severity::Critical, sec_code_bench_v2::GEN, 4),
            cell("b", Severity::Medium, sec_code_bench_v2::GEN, 1),
            cell("a", Severity::Critical, sec_code_bench_v2::FIX_HINTS, 2),
        ])
    }

    #[test]
    fn the_parts_of_a_score_are_all_of_it() {
        let contributions = cells().contributions(&["a", "b", "c"], &Weights::paper(), 1);
        let parts: Vec<f64> = contributions.parts().collect();
        assert!((parts.iter().sum::<f64>() - contributions.score().expect("judged")).abs() < 1e-12);
        assert_eq!(parts[2], 0.0);
        assert_eq!(contributions.cases_that_count(), 2.0);
    }

    #[test]
    fn a_case_drawn_twice_counts_twice() {
        let contributions = cells().contributions(&["a", "b"], &Weights::paper(), 1);
        // Gen: (2*4*1 + 1*0.25) / (2*4 + 1); fix-hints: 0.5; weights 4 and 1.
        let expect = (4.0 * (8.25 / 9.0) + 0.5) / 5.0;
        assert!((contributions.score_of(&[2, 1]).expect("judged") - expect).abs() < 1e-12);
        // Without `a` there is no fix-hints.
        assert_eq!(contributions.score_of(&[0, 1]), Some(0.25));
        assert_eq!(contributions.score_of(&[0, 0]), None);
    }

    #[test]
    fn pass_at_k_needs_as_many_attempts() {
        let of = |k| cells().contributions(&["a", "b"], &Weights::equal(), k).score();
        assert!(of(4).expect("four rounds") > of(1).expect("four rounds"));
        assert_eq!(of(5), None);
        assert_eq!(cells().rounds(), 4);
        let all = |k| cells().contributions_to_all(&["a", "b"], &Weights::equal(), k).score();
        assert_eq!(all(1), of(1));
        // Gen: 1 and 0; fix-hints: 0.
        assert_eq!(all(4), Some(0.25));
        assert_eq!(all(5), None);
    }
}
