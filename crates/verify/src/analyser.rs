//! Static analysers over programs, in the sandbox: each is one file below and one row of
//! [`TOOLS`]. An analyser that fails is an [`InfraError`]; one that cannot look at all of a
//! program says so ([`Reach`]), and its silence means nothing then. See docs/analysers.md.

mod bandit;
mod batch;
mod bench;
mod clang;
mod cppcheck;
mod detector;
mod environment;
mod eslint;
mod flawfinder;
mod gcc;
mod gosec;
mod njsscan;
mod parser;
mod program;
mod rules;
mod run;
mod semgrep;
mod spotbugs;
mod tool;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use assay_core::analysis::Reach;
use assay_core::infra_error::InfraClass;
use assay_core::{Analysis, InfraError, Language, Syntax};

use crate::infra;
use crate::prepare::{Cache, Installation, PlannedInstallation, PrepareError, Room};
use crate::toolchain::Needs;
use crate::tools::{MISSING, version};
use batch::{Batch, Draft};
use bench::Bench;
pub use program::{Program, Project, all_endings, language_of};
use run::Run;
use tool::Tool;

/// Every analyser, in the order in which they are shown.
const TOOLS: &[&dyn Tool] = &[
    &bandit::Bandit,
    &semgrep::Semgrep,
    &detector::Detector,
    &cppcheck::Cppcheck,
    &flawfinder::Flawfinder,
    &gcc::Gcc,
    &clang::Clang,
    &gosec::Gosec,
    &spotbugs::SpotBugs,
    &eslint::Eslint,
    &njsscan::Njsscan,
    &parser::Parser,
];

/// An analyser that Assay knows, installed or not.
#[derive(Debug, Clone, Copy)]
pub struct Analyser(&'static dyn Tool);

impl Analyser {
    /// All of them, the one of the syntax last.
    pub fn all() -> impl Iterator<Item = Analyser> {
        TOOLS.iter().map(|tool| Analyser(*tool))
    }

    /// The one that tells whether a text is a program of its language, and alerts to nothing.
    pub fn syntax() -> Analyser {
        Analyser(&parser::Parser)
    }

    pub fn named(name: &str) -> Option<Analyser> {
        Analyser::all().find(|analyser| analyser.name() == name)
    }

    /// What users call it.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What it is, in a phrase.
    pub fn about(self) -> &'static str {
        self.0.about()
    }

    pub fn languages(self) -> &'static [Language] {
        self.0.languages()
    }

    /// Whether it can alert to anything, which the one of the syntax cannot.
    pub fn alerts(self) -> bool {
        self.name() != Analyser::syntax().name()
    }

    fn needs(self) -> Option<Needs> {
        Some(self.0.installation()?.0)
    }
}

/// What the installations of all analysers need.
pub(super) fn needs() -> Vec<Needs> {
    Analyser::all().filter_map(Analyser::needs).collect()
}

/// Whether an analyser can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Installed {
        version: String,
    },
    /// What is lacking, and what to do.
    Lacking {
        what: String,
        remedy: String,
    },
}

/// The analysers, with the cache that some of them are installed in.
#[derive(Debug)]
pub struct Analysers {
    cache: Cache,
}

/// How programs are analysed.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    /// How many starts of an analyser are under way together.
    pub jobs: usize,
    /// Is told how many programs more are done.
    pub done: &'a (dyn Fn(usize) + Sync),
}

impl std::fmt::Debug for Effort<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Effort").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

impl Analysers {
    /// Those of a cache, which is the one that cases are prepared in.
    pub fn new(cache: PathBuf) -> Analysers {
        Analysers { cache: Cache::new(cache) }
    }

    /// Those that can be run, without the one of the syntax.
    pub fn installed(&self) -> Vec<Analyser> {
        let is_installed = |analyser: &Analyser| {
            analyser.alerts() && matches!(self.standing(*analyser), Standing::Installed { .. })
        };
        Analyser::all().filter(is_installed).collect()
    }

    /// Whether an analyser can be run, and if not, what to do.
    pub fn standing(&self, analyser: Analyser) -> Standing {
        let Analyser(tool) = analyser;
        if let Some((programs, packages)) = lacking(tool) {
            return Standing::Lacking {
                what: format!("{programs} is missing"),
                remedy: format!("run `apt-get install {packages}`"),
            };
        }
        match self.place(analyser) {
            Ok(_) => Standing::Installed { version: tool.version() },
            Err(lack) => Standing::Lacking {
                what: format!("what it needs {lack}"),
                remedy: format!("run `assay prepare --analysers={}`", tool.name()),
            },
        }
    }

    /// Installs what these analysers need in the cache and is not there yet, from the
    /// network, and returns how many installations failed.
    pub fn prepare(
        &self,
        analysers: &[Analyser],
        tell: &mut dyn FnMut(&Installation<'_>),
    ) -> Result<usize, PrepareError> {
        let mut wanted: BTreeMap<Needs, PlannedInstallation<'_>> = BTreeMap::new();
        for Analyser(tool) in analysers {
            let Some((needs, fill)) = tool.installation() else { continue };
            let room = Room::Analysers;
            let new =
                PlannedInstallation { room, needs: needs.clone(), needed_by: Vec::new(), fill };
            wanted.entry(needs).or_insert(new).needed_by.push(tool.name());
        }
        let wanted: Vec<PlannedInstallation<'_>> = wanted.into_values().collect();
        self.cache.install_all(&wanted, tell)
    }

    /// What an analyser says of each of these programs, in their order. What it fails at is
    /// an error of that program alone; a program that it cannot be given, because it is of
    /// another language say, is not analysed.
    pub fn analyse(
        &self,
        analyser: Analyser,
        programs: &[Program<'_>],
        effort: Effort<'_>,
    ) -> Vec<Result<Analysis, InfraError>> {
        let Analyser(tool) = analyser;
        let version = tool.version();
        let look = |bench: &mut Bench, mut batch: Batch<'_>| {
            let begun = Instant::now();
            tool.analyse(bench, &mut batch)?;
            let share = begun.elapsed().as_millis() / batch.programs.len().max(1) as u128;
            let programs = batch.programs;
            let analysis = |(program, draft): (&Program<'_>, Draft)| Analysis {
                wall_ms: u64::try_from(share).unwrap_or(u64::MAX),
                ..analysis(tool, &version, program, draft)
            };
            Ok(programs.iter().zip(batch.drafts()).map(analysis).collect())
        };
        let obstructed = |program: &Program<'_>, why: String| Analysis {
            reach: Reach::NotAnalysed { why },
            ..analysis(tool, &version, program, Draft::default())
        };
        self.over(analyser, programs, effort, &look, &obstructed)
    }

    /// Whether each of these programs is one of its language, in their order.
    pub fn syntax(
        &self,
        programs: &[Program<'_>],
        effort: Effort<'_>,
    ) -> Vec<Result<Syntax, InfraError>> {
        let look = |bench: &mut Bench, batch: Batch<'_>| parser::parse(bench, &batch);
        let obstructed = |_: &Program<'_>, _: String| Syntax::Empty;
        self.over(Analyser::syntax(), programs, effort, &look, &obstructed)
    }

    fn over<T: Send>(
        &self,
        analyser: Analyser,
        programs: &[Program<'_>],
        effort: Effort<'_>,
        look: run::Look<'_, T>,
        obstructed: &dyn Fn(&Program<'_>, String) -> T,
    ) -> Vec<Result<T, InfraError>> {
        let Analyser(tool) = analyser;
        let obstacle = |program: &Program<'_>| program.obstacle(tool.name(), tool.languages());
        let able: Vec<Program<'_>> =
            programs.iter().copied().filter(|program| obstacle(program).is_none()).collect();
        let ready = self.ready(analyser);
        let mut found = match &ready {
            Ok(installed) => {
                let Effort { jobs, done } = effort;
                done(programs.len() - able.len());
                Run { tool, installed: installed.as_deref(), jobs, done }.over(&able, look)
            }
            Err(error) => able.iter().map(|_| Err(error.clone())).collect(),
        }
        .into_iter();
        let result = |program: &Program<'_>| match obstacle(program) {
            Some(why) => Ok(obstructed(program, why)),
            None => found
                .next()
                .unwrap_or_else(|| Err(InfraError::new(InfraClass::Analyser, "it was given up"))),
        };
        programs.iter().map(result).collect()
    }

    /// The folder of an analyser's installation, if it has one and can be run.
    fn ready(&self, analyser: Analyser) -> Result<Option<PathBuf>, InfraError> {
        assay_sandbox::raise_limits().map_err(|error| infra(&error))?;
        let lacks = |what: String, remedy: String| {
            let message = format!("{}: {what}; {remedy}", analyser.name());
            InfraError::new(InfraClass::Unprepared, message)
        };
        match self.standing(analyser) {
            Standing::Installed { .. } => {
                self.place(analyser).map_err(|lack| lacks(lack, "prepare it again".to_owned()))
            }
            Standing::Lacking { what, remedy } => Err(lacks(what, remedy)),
        }
    }

    /// The folder of an analyser's installation, if it has one; else what is wrong with it.
    fn place(&self, analyser: Analyser) -> Result<Option<PathBuf>, String> {
        let Some(needs) = analyser.needs() else { return Ok(None) };
        self.cache.whole(self.cache.place(Room::Analysers, &needs)).map(Some)
    }
}

/// The programs of the host that an analyser lacks, and the packages that have them.
fn lacking(tool: &dyn Tool) -> Option<(String, String)> {
    let is_missing = |program: &&tool::HostProgram| version(program.command) == MISSING;
    let missing: Vec<_> = tool.programs().iter().filter(is_missing).collect();
    let join = |words: Vec<&str>| words.join(" ");
    let programs = join(missing.iter().filter_map(|it| it.command.first().copied()).collect());
    let packages = join(missing.iter().map(|it| it.package).collect());
    (!missing.is_empty()).then_some((programs, packages))
}

/// What an analyser has said of a program, whole.
fn analysis(tool: &dyn Tool, version: &str, program: &Program<'_>, draft: Draft) -> Analysis {
    let gap = draft.gap();
    let mut alerts = draft.alerts;
    alerts.sort_by(|a, b| (&a.file, a.line, &a.rule).cmp(&(&b.file, b.line, &b.rule)));
    alerts.dedup();
    Analysis {
        program: program.id.to_owned(),
        analyser: tool.name().to_owned(),
        version: version.to_owned(),
        reach: gap.map_or(Reach::Analysed, |why| Reach::NotAnalysed { why }),
        alerts,
        wall_ms: 0,
    }
}
