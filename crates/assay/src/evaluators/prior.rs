//! The baseline that knows how often programs about a weakness are vulnerable, and looks at none.

use assay_core::Label;
use assay_core::assessment::Assessment;

use super::program::KnownProgram;

/// What it is called among evaluators.
pub const WEAKNESS_PRIOR: &str = "per-weakness prior";

/// What the prior says of each program: vulnerable, if more than half of the programs of other
/// scenarios about its weakness are, or of all other scenarios if none is about it. Of the
/// program's own scenario it knows nothing.
pub fn weakness_prior(programs: &[KnownProgram]) -> Vec<Assessment> {
    programs.iter().map(|program| said(program, programs)).collect()
}

fn said(program: &KnownProgram, all: &[KnownProgram]) -> Assessment {
    let others = || all.iter().filter(|other| other.group != program.group);
    let own = program.case.cwe.first();
    let about = others().filter(|other| other.case.cwe.first() == own);
    let Some(share) = share(about).or_else(|| share(others())) else {
        let why = "there is no other scenario".to_owned();
        return program.assessed(WEAKNESS_PRIOR, Err(why), 0);
    };
    let said = match share > 0.5 {
        true => {
            Label { vulnerable: true, cwe: own.cloned().into_iter().collect(), ..Label::default() }
        }
        false => Label::default(),
    };
    Assessment { score: Some(share), ..program.assessed(WEAKNESS_PRIOR, Ok(said), 0) }
}

/// Which share is vulnerable; `None` of no program.
#[expect(clippy::cast_precision_loss, reason = "programs are few")]
fn share<'a>(programs: impl Iterator<Item = &'a KnownProgram>) -> Option<f64> {
    let (mut vulnerable, mut count) = (0_usize, 0_usize);
    for program in programs {
        vulnerable += usize::from(program.truth.vulnerable);
        count += 1;
    }
    (count > 0).then(|| vulnerable as f64 / count as f64)
}
