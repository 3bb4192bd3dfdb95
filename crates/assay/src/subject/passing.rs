//! [`Passing`]: an answer on its way from a server to whoever asked, read as it passes.

use std::fmt;
use std::time::Duration;

use assay_core::answer::{Answer, Finish};
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Served, TokenUsage};
use hyper::body::Bytes;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use tokio::time::Instant;
use tracing::debug;

use super::api_key::ApiKey;
use super::connection::more;
use super::event_stream::{Body, EventStream};
use super::key_guard::{KeyFound, KeyGuard};
use super::metering::{self, tokens_in};
use super::pace::Permit;
use super::provider::{Call, Provider};
use super::question::Reply;
use super::retry::Failure;
use super::server::key_in_answer;
use super::upstream::Upstream;
use crate::json_text;

/// An answer that is being passed on.
pub struct Passing<'a> {
    upstream: &'a Upstream,
    opened: Opened,
    guard: KeyGuard,
    granted: Granted,
    failure: Option<Failure>,
}

/// What is known of the request that is answered.
pub(super) struct Granted {
    /// Held until the answer has come whole.
    pub(super) permit: Permit,
    /// Requests that were sent, failed ones among them.
    pub(super) requests: u32,
    /// When the last of them was sent.
    pub(super) sent: Instant,
    /// About how many tokens the question has.
    pub(super) asked: u64,
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
pub(super) struct Opened {
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

/// No answer is longer, its framing included.
const MOST_BYTES: usize = 64 << 20;

impl Opened {
    pub(super) fn new(provider: Provider, response: Response, idle: Option<Duration>) -> Opened {
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        Opened {
            status: response.status().as_u16(),
            content_type: content_type.to_owned(),
            response: Some(response),
            stream: EventStream::new(provider),
            held: Vec::new(),
            whole: None,
            idle,
        }
    }

    /// Receives until an answer has begun, if it streams, or else until it is whole, and reads
    /// it.
    pub(super) async fn receive(
        &mut self,
        call: Call,
        key: Option<&ApiKey>,
    ) -> Result<(), Failure> {
        self.receive_enough(call).await?;
        if self.response.is_none() && self.whole.is_none() {
            self.whole = Some(self.read_whole(call, key)?);
        }
        Ok(())
    }

    async fn receive_enough(&mut self, call: Call) -> Result<(), Failure> {
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

    /// Reads an answer that has come whole.
    fn read_whole(&mut self, call: Call, key: Option<&ApiKey>) -> Result<(Body, Reply), Failure> {
        if key.is_some_and(|key| key.is_in(&String::from_utf8_lossy(&self.held))) {
            return Err(key_in_answer());
        }
        if call == Call::Count {
            let value = json_text::parse_bytes(&self.held).map_err(|error| {
                let message = format!("the server's count of tokens is not JSON: {error}");
                InfraError::new(InfraClass::MalformedResponse, message)
            })?;
            let reply = Reply::from(Answer::Text(String::new()));
            return Ok((Body { value, in_events: false }, reply));
        }
        let body = self.stream.finish(&self.content_type)?;
        let reply = body.read(self.stream.provider())?;
        Ok((body, reply))
    }

    fn read_failure(&mut self) -> Result<(), Failure> {
        let body = self.stream.finish(&self.content_type)?;
        let reply = body.read(self.stream.provider())?;
        self.whole = Some((body, reply));
        Ok(())
    }
}

impl<'a> Passing<'a> {
    /// What has come may be passed on, unless the key is in it.
    pub(super) fn begin(
        upstream: &'a Upstream,
        mut opened: Opened,
        granted: Granted,
    ) -> Result<Passing<'a>, InfraError> {
        let mut guard = KeyGuard::new(upstream.server().key());
        let passed = guard.push(&opened.held).map_err(|KeyFound| {
            // It is known by now, whoever else asks.
            upstream.server().end(key_in_answer(), granted.requests)
        })?;
        opened.held = passed;
        if opened.response.is_none() {
            opened.held.extend(guard.finish());
        }
        opened.content_type = upstream.scrub(&opened.content_type);
        Ok(Passing { upstream, opened, guard, granted, failure: None })
    }

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
                if self.upstream.server().key().is_some_and(|key| key.is_in_reply(&reply)) {
                    return self.fail(key_in_answer(), true);
                }
                let said = match &reply.answer {
                    Answer::Text(text) if !text.is_empty() => tokens_in(text),
                    _ => tokens_in(&self.upstream.provider().said_in(&body.value)),
                };
                metering::settle(&mut reply, self.upstream.price(), self.granted.asked, said);
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
        let reply = body.read(self.upstream.provider())?;
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
        let mut reply = self.upstream.provider().read(&body).unwrap_or_else(|_| nothing());
        if self.upstream.server().key().is_some_and(|key| key.is_in(&body.to_string())) {
            return (Value::Null, nothing());
        }
        if let Some(tokens) = &mut reply.usage.tokens {
            tokens.output = 0;
        }
        let said = tokens_in(&self.upstream.provider().said_in(&body));
        metering::estimate(&mut reply, self.upstream.price(), self.granted.asked, said);
        (body, reply)
    }

    fn end(self, body: Value, reply: Reply, failure: Option<Failure>) -> Finished {
        let Passing { upstream, granted: Granted { permit, requests, sent, .. }, .. } = self;
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
                Some(upstream.server().end(failure, requests))
            }
        };
        Finished { body, finish, usage, served, failure, is_cut: false }
    }
}

fn too_long() -> InfraError {
    let message = format!("the server's answer is larger than {MOST_BYTES} bytes");
    InfraError::new(InfraClass::MalformedResponse, message)
}

impl fmt::Debug for Passing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passing")
            .field("status", &self.opened.status)
            .field("requests", &self.granted.requests)
            .finish_non_exhaustive()
    }
}
