//! The command line.

mod analyse;
mod cases;
mod compare;
mod deciders;
mod evaluators;
mod evolve;
mod fleet;
mod label;
mod training;
mod verifier;

use std::net::SocketAddr;
use std::path::PathBuf;

use assay_core::infra_error::InfraClass;
use assay_core::score::ErrorLimit;
use assay_core::{Locale, Reading, Scenario};
use clap::builder::{EnumValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::attempt_filter::AttemptFilter;
use crate::export::{ExportFormat, Rows};
use crate::limits::LimitSettings;
use crate::logging::LogFilter;
use crate::selection::Traits;
use crate::terminal::ColourChoice;

pub use analyse::AnalyseArgs;
pub use cases::{
    CaseFilter, CasesArgs, CasesCommand, CheckArgs, JobsArg, MutantChoice, NewCaseArgs,
    PrepareArgs, VariantsArgs, VerifyArgs, WorldArgs,
};
pub use compare::{CompareArgs, DetectArgs, PlanArgs};
pub use deciders::DeciderArgs;
pub use evaluators::{
    AlertMatch, CertifyArgs, CompareEvaluatorsArgs, CorrectArgs, EvaluatorsArgs, EvaluatorsCommand,
    ProgramsArgs, TrainArgs,
};
pub use evolve::{EvolveArgs, FilterServer, WriterServer};
pub use fleet::{NatsArgs, VerifierArgs, WorkerArgs};
pub use label::Label;
pub use training::TrainingArgs;
pub use verifier::ServiceArgs;

/// Measures how securely language models write and repair code, by running what
/// they write against functional and security tests in a sandbox.
#[derive(Debug, Parser)]
#[command(name = "assay", version, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done; 1 the answer is no (a case is not proved, \
verdicts disagree, an artifact is not secure, an analyser alerts, the host is unfit); 2 bad usage; \
3 failed; 4 a run ended with attempts that errored or were not finished; 130 interrupted.")]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// The configuration file [default: assay.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The cases: a folder, sec-code-bench:PATH for a checkout of
    /// SecCodeBench-V2, cov-eval:PATH for one of CoV-Eval, or human-eval:FILE
    /// for HumanEval; built-in for the cases within the program [default: corpus,
    /// or built-in where there is no such folder]
    #[arg(long, global = true, value_name = "CORPUS")]
    pub corpus: Option<String>,
    /// Where prepared environments are kept [default: $XDG_CACHE_HOME/assay or
    /// ~/.cache/assay]
    #[arg(long, global = true, value_name = "DIR", env = "ASSAY_CACHE")]
    pub cache: Option<PathBuf>,
    /// The response cache: the file in which answers of models are kept [default: responses.sqlite
    /// in the folder of --cache]
    #[arg(long, global = true, value_name = "FILE", env = "ASSAY_RESPONSES")]
    pub responses: Option<PathBuf>,
    /// The output: text for people, or JSON for programs (see docs/json.md)
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// When output has colours; with auto, on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", alias = "colour", value_enum, default_value_t = ColourChoice::Auto)]
    pub color: ColourChoice,
    /// What to log: error, warn, info, debug or trace, or levels for places, as in
    /// assay_sandbox=trace,info. Keys, headers, prompts and answers are never logged (see
    /// docs/logging.md) [default: warnings only]
    #[arg(long, global = true, value_name = "FILTER", env = "ASSAY_LOG")]
    pub log: Option<LogFilter>,
    /// Append the log to this file instead of standard error; without --log, its level is debug
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
    /// What `assay export` writes, which has a `--format` of its own.
    #[value(skip)]
    Export(ExportFormat),
}

impl Format {
    /// Reads the `--format` of `assay export`.
    fn export() -> impl TypedValueParser<Value = Format> {
        EnumValueParser::<ExportFormat>::new().map(Format::Export)
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write an assay.toml that explains itself
    Init {
        /// The folder to write it in
        #[arg(value_name = "DIR", default_value = ".")]
        folder: PathBuf,
    },
    /// List the cases, or show one with its prompts
    Cases(CasesArgs),
    /// Install what the cases need, static analysers, or agents, once, so that runs need no network
    Prepare(PrepareArgs),
    /// Prove cases: secure and correct solutions pass, vulnerable ones fail security,
    /// incorrect, empty and cheating ones fail
    Check(CheckArgs),
    /// Make variants of cases, under other names and with other numbers, each proved by its tests
    Variants(VariantsArgs),
    /// Validate one artifact of one case
    Verify(VerifyArgs),
    /// Validate artifacts for others, over HTTP: a verifier for SecCodeBench's controller, for
    /// platforms and for trainers
    Verifier(Box<ServiceArgs>),
    /// Have static analysers look at programs
    Analyse(AnalyseArgs),
    /// Ask subjects, validate their answers, and store everything
    Run(Box<RunArgs>),
    /// Have judges decide the judged phases of a stored run again, as a new run
    Rejudge(RejudgeArgs),
    /// Compute the scores of a stored run again
    Score(ScoreArgs),
    /// List the attempts of stored runs: when each finished, its verdict and how it ended
    Attempts(AttemptsArgs),
    /// Validate the stored answers of a run again, without asking any model
    Revalidate(RevalidateArgs),
    /// Compare the verdicts of a run with recorded ones
    Agree(AgreeArgs),
    /// Compare the scores of two runs, or of the subjects of one, and fail if they got worse
    Compare(CompareArgs),
    /// Say how many cases and rounds would show a difference
    Plan(PlanArgs),
    /// Make a stored run from results that others have published
    Import(ImportArgs),
    /// Write an HTML report of stored runs
    Report(ReportArgs),
    /// Serve the report of stored runs, with live progress of unfinished ones
    Serve(ServeArgs),
    /// Validate for others, who send their work over NATS
    Worker(WorkerArgs),
    /// Write stored runs in the format of another tool
    Export(ExportArgs),
    /// Compare evaluators (tests, analysers, judges) with what is known of programs
    Evaluators(EvaluatorsArgs),
    /// Make harder scenarios and cases from seeds, with a model as the writer, and filter and prove them
    Evolve(Box<EvolveArgs>),
    /// Show the simulated Internet of a case, or fetch something from it
    World(WorldArgs),
    /// Say what this host supports, and what is missing
    Doctor,
    /// Write what a shell needs to complete commands and options, to standard output
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages of all commands into a folder
    Man {
        /// The folder, as in ~/.local/share/man/man1
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

const COMPLETIONS_HELP: &str = "For this user alone, as the shells usually look for them:
  bash  assay completions bash > ~/.local/share/bash-completion/completions/assay
  zsh   assay completions zsh > ~/.zfunc/_assay    (with ~/.zfunc in $fpath)
  fish  assay completions fish > ~/.config/fish/completions/assay.fish";

/// Who decides what tests do not.
#[derive(Debug, Clone, Default, Args)]
pub struct JudgeArgs {
    /// A model that judges what no test can decide, as openai:MODEL, openai-responses:MODEL,
    /// anthropic:MODEL or gemini:MODEL; may be repeated, and the number of votes must be odd
    /// [default: those of the configuration]
    #[arg(long = "judge", value_name = "JUDGE")]
    pub judges: Vec<String>,
    /// The server of these judges [default: their provider's own]
    #[arg(long, value_name = "URL")]
    pub judge_base_url: Option<String>,
    /// The environment variable with the key of these judges [default: their
    /// provider's usual one]
    #[arg(long, value_name = "NAME")]
    pub judge_api_key_env: Option<String>,
}

/// What was measured of judges.
#[derive(Debug, Clone, Default, Args)]
pub struct CertificateArgs {
    /// What `assay evaluators certify` has measured of these judges; the run keeps it, and reports
    /// cite it [default: that of the configuration]
    #[arg(long, value_name = "FILE")]
    pub judge_certificate: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RejudgeArgs {
    /// The run's file, which stays as it is
    pub run: PathBuf,
    #[command(flatten)]
    pub judges: JudgeArgs,
    #[command(flatten)]
    pub certificate: CertificateArgs,
    /// Ask judges again, even if the response cache has their votes
    #[arg(long)]
    pub no_cache: bool,
    #[command(flatten)]
    pub limits: LimitSettings,
    #[command(flatten)]
    pub scoring: ScoringArgs,
    /// The new run's file [default: beside the old one, <name>.rejudged.assay]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    /// reference, vulnerable, empty, replay:FILE, a model as openai:MODEL, openai-responses:MODEL,
    /// anthropic:MODEL or gemini:MODEL, or a coding agent as agent:NAME or agent:PATH (see
    /// docs/agents.md); may be repeated [default: those of the configuration]
    #[arg(long = "subject", value_name = "SUBJECT")]
    pub subjects: Vec<String>,
    /// The model of the agents that --subject names, as PROVIDER:MODEL, or MODEL for the protocol
    /// that the agent usually speaks
    #[arg(long, value_name = "MODEL")]
    pub agent_model: Option<String>,
    /// Only this model of a replayed file; may be repeated
    #[arg(long = "model", value_name = "MODEL")]
    pub models: Vec<String>,
    /// The server of the models that --subject names [default: the provider's own]
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// The environment variable with the key of these models [default: the provider's, such as
    /// OPENAI_API_KEY]
    #[arg(long, value_name = "NAME")]
    pub api_key_env: Option<String>,
    /// A file with the key of these models
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
    /// Only these cases, by id; may be repeated
    #[arg(long = "case", value_name = "CASE")]
    pub cases: Vec<String>,
    #[command(flatten)]
    pub traits: Traits,
    /// Only these scenarios [default: all scenarios of a case]
    #[arg(long = "scenario", value_name = "SCENARIO")]
    pub scenarios: Vec<Scenario>,
    /// How often each task is attempted [default: 1]
    #[arg(long, value_name = "N")]
    pub rounds: Option<u32>,
    /// The language of prompts: en-US or zh-CN [default: en-US]
    #[arg(long)]
    pub locale: Option<Locale>,
    /// The most answers in one attempt: the first, and repairs after a build or functional failure
    /// [default: 3]
    #[arg(long, value_name = "N")]
    pub max_answers: Option<u32>,
    /// How answers are read: strict, exactly by the requested form, or lenient, as a person would
    /// read. Scores are given for both; repairs follow this one [default: strict for
    /// sec-code-bench, lenient otherwise]
    #[arg(long, value_name = "READING")]
    pub reading: Option<Reading>,
    /// Validate every artifact by itself, even if an identical one of the same case has been
    /// validated in this run
    #[arg(long)]
    pub validate_each: bool,
    #[command(flatten)]
    pub deciders: DeciderArgs,
    #[command(flatten)]
    pub judges: JudgeArgs,
    #[command(flatten)]
    pub certificate: CertificateArgs,
    /// Ask cases with a phase for judges although none is configured; they count in no score until
    /// `assay rejudge` decides them
    #[arg(long)]
    pub judge_later: bool,
    #[command(flatten)]
    pub jobs: JobsArg,
    #[command(flatten)]
    pub verifier: VerifierArgs,
    /// The run's file, which must not exist yet [default: assay-runs/<time>.assay]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What to call the run in reports, such as "checkpoint 1200"; with --resume it replaces the
    /// label that the run has
    #[arg(long, value_name = "TEXT")]
    pub label: Option<Label>,
    /// Continue this run, with its own settings: attempt what has no verdict yet
    #[arg(long, value_name = "RUN", conflicts_with_all = ["subjects", "agent_model", "models", "base_url", "api_key_env", "api_key_file", "cases", "exclude_cases", "languages", "cwes", "severities", "scenarios", "rounds", "locale", "max_answers", "reading", "validate_each", "judge_later", "decider", "beside", "judges", "judge_base_url", "judge_api_key_env", "judge_certificate", "output", "corpus"])]
    pub resume: Option<PathBuf>,
    /// With --resume, try only those errored attempts again whose error is of these classes, such
    /// as rate-limit,timeout; may be repeated [default: all]
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = error_class, requires = "resume")]
    pub retry_errors: Vec<InfraClass>,
    /// Print the plan and what it will probably cost, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Ask every question, even if its answer is in the response cache, and keep no answers there
    #[arg(long)]
    pub no_cache: bool,
    #[command(flatten)]
    pub limits: LimitSettings,
    #[command(flatten)]
    pub scoring: ScoringArgs,
}

/// A class of errors by its name in JSON; the error lists them all.
fn error_class(text: &str) -> Result<InfraClass, String> {
    serde_json::from_value(serde_json::Value::from(text.trim())).map_err(|error| error.to_string())
}

/// When an overall score is withheld.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ScoringArgs {
    /// Withhold the overall score of a subject if more than this percentage of its attempts errored
    /// [default: 1]
    #[arg(long, value_name = "PERCENT")]
    pub max_errors: Option<ErrorLimit>,
    /// The seed of what is drawn by chance: exchanges of subjects for p-values, and cases for
    /// intervals of scores that are no means [default: the run's own, or 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

#[derive(Debug, Args)]
pub struct ScoreArgs {
    /// The run's file
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    #[command(flatten)]
    pub scoring: ScoringArgs,
}

#[derive(Debug, Args)]
pub struct AttemptsArgs {
    /// The runs' files
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Only this subject; may be repeated
    #[arg(long = "subject", value_name = "SUBJECT")]
    pub subjects: Vec<String>,
    #[command(flatten)]
    pub filter: AttemptFilter,
}

#[derive(Debug, Args)]
pub struct RevalidateArgs {
    /// The run's file; it stays as it is
    pub run: PathBuf,
    /// The new run's file [default: <name>.revalidated.assay beside the old one]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How answers are read: strict or lenient [default: as in the run]
    #[arg(long, value_name = "READING")]
    pub reading: Option<Reading>,
    #[command(flatten)]
    pub deciders: DeciderArgs,
    #[command(flatten)]
    pub jobs: JobsArg,
    #[command(flatten)]
    pub verifier: VerifierArgs,
    #[command(flatten)]
    pub scoring: ScoringArgs,
}

#[derive(Debug, Args)]
pub struct AgreeArgs {
    /// The run's file
    pub run: PathBuf,
    /// JSON lines, plain or gzipped, with case, scenario, round, functional and security, and model
    /// if the run has several subjects
    #[arg(long, value_name = "FILE")]
    pub with: PathBuf,
    /// Exit with 1 if agreement is below this percentage
    #[arg(long, value_name = "PERCENT")]
    pub at_least: Option<f64>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(subcommand)]
    pub what: ImportCommand,
}

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// The published results of SecCodeBench-V2; compares every published score with the recomputed
    /// one
    SecCodeBenchResults {
        /// A checkout of sec-code-bench, or a file outcomes.json that summarises its results
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// Which version of a checkout's results [default: the newest]
        #[arg(long, value_name = "VERSION")]
        release: Option<String>,
        /// Only this model; may be repeated
        #[arg(long = "model", value_name = "MODEL")]
        models: Vec<String>,
        /// The run's file [default: assay-runs/sec-code-bench-published.assay]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// The answers that a checkout of CoV-Eval holds, with its judge's verdicts; says which
    /// figures they reproduce
    CovEvalResults {
        /// A checkout of CoV-Eval
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// The run's file [default: assay-runs/cov-eval-published.assay]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The runs' files
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// The folder to write: a new or empty one, or one with an earlier report, which is
    /// replaced
    #[arg(long, short, value_name = "DIR", default_value = "assay-report")]
    pub output: PathBuf,
    /// The runs are one thing over time, in this order, such as the checkpoints of a model or the
    /// versions of an agent: write a page of how it went from one to the next. Of a single run,
    /// its subjects are taken, in the order of their names
    #[arg(long)]
    pub trend: bool,
    #[command(flatten)]
    pub scoring: ScoringArgs,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The runs' files, and folders of runs [default: assay-runs]
    #[arg(value_name = "RUN|DIR")]
    pub runs: Vec<PathBuf>,
    /// The address to listen on; by default only this machine reaches it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7373")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub scoring: ScoringArgs,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The runs' files
    #[arg(required_unless_present_any = ["programs", "bigvul"], value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// The format (see docs/exports.md)
    // It has the name of the argument that all commands have, and takes its place.
    #[arg(long, required = true, value_name = "FORMAT", value_parser = Format::export())]
    pub format: Format,
    /// What each row of jsonl, csv and parquet describes
    #[arg(long, value_enum, value_name = "ROWS")]
    pub rows: Option<Rows>,
    /// Add columns for prompts, answers, thinking, artifacts, evidence and logs, in jsonl and
    /// parquet
    #[arg(long)]
    pub with_texts: bool,
    /// Only this subject; may be repeated
    #[arg(long = "subject", value_name = "SUBJECT")]
    pub subjects: Vec<String>,
    #[command(flatten)]
    pub filter: AttemptFilter,
    #[command(flatten)]
    pub training: TrainingArgs,
    /// The file, or for inspect and sft the folder, to write; `-` is standard output
    /// [default: beside the first run, under its name]
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
    /// Replace existing files once the new ones are complete; a run, and what it was made from, is
    /// never replaced
    #[arg(long)]
    pub force: bool,
}
