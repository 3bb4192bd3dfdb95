//! An answer that comes in events, put together to the body that it is of.

use assay_core::verdict::{InfraClass, InfraError};
use serde_json::Value;

use super::provider::Provider;
use crate::json_text;

/// The most bytes of the events of one answer.
const MOST_BYTES: usize = 32 << 20;

/// What has come so far.
#[derive(Debug)]
pub(super) struct EventStream {
    provider: Provider,
    body: Value,
    bytes: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The answer is whole; what still comes may count its tokens.
    Whole,
    /// An event said that the answer failed, and is the body now.
    Failed,
    NoJson,
    TooLarge,
}

impl EventStream {
    pub(super) fn new(provider: Provider) -> EventStream {
        EventStream { provider, body: Value::Null, bytes: 0, state: State::Open }
    }

    /// Takes the data of an event; empty ones keep the connection alive.
    pub(super) fn push(&mut self, data: &str) {
        self.bytes += data.len();
        if self.is_over() || data.is_empty() {
            return;
        }
        if self.bytes > MOST_BYTES {
            self.state = State::TooLarge;
        } else if data == "[DONE]" {
            self.state = State::Whole;
        } else if let Ok(event) = json_text::parse::<Value>(data) {
            self.take(event);
        } else {
            self.state = State::NoJson;
        }
    }

    fn take(&mut self, event: Value) {
        let is_failure = event.get("error").is_some_and(|error| !error.is_null());
        if is_failure {
            self.body = event;
            self.state = State::Failed;
        } else if self.provider.fold(&mut self.body, event) {
            self.state = State::Whole;
        }
    }

    /// Whether nothing that may still come matters.
    pub(super) fn is_over(&self) -> bool {
        match self.state {
            State::Open => false,
            // Chat completions count tokens after the last piece of the answer.
            State::Whole => self.provider != Provider::OpenAi,
            State::Failed | State::NoJson | State::TooLarge => true,
        }
    }

    /// Whether what becomes of the connection matters to the answer.
    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The body.
    pub(super) fn finish(&mut self) -> Result<Value, InfraError> {
        let fault = |class, message: String| Err(InfraError::new(class, message));
        match self.state {
            State::Whole | State::Failed => Ok(self.body.take()),
            State::Open => {
                let message = "the stream ended before the answer did";
                fault(InfraClass::Connection, message.to_owned())
            }
            State::NoJson => {
                let message = "an event of the server's stream is not JSON";
                fault(InfraClass::MalformedResponse, message.to_owned())
            }
            State::TooLarge => {
                let message = format!("the server's answer is larger than {MOST_BYTES} bytes");
                fault(InfraClass::MalformedResponse, message)
            }
        }
    }
}
