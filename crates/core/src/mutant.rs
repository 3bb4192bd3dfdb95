//! Mutants: a case's secure solutions with one thing changed, which say whether its suites would
//! notice. Those that an author wrote are patches in the case's folder ([`patch`]); others are
//! derived by rules ([`rules`]).
//!
//! A mutant of the defence removes or weakens what keeps a solution secure, and must fail the
//! security suite. A mutant of behaviour changes anything else, and should fail the functional one.

mod condition;
mod defence;
pub mod patch;
mod rules;
pub(crate) mod tokens;
mod twins;

use std::collections::BTreeSet;

use crate::case::Case;
use crate::files::{FileSet, SafePath};
use crate::task::{Solution, SolutionKind};

pub use rules::Rule;

/// What a case says about mutants of its solutions. No verdict depends on it, so that it is no part
/// of the case's digest.
#[derive(Debug, Clone, Default)]
pub struct Mutants {
    /// In order of their names.
    pub patches: Vec<PatchMutant>,
    pub explained: Vec<Explanation>,
}

/// A mutant that lies with the case, as a patch to one of its secure solutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchMutant {
    /// The file's name without `.patch`, such as `secure-shlex--quoting-left-out`.
    pub name: String,
    /// The solution that it changes.
    pub solution: String,
    /// The defence that it removes or weakens, in a sentence.
    pub removes: String,
    /// The solution's files with the change.
    pub files: FileSet,
}

/// Why a mutant that was derived by a rule may survive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The solution that the mutant is of.
    pub solution: String,
    /// The lines that it takes away and puts in, as [`patch::change_of`] writes them. Where they lie
    /// is no part of it, so that it holds when lines move.
    pub change: String,
    pub reason: String,
}

/// A secure solution with one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The solution that it is made of.
    pub solution: String,
    pub origin: Origin,
    pub files: FileSet,
    /// See [`Explanation::change`].
    pub change: String,
    /// The first line that it changes: the file, and the number from 1.
    pub place: (SafePath, usize),
}

/// Where a mutant comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A patch of the case, with its name and what it says.
    Patch {
        name: String,
        removes: String,
    },
    Rule {
        rule: Rule,
        target: Target,
    },
}

/// What a mutant changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A line that a patch changes, or that an otherwise equal vulnerable solution does not have.
    Defence,
    /// Any other line.
    Behaviour,
}

impl Target {
    pub fn as_str(self) -> &'static str {
        match self {
            Target::Defence => "defence",
            Target::Behaviour => "behaviour",
        }
    }
}

impl Origin {
    /// What the mutant changes; a patch says itself that it is about the defence.
    pub fn target(&self) -> Target {
        match self {
            Origin::Patch { .. } => Target::Defence,
            Origin::Rule { target, .. } => *target,
        }
    }
}

/// The mutants that lie with a case, in order of their names.
pub fn of_patches(case: &Case) -> Vec<Mutant> {
    let Some(task) = case.code() else { return Vec::new() };
    let mutants = task.mutants.patches.iter().filter_map(|patch| {
        let solution = task.solutions.iter().find(|it| it.name == patch.solution)?;
        let origin = Origin::Patch { name: patch.name.clone(), removes: patch.removes.clone() };
        Mutant::of(solution, patch.files.clone(), origin)
    });
    mutants.collect()
}

/// The mutants that rules make of a case's secure solutions, in the order of the solutions, files
/// and rules. None is one of the case's patches or solutions, and no two are the same program.
pub fn of_rules(case: &Case) -> Vec<Mutant> {
    let Some(task) = case.code() else { return Vec::new() };
    let solutions = task.solutions.iter().map(|it| &it.files);
    let mut seen: BTreeSet<&FileSet> = solutions.collect();
    seen.extend(task.mutants.patches.iter().map(|it| &it.files));
    let mut seen: BTreeSet<FileSet> = seen.into_iter().cloned().collect();
    let mut mutants = Vec::new();
    for solution in case.solutions(SolutionKind::Secure) {
        let vulnerable = case.solutions(SolutionKind::Vulnerable).map(|it| &it.files);
        let patches = task.mutants.patches.iter();
        let patched = patches.filter(|it| it.solution == solution.name).map(|it| &it.files);
        let lines = defence::lines(&solution.files, patched, vulnerable);
        for (path, content) in &solution.files {
            let Ok(text) = std::str::from_utf8(content) else { continue };
            for changed in rules::changed(case.language, text) {
                let mut files = solution.files.clone();
                files.insert(path.clone(), changed.text.into_bytes());
                let touched = defence::touched(&solution.files, &files);
                let target = match touched.is_disjoint(&lines) {
                    true => Target::Behaviour,
                    false => Target::Defence,
                };
                if seen.insert(files.clone()) {
                    let origin = Origin::Rule { rule: changed.rule, target };
                    mutants.extend(Mutant::of(solution, files, origin));
                }
            }
        }
    }
    mutants
}

impl Mutant {
    fn of(solution: &Solution, files: FileSet, origin: Origin) -> Option<Mutant> {
        Some(Mutant {
            solution: solution.name.clone(),
            change: patch::change_of(&solution.files, &files),
            place: patch::place_of(&solution.files, &files)?,
            origin,
            files,
        })
    }
}
