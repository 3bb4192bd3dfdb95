//! Assembles what a server sent into the body of its answer, according to its actual form and not
//! to what was asked for: events, JSON in one piece, or several pieces of JSON.

use assay_core::infra_error::{InfraClass, InfraError};
use serde_json::{Value, json};

use super::event_lines::{Event, EventLines};
use super::fault::{self, Aside, beginning};
use super::provider::Provider;
use super::question::Reply;
use super::retry::Failure;
use crate::json_text;

/// The most bytes of one answer.
const MOST_BYTES: usize = 32 << 20;

/// The end of the events of chat completions.
const DONE: &str = "[DONE]";

/// What keeps a connection alive, where it is no JSON.
const ALIVE: [&str; 4] = ["ping", "keepalive", "keep-alive", "heartbeat"];

/// What has come so far.
#[derive(Debug)]
pub(super) struct EventStream {
    provider: Provider,
    lines: EventLines,
    body: Value,
    /// Of the data of events.
    bytes: usize,
    /// Whether any event came.
    in_events: bool,
    /// Text from the server that belongs to no protocol.
    words: Option<String>,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Open,
    /// The answer is whole; what still comes may count its tokens.
    Whole,
    /// Nothing that still comes matters.
    Done,
    /// The server said that the answer failed, which is the body now.
    Failed,
    NotJson(String),
    TooLarge,
}

/// A body, and how it came.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) value: Value,
    pub(super) in_events: bool,
}

impl Body {
    /// What a body with a status of success says. In a stream an error that names no cause
    /// is how a server says that it failed; in the place of a whole answer it may be
    /// anything.
    pub(super) fn read(&self, provider: Provider) -> Result<Reply, Failure> {
        let unknown =
            if self.in_events { InfraClass::Server } else { InfraClass::MalformedResponse };
        let is_answer = provider.is_answer(&self.value);
        if let Some(fault) = fault::in_body(&self.value, is_answer, unknown) {
            return fault;
        }
        provider.read(&self.value).map_err(|mut error| {
            if !is_answer {
                let sent = beginning(&self.value.to_string());
                error.message.push_str(&format!("; it sent {sent}"));
            }
            error.into()
        })
    }
}

impl EventStream {
    pub(super) fn new(provider: Provider) -> EventStream {
        EventStream {
            provider,
            lines: EventLines::default(),
            body: Value::Null,
            bytes: 0,
            in_events: false,
            words: None,
            state: State::Open,
        }
    }

    pub(super) fn provider(&self) -> Provider {
        self.provider
    }

    /// Takes received bytes, up to the point after which nothing matters any more.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for line in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            if self.is_over() {
                return;
            }
            for event in self.lines.push(line) {
                self.take_event(&event);
            }
            if self.bytes + self.lines.len() > MOST_BYTES && self.is_open() {
                self.state = State::TooLarge;
            }
        }
    }

    /// Whether nothing that may still come matters.
    pub(super) fn is_over(&self) -> bool {
        match self.state {
            State::Open => false,
            // Chat completions count tokens after the last piece of the answer, and Gemini
            // may call each piece finished.
            State::Whole => {
                matches!(self.provider, Provider::OpenAiResponses | Provider::Anthropic)
            }
            State::Done | State::Failed | State::NotJson(_) | State::TooLarge => true,
        }
    }

    /// Whether anything of an answer, or an error, has come in events.
    pub(super) fn has_begun(&self) -> bool {
        self.in_events && (!self.body.is_null() || self.state != State::Open)
    }

    /// Whether what came can be no answer, or says that there is none.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.state, State::Failed | State::NotJson(_) | State::TooLarge)
    }

    /// Whether an answer has come to its end.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.state, State::Whole | State::Done)
    }

    /// What has come of an answer that is not whole.
    pub(super) fn part(&mut self) -> Body {
        self.take_body()
    }

    fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The body, after all came. `content_type` is what the server called it.
    pub(super) fn finish(&mut self, content_type: &str) -> Result<Body, InfraError> {
        self.flush();
        let fault = |class, message: String| Err(InfraError::new(class, message));
        match std::mem::replace(&mut self.state, State::Done) {
            State::Whole | State::Done | State::Failed => Ok(self.take_body()),
            State::Open if self.in_events || !self.body.is_null() => {
                let words = self.words.take();
                let words =
                    words.map_or(String::new(), |words| format!("; the server said: {words}"));
                let message = format!("the stream ended before the answer did{words}");
                fault(InfraClass::Connection, message)
            }
            State::Open if content_type.starts_with("text/event-stream") => {
                let message = "the stream ended before the answer did";
                fault(InfraClass::Connection, message.to_owned())
            }
            State::Open => {
                let message = "the server's answer is not JSON: it is empty";
                fault(InfraClass::MalformedResponse, message.to_owned())
            }
            State::NotJson(what) if self.in_events => {
                let message = format!("an event of the server's stream is not JSON: {what}");
                fault(InfraClass::MalformedResponse, message)
            }
            State::NotJson(what) => {
                let message =
                    format!("the server's answer is not JSON (it is {content_type:?}): {what}");
                fault(InfraClass::MalformedResponse, message)
            }
            State::TooLarge => {
                let message = format!("the server's answer is larger than {MOST_BYTES} bytes");
                fault(InfraClass::MalformedResponse, message)
            }
        }
    }

    /// The body, after the connection broke; `None` where the answer was not whole.
    pub(super) fn salvage(&mut self) -> Option<Body> {
        if self.is_open() {
            self.flush();
        }
        matches!(self.state, State::Whole | State::Done | State::Failed).then(|| self.take_body())
    }

    fn take_body(&mut self) -> Body {
        Body { value: self.body.take(), in_events: self.in_events }
    }

    /// Reads what nothing ended.
    fn flush(&mut self) {
        let (events, bare) = self.lines.finish();
        // A whole answer may have the end of a stream after it.
        let bare = bare.trim();
        let bare = bare.strip_suffix(DONE).map_or(bare, |bare| {
            let bare = bare.trim_end();
            bare.strip_suffix("data:").unwrap_or(bare)
        });
        let is_missing = self.is_open() || (self.state == State::Done && self.body.is_null());
        if is_missing && !bare.is_empty() {
            self.take_bare(bare);
        }
        for event in events {
            self.take_event(&event);
        }
    }

    fn take_event(&mut self, Event { name, data }: &Event) {
        self.bytes += data.len();
        let is_alive = ALIVE.contains(&name.as_str()) || ALIVE.contains(&data.as_str());
        if self.is_over() {
            return;
        }
        if data == DONE {
            self.end();
            return;
        }
        match json_text::parse::<Value>(data) {
            Ok(event) if name == "error" => self.fail(event),
            Ok(event) => {
                self.in_events = true;
                self.take(event);
            }
            Err(_) if is_alive => {}
            Err(_) if name == "error" => self.fail(json!({ "error": data })),
            Err(_) => {
                self.in_events = true;
                self.state = State::NotJson(beginning(data));
            }
        }
    }

    /// This end event only exists in chat completions. It does not end an answer if nothing but
    /// stray text came.
    fn end(&mut self) {
        let has_words_alone = self.body.is_null() && self.words.is_some();
        let is_end = self.provider == Provider::OpenAi && !has_words_alone;
        if is_end || self.state == State::Whole {
            self.state = State::Done;
        }
    }

    fn fail(&mut self, error: Value) {
        self.in_events = true;
        self.body = error;
        self.state = State::Failed;
    }

    /// What stands outside of events: an answer in one piece, or pieces of one.
    fn take_bare(&mut self, text: &str) {
        let mut values: Vec<Value> = match json_text::parse_row(text) {
            Ok(values) => values,
            Err(_) if self.in_events => {
                self.words = Some(beginning(text));
                return;
            }
            Err(error) => {
                self.state = State::NotJson(format!("{error}: {}", beginning(text)));
                return;
            }
        };
        match values.as_mut_slice() {
            [Value::Array(list)] if list.iter().all(Value::is_object) && !list.is_empty() => {
                values = std::mem::take(list);
            }
            [value] if !self.in_events && !self.provider.is_event(value) => {
                self.body = value.take();
                self.state = State::Whole;
                return;
            }
            _ => {}
        }
        values.into_iter().for_each(|value| self.take(value));
    }

    fn take(&mut self, event: Value) {
        if self.provider.is_whole(&event) {
            self.body = event;
            self.state = State::Whole;
            return;
        }
        match fault::in_event(&event, self.provider.is_answer(&event)) {
            Some(Aside::Failure) => {
                self.body = event;
                self.state = State::Failed;
            }
            Some(Aside::Words(words)) => self.words = Some(words),
            None => {
                if self.provider.fold(&mut self.body, event) {
                    self.state = State::Whole;
                }
            }
        }
    }
}
