//! A model behind a server, of whatever protocol.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use assay_core::Served;
use assay_core::answer::Answer;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::reading::ThinkingTags;
use reqwest::Url;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tracing::{debug, trace};

use super::api_key::ApiKey;
use super::connection::{Connection, Mode, Received, is_this_machine};
use super::debut::{Debut, MOST_FAILURES};
use super::event_stream::Body;
use super::fault;
use super::metering;
use super::model_config::{Environment, ModelConfig, ModelError};
use super::pace::{Limits, Membership, Paces, Urgency};
use super::price::Price;
use super::provider::Provider;
use super::question::{AnswerSchema, Message, Reply};
use super::requests::Requests;
use super::retry::{Failure, Retry};
use super::seed;
use super::stated::{Inquiry, Stated};
use super::watch::Watch;

/// A model with its parameters, and the connection to its server.
pub struct ModelSubject {
    provider: Provider,
    config: ModelConfig,
    system: Option<String>,
    endpoint: Url,
    connection: Connection,
    key: Option<ApiKey>,
    /// What each request of a first round holds beside its messages.
    settings: Map<String, Value>,
    retry: Retry,
    membership: Membership,
    requests: Arc<Requests>,
    debut: Debut,
    watch: Watch,
    /// Why it is asked no more: every further request would fail alike.
    refused: OnceLock<InfraError>,
}

/// The most characters of a server's own words in an error.
const MAX_MESSAGE_CHARACTERS: usize = 600;

/// The limits of one request where the user sets none: long answers come in events, and
/// one that stalls is noticed sooner.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(600);
const EVENTS_TIMEOUT: Duration = Duration::from_secs(3_600);
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// Why a request is not sent.
const REQUEST_LIMIT: &str = "no more requests may be sent; give a higher --max-requests";

impl ModelSubject {
    /// Sets up the connection; nothing is sent yet.
    pub fn new(
        provider: Provider,
        config: &ModelConfig,
        environment: Environment<'_>,
        paces: &mut Paces,
    ) -> Result<ModelSubject, ModelError> {
        config.check()?;
        let stream = config.stream.unwrap_or(provider.streams_by_default());
        let endpoint = provider.endpoint(&config.base(provider)?, &config.model, stream);
        let settings = provider.settings(config, None)?;
        let key = config.api_key(provider, environment)?;
        let mut headers = provider.headers(key.as_ref());
        headers.extend(config.header_map()?);
        let seconds = |seconds: std::num::NonZeroU64| Duration::from_secs(seconds.get());
        let idle = config.idle_seconds.map_or(IDLE_TIMEOUT, seconds);
        let (mode, timeout) = match stream {
            true => (Mode::Events { idle }, EVENTS_TIMEOUT),
            false => (Mode::Whole, WHOLE_TIMEOUT),
        };
        let timeout = config.timeout_seconds.map_or(timeout, seconds);
        let origin = endpoint.origin().ascii_serialization();
        let membership = paces.of(&origin, &config.key_place(provider)).join(Limits {
            concurrency: config.concurrency.get(),
            requests_per_minute: config.requests_per_minute,
            tokens_per_minute: config.tokens_per_minute,
        });
        Ok(ModelSubject {
            provider,
            system: config.system()?,
            connection: Connection::new(provider, &endpoint, headers, timeout, mode)?,
            endpoint,
            key,
            settings,
            retry: Retry {
                limit: config.retries,
                total: Duration::from_secs(config.retry_seconds),
            },
            membership,
            requests: Arc::clone(paces.requests()),
            debut: Debut::default(),
            watch: Watch::default(),
            refused: OnceLock::new(),
            config: config.clone(),
        })
    }

    pub fn name(&self) -> &str {
        self.config.name()
    }

    /// How many questions may be open at once now: the first goes alone.
    pub(super) fn room(&self) -> usize {
        if self.debut.is_over() { self.membership.room() } else { 1 }
    }

    /// Why it is asked no more.
    pub fn refusal(&self) -> Option<&InfraError> {
        self.refused.get()
    }

    /// What the user should know at once, if there is something new.
    pub fn take_notice(&self) -> Option<String> {
        let of_answers = || {
            let notice = self.watch.take_notice()?;
            Some(format!("warning: {}: {notice}", self.name()))
        };
        self.debut.take_notice().or_else(of_answers)
    }

    /// What its tokens cost, if the user said so.
    pub fn price(&self) -> Option<Price> {
        self.config.price
    }

    /// All that decides what the model answers in a round, and nothing else: two subjects
    /// of one identity are the same to a question.
    pub fn identity(&self, round: u32) -> Value {
        // Settings that cannot be made of a schema are made without one.
        let settings = self.settings(None, round).unwrap_or_else(|_| self.settings.clone());
        json!({
            "provider": self.provider.as_str(),
            "base-url": self.config.base_url.as_deref().unwrap_or(self.provider.default_base_url()),
            "model": self.config.model,
            "system": self.system,
            "headers": self.config.headers,
            "settings": settings,
        })
    }

    /// What a request holds beside its messages. Each round has a seed of its own.
    fn settings(
        &self,
        schema: Option<&AnswerSchema>,
        round: u32,
    ) -> Result<Map<String, Value>, ModelError> {
        let seed = self.config.seed.map(|seed| seed::of_round(seed, round));
        if schema.is_none() && seed == self.config.seed {
            return Ok(self.settings.clone());
        }
        self.provider.settings(&ModelConfig { seed, ..self.config.clone() }, schema)
    }

    /// Whether it is asked with one seed in all rounds, as `extra` is sent as it is.
    pub fn has_fixed_seed(&self) -> bool {
        seed::is_in(&self.config.extra)
    }

    /// What stands before every conversation.
    pub fn system_prompt(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// The limit on the tokens of an answer, where it is known.
    pub fn most_output_tokens(&self) -> Option<u64> {
        self.config.max_tokens.map(|most| u64::from(most.get()))
    }

    /// The limit on the tokens of an answer that is sent, whoever set it.
    pub fn sent_output_limit(&self) -> Option<u64> {
        self.provider.output_limit(&self.settings)
    }

    /// What the server states of the model, if anything. No question is asked.
    pub async fn stated(&self) -> Option<Stated> {
        let base = self.config.base(self.provider).ok()?;
        let (http, model) = (self.connection.http(), self.config.model.as_str());
        Inquiry { http, provider: self.provider, base: &base, model }.ask().await
    }

    /// What it writes its thinking between, where a server leaves that in its answers.
    pub fn thinking_tags(&self) -> ThinkingTags {
        self.config.thinking_tags.clone().unwrap_or_default()
    }

    /// What the user should know before anything is sent.
    pub fn warning(&self) -> Option<String> {
        let is_open = self.key.is_some()
            && self.endpoint.scheme() == "http"
            && !is_this_machine(&self.endpoint);
        is_open.then(|| {
            let origin = self.endpoint.origin().ascii_serialization();
            format!("the API key of {} goes to {origin} unencrypted; use https://", self.name())
        })
    }

    /// Asks for the next message of the first round.
    pub async fn ask(
        &self,
        messages: &[Message],
        schema: Option<&AnswerSchema>,
    ) -> Result<Reply, InfraError> {
        self.ask_in_round(messages, schema, 1).await
    }

    /// Asks for the next message of a round, or of a judge's sample, and again while the
    /// failure may pass.
    pub async fn ask_in_round(
        &self,
        messages: &[Message],
        schema: Option<&AnswerSchema>,
        round: u32,
    ) -> Result<Reply, InfraError> {
        let bytes = messages.iter().map(|message| message.text.len()).sum();
        // What goes on comes before what begins: a repair, a judgement, a retry.
        let begins = messages.len() == 1 && schema.is_none();
        let mut urgency = if begins { Urgency::Fresh } else { Urgency::First };
        let mut start = None;
        let mut requests = 0;
        let _turn = self.debut.turn().await;
        loop {
            let permit = self.membership.permit(urgency, bytes).await;
            if let Some(error) = self.refused.get() {
                return Err(error.clone());
            }
            if !self.requests.take() {
                return Err(InfraError::new(InfraClass::RequestLimit, REQUEST_LIMIT));
            }
            let start = *start.get_or_insert_with(Instant::now);
            urgency = Urgency::First;
            requests += 1;
            let sent = Instant::now();
            trace!(subject = self.name(), request = requests, messages = messages.len(), "request");
            let failure = match self.send(messages, schema, round).await {
                Ok(mut reply) => {
                    debug!(
                        subject = self.name(),
                        request = requests,
                        took = ?sent.elapsed(),
                        finish = ?reply.finish,
                        input = reply.usage.tokens.map(|tokens| tokens.input),
                        output = reply.usage.tokens.map(|tokens| tokens.output),
                        "request answered"
                    );
                    permit.answered(reply.usage.tokens);
                    self.debut.succeed();
                    reply.usage.requests = requests;
                    reply.served.sent_bytes = Some(self.sent_bytes(bytes));
                    let (price, system) = (self.config.price, self.system.as_deref());
                    metering::settle(&mut reply, price, system, messages);
                    return match self.has_key(&reply) {
                        false => {
                            self.watch.answered(&self.config.model, &reply);
                            Ok(reply)
                        }
                        true => Err(self.end(key_in_answer(), requests)),
                    };
                }
                Err(failure) => failure,
            };
            permit.failed(failure.trouble(self.retry.total));
            let pause = self.retry.pause(&failure, requests, start.elapsed(), fastrand::f64());
            debug!(
                subject = self.name(),
                request = requests,
                took = ?sent.elapsed(),
                class = failure.error.class.to_string(),
                status = failure.status,
                cause = self.own_words(&failure),
                asked_to_wait = ?failure.retry_after,
                again_after = ?pause,
                "request failed"
            );
            match pause {
                Some(pause) => {
                    if failure.unreachable {
                        let said = &failure.error.message;
                        self.debut.notice(format!(
                            "{}: {said}{} Trying again",
                            self.name(),
                            self.nobody()
                        ));
                    }
                    self.membership.rest(pause).await;
                }
                None => return Err(self.end(failure, requests)),
            }
        }
    }

    /// What may be logged of a failure: the words of the HTTP client. Those of a server
    /// are part of a body, and may be of what it was sent.
    fn own_words(&self, failure: &Failure) -> Option<String> {
        let words = failure.in_transport.then_some(failure.error.message.as_str())?;
        Some(self.key.as_ref().map_or(words.to_owned(), |key| key.scrub(words)))
    }

    /// The bytes of text in a conversation, including the system prompt.
    fn sent_bytes(&self, conversation: usize) -> u64 {
        let system = self.system.as_ref().map_or(0, String::len);
        u64::try_from(conversation + system).unwrap_or(u64::MAX)
    }

    /// The error that a question ends with, and perhaps all further ones.
    fn end(&self, failure: Failure, requests: u32) -> InfraError {
        let is_final = failure.error.class.is_final();
        if failure.error.class == InfraClass::ContextFull {
            // Whoever counts a question's tokens has found nothing else to refuse, and
            // the next question may be shorter.
            self.debut.succeed();
        }
        let unreachable = failure.unreachable && !self.debut.is_over();
        let mut error = self.explain(failure, requests);
        let is_hopeless = self.debut.fail() && !is_final && !unreachable;
        if is_hopeless {
            let count = MOST_FAILURES;
            error.message.push_str(&format!("; none of the first {count} questions was answered"));
        }
        if is_final || unreachable || is_hopeless {
            // Another question may have met the same first.
            let _ = self.refused.set(error.clone());
        }
        error
    }

    async fn send(
        &self,
        messages: &[Message],
        schema: Option<&AnswerSchema>,
        round: u32,
    ) -> Result<Reply, Failure> {
        let settings = self.settings(schema, round).map_err(|error| {
            Failure::from(InfraError::new(InfraClass::BadRequest, error.to_string()))
        })?;
        let system = self.system.as_deref();
        let streams = self.connection.streams();
        let request = self.provider.request(system, messages, streams, &settings);
        match self.connection.send(&request).await? {
            Received::Body(body) => self.read(&body),
            Received::Refusal { status, retry_after, body } => {
                fault::of_status(status, &body, retry_after)
            }
        }
    }

    /// What a body with a status of success says. In a stream an error that names no cause
    /// is how a server says that it failed; in the place of a whole answer it may be
    /// anything.
    fn read(&self, body: &Body) -> Result<Reply, Failure> {
        let unknown =
            if body.in_events { InfraClass::Server } else { InfraClass::MalformedResponse };
        let is_answer = self.provider.is_answer(&body.value);
        if let Some(fault) = fault::in_body(&body.value, is_answer, unknown) {
            return fault;
        }
        self.provider.read(&body.value).map_err(|mut error| {
            if !is_answer {
                let sent = fault::beginning(&body.value.to_string());
                error.message.push_str(&format!("; it sent {sent}"));
            }
            error.into()
        })
    }

    /// Whether an answer holds the API key, as that of a server may which echoes what it
    /// was sent. An answer is evidence, so it is kept as it is or not at all.
    fn has_key(&self, reply: &Reply) -> bool {
        let Some(key) = &self.key else { return false };
        let text = match &reply.answer {
            Answer::Text(text) => Some(text),
            Answer::Files(_) => None,
        };
        let Served { model, fingerprint, .. } = &reply.served;
        let said = text.into_iter().chain(&reply.thinking).chain(model).chain(fingerprint);
        said.into_iter().any(|text| key.is_in(text))
    }

    /// The last failure in words that may be shown: without the key, without
    /// control characters, and short. The order matters.
    fn explain(&self, failure: Failure, requests: u32) -> InfraError {
        let Failure { error, retry_after, unreachable, .. } = failure;
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
        if unreachable {
            message.push_str(&self.nobody());
        }
        if error.class == InfraClass::NotFound {
            let (address, model) = (self.address(), &self.config.model);
            message.push_str(&format!(
                "; asked POST {address} for the model {model:?}: set base-url and model to what the server has"
            ));
        }
        if error.class == InfraClass::Authentication && self.key.is_none() {
            let variable = self.config.api_key_env(self.provider);
            message.push_str(&format!("; no key was sent, because {variable} is not set"));
        }
        InfraError { class: error.class, message }
    }

    /// What to do if the server cannot be reached.
    fn nobody(&self) -> String {
        format!(
            "; nobody answers at {}: is the server running, and is base-url right?",
            self.address()
        )
    }

    /// The address that is asked, without its query, in which a user may have put a secret.
    fn address(&self) -> String {
        let mut url = self.endpoint.clone();
        url.set_query(None);
        let address = url.to_string();
        self.key.as_ref().map_or(address.clone(), |key| key.scrub(&address))
    }
}

/// An answer that cannot be kept, because it would make the API key known.
fn key_in_answer() -> Failure {
    let message = "the server sent the API key back in its answer, which is not kept; find out what on the way to the model repeats the request's headers, and take another key, for this one is known to whoever did";
    InfraError::new(InfraClass::KeyInAnswer, message).into()
}

impl fmt::Debug for ModelSubject {
    /// Without the client, the query and the request, in which a user may have put secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelSubject")
            .field("name", &self.name())
            .field("provider", &self.provider)
            .field("origin", &self.endpoint.origin().ascii_serialization())
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
