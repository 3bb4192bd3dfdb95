//! The arguments of `assay evaluators`.

use std::path::PathBuf;

use assay_core::corpus::CorpusSource;
use assay_core::{JudgeMode, Locale};
use clap::{Args, Subcommand, ValueEnum};

use super::{CaseFilter, JobsArg, JudgeArgs};
use crate::evaluators::HeuristicChoice;

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
    /// Measure judges on programs whose security is known, asked as a run asks them, and write what
    /// runs cite that they decide
    Certify(Box<CertifyArgs>),
    /// Train the heuristic evaluator on programs whose security is known, and write its weights
    Train(TrainArgs),
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
    /// Ask the heuristic, which needs no model (see docs/heuristic.md): with the weights of a file
    /// that `assay evaluators train` wrote, or as `cross-validated` over the programs themselves
    /// [default: the weights that come with the program]; may be repeated
    #[arg(long = "heuristic", value_name = "WEIGHTS", num_args = 0..=1, require_equals = true, default_missing_value = "embedded")]
    pub heuristics: Vec<HeuristicChoice>,
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
pub struct CertifyArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    #[command(flatten)]
    pub judges: JudgeArgs,
    /// How judges are asked about the weakness: direct, analysis or few-shot, as by
    /// `assay run --decider judges:MODE` [default: as by `assay run --decider judges`]
    #[arg(long, value_name = "MODE", conflicts_with = "heuristic")]
    pub judge_mode: Option<JudgeMode>,
    /// The language of their prompts: en-US or zh-CN [default: en-US]
    #[arg(long, conflicts_with = "heuristic")]
    pub locale: Option<Locale>,
    /// Measure the heuristic in place of judges, with the weights that come with the program or with
    /// those of a file
    #[arg(long, value_name = "WEIGHTS", num_args = 0..=1, require_equals = true, default_missing_value = "embedded", conflicts_with_all = ["judges", "judge_base_url", "judge_api_key_env"])]
    pub heuristic: Option<HeuristicChoice>,
    /// The folder of `assay export --format sft` that the judge was trained with: only programs of
    /// its held-out side take part
    #[arg(long, value_name = "DIR")]
    pub held_out: Option<PathBuf>,
    /// Ask judges again, even if the response cache has their votes
    #[arg(long)]
    pub no_cache: bool,
    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "judge-certificate.json")]
    pub output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Args)]
pub struct TrainArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    /// Train on the programs of this corpus whose security is known, such as cov-eval:CHECKOUT, or
    /// cov-eval:CORPUS for proved cases; may be repeated [default: the corpus]
    #[arg(long, value_name = "CORPUS", value_parser = super::training::source)]
    pub programs: Vec<CorpusSource>,
    /// Train on programs alone, without the mutants that lie with cases
    #[arg(long)]
    pub without_mutants: bool,
    /// Learn from what this static analyser says too; may be repeated, and `all` names every one
    /// that is installed
    #[arg(long = "analyser", value_name = "NAME")]
    pub analysers: Vec<String>,
    /// Into how many parts scenarios are divided to measure what is learnt
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(2..=100))]
    pub folds: u8,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
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
    pub evaluator: Option<String>,
    /// What `assay evaluators certify` measured of the judge, in place of a comparison [default: the
    /// certificate that the run has]
    #[arg(long, value_name = "FILE", conflicts_with = "evaluator")]
    pub certificate: Option<PathBuf>,
}
