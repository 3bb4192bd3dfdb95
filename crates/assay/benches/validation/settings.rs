//! What the environment says of a benchmark.

use std::env;
use std::path::{Path, PathBuf};

use assay::cli::Cli;
use assay::config::Config;
use assay_core::Language;
use clap::Parser;

use crate::shell;

/// How many recorded answers of each language are measured, unless it is said.
const COUNT: usize = 16;

#[derive(Debug)]
pub(crate) struct Settings {
    /// `ASSAY_CACHE`, or where the program keeps its own: where cases are prepared.
    pub(crate) cache: PathBuf,
    /// Where the official verifiers' caches are kept from one run to the next.
    pub(crate) official: PathBuf,
    /// The official side, or why there is none.
    pub(crate) recorded: Result<Recorded, String>,
    /// `ASSAY_BENCH_LANGUAGES`: a list with commas; all if it is not set.
    languages: Vec<Language>,
    /// `ASSAY_BENCH_CORPUS`: `own` or `official` alone; both if it is not set.
    corpus: String,
    /// `ASSAY_BENCH_ROUNDS`: how often Assay and the bare tools do each artifact.
    pub(crate) rounds: usize,
    /// `ASSAY_BENCH_JSON`: a file for the figures.
    pub(crate) json: Option<PathBuf>,
    /// Validations at one time where throughput is measured: as many as cores.
    pub(crate) jobs: usize,
}

/// What the official verifiers are compared on.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// `SEC_CODE_BENCH_DIR`.
    pub(crate) checkout: PathBuf,
    /// `ASSAY_ARTIFACTS`: a gzip file of records, one JSON object a line.
    pub(crate) artifacts: PathBuf,
    /// `ASSAY_BENCH_ARTIFACTS`: how many of each language.
    pub(crate) count: usize,
}

impl Settings {
    pub(crate) fn read() -> Settings {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let languages = env::var("ASSAY_BENCH_LANGUAGES").unwrap_or_default();
        let languages = languages.split(',').filter(|name| !name.is_empty());
        Settings {
            cache: cache(),
            official: temporary.join("official-verifiers"),
            recorded: recorded(),
            languages: languages.map(|name| name.parse().expect("a language")).collect(),
            corpus: env::var("ASSAY_BENCH_CORPUS").unwrap_or_default(),
            rounds: number("ASSAY_BENCH_ROUNDS").unwrap_or(3),
            json: path("ASSAY_BENCH_JSON"),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    pub(crate) fn wants(&self, language: Language) -> bool {
        self.languages.is_empty() || self.languages.contains(&language)
    }

    pub(crate) fn measures(&self, corpus: &str) -> bool {
        self.corpus.is_empty() || self.corpus == corpus
    }

    pub(crate) fn own_corpus(&self) -> PathBuf {
        crate::repository().join("corpus")
    }
}

fn recorded() -> Result<Recorded, String> {
    let given = |name: &str| path(name).ok_or_else(|| format!("{name} is not set"));
    let recorded = Recorded {
        checkout: given("SEC_CODE_BENCH_DIR")?,
        artifacts: given("ASSAY_ARTIFACTS")?,
        count: number("ASSAY_BENCH_ARTIFACTS").unwrap_or(COUNT),
    };
    match shell::uncontained() {
        Some(reason) => Err(reason.to_owned()),
        None => Ok(recorded),
    }
}

fn cache() -> PathBuf {
    let arguments = Cli::parse_from(["assay", "doctor"]);
    Config::default().cache(&arguments.global).expect("a place for the cache")
}

fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn number(name: &str) -> Option<usize> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is not a number: {value}")))
}
