//! Static analysers as evaluators.

use assay_core::analysis::Opinion;
use assay_core::assessment::Assessment;
use assay_core::cwe::{Cwe, Relation};
use assay_core::{Analysis, FileSet, Label};
use assay_verify::Analyser;
use assay_verify::analyser::{Analysers, Effort, Program};

use super::{Faults, note};
use crate::cli::AlertMatch;
use crate::evaluators::{KnownProgram, Ledger};
use crate::terminal::complain;

/// What an analyser is called among evaluators where only such alerts count.
pub(super) fn name(analyser: Analyser, counts: AlertMatch) -> String {
    format!("{} ({})", analyser.name(), counts.as_str())
}

/// Has an analyser look at all programs in its languages that it has not assessed.
pub(super) fn assess(
    (analysers, analyser): (&Analysers, Analyser),
    programs: &[KnownProgram],
    jobs: usize,
    ledger: &mut Ledger,
    faults: &mut Faults,
    human: bool,
) -> anyhow::Result<()> {
    let done = ledger.assessed_by(&name(analyser, AlertMatch::Any));
    let wanted: Vec<(&KnownProgram, FileSet)> = programs
        .iter()
        .filter(|program| analyser.languages().contains(&program.case.language))
        .filter(|program| !done.contains(program.id()))
        .map(|program| (program, program.files()))
        .collect();
    if human {
        let (wanted, done) = (wanted.len(), done.len());
        complain(&format!("{}: {wanted} to analyse, {done} known", analyser.name()));
    }
    let shown: Vec<Program<'_>> = wanted
        .iter()
        .map(|(program, files)| Program {
            id: program.id(),
            language: program.case.language,
            files,
        })
        .collect();
    let results = analysers.analyse(analyser, &shown, Effort { jobs, done: &|_| {} });
    for ((program, _), result) in wanted.into_iter().zip(results) {
        match result {
            Err(error) => note(faults, analyser.name(), error),
            Ok(analysis) => {
                // The one that says that it was analysed comes last.
                for counts in [AlertMatch::Exact, AlertMatch::Family, AlertMatch::Any] {
                    ledger.add(assessment(program, analyser, &analysis, counts))?;
                }
            }
        }
    }
    Ok(())
}

/// What an analysis amounts to where only such alerts count.
fn assessment(
    program: &KnownProgram,
    analyser: Analyser,
    analysis: &Analysis,
    counts: AlertMatch,
) -> Assessment {
    let said = said(program, analysis, counts);
    program.assessed(&name(analyser, counts), said, analysis.wall_ms)
}

/// What is said of a program where only such alerts count, or why nothing is.
pub(super) fn said(
    program: &KnownProgram,
    analysis: &Analysis,
    counts: AlertMatch,
) -> Result<Label, String> {
    let about: Vec<Cwe> = program.case.cwe.iter().filter_map(|cwe| cwe.parse().ok()).collect();
    let opinion = match counts {
        AlertMatch::Any => analysis.opinion(),
        AlertMatch::Family => analysis.opinion_on(&about, Relation::Family),
        AlertMatch::Exact => analysis.opinion_on(&about, Relation::Exact),
    };
    match opinion {
        Opinion::Vulnerable => {
            let cwe = analysis.cwe().into_iter().map(|cwe| cwe.to_string()).collect();
            let line = analysis.alerts.iter().find_map(|alert| alert.line);
            Ok(Label { vulnerable: true, cwe, line, ..Label::default() })
        }
        Opinion::Clean => Ok(Label::default()),
        Opinion::Unknown => Err(analysis.gap().unwrap_or_default().to_owned()),
    }
}
