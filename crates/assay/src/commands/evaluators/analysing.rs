//! Static analysers as evaluators.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use assay_core::analysis::Opinion;
use assay_core::assessment::Assessment;
use assay_core::benchmark::cov_eval::COMPLETE;
use assay_core::cwe::{Cwe, Relation};
use assay_core::{Analysis, Corpus, FileSet, InfraError, Label, Task};
use assay_verify::analyser::{Analysers, Effort, Program, Project};
use assay_verify::{Analyser, Validator};

use super::{Faults, note};
use crate::cli::AlertMatch;
use crate::evaluators::{KnownProgram, Ledger};
use crate::run::progress::Progress;
use crate::terminal::complain;

/// What an analyser is called among evaluators where only such alerts count.
pub(super) fn name(analyser: Analyser, counts: AlertMatch) -> String {
    format!("{} ({})", analyser.name(), counts.as_str())
}

/// The analysers, and the programs that they look at.
pub(super) struct Analysing<'a> {
    pub(super) analysers: &'a Analysers,
    pub(super) programs: &'a [KnownProgram],
    /// What programs of a group are compiled with: files, and what was prepared for them.
    projects: BTreeMap<&'a str, (&'a FileSet, Option<PathBuf>)>,
    /// How many starts of an analyser are under way together.
    pub(super) jobs: usize,
    /// Whether people are told how far it is.
    pub(super) human: bool,
}

impl<'a> Analysing<'a> {
    pub(super) fn new(
        (corpus, validator): (&'a Corpus, &Validator),
        (analysers, programs): (&'a Analysers, &'a [KnownProgram]),
        jobs: usize,
        human: bool,
    ) -> Analysing<'a> {
        let groups: BTreeSet<&str> =
            programs.iter().map(|program| program.group.as_str()).collect();
        let projects = corpus.cases.iter().filter_map(|case| match &case.task {
            Task::Code(task) if case.scenarios.contains(&COMPLETE) => {
                let id = case.id.strip_prefix("complete-").filter(|id| groups.contains(id))?;
                Some((id, (&task.template, validator.prepared(case))))
            }
            _ => None,
        });
        Analysing { analysers, programs, projects: projects.collect(), jobs, human }
    }

    /// Has an analyser look at all programs in its languages that it has not assessed.
    pub(super) fn assess(
        &self,
        analyser: Analyser,
        ledger: &mut Ledger,
        faults: &mut Faults,
    ) -> anyhow::Result<()> {
        let done = ledger.assessed_by(&name(analyser, AlertMatch::Any));
        let wanted: Vec<(&KnownProgram, FileSet)> = self
            .programs
            .iter()
            .filter(|program| analyser.languages().contains(&program.case.language))
            .filter(|program| !done.contains(program.id()))
            .map(|program| (program, program.files()))
            .collect();
        if self.human {
            let (wanted, done) = (wanted.len(), done.len());
            complain(&format!("{}: {wanted} to analyse, {done} known", analyser.name()));
        }
        let results = self.results(analyser, &wanted);
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

    /// What an analyser says of programs, each with its files; how far it is is shown.
    fn results(
        &self,
        analyser: Analyser,
        wanted: &[(&KnownProgram, FileSet)],
    ) -> Vec<Result<Analysis, InfraError>> {
        let project = |group: &str| {
            let (files, prepared) = self.projects.get(group)?;
            Some(Project { files, prepared: prepared.as_deref() })
        };
        let shown: Vec<Program<'_>> = wanted
            .iter()
            .map(|(program, files)| Program {
                id: program.id(),
                language: program.case.language,
                files,
                project: project(&program.group),
            })
            .collect();
        let progress = Mutex::new(Progress::start(shown.len(), self.human && !shown.is_empty()));
        let lock = || progress.lock().unwrap_or_else(PoisonError::into_inner);
        let effort = Effort { jobs: self.jobs, done: &|more| lock().advance_by(more) };
        let results = self.analysers.analyse(analyser, &shown, effort);
        lock().finish();
        results
    }
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
