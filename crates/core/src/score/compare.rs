//! Two subjects side by side, paired by case.

use serde::Serialize;

use super::chance::Chance;
use super::contributions::Contributions;
use super::drawn::Drawn;
use super::interval::Interval;
use super::quotient::Quotient;

/// How one subject's score differs from another's, over the cases that both have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// The first minus the second, in [-1, 1].
    pub difference: f64,
    /// Of 95 %, as the two vary over cases together.
    pub interval: Interval,
    /// How often a difference as large comes about by chance, if which of the two
    /// answered a case means nothing: a permutation test that exchanges them case by case.
    pub p_value: f64,
}

/// How often two subjects are exchanged at random, at most.
const PERMUTATIONS: u32 = 10_000;

/// After so many exchanges with a difference as large as that observed, chance has done
/// it often enough (Besag and Clifford, "Sequential Monte Carlo p-values", 1991).
const ENOUGH: u32 = 200;

impl Difference {
    /// `None` where one of them has no score over the cases of both. Both are over the same
    /// cases.
    pub fn between(
        one: &Contributions,
        other: &Contributions,
        exchanges: Exchanges,
    ) -> Option<Difference> {
        let (first, second) = one.over_common_cells(other);
        Difference::of(&first, &second, || exchanges.p_value(&first, &second))
    }

    /// The same of two quotients over the same cases.
    pub fn of_quotients(
        one: &Quotient,
        other: &Quotient,
        exchanges: Exchanges,
    ) -> Option<Difference> {
        let (first, second) = one.over_common_cells(other);
        Difference::of(&first, &second, || exchanges.p_value_of_quotients(&first, &second))
    }

    /// Of two that are over the same cells.
    fn of(
        first: &impl Drawn,
        second: &impl Drawn,
        p_value: impl FnOnce() -> f64,
    ) -> Option<Difference> {
        Some(Difference {
            difference: first.score()? - second.score()?,
            interval: first.mean()?.interval_of_difference(&second.mean()?),
            p_value: p_value(),
        })
    }
}

/// A permutation test that exchanges two subjects case by case.
#[derive(Debug, Clone, Copy)]
pub struct Exchanges {
    pub seed: u64,
    pub most: u32,
}

impl Exchanges {
    /// Enough that one pair of so many can still be beyond chance once its p-value is
    /// adjusted for their number: the smallest p-value is 1 / (1 + most).
    pub fn for_pairs(pairs: usize, seed: u64) -> Exchanges {
        let wanted = u32::try_from(pairs.saturating_mul(50)).unwrap_or(u32::MAX);
        Exchanges { seed, most: wanted.clamp(PERMUTATIONS, 100 * PERMUTATIONS) }
    }

    /// The share of exchanges whose difference is at least as large, the observed one among
    /// them (Phipson and Smyth, "Permutation P-values Should Never Be Zero", 2010).
    fn p_value(self, first: &Contributions, second: &Contributions) -> f64 {
        let parts: Vec<f64> = first
            .parts()
            .zip(second.parts())
            .map(|(mine, other)| mine - other)
            .filter(|part| *part != 0.0)
            .collect();
        let observed = parts.iter().sum::<f64>().abs();
        self.share_as_large(observed, |chance| exchanged(&parts, chance).abs())
    }

    fn p_value_of_quotients(self, first: &Quotient, second: &Quotient) -> f64 {
        let pairs: Vec<_> = first.parts().into_iter().zip(second.parts()).collect();
        let apart = |sums: [[f64; 2]; 2]| {
            let of = |[part, whole]: [f64; 2]| if whole > 0.0 { part / whole } else { 0.0 };
            (of(sums[0]) - of(sums[1])).abs()
        };
        let sum = |is_exchanged: &mut dyn FnMut() -> bool| {
            let mut sums = [[0.0; 2]; 2];
            for (mine, other) in &pairs {
                let (mine, other) = if is_exchanged() { (other, mine) } else { (mine, other) };
                for place in [0, 1] {
                    sums[0][place] += mine[place];
                    sums[1][place] += other[place];
                }
            }
            apart(sums)
        };
        let observed = sum(&mut || false);
        self.share_as_large(observed, |chance| sum(&mut || chance.bits() & 1 == 0))
    }

    /// How often chance makes a difference as large, until it has done so often enough.
    fn share_as_large(self, observed: f64, mut make: impl FnMut(&mut Chance) -> f64) -> f64 {
        let mut chance = Chance::seeded(self.seed);
        let mut as_large = 0;
        for made in 1..=self.most {
            // What is equal but for rounding is as large.
            as_large += u32::from(make(&mut chance) >= observed - 1e-12);
            if as_large == ENOUGH {
                return f64::from(ENOUGH) / f64::from(made);
            }
        }
        f64::from(as_large + 1) / f64::from(self.most + 1)
    }
}

/// The sum of parts of which each has its sign by chance.
fn exchanged(parts: &[f64], chance: &mut Chance) -> f64 {
    let mut sum = 0.0;
    for parts in parts.chunks(64) {
        let mut bits = chance.bits();
        for part in parts {
            sum += if bits & 1 == 0 { *part } else { -*part };
            bits >>= 1;
        }
    }
    sum
}

/// P-values adjusted for how many there are (Holm, "A Simple Sequentially Rejective
/// Multiple Test Procedure", 1979), in the order given.
#[expect(clippy::cast_precision_loss, reason = "as many as there are pairs")]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, place) in order.into_iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        largest = largest.max((p_values[place] * factor).min(1.0));
        adjusted[place] = largest;
    }
    adjusted
}

/// The first and the last rank that a subject may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RankRange {
    /// From 1: one more than there are subjects that are better beyond chance.
    pub best: usize,
    pub worst: usize,
}

/// The rank range of each subject, given for each pair of places whether the first is
/// better than the second beyond chance.
pub fn rank_ranges(subjects: usize, is_better: impl Fn(usize, usize) -> bool) -> Vec<RankRange> {
    let count = |better: &dyn Fn(usize) -> bool| (0..subjects).filter(|it| better(*it)).count();
    (0..subjects)
        .map(|place| RankRange {
            best: 1 + count(&|other| is_better(other, place)),
            worst: subjects - count(&|other| is_better(place, other)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_is_as_in_r() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        let found = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expect) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expect).abs() < 1e-12, "{found} {expect}");
        }
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert_eq!(holm(&[0.6, 0.9]), [1.0, 1.0]);
    }

    #[test]
    fn ranks_reach_as_far_as_chance_does() {
        // 0 is better than 2; neither differs from 1.
        let ranges = rank_ranges(3, |first, second| (first, second) == (0, 2));
        let expect = [(1, 2), (1, 3), (2, 3)];
        for (range, (best, worst)) in ranges.iter().zip(expect) {
            assert_eq!((range.best, range.worst), (best, worst));
        }
    }
}
