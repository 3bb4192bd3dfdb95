//! [`InfraError`]: a fault that the subject did not cause.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A fault that the subject did not cause: retried, never scored, always shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{class}: {message}")]
pub struct InfraError {
    pub class: InfraClass,
    pub message: String,
}

impl InfraError {
    pub fn new(class: InfraClass, message: impl Into<String>) -> InfraError {
        InfraError { class, message: message.into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InfraClass {
    RateLimit,
    Quota,
    Authentication,
    Timeout,
    Connection,
    Server,
    MalformedResponse,
    /// The provider refuses the request itself (a parameter that it does not take, say).
    BadRequest,
    /// The provider has no such model, or no such address.
    NotFound,
    /// The server sent the API key back in an answer, which is not kept.
    KeyInAnswer,
    /// The question is longer than the model can read, or the server can take.
    ContextFull,
    /// No more requests may be sent, by the user's own limit.
    RequestLimit,
    Sandbox,
    /// Something that `assay prepare` makes is not there.
    Unprepared,
    /// The case itself is broken: its tests fail with its own secure solution.
    Case,
    /// Judges are to decide, and none is configured.
    Unjudged,
    /// Votes of the panel are missing.
    Panel,
    /// A static analyser crashed, ran out of time or memory, or cannot be understood.
    Analyser,
    /// An agent ended without having asked its model anything, or before it could work.
    Agent,
    /// Workers elsewhere cannot validate it: they died of it again and again, or differ from what
    /// the run expects.
    Fleet,
}

impl InfraClass {
    /// Whether every further question to the same model would end alike.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            InfraClass::Authentication
                | InfraClass::Quota
                | InfraClass::NotFound
                | InfraClass::KeyInAnswer
        )
    }

    /// Whether something failed that could have gone well, with the same configuration.
    pub fn is_fault(self) -> bool {
        self != InfraClass::Unjudged
    }
}

impl fmt::Display for InfraClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InfraClass::RateLimit => "rate limit",
            InfraClass::Quota => "quota",
            InfraClass::Authentication => "authentication",
            InfraClass::Timeout => "timeout",
            InfraClass::Connection => "connection",
            InfraClass::Server => "server",
            InfraClass::MalformedResponse => "malformed response",
            InfraClass::BadRequest => "bad request",
            InfraClass::NotFound => "not found",
            InfraClass::KeyInAnswer => "API key in an answer",
            InfraClass::ContextFull => "context full",
            InfraClass::RequestLimit => "limit on requests",
            InfraClass::Sandbox => "sandbox",
            InfraClass::Unprepared => "not prepared",
            InfraClass::Case => "fault of the case",
            InfraClass::Unjudged => "unjudged",
            InfraClass::Panel => "incomplete panel",
            InfraClass::Analyser => "analyser",
            InfraClass::Agent => "agent",
            InfraClass::Fleet => "fleet",
        })
    }
}
