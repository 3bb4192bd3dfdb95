//! Published scores, compared with those that the equations give.

use std::collections::BTreeMap;

use assay_core::score::{Cells, Weights};
use assay_core::{Language, Scenario};
use serde::Serialize;

/// The scores of one model, in per cent with two decimals.
#[derive(Debug, Clone, Default)]
pub struct PublishedScores {
    /// Equation 3.
    pub overall: Option<f64>,
    /// Equation 2.
    pub scenarios: BTreeMap<Scenario, f64>,
    pub languages: BTreeMap<Language, PublishedLanguage>,
}

/// The scores of one model in one language.
#[derive(Debug, Clone, Default)]
pub struct PublishedLanguage {
    /// Equation 4.
    pub overall: Option<f64>,
    /// The mean over cases of equation 1: unlike all others not weighted by severity.
    pub scenarios: BTreeMap<Scenario, f64>,
}

/// How many published scores the equations reproduce.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Comparison {
    pub reproduced: usize,
    pub published: usize,
    /// What differs, a line each.
    pub differing: Vec<String>,
}

/// Half of the last decimal, and what a tie may be rounded by.
const TOLERANCE: f64 = 0.005_000_1;

impl Comparison {
    /// Compares all scores of a model with those of its cells.
    pub fn add(&mut self, model: &str, cells: &Cells, scores: &PublishedScores) {
        let (paper, equal) = (Weights::paper(), Weights::equal());
        self.one(cells.overall(&paper), scores.overall, || format!("{model}, overall"));
        for (scenario, score) in &scores.scenarios {
            let computed = cells.scenario(*scenario, &paper);
            self.one(computed, Some(*score), || format!("{model}, {scenario}"));
        }
        for (language, scores) in &scores.languages {
            let cells = cells.only(|cell| cell.language == *language);
            let what = || format!("{model}, {}", language.title());
            self.one(cells.overall(&paper), scores.overall, what);
            for (scenario, score) in &scores.scenarios {
                let computed = cells.scenario(*scenario, &equal);
                self.one(computed, Some(*score), || format!("{}, {scenario}", what()));
            }
        }
    }

    fn one(&mut self, computed: Option<f64>, published: Option<f64>, what: impl Fn() -> String) {
        let Some(published) = published else { return };
        self.published += 1;
        let computed = computed.map(|score| score * 100.0);
        if computed.is_some_and(|score| (score - published).abs() < TOLERANCE) {
            self.reproduced += 1;
            return;
        }
        let computed = computed.map_or("nothing".to_owned(), |score| format!("{score:.4}"));
        self.differing.push(format!("{}: published {published}, computed {computed}", what()));
    }
}

#[cfg(test)]
mod tests {
    use assay_core::benchmark::sec_code_bench_v2;

    use super::*;
    use assay_core::Severity;
    use assay_core::score::Cell;

    #[test]
    fn a_score_that_differs_is_named() {
        let cells = Cells::new(vec![Cell {
            case: "a".to_owned(),
            language: Language::Go,
            severity: Severity::High,
            scenario: sec_code_bench_v2::FIX,
            successes: 1,
            judged: 3,
        }]);
        let mut comparison = Comparison::default();
        let scenarios =
            BTreeMap::from([(sec_code_bench_v2::FIX, 33.34), (sec_code_bench_v2::GEN, 10.0)]);
        let scores = PublishedScores { overall: Some(33.33), scenarios, ..Default::default() };
        comparison.add("m", &cells, &scores);
        assert_eq!((comparison.reproduced, comparison.published), (1, 3));
        assert_eq!(
            comparison.differing,
            ["m, gen: published 10, computed nothing", "m, fix: published 33.34, computed 33.3333"]
        );
    }
}
