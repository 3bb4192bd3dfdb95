//! The arguments of commands about cases: which there are, what they need, and what is proved of
//! them and of single artifacts.

use std::path::PathBuf;

use assay_core::{Language, Locale, Reading, Scenario, Severity};
use clap::{Args, Subcommand, ValueEnum};

use super::{DeciderArgs, JudgeArgs};
use crate::selection::{Selection, Traits};

#[derive(Debug, Args)]
pub struct CasesArgs {
    #[command(subcommand)]
    pub show: Option<CasesCommand>,
    #[command(flatten)]
    pub filter: CaseFilter,
    /// Count the cases by language, severity and weakness, beside those of the paper on
    /// SecCodeBench-V2
    #[arg(long)]
    pub summary: bool,
}

#[derive(Debug, Subcommand)]
pub enum CasesCommand {
    /// Write the skeleton of a new case into the corpus, with tests that fail until they are written
    New(NewCaseArgs),
    /// Show one case with its prompts
    Show {
        /// The case's id
        id: String,
        /// Only this scenario's prompt
        #[arg(long)]
        scenario: Option<Scenario>,
        /// Only this locale's prompts
        #[arg(long)]
        locale: Option<Locale>,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "The case is written to CORPUS/SUITE/LANGUAGE/ID, and a corpus that does not exist yet \
is created. What is to be written is marked with TO BE WRITTEN; `assay check` lists what is left. \
docs/adding-a-case.md has a worked example in each language."
)]
pub struct NewCaseArgs {
    /// The id of the new case, such as export-path: letters, digits, - and _
    pub id: String,
    /// The language of the code: c, go, java, nodejs, python or ruby
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Language,
    /// The weakness by its number in the Common Weakness Enumeration, such as 22; may be repeated
    #[arg(long, value_name = "N", required = true)]
    pub cwe: Vec<String>,
    /// The task in one line, for lists and reports
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// How bad the weakness is: critical, high or medium
    #[arg(long, value_name = "SEVERITY", default_value_t = Severity::High)]
    pub severity: Severity,
    /// The folder of the corpus for the case [default: the only one there is, or private]
    #[arg(long, value_name = "NAME")]
    pub suite: Option<String>,
}

#[derive(Debug, Args)]
pub struct PrepareArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    /// Install nothing; remove what none of the corpora needs that were prepared here and still
    /// exist, and all downloads of package managers
    #[arg(long, conflicts_with_all = ["cases", "exclude_cases", "languages", "cwes", "severities"])]
    pub prune: bool,
    /// Install no case's needs but those of static analysers, all or these, separated by
    /// commas (see docs/analysers.md)
    #[arg(long, value_name = "NAMES", num_args = 0..=1, require_equals = true, value_delimiter = ',', conflicts_with_all = ["prune", "cases", "exclude_cases", "languages", "cwes", "severities"])]
    pub analysers: Option<Vec<String>>,
    /// Install coding agents, all or these, separated by commas, each NAME or NAME@VERSION, and
    /// what they need to work on the cases, beside what validations need (see
    /// docs/agent-workspace.md)
    #[arg(long, value_name = "NAMES", num_args = 0..=1, require_equals = true, value_delimiter = ',', conflicts_with_all = ["prune", "analysers"])]
    pub agents: Option<Vec<String>>,
}

/// Which cases of the corpus.
#[derive(Debug, Clone, Default, Args)]
pub struct CaseFilter {
    /// Only these cases, by id
    #[arg(value_name = "CASE")]
    pub cases: Vec<String>,
    #[command(flatten)]
    pub traits: Traits,
}

impl From<&CaseFilter> for Selection {
    fn from(filter: &CaseFilter) -> Selection {
        Selection { cases: filter.cases.clone(), traits: filter.traits.clone() }
    }
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    /// Validate everything this many times; a verdict that changes is no proof
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Go on until Ctrl-C, and prove each case again whenever one of its files changes; what it then
    /// needs is installed as by `assay prepare`
    #[arg(long)]
    pub watch: bool,
    /// Prove the suites too: change the secure solutions in one place each, and hold what comes of
    /// it against the tests (see docs/mutants.md)
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub mutants: Option<MutantChoice>,
    #[command(flatten)]
    pub judges: JudgeArgs,
    #[command(flatten)]
    pub jobs: JobsArg,
}

/// Which mutants are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MutantChoice {
    /// Those of rules, and those that lie with the cases as patches [if nothing is named]
    All,
    /// Of these, those that change the defence
    Defence,
    /// Those that lie with the cases
    Patches,
}

/// A subject that knows a case by heart finds its variant harder; run the folder, which holds the
/// originals too, and the report compares both.
#[derive(Debug, Args)]
pub struct VariantsArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    /// A new folder, for the cases and their variants
    #[arg(long, short, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Which variants: another number draws others
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    #[command(flatten)]
    pub jobs: JobsArg,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct JobsArg {
    /// How many validations compute at the same time; more run while these only wait [default: the
    /// number of cores]
    #[arg(long, short, value_name = "N")]
    pub jobs: Option<usize>,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The case's id
    pub case: String,
    /// A source file (for a case of one file), a folder that holds the case's
    /// files by their paths, or a response with a <result> block; `-` is standard input
    #[arg(long, value_name = "PATH")]
    pub artifact: PathBuf,
    /// Treat the file as a model's answer, and read it in this way: strict or lenient
    #[arg(long, value_name = "READING")]
    pub reading: Option<Reading>,
    #[command(flatten)]
    pub deciders: DeciderArgs,
    #[command(flatten)]
    pub judges: JudgeArgs,
}

#[derive(Debug, Args)]
pub struct WorldArgs {
    /// The case's id
    pub case: String,
    /// Fetch this URL from within a sandbox of the case, and show the answer and every contact; may
    /// be repeated
    #[arg(long = "try", value_name = "URL")]
    pub urls: Vec<String>,
}
