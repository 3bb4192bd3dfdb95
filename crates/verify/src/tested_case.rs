//! [`TestedCase`]: a case whose artifacts are run.

use std::ops::Deref;

use assay_core::files::digest;
use assay_core::suite::{Runner, Suite};
use assay_core::{Case, CodeTask, FileSet, Language, Phase};

/// A case that asks for code and whose functional phase tests decide. What its task has,
/// it has too.
#[derive(Debug, Clone, Copy)]
pub struct TestedCase<'a> {
    pub case: &'a Case,
    pub id: &'a str,
    pub language: Language,
    pub functional: &'a Suite,
    /// Whether or not it decides; without tests if the task has none of that phase.
    pub security: &'a Suite,
    task: &'a CodeTask,
}

static NO_TESTS: Suite =
    Suite { files: FileSet::new(), runner: Runner::AssayC, expected: Vec::new() };

impl<'a> TestedCase<'a> {
    /// `None` for a case for which nothing is run.
    pub fn of(case: &'a Case) -> Option<TestedCase<'a>> {
        let task = case.code()?;
        let functional = task.functional.suite()?;
        let security = task.security_suite().unwrap_or(&NO_TESTS);
        let (id, language) = (case.id.as_str(), case.language);
        Some(TestedCase { case, id, language, functional, security, task })
    }

    /// The suites of both phases.
    pub fn both(&self) -> [(Phase, &'a Suite); 2] {
        [(Phase::Functional, self.functional), (Phase::Security, self.security)]
    }

    /// The digests of all solutions, whatever their order in the task.
    pub fn solutions_digest(&self) -> String {
        let mut solutions: Vec<_> = self.task.solutions.iter().collect();
        solutions.sort_by_key(|solution| &solution.name);
        solutions.into_iter().map(|solution| digest(&solution.files)).collect()
    }
}

impl Deref for TestedCase<'_> {
    type Target = CodeTask;

    fn deref(&self) -> &CodeTask {
        self.task
    }
}
