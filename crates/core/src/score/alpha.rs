//! Krippendorff's alpha: how far raters agree beyond what chance would give.
//!
//! Source: Klaus Krippendorff, "Computing Krippendorff's Alpha-Reliability", University
//! of Pennsylvania, 2011 (<https://repository.upenn.edu/asc_papers/43>), for nominal data
//! and any number of raters; ratings may be missing. 1 is perfect agreement, 0 is what
//! chance gives, below it is disagreement.

use std::collections::BTreeMap;

/// Alpha of rated units, each with the values that raters gave it; who gave which does
/// not matter. `None` where nothing can be said: no unit has two ratings, or all ratings
/// are the same value, so that there was nothing to disagree on.
#[expect(clippy::cast_precision_loss, reason = "ratings are few")]
pub fn nominal<V: Ord>(
    units: impl IntoIterator<Item = impl IntoIterator<Item = V>>,
) -> Option<f64> {
    // The sums of the coincidence matrix: what lies off its diagonal, its margins, and
    // all of it.
    let mut disagreements = 0.0;
    let mut margins: BTreeMap<V, f64> = BTreeMap::new();
    let mut pairable = 0.0;
    for unit in units {
        let mut counts: BTreeMap<V, usize> = BTreeMap::new();
        for value in unit {
            *counts.entry(value).or_insert(0) += 1;
        }
        let ratings: usize = counts.values().sum();
        // A value that is alone in its unit pairs with nothing.
        if ratings < 2 {
            continue;
        }
        pairable += ratings as f64;
        for (value, count) in counts {
            let pairs = count * (ratings - count);
            disagreements += pairs as f64 / (ratings - 1) as f64;
            *margins.entry(value).or_insert(0.0) += count as f64;
        }
    }
    let squares: f64 = margins.values().map(|count| count * count).sum();
    let expected = pairable * pairable - squares;
    (expected > 0.0).then(|| 1.0 - (pairable - 1.0) * disagreements / expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alpha of raters' values, one character a unit, `.` where there is none.
    fn alpha(raters: &[&str]) -> Option<f64> {
        let units = raters.iter().map(|rater| rater.len()).max().unwrap_or(0);
        nominal((0..units).map(|unit| {
            let values = raters.iter().map(move |rater| char::from(rater.as_bytes()[unit]));
            values.filter(|value| *value != '.').collect::<Vec<_>>()
        }))
    }

    /// The worked examples of the source: section A, binary data of two observers (Meg
    /// and Owen); B, nominal data of two (Ben and Gerry); C, nominal data of four, some of
    /// it missing. Its figures have three decimal places.
    #[test]
    fn published_examples_are_reproduced() {
        let check = |raters: &[&str], expect: f64| {
            let alpha = alpha(raters).expect("there is disagreement");
            assert!((alpha - expect).abs() < 0.0005, "{raters:?}: {alpha}");
        };
        check(&["0100000010", "1110010000"], 0.095);
        check(&["aabbdcccedda", "babbbccceddd"], 0.692);
        check(&["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743);
    }

    #[test]
    fn agreement_on_everything_is_one_and_nothing_to_disagree_on_is_none() {
        assert_eq!(alpha(&["0101", "0101", "0101"]), Some(1.0));
        assert_eq!(alpha(&["1111", "1111"]), None);
        assert_eq!(alpha(&["01.", "..1"]), None);
        assert_eq!(alpha(&[]), None);
    }
}
