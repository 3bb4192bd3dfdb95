//! [`Warnings`]: what went wrong and does not stop the program, in plain words.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::terminal::complain;

/// Says the message of an event, the first time that one of its kind occurs: what keeps
/// going wrong would fill the terminal, and is in a log.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// The places in the source whose events were said.
    said: Mutex<HashSet<Identifier>>,
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let kind = event.metadata().callsite();
        if self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(kind) {
            let mut message = Message(String::new());
            event.record(&mut message);
            complain(&format!("warning: {}", message.0));
        }
    }
}

/// The message of an event, without its fields.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Formatted arguments write themselves as they are.
            self.0 = format!("{value:?}");
        }
    }
}
