//! All subjects beside each other: who is better than whom beyond chance.

use std::collections::BTreeSet;

use serde::Serialize;

use super::cells::Cells;
use super::compare::{Difference, Exchanges, RankRange, holm, rank_ranges};
use super::contributions::Contributions;
use super::drawn::Drawn;
use super::interval::{Interval, Resampling};
use super::weights::Weights;

/// A difference is beyond chance if its adjusted p-value is below this.
pub const SIGNIFICANT: f64 = 0.05;

/// Subjects in the order of their scores, the best first.
#[derive(Debug, Clone)]
pub struct Leaderboard {
    pub entries: Vec<Entry>,
    /// Every pair of entries that share a case.
    pub pairs: Vec<Pair>,
}

/// A subject's place.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The place among the subjects as they were given.
    pub subject: usize,
    pub score: Option<f64>,
    pub interval: Option<Interval>,
    /// Among those that have a score.
    pub ranks: Option<RankRange>,
}

/// Two entries, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// Places among the entries.
    pub first: usize,
    pub second: usize,
    #[serde(flatten)]
    pub difference: Difference,
    /// The p-value, adjusted for the number of pairs (Holm).
    pub adjusted: f64,
}

impl Pair {
    pub fn is_significant(&self) -> bool {
        self.adjusted < SIGNIFICANT
    }
}

impl Leaderboard {
    /// By the overall score of Pass@k.
    pub fn of(subjects: &[Cells], weights: &Weights, k: usize, resampling: Resampling) -> Self {
        let cases: BTreeSet<&str> = subjects.iter().flat_map(Cells::cases).collect();
        let cases: Vec<&str> = cases.into_iter().collect();
        let scores: Vec<Contributions> =
            subjects.iter().map(|cells| cells.contributions(&cases, weights, k)).collect();
        let mut order: Vec<(usize, Option<f64>)> =
            scores.iter().map(Drawn::score).enumerate().collect();
        // Stable, so that equal scores stay in the order given; those without come last.
        order.sort_by(|(_, a), (_, b)| {
            let rank = |score: &Option<f64>| score.unwrap_or(f64::NEG_INFINITY);
            rank(b).total_cmp(&rank(a))
        });
        let many = order.len() * order.len().saturating_sub(1) / 2;
        let exchanges = Exchanges::for_pairs(many, resampling.seed);
        let mut pairs = Vec::new();
        for first in 0..order.len() {
            for second in first + 1..order.len() {
                let (mine, others) = (&scores[order[first].0], &scores[order[second].0]);
                if let Some(difference) = Difference::between(mine, others, exchanges) {
                    pairs.push(Pair { first, second, difference, adjusted: 1.0 });
                }
            }
        }
        let p_values: Vec<f64> = pairs.iter().map(|pair| pair.difference.p_value).collect();
        for (pair, adjusted) in pairs.iter_mut().zip(holm(&p_values)) {
            pair.adjusted = adjusted;
        }
        // Over the cases of both the lower score of all may be the better one.
        let better: BTreeSet<(usize, usize)> = pairs
            .iter()
            .filter(|pair| pair.is_significant())
            .map(|pair| match pair.difference.difference < 0.0 {
                true => (pair.second, pair.first),
                false => (pair.first, pair.second),
            })
            .collect();
        let ranked = order.iter().filter(|(_, score)| score.is_some()).count();
        let ranks = rank_ranges(ranked, |first, second| better.contains(&(first, second)));
        let entries = order.iter().enumerate().map(|(place, &(subject, score))| Entry {
            subject,
            score,
            interval: scores[subject].mean().map(|mean| mean.interval()),
            ranks: ranks.get(place).copied(),
        });
        Leaderboard { entries: entries.collect(), pairs }
    }

    /// The pairs of entries next to each other.
    pub fn neighbours(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| pair.second == pair.first + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Chance};
    use super::*;
    use crate::benchmark::sec_code_bench_v2;
    use crate::case::{Language, Severity};

    /// A subject that succeeds at each of 40 cases with this chance, 10 times asked.
    fn subject(percent: usize, seed: u64) -> Cells {
        let mut chance = Chance::seeded(seed);
        let cells = (0..40).map(|case| Cell {
            case: format!("case-{case}"),
            language: Language::C,
            severity: Severity::High,
            scenario: sec_code_bench_v2::GEN,
            successes: (0..10).filter(|_| chance.place(100) < percent).count(),
            judged: 10,
        });
        Cells::new(cells.collect())
    }

    #[test]
    fn what_differs_beyond_chance_has_ranks_apart() {
        let subjects = [subject(50, 1), subject(90, 2), subject(51, 3)];
        let board = Leaderboard::of(&subjects, &Weights::paper(), 1, Resampling::default());
        assert_eq!(board.entries[0].subject, 1);
        let ranks: Vec<_> =
            board.entries.iter().flat_map(|it| it.ranks).map(|it| (it.best, it.worst)).collect();
        assert_eq!(ranks, [(1, 1), (2, 3), (2, 3)]);
        for entry in &board.entries {
            let (score, interval) = (entry.score.expect("judged"), entry.interval.expect("judged"));
            assert!(interval.low < score && score < interval.high, "{entry:?}");
            assert!(interval.high - interval.low < 0.2, "{entry:?}");
        }
        assert_eq!(board.neighbours().count(), 2);
    }

    #[test]
    fn the_same_seed_gives_the_same_leaderboard() {
        let subjects = [subject(60, 1), subject(70, 2)];
        let of = |seed| {
            let resampling = Resampling { seed, ..Resampling::default() };
            Leaderboard::of(&subjects, &Weights::paper(), 1, resampling).pairs
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1)[0].difference.p_value, of(2)[0].difference.p_value);
    }

    #[test]
    fn a_pair_is_as_if_nobody_else_were_there() {
        let partly = subject(70, 3).only(|cell| !cell.case.ends_with('7'));
        let subjects = [subject(60, 1), partly, subject(70, 2)];
        let board = Leaderboard::of(&subjects, &Weights::paper(), 1, Resampling::default());
        assert_eq!(board.pairs.len(), 3);
        let all = subjects[0].cases();
        for pair in board.pairs {
            let alone = |entry: usize| subjects[board.entries[entry].subject].clone();
            let of = |cells: Cells| cells.contributions(&all, &Weights::paper(), 1);
            let (first, second) = (of(alone(pair.first)), of(alone(pair.second)));
            let exchanges = Exchanges::for_pairs(3, Resampling::default().seed);
            assert_eq!(Difference::between(&first, &second, exchanges), Some(pair.difference));
        }
    }

    #[test]
    fn one_subject_has_no_pair_and_the_first_rank() {
        let board =
            Leaderboard::of(&[subject(100, 1)], &Weights::paper(), 1, Resampling::default());
        assert!(board.pairs.is_empty());
        assert_eq!(board.entries[0].ranks, Some(RankRange { best: 1, worst: 1 }));
        let interval = board.entries[0].interval.expect("Wilson's at the bound");
        assert!((0.9..1.0).contains(&interval.low) && interval.high == 1.0, "{interval:?}");
    }

    #[test]
    fn who_has_no_score_has_no_rank() {
        let subjects = [Cells::default(), subject(50, 1), subject(90, 2)];
        let board = Leaderboard::of(&subjects, &Weights::paper(), 1, Resampling::default());
        let ranks: Vec<_> = board.entries.iter().map(|it| (it.subject, it.ranks)).collect();
        let range = |rank| Some(RankRange { best: rank, worst: rank });
        assert_eq!(ranks, [(2, range(1)), (1, range(2)), (0, None)]);
    }

    /// An interval of 95 % holds the true value about that often.
    #[test]
    fn intervals_cover_the_truth() {
        let covered = (0..300).filter(|seed| {
            let cells = subject(70, 1_000 + seed);
            let contributions = cells.contributions(&cells.cases(), &Weights::paper(), 1);
            let interval = contributions.mean().expect("judged").interval();
            (interval.low..=interval.high).contains(&0.7)
        });
        let covered = covered.count();
        assert!((270..=300).contains(&covered), "{covered} of 300");
    }
}
