//! The heuristic as an evaluator in a comparison.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context as _;
use assay_core::Corpus;
use assay_core::assessment::Assessment;
use assay_core::heuristic::{FOLDS, Heuristic, Looked};
use assay_verify::Analyser;

use super::analysing;
use crate::cli::AlertMatch;
use crate::evaluators::{
    Findings, HeuristicChoice, HeuristicEvaluator, KnownProgram, Ledger, cross_validated, examples,
};
use crate::report::quantity::{count, counted};
use crate::terminal::complain;

/// The weights that were asked for; none of what is learnt of the programs themselves.
pub(super) struct Heuristics {
    choices: Vec<(HeuristicChoice, Option<HeuristicEvaluator>)>,
}

impl Heuristics {
    pub(super) fn load(choices: &[HeuristicChoice]) -> anyhow::Result<Heuristics> {
        let choices: BTreeSet<&HeuristicChoice> = choices.iter().collect();
        let load = |choice: &HeuristicChoice| Ok((choice.clone(), evaluator(choice)?));
        let choices: anyhow::Result<Vec<_>> = choices.into_iter().map(load).collect();
        Ok(Heuristics { choices: choices? })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.choices.is_empty()
    }

    /// The analysers whose findings are looked at, of those that are installed.
    pub(super) fn analysers(&self, installed: &[Analyser]) -> Vec<Analyser> {
        let wanted = self.choices.iter().filter_map(|(_, evaluator)| evaluator.as_ref());
        let wanted: BTreeSet<&str> = wanted
            .flat_map(|it| it.heuristic.provenance.analysers.iter().map(String::as_str))
            .collect();
        installed.iter().copied().filter(|it| wanted.contains(it.name())).collect()
    }

    /// What each says of the programs.
    pub(super) fn assess(
        &self,
        (corpus, programs): (&Corpus, &[KnownProgram]),
        ledger: &Ledger,
        human: bool,
    ) -> Vec<Assessment> {
        let installed: Vec<Analyser> = Analyser::all().collect();
        let findings = findings(ledger, &self.analysers(&installed));
        let mut all = Vec::new();
        for (choice, evaluator) in &self.choices {
            let name = choice.to_string();
            let said: Vec<Assessment> = match evaluator {
                Some(evaluator) => {
                    programs.iter().map(|program| evaluator.assess(program, &findings)).collect()
                }
                None => {
                    let examples = examples(programs, Some(corpus), (&[], &findings));
                    cross_validated(programs, &examples, (&name, FOLDS))
                }
            };
            if human {
                complain(&format!("{name}: {}", origin(evaluator.as_ref())));
            }
            all.extend(said);
        }
        all
    }
}

/// The evaluator with these weights; `None` of cross-validation, where each part of the programs has
/// others.
pub(super) fn evaluator(choice: &HeuristicChoice) -> anyhow::Result<Option<HeuristicEvaluator>> {
    let heuristic = match choice {
        HeuristicChoice::CrossValidated => return Ok(None),
        HeuristicChoice::File(path) => {
            let place = path.display();
            let text = fs::read_to_string(path).with_context(|| {
                format!(
                    "failed to read the weights \"{place}\"; there are embedded, cross-validated, and files that `assay evaluators train` wrote"
                )
            })?;
            Heuristic::read(&text).with_context(|| format!("failed to use {place}"))?
        }
        HeuristicChoice::Embedded => {
            Heuristic::embedded().context("failed to read the weights that come with it")?
        }
    };
    Ok(Some(HeuristicEvaluator { name: choice.to_string(), heuristic }))
}

/// What it was learnt from.
fn origin(evaluator: Option<&HeuristicEvaluator>) -> String {
    let Some(evaluator) = evaluator else {
        return format!("of each program what {FOLDS} parts of the scenarios say without its own");
    };
    let provenance = &evaluator.heuristic.provenance;
    let sources = provenance.sources.iter().map(|source| {
        let programs = counted(source.vulnerable + source.secure, "program");
        let digest = source.digest.get(..12).unwrap_or(&source.digest);
        format!("{programs} of {} ({digest})", source.name)
    });
    let sources: Vec<String> = sources.collect();
    format!("trained on {} and {} mutants", sources.join(", "), count(provenance.mutants))
}

/// What these analysers say of programs, by what of their own weakness or its family they found.
pub(super) fn findings(ledger: &Ledger, analysers: &[Analyser]) -> Findings {
    let mut findings = Findings::new();
    for analyser in analysers {
        let name = analysing::name(*analyser, AlertMatch::Family);
        for said in ledger.assessments().iter().filter(|it| it.evaluator == name) {
            let looked = match said.says_vulnerable() {
                Some(true) => Looked::Alert,
                Some(false) => Looked::Clean,
                None => Looked::NotLooked,
            };
            let of_program = findings.entry(said.program.clone()).or_default();
            of_program.insert(analyser.name().to_owned(), looked);
        }
    }
    findings
}
