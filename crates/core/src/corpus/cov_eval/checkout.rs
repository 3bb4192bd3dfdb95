//! [`Checkout`]: everything that a checkout of CoV-Eval holds, with the labels that are in
//! its paths. There is no manifest: what is there is what is found.

use std::path::PathBuf;

use super::program::Program;
use super::set::Set;
use crate::label::Label;

/// A checkout of CoV-Eval.
#[derive(Debug)]
pub struct Checkout {
    pub root: PathBuf,
    /// Incomplete programs, one a scenario.
    pub seed: Vec<Item>,
    /// Incomplete programs that were evolved from them, five a scenario.
    pub evolved: Vec<Item>,
    /// Vulnerable programs to be mended.
    pub repair: Vec<Item>,
    /// Programs to be told apart.
    pub detection: Vec<Item>,
    /// More evolved programs, for training; no case is made of them.
    pub train: Vec<Item>,
    /// What differs from the published checkout, a sentence each.
    pub warnings: Vec<String>,
}

/// A program of a checkout, and what its path says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Below the checkout's root.
    pub path: PathBuf,
    /// The weakness that it is about, `CWE-78` for example; a program that is not vulnerable
    /// is about the one that it was meant to have.
    pub cwe: String,
    /// What tells it from others about its weakness: the scenario's name, and the number
    /// of the program.
    pub name: String,
    /// Whether it is vulnerable; an incomplete program is neither.
    pub vulnerable: Option<bool>,
    pub program: Program,
}

impl Item {
    /// The id of the case that it becomes in a set, which depends on its path alone.
    pub fn id(&self, set: Set) -> String {
        format!("{}-{}-{}", set.prefix(), self.cwe.to_lowercase(), self.name)
    }

    /// What is known of its program; one that is incomplete is not vulnerable yet.
    pub fn truth(&self) -> Label {
        let vulnerable = self.vulnerable == Some(true);
        let cwe = if vulnerable { vec![self.cwe.clone()] } else { Vec::new() };
        Label { vulnerable, cwe, ..Label::default() }
    }
}

impl Checkout {
    pub fn items(&self, set: Set) -> &[Item] {
        match set {
            Set::Seed => &self.seed,
            Set::Evolved => &self.evolved,
            Set::Repair => &self.repair,
            Set::Detection => &self.detection,
            Set::Train => &self.train,
        }
    }
}
