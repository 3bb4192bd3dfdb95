//! What a user writes of a subject, on the command line or in `assay.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use assay_core::Corpus;
use assay_core::meant::nearest;
use serde::{Deserialize, Serialize};

use super::Subject;
use super::agent_config::AgentConfig;
use super::model::ModelSubject;
use super::model_config::{Environment, ModelConfig, ModelError};
use super::pace::Paces;
use super::provider::Provider;
use super::replay::{Replay, ReplayConfig, ReplayError};
use super::worker::Worker;

/// A `[[subject]]` table of `assay.toml`; its `provider` decides what else it
/// may hold. `FromStr` reads the short form of the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SubjectConfig {
    // Braces, because a bare variant would let unknown keys pass.
    Reference {},
    Vulnerable {},
    Empty {},
    Replay(ReplayConfig),
    #[serde(rename = "openai")]
    OpenAi(ModelConfig),
    #[serde(rename = "openai-responses")]
    OpenAiResponses(ModelConfig),
    Anthropic(ModelConfig),
    Gemini(ModelConfig),
    Agent(AgentConfig),
}

impl SubjectConfig {
    /// A model behind a server, by the protocol that it speaks.
    pub fn of_model(provider: Provider, config: ModelConfig) -> SubjectConfig {
        match provider {
            Provider::OpenAi => SubjectConfig::OpenAi(config),
            Provider::OpenAiResponses => SubjectConfig::OpenAiResponses(config),
            Provider::Anthropic => SubjectConfig::Anthropic(config),
            Provider::Gemini => SubjectConfig::Gemini(config),
        }
    }

    /// The settings of a model, or of the model that an agent asks; `None` for other subjects.
    pub fn model(&self) -> Option<(Provider, &ModelConfig)> {
        match self {
            SubjectConfig::Agent(agent) => agent.model.as_ref()?.model(),
            SubjectConfig::OpenAi(config) => Some((Provider::OpenAi, config)),
            SubjectConfig::OpenAiResponses(config) => Some((Provider::OpenAiResponses, config)),
            SubjectConfig::Anthropic(config) => Some((Provider::Anthropic, config)),
            SubjectConfig::Gemini(config) => Some((Provider::Gemini, config)),
            SubjectConfig::Reference {}
            | SubjectConfig::Vulnerable {}
            | SubjectConfig::Empty {}
            | SubjectConfig::Replay(_) => None,
        }
    }

    pub fn model_mut(&mut self) -> Option<&mut ModelConfig> {
        match self {
            SubjectConfig::Agent(agent) => agent.model.as_mut()?.model_mut(),
            SubjectConfig::OpenAi(config)
            | SubjectConfig::OpenAiResponses(config)
            | SubjectConfig::Anthropic(config)
            | SubjectConfig::Gemini(config) => Some(config),
            SubjectConfig::Reference {}
            | SubjectConfig::Vulnerable {}
            | SubjectConfig::Empty {}
            | SubjectConfig::Replay(_) => None,
        }
    }
}

/// Subjects that are ready to be asked.
#[derive(Debug)]
pub struct Loaded {
    /// In the order of their configurations; names are unique.
    pub subjects: Vec<Subject>,
    /// What the user should know before the run, a sentence each.
    pub warnings: Vec<String>,
    /// How fast each provider of theirs is asked.
    pub paces: Paces,
}

/// A subject that cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    #[error("{kind:?} is not a kind of subject{}; the kinds are {KINDS}", meant(kind))]
    Kind { kind: String },
    #[error("nothing may follow {0}; write just {0}")]
    Argument(&'static str),
    #[error("{kind} needs {argument} after a colon; write {kind}:{argument}")]
    NoArgument { kind: &'static str, argument: &'static str },
    #[error("two subjects are named {0:?}; give one of them another name")]
    Name(String),
    #[error("the subject name {0:?} is empty or holds a control character; give it a name")]
    Unnameable(String),
    #[error("a judge is a model behind a server, as in openai:MODEL")]
    NoModel,
    #[error(
        "the heuristic is an evaluator and decides no run, as it is right little more often than chance; see it with `assay evaluators compare --heuristic`"
    )]
    Heuristic,
    #[error("agent {name}: {message}")]
    Agent { name: String, message: String },
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error("subject {name}: {source}")]
    Model { name: String, source: ModelError },
}

/// The short forms.
pub const KINDS: &str = "reference, vulnerable, empty, replay:FILE, openai:MODEL, openai-responses:MODEL, anthropic:MODEL, gemini:MODEL and agent:NAME";

/// The kind that was probably meant, as a part of a message.
fn meant(kind: &str) -> String {
    let kinds = KINDS.split([',', ' ']).filter(|it| !it.is_empty() && *it != "and");
    let by_kind = kinds.map(|it| (it.split(':').next().unwrap_or(it), it));
    let known: BTreeMap<&str, &str> = by_kind.collect();
    nearest(kind, known.keys().copied())
        .map_or_else(String::new, |it| format!(" (did you mean {:?}?)", known[it]))
}

/// Makes an agent of its settings. Its model shares the paces of its provider.
pub type HireAgent<'a> =
    &'a mut dyn FnMut(&AgentConfig, &mut Paces) -> Result<Box<dyn Worker>, SubjectError>;

/// Makes the subjects. A file of several models makes several. Give the whole
/// corpus, before cases are chosen from it: records of unknown cases are
/// reported.
pub fn load(
    configs: &[SubjectConfig],
    corpus: &Corpus,
    environment: Environment<'_>,
    hire: HireAgent<'_>,
) -> Result<Loaded, SubjectError> {
    let mut loaded = Loaded { subjects: Vec::new(), warnings: Vec::new(), paces: Paces::default() };
    for config in configs {
        match config {
            SubjectConfig::Reference {} => loaded.subjects.push(Subject::Reference),
            SubjectConfig::Vulnerable {} => loaded.subjects.push(Subject::Vulnerable),
            SubjectConfig::Empty {} => loaded.subjects.push(Subject::Empty),
            SubjectConfig::Replay(config) => {
                let replay = Replay::load(config, corpus)?;
                loaded.subjects.extend(replay.subjects.into_iter().map(Subject::Replay));
                loaded.warnings.extend(replay.warnings);
            }
            SubjectConfig::Agent(config) => {
                let agent = hire(config, &mut loaded.paces)?;
                loaded.warnings.extend(agent.warning());
                loaded.subjects.push(Subject::Agent(agent));
            }
            SubjectConfig::OpenAi(_)
            | SubjectConfig::OpenAiResponses(_)
            | SubjectConfig::Anthropic(_)
            | SubjectConfig::Gemini(_) => {
                let subject = load_model(config, environment, &mut loaded.paces)?;
                loaded.warnings.extend(subject.warning());
                loaded.subjects.push(Subject::Model(Box::new(subject)));
            }
        }
    }
    let mut names = BTreeSet::new();
    for subject in &loaded.subjects {
        let name = subject.name();
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(SubjectError::Unnameable(name.to_owned()));
        }
        if !names.insert(name) {
            return Err(SubjectError::Name(name.to_owned()));
        }
    }
    Ok(loaded)
}

/// Makes the model of one configuration, which a judge is too.
pub fn load_model(
    config: &SubjectConfig,
    environment: Environment<'_>,
    paces: &mut Paces,
) -> Result<ModelSubject, SubjectError> {
    let is_agent = matches!(config, SubjectConfig::Agent(_));
    let model = config.model().filter(|_| !is_agent);
    let (provider, config) = model.ok_or(SubjectError::NoModel)?;
    ModelSubject::new(provider, config, environment, paces)
        .map_err(|source| SubjectError::Model { name: config.name().to_owned(), source })
}

impl FromStr for SubjectConfig {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<SubjectConfig, SubjectError> {
        let (kind, argument) = match text.split_once(':') {
            Some((kind, argument)) => (kind, Some(argument)),
            None => (text, None),
        };
        let alone = |kind: &'static str, config: SubjectConfig| match argument {
            Some(_) => Err(SubjectError::Argument(kind)),
            None => Ok(config),
        };
        let with = |kind: &'static str, name: &'static str| match argument {
            Some(argument) if !argument.trim().is_empty() => Ok(argument),
            _ => Err(SubjectError::NoArgument { kind, argument: name }),
        };
        match kind {
            "reference" => alone("reference", SubjectConfig::Reference {}),
            "vulnerable" => alone("vulnerable", SubjectConfig::Vulnerable {}),
            "empty" => alone("empty", SubjectConfig::Empty {}),
            "replay" => {
                let file = with("replay", "FILE")?.into();
                Ok(SubjectConfig::Replay(ReplayConfig { file, ..ReplayConfig::default() }))
            }
            "agent" => Ok(SubjectConfig::Agent(AgentConfig::new(with("agent", "NAME")?))),
            _ => match Provider::ALL.into_iter().find(|provider| provider.as_str() == kind) {
                Some(provider) => {
                    let model = with(provider.as_str(), "MODEL")?;
                    Ok(SubjectConfig::of_model(provider, ModelConfig::new(model)))
                }
                None => Err(SubjectError::Kind { kind: kind.to_owned() }),
            },
        }
    }
}
