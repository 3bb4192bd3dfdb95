//! What is under evaluation: a model behind a server, the recorded responses
//! of one, or a built-in that shows what the instrument measures.

mod account;
mod agent_config;
mod api_key;
mod built_in;
mod connection;
mod debut;
mod event_lines;
mod event_stream;
mod fault;
mod full_context;
mod key_guard;
mod key_lookup;
mod metering;
mod model;
mod model_config;
pub mod pace;
mod passing;
mod price;
#[cfg(test)]
mod properties;
mod provider;
mod question;
mod replay;
mod requests;
mod responses;
mod retry;
mod seed;
mod server;
mod spec;
mod stated;
mod upstream;
mod watch;
mod worker;

use assay_core::Case;
use assay_core::Scenario;
use assay_core::benchmark::Asks;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::reading::ThinkingTags;
use tracing::{Instrument as _, debug, debug_span};

pub use account::Account;
pub use agent_config::AgentConfig;
pub use api_key::ApiKeyError;
pub use metering::{BYTES_PER_TOKEN, tokens_in, tokens_in_all};
pub use model::ModelSubject;
pub use model_config::{Effort, Environment, ModelConfig, ModelError};
pub use passing::{Finished, Passing};
pub use price::Price;
pub use provider::{Call, Form, Provider};
pub use question::{AnswerSchema, Message, Question, Reply, Role};
pub use replay::{Replay, ReplayConfig, ReplayError, ReplaySubject};
pub use requests::Requests;
pub use responses::{Asked, ResponseKey, Responses, ResponsesFault, ResponsesSize};
pub use spec::{HireAgent, KINDS, Loaded, SubjectConfig, SubjectError, load, load_model};
pub use stated::Stated;
pub use upstream::{Declined, Outgoing, Passed, Upstream};
pub use worker::{WorkLimits, Worker, Working};

/// One subject. A provider is one variant of [`Provider`].
#[derive(Debug)]
pub enum Subject {
    /// Answers with the first solution known to pass: a secure one, or a correct one if
    /// nothing is asked about security.
    Reference,
    /// Answers with the first solution known to be vulnerable.
    Vulnerable,
    /// Answers with empty files, which must never pass.
    Empty,
    Replay(ReplaySubject),
    Model(Box<ModelSubject>),
    Agent(Box<dyn Worker>),
}

impl Subject {
    /// Unique among the subjects of a run.
    pub fn name(&self) -> &str {
        match self {
            Subject::Reference => "reference",
            Subject::Vulnerable => "vulnerable",
            Subject::Empty => "empty",
            Subject::Replay(replay) => replay.name(),
            Subject::Model(model) => model.name(),
            Subject::Agent(agent) => agent.name(),
        }
    }

    /// Whether it can answer a message that says what failed.
    pub fn can_repair(&self) -> bool {
        matches!(self, Subject::Model(_) | Subject::Agent(_))
    }

    /// Whether it works in the project by itself, and so is told where to work and not how to
    /// answer.
    pub fn works_in_place(&self) -> bool {
        matches!(self, Subject::Agent(_))
    }

    /// Whether it has an answer for a round, so that the round belongs in a
    /// plan. A replay has its records; the solutions of a case may be unknown.
    pub fn has_attempt(&self, case: &Case, scenario: Scenario, round: u32) -> bool {
        match self {
            Subject::Reference => built_in::reference(case).is_some(),
            Subject::Vulnerable => built_in::vulnerable(case).is_some(),
            Subject::Empty | Subject::Model(_) => true,
            // It writes code, and says nothing about any.
            Subject::Agent(_) => case.code().is_some() && scenario.asks() != Asks::Recognise,
            Subject::Replay(replay) => replay.answer(&case.id, scenario, round).is_some(),
        }
    }

    /// The highest round that it has an answer for; `None` where it answers as
    /// many as it is asked.
    pub fn rounds(&self) -> Option<u32> {
        match self {
            Subject::Replay(replay) => Some(replay.rounds()),
            _ => None,
        }
    }

    /// How many questions to it may be open at once now.
    pub fn room(&self) -> usize {
        match self {
            Subject::Model(model) => model.room(),
            Subject::Agent(agent) => agent.room(),
            _ => BUILT_IN_ROOM,
        }
    }

    /// Why it is asked no more, if every further question would fail alike.
    pub fn refusal(&self) -> Option<&InfraError> {
        match self {
            Subject::Model(model) => model.refusal(),
            Subject::Agent(agent) => agent.refusal(),
            _ => None,
        }
    }

    /// Whether what it takes is charged to the account of a question request by request, and not
    /// counted with its reply.
    pub fn pays_as_it_goes(&self) -> bool {
        matches!(self, Subject::Agent(_))
    }

    /// Ends at once whatever it is working on. A model works elsewhere.
    pub fn stop(&self) {
        if let Subject::Agent(agent) = self {
            agent.stop();
        }
    }

    /// What the user should know at once; each is taken once.
    pub fn take_notice(&self) -> Option<String> {
        match self {
            Subject::Model(model) => model.take_notice(),
            _ => None,
        }
    }

    /// What its tokens cost; `None` for one without a price, and for those that cost
    /// nothing because no model is asked.
    pub fn price(&self) -> Option<Price> {
        match self {
            Subject::Model(model) => model.price(),
            Subject::Agent(agent) => agent.price(),
            _ => None,
        }
    }

    /// Whether asking it may cost something.
    pub fn is_model(&self) -> bool {
        matches!(self, Subject::Model(_) | Subject::Agent(_))
    }

    /// Whether it can be foretold what asking it takes: an agent asks as much as it likes.
    pub fn is_foretold(&self) -> bool {
        matches!(self, Subject::Model(_))
    }

    /// Whether it is asked with one seed in all rounds.
    pub fn has_fixed_seed(&self) -> bool {
        matches!(self, Subject::Model(model) if model.has_fixed_seed())
    }

    /// What stands before every conversation with it.
    pub fn system_prompt(&self) -> Option<&str> {
        match self {
            Subject::Model(model) => model.system_prompt(),
            _ => None,
        }
    }

    /// What it writes its thinking between, where that is left in its answers.
    pub fn thinking_tags(&self) -> ThinkingTags {
        match self {
            Subject::Model(model) => model.thinking_tags(),
            Subject::Replay(replay) => replay.thinking_tags(),
            _ => ThinkingTags::default(),
        }
    }

    /// The limit on the tokens of an answer, where it is known.
    pub fn most_output_tokens(&self) -> Option<u64> {
        match self {
            Subject::Model(model) => model.most_output_tokens(),
            _ => None,
        }
    }

    /// The limit on the tokens of an answer that is sent to it.
    pub fn sent_output_limit(&self) -> Option<u64> {
        match self {
            Subject::Model(model) => model.sent_output_limit(),
            _ => None,
        }
    }

    /// What it may take for one question, if it works by itself.
    pub fn work_limits(&self) -> Option<WorkLimits> {
        match self {
            Subject::Agent(agent) => Some(agent.limits()),
            _ => None,
        }
    }

    /// What its server states of it, if anything, without a question.
    pub async fn stated(&self) -> Option<Stated> {
        match self {
            Subject::Model(model) => model.stated().await,
            _ => None,
        }
    }

    /// What its answer to a question is kept under; `None` where no model is asked.
    pub fn response_key(&self, messages: &[Message], round: u32) -> Option<ResponseKey> {
        let Subject::Model(model) = self else { return None };
        let asked = Asked { identity: &model.identity(round), messages, schema: None, round };
        Some(ResponseKey::from(&asked))
    }

    /// Takes the answer from the response cache, or asks and keeps it there.
    pub async fn recall_or_ask(
        &self,
        question: &Question<'_>,
        responses: Option<&Responses>,
    ) -> Result<Reply, InfraError> {
        let Question { case, scenario, round, messages, .. } = question;
        let turn = messages.len().div_ceil(2);
        let span = debug_span!("question", case = case.id, %scenario, round, turn);
        self.recall_or_ask_within(question, responses).instrument(span).await
    }

    async fn recall_or_ask_within(
        &self,
        question: &Question<'_>,
        responses: Option<&Responses>,
    ) -> Result<Reply, InfraError> {
        let key = self.response_key(question.messages, question.round);
        let Some((responses, key)) = responses.zip(key) else { return self.ask(question).await };
        if let Some(reply) = responses.recall(&key) {
            debug!(subject = self.name(), "the answer is in the response cache");
            return Ok(reply);
        }
        let reply = self.ask(question).await?;
        responses.keep(&key, &reply);
        Ok(reply)
    }

    /// Asks one question. The error is a fault that the subject did not cause,
    /// or a question that [`Subject::has_attempt`] rules out.
    pub async fn ask(&self, question: &Question<'_>) -> Result<Reply, InfraError> {
        let Question { case, scenario, round, messages, .. } = question;
        let answer = match self {
            Subject::Reference => built_in::reference(case),
            Subject::Vulnerable => built_in::vulnerable(case),
            Subject::Empty => Some(built_in::empty(case)),
            Subject::Replay(replay) => replay.answer(&case.id, *scenario, *round).cloned(),
            Subject::Model(model) => return model.ask_in_round(messages, None, *round).await,
            Subject::Agent(agent) => return agent.work(question).await,
        };
        let answer = answer.ok_or_else(|| {
            let message = format!(
                "{} has no answer for {} / {scenario} / round {round}",
                self.name(),
                case.id
            );
            InfraError::new(InfraClass::BadRequest, message)
        })?;
        Ok(answer.into())
    }
}

/// Built-in subjects answer at once, so this only bounds what waits.
const BUILT_IN_ROOM: usize = 64;
