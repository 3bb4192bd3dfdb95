//! The arguments of `assay verifier`.

use std::net::SocketAddr;
use std::path::PathBuf;

use assay_core::Reading;
use clap::Args;

use super::{CaseFilter, DeciderArgs, JobsArg, JudgeArgs, VerifierArgs};
use crate::service::RewardRule;

#[derive(Debug, Args)]
#[command(
    after_help = "The service ends after SIGTERM or Ctrl-C: it takes nothing new, finishes what it has taken, and \
ends with 0, or with 4 if --drain-seconds were not enough. docs/verifier.md begins with a first \
verdict and has everything else; a running service describes itself at /openapi.json."
)]
pub struct ServiceArgs {
    /// Only these cases of the corpus
    #[command(flatten)]
    pub filter: CaseFilter,
    /// The address to listen on; by default only this machine reaches it, and any other needs
    /// --tokens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7374")]
    pub listen: SocketAddr,
    /// A file with the tokens of callers and their scopes (see docs/verifier.md); instead, the
    /// variable ASSAY_VERIFIER_TOKENS may hold the same text [default: no tokens are needed on this
    /// machine, and nobody may change cases]
    #[arg(long, value_name = "FILE")]
    pub tokens: Option<PathBuf>,
    /// Install what cases of the corpus need and is not there yet, in the background; each is served
    /// once it is ready
    #[arg(long)]
    pub prepare: bool,
    /// Prove the cases of the corpus too before they are served, as those that come later
    #[arg(long)]
    pub prove: bool,
    /// Watch a folder of the form of a corpus, and serve its cases too: each that is added or changed
    /// is prepared and proved first
    #[arg(long, value_name = "DIR")]
    pub watch: Option<PathBuf>,
    /// What a verdict is worth, as in insecure=0.1; may be repeated [default: secure and works 1,
    /// insecure 0.25, any other 0]
    #[arg(long = "reward", value_name = "VERDICT=NUMBER")]
    pub rewards: Vec<RewardRule>,
    /// How responses are read where a request does not say it: strict or lenient [default: strict for
    /// sec-code-bench, lenient otherwise]
    #[arg(long, value_name = "READING")]
    pub reading: Option<Reading>,
    /// Validations that may wait or run at most, of all callers; whoever comes then is told with 429
    /// when to come again
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub queue: u32,
    /// The result store: the file in which results are kept [default: verifier-results.sqlite in the
    /// folder of --cache]
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Keep no results, and use none that were kept
    #[arg(long, conflicts_with = "results")]
    pub no_results: bool,
    /// The size of the result store, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..))]
    pub results_mib: u32,
    /// How long validations may take that were taken before the service is told to end, in seconds
    #[arg(long, value_name = "N", default_value_t = 600)]
    pub drain_seconds: u32,
    /// Append a line of JSON for each request to this file; - is standard output
    #[arg(long, value_name = "FILE")]
    pub access_log: Option<PathBuf>,
    #[command(flatten)]
    pub deciders: DeciderArgs,
    #[command(flatten)]
    pub judges: JudgeArgs,
    #[command(flatten)]
    pub jobs: JobsArg,
    #[command(flatten)]
    pub verifier: VerifierArgs,
}
