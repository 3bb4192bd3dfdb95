//! [`Upstream`]: a model as it is asked on behalf of somebody else, an agent say. Bodies are
//! passed on as they are, in both directions; the key is added here, and never passes back.
//!
//! The pace, the retries and the reading of answers are those of every model. An answer is
//! tried again for as long as nothing of it was passed on.

use std::fmt;
use std::time::Duration;

use assay_core::answer::{Answer, Finish};
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Estimated, Served, TokenUsage, Tokens};
use hyper::body::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, Url};
use serde_json::Value;
use tokio::time::Instant;
use tracing::debug;

use super::connection::{Received, http_client, more, refusal, transport};
use super::event_stream::{Body, EventStream};
use super::fault;
use super::key_guard::{KeyFound, KeyGuard};
use super::metering::{self, BYTES_PER_TOKEN, tokens_in};
use super::model_config::{Environment, ModelConfig, ModelError};
use super::pace::{Paces, Permit, Urgency};
use super::price::Price;
use super::provider::{Call, Provider};
use super::question::Reply;
use super::retry::Failure;
use super::server::{Answered, Server, key_in_answer};
use crate::json_text;

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

/// An answer that is being passed on.
pub struct Passing<'a> {
    upstream: &'a Upstream,
    opened: Opened,
    guard: KeyGuard,
    permit: Permit,
    requests: u32,
    sent: Instant,
    /// About how many tokens the question has.
    asked: u64,
    failure: Option<Failure>,
}

/// What was passed on.
#[derive(Debug)]
pub struct Finished {
    /// The answer as it would have come without a stream, or the part of it that came.
    pub body: Value,
    pub finish: Finish,
    pub usage: TokenUsage,
    pub served: Served,
    /// What failed after the answer had begun.
    pub failure: Option<InfraError>,
    /// Whether the server's connection broke off in the middle, as then the other one should.
    pub is_cut: bool,
}

/// An answer of which enough has come to know that it is one.
struct Opened {
    status: u16,
    content_type: String,
    /// `None` once nothing more comes.
    response: Option<Response>,
    stream: EventStream,
    /// What has come and was not passed on.
    held: Vec<u8>,
    /// What the answer is, where it has come whole.
    whole: Option<(Body, Reply)>,
    idle: Option<Duration>,
}

enum Reception {
    Opened(Box<Opened>),
    Declined(Declined),
}

/// No answer is longer, its framing included.
const MOST_BYTES: usize = 64 << 20;

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
    pub fn unanswered(&self, outgoing: &Outgoing) -> TokenUsage {
        let input = asked_tokens(outgoing);
        let tokens = Tokens { input, ..Tokens::default() };
        let cost = self.config.price.map(|price| price.cost(&tokens));
        let estimate = outgoing.call.is_answer().then_some(Estimated { tokens, cost });
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
            Reception::Opened(mut opened) => {
                let mut guard = KeyGuard::new(self.server.key());
                let held = std::mem::take(&mut opened.held);
                opened.held = guard.push(&held).map_err(|KeyFound| {
                    // It is known by now, whoever else asks.
                    self.server.end(key_in_answer(), requests)
                })?;
                if opened.response.is_none() {
                    opened.held.extend(guard.finish());
                }
                let asked = asked_tokens(outgoing);
                Ok(Passed::Passing(Box::new(Passing {
                    upstream: self,
                    opened: *opened,
                    guard,
                    permit,
                    requests,
                    sent,
                    asked,
                    failure: None,
                })))
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
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let mut opened = Opened {
            status: response.status().as_u16(),
            content_type: self.server.scrub(content_type),
            response: Some(response),
            stream: EventStream::new(self.provider),
            held: Vec::new(),
            whole: None,
            idle,
        };
        opened.receive(*call).await?;
        if opened.response.is_none() && opened.whole.is_none() {
            opened.whole = Some(self.read_whole(&mut opened, *call)?);
        }
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

    /// Reads an answer that has come whole.
    fn read_whole(&self, opened: &mut Opened, call: Call) -> Result<(Body, Reply), Failure> {
        let text = String::from_utf8_lossy(&opened.held);
        if self.server.key().is_some_and(|key| key.is_in(&text)) {
            return Err(key_in_answer());
        }
        if call == Call::Count {
            let value = json_text::parse_bytes(&opened.held).map_err(|error| {
                let message = format!("the server's count of tokens is not JSON: {error}");
                InfraError::new(InfraClass::MalformedResponse, message)
            })?;
            let reply = Reply::from(Answer::Text(String::new()));
            return Ok((Body { value, in_events: false }, reply));
        }
        let body = opened.stream.finish(&opened.content_type)?;
        let reply = body.read(self.provider)?;
        Ok((body, reply))
    }
}

impl Opened {
    /// Receives until an answer has begun, if it streams, or is whole.
    async fn receive(&mut self, call: Call) -> Result<(), Failure> {
        let Some(response) = &mut self.response else { return Ok(()) };
        while !(call.streams() && self.stream.has_begun()) {
            match more(response, self.idle).await {
                Ok(Some(bytes)) => {
                    self.held.extend_from_slice(&bytes);
                    if self.held.len() > MOST_BYTES {
                        return Err(too_long().into());
                    }
                    if call.is_answer() {
                        self.stream.push(&bytes);
                    }
                }
                Ok(None) => {
                    self.response = None;
                    return Ok(());
                }
                Err(failure) => {
                    // What was said whole counts, and is read once more.
                    let is_whole = self.stream.salvage().is_some();
                    debug!(is_whole, "the server's answer broke off");
                    if !is_whole {
                        return Err(failure);
                    }
                    let mut stream = EventStream::new(self.stream.provider());
                    stream.push(&self.held);
                    (self.stream, self.response) = (stream, None);
                    return Ok(());
                }
            }
        }
        match self.stream.has_failed() {
            // Nothing was passed on, so it can be tried again.
            true => self.read_failure(),
            false => Ok(()),
        }
    }

    fn read_failure(&mut self) -> Result<(), Failure> {
        let body = self.stream.finish(&self.content_type)?;
        let reply = body.read(self.stream.provider())?;
        self.whole = Some((body, reply));
        Ok(())
    }
}

impl Passing<'_> {
    pub fn status(&self) -> u16 {
        self.opened.status
    }

    /// What the server calls the form of its answer.
    pub fn content_type(&self) -> &str {
        &self.opened.content_type
    }

    /// The next bytes of the answer as they came; `None` once there are no more, for
    /// whatever reason. It may be given up at any time.
    pub async fn next(&mut self) -> Option<Bytes> {
        if !self.opened.held.is_empty() {
            return Some(std::mem::take(&mut self.opened.held).into());
        }
        loop {
            let Opened { response, stream, idle, .. } = &mut self.opened;
            match more(response.as_mut()?, *idle).await {
                Ok(Some(bytes)) => {
                    stream.push(&bytes);
                    match self.guard.push(&bytes) {
                        Ok(passed) if passed.is_empty() => {}
                        Ok(passed) => return Some(passed.into()),
                        Err(KeyFound) => {
                            self.opened.response = None;
                            self.failure = Some(key_in_answer());
                            return None;
                        }
                    }
                }
                Ok(None) => {
                    self.opened.response = None;
                    break;
                }
                Err(failure) => {
                    self.opened.response = None;
                    self.failure = Some(failure);
                    break;
                }
            }
        }
        let rest = self.guard.finish();
        (!rest.is_empty()).then(|| rest.into())
    }

    /// What was passed on, after all came.
    pub fn finish(mut self) -> Finished {
        let failure = self.failure.take();
        let is_cut = failure.is_some();
        match self.read(failure) {
            Ok((body, mut reply)) => {
                if self.upstream.server.key().is_some_and(|key| key.is_in_reply(&reply)) {
                    return self.fail(key_in_answer(), true);
                }
                let said = match &reply.answer {
                    Answer::Text(text) if !text.is_empty() => tokens_in(text),
                    _ => tokens_in(&self.upstream.provider.said_in(&body.value)),
                };
                metering::settle(&mut reply, self.upstream.config.price, self.asked, said);
                self.end(body.value, reply, None)
            }
            Err(failure) => self.fail(failure, is_cut),
        }
    }

    /// Reads what was passed on. `failure` is what ended it before its end.
    fn read(&mut self, failure: Option<Failure>) -> Result<(Body, Reply), Failure> {
        if let Some(whole) = self.opened.whole.take() {
            return Ok(whole);
        }
        let Opened { stream, content_type, .. } = &mut self.opened;
        let body = match failure {
            None => stream.finish(content_type)?,
            Some(failure) if failure.error.class == InfraClass::KeyInAnswer => return Err(failure),
            // What was said whole counts.
            Some(failure) => stream.salvage().ok_or(failure)?,
        };
        let reply = body.read(self.upstream.provider)?;
        Ok((body, reply))
    }

    /// What was passed on of an answer that nobody waits for any longer.
    pub fn give_up(mut self) -> Finished {
        if self.opened.whole.is_some() || self.opened.stream.is_whole() {
            return self.finish();
        }
        let (body, reply) = self.part();
        self.end(body, reply, None)
    }

    fn fail(mut self, failure: Failure, is_cut: bool) -> Finished {
        let (body, reply) = match failure.error.class {
            InfraClass::KeyInAnswer => (Value::Null, Reply::from(Answer::Text(String::new()))),
            _ => self.part(),
        };
        let mut finished = self.end(body, reply, Some(failure));
        finished.is_cut = is_cut;
        finished
    }

    /// The part of an answer that came. What it took is estimated: no count of it is whole.
    fn part(&mut self) -> (Value, Reply) {
        let body = match self.opened.whole.take() {
            Some((body, _)) => body.value,
            None => self.opened.stream.part().value,
        };
        let nothing = || Reply::from(Answer::Text(String::new()));
        let mut reply = self.upstream.provider.read(&body).unwrap_or_else(|_| nothing());
        if self.upstream.server.key().is_some_and(|key| key.is_in(&body.to_string())) {
            return (Value::Null, nothing());
        }
        if let Some(tokens) = &mut reply.usage.tokens {
            tokens.output = 0;
        }
        let said = tokens_in(&self.upstream.provider.said_in(&body));
        metering::estimate(&mut reply, self.upstream.config.price, self.asked, said);
        (body, reply)
    }

    fn end(self, body: Value, reply: Reply, failure: Option<Failure>) -> Finished {
        let Passing { upstream, permit, requests, sent, .. } = self;
        let Reply { finish, mut usage, served, .. } = reply;
        usage.requests = requests;
        debug!(
            subject = upstream.name(),
            request = requests,
            took = ?sent.elapsed(),
            ?finish,
            input = usage.tokens.map(|tokens| tokens.input),
            output = usage.tokens.map(|tokens| tokens.output),
            class = failure.as_ref().map(|failure| failure.error.class.to_string()),
            "request passed on"
        );
        let failure = match failure {
            None => {
                permit.answered(usage.tokens);
                None
            }
            Some(failure) => {
                permit.failed(failure.trouble(Duration::MAX));
                Some(upstream.server.end(failure, requests))
            }
        };
        Finished { body, finish, usage, served, failure, is_cut: false }
    }
}

/// About how many tokens a question has.
fn asked_tokens(outgoing: &Outgoing) -> u64 {
    u64::try_from(outgoing.body.len().div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX)
}

fn too_long() -> InfraError {
    let message = format!("the server's answer is larger than {MOST_BYTES} bytes");
    InfraError::new(InfraClass::MalformedResponse, message)
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

impl fmt::Debug for Passing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passing")
            .field("status", &self.opened.status)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}
