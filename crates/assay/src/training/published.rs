//! The numbers of samples that CoV-Eval publishes (Mou et al., 2025, Tables 7 and 8), to stand beside
//! those of an export.

use super::example::Kind;
use super::source::SourceKind;

/// A row of one of the tables that an export can have a number for.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) table: u8,
    pub(super) kind: Kind,
    /// The sources of ours that it is compared with; none is all of them.
    pub(super) of: Option<SourceKind>,
    /// What the paper calls it.
    pub(super) title: &'static str,
    pub(super) samples: Option<usize>,
}

const ANSWERS: &str = "LLM-generated code, annotated by people";
const DETECTION: &str = "the detection test set";
const BIG_VUL: &str = "BigVul";
const SC_IFT: &str = "SC-IFT";

/// Table 7, and those rows of Table 8 that an export has examples of.
pub(super) const ROWS: [Row; 11] = [
    row(7, Kind::Judgement, Some(SourceKind::Answers), ANSWERS, Some(216)),
    row(7, Kind::Classification, Some(SourceKind::Answers), ANSWERS, Some(216)),
    row(7, Kind::Repair, Some(SourceKind::Answers), ANSWERS, None),
    row(7, Kind::Judgement, Some(SourceKind::Programs), DETECTION, Some(531)),
    row(7, Kind::Classification, Some(SourceKind::Programs), DETECTION, Some(531)),
    row(7, Kind::Repair, Some(SourceKind::Programs), DETECTION, None),
    row(7, Kind::Judgement, Some(SourceKind::BigVul), BIG_VUL, Some(4_486)),
    row(7, Kind::Classification, Some(SourceKind::BigVul), BIG_VUL, Some(4_486)),
    row(7, Kind::Repair, Some(SourceKind::BigVul), BIG_VUL, Some(4_486)),
    row(8, Kind::Completion, None, SC_IFT, Some(1_200)),
    row(8, Kind::Generation, None, SC_IFT, Some(1_200)),
];

const fn row(
    table: u8,
    kind: Kind,
    of: Option<SourceKind>,
    title: &'static str,
    samples: Option<usize>,
) -> Row {
    Row { table, kind, of, title, samples }
}

/// The sum of a kind over all sources, where the paper has such examples.
pub fn published(kind: Kind) -> Option<usize> {
    ROWS.iter().filter(|row| row.kind == kind).filter_map(|row| row.samples).reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_those_of_the_paper() {
        let of = |table: u8| -> usize {
            ROWS.iter().filter(|row| row.table == table).filter_map(|row| row.samples).sum()
        };
        assert_eq!([of(7), of(8)], [14_952, 2_400]);
        assert_eq!(published(Kind::Judgement), Some(5_233));
        assert_eq!(published(Kind::Preference), None);
    }
}
