//! How subjects do on variants of cases, beside the originals: who knows a case by heart does
//! worse on its variant.

use std::collections::BTreeMap;

use assay_core::score::{Cells, Difference, Drawn as _, Exchanges, Metric, Weights};
use serde::Serialize;

use super::quantity::{count, percent, points};
use super::{RunData, SubjectScore};

/// A score of one subject over cases that have variants, and over the variants.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct VariantScore {
    pub subject: String,
    /// `unweighted` (secure) or `functional`; all cases count alike.
    #[serde(serialize_with = "as_text")]
    pub score: Metric,
    /// How many cases have a variant.
    pub cases: usize,
    pub original: f64,
    pub variant: f64,
    /// The variants minus the originals, paired by case.
    #[serde(flatten)]
    pub change: Difference,
}

fn as_text<S: serde::Serializer>(metric: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(metric)
}

/// The heads of the columns that [`VariantScore::cells`] fills.
pub(super) const HEADS: [&str; 7] =
    ["score", "cases", "original", "variant", "change", "95 %", "p"];

impl VariantScore {
    /// What a row of a table shows beside the subject.
    pub(super) fn cells(&self) -> [String; 7] {
        let Difference { difference, interval, p_value } = self.change;
        let name = if self.score == Metric::Functional { "functional" } else { "secure" };
        [
            name.to_owned(),
            count(self.cases),
            percent(Some(self.original)),
            percent(Some(self.variant)),
            points(difference),
            format!("{} to {}", points(interval.low), points(interval.high)),
            format!("{p_value:.4}"),
        ]
    }
}

impl RunData {
    /// The scores of each subject over cases with variants; none where the run has no variant, or
    /// lacks the originals.
    pub fn variants(&self) -> Vec<VariantScore> {
        let originals: BTreeMap<&str, &str> = self
            .info
            .cases
            .iter()
            .filter_map(|case| Some((case.id.as_str(), case.variant_of.as_deref()?)))
            .collect();
        if originals.is_empty() {
            return Vec::new();
        }
        let metrics = [Metric::Unweighted, Metric::Functional];
        let scores = self.subjects.iter().flat_map(|subject| {
            let originals = &originals;
            metrics.into_iter().filter_map(move |metric| self.variant(subject, metric, originals))
        });
        scores.collect()
    }

    /// One score, over the cases of which the subject has both.
    fn variant(
        &self,
        subject: &SubjectScore,
        metric: Metric,
        originals: &BTreeMap<&str, &str>,
    ) -> Option<VariantScore> {
        let cells = match metric {
            Metric::Functional => &subject.functional,
            _ => &subject.successes,
        };
        let variants = cells
            .only(|cell| originals.contains_key(cell.case.as_str()))
            .gathered(|id| originals.get(id).copied().unwrap_or(id).to_owned());
        let wanted = variants.cases();
        let plain = cells.only(|cell| wanted.contains(&cell.case.as_str()));
        let cases = plain.cases();
        let contributions = |cells: &Cells| cells.contributions(&cases, &Weights::equal(), 1);
        let (before, after) = (contributions(&plain), contributions(&variants));
        let (before_both, after_both) = before.over_common_cells(&after);
        let (original, variant) = (before_both.score()?, after_both.score()?);
        let exchanges = Exchanges::for_pairs(1, self.scoring.resampling.seed);
        Some(VariantScore {
            subject: subject.name.clone(),
            score: metric,
            cases: cases.len(),
            original,
            variant,
            change: Difference::between(&after, &before, exchanges)?,
        })
    }
}
