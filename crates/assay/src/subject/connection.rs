//! The connection to a server: requests over HTTP, and their results.
//!
//! A reply is read according to its form, not according to what was asked for: servers stream
//! although they should not, and do not although they should. A client library for these protocols
//! would have to know the form beforehand, and would drop what it does not expect. The key and
//! other headers are known to the HTTP client only.

use std::error::Error;
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use assay_core::infra_error::{InfraClass, InfraError};
use hyper::body::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{Response, Url, redirect};
use serde_json::{Map, Value};
use tracing::{debug, trace};

use super::event_stream::{Body, EventStream};
use super::model_config::ModelError;
use super::provider::Provider;
use super::retry::{Failure, retry_after};

/// A connection to the endpoint of one model.
pub(super) struct Connection {
    provider: Provider,
    client: reqwest::Client,
    endpoint: Url,
    mode: Mode,
}

/// How an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Whole,
    /// In events, with the longest silence that is accepted.
    Events {
        idle: Duration,
    },
}

/// What a server sent.
#[derive(Debug)]
pub(super) enum Received {
    /// With a status of success.
    Body(Body),
    Refusal {
        status: u16,
        retry_after: Option<Duration>,
        body: String,
    },
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes of an answer with another status than success that are read.
const MOST_REFUSAL_BYTES: usize = 1 << 20;

impl Connection {
    /// Sets up the client; nothing is sent yet. The headers go with every request.
    pub(super) fn new(
        provider: Provider,
        endpoint: &Url,
        headers: HeaderMap,
        timeout: Duration,
        mode: Mode,
    ) -> Result<Connection, ModelError> {
        let client = http_client(endpoint, headers, timeout)?;
        Ok(Connection { provider, client, endpoint: endpoint.clone(), mode })
    }

    /// What sends requests, the headers among them.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.client
    }

    /// Whether answers are asked for in events.
    pub(super) fn streams(&self) -> bool {
        self.mode != Mode::Whole
    }

    pub(super) async fn send(&self, request: &Map<String, Value>) -> Result<Received, Failure> {
        let begun = Instant::now();
        let sent = self.client.post(self.endpoint.clone()).json(request).send().await;
        let response = sent.map_err(transport)?;
        let status = response.status().as_u16();
        trace!(status, version = ?response.version(), took = ?begun.elapsed(), "the server answers");
        match response.status().is_success() {
            true => self.receive(response).await,
            false => refusal(response, self.idle()).await,
        }
    }

    async fn receive(&self, mut response: Response) -> Result<Received, Failure> {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().to_owned();
        let mut answer = EventStream::new(self.provider);
        while !answer.is_over() {
            match more(&mut response, self.idle()).await {
                Ok(Some(bytes)) => answer.push(bytes.as_ref()),
                Ok(None) => break,
                // What was said whole counts.
                Err(failure) => {
                    let class = failure.error.class.to_string();
                    let salvaged = answer.salvage().map(Received::Body);
                    let is_whole = salvaged.is_some();
                    debug!(class, is_whole, "the server's answer broke off");
                    return salvaged.ok_or(failure);
                }
            }
        }
        answer.finish(&kind).map(Received::Body).map_err(Failure::from)
    }

    /// The longest silence within an answer that is accepted.
    fn idle(&self) -> Option<Duration> {
        match self.mode {
            Mode::Whole => None,
            Mode::Events { idle } => Some(idle),
        }
    }
}

/// The next bytes of an answer, which may not be silent for longer than `idle`; `None` at its
/// end.
pub(super) async fn more(
    response: &mut Response,
    idle: Option<Duration>,
) -> Result<Option<Bytes>, Failure> {
    let Some(idle) = idle else { return response.chunk().await.map_err(transport) };
    match tokio::time::timeout(idle, response.chunk()).await {
        Ok(chunk) => chunk.map_err(transport),
        Err(_) => {
            let message = "the server's stream was silent for longer than idle-seconds";
            Err(InfraError::new(InfraClass::Timeout, message).into())
        }
    }
}

/// What a server sent with another status than one of success.
pub(super) async fn refusal(
    mut response: Response,
    idle: Option<Duration>,
) -> Result<Received, Failure> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    if (300..400).contains(&status) {
        return Err(redirected(&headers));
    }
    let mut body = Vec::new();
    while body.len() <= MOST_REFUSAL_BYTES {
        match more(&mut response, idle).await {
            Ok(Some(bytes)) => body.extend_from_slice(bytes.as_ref()),
            Ok(None) => break,
            // The status tells enough where the rest does not come.
            Err(failure) => {
                let class = failure.error.class.to_string();
                debug!(status, class, "the server's error broke off");
                break;
            }
        }
    }
    let retry_after = retry_after(&headers, SystemTime::now());
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Received::Refusal { status, retry_after, body })
}

/// A client for one endpoint. The headers go with every request.
pub(super) fn http_client(
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

fn redirected(headers: &HeaderMap) -> Failure {
    let place = headers.get(LOCATION).and_then(|place| place.to_str().ok());
    let place = place.unwrap_or("an address that it does not name");
    let message = format!(
        "the server redirects to {place}, which is not followed; if that is the right server, set base-url to it"
    );
    InfraError::new(InfraClass::BadRequest, message).into()
}

/// A failure to send or to receive.
pub(super) fn transport(error: reqwest::Error) -> Failure {
    let class = match &error {
        error if error.is_timeout() => InfraClass::Timeout,
        error if error.is_builder() => InfraClass::BadRequest,
        _ => InfraClass::Connection,
    };
    let unreachable = error.is_connect();
    // The address may hold a key in its query.
    let error = InfraError::new(class, with_causes(&error.without_url()));
    Failure { unreachable, in_transport: true, ..error.into() }
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
