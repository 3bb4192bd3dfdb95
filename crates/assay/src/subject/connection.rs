//! The way to a server: requests over the crate `genai`, and what came of them.
//!
//! The crate reads meaning into names of models: it cuts `-max` and other words off and
//! makes an effort of them, splits at `::`, and decides limits and caching by what a name
//! begins with. So it is given the same name for all, and the exact one stands in the
//! JSON that it merges last, or in the address, which is ours too. The key and other
//! headers are the HTTP client's own, so that no error of the crate can hold the key;
//! nor is the text of one ever shown, which may hold a whole request.

use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use assay_core::verdict::{InfraClass, InfraError};
use futures_util::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{ChatOptions, ChatRequest};
use genai::resolver::{AuthData, Endpoint};
use genai::webc::{self, StreamTimeout};
use genai::{BoxError, Headers, ModelIden, ServiceTarget};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Url, redirect};
use serde_json::{Map, Value};
use tokio::sync::Notify;

use super::event_stream::EventStream;
use super::model_config::ModelError;
use super::provider::Provider;
use super::retry::{Failure, retry_after};
use crate::json_text;

/// A connection to the endpoint of one model.
pub(super) struct Connection {
    provider: Provider,
    http: reqwest::Client,
    client: genai::Client,
    target: ServiceTarget,
    mode: Mode,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Whole,
    /// In events, the server being silent for so long at most.
    Events {
        idle: Duration,
    },
}

/// What a server sent.
#[derive(Debug)]
pub(super) enum Received {
    /// With a status of success.
    Body(Value),
    Refusal {
        status: u16,
        retry_after: Option<Duration>,
        body: String,
    },
}

/// What the crate takes for the name of every model.
const ANY_MODEL: &str = "model";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

impl Connection {
    /// Sets up the client; nothing is sent yet. The headers go with every request.
    pub(super) fn new(
        provider: Provider,
        endpoint: &Url,
        headers: HeaderMap,
        timeout: Duration,
        mode: Mode,
    ) -> Result<Connection, ModelError> {
        let http = http_client(endpoint, headers, timeout)?;
        let client = genai::Client::builder().with_reqwest(http.clone()).build();
        let adapter: AdapterKind = provider.adapter();
        Ok(Connection {
            provider,
            http,
            client: client.map_err(|error| ModelError::Client(error.to_string()))?,
            target: ServiceTarget {
                // The address of the override is the one that counts.
                endpoint: Endpoint::from_owned(endpoint.as_str()),
                auth: AuthData::RequestOverride {
                    url: endpoint.to_string(),
                    headers: Headers::default(),
                },
                model: ModelIden::new(adapter, ANY_MODEL),
            },
            mode,
        })
    }

    /// What sends requests, the headers among them.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Sends a question. The settings go over what the crate makes of it.
    pub(super) async fn send(
        &self,
        question: ChatRequest,
        settings: Map<String, Value>,
    ) -> Result<Received, Failure> {
        let options = ChatOptions::default().with_extra_body(Value::Object(settings));
        match self.mode {
            Mode::Whole => self.send_whole(question, options).await,
            Mode::Events { idle } => {
                let options = options.with_capture_usage(true).with_stream_read_timeout(idle);
                self.send_in_events(question, options).await
            }
        }
    }

    async fn send_whole(
        &self,
        question: ChatRequest,
        options: ChatOptions,
    ) -> Result<Received, Failure> {
        let options = options.with_capture_raw_body(true);
        let target = self.target.clone();
        match self.client.exec_chat(target, question, Some(&options)).await {
            Ok(response) => Ok(Received::Body(response.captured_raw_body.unwrap_or_default())),
            // What the crate cannot make sense of may still be an answer.
            Err(genai::Error::ChatResponseGeneration { response_body, .. }) => {
                Ok(Received::Body(*response_body))
            }
            Err(genai::Error::WebModelCall { webc_error, .. }) => not_answered(webc_error),
            Err(_) => Err(unsendable()),
        }
    }

    async fn send_in_events(
        &self,
        question: ChatRequest,
        options: ChatOptions,
    ) -> Result<Received, Failure> {
        let answer = Arc::new(Mutex::new(EventStream::new(self.provider)));
        // The crate says nothing of events that it passes over, and an endless row of
        // those must end too.
        let over = Arc::new(Notify::new());
        let (sink, end) = (Arc::clone(&answer), Arc::clone(&over));
        let options = options.with_raw_frame_fn(move |_, frame| {
            if let Ok(mut answer) = sink.lock() {
                answer.push(frame.data);
                if answer.is_over() {
                    end.notify_one();
                }
            }
        });
        let target = self.target.clone();
        let response = self.client.exec_chat_stream(target, question, Some(&options)).await;
        let mut events = response.map_err(|_| unsendable())?.stream;
        let lock = || answer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        loop {
            let event = tokio::select! {
                event = events.next() => event,
                () = over.notified() => None,
            };
            match event {
                None => break,
                // What the crate makes of an event, and whether it can, is not asked.
                Some(
                    Ok(_)
                    | Err(genai::Error::StreamParse { .. } | genai::Error::ChatResponse { .. }),
                ) => {}
                Some(Err(genai::Error::WebStream { error, .. })) => {
                    if lock().is_open() {
                        return broken(error);
                    }
                    break;
                }
                Some(Err(_)) => return Err(unsendable()),
            }
        }
        let body = lock().finish();
        body.map(Received::Body).map_err(Failure::from)
    }
}

fn http_client(
    endpoint: &Url,
    headers: HeaderMap,
    timeout: Duration,
) -> Result<reqwest::Client, ModelError> {
    // It fails only if the process has a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect would resend the question, and perhaps the key, to a place
    // that the user did not name. So none is followed; the error names it.
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .no_gzip()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout);
    if is_this_machine(endpoint) {
        builder = builder.no_proxy();
        // A server here needs no certificates, and a small image has none.
        if endpoint.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
    }
    builder.build().map_err(|error| ModelError::Client(with_causes(&error)))
}

pub(super) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// A request that got no answer in JSON with a status of success.
fn not_answered(error: webc::Error) -> Result<Received, Failure> {
    let malformed = |what: &str| {
        let message = format!("the server's answer is not JSON: {what}");
        Err(InfraError::new(InfraClass::MalformedResponse, message).into())
    };
    match error {
        webc::Error::ResponseFailedStatus { status, body, headers } => {
            refusal(status.as_u16(), &headers, body)
        }
        // Some servers send JSON under another name.
        webc::Error::ResponseFailedNotJson { content_type, body } => {
            match json_text::parse(&body) {
                Ok(body) => Ok(Received::Body(body)),
                Err(_) => malformed(&format!("it is {content_type:?}")),
            }
        }
        webc::Error::ResponseFailedInvalidJson { body, cause } => match json_text::parse(&body) {
            Ok(body) => Ok(Received::Body(body)),
            Err(_) => malformed(&cause),
        },
        webc::Error::JsonValueExt(_) => malformed("it has no usual form"),
        webc::Error::Reqwest(error) => Err(transport(error)),
    }
}

/// A stream that broke, or never began.
fn broken(error: BoxError) -> Result<Received, Failure> {
    let error = match error.downcast::<reqwest::Error>() {
        Ok(error) => return Err(transport(*error)),
        Err(error) => error,
    };
    let error = match error.downcast::<genai::Error>() {
        Ok(error) => match *error {
            genai::Error::HttpError { status, body, headers, .. } => {
                return refusal(status.as_u16(), &headers, body);
            }
            _ => return Err(unsendable()),
        },
        Err(error) => error,
    };
    let (class, message) = match error.downcast_ref::<StreamTimeout>() {
        Some(_) => {
            (InfraClass::Timeout, "the server's stream was silent for longer than idle-seconds")
        }
        None => (InfraClass::MalformedResponse, "the server's stream is not text"),
    };
    Err(InfraError::new(class, message).into())
}

fn refusal(status: u16, headers: &HeaderMap, body: String) -> Result<Received, Failure> {
    if (300..400).contains(&status) {
        let place = headers.get(LOCATION).and_then(|place| place.to_str().ok());
        let place = place.unwrap_or("an address that it does not name");
        let message = format!(
            "the server redirects to {place}, which is not followed; if that is the right server, set base-url to it"
        );
        return Err(InfraError::new(InfraClass::BadRequest, message).into());
    }
    let retry_after = retry_after(headers, SystemTime::now());
    Ok(Received::Refusal { status, retry_after, body })
}

/// A request that the crate did not make. Its reason may hold the request.
fn unsendable() -> Failure {
    let message = "the request could not be put into the form of its protocol";
    InfraError::new(InfraClass::BadRequest, message).into()
}

/// A failure to send or to receive.
fn transport(error: reqwest::Error) -> Failure {
    let class = match &error {
        error if error.is_timeout() => InfraClass::Timeout,
        error if error.is_builder() => InfraClass::BadRequest,
        _ => InfraClass::Connection,
    };
    let unreachable = error.is_connect();
    // The address may hold a key in its query.
    let error = InfraError::new(class, with_causes(&error.without_url()));
    Failure { unreachable, ..error.into() }
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
