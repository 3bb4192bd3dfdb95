//! What was measured of a run's judges, in words: how often they are right where they decide.

use assay_core::CitedCertificate;
use assay_core::score::PanelScore;

use super::quantity::counted;
use crate::store::RunInfo;

/// So many cases are named.
const NAMED: usize = 3;

/// The certificate that a run keeps among its settings.
pub(super) fn of(info: &RunInfo) -> Option<CitedCertificate> {
    let cited = info.settings.get("judge-certificate")?;
    serde_json::from_value(cited.clone()).ok()
}

/// `decided by m, certified on 24 programs of corpus …`, or that nobody has measured them.
pub(crate) fn sentence(panel: &PanelScore, cited: Option<&CitedCertificate>) -> String {
    let names: Vec<&str> = panel.judges.keys().map(String::as_str).collect();
    let names = names.join(", ");
    let Some(CitedCertificate { certificate, uncovered }) = cited else {
        return format!(
            "decided by {names}, without a certificate: how often that is right was not measured"
        );
    };
    let mut text = format!("decided by {names}, {}", certificate.line());
    if !uncovered.is_empty() {
        let named: Vec<&str> = uncovered.iter().take(NAMED).map(String::as_str).collect();
        let more = uncovered.len() - named.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text.push_str(&format!(
            "; {} ({}{more}) decided by rubrics of their own, of which it says nothing",
            counted(uncovered.len(), "case"),
            named.join(", ")
        ));
    }
    text
}
