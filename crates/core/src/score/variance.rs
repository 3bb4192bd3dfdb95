//! [`VarianceSplit`]: where the outcome of an attempt varies: between cases, between the scenarios of
//! a case, and between rounds of the same question.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cells::{Cell, Cells};

/// Variances of the outcome of one attempt, which is 0 or 1, as nested random effects (Searle,
/// Casella and McCulloch, "Variance Components", 1992, chapter 3). What comes out below 0 is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct VarianceSplit {
    /// Between cases.
    pub cases: f64,
    /// Between the scenarios of a case; 0 where cases have one.
    pub scenarios: f64,
    /// Between rounds of a case in a scenario.
    pub rounds: f64,
}

impl VarianceSplit {
    /// `None` with less than two cases, or where no case has two rounds.
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    pub(super) fn of(cells: &Cells) -> Option<VarianceSplit> {
        let mut cases: BTreeMap<&str, Vec<&Cell>> = BTreeMap::new();
        for cell in cells.iter() {
            cases.entry(&cell.case).or_default().push(cell);
        }
        let repeated: Vec<&Cell> = cells.iter().filter(|cell| cell.judged > 1).collect();
        if cases.len() < 2 || repeated.is_empty() {
            return None;
        }
        let rounds = mean(repeated.iter().map(|cell| {
            let judged = cell.judged as f64;
            share(cell) * (1.0 - share(cell)) * judged / (judged - 1.0)
        }));
        // What rounds leave in the shares of cells is not of scenarios, and so on upwards.
        let of_rounds = |cells: &[&Cell]| mean(cells.iter().map(|it| rounds / it.judged as f64));
        let several: Vec<&Vec<&Cell>> = cases.values().filter(|cells| cells.len() > 1).collect();
        let scenarios =
            match several.is_empty() {
                true => 0.0,
                false => mean(several.iter().map(|cells| {
                    variance(cells.iter().map(|cell| share(cell))) - of_rounds(cells)
                }))
                .max(0.0),
            };
        let between = variance(cases.values().map(|cells| mean(cells.iter().map(|it| share(it)))));
        let left =
            mean(cases.values().map(|cells| (scenarios + of_rounds(cells)) / cells.len() as f64));
        Some(VarianceSplit { cases: (between - left).max(0.0), scenarios, rounds })
    }

    /// All of it together.
    pub fn total(&self) -> f64 {
        self.cases + self.scenarios + self.rounds
    }

    /// The parts of the whole, of cases, scenarios and rounds; `None` where nothing varies.
    pub fn shares(&self) -> Option<[f64; 3]> {
        let total = self.total();
        (total > 1e-12).then(|| [self.cases, self.scenarios, self.rounds].map(|it| it / total))
    }
}

#[expect(clippy::cast_precision_loss, reason = "attempts are few")]
fn share(cell: &Cell) -> f64 {
    cell.successes as f64 / cell.judged as f64
}

#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let numbers: Vec<f64> = numbers.collect();
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Of at least two numbers, without bias.
#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn variance(numbers: impl Iterator<Item = f64>) -> f64 {
    let numbers: Vec<f64> = numbers.collect();
    let mean = mean(numbers.iter().copied());
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    squares / (numbers.len() - 1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::Chance;
    use super::*;
    use crate::benchmark::sec_code_bench_v2::{FIX, GEN};
    use crate::case::{Language, Severity};

    /// Cases whose chances differ by so much, scenarios of each by so much, in so many rounds.
    fn cells(cases: f64, scenarios: f64, rounds: usize) -> Cells {
        let mut chance = Chance::seeded(2);
        let mut cells = Vec::new();
        for case in 0..4_000 {
            let of_case = 0.5 + cases * (chance.share() - 0.5);
            for scenario in [GEN, FIX] {
                let likely = of_case + scenarios * (chance.share() - 0.5);
                cells.push(Cell {
                    case: format!("case-{case}"),
                    language: Language::C,
                    severity: Severity::High,
                    scenario,
                    successes: (0..rounds).filter(|_| chance.share() < likely).count(),
                    judged: rounds,
                });
            }
        }
        Cells::new(cells)
    }

    #[test]
    fn variances_are_those_that_outcomes_were_drawn_with() {
        for (cases, scenarios) in [(0.6, 0.0), (0.0, 0.6), (0.4, 0.4), (0.0, 0.0)] {
            for rounds in [2, 6] {
                let split = VarianceSplit::of(&cells(cases, scenarios, rounds)).expect("cases");
                // A uniform number in a range of r has the variance r² / 12.
                let of = |range: f64| range * range / 12.0;
                let near = |found: f64, expect: f64| (found - expect).abs() < 0.01;
                assert!(near(split.cases, of(cases)), "{cases} {scenarios}: {split:?}");
                assert!(near(split.scenarios, of(scenarios)), "{cases} {scenarios}: {split:?}");
                assert!(near(split.total(), 0.25), "{cases} {scenarios}: {split:?}");
            }
        }
    }

    #[test]
    fn one_round_does_not_say_how_rounds_vary() {
        assert_eq!(VarianceSplit::of(&cells(0.6, 0.0, 1)), None);
        let one = cells(0.6, 0.0, 3).only(|cell| cell.case == "case-7");
        assert_eq!(VarianceSplit::of(&one), None);
        let always = cells(0.0, 0.0, 2);
        let always =
            Cells::new(always.iter().map(|it| Cell { successes: 2, ..it.clone() }).collect());
        let split = VarianceSplit::of(&always).expect("two rounds");
        assert_eq!((split.total(), split.shares()), (0.0, None));
    }
}
