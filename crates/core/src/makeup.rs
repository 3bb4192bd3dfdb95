//! [`Makeup`]: of what cases a corpus is made up, and of what that of SecCodeBench-V2 is (paper,
//! Tables 3 and 4).

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Case, Language, Severity};
use crate::cwe::Cwe;

/// How many cases there are of a language, by their severities and weaknesses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Makeup {
    pub cases: usize,
    pub severities: BTreeMap<Severity, usize>,
    /// A case that names two weaknesses counts for both.
    pub weaknesses: BTreeMap<Cwe, usize>,
}

impl Makeup {
    /// The makeup of some cases.
    pub fn of<'a>(cases: impl Iterator<Item = &'a Case>) -> Makeup {
        let mut makeup = Makeup::default();
        for case in cases {
            makeup.cases += 1;
            *makeup.severities.entry(case.severity).or_insert(0) += 1;
            let weaknesses: BTreeSet<Cwe> =
                case.cwe.iter().filter_map(|cwe| cwe.parse().ok()).collect();
            for cwe in weaknesses {
                *makeup.weaknesses.entry(cwe).or_insert(0) += 1;
            }
        }
        makeup
    }

    pub fn severity(&self, severity: Severity) -> usize {
        self.severities.get(&severity).copied().unwrap_or_default()
    }

    pub fn weakness(&self, weakness: Cwe) -> usize {
        self.weaknesses.get(&weakness).copied().unwrap_or_default()
    }

    /// What this has that `other` lacks, of cases, severities and weaknesses each by itself: a case
    /// of one severity does not stand for one of another.
    #[must_use]
    pub fn beyond(&self, other: &Makeup) -> Makeup {
        let more = |own: usize, other: usize| own.saturating_sub(other);
        let severities =
            self.severities.iter().map(|(it, own)| (*it, more(*own, other.severity(*it))));
        let weaknesses =
            self.weaknesses.iter().map(|(it, own)| (*it, more(*own, other.weakness(*it))));
        Makeup {
            cases: more(self.cases, other.cases),
            severities: severities.filter(|(_, count)| *count > 0).collect(),
            weaknesses: weaknesses.filter(|(_, count)| *count > 0).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.cases == 0 && self.severities.is_empty() && self.weaknesses.is_empty()
    }
}

/// A language with its critical, high and medium cases (Table 3), and the weaknesses of their
/// labels (Table 4).
type Row = (Language, [usize; 3], &'static [(u32, usize)]);

/// C stands for C and C++.
const PAPER: [Row; 5] = [
    (Language::C, [11, 4, 0], &[(78, 1), (94, 1), (125, 4), (415, 2), (787, 9)]),
    (Language::Go, [5, 5, 3], &[(78, 2), (79, 2), (89, 2), (94, 3), (352, 1), (918, 3)]),
    (
        Language::Java,
        [8, 33, 12],
        &[
            (22, 3),
            (78, 2),
            (79, 1),
            (89, 8),
            (94, 2),
            (117, 1),
            (200, 2),
            (327, 1),
            (328, 1),
            (330, 1),
            (502, 7),
            (601, 1),
            (611, 12),
            (643, 1),
            (798, 1),
            (917, 1),
            (918, 8),
            (1336, 3),
        ],
    ),
    (Language::NodeJs, [2, 2, 0], &[(22, 2), (78, 2)]),
    (Language::Python, [8, 5, 0], &[(78, 2), (89, 3), (94, 1), (502, 3), (918, 2), (1336, 2)]),
];

/// What the paper's benchmark has of a language; `None` of one that is none of its.
pub fn of_paper(language: Language) -> Option<Makeup> {
    let (_, severities, weaknesses) = PAPER.iter().find(|(it, ..)| *it == language)?;
    Some(Makeup {
        cases: severities.iter().sum(),
        severities: Severity::ALL.into_iter().zip(*severities).collect(),
        weaknesses: weaknesses.iter().map(|(number, count)| (Cwe(*number), *count)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_tables_add_up_to_its_totals() {
        let all: Vec<Makeup> = Language::ALL.into_iter().filter_map(of_paper).collect();
        let cases: usize = all.iter().map(|it| it.cases).sum();
        let of = |severity| all.iter().map(|it| it.severity(severity)).sum::<usize>();
        assert_eq!((cases, Severity::ALL.map(of)), (98, [34, 49, 15]));
        let total = |number| all.iter().map(|it| it.weakness(Cwe(number))).sum::<usize>();
        let totals =
            [22, 78, 79, 89, 94, 117, 125, 200, 327, 328, 330, 352, 415, 502, 601, 611].map(total);
        assert_eq!(totals, [5, 9, 3, 13, 7, 1, 4, 2, 1, 1, 1, 1, 2, 10, 1, 12]);
        assert_eq!([643, 787, 798, 917, 918, 1336].map(total), [1, 9, 1, 1, 13, 5]);
    }

    #[test]
    fn what_is_beyond_is_counted_by_itself() {
        let makeup = |cases, critical, cwe: &[(u32, usize)]| Makeup {
            cases,
            severities: [(Severity::Critical, critical)].into(),
            weaknesses: cwe.iter().map(|(number, count)| (Cwe(*number), *count)).collect(),
        };
        let (own, other) = (makeup(3, 1, &[(22, 2), (78, 1)]), makeup(2, 2, &[(22, 1), (89, 1)]));
        let beyond = own.beyond(&other);
        assert_eq!((beyond.cases, beyond.severity(Severity::Critical)), (1, 0));
        assert_eq!(beyond.weaknesses, [(Cwe(22), 1), (Cwe(78), 1)].into());
        assert_eq!(other.beyond(&own), makeup(0, 1, &[(89, 1)]));
        assert!(own.beyond(&own).is_empty());
    }
}
