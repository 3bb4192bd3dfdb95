//! What a user sets of a model, and what is wrong with it.

use std::collections::BTreeMap;
use std::io;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_core::reading::ThinkingTags;
use assay_core::text_file;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::api_key::{ApiKey, ApiKeyError};
use super::price::Price;
use super::provider::Provider;

/// Looks an environment variable up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The settings of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ModelConfig {
    /// The subject's name; by default the model's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub model: String,
    /// The part of the address before that of the protocol; by default the provider's own server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The name of the environment variable that holds the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// A file that holds the API key and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
    /// The most tokens that the model may think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_tokens: Option<NonZeroU32>,
    /// The tags around the model's thinking, if its server leaves that in the text; by default the
    /// tags of known models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_tags: Option<ThinkingTags>,
    /// The system prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// A file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_file: Option<PathBuf>,
    /// Whether answers come in events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Sent with each request. They are stored with the run, so no secrets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Put over the JSON of each request; objects in both are joined.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// The limit of one request, from connecting to the last byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<NonZeroU64>,
    /// How long a stream may be silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<NonZeroU64>,
    /// Requests after the first that one question may take.
    #[serde(default = "default_retries")]
    pub retries: u32,
    /// No retry starts later than this after a question's first request.
    #[serde(default = "default_retry_seconds")]
    pub retry_seconds: u64,
    /// The most requests that are ever under way at once.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroUsize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<NonZeroU64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<NonZeroU64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// How much effort a model is asked to spend on thinking, in the words of the protocols that have a
/// setting for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

fn default_retries() -> u32 {
    5
}

fn default_retry_seconds() -> u64 {
    900
}

fn default_concurrency() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(511)
}

/// The limits of one request where the user sets none: long answers come in events, and
/// one that stalls is noticed sooner.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(600);
const EVENTS_TIMEOUT: Duration = Duration::from_secs(3_600);
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// Headers that hold keys, which a run does not store.
const SECRET_HEADERS: [&str; 6] =
    ["authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"];

/// Parts of a query that hold keys.
const SECRET_PARAMETERS: [&str; 5] = ["key", "api_key", "api-key", "access_token", "token"];

impl ModelConfig {
    /// The default settings of a model.
    pub fn new(model: impl Into<String>) -> ModelConfig {
        ModelConfig {
            name: None,
            model: model.into(),
            base_url: None,
            api_key_env: None,
            api_key_file: None,
            temperature: None,
            top_p: None,
            max_tokens: None,
            seed: None,
            stop: Vec::new(),
            reasoning_effort: None,
            thinking_tokens: None,
            thinking_tags: None,
            system: None,
            system_file: None,
            stream: None,
            headers: BTreeMap::new(),
            extra: Map::new(),
            timeout_seconds: None,
            idle_seconds: None,
            retries: default_retries(),
            retry_seconds: default_retry_seconds(),
            concurrency: default_concurrency(),
            requests_per_minute: None,
            tokens_per_minute: None,
            price: None,
        }
    }

    /// Takes what was given of where the model is served, and with which key.
    pub fn served_at(
        &mut self,
        base_url: Option<&String>,
        api_key_env: Option<&String>,
        api_key_file: Option<&PathBuf>,
    ) {
        fn take<T: Clone>(own: &mut Option<T>, given: Option<&T>) {
            if given.is_some() {
                *own = given.cloned();
            }
        }
        take(&mut self.base_url, base_url);
        take(&mut self.api_key_env, api_key_env);
        take(&mut self.api_key_file, api_key_file);
    }

    /// The subject's name.
    pub fn name(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.model)
    }

    pub(super) fn api_key_env(&self, provider: Provider) -> &str {
        self.api_key_env.as_deref().unwrap_or(provider.default_api_key_env())
    }

    /// Where the API key is, which no limits are shared without.
    pub(super) fn key_place(&self, provider: Provider) -> String {
        match &self.api_key_file {
            Some(path) => path.display().to_string(),
            None => self.api_key_env(provider).to_owned(),
        }
    }

    /// Whether the questions go to the server that the protocol is from.
    pub(super) fn is_for_the_server_of(&self, provider: Provider) -> bool {
        let url = self.base_url.as_deref().map(|url| url.trim().trim_end_matches('/'));
        url.is_none_or(|url| url == provider.default_base_url())
    }

    /// The address that the endpoint of a protocol is below.
    pub(super) fn base(&self, provider: Provider) -> Result<Url, ModelError> {
        let text = self.base_url.as_deref().unwrap_or(provider.default_base_url());
        let url = Url::parse(text.trim()).map_err(|_| ModelError::BaseUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base() {
            return Err(ModelError::BaseUrl);
        }
        let has_key = url.query_pairs().any(|(name, _)| SECRET_PARAMETERS.contains(&name.as_ref()));
        if !url.username().is_empty() || url.password().is_some() || has_key {
            return Err(ModelError::Credentials);
        }
        Ok(url)
    }

    /// Finds what is wrong with the settings of any protocol.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        if self.model.trim().is_empty() {
            return Err(ModelError::NoModel);
        }
        for (key, value) in [("temperature", self.temperature), ("top-p", self.top_p)] {
            // JSON has no NaN and no infinity: they would be sent as null.
            if value.is_some_and(|number| !number.is_finite()) {
                return Err(ModelError::Number(key));
            }
        }
        for (first, second, both) in [
            (
                "reasoning-effort",
                "thinking-tokens",
                self.reasoning_effort.is_some() && self.thinking_tokens.is_some(),
            ),
            ("system", "system-file", self.system.is_some() && self.system_file.is_some()),
        ] {
            if both {
                return Err(ModelError::Both(first, second));
            }
        }
        Ok(())
    }

    /// The user's headers.
    pub(super) fn header_map(&self) -> Result<HeaderMap, ModelError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let header: HeaderName = match name.parse() {
                Ok(header) => header,
                Err(_) => return Err(ModelError::Header(name.clone())),
            };
            if SECRET_HEADERS.contains(&header.as_str()) {
                return Err(ModelError::SecretHeader(name.clone()));
            }
            let value = HeaderValue::from_str(value);
            headers.insert(header, value.map_err(|_| ModelError::Header(name.clone()))?);
        }
        Ok(headers)
    }

    /// All headers of a request.
    pub(super) fn headers_to(
        &self,
        provider: Provider,
        key: Option<&ApiKey>,
    ) -> Result<HeaderMap, ModelError> {
        let mut headers = provider.headers(key);
        headers.extend(self.header_map()?);
        Ok(headers)
    }

    /// The limit of one request.
    pub(super) fn timeout(&self, stream: bool) -> Duration {
        let default = if stream { EVENTS_TIMEOUT } else { WHOLE_TIMEOUT };
        self.timeout_seconds.map_or(default, |seconds| Duration::from_secs(seconds.get()))
    }

    /// How long a stream may be silent.
    pub(super) fn idle(&self) -> Duration {
        self.idle_seconds.map_or(IDLE_TIMEOUT, |seconds| Duration::from_secs(seconds.get()))
    }

    /// The system prompt, which may lie in a file.
    pub(super) fn system(&self) -> Result<Option<String>, ModelError> {
        let Some(path) = &self.system_file else { return Ok(self.system.clone()) };
        let read = text_file::read_lines(path);
        read.map(Some).map_err(|source| ModelError::SystemFile { path: path.clone(), source })
    }

    /// Makes paths relative to a folder.
    pub(crate) fn relative_to(&mut self, folder: &Path) {
        for path in [&mut self.api_key_file, &mut self.system_file].into_iter().flatten() {
            *path = folder.join(&path);
        }
    }

    /// Makes the settings mean the same wherever and whenever they are read again: the
    /// text of the system prompt comes into them, and the key's file gets its whole path.
    pub(crate) fn resolve(&mut self) -> Result<(), ModelError> {
        self.check()?;
        self.system = self.system()?;
        self.system_file = None;
        if let Some(path) = &mut self.api_key_file {
            *path = std::path::absolute(&path)
                .map_err(|source| ApiKeyError::File { path: path.clone(), source })?;
        }
        Ok(())
    }
}

/// Settings that no model can be asked with.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("the subject has no model; name one, as in openai:MODEL")]
    NoModel,
    #[error("base-url is not an address that starts with http:// or https://")]
    BaseUrl,
    #[error("base-url contains a user name, password or key; use api-key-env or api-key-file")]
    Credentials,
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    #[error("extra must not contain {0:?}; Assay sets it")]
    Extra(String),
    #[error("{0} is not a finite number")]
    Number(&'static str),
    #[error("{0} and {1} say the same thing; give one of them")]
    Both(&'static str, &'static str),
    #[error("the protocol has no {0}; use {1}")]
    Unsupported(&'static str, &'static str),
    #[error("{0:?} is not a header that can be sent")]
    Header(String),
    #[error(
        "the header {0:?} contains a key, and headers are stored; use api-key-env or api-key-file"
    )]
    SecretHeader(String),
    #[error("failed to read the system prompt from {}: {source}", path.display())]
    SystemFile { path: PathBuf, source: io::Error },
    #[error("failed to set up the HTTP client: {0}")]
    Client(String),
}
