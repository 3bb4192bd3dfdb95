//! [`Refusal`]: what an agent is told in place of an answer, in the form that its protocol has
//! for errors.

use assay_core::infra_error::{InfraClass, InfraError};
use serde_json::{Value, json};

use super::limits::Limit;
use crate::subject::Provider;

/// Why something is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
}

/// Who says it, so that nobody takes it for the provider.
const WHO: &str = "gateway of Assay";

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Refusal {
        Refusal { status, message: format!("{WHO}: {}", message.into()) }
    }

    /// What the request holds is not allowed, or not understood.
    pub(super) fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(400, message)
    }

    /// Clients try other statuses again.
    pub(super) fn of_limit(limit: Limit) -> Refusal {
        let message = format!(
            "the limit on the {limit} of this attempt is reached, so nothing more is answered"
        );
        Refusal::bad(message)
    }

    /// The provider failed, no retry mended it, and nothing more is answered. Codex and Gemini
    /// CLI try any other status again for minutes, and OpenCode whatever has the words of a
    /// provider that failed. What failed is in the record.
    pub(super) fn of_end() -> Refusal {
        Refusal::bad("the model cannot be asked in this attempt, so nothing more is answered")
    }

    /// The provider failed at something that an agent can do without.
    pub(super) fn of_failure(error: &InfraError) -> Refusal {
        let status = match error.class {
            InfraClass::RateLimit => 429,
            // A status of 401 would be taken for one about the agent's own token.
            InfraClass::Authentication | InfraClass::Quota | InfraClass::RequestLimit => 403,
            InfraClass::NotFound => 404,
            InfraClass::Timeout => 504,
            _ => 502,
        };
        Refusal::new(status, format!("the model could not be asked: {error}"))
    }

    /// The body that says it.
    pub(super) fn body(&self, protocol: Provider) -> Value {
        let Refusal { status, message } = self;
        match protocol {
            Provider::Anthropic => {
                let kind = match status {
                    401 => "authentication_error",
                    403 => "permission_error",
                    404 | 405 => "not_found_error",
                    413 => "request_too_large",
                    429 => "rate_limit_error",
                    500.. => "api_error",
                    _ => "invalid_request_error",
                };
                json!({ "type": "error", "error": { "type": kind, "message": message } })
            }
            Provider::OpenAi | Provider::OpenAiResponses => {
                let kind = match status {
                    401 => "authentication_error",
                    403 => "permission_error",
                    429 => "rate_limit_error",
                    500.. => "server_error",
                    _ => "invalid_request_error",
                };
                let code = format!("refused_{status}");
                json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
            }
            Provider::Gemini => {
                let kind = match status {
                    401 => "UNAUTHENTICATED",
                    403 => "PERMISSION_DENIED",
                    404 | 405 => "NOT_FOUND",
                    429 => "RESOURCE_EXHAUSTED",
                    504 => "DEADLINE_EXCEEDED",
                    500.. => "UNAVAILABLE",
                    _ => "INVALID_ARGUMENT",
                };
                json!({ "error": { "code": status, "message": message, "status": kind } })
            }
        }
    }

    /// The event that says it in the middle of a stream, wherever in an event that is.
    pub(super) fn event(&self, protocol: Provider) -> String {
        let body = match protocol {
            Provider::OpenAiResponses => {
                let code = format!("refused_{}", self.status);
                json!({ "type": "error", "code": code, "message": self.message, "param": null })
            }
            _ => self.body(protocol),
        };
        match protocol {
            Provider::Anthropic | Provider::OpenAiResponses => {
                format!("\n\nevent: error\ndata: {body}\n\n")
            }
            Provider::OpenAi | Provider::Gemini => format!("\n\ndata: {body}\n\n"),
        }
    }
}
