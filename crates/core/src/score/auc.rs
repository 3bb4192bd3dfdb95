//! [`Auc`]: how often a vulnerable program has a higher score than one that is not, the area under
//! the receiver operating characteristic (Mann and Whitney, 1947; Hanley and McNeil, "The Meaning
//! and Use of the Area under a Receiver Operating Characteristic (ROC) Curve", 1982).

use super::drawn::Drawn;

/// A program's score, the truth, and the number of the group that it is drawn with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    pub score: f64,
    pub vulnerable: bool,
    pub group: usize,
}

/// The area under the curve of scored programs. Equal scores count half.
#[derive(Debug, Clone, PartialEq)]
pub struct Auc {
    /// In order of their scores, the lowest first.
    programs: Vec<Scored>,
    groups: usize,
}

impl Auc {
    /// Of programs whose groups are numbered from 0; a score that is not a number is left out.
    pub fn of(programs: impl IntoIterator<Item = Scored>) -> Auc {
        let numbers = programs.into_iter().filter(|program| !program.score.is_nan());
        let mut programs: Vec<Scored> = numbers.collect();
        programs.sort_by(|one, other| one.score.total_cmp(&other.score));
        let groups = programs.iter().map(|program| program.group + 1).max().unwrap_or(0);
        Auc { programs, groups }
    }

    /// The area where each group counts so often. `None` unless there are programs of both kinds.
    fn weighed(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut vulnerable, mut secure, mut won) = (0.0, 0.0, 0.0);
        for equal in self.programs.chunk_by(|one, other| one.score == other.score) {
            let (mut here, mut others) = (0.0, 0.0);
            for program in equal {
                let sum = if program.vulnerable { &mut here } else { &mut others };
                *sum += weight(program.group);
            }
            won += here * (secure + others / 2.0);
            vulnerable += here;
            secure += others;
        }
        let pairs = vulnerable * secure;
        (pairs > 0.0).then(|| won / pairs)
    }
}

impl Drawn for Auc {
    fn score(&self) -> Option<f64> {
        self.weighed(|_| 1.0)
    }

    fn score_of(&self, counts: &[u16]) -> Option<f64> {
        self.weighed(|group| counts.get(group).copied().map_or(0.0, f64::from))
    }

    #[expect(clippy::cast_precision_loss, reason = "groups are few")]
    fn cases_that_count(&self) -> f64 {
        self.groups as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;

    fn auc(scores: &[(f64, bool)]) -> Option<f64> {
        let programs = scores.iter().zip(0..);
        Auc::of(programs.map(|((score, vulnerable), group)| Scored {
            score: *score,
            vulnerable: *vulnerable,
            group,
        }))
        .score()
    }

    #[test]
    fn it_is_the_share_of_pairs_in_the_right_order() {
        let check = |scores: &[(f64, bool)], expect: Option<f64>| {
            assert_eq!(auc(scores), expect, "{scores:?}");
        };
        check(&[(0.9, true), (0.1, false)], Some(1.0));
        check(&[(0.1, true), (0.9, false)], Some(0.0));
        check(&[(0.5, true), (0.5, false)], Some(0.5));
        // Of six pairs: 0.8 wins three, and 0.4 wins one, ties with one and loses one.
        let mixed =
            [(0.8, true), (0.4, true), (0.1, false), (0.4, false), (0.6, false), (f64::NAN, true)];
        check(&mixed, Some(4.5 / 6.0));
        check(&[(0.8, true), (0.4, true)], None);
        check(&[], None);
    }

    /// Counted pair by pair.
    fn by_pairs(scores: &[(f64, bool)]) -> f64 {
        let of = |kind| scores.iter().filter(move |it| it.1 == kind).map(|it| it.0);
        let won = of(true).flat_map(|mine| of(false).map(move |other| (mine, other)));
        let won: Vec<f64> = won
            .map(|(mine, other)| match mine.total_cmp(&other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            })
            .collect();
        won.iter().sum::<f64>() / f64::from(u32::try_from(won.len()).expect("few"))
    }

    #[test]
    fn neither_order_nor_scale_changes_it_and_exchanged_labels_turn_it_round() {
        let mut chance = Chance::seeded(7);
        for _ in 0..200 {
            let mut scores: Vec<(f64, bool)> = (0..12)
                .map(|_| ((chance.share() * 6.0).floor(), chance.share() < 0.6))
                .chain([(3.0, true), (2.0, false)])
                .collect();
            let found = auc(&scores).expect("both kinds");
            assert!((found - by_pairs(&scores)).abs() < 1e-12, "{scores:?}");
            let scaled: Vec<_> = scores.iter().map(|it| ((it.0 / 2.0).exp(), it.1)).collect();
            assert!((auc(&scaled).expect("both") - found).abs() < 1e-12);
            let other: Vec<_> = scores.iter().map(|it| (it.0, !it.1)).collect();
            assert!((auc(&other).expect("both") - (1.0 - found)).abs() < 1e-12);
            for place in (1..scores.len()).rev() {
                scores.swap(place, chance.place(place + 1));
            }
            assert!((auc(&scores).expect("both") - found).abs() < 1e-12);
        }
    }

    #[test]
    fn a_group_that_is_drawn_twice_counts_twice() {
        let scores = [(0.9, true), (0.2, true), (0.5, false), (0.1, false)];
        let all = scores.iter().zip(0..);
        let all = all.map(|((score, vulnerable), group)| Scored {
            score: *score,
            vulnerable: *vulnerable,
            group,
        });
        let auc = Auc::of(all);
        // 0.9 and 0.2 twice, against 0.5 alone.
        assert_eq!(auc.score_of(&[1, 2, 1, 0]), Some(1.0 / 3.0));
        assert_eq!(auc.score_of(&[1, 1, 0, 0]), None);
    }
}
