//! [`Contamination`]: what a model must not be trained with, as it is asked in an evaluation.

use std::collections::BTreeMap;

use assay_core::{Case, Task};
use serde::Serialize;

use super::example::Example;
use crate::shingles::{Bands, Shingles};

/// The programs of evaluations, to be looked for.
#[derive(Debug, Default)]
pub struct Evaluations {
    /// How many each set has.
    pub sets: BTreeMap<String, usize>,
    programs: Vec<Known>,
    /// Programs by what they share with others that resemble them.
    bands: Bands,
}

#[derive(Debug)]
struct Known {
    set: String,
    id: String,
    shingles: Shingles,
}

/// A program of an evaluation that an example has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hit {
    pub example: String,
    pub kind: &'static str,
    /// The evaluation set and the program in it.
    pub set: String,
    pub program: String,
    /// How much of both is the same, in [0, 1]; 1 is the same but for its layout.
    pub resemblance: f64,
}

/// What was looked for, how, and what was found.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Contamination {
    /// Programs of each evaluation set.
    pub sets: BTreeMap<String, usize>,
    /// From which resemblance on an example is left out.
    pub threshold: f64,
    /// Examples that were looked at.
    pub examples: usize,
    /// Hits with resemblance 1, and others.
    pub exact: usize,
    pub near: usize,
    pub hits: Vec<Hit>,
}

impl Evaluations {
    /// Adds what a case asks and knows: programs, solutions, and code that it gives.
    pub fn add_case(&mut self, set: &str, case: &Case) {
        let files: Vec<&Vec<u8>> = match &case.task {
            Task::Recognise(program) => program.files.values().collect(),
            Task::Code(task) => {
                let solutions = task.solutions.iter().flat_map(|it| it.files.values());
                solutions.chain(task.template.values()).collect()
            }
        };
        for content in files {
            self.add(set, &case.id, &String::from_utf8_lossy(content));
        }
    }

    /// Adds a program. What is too short to be told from others is not looked for.
    pub fn add(&mut self, set: &str, id: &str, text: &str) {
        let Some(shingles) = Shingles::of(text) else { return };
        self.bands.add(self.programs.len(), &shingles);
        *self.sets.entry(set.to_owned()).or_default() += 1;
        self.programs.push(Known { set: set.to_owned(), id: id.to_owned(), shingles });
    }

    /// The program that one of the example's resembles most, from a threshold on.
    pub fn hit(&self, example: &Example, threshold: f64) -> Option<Hit> {
        let mut most: Option<(f64, &Known)> = None;
        for shingles in example.code.iter().filter_map(|text| Shingles::of(text)) {
            for place in self.bands.near(&shingles) {
                let known = &self.programs[place];
                let resemblance = shingles.resemblance(&known.shingles);
                if resemblance >= threshold && most.is_none_or(|(best, _)| resemblance > best) {
                    most = Some((resemblance, known));
                }
            }
        }
        most.map(|(resemblance, known)| Hit {
            example: example.origin.id.clone(),
            kind: example.kind.as_str(),
            set: known.set.clone(),
            program: known.id.clone(),
            resemblance,
        })
    }
}

impl Contamination {
    pub fn new(evaluations: &Evaluations, threshold: f64) -> Contamination {
        Contamination { sets: evaluations.sets.clone(), threshold, ..Contamination::default() }
    }

    /// Whether an example may be trained with. One that may not is kept in mind.
    pub fn admits(&mut self, evaluations: &Evaluations, example: &Example) -> bool {
        self.examples += 1;
        let Some(hit) = evaluations.hit(example, self.threshold) else { return true };
        match hit.resemblance >= 1.0 {
            true => self.exact += 1,
            false => self.near += 1,
        }
        self.hits.push(hit);
        false
    }
}
