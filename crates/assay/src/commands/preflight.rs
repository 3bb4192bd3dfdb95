//! What must hold before the first question, so that nothing is paid for which could not
//! be judged afterwards.

use anyhow::bail;
use assay_core::{Case, JudgeReply};
use assay_verify::{Standing, Validator};

use crate::judge::Panel;
use crate::report::quantity::counted;

/// Cases that are named at most.
const NAMED: usize = 12;

/// That these cases are prepared, and that a sandbox starts.
pub(super) fn validation(validator: &Validator, cases: &[&Case]) -> anyhow::Result<()> {
    let unprepared = validator.unprepared(cases);
    if !unprepared.is_empty() {
        let mut names: Vec<&str> = unprepared.iter().take(NAMED).map(|it| it.id.as_str()).collect();
        let more = unprepared.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        names.sort_unstable();
        let (count, all) = (unprepared.len(), counted(cases.len(), "case"));
        bail!(
            "{count} of {all} not prepared: {}{more}; run `assay prepare` with the same --corpus, or leave them out with --exclude-case; nothing was asked",
            names.join(", ")
        );
    }
    if let Some((analyser, Standing::Lacking { what, remedy })) =
        validator.lacking_analysers(cases).into_iter().next()
    {
        bail!(
            "the analyser {} is to be asked, and {what}; {remedy}; nothing was asked",
            analyser.name()
        );
    }
    if cases.iter().any(|case| case.needs_sandbox())
        && let Err(error) = validator.try_sandbox()
    {
        bail!("{error}; `assay doctor` says what this host lacks; nothing was asked");
    }
    Ok(())
}

/// That every judge can be asked: each says a word. Judges come after answers that are
/// paid for, so that the first vote would be too late to find out.
pub(super) fn judges(panel: &Panel) -> anyhow::Result<Vec<JudgeReply>> {
    match super::runtime()?.block_on(panel.greet()) {
        Ok(replies) => Ok(replies),
        Err((judge, error)) => bail!(
            "the judge {judge} cannot be asked: {error}; nothing was asked of any subject; fix that, leave the judge out, or postpone judging with --judge-later"
        ),
    }
}
