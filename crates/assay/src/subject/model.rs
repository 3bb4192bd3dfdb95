//! A model behind a server, of whatever protocol.

use std::fmt;

use assay_core::answer::Answer;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::reading::ThinkingTags;
use serde_json::{Map, Value, json};
use tracing::debug;

use super::connection::{Connection, Mode, Received};
use super::fault;
use super::metering::{self, tokens_in, tokens_in_all};
use super::model_config::{Environment, ModelConfig, ModelError};
use super::pace::{Paces, Urgency};
use super::price::Price;
use super::provider::Provider;
use super::question::{AnswerSchema, Message, Reply};
use super::retry::Failure;
use super::seed;
use super::server::{Answered, Server, key_in_answer};
use super::stated::{Inquiry, Stated};
use super::watch::Watch;

/// A model with its parameters, and the connection to its server.
pub struct ModelSubject {
    provider: Provider,
    config: ModelConfig,
    system: Option<String>,
    server: Server,
    connection: Connection,
    /// What each request of a first round holds beside its messages.
    settings: Map<String, Value>,
    watch: Watch,
}

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
        let server = Server::new(provider, endpoint.clone(), config, environment, paces)?;
        let headers = config.headers_to(provider, server.key())?;
        let (mode, timeout) = match stream {
            true => (Mode::Events { idle: config.idle() }, config.timeout(stream)),
            false => (Mode::Whole, config.timeout(stream)),
        };
        Ok(ModelSubject {
            provider,
            system: config.system()?,
            connection: Connection::new(provider, &endpoint, headers, timeout, mode)?,
            server,
            settings,
            watch: Watch::default(),
            config: config.clone(),
        })
    }

    pub fn name(&self) -> &str {
        self.config.name()
    }

    /// How many questions may be open at once now: the first goes alone.
    pub(super) fn room(&self) -> usize {
        self.server.room()
    }

    /// Why it is asked no more.
    pub fn refusal(&self) -> Option<&InfraError> {
        self.server.refusal()
    }

    /// What the user should know at once, if there is something new.
    pub fn take_notice(&self) -> Option<String> {
        let of_answers = || {
            let notice = self.watch.take_notice()?;
            Some(format!("warning: {}: {notice}", self.name()))
        };
        self.server.take_notice().or_else(of_answers)
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
        self.server.warning()
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
        let urgency = if begins { Urgency::Fresh } else { Urgency::First };
        let send = move || self.send(messages, schema, round);
        let Answered { answer: mut reply, permit, requests, sent } =
            self.server.ask(urgency, bytes, send).await?;
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
        reply.usage.requests = requests;
        reply.served.sent_bytes = Some(self.sent_bytes(bytes));
        let asked = self.system.as_deref().map_or(0, tokens_in) + tokens_in_all(messages);
        let said = match &reply.answer {
            Answer::Text(text) => tokens_in(text),
            Answer::Files(_) => 0,
        };
        metering::settle(&mut reply, self.config.price, asked, said);
        if self.server.key().is_some_and(|key| key.is_in_reply(&reply)) {
            return Err(self.server.end(key_in_answer(), requests));
        }
        self.watch.answered(&self.config.model, &reply);
        Ok(reply)
    }

    /// The bytes of text in a conversation, including the system prompt.
    fn sent_bytes(&self, conversation: usize) -> u64 {
        let system = self.system.as_ref().map_or(0, String::len);
        u64::try_from(conversation + system).unwrap_or(u64::MAX)
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
            Received::Body(body) => body.read(self.provider),
            Received::Refusal { status, retry_after, body } => {
                fault::of_status(status, &body, retry_after)
            }
        }
    }
}

impl fmt::Debug for ModelSubject {
    /// Without the client, the query and the request, in which a user may have put secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelSubject")
            .field("name", &self.name())
            .field("provider", &self.provider)
            .field("origin", &self.server.origin())
            .finish_non_exhaustive()
    }
}
