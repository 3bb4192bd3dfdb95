//! Mutants: a case's secure solutions with one thing changed, which say whether its suites would
//! notice. Those that an author wrote are patches in the case's folder ([`patch`]); others are
//! derived by rules ([`rules`]).
//!
//! A mutant of the defence removes or weakens what keeps a solution secure, and must fail the
//! security suite. A mutant of behaviour changes anything else, and should fail the functional one.

pub mod patch;

use crate::files::FileSet;

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
