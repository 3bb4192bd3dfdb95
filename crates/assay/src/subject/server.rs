//! [`Server`]: the server of a model, as everybody asks it who does: at the pace of its
//! provider, again while a failure may pass, and no more once every request would fail alike.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use assay_core::infra_error::{InfraClass, InfraError};
use reqwest::Url;
use tokio::time::Instant;
use tracing::{debug, trace};

use super::api_key::ApiKey;
use super::connection::is_this_machine;
use super::debut::{Debut, MOST_FAILURES};
use super::model_config::{Environment, ModelConfig, ModelError};
use super::pace::{Limits, Membership, Paces, Permit, Urgency};
use super::provider::Provider;
use super::requests::Requests;
use super::retry::{Failure, Retry};

/// The server of a model, and what is known of it so far.
pub(super) struct Server {
    /// What the subject is called.
    name: String,
    /// What the server is asked for.
    model: String,
    endpoint: Url,
    key: Option<ApiKey>,
    /// Where the key would be.
    key_variable: String,
    retry: Retry,
    membership: Membership,
    requests: Arc<Requests>,
    debut: Debut,
    /// Why it is asked no more: every further request would fail alike.
    refused: OnceLock<InfraError>,
}

/// A request that was answered.
pub(super) struct Answered<T> {
    pub(super) answer: T,
    /// Held until the answer has come whole.
    pub(super) permit: Permit,
    /// Requests that were sent for it, failed ones among them.
    pub(super) requests: u32,
    /// When the last of them was sent.
    pub(super) sent: Instant,
}

/// The most characters of a server's own words in an error.
const MAX_MESSAGE_CHARACTERS: usize = 600;

/// Why a request is not sent.
const REQUEST_LIMIT: &str = "no more requests may be sent; give a higher --max-requests";

impl Server {
    /// Nothing is sent yet.
    pub(super) fn new(
        provider: Provider,
        endpoint: Url,
        config: &ModelConfig,
        environment: Environment<'_>,
        paces: &mut Paces,
    ) -> Result<Server, ModelError> {
        let key = config.api_key(provider, environment)?;
        let origin = endpoint.origin().ascii_serialization();
        let membership = paces.of(&origin, &config.key_place(provider)).join(Limits {
            concurrency: config.concurrency.get(),
            requests_per_minute: config.requests_per_minute,
            tokens_per_minute: config.tokens_per_minute,
        });
        Ok(Server {
            name: config.name().to_owned(),
            model: config.model.clone(),
            endpoint,
            key,
            key_variable: config.api_key_env(provider).to_owned(),
            retry: Retry {
                limit: config.retries,
                total: Duration::from_secs(config.retry_seconds),
            },
            membership,
            requests: Arc::clone(paces.requests()),
            debut: Debut::default(),
            refused: OnceLock::new(),
        })
    }

    pub(super) fn key(&self) -> Option<&ApiKey> {
        self.key.as_ref()
    }

    /// Where it is, without what may be secret of its address.
    pub(super) fn origin(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    /// How many questions may be open at once now: the first goes alone.
    pub(super) fn room(&self) -> usize {
        if self.debut.is_over() { self.membership.room() } else { 1 }
    }

    /// Why it is asked no more.
    pub(super) fn refusal(&self) -> Option<&InfraError> {
        self.refused.get()
    }

    /// What the user should know at once, if there is something new.
    pub(super) fn take_notice(&self) -> Option<String> {
        self.debut.take_notice()
    }

    /// What the user should know before anything is sent.
    pub(super) fn warning(&self) -> Option<String> {
        let is_open = self.key.is_some()
            && self.endpoint.scheme() == "http"
            && !is_this_machine(&self.endpoint);
        is_open.then(|| {
            let (name, origin) = (&self.name, self.origin());
            format!("the API key of {name} goes to {origin} unencrypted; use https://")
        })
    }

    /// Sends a request, and again while the failure may pass. `bytes` is the length of the
    /// question. `send` makes one request, and is over when its answer can be judged.
    pub(super) async fn ask<T, F>(
        &self,
        mut urgency: Urgency,
        bytes: usize,
        send: impl Fn() -> F,
    ) -> Result<Answered<T>, InfraError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
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
            trace!(subject = self.name, request = requests, bytes, "request");
            let failure = match send().await {
                Ok(answer) => {
                    self.debut.succeed();
                    return Ok(Answered { answer, permit, requests, sent });
                }
                Err(failure) => failure,
            };
            permit.failed(failure.trouble(self.retry.total));
            let pause = self.retry.pause(&failure, requests, start.elapsed(), fastrand::f64());
            debug!(
                subject = self.name,
                request = requests,
                took = ?sent.elapsed(),
                class = failure.error.class.to_string(),
                status = failure.status,
                cause = self.own_words(&failure),
                asked_to_wait = ?failure.retry_after,
                again_after = ?pause,
                "request failed"
            );
            let Some(pause) = pause else { return Err(self.end(failure, requests)) };
            if failure.unreachable {
                let (name, said) = (&self.name, &failure.error.message);
                self.debut.notice(format!("{name}: {said}{} Trying again", self.nobody()));
            }
            self.membership.rest(pause).await;
        }
    }

    /// What may be logged of a failure: the words of the HTTP client. Those of a server
    /// are part of a body, and may be of what it was sent.
    fn own_words(&self, failure: &Failure) -> Option<String> {
        failure.in_transport.then(|| self.scrub(&failure.error.message))
    }

    /// A text without the key.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.scrub(text))
    }

    /// The error that a question ends with, and perhaps all further ones.
    pub(super) fn end(&self, failure: Failure, requests: u32) -> InfraError {
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

    /// A failure in words that may be shown: without the key, without control characters,
    /// and short. The order matters.
    pub(super) fn explain(&self, failure: Failure, requests: u32) -> InfraError {
        let Failure { error, retry_after, unreachable, .. } = failure;
        let text = self.scrub(&error.message);
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
            let (address, model) = (self.address(), &self.model);
            message.push_str(&format!(
                "; asked POST {address} for the model {model:?}: set base-url and model to what the server has"
            ));
        }
        if error.class == InfraClass::Authentication && self.key.is_none() {
            let variable = &self.key_variable;
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
        self.scrub(url.as_str())
    }
}

/// An answer that cannot be kept, because it would make the API key known.
pub(super) fn key_in_answer() -> Failure {
    let message = "the server sent the API key back in its answer, which is not kept; find out what on the way to the model repeats the request's headers, and take another key, for this one is known to whoever did";
    InfraError::new(InfraClass::KeyInAnswer, message).into()
}
