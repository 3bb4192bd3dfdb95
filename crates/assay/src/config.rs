//! `assay.toml`, and what the command line puts over it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::{Language, Locale, Scenario};
use serde::{Deserialize, Serialize};

use crate::cli::{GlobalArgs, JudgeArgs, RunArgs};
use crate::judge::JudgeConfig;
use crate::subject::SubjectConfig;

/// The configuration file, every key optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    pub corpus: Option<String>,
    pub cache: Option<PathBuf>,
    pub jobs: Option<usize>,
    pub rounds: Option<u32>,
    pub locale: Option<Locale>,
    pub max_answers: Option<u32>,
    #[serde(default)]
    pub cases: Vec<String>,
    #[serde(default)]
    pub languages: Vec<Language>,
    #[serde(default)]
    pub scenarios: Vec<Scenario>,
    #[serde(default, rename = "subject")]
    pub subjects: Vec<SubjectConfig>,
    #[serde(default, rename = "judge")]
    pub judges: Vec<JudgeConfig>,
}

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "assay.toml";

impl Config {
    /// Reads the file that was named, or `assay.toml` if it is there.
    pub fn read(named: Option<&Path>) -> anyhow::Result<Config> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        if named.is_none() && !path.exists() {
            return Ok(Config::default());
        }
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("failed to read the configuration {}", path.display()))?;
        let config: Config = toml::from_str(&text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
            anyhow::anyhow!("{}:{line}: {}", path.display(), error.message())
        })?;
        Ok(config.relative_to(path.parent().unwrap_or(Path::new(""))))
    }

    /// Paths in a file are relative to the file's folder.
    fn relative_to(mut self, folder: &Path) -> Config {
        if folder.as_os_str().is_empty() {
            return self;
        }
        let corpus = self.corpus.map(|corpus| CorpusSource::parse(&corpus).relative_to(folder));
        self.corpus = corpus.map(|corpus| corpus.to_string());
        self.cache = self.cache.map(|cache| folder.join(cache));
        for subject in &mut self.subjects {
            if let SubjectConfig::Replay(replay) = subject {
                replay.file = folder.join(&replay.file);
            }
        }
        self
    }

    /// The corpus that was named on the command line, in the file, or `corpus`.
    pub fn corpus(&self, global: &GlobalArgs) -> CorpusSource {
        let named = global.corpus.as_deref().or(self.corpus.as_deref());
        CorpusSource::parse(named.unwrap_or("corpus"))
    }

    /// The judges that were named on the command line, or those of the file.
    pub fn judges(&self, args: &JudgeArgs) -> anyhow::Result<Vec<JudgeConfig>> {
        let mut judges = Vec::new();
        for text in &args.judges {
            let mut judge: JudgeConfig = text.parse().context("failed to read --judge")?;
            if let SubjectConfig::OpenAi(model) = &mut judge.model {
                if let Some(url) = &args.judge_base_url {
                    model.base_url.clone_from(url);
                }
                if let Some(name) = &args.judge_api_key_env {
                    model.api_key_env.clone_from(name);
                }
            }
            judges.push(judge);
        }
        Ok(if judges.is_empty() { self.judges.clone() } else { judges })
    }

    /// The cache folder: named, or where the desktop conventions put it.
    pub fn cache(&self, global: &GlobalArgs) -> anyhow::Result<PathBuf> {
        if let Some(cache) = global.cache.as_ref().or(self.cache.as_ref()) {
            return std::path::absolute(cache).context("failed to find the cache folder");
        }
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let base = set("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")));
        match base {
            Some(base) => Ok(base.join("assay")),
            None => {
                bail!("neither HOME nor XDG_CACHE_HOME is set; name a cache folder with --cache")
            }
        }
    }
}

/// Everything that a run depends on, as it is stored with the run. It holds the
/// names of variables with keys, never a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunSettings {
    pub corpus: String,
    pub subjects: Vec<SubjectConfig>,
    /// Empty for all.
    pub cases: Vec<String>,
    /// Empty for all.
    pub languages: Vec<Language>,
    /// Empty for all that a case has.
    pub scenarios: Vec<Scenario>,
    pub rounds: u32,
    pub locale: Locale,
    /// Answers in one attempt at most.
    pub max_answers: u32,
    /// Whether identical artifacts of a case are validated one by one.
    #[serde(default)]
    pub validate_each: bool,
    /// Who decides what tests do not; perhaps nobody.
    #[serde(default)]
    pub judges: Vec<JudgeConfig>,
}

/// As in the paper: the first answer and two repairs.
const MAX_ANSWERS: u32 = 3;

impl RunSettings {
    pub fn resolve(
        config: &Config,
        global: &GlobalArgs,
        args: &RunArgs,
    ) -> anyhow::Result<RunSettings> {
        let or = |given: &[String], file: &[String]| {
            if given.is_empty() { file.to_vec() } else { given.to_vec() }
        };
        let mut subjects = Vec::new();
        for text in &args.subjects {
            let mut subject: SubjectConfig = text.parse()?;
            match &mut subject {
                SubjectConfig::Replay(replay) => {
                    replay.models.clone_from(&args.models);
                }
                SubjectConfig::OpenAi(model) => {
                    if let Some(url) = &args.base_url {
                        model.base_url.clone_from(url);
                    }
                    if let Some(name) = &args.api_key_env {
                        model.api_key_env.clone_from(name);
                    }
                }
                SubjectConfig::Reference {}
                | SubjectConfig::Vulnerable {}
                | SubjectConfig::Empty {} => {}
            }
            subjects.push(subject);
        }
        if subjects.is_empty() {
            subjects.clone_from(&config.subjects);
        }
        for subject in &mut subjects {
            if let SubjectConfig::Replay(replay) = subject {
                replay.file = std::path::absolute(&replay.file)?;
            }
        }
        if subjects.is_empty() {
            bail!(
                "no subject to run; name one with --subject (reference, vulnerable, empty, replay:FILE, openai:MODEL) or in assay.toml"
            );
        }
        let rounds = args.rounds.or(config.rounds).unwrap_or(1);
        let max_answers = args.max_answers.or(config.max_answers).unwrap_or(MAX_ANSWERS);
        if rounds == 0 || max_answers == 0 {
            bail!("--rounds and --max-answers are at least 1");
        }
        Ok(RunSettings {
            corpus: config.corpus(global).absolute()?.to_string(),
            subjects,
            cases: or(&args.cases, &config.cases),
            languages: match args.languages.is_empty() {
                true => config.languages.clone(),
                false => args.languages.clone(),
            },
            scenarios: match args.scenarios.is_empty() {
                true => config.scenarios.clone(),
                false => args.scenarios.clone(),
            },
            rounds,
            locale: args.locale.or(config.locale).unwrap_or(Locale::EnUs),
            max_answers,
            validate_each: args.validate_each,
            judges: config.judges(&args.judges)?,
        })
    }
}
