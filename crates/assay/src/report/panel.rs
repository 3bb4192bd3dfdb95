//! A panel of judges in words and figures.

use assay_core::score::PanelScore;
use assay_core::{CitedCertificate, TokenUsage};
use serde_json::{Value, json};

use super::quantity::{count, counted, percent};

/// Which share of the variance of votes lies between judges of the same artifact: one minus alpha.
fn between_judges(panel: &PanelScore) -> Option<f64> {
    panel.alpha.map(|alpha| (1.0 - alpha).clamp(0.0, 1.0))
}

/// `24 ballots, 91.67% unanimous, Krippendorff's alpha 0.873 (13% of how votes vary lies between
/// judges)`.
pub(crate) fn summary(panel: &PanelScore) -> String {
    let share = between_judges(panel).map_or_else(String::new, |share| {
        format!(" ({:.0}% of how votes vary lies between judges)", share * 100.0)
    });
    format!(
        "{}, {} unanimous, Krippendorff's alpha {}{share}",
        counted(panel.ballots, "ballot"),
        percent(Some(panel.unanimous_share())),
        panel.alpha.map_or_else(|| "–".to_owned(), |alpha| format!("{alpha:.3}")),
    )
}

/// The panel for programs.
pub(crate) fn json(panel: &PanelScore, certificate: Option<&CitedCertificate>) -> Value {
    let judges = panel.judges.iter().map(|(name, judge)| {
        json!({
            "name": name,
            "votes": judge.votes,
            "passed": judge.passed,
            "with-majority": judge.with_majority,
            "tokens": judge.usage.tokens,
            "cost": judge.usage.cost.map(assay_core::Cost::units),
        })
    });
    json!({
        "judges": judges.collect::<Vec<_>>(),
        "ballots": panel.ballots,
        "unanimous": panel.unanimous,
        "alpha": panel.alpha,
        "variance-between-judges": between_judges(panel),
        "certificate": certificate,
    })
}

/// Tokens in and out, a dash where the provider does not count.
pub(crate) fn tokens(usage: &TokenUsage) -> String {
    let number = |tokens: u64| count(usize::try_from(tokens).unwrap_or(usize::MAX));
    usage.tokens.map_or_else(
        || "–".to_owned(),
        |tokens| format!("{} / {}", number(tokens.input), number(tokens.output)),
    )
}

/// A dash where the price is not known.
pub(crate) fn cost(usage: &TokenUsage) -> String {
    usage.cost.map_or_else(|| "–".to_owned(), |cost| cost.to_string())
}
