//! [`HeuristicEvaluator`]: the evaluator that needs no model, over programs whose security is
//! known, and what it is trained with.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Instant;

use assay_core::assessment::Assessment;
use assay_core::benchmark::cov_eval::COMPLETE;
use assay_core::files::digest;
use assay_core::heuristic::{Example, Features, Heuristic, Looked, Viewed, features, held_out};
use assay_core::mutant::of_patches;
use assay_core::{Corpus, Label};

use super::program::KnownProgram;

/// Which weights are asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeuristicChoice {
    /// Those that come with the program.
    Embedded,
    /// Of each program those that were learnt of other scenarios among the programs at hand.
    CrossValidated,
    File(PathBuf),
}

/// What analysers say of programs, by the programs' ids.
pub type Findings = BTreeMap<String, BTreeMap<String, Looked>>;

/// A heuristic, and what it is called among evaluators.
#[derive(Debug)]
pub struct HeuristicEvaluator {
    pub name: String,
    pub heuristic: Heuristic,
}

/// Above this it calls a program vulnerable.
const LIKELY: f64 = 0.5;

/// So many of what moved it most are named.
const NAMED: usize = 3;

impl FromStr for HeuristicChoice {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<HeuristicChoice, Self::Err> {
        Ok(match text {
            "embedded" => HeuristicChoice::Embedded,
            "cross-validated" => HeuristicChoice::CrossValidated,
            path => HeuristicChoice::File(path.into()),
        })
    }
}

impl fmt::Display for HeuristicChoice {
    /// What it is called among evaluators.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeuristicChoice::Embedded => f.write_str("heuristic"),
            HeuristicChoice::CrossValidated => f.write_str("heuristic (cross-validated)"),
            HeuristicChoice::File(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                write!(f, "heuristic ({})", name.to_string_lossy())
            }
        }
    }
}

impl HeuristicEvaluator {
    /// What it says of a program. It says nothing of those that it has learnt from.
    pub fn assess(&self, program: &KnownProgram, findings: &Findings) -> Assessment {
        let started = Instant::now();
        if self.heuristic.has_seen(&program.group, &program.digest()) {
            let why = "it was trained with programs of this scenario; ask for --heuristic=cross-validated";
            return program.assessed(&self.name, Err(why.to_owned()), 0);
        }
        let seen = seen(program, &self.heuristic.provenance.analysers, findings);
        let assessed = assessed(program, &self.name, self.heuristic.chance(&seen));
        let wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Assessment { why: self.reason(&seen), wall_ms, ..assessed }
    }

    /// What moved it most, and how far.
    fn reason(&self, seen: &Features) -> String {
        let weighed = seen
            .iter()
            .filter_map(|(name, value)| Some((name, value * self.heuristic.weights.get(name)?)));
        let mut weighed: Vec<(&String, f64)> = weighed.collect();
        weighed.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
        let named = weighed.iter().take(NAMED).map(|(name, part)| format!("{name} {part:+.2}"));
        named.collect::<Vec<_>>().join(", ")
    }
}

/// What is said of each program by what was learnt of other scenarios among them, and of the
/// mutants of those.
pub fn cross_validated(
    programs: &[KnownProgram],
    examples: &[Example],
    (name, folds): (&str, usize),
) -> Vec<Assessment> {
    let examples: Vec<&Example> = examples.iter().collect();
    let chances = held_out(&examples, folds);
    // Programs come first, and mutants are asked about never.
    let each = programs.iter().zip(chances).map(|(program, chance)| match chance {
        Some(chance) => assessed(program, name, chance),
        None => {
            let why = "the other scenarios have not both vulnerable and secure programs";
            program.assessed(name, Err(why.to_owned()), 0)
        }
    });
    each.collect()
}

fn assessed(program: &KnownProgram, name: &str, chance: f64) -> Assessment {
    let said = match chance > LIKELY {
        true => Label { vulnerable: true, cwe: program.case.cwe.clone(), ..Label::default() },
        false => Label::default(),
    };
    Assessment { score: Some(chance), ..program.assessed(name, Ok(said), 0) }
}

/// What is trained with: the programs in their order, and then the mutants of the corpus that the
/// programs are from, those that its authors wrote.
pub fn examples(
    programs: &[KnownProgram],
    corpus: Option<&Corpus>,
    (analysers, findings): (&[String], &Findings),
) -> Vec<Example> {
    let of_program = |program: &KnownProgram| Example {
        group: program.group.clone(),
        digest: program.digest(),
        is_vulnerable: program.truth.vulnerable,
        is_mutant: false,
        features: seen(program, analysers, findings),
    };
    let mut examples: Vec<Example> = programs.iter().map(of_program).collect();
    let unlooked = unlooked(analysers);
    for case in corpus.iter().flat_map(|corpus| &corpus.cases) {
        let group = case.id.strip_prefix("complete-");
        let Some(group) = group.filter(|_| case.scenarios.contains(&COMPLETE)) else { continue };
        if !programs.iter().any(|program| program.group == group) {
            continue;
        }
        examples.extend(of_patches(case).into_iter().map(|mutant| {
            let (language, about, files) = (case.language, &case.cwe[..], &mutant.files);
            Example {
                group: group.to_owned(),
                digest: digest(files),
                is_vulnerable: true,
                is_mutant: true,
                features: features(Viewed { language, about, files, analysers: &unlooked }),
            }
        }));
    }
    examples
}

fn seen(program: &KnownProgram, analysers: &[String], findings: &Findings) -> Features {
    let mut looked = unlooked(analysers);
    for (name, found) in findings.get(program.id()).into_iter().flatten() {
        if let Some(looked) = looked.get_mut(name) {
            *looked = *found;
        }
    }
    let (language, about) = (program.case.language, &program.case.cwe[..]);
    features(Viewed { language, about, files: &program.files(), analysers: &looked })
}

fn unlooked(analysers: &[String]) -> BTreeMap<String, Looked> {
    analysers.iter().map(|name| (name.clone(), Looked::NotLooked)).collect()
}
