//! Reads a checkout of CoV-Eval, file by file.

use std::path::Path;

use walkdir::WalkDir;

use super::checkout::{Checkout, Item};
use super::path_facts::{self, PathFacts};
use super::program::{Dialect, Program};
use super::set::Set;
use super::warnings;
use crate::corpus::{CorpusError, Fault, read_lines};

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
        let Some(PathFacts { cwe, name, vulnerable }) = path_facts::of(relative, set) else {
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
