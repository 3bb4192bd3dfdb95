//! [`Item`]: what a case says of the subjects that were asked: whether it tells the better ones
//! from the others, or nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cells::Cells;

/// One case over all subjects.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Item {
    pub case: String,
    /// Subjects with a judged attempt at it.
    pub subjects: usize,
    /// The mean over subjects of the share of their successes.
    pub mean: f64,
    /// The shares of the worst and of the best subject.
    pub least: f64,
    pub most: f64,
    /// How far the share of a subject at this case goes with its share at all others: their
    /// correlation, in [-1, 1] (Henrysson, "Correction of Item-Total Correlations in Item
    /// Analysis", 1963). `None` with less than three subjects, or where one of the two is the same
    /// for all.
    pub discrimination: Option<f64>,
    pub telling: Telling,
}

/// What a case says, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Telling {
    /// Who is better elsewhere is better here.
    Separates,
    /// Subjects differ, and hardly as they do elsewhere.
    Little,
    /// Who is better elsewhere is worse here: worth a look at its tests.
    Against,
    /// Every subject always succeeds.
    AllPass,
    /// No subject ever succeeds.
    NonePasses,
    /// All have the same share.
    Same,
}

/// A correlation from which a case separates subjects, by the custom of test theory (Ebel and
/// Frisbie, "Essentials of Educational Measurement", 1991).
const SEPARATES: f64 = 0.3;

/// One below which it says the opposite of the others.
const AGAINST: f64 = -0.2;

impl Telling {
    pub const ALL: [Telling; 6] = [
        Telling::Separates,
        Telling::Little,
        Telling::Against,
        Telling::AllPass,
        Telling::NonePasses,
        Telling::Same,
    ];

    /// Whether subjects would be told apart as well without the case.
    pub fn is_nothing(self) -> bool {
        matches!(self, Telling::AllPass | Telling::NonePasses | Telling::Same)
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Telling::Separates => "separates the better from the others",
            Telling::Little => "says little",
            Telling::Against => "says the opposite of the others",
            Telling::AllPass => "nothing: all succeed",
            Telling::NonePasses => "nothing: none succeeds",
            Telling::Same => "nothing: all are alike",
        }
    }
}

/// Every case of these subjects, in order of ids. Empty with less than two subjects.
pub fn items(subjects: &[Cells]) -> Vec<Item> {
    if subjects.len() < 2 {
        return Vec::new();
    }
    let mut cases: BTreeMap<String, Vec<(usize, f64)>> = BTreeMap::new();
    let shares: Vec<BTreeMap<&str, f64>> = subjects.iter().map(shares).collect();
    let totals: Vec<(f64, usize)> =
        shares.iter().map(|shares| (shares.values().sum(), shares.len())).collect();
    for (subject, shares) in shares.iter().enumerate() {
        for (case, share) in shares {
            cases.entry((*case).to_owned()).or_default().push((subject, *share));
        }
    }
    let several = cases.into_iter().filter(|(_, found)| found.len() > 1);
    several.map(|(case, found)| item(case, &found, &totals)).collect()
}

/// `totals` are the sum and the number of the shares of each subject.
#[expect(clippy::cast_precision_loss, reason = "cases are few")]
fn item(case: String, found: &[(usize, f64)], totals: &[(f64, usize)]) -> Item {
    let here: Vec<f64> = found.iter().map(|(_, share)| *share).collect();
    // A subject that has nothing but this case says nothing of others.
    let elsewhere = |subject: usize, share: f64| {
        let (sum, cases) = totals[subject];
        (cases > 1).then(|| (sum - share) / (cases - 1) as f64)
    };
    let pairs =
        found.iter().filter_map(|(subject, share)| Some((*share, elsewhere(*subject, *share)?)));
    let discrimination = correlation(&pairs.collect::<Vec<_>>());
    let (least, most) =
        here.iter().fold((1.0_f64, 0.0_f64), |(low, high), it| (low.min(*it), high.max(*it)));
    let telling = match discrimination {
        _ if least >= 1.0 => Telling::AllPass,
        _ if most <= 0.0 => Telling::NonePasses,
        _ if most - least < 1e-12 => Telling::Same,
        Some(found) if found >= SEPARATES => Telling::Separates,
        Some(found) if found <= AGAINST => Telling::Against,
        // Two subjects are told apart by a case where they differ by a half.
        None if here.len() == 2 && most - least >= 0.5 => Telling::Separates,
        _ => Telling::Little,
    };
    let mean = mean(here.iter().copied()).unwrap_or_default();
    Item { case, subjects: here.len(), mean, least, most, discrimination, telling }
}

/// The share of successes at each case, over all of its scenarios and rounds.
#[expect(clippy::cast_precision_loss, reason = "attempts are few")]
fn shares(cells: &Cells) -> BTreeMap<&str, f64> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for cell in cells.iter() {
        let (successes, judged) = counts.entry(&cell.case).or_default();
        *successes += cell.successes;
        *judged += cell.judged;
    }
    let share = |(case, (successes, judged))| (case, successes as f64 / judged as f64);
    counts.into_iter().map(share).collect()
}

#[expect(clippy::cast_precision_loss, reason = "cases are few")]
fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let numbers: Vec<f64> = numbers.collect();
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}

/// Pearson's; `None` with less than three pairs, or where one side does not vary.
fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let first = mean(pairs.iter().map(|it| it.0))?;
    let second = mean(pairs.iter().map(|it| it.1))?;
    let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
        pairs.iter().map(|(a, b)| of(a - first, b - second)).sum()
    };
    let (squares, others) = (sum(&|a, _| a * a), sum(&|_, b| b * b));
    (squares > 1e-12 && others > 1e-12).then(|| sum(&|a, b| a * b) / (squares * others).sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::Cell;
    use super::*;
    use crate::benchmark::sec_code_bench_v2::GEN;
    use crate::case::{Language, Severity};

    /// A subject by its successes of four at each case.
    fn subject(successes: &[usize]) -> Cells {
        let cell = |(case, successes): (usize, &usize)| Cell {
            case: format!("case-{case}"),
            language: Language::C,
            severity: Severity::High,
            scenario: GEN,
            successes: *successes,
            judged: 4,
        };
        Cells::new(successes.iter().enumerate().map(cell).collect())
    }

    #[test]
    fn a_case_is_read_by_who_succeeds_at_it() {
        let subjects = [
            subject(&[4, 0, 4, 0, 2, 4, 2, 4, 4]),
            subject(&[4, 0, 3, 1, 2, 3, 0, 2, 2]),
            subject(&[4, 0, 1, 3, 2, 1, 2, 0, 0]),
        ];
        let found = items(&subjects);
        let told: Vec<Telling> = found.iter().map(|item| item.telling).collect();
        assert_eq!(
            told,
            [
                Telling::AllPass,
                Telling::NonePasses,
                Telling::Separates,
                Telling::Against,
                Telling::Same,
                Telling::Separates,
                Telling::Little,
                Telling::Separates,
                Telling::Separates,
            ],
            "{found:?}"
        );
        assert_eq!((found[2].least, found[2].most), (0.25, 1.0));
        assert!((found[2].mean - 8.0 / 12.0).abs() < 1e-12);
        assert_eq!(found[0].discrimination, None);
    }

    #[test]
    fn two_subjects_are_told_apart_by_how_much_they_differ() {
        let found = items(&[subject(&[4, 3, 4]), subject(&[1, 2, 4])]);
        let told: Vec<Telling> = found.iter().map(|item| item.telling).collect();
        assert_eq!(told, [Telling::Separates, Telling::Little, Telling::AllPass]);
        assert_eq!(items(&[subject(&[4])]), []);
    }
}
