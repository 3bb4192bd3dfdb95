//! The arguments of `assay evaluators`.

use std::path::PathBuf;

use assay_core::JudgeMode;
use clap::{Args, Subcommand, ValueEnum};

use super::{CaseFilter, JobsArg, JudgeArgs};

#[derive(Debug, Args)]
pub struct EvaluatorsArgs {
    #[command(subcommand)]
    pub command: EvaluatorsCommand,
}

#[derive(Debug, Subcommand)]
pub enum EvaluatorsCommand {
    /// Put tests, analysers and judges side by side over programs whose security is known
    Compare(Box<CompareEvaluatorsArgs>),
    /// Write the programs whose security is known into a folder, for other tools to analyse
    Programs(ProgramsArgs),
    /// Correct the security rates of a run that a judge decided for the errors of the judge
    Correct(CorrectArgs),
}

#[derive(Debug, Args)]
pub struct CompareEvaluatorsArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    /// Run the tests of the case that a program is a solution of
    #[arg(long)]
    pub tests: bool,
    /// Have this static analyser look at the programs, such as bandit; may be repeated, and `all`
    /// names every one that is installed
    #[arg(long = "analyser", value_name = "NAME")]
    pub analysers: Vec<String>,
    /// Which alerts of an analyser count: of any weakness, of the program's own weakness or its
    /// family, or of exactly that; may be repeated
    #[arg(long = "alerts", value_name = "WHICH", default_value = "family")]
    pub alerts: Vec<AlertMatch>,
    /// What another tool, such as CodeQL, has written in SARIF 2.1.0 of the programs that `assay
    /// evaluators programs` wrote; may be repeated
    #[arg(long = "sarif", value_name = "FILE")]
    pub sarif: Vec<PathBuf>,
    #[command(flatten)]
    pub judges: JudgeArgs,
    /// How judges are asked about the weakness: direct, analysis or few-shot; may be repeated
    #[arg(long = "judge-mode", value_name = "MODE", default_value = "direct")]
    pub judge_modes: Vec<JudgeMode>,
    /// A table of labels that people gave, with the columns program, vulnerable (yes or no) and
    /// cwe; only the programs in it take part, and its labels are the truth
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// The file that assessments are kept in, and taken from where the comparison was stopped
    #[arg(long, value_name = "FILE", default_value = "assay-assessments.jsonl")]
    pub output: PathBuf,
    /// Ask judges again, even if the response cache has their answers
    #[arg(long)]
    pub no_cache: bool,
    #[command(flatten)]
    pub jobs: JobsArg,
}

#[derive(Debug, Args)]
pub struct ProgramsArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    /// The folder to write, which must not exist or be empty: a folder below it for each program
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
}

/// Which alerts of an analyser count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AlertMatch {
    Any,
    Family,
    Exact,
}

impl AlertMatch {
    pub fn as_str(self) -> &'static str {
        match self {
            AlertMatch::Any => "any",
            AlertMatch::Family => "family",
            AlertMatch::Exact => "exact",
        }
    }
}

#[derive(Debug, Args)]
pub struct CorrectArgs {
    /// The run that a judge decided
    pub run: PathBuf,
    /// The assessments of `assay evaluators compare` that measured the judge
    #[arg(long, value_name = "FILE", default_value = "assay-assessments.jsonl")]
    pub assessments: PathBuf,
    /// The judge, as the comparison names it, such as "gpt (direct)"
    #[arg(long, value_name = "NAME")]
    pub evaluator: String,
}
