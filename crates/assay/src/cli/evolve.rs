//! The arguments of `assay evolve`.

use std::path::PathBuf;

use clap::Args;

use super::{CaseFilter, JobsArg, MutantChoice};
use crate::evolve::Strategy;
use crate::limits::LimitSettings;

#[derive(Debug, Args)]
#[command(
    after_help = "The folder of --output keeps everything as it comes: the same command goes on with it, \
and asks nothing twice. It holds ledger.jsonl (every answer), evolution.json (the result), review.csv and \
review.html (for people), and corpus (what is kept). See docs/evolve.md."
)]
pub struct EvolveArgs {
    #[command(flatten)]
    pub filter: CaseFilter,
    /// The model that evolves: openai:MODEL, openai-responses:MODEL, anthropic:MODEL or gemini:MODEL,
    /// or the name of a subject of the configuration [default: the only model of the configuration]
    #[arg(long, visible_alias = "subject", value_name = "MODEL")]
    pub writer: Option<String>,
    #[command(flatten)]
    pub server: WriterServer,
    /// Another model that filters ask, written like --writer [default: the writer]
    #[arg(long, value_name = "MODEL")]
    pub filter_model: Option<String>,
    #[command(flatten)]
    pub filter_server: FilterServer,
    /// Only these ways of making a scenario harder; may be repeated [default: all]
    #[arg(long = "strategy", value_enum, value_name = "STRATEGY")]
    pub strategies: Vec<Strategy>,
    /// How many scenarios are made of each seed with each strategy
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub per_strategy: u32,
    /// From this share of common words on, from 0 to 1, a scenario hardly differs from its seed
    #[arg(long, value_name = "SHARE", default_value_t = 0.9, value_parser = share)]
    pub max_similarity: f64,
    /// From this resemblance on, from 0 to 1, two scenarios are nearly the same, and the later one is
    /// dropped
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = share)]
    pub resemblance: f64,
    /// How often the writer may correct a case whose proof fails
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(..=20))]
    pub repairs: u32,
    /// Which mutants the suites of an evolved case must notice, as in `assay check`
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = MutantChoice::All)]
    pub mutants: MutantChoice,
    /// Take the decisions of this table: review.csv with keep or drop in its column decision
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,
    /// The folder of the evolution, which is created, or gone on with
    #[arg(long, short, value_name = "DIR", default_value = "assay-evolved")]
    pub output: PathBuf,
    /// Say what would be asked and what it will probably cost, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Ask every question, even if its answer is in the response cache, and keep no answers there
    #[arg(long)]
    pub no_cache: bool,
    #[command(flatten)]
    pub limits: LimitSettings,
    #[command(flatten)]
    pub jobs: JobsArg,
}

/// Where the writer is.
#[derive(Debug, Clone, Default, Args)]
pub struct WriterServer {
    /// The server of the model that --writer names [default: the provider's own]
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// The environment variable with its key [default: the provider's, such as OPENAI_API_KEY]
    #[arg(long, value_name = "NAME")]
    pub api_key_env: Option<String>,
    /// A file with its key
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
}

/// Where the model of the filters is.
#[derive(Debug, Clone, Default, Args)]
pub struct FilterServer {
    /// The server of the model that --filter-model names [default: the provider's own]
    #[arg(long, value_name = "URL", requires = "filter_model")]
    pub filter_base_url: Option<String>,
    /// The environment variable with its key [default: the provider's]
    #[arg(long, value_name = "NAME", requires = "filter_model")]
    pub filter_api_key_env: Option<String>,
    /// A file with its key
    #[arg(long, value_name = "FILE", requires = "filter_model")]
    pub filter_api_key_file: Option<PathBuf>,
}

impl From<&FilterServer> for WriterServer {
    fn from(server: &FilterServer) -> WriterServer {
        WriterServer {
            base_url: server.filter_base_url.clone(),
            api_key_env: server.filter_api_key_env.clone(),
            api_key_file: server.filter_api_key_file.clone(),
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    match (0.0..=1.0).contains(&share) {
        true => Ok(share),
        false => Err(format!("{text} is not from 0 to 1")),
    }
}
