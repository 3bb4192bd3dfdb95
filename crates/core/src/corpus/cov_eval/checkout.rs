//! [`Checkout`]: everything that a checkout of CoV-Eval holds, with the labels that are in
//! its paths. There is no manifest: what is there is what is found.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::place::{self, Place};
use super::program::{Dialect, Program};
use super::warnings;
use crate::corpus::{CorpusError, Fault, read_lines};
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

/// The set that an item is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    Seed,
    Evolved,
    Repair,
    Detection,
    Train,
}

impl Set {
    pub const ALL: [Set; 5] = [Set::Seed, Set::Evolved, Set::Repair, Set::Detection, Set::Train];

    /// Its folder below the root.
    pub fn folder(self) -> &'static str {
        match self {
            Set::Seed => "datasets/CoV-Eval_v1/code_completion_task_seed",
            Set::Evolved => "datasets/CoV-Eval_v1/code_completion_task",
            Set::Repair => "datasets/CoV-Eval_v1/vulnerability_repair_task",
            Set::Detection => "datasets/CoV-Eval_v1/vulnerability_detection_classification_task",
            Set::Train => "datasets/train-set",
        }
    }

    /// What the ids of its cases begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Set::Seed => "complete-seed",
            Set::Evolved => "complete-evolved",
            Set::Repair => "repair",
            Set::Detection => "detect",
            Set::Train => "train",
        }
    }
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
    /// Reads a checkout. A set that lacks programs is told in a warning, as is all else that
    /// differs; a file that cannot be read is a fault.
    pub fn read(root: &Path) -> Result<Checkout, CorpusError> {
        let datasets = root.join("datasets").join("CoV-Eval_v1");
        if !datasets.is_dir() {
            let message = "is not a checkout of CoV-Eval: it has no datasets/CoV-Eval_v1; give \
                           the folder that holds `datasets`, as in --corpus cov-eval:PATH";
            return Err(Fault::in_file(root, message.to_owned()).into());
        }
        let mut found = Found::default();
        let [seed, evolved, repair, detection, train] = Set::ALL.map(|set| found.set(root, set));
        if !found.faults.is_empty() {
            return Err(CorpusError(found.faults));
        }
        let mut checkout = Checkout {
            root: root.to_owned(),
            seed,
            evolved,
            repair,
            detection,
            train,
            warnings: found.strange,
        };
        let differing = warnings::of(&checkout);
        checkout.warnings.extend(differing);
        Ok(checkout)
    }

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

/// What goes wrong while sets are read.
#[derive(Debug, Default)]
struct Found {
    faults: Vec<Fault>,
    /// Files that are nothing known, a sentence each.
    strange: Vec<String>,
}

impl Found {
    /// The items of a set, in order of their paths.
    fn set(&mut self, root: &Path, set: Set) -> Vec<Item> {
        let folder = root.join(set.folder());
        if !folder.is_dir() {
            return Vec::new();
        }
        let mut items = Vec::new();
        for entry in WalkDir::new(&folder).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    items.extend(self.item(root, entry.path(), set));
                }
                Ok(_) => {}
                Err(error) => {
                    let message = format!("failed to read it: {error}");
                    self.faults.push(Fault::in_file(&folder, message));
                }
            }
        }
        items
    }

    fn item(&mut self, root: &Path, path: &Path, set: Set) -> Option<Item> {
        let relative = path.strip_prefix(root).unwrap_or(path);
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        let Some(named) = Dialect::of_extension(extension) else {
            // Answers of models lie beside the evolved programs.
            if extension != "json" {
                self.strange.push(format!("{} is no program; it is left out", relative.display()));
            }
            return None;
        };
        let Some(Place { cwe, name, vulnerable }) = place::of(relative, set) else {
            let why = "its path does not name a weakness and a scenario; it is left out";
            self.strange.push(format!("{}: {why}", relative.display()));
            return None;
        };
        match read_lines(path) {
            Ok(content) => {
                let program = Program::of(&content, named);
                Some(Item { path: relative.to_owned(), cwe, name, vulnerable, program })
            }
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }
}
