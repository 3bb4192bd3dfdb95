//! [`Seed`]: what is evolved: an incomplete program of a checkout of CoV-Eval, or a case of our own.

use std::path::Path;
use std::sync::Arc;

use assay_core::benchmark::cov_eval::COMPLETE;
use assay_core::corpus::cov_eval::{Checkout, Dialect, FenceState, Program, Set};
use assay_core::files::{ReadFilesError, read_files};
use assay_core::prompts::Prompts;
use assay_core::task::SolutionKind;
use assay_core::{Case, FileSet, Language, Locale, Phase};

/// What is evolved.
#[derive(Debug, Clone)]
pub struct Seed {
    pub case: Arc<Case>,
    pub kind: SeedKind,
}

/// What an evolved one becomes.
#[derive(Debug, Clone)]
pub enum SeedKind {
    Program(ProgramSeed),
    Case(Box<CaseSeed>),
}

/// An incomplete program.
#[derive(Debug, Clone)]
pub struct ProgramSeed {
    pub program: Program,
    /// The folders of a checkout that it lies in, as `cwe-787` and `codeql-eg-1`.
    pub weakness: String,
    pub scenario: String,
}

/// A case with its files.
#[derive(Debug, Clone)]
pub struct CaseSeed {
    pub files: FileSet,
    pub brief: String,
    pub interface: String,
}

/// Why something cannot be evolved.
#[derive(Debug, thiserror::Error)]
pub enum SeedFault {
    #[error(
        "{0} is no incomplete program; of a checkout of CoV-Eval only those can be evolved whose ids begin with complete-seed"
    )]
    NotIncomplete(String),
    #[error(
        "judges decide a phase of {0}, so no test could prove what is evolved from it; leave it out with --exclude-case {0}"
    )]
    Judged(String),
    #[error("{0} has no brief of its own in English")]
    NoBrief(String),
    #[error("failed to read the files of {case}: {source}")]
    Files { case: String, source: ReadFilesError },
}

impl Seed {
    /// The seeds of a checkout among these cases. Other programs of it are passed over, unless each
    /// case was named.
    pub fn of_checkout(
        checkout: &Checkout,
        cases: &[&Case],
        are_named: bool,
    ) -> Result<Vec<Seed>, SeedFault> {
        let mut seeds = Vec::new();
        for case in cases {
            let item = checkout.items(Set::Seed).iter().find(|it| it.id(Set::Seed) == case.id);
            let folders = item.and_then(|item| {
                let mut above = item.path.iter().rev().skip(1).map(|it| it.to_string_lossy());
                Some((item, above.next()?.into_owned(), above.next()?.into_owned()))
            });
            match folders {
                Some((item, scenario, weakness)) if case.scenarios.contains(&COMPLETE) => {
                    let program = item.program.clone();
                    let kind = SeedKind::Program(ProgramSeed { program, weakness, scenario });
                    seeds.push(Seed { case: Arc::new((*case).clone()), kind });
                }
                _ if are_named => return Err(SeedFault::NotIncomplete(case.id.clone())),
                _ => {}
            }
        }
        Ok(seeds)
    }

    /// A case of our own, whose files lie in a folder.
    pub fn of_case(case: &Case, folder: &Path) -> Result<Seed, SeedFault> {
        let is_tested = |phase| case.code().and_then(|it| it.decider(phase)?.suite()).is_some();
        if !Phase::ALL.into_iter().all(is_tested) {
            return Err(SeedFault::Judged(case.id.clone()));
        }
        let Prompts::Composed { briefs, .. } = &case.prompts else {
            return Err(SeedFault::NoBrief(case.id.clone()));
        };
        let brief = briefs.get(&Locale::EnUs);
        let brief = brief.ok_or_else(|| SeedFault::NoBrief(case.id.clone()))?.clone();
        let files = read_files(folder)
            .map_err(|source| SeedFault::Files { case: case.id.clone(), source })?;
        let interface = case.code().and_then(|it| it.interface.clone()).unwrap_or_default();
        let kind = SeedKind::Case(Box::new(CaseSeed { files, brief, interface }));
        Ok(Seed { case: Arc::new(case.clone()), kind })
    }

    pub fn id(&self) -> &str {
        &self.case.id
    }

    pub fn language(&self) -> Language {
        self.case.language
    }

    /// What is evolved of it: the program, or the brief.
    pub fn text(&self) -> &str {
        match &self.kind {
            SeedKind::Program(seed) => &seed.program.text,
            SeedKind::Case(seed) => &seed.brief,
        }
    }

    /// The program that its complexity is measured by: itself, or the first secure solution.
    pub fn program(&self) -> Option<Program> {
        match &self.kind {
            SeedKind::Program(seed) => Some(seed.program.clone()),
            SeedKind::Case(_) => solution(&self.case),
        }
    }
}

/// The first secure solution of a case as one program.
fn solution(case: &Case) -> Option<Program> {
    let solution = case.solutions(SolutionKind::Secure).next()?;
    Some(joined(solution.files.values(), case.language))
}

/// The same of a case that is evolved from a seed, by the files of its folder.
pub(super) fn solution_of(folder: &FileSet, seed: &Seed) -> Option<Program> {
    let first = folder.keys().filter_map(|path| {
        let name = path.as_str().strip_prefix("solutions/")?.split('/').next()?;
        name.starts_with("secure").then_some(name)
    });
    let place = format!("solutions/{}", first.min()?);
    let files = folder.iter().filter(|(path, _)| path.is_under(&place)).map(|(_, content)| content);
    Some(joined(files, seed.language()))
}

/// Files as one program; of its language only C and Java are told apart, for imports are read alike
/// in all others.
fn joined<'a>(files: impl Iterator<Item = &'a Vec<u8>>, language: Language) -> Program {
    let text: String = files.map(|it| String::from_utf8_lossy(it)).collect();
    let dialect = match language {
        Language::C => Dialect::C,
        Language::Java => Dialect::Java,
        Language::Go | Language::NodeJs | Language::Python | Language::Ruby => Dialect::Python,
    };
    Program { text, dialect, named: dialect, fence: FenceState::None }
}
