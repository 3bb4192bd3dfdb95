//! What was measured of a run's judges, held against the run: whether it is of these judges, and
//! which cases it says nothing of.

use anyhow::{Context as _, bail};
use assay_core::weakness_rubric::asks_about_weakness;
use assay_core::{Case, DeciderChoice};

use crate::judge::{Panel, certified};
use crate::settings::RunSettings;

/// Checks that the certificate of a run, if it has one, is of its judges as they are asked, and
/// notes the cases that they decide by another question.
pub(super) fn settle(
    settings: &mut RunSettings,
    panel: Option<&Panel>,
    cases: &[&Case],
) -> anyhow::Result<()> {
    let mode = match settings.deciders.decider {
        Some(DeciderChoice::Judges(mode)) => mode,
        _ => None,
    };
    let locale = settings.locale;
    let Some(cited) = &mut settings.judge_certificate else { return Ok(()) };
    let Some(panel) = panel else {
        bail!("a certificate is of judges, and none is configured; name them with --judge");
    };
    let ours = certified(panel, mode, locale);
    cited.certificate.check(&ours).context("failed to use --judge-certificate")?;
    let judged: Vec<&Case> =
        cases.iter().copied().filter(|case| !case.judged_phases().is_empty()).collect();
    let is_covered =
        |case: &Case| case.rubrics().all(|(_, rubric)| asks_about_weakness(rubric, &case.cwe));
    let uncovered = judged.iter().filter(|case| !is_covered(case));
    cited.uncovered = uncovered.map(|case| case.id.clone()).collect();
    if !judged.is_empty() && cited.uncovered.len() == judged.len() {
        bail!(
            "the certificate says how often the judges are right about a named weakness, and all cases that they decide here ({}) have rubrics of their own; leave --judge-certificate out",
            judged.len()
        );
    }
    Ok(())
}
