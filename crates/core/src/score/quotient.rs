//! [`Quotient`]: one score as a share of another, such as what is secure of all that works.

use super::contributions::Contributions;
use super::drawn::Drawn;
use super::weighted_mean::WeightedMean;

/// A score over cases divided by another over the same cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Quotient {
    pub part: Contributions,
    pub whole: Contributions,
}

impl Drawn for Quotient {
    /// `None` where the whole is nothing.
    fn score(&self) -> Option<f64> {
        ratio(self.part.score()?, self.whole.score()?)
    }

    fn score_of(&self, counts: &[u16]) -> Option<f64> {
        ratio(self.part.score_of(counts)?, self.whole.score_of(counts)?)
    }

    fn cases_that_count(&self) -> f64 {
        self.whole.cases_that_count()
    }

    /// Each case by what it adds to the whole.
    fn mean(&self) -> Option<WeightedMean> {
        let value = |[part, whole]: [f64; 2]| (whole, ratio(part, whole).unwrap_or(0.0));
        WeightedMean::of(self.parts().into_iter().map(value))
    }
}

impl Quotient {
    /// Both over the cells that both have.
    pub fn over_common_cells(&self, other: &Quotient) -> (Quotient, Quotient) {
        let (part, other_part) = self.part.over_common_cells(&other.part);
        let (whole, other_whole) = self.whole.over_common_cells(&other.whole);
        (Quotient { part, whole }, Quotient { part: other_part, whole: other_whole })
    }

    /// What each case adds to the part and to the whole.
    pub(super) fn parts(&self) -> Vec<[f64; 2]> {
        self.part.parts().zip(self.whole.parts()).map(|(part, whole)| [part, whole]).collect()
    }
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Cells, Chance, Difference, Exchanges};
    use super::*;
    use crate::benchmark::sec_code_bench_v2;
    use crate::case::{Language, Severity};
    use crate::score::Weights;

    /// Of 10 rounds at each of 30 cases so many work, and of those about this share is secure.
    fn quotient(works: usize, percent: usize, seed: u64) -> Quotient {
        let mut chance = Chance::seeded(seed);
        let mut cells = [Vec::new(), Vec::new()];
        for case in 0..30 {
            let secure = (0..works).filter(|_| chance.place(100) < percent).count();
            for (place, successes) in [secure, works].into_iter().enumerate() {
                cells[place].push(Cell {
                    case: format!("case-{case:02}"),
                    language: Language::C,
                    severity: Severity::High,
                    scenario: sec_code_bench_v2::GEN,
                    successes,
                    judged: 10,
                });
            }
        }
        let [part, whole] = cells.map(|cells| {
            let cells = Cells::new(cells);
            cells.contributions(&cells.cases(), &Weights::paper(), 1)
        });
        Quotient { part, whole }
    }

    fn difference(one: &Quotient, other: &Quotient) -> Option<Difference> {
        Difference::of_quotients(one, other, Exchanges::for_pairs(1, 0))
    }

    #[test]
    fn who_works_more_often_is_not_more_secure_for_it() {
        let (one, other) = (quotient(9, 50, 1), quotient(4, 50, 2));
        let found = difference(&one, &other).expect("both work");
        assert!(found.difference.abs() < 0.1 && found.p_value > 0.05, "{found:?}");
        assert!(found.interval.low < 0.0 && 0.0 < found.interval.high, "{found:?}");
        let better = difference(&quotient(4, 90, 3), &one).expect("both work");
        assert!(better.difference > 0.3 && better.p_value < 0.001, "{better:?}");
        assert!(better.interval.low > 0.2 && better.interval.high < 0.6, "{better:?}");
    }

    #[test]
    fn of_code_that_never_works_nothing_is_known() {
        let (one, never) = (quotient(9, 50, 1), quotient(0, 50, 2));
        assert_eq!(never.score(), None);
        assert_eq!(difference(&one, &never), None);
    }
}
