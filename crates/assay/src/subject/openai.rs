//! A model behind any server that speaks OpenAI's chat-completions protocol.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::{Duration, SystemTime};

use assay_core::verdict::{InfraClass, InfraError};
use reqwest::header::{AUTHORIZATION, LOCATION};
use reqwest::{Client, Response, Url, redirect};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::api_key::ApiKey;
use super::completion;
use super::price::Price;
use super::question::{AnswerSchema, Message, Reply};
use super::retry::{Failure, Retry, retry_after};
use super::spec::Environment;

/// A model with its parameters, and the connection to its server.
pub struct OpenAiSubject {
    name: String,
    endpoint: Url,
    client: Client,
    key: Option<ApiKey>,
    /// The name of the variable that the key is read from, for messages.
    key_variable: String,
    /// The request without its messages.
    request: Map<String, Value>,
    retry: Retry,
    /// Questions in progress, with the pauses before their retries: a server
    /// that asks to wait is not asked more meanwhile.
    permits: Semaphore,
    concurrency: usize,
    price: Option<Price>,
}

/// The settings of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OpenAiConfig {
    /// The subject's name; the model's where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub model: String,
    /// The part of the address before `/chat/completions`.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// The name of the environment variable that holds the API key.
    #[serde(default = "default_api_key_env")]
    pub api_key_env: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<NonZeroU32>,
    /// The limit of one request, from connecting to the last byte.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: NonZeroU64,
    /// Requests after the first that one question may take.
    #[serde(default = "default_retries")]
    pub retries: u32,
    /// No retry starts later than this after a question's first request.
    #[serde(default = "default_retry_seconds")]
    pub retry_seconds: u64,
    /// Questions in progress at once.
    #[serde(default = "default_concurrency")]
    pub concurrency: NonZeroUsize,
    /// What its tokens cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Merged into the JSON of each request; it overrides the keys above.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

fn default_base_url() -> String {
    DEFAULT_BASE_URL.to_owned()
}

fn default_api_key_env() -> String {
    "OPENAI_API_KEY".to_owned()
}

fn default_timeout_seconds() -> NonZeroU64 {
    NonZeroU64::MIN.saturating_add(599)
}

fn default_retries() -> u32 {
    5
}

fn default_retry_seconds() -> u64 {
    900
}

fn default_concurrency() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(7)
}

impl OpenAiConfig {
    /// The default settings of a model.
    pub fn new(model: impl Into<String>) -> OpenAiConfig {
        OpenAiConfig {
            name: None,
            model: model.into(),
            base_url: default_base_url(),
            api_key_env: default_api_key_env(),
            temperature: None,
            top_p: None,
            max_tokens: None,
            timeout_seconds: default_timeout_seconds(),
            retries: default_retries(),
            retry_seconds: default_retry_seconds(),
            concurrency: default_concurrency(),
            price: None,
            extra: Map::new(),
        }
    }

    fn request(&self) -> Result<Map<String, Value>, OpenAiError> {
        // A stream is not read, and the rest is not the user's to replace.
        if let Some(key) =
            ["messages", "model", "stream"].iter().find(|key| self.extra.contains_key(**key))
        {
            return Err(OpenAiError::Extra((*key).to_owned()));
        }
        let mut request = Map::new();
        request.insert("model".to_owned(), json!(self.model));
        for (key, value) in [("temperature", self.temperature), ("top_p", self.top_p)] {
            if let Some(number) = value {
                // JSON has no NaN and no infinity: they would be sent as null.
                if !number.is_finite() {
                    return Err(OpenAiError::Number(key));
                }
                request.insert(key.to_owned(), json!(number));
            }
        }
        if let Some(most) = self.max_tokens {
            request.insert("max_tokens".to_owned(), json!(most));
        }
        request.extend(self.extra.clone());
        Ok(request)
    }
}

/// Settings that no model can be asked with.
#[derive(Debug, thiserror::Error)]
pub enum OpenAiError {
    #[error("the subject has no model; name one, as in openai:MODEL")]
    NoModel,
    #[error("base-url is not an address that starts with http:// or https://")]
    BaseUrl,
    #[error("base-url holds a user name or password; name a variable with api-key-env instead")]
    Credentials,
    // The text is not shown: it may be a key that stands in the wrong place.
    #[error(
        "api-key-env is not the name of an environment variable; put the key into a variable and its name here"
    )]
    KeyVariable,
    #[error(
        "the environment variable {0} is not set; set it to the API key of {DEFAULT_BASE_URL}, or set base-url to another server"
    )]
    NoKey(String),
    #[error("the environment variable {0} holds no text that can be sent as an API key")]
    Key(String),
    #[error("extra may not hold {0:?}; Assay sets it")]
    Extra(String),
    #[error("{0} is not a finite number")]
    Number(&'static str),
    #[error("failed to set up the HTTP client: {0}")]
    Client(String),
}

/// The most bytes of a response that are read.
const MAX_BODY_BYTES: usize = 32 << 20;

/// The most characters of a server's own words in an error.
const MAX_MESSAGE_CHARACTERS: usize = 600;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

impl OpenAiSubject {
    /// Questions in progress at once, at most.
    pub(super) fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Sets up the connection; nothing is sent yet.
    pub fn new(
        config: &OpenAiConfig,
        environment: Environment<'_>,
    ) -> Result<OpenAiSubject, OpenAiError> {
        if config.model.trim().is_empty() {
            return Err(OpenAiError::NoModel);
        }
        let endpoint = endpoint(&config.base_url)?;
        Ok(OpenAiSubject {
            name: config.name.clone().unwrap_or_else(|| config.model.clone()),
            client: client(&endpoint, Duration::from_secs(config.timeout_seconds.get()))?,
            endpoint,
            key: api_key(config, environment)?,
            key_variable: config.api_key_env.clone(),
            request: config.request()?,
            retry: Retry {
                limit: config.retries,
                total: Duration::from_secs(config.retry_seconds),
            },
            concurrency: config.concurrency.get(),
            price: config.price,
            permits: Semaphore::new(config.concurrency.get().min(Semaphore::MAX_PERMITS)),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// All that decides what the model answers, without its name here, key and limits.
    pub fn identity(&self) -> Value {
        let request = Value::from(self.request.clone());
        json!({ "protocol": "openai", "endpoint": self.endpoint.as_str(), "request": request })
    }

    pub fn price(&self) -> Option<Price> {
        self.price
    }

    /// The limit on the tokens of an answer, where it is known.
    pub fn most_output_tokens(&self) -> Option<u64> {
        self.request.get("max_tokens").and_then(Value::as_u64)
    }

    /// What the user should know before anything is sent.
    pub fn warning(&self) -> Option<String> {
        let is_open = self.key.is_some()
            && self.endpoint.scheme() == "http"
            && !is_this_machine(&self.endpoint);
        is_open.then(|| {
            let origin = self.endpoint.origin().ascii_serialization();
            format!("the API key of {} goes to {origin} unencrypted; use https://", self.name)
        })
    }

    /// Asks for the next message, and again while the failure may pass.
    pub async fn ask(
        &self,
        messages: &[Message],
        schema: Option<&AnswerSchema>,
    ) -> Result<Reply, InfraError> {
        let message =
            |message: &Message| json!({ "role": message.role.as_str(), "content": message.text });
        let mut request = self.request.clone();
        request.insert("messages".to_owned(), messages.iter().map(message).collect());
        if let Some(AnswerSchema { name, schema }) = schema {
            let form = json!({ "name": name, "schema": schema, "strict": true });
            let form = json!({ "type": "json_schema", "json_schema": form });
            request.insert("response_format".to_owned(), form);
        }
        // It fails only if the semaphore is closed, which nothing does.
        let _permit = self.permits.acquire().await.ok();
        let start = Instant::now();
        let mut requests = 0;
        loop {
            requests += 1;
            let failure = match self.send(&request).await {
                Ok(mut reply) => {
                    reply.usage.requests = requests;
                    let price = self.price.as_ref();
                    reply.usage.cost =
                        price.zip(reply.usage.tokens).map(|(price, tokens)| price.cost(&tokens));
                    return Ok(reply);
                }
                Err(failure) => failure,
            };
            match self.retry.pause(&failure, requests, start.elapsed(), fastrand::f64()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(self.explain(failure, requests)),
            }
        }
    }

    async fn send(&self, request: &Map<String, Value>) -> Result<Reply, Failure> {
        let mut post = self.client.post(self.endpoint.clone()).json(request);
        if let Some(key) = &self.key {
            post = post.header(AUTHORIZATION, key.bearer());
        }
        let response = post.send().await.map_err(transport)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(redirected(&response).into());
        }
        let retry_after = retry_after(response.headers(), SystemTime::now());
        let body = body(response).await?;
        completion::read(status.as_u16(), &body).map_err(|error| Failure { error, retry_after })
    }

    /// The last failure in words that may be shown: without the key, without
    /// control characters, and short. The order matters.
    fn explain(&self, failure: Failure, requests: u32) -> InfraError {
        let Failure { error, retry_after } = failure;
        let text = match &self.key {
            Some(key) => key.scrub(&error.message),
            None => error.message,
        };
        let mut message: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(MAX_MESSAGE_CHARACTERS)
            .collect();
        message.truncate(message.trim_end().len());
        if text.chars().nth(MAX_MESSAGE_CHARACTERS).is_some() {
            message.push_str(" ...");
        }
        if requests > 1 {
            message.push_str(&format!(" (after {requests} requests)"));
        }
        if let Some(asked) = retry_after.filter(|asked| *asked > self.retry.total) {
            message.push_str(&format!("; it asks to wait {} seconds", asked.as_secs()));
        }
        if error.class == InfraClass::Authentication && self.key.is_none() {
            message
                .push_str(&format!("; no key was sent, because {} is not set", self.key_variable));
        }
        InfraError { class: error.class, message }
    }
}

impl fmt::Debug for OpenAiSubject {
    /// Without the client, the query and the request, where a user may have put
    /// what is not to be shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiSubject")
            .field("name", &self.name)
            .field("origin", &self.endpoint.origin().ascii_serialization())
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

fn endpoint(base_url: &str) -> Result<Url, OpenAiError> {
    let mut url = Url::parse(base_url.trim()).map_err(|_| OpenAiError::BaseUrl)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(OpenAiError::BaseUrl);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(OpenAiError::Credentials);
    }
    url.path_segments_mut()
        .map_err(|()| OpenAiError::BaseUrl)?
        .pop_if_empty()
        .extend(["chat", "completions"]);
    Ok(url)
}

fn api_key(
    config: &OpenAiConfig,
    environment: Environment<'_>,
) -> Result<Option<ApiKey>, OpenAiError> {
    let name = &config.api_key_env;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty()
        || !name.chars().all(is_name)
        || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return Err(OpenAiError::KeyVariable);
    }
    match environment(name) {
        Some(text) if !text.trim().is_empty() => {
            ApiKey::new(&text).map(Some).ok_or_else(|| OpenAiError::Key(name.clone()))
        }
        _ if config.base_url.trim_end_matches('/') == DEFAULT_BASE_URL => {
            Err(OpenAiError::NoKey(name.clone()))
        }
        _ => Ok(None),
    }
}

fn client(endpoint: &Url, timeout: Duration) -> Result<Client, OpenAiError> {
    // It fails only if the process has a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect would resend the question, and perhaps the key, to a place
    // that the user did not name. So none is followed; the error names it.
    let mut builder = Client::builder()
        .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout);
    if is_this_machine(endpoint) {
        builder = builder.no_proxy();
        // A server here needs no certificates, and a small image has none.
        if endpoint.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
    }
    builder.build().map_err(|error| OpenAiError::Client(with_causes(&error)))
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

async fn body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            let message = format!("the server's answer is larger than {MAX_BODY_BYTES} bytes");
            return Err(InfraError::new(InfraClass::MalformedResponse, message).into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn redirected(response: &Response) -> InfraError {
    let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok());
    let place = place.unwrap_or("an address that it does not name");
    let message = format!(
        "the server redirects to {place}, which is not followed; if that is the right server, set base-url to it"
    );
    InfraError::new(InfraClass::BadRequest, message)
}

/// A failure to send or to receive.
fn transport(error: reqwest::Error) -> Failure {
    let class = match &error {
        error if error.is_timeout() => InfraClass::Timeout,
        error if error.is_builder() => InfraClass::BadRequest,
        _ => InfraClass::Connection,
    };
    // The address may hold a key in its query.
    InfraError::new(class, with_causes(&error.without_url())).into()
}

/// An error and what caused it: the first message alone says little.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
