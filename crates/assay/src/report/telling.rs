//! What the cases of a run say of its subjects, and how attempts vary, in words.

use assay_core::score::{Telling, VarianceSplit};

use super::RunData;
use super::quantity::counted;

/// `of 98 cases 41 separate the better from the others, 30 say nothing (20 as all succeed …)`; `None`
/// where one subject was asked.
pub(super) fn summary(run: &RunData) -> Option<String> {
    let number = |telling: Telling| run.items.iter().filter(|it| it.telling == telling).count();
    if run.items.is_empty() {
        return None;
    }
    let nothing: usize = run.items.iter().filter(|it| it.telling.is_nothing()).count();
    let mut text = format!(
        "of {}, {} separate the better subjects from the others and {} say nothing",
        counted(run.items.len(), "case"),
        number(Telling::Separates),
        nothing,
    );
    if nothing > 0 {
        text.push_str(&format!(
            " (all succeed at {}, none at {})",
            number(Telling::AllPass),
            number(Telling::NonePasses)
        ));
    }
    match number(Telling::Against) {
        0 => {}
        against => text.push_str(&format!("; {against} say the opposite of the others")),
    }
    Some(text)
}

/// The share of a part of the variance, and a dash where it cannot be told.
pub(super) fn share(split: Option<VarianceSplit>, part: usize) -> String {
    let shares = split.and_then(|split| split.shares());
    shares.map_or_else(|| "–".to_owned(), |shares| format!("{:.0}%", shares[part] * 100.0))
}
