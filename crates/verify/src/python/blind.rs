//! [`Blind`]: a suite under names that say nothing, and what the other suite has besides,
//! so that both look alike on disk and from inside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assay_core::files::FileSet;
use assay_core::{InfraError, Phase};
use assay_sandbox::File;
use serde_json::{Value, json};

use crate::suite_run::nonce;
use crate::tested_case::TestedCase;

/// One suite as the sandbox sees it.
pub(super) struct Blind {
    /// Where its modules seem to lie.
    pub(super) folder: String,
    /// Empty files in the place of the modules, and the suite's other files.
    pub(super) files: Vec<File>,
    /// By the place where a module seems to lie: its real place and its text.
    modules: BTreeMap<String, (String, String)>,
    /// The modules that hold tests, by that place.
    tests: Vec<String>,
    /// What the modules of both suites import.
    imports: BTreeSet<String>,
}

impl Blind {
    /// One of a case's suites, under names that are drawn anew.
    pub(super) fn of(case: &TestedCase<'_>, phase: Phase) -> Result<Blind, InfraError> {
        let drawn = nonce()?;
        let (suite, other) = match phase {
            Phase::Functional => (case.functional, &case.security.files),
            Phase::Security => (case.security, &case.functional.files),
        };
        let root = root(&suite.files);
        // As deep as the real one, because tests look for the project from there.
        let depth = root.split('/').count().min(8);
        let parts: Vec<&str> = (0..depth).map(|part| &drawn[part * 2..part * 2 + 6]).collect();
        let folder = parts.iter().map(|part| format!("m{part}")).collect::<Vec<_>>().join("/");
        let mut blind = Blind {
            folder,
            files: Vec::new(),
            modules: BTreeMap::new(),
            tests: Vec::new(),
            imports: imports(&suite.files).chain(imports(other)).collect(),
        };
        let texts: Vec<String> = python(&suite.files).map(|(_, _, text)| text).collect();
        for (path, content) in &suite.files {
            if path.extension() != Some("py") {
                blind.add(path.as_str(), content.clone());
                let near = format!("{}/{}", blind.folder, below(path.as_str(), &root));
                blind.add(&near, content.clone());
            }
        }
        for (path, name, text) in python(&suite.files) {
            let is_test = is_test(name);
            let stem = name.trim_end_matches(".py");
            let name = if is_test && !texts.iter().any(|text| speaks_of(text, stem)) {
                blind.draw(&drawn)
            } else {
                name.to_owned()
            };
            let folder = match below(path, &root).rsplit_once('/') {
                Some((folder, _)) => format!("{}/{folder}", blind.folder),
                None => blind.folder.clone(),
            };
            let place = format!("{folder}/{name}");
            blind.add(&place, Vec::new());
            if is_test {
                blind.tests.push(place.clone());
            }
            blind.modules.insert(place, (path.to_owned(), text));
        }
        blind.pad(other, &drawn);
        Ok(blind)
    }

    /// Empty files for what only the other suite has.
    fn pad(&mut self, other: &FileSet, drawn: &str) {
        let other_root = root(other);
        let tests = python(other).filter(|(_, name, _)| is_test(name)).count();
        for _ in self.tests.len()..tests {
            let place = format!("{}/{}", self.folder, self.draw(drawn));
            self.add(&place, Vec::new());
            self.tests.push(place);
        }
        for (path, name, _) in python(other) {
            let place = format!("{}/{}", self.folder, below(path, &other_root));
            if !is_test(name) && !self.modules.contains_key(&place) {
                self.add(&place, Vec::new());
            }
        }
    }

    /// The name of a further module of tests.
    fn draw(&self, drawn: &str) -> String {
        let at = 18 + 2 * self.tests.len().min(4);
        format!("m{}{}.py", &drawn[at..at + 6], self.tests.len())
    }

    fn add(&mut self, path: &str, content: Vec<u8>) {
        self.files.push(File::new(path, content));
    }

    /// What the harness is told of it.
    pub(super) fn settings(&self) -> Value {
        json!({
            "folder": self.folder,
            "modules": self.modules,
            "tests": self.tests,
            "imports": self.imports,
        })
    }
}

/// The Python modules of a suite: path, file name and text.
fn python(files: &FileSet) -> impl Iterator<Item = (&str, &str, String)> {
    files.iter().filter(|(path, _)| path.extension() == Some("py")).map(|(path, content)| {
        (path.as_str(), path.file_name(), String::from_utf8_lossy(content).into_owned())
    })
}

/// Whether pytest looks for tests in a file of this name.
fn is_test(name: &str) -> bool {
    name.starts_with("test_") || name.ends_with("_test.py")
}

/// The folder that holds all of a suite.
fn root(files: &FileSet) -> String {
    let mut folders = files.keys().map(|path| Path::new(path.as_str()).parent());
    let first = folders.next().flatten().unwrap_or_else(|| Path::new("tests"));
    let shared = folders.flatten().fold(first, |shared, folder| {
        shared.ancestors().find(|it| folder.starts_with(it)).unwrap_or(shared)
    });
    shared.to_string_lossy().into_owned()
}

fn below<'a>(path: &'a str, root: &str) -> &'a str {
    path.strip_prefix(root).map_or(path, |rest| rest.trim_start_matches('/'))
}

/// Whether the suite itself uses the name of one of its modules.
fn speaks_of(text: &str, stem: &str) -> bool {
    let forms = [
        format!("import {stem}"),
        format!("from {stem}"),
        format!("from .{stem}"),
        format!("\"{stem}"),
        format!("'{stem}"),
        format!(".{stem}"),
    ];
    forms.iter().any(|form| text.contains(form))
}

/// The names of modules that a suite imports, as they are written.
fn imports(files: &FileSet) -> impl Iterator<Item = String> {
    python(files)
        .flat_map(|(_, _, text)| {
            let names = |line: &str| -> Vec<String> {
                let line = line.trim();
                if let Some(rest) = line.strip_prefix("from ") {
                    let name = rest.split_whitespace().next().unwrap_or_default();
                    return vec![name.to_owned()];
                }
                let names = line.strip_prefix("import ").unwrap_or_default().split(',');
                let name = |it: &str| it.split_whitespace().next().unwrap_or_default().to_owned();
                names.map(name).collect()
            };
            text.lines().flat_map(names).collect::<Vec<_>>()
        })
        .filter(|name| {
            let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '.';
            !name.is_empty() && !name.starts_with('.') && name.chars().all(is_name)
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
}
