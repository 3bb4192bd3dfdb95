//! [`Reply`]: an answer over HTTP.

use axum::body::Body;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::admission::Full;

/// An answer over HTTP.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    kind: &'static str,
    body: String,
    headers: Vec<(HeaderName, String)>,
    /// Whether the connection is closed afterwards: what follows on it cannot be trusted to be a
    /// request.
    pub(super) closes: bool,
}

const JSON: &str = "application/json";

/// Seconds after which a request should come again that failed for want of something that may be
/// there then.
const RETRY_AFTER: u64 = 5;

impl Reply {
    pub(super) fn json(status: u16, value: &Value) -> Reply {
        Reply::text(status, JSON, format!("{value}\n"))
    }

    pub(super) fn text(status: u16, kind: &'static str, body: String) -> Reply {
        Reply { status, kind, body, headers: Vec::new(), closes: false }
    }

    /// A refusal: a word for programs and a sentence for people.
    pub(super) fn error(status: u16, code: &str, message: impl AsRef<str>) -> Reply {
        let message = message.as_ref();
        Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
    }

    /// There is no room. Whoever waits as long as it is told comes again on a connection of its
    /// own: this one might be closed as unused just then.
    pub(super) fn full(full: &Full) -> Reply {
        let reply = Reply::error(429, "too-many-requests", full.why);
        reply.retry_after(full.retry_after).closing()
    }

    /// The service is to end, and takes nothing new.
    pub(super) fn draining() -> Reply {
        let message = "the service is about to end and takes nothing new";
        Reply::error(503, "draining", message).retry_after(RETRY_AFTER).closing()
    }

    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    #[must_use]
    pub(super) fn retry_after(self, seconds: u64) -> Reply {
        self.with(header::RETRY_AFTER, seconds.to_string())
    }

    #[must_use]
    pub(super) fn retry_soon(self) -> Reply {
        self.retry_after(RETRY_AFTER)
    }

    #[must_use]
    pub(super) fn closing(mut self) -> Reply {
        self.closes = true;
        self
    }

    /// A refusal as an item of a batch.
    pub(super) fn item(&self) -> Value {
        let mut item: Value = serde_json::from_str(&self.body).unwrap_or_default();
        item["status"] = self.status.into();
        let wait = self.headers.iter().find(|(name, _)| *name == header::RETRY_AFTER);
        if let Some(seconds) = wait.and_then(|(_, value)| value.parse::<u64>().ok()) {
            item["retry-after"] = seconds.into();
        }
        item
    }

    pub(super) fn bytes(&self) -> usize {
        self.body.len()
    }

    pub(super) fn into_response(self, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let id = HeaderValue::from_str(request_id);
        headers.extend(id.ok().map(|id| (HeaderName::from_static("x-request-id"), id)));
        for (name, value) in self.headers {
            headers.extend(HeaderValue::from_str(&value).ok().map(|value| (name, value)));
        }
        if self.closes {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
