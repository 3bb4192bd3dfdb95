//! [`Upstream`]: a model as it is asked on behalf of somebody else, an agent say. Bodies are
//! passed on as they are, in both directions; the key is added here, and never passes back.
//!
//! The pace, the retries and the reading of answers are those of every model. An answer is
//! tried again for as long as nothing of it was passed on.

use std::fmt;

use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Estimated, TokenUsage, Tokens};
use hyper::body::Bytes;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

use super::connection::{Received, http_client, refusal, transport};
use super::fault;
use super::metering::BYTES_PER_TOKEN;
use super::model_config::{Environment, ModelConfig, ModelError};
use super::pace::{Paces, Urgency};
use super::passing::{Granted, Opened, Passing};
use super::price::Price;
use super::provider::{Call, Provider};
use super::retry::Failure;
use super::server::{Answered, Server};

/// The endpoint of a model. Of the settings of a model only those count that say where it is,
/// how it is reached and what it costs: what it is asked is not decided here.
pub struct Upstream {
    provider: Provider,
    config: ModelConfig,
    base: Url,
    client: reqwest::Client,
    server: Server,
}

/// A request that is to be passed on.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub call: Call,
    /// The model that it names, where the protocol has the name in the address.
    pub model: String,
    /// JSON.
    pub body: Bytes,
    /// Those beside the ones that every request to the model has.
    pub headers: HeaderMap,
    /// What is added to the query.
    pub query: Option<&'static str>,
    pub urgency: Urgency,
}

/// What became of a request that did not fail.
#[derive(Debug)]
pub enum Passed<'a> {
    Passing(Box<Passing<'a>>),
    Declined(Declined),
}

/// The provider refuses the request itself, as it would again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    pub status: u16,
    /// Without the key.
    pub body: String,
    /// `None` if a filter of the provider kept the question from the model.
    pub class: Option<InfraClass>,
    /// Requests that were sent, failed ones among them.
    pub requests: u32,
}

enum Reception {
    Opened(Box<Opened>),
    Declined(Declined),
}

impl Upstream {
    /// Sets up the connection; nothing is sent yet.
    pub fn new(
        provider: Provider,
        config: &ModelConfig,
        environment: Environment<'_>,
        paces: &mut Paces,
    ) -> Result<Upstream, ModelError> {
        config.check()?;
        let base = config.base(provider)?;
        let endpoint = provider.endpoint(&base, &config.model, false);
        let server = Server::new(provider, endpoint.clone(), config, environment, paces)?;
        let headers = config.headers_to(provider, server.key())?;
        let client = http_client(&endpoint, headers, config.timeout(true))?;
        Ok(Upstream { provider, config: config.clone(), base, client, server })
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// The subject's name.
    pub fn name(&self) -> &str {
        self.config.name()
    }

    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// What the model is called at its server.
    pub fn model(&self) -> &str {
        &self.config.model
    }

    pub fn price(&self) -> Option<Price> {
        self.config.price
    }

    /// How many questions may be open at once now.
    pub fn room(&self) -> usize {
        self.server.room()
    }

    /// Why it is asked no more.
    pub fn refusal(&self) -> Option<&InfraError> {
        self.server.refusal()
    }

    /// What the user should know at once; each is taken once.
    pub fn take_notice(&self) -> Option<String> {
        self.server.take_notice()
    }

    /// What the user should know before anything is sent.
    pub fn warning(&self) -> Option<String> {
        self.server.warning()
    }

    /// A text without the API key.
    pub fn scrub(&self, text: &str) -> String {
        self.server.scrub(text)
    }

    /// What a question probably took whose answer nobody waited for: at least its reading.
    /// `bytes` is the length of its body.
    pub fn unanswered(&self, call: Call, bytes: usize) -> TokenUsage {
        let input = asked_tokens(bytes);
        let tokens = Tokens { input, ..Tokens::default() };
        let cost = self.config.price.map(|price| price.cost(&tokens));
        let estimate = call.is_answer().then_some(Estimated { tokens, cost });
        TokenUsage { estimate, requests: 1, ..TokenUsage::default() }
    }

    /// Passes a request on, and again while the failure may pass. The answer has begun, or has
    /// come whole if it was not asked for in a stream.
    pub async fn pass(&self, outgoing: &Outgoing) -> Result<Passed<'_>, InfraError> {
        let bytes = outgoing.body.len();
        let send = move || self.open(outgoing);
        let Answered { answer, permit, requests, sent } =
            self.server.ask(outgoing.urgency, bytes, send).await?;
        match answer {
            Reception::Opened(opened) => {
                let granted = Granted { permit, requests, sent, asked: asked_tokens(bytes) };
                let passing = Passing::begin(self, *opened, granted)?;
                Ok(Passed::Passing(Box::new(passing)))
            }
            Reception::Declined(declined) => {
                permit.answered(None);
                Ok(Passed::Declined(Declined { requests, ..declined }))
            }
        }
    }

    /// Sends one request, and receives as much as tells whether it is to be sent again.
    async fn open(&self, outgoing: &Outgoing) -> Result<Reception, Failure> {
        let Outgoing { call, model, body, headers, query, .. } = outgoing;
        let mut url = self.provider.address(&self.base, model, *call);
        if let Some((name, value)) = query.and_then(|query| query.split_once('=')) {
            url.query_pairs_mut().append_pair(name, value);
        }
        let sent = (self.client.post(url))
            .headers(headers.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .timeout(self.config.timeout(call.streams()))
            .body(body.clone());
        let response = sent.send().await.map_err(transport)?;
        let idle = call.streams().then(|| self.config.idle());
        if !response.status().is_success() {
            let received = refusal(response, idle).await?;
            return self.declined(outgoing, received).map(Reception::Declined);
        }
        let mut opened = Opened::new(self.provider, response, idle);
        opened.receive(*call, self.server.key()).await?;
        Ok(Reception::Opened(Box::new(opened)))
    }

    /// A refusal that the one who asked is to see: it is of the request, which is theirs.
    fn declined(&self, outgoing: &Outgoing, received: Received) -> Result<Declined, Failure> {
        let Received::Refusal { status, retry_after, body } = received else {
            let message = "the server's refusal is none; this is a bug";
            return Err(InfraError::new(InfraClass::MalformedResponse, message).into());
        };
        let class = match fault::of_status(status, &body, retry_after) {
            Ok(_) => None,
            Err(failure) => {
                let is_theirs = match failure.error.class {
                    InfraClass::BadRequest | InfraClass::ContextFull => true,
                    InfraClass::NotFound => {
                        outgoing.call == Call::Count || outgoing.model != self.config.model
                    }
                    _ => false,
                };
                if !is_theirs {
                    return Err(failure);
                }
                Some(failure.error.class)
            }
        };
        Ok(Declined { status, body: self.server.scrub(&body), class, requests: 0 })
    }
}

/// About how many tokens a question has.
fn asked_tokens(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

impl fmt::Debug for Upstream {
    /// Without the client, in which secrets are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("name", &self.name())
            .field("provider", &self.provider)
            .field("origin", &self.server.origin())
            .finish_non_exhaustive()
    }
}
