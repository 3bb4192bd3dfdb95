//! `assay.toml`, and what the command line puts over it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assay_core::corpus::{BUILT_IN, CorpusSource};
use assay_core::score::{ErrorLimit, ScoringRules, Weights};
use assay_core::{
    Certificate, CitedCertificate, DeciderChoice, Deciders, Language, Locale, Reading, Scenario,
    Severity, text_file,
};
use serde::Deserialize;

use crate::cli::{CertificateArgs, GlobalArgs, JudgeArgs, RunArgs, ScoringArgs, WriterServer};
use crate::judge::JudgeConfig;
use crate::limits::LimitSettings;
use crate::selection::Traits;
use crate::settings::{EXPECTED_OUTPUT_TOKENS, RunSettings, default_max_answers, default_reading};
use crate::subject::{KINDS, SubjectConfig};

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
    /// How answers are read.
    pub reading: Option<Reading>,
    /// Whether answers of models are kept, and taken, beyond the run.
    pub response_cache: Option<bool>,
    /// In the currency of the subjects' prices.
    pub max_cost: Option<f64>,
    /// Of questions and answers together.
    #[serde(alias = "max-tokens-total")]
    pub max_total_tokens: Option<u64>,
    pub max_requests: Option<u64>,
    pub expected_output_tokens: Option<u64>,
    /// Per cent.
    pub max_errors: Option<f64>,
    /// Who decides whether code is secure.
    pub decider: Option<DeciderChoice>,
    /// Who is asked beside.
    #[serde(default)]
    pub beside: Vec<DeciderChoice>,
    /// What severities and scenarios weigh in scores.
    pub weights: Option<Weights>,
    /// What cases are drawn by for intervals.
    pub seed: Option<u64>,
    #[serde(default)]
    pub cases: Vec<String>,
    #[serde(default)]
    pub exclude_cases: Vec<String>,
    #[serde(default)]
    pub languages: Vec<Language>,
    #[serde(default)]
    pub cwes: Vec<String>,
    #[serde(default)]
    pub severities: Vec<Severity>,
    #[serde(default)]
    pub scenarios: Vec<Scenario>,
    #[serde(default, rename = "subject")]
    pub subjects: Vec<SubjectConfig>,
    #[serde(default, rename = "judge")]
    pub judges: Vec<JudgeConfig>,
    /// What was measured of these judges.
    pub judge_certificate: Option<PathBuf>,
}

/// The response cache, in the cache folder.
const RESPONSES: &str = "responses.sqlite";

/// The corpus that is taken when none is named, if it is there.
const FOLDER: &str = "corpus";

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "assay.toml";

/// The certificate in a file.
pub fn read_certificate(path: &Path) -> anyhow::Result<Certificate> {
    let place = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read the certificate {place}"))?;
    Certificate::read(&text).with_context(|| format!("failed to use the certificate {place}"))
}

impl Config {
    /// Reads the given file, or `assay.toml` if it exists.
    pub fn read(named: Option<&Path>) -> anyhow::Result<Config> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        if named.is_none() && !path.exists() {
            return Ok(Config::default());
        }
        let text = text_file::read_lines(path)
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
            match subject {
                SubjectConfig::Agent(agent) => agent.relative_to(folder),
                subject => {
                    if let Some(model) = subject.model_mut() {
                        model.relative_to(folder);
                    }
                }
            }
        }
        self
    }

    /// Who decides whether code is secure, and who is asked beside.
    pub fn deciders(&self) -> Deciders {
        Deciders { decider: self.decider.clone(), beside: self.beside.clone() }
    }

    /// What a run may take.
    pub fn limits(&self) -> LimitSettings {
        let (max_total_tokens, max_requests) = (self.max_total_tokens, self.max_requests);
        LimitSettings { max_cost: self.max_cost, max_total_tokens, max_requests }
    }

    /// What cases are chosen by, beside their ids.
    fn traits(&self) -> Traits {
        Traits {
            exclude_cases: self.exclude_cases.clone(),
            languages: self.languages.clone(),
            cwes: self.cwes.clone(),
            severities: self.severities.clone(),
        }
    }

    /// The corpus that was named on the command line, in the file, or `corpus`; where there is no
    /// such folder, the one within the program.
    pub fn corpus(&self, global: &GlobalArgs) -> CorpusSource {
        let named = global.corpus.as_deref().or(self.corpus.as_deref());
        let default = || if Path::new(FOLDER).exists() { FOLDER } else { BUILT_IN };
        CorpusSource::parse(named.unwrap_or_else(default))
    }

    /// Where new cases go: the corpus that was named, or `corpus`, whether or not it is there yet.
    pub fn corpus_of_new_cases(&self, global: &GlobalArgs) -> CorpusSource {
        let named = global.corpus.as_deref().or(self.corpus.as_deref());
        CorpusSource::parse(named.unwrap_or(FOLDER))
    }

    /// The certificate that was named on the command line or, of the judges of the file, in the file.
    /// Of which cases it says something is not known yet.
    pub fn certificate(
        &self,
        args: &CertificateArgs,
        judges: &JudgeArgs,
    ) -> anyhow::Result<Option<CitedCertificate>> {
        let own = self.judge_certificate.as_ref().filter(|_| judges.judges.is_empty());
        let Some(path) = args.judge_certificate.as_ref().or(own) else { return Ok(None) };
        Ok(Some(CitedCertificate { certificate: read_certificate(path)?, uncovered: Vec::new() }))
    }

    /// The judges that were named on the command line, or those of the file.
    pub fn judges(&self, args: &JudgeArgs) -> anyhow::Result<Vec<JudgeConfig>> {
        let mut judges = Vec::new();
        for text in &args.judges {
            let mut judge: JudgeConfig = text.parse().context("failed to read --judge")?;
            if let Some(model) = judge.model.model_mut() {
                let (base_url, api_key_env) = (&args.judge_base_url, &args.judge_api_key_env);
                model.served_at(base_url.as_ref(), api_key_env.as_ref(), None);
            }
            judges.push(judge);
        }
        Ok(if judges.is_empty() { self.judges.clone() } else { judges })
    }

    /// The one model that is named: a subject of the file by its name, a short form, or the only model
    /// of the file. `flag` is what would have named it.
    pub fn one_model(
        &self,
        named: Option<&str>,
        server: &WriterServer,
        flag: &str,
    ) -> anyhow::Result<SubjectConfig> {
        let is_model =
            |it: &&SubjectConfig| it.model().is_some() && !matches!(it, SubjectConfig::Agent(_));
        let known: Vec<&SubjectConfig> = self.subjects.iter().filter(is_model).collect();
        let mut subject = match (named, known.as_slice()) {
            (Some(text), known) => {
                let own =
                    known.iter().find(|it| it.model().is_some_and(|(_, it)| it.name() == text));
                match own {
                    Some(own) => (*own).clone(),
                    None => text.parse().with_context(|| format!("failed to read {flag}"))?,
                }
            }
            (None, [only]) => (*only).clone(),
            (None, []) => {
                bail!("no model is named; name one with {flag}, as in {flag} openai:MODEL")
            }
            (None, [_, _, ..]) => {
                bail!("the configuration has several models; name one of them with {flag}")
            }
        };
        let is_agent = matches!(subject, SubjectConfig::Agent(_));
        let Some(model) = subject.model_mut().filter(|_| !is_agent) else {
            bail!("{flag} is a model behind a server, as in {flag} openai:MODEL");
        };
        let WriterServer { base_url, api_key_env, api_key_file } = server;
        model.served_at(base_url.as_ref(), api_key_env.as_ref(), api_key_file.as_ref());
        let name = model.name().to_owned();
        model.resolve().with_context(|| format!("failed to set up {name}"))?;
        Ok(subject)
    }

    /// How scores are computed.
    pub fn scoring(&self, args: ScoringArgs) -> anyhow::Result<ScoringRules> {
        let limit = match (args.max_errors, self.max_errors) {
            (Some(limit), _) => limit,
            (None, None) => ErrorLimit::default(),
            (None, Some(percent)) => ErrorLimit::from_percent(percent).with_context(|| {
                format!("max-errors is {percent}, not a percentage from 0 to 100")
            })?,
        };
        let weights = self.weights.clone().unwrap_or_default();
        Ok(ScoringRules { limit, weights, seed: args.seed.or(self.seed) })
    }

    /// The file that answers of models are kept in.
    pub fn responses(&self, global: &GlobalArgs) -> anyhow::Result<PathBuf> {
        match &global.responses {
            Some(path) => Ok(path.clone()),
            None => Ok(self.cache(global)?.join(RESPONSES)),
        }
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

    /// The settings of a new run: those of the command line, otherwise those of the file.
    pub fn run_settings(&self, global: &GlobalArgs, args: &RunArgs) -> anyhow::Result<RunSettings> {
        let or = |given: &[String], file: &[String]| {
            if given.is_empty() { file.to_vec() } else { given.to_vec() }
        };
        let mut subjects = Vec::new();
        let is_agent = |text: &String| text.starts_with("agent:");
        if let Some(model) = &args.agent_model
            && !args.subjects.iter().any(is_agent)
        {
            bail!(
                "--agent-model {model:?} is the model of an agent, and no --subject is one; add --subject agent:NAME (an agent in assay.toml has its model there, as model = {{ provider = …, model = … }})"
            );
        }
        for text in &args.subjects {
            let mut subject: SubjectConfig = text.parse()?;
            if let SubjectConfig::Replay(replay) = &mut subject {
                replay.models.clone_from(&args.models);
            }
            if let SubjectConfig::Agent(agent) = &mut subject
                && let Some(model) = &args.agent_model
            {
                agent.model = Some(Box::new(crate::agent::model_of(&agent.agent, model)?));
            }
            if let Some(model) = subject.model_mut() {
                model.base_url.clone_from(&args.base_url);
                model.api_key_env.clone_from(&args.api_key_env);
                model.api_key_file.clone_from(&args.api_key_file);
            }
            subjects.push(subject);
        }
        if subjects.is_empty() {
            subjects.clone_from(&self.subjects);
        }
        for subject in &mut subjects {
            if let SubjectConfig::Replay(replay) = subject {
                replay.file = std::path::absolute(&replay.file)?;
            }
            if let SubjectConfig::Agent(agent) = subject {
                crate::agent::settle(agent)?;
            }
            if let Some(model) = subject.model_mut() {
                let name = model.name().to_owned();
                model.resolve().with_context(|| format!("failed to set up the subject {name}"))?;
            }
        }
        if subjects.is_empty() {
            bail!("no subject to run; name one with --subject ({KINDS}) or in assay.toml");
        }
        let rounds = args.rounds.or(self.rounds).unwrap_or(1);
        let corpus = self.corpus(global).absolute()?;
        let named = args.max_answers.or(self.max_answers);
        let max_answers = named.unwrap_or_else(|| default_max_answers(&corpus));
        if rounds == 0 || max_answers == 0 {
            bail!("--rounds and --max-answers are at least 1");
        }
        let reading = args.reading.or(self.reading).unwrap_or_else(|| default_reading(&corpus));
        Ok(RunSettings {
            corpus: corpus.to_string(),
            subjects,
            cases: or(&args.cases, &self.cases),
            traits: args.traits.or(&self.traits()),
            scenarios: match args.scenarios.is_empty() {
                true => self.scenarios.clone(),
                false => args.scenarios.clone(),
            },
            rounds,
            locale: args.locale.or(self.locale).unwrap_or(Locale::EnUs),
            max_answers,
            agent_max_answers: named.unwrap_or(1),
            reading: Some(reading),
            validate_each: args.validate_each,
            judge_later: args.judge_later,
            judges: self.judges(&args.judges)?,
            judge_certificate: self.certificate(&args.certificate, &args.judges)?,
            deciders: args.deciders.or(&self.deciders()),
            seed: args.scoring.seed.or(self.seed).unwrap_or_default(),
            response_cache: !args.no_cache && self.response_cache.unwrap_or(true),
            limits: args.limits.or(self.limits()),
            expected_output_tokens: self.expected_output_tokens.unwrap_or(EXPECTED_OUTPUT_TOKENS),
        })
    }
}
