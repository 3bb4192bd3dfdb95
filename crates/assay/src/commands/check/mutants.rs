//! `assay check --mutants`: whether a case's suites notice that a secure solution was changed
//! (docs/mutants.md).

mod counts;
mod kept;
mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use assay_core::files::{digest, texts};
use assay_core::mutant::{self, Mutant, Target};
use assay_core::{Artifact, Case, InfraError, Phase, Verdict, counted};
use serde::{Deserialize, Serialize};

use super::probe::{Expect, Probe, Seen};
use super::proof::Observation;
use super::prover::{Prover, Work};
use crate::cli::MutantChoice;
use crate::terminal::complain;

pub(super) use counts::{Counts, describe, summary};
use kept::Kept;
pub(super) use survey::Survey;

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fate {
    /// It is no program.
    BuildFailed,
    /// The functional suite fails it.
    Nonfunctional,
    /// It works, and the security suite fails it.
    Killed,
    /// Both suites pass it.
    Survived,
}

impl Fate {
    fn of(verdict: Verdict) -> Fate {
        match verdict {
            Verdict::NoCode | Verdict::BuildFailed => Fate::BuildFailed,
            // Who is accused was stopped before either suite had a say.
            Verdict::Nonfunctional | Verdict::Tampered => Fate::Nonfunctional,
            Verdict::Insecure => Fate::Killed,
            Verdict::Secure | Verdict::Works => Fate::Survived,
        }
    }
}

/// A fate, and the first test that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    fate: Fate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

/// A mutant, and what is known of it.
struct Tried {
    mutant: Mutant,
    known: Result<Known, InfraError>,
}

/// Whether tests decide both phases of a case, so that its mutants can be tried.
pub(super) fn can_be_tried(case: &Case) -> bool {
    Phase::ALL
        .into_iter()
        .all(|phase| case.code().and_then(|task| task.decider(phase)?.suite()).is_some())
}

/// Tries the mutants of these cases, one survey each. What was found out before is not tried again.
pub(super) fn survey(
    prover: &Prover,
    cases: &[Arc<Case>],
    choice: MutantChoice,
    interrupted: &AtomicBool,
) -> Vec<Survey> {
    let (mutants, left): (Vec<Vec<Mutant>>, Vec<Vec<Mutant>>) =
        cases.iter().map(|case| of(case, choice)).unzip();
    let mut kept: Vec<Kept> =
        cases.iter().map(|case| Kept::open(&prover.cache, prover.validator(), case)).collect();
    let mut new: Vec<(usize, Probe)> = Vec::new();
    // The program of each of them.
    let mut programs: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, mutants) in mutants.iter().enumerate() {
        for mutant in mutants {
            let program = digest(&mutant.files);
            if kept[index].get(&program).is_none() && seen.insert((index, program.clone())) {
                new.push((index, probe(mutant)));
                programs.push(program);
            }
        }
    }
    if prover.for_people {
        let total: usize = mutants.iter().map(Vec::len).sum();
        let known = match total - new.len() {
            0 => String::new(),
            known => format!("; what became of {known} is known"),
        };
        complain(&format!("trying {}{known}", counted(new.len(), "mutant")));
    }
    let mut errors: BTreeMap<(usize, String), InfraError> = BTreeMap::new();
    let work = Work { cases, probes: &new, repeat: 1 };
    prover.observe_all(&work, interrupted, &mut |place, observation| {
        let (index, program) = (new[place].0, programs[place].clone());
        match known(observation) {
            Ok(known) => kept[index].add(program, known),
            Err(error) => drop(errors.insert((index, program), error)),
        }
    });
    let surveys = cases.iter().zip(mutants).enumerate().map(|(index, (case, mutants))| {
        kept[index].save();
        let tried = mutants.into_iter().filter_map(|mutant| {
            let program = digest(&mutant.files);
            let known = match kept[index].get(&program) {
                Some(known) => Ok(known.clone()),
                // What was interrupted was not tried.
                None => Err(errors.get(&(index, program))?.clone()),
            };
            Some(Tried { mutant, known })
        });
        Survey::of(case, tried.collect(), &left[index])
    });
    surveys.collect()
}

/// The mutants of a case that are to be tried, and those that are not.
fn of(case: &Case, choice: MutantChoice) -> (Vec<Mutant>, Vec<Mutant>) {
    let (mut chosen, mut left) = (mutant::of_patches(case), Vec::new());
    for mutant in mutant::of_rules(case) {
        let is_chosen = match choice {
            MutantChoice::All => true,
            MutantChoice::Defence => mutant.origin.target() == Target::Defence,
            MutantChoice::Patches => false,
        };
        if is_chosen { chosen.push(mutant) } else { left.push(mutant) }
    }
    (chosen, left)
}

fn probe(mutant: &Mutant) -> Probe {
    Probe {
        name: mutant.solution.clone(),
        kind: None,
        artifact: Artifact { files: texts(&mutant.files), refused: Vec::new() },
        expect: Expect::NotFunctional,
    }
}

fn known(observation: Observation) -> Result<Known, InfraError> {
    let verdict = observation.verdict?;
    let Seen::Verdict(verdict) = verdict else {
        // No judge has a say in a case whose mutants are tried.
        return Ok(Known { fate: Fate::Survived, failure: None });
    };
    Ok(Known { fate: Fate::of(verdict), failure: observation.failure })
}

/// The folder of the cache that results are kept in.
fn folder(cache: &Path) -> std::path::PathBuf {
    cache.join("mutants")
}
