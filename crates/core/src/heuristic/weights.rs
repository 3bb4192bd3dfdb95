//! The weights of a heuristic as data, with what they were trained on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::features::Features;
use super::training::{Example, Trained, chance};
use crate::files::sha256;
use crate::score::Interval;

/// What a heuristic knows, and where from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Heuristic {
    pub schema: String,
    pub provenance: Provenance,
    pub intercept: f64,
    pub weights: BTreeMap<String, f64>,
}

/// What weights were trained on, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Provenance {
    /// The version of the program that trained.
    pub assay: String,
    pub sources: Vec<Source>,
    /// The weights' squares are held back by so much.
    pub penalty: f64,
    /// The analysers whose findings were seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub analysers: Vec<String>,
    /// Secure programs without their defence, which were trained with too.
    pub mutants: usize,
    pub trained_on: TrainedOn,
    /// Of all that was seen of these programs without the mutants, so that it is noticed when a program would see
    /// something else.
    pub features_digest: String,
    pub cross_validation: Figures,
}

/// A set of programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Source {
    pub name: String,
    /// Of the corpus.
    pub digest: String,
    pub vulnerable: usize,
    pub secure: usize,
}

/// The programs that were trained with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TrainedOn {
    pub scenarios: BTreeSet<String>,
    /// The first digits of the digests of their files; mutants are not among them.
    pub programs: BTreeSet<String>,
}

/// How well programs of scenarios that were not trained with are told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Figures {
    pub folds: usize,
    pub programs: usize,
    pub auc: Option<f64>,
    pub auc_interval: Option<Interval>,
    pub balanced_accuracy: Option<f64>,
    pub consistency: Option<f64>,
    pub difference: Option<f64>,
    pub mcc: Option<f64>,
}

/// Why weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeuristicFault {
    #[error("not the weights of a heuristic: {0}; `assay evaluators train` writes them")]
    Form(#[from] serde_json::Error),
    #[error("the weights have the schema {0:?}; this version reads {SCHEMA:?}")]
    Schema(String),
}

const SCHEMA: &str = "assay.heuristic/1";

/// So many digits of a program's digest are kept.
const DIGITS: usize = 16;

/// Weights are kept to so many places.
const PLACES: f64 = 1e6;

static EMBEDDED: &str = include_str!("weights.json");

impl Heuristic {
    /// The one that comes with the program, trained on our own corpus alone.
    pub fn embedded() -> Result<Heuristic, HeuristicFault> {
        Heuristic::read(EMBEDDED)
    }

    pub fn new(trained: Trained, provenance: Provenance) -> Heuristic {
        let weights = trained.weights.into_iter().map(|(name, weight)| (name, rounded(weight)));
        Heuristic {
            schema: SCHEMA.to_owned(),
            provenance,
            intercept: rounded(trained.intercept),
            weights: weights.collect(),
        }
    }

    pub fn read(text: &str) -> Result<Heuristic, HeuristicFault> {
        let read: Heuristic = serde_json::from_str(text)?;
        match read.schema == SCHEMA {
            true => Ok(read),
            false => Err(HeuristicFault::Schema(read.schema)),
        }
    }

    /// Of everything in it, so that two are told apart.
    pub fn digest(&self) -> String {
        let mut text = String::new();
        let _ = write!(text, "{:?} {:?}", self.intercept, self.weights);
        sha256(text.as_bytes())
    }

    /// How likely a program with these numbers is to be vulnerable.
    pub fn chance(&self, features: &Features) -> f64 {
        chance(self.intercept, &self.weights, features)
    }

    /// Whether it was trained with a program, or with another of the same scenario.
    pub fn has_seen(&self, scenario: &str, digest: &str) -> bool {
        let TrainedOn { scenarios, programs } = &self.provenance.trained_on;
        scenarios.contains(scenario) || programs.contains(shortened(digest))
    }

    /// Whether these are all programs that it was trained with.
    pub fn is_of(&self, examples: &[&Example]) -> bool {
        let given = TrainedOn::of(examples);
        given.programs == self.provenance.trained_on.programs
    }
}

impl TrainedOn {
    pub fn of(examples: &[&Example]) -> TrainedOn {
        let solutions = examples.iter().filter(|it| !it.is_mutant);
        TrainedOn {
            scenarios: examples.iter().map(|it| it.group.clone()).collect(),
            programs: solutions.map(|it| shortened(&it.digest).to_owned()).collect(),
        }
    }
}

fn shortened(digest: &str) -> &str {
    digest.get(..DIGITS).unwrap_or(digest)
}

fn rounded(value: f64) -> f64 {
    (value * PLACES).round() / PLACES
}

/// A digest of all that was seen of programs that are no mutants, in whatever order they come.
pub fn features_digest(examples: &[&Example]) -> String {
    let mut lines: Vec<String> = examples
        .iter()
        .filter(|example| !example.is_mutant)
        .map(|example| {
            let mut line = format!("{} {} ", example.digest, example.is_vulnerable);
            for (name, value) in &example.features {
                let _ = write!(line, "{name}={value:.6};");
            }
            line
        })
        .collect();
    lines.sort();
    sha256(lines.join("\n").as_bytes())
}
