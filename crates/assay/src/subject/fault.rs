//! What it means when a server answers with an error: a fault of some class, or the
//! model's provider keeping a question from it, which is an answer.

mod forms;

use std::time::Duration;

use assay_core::answer::{Answer, Finish};
use assay_core::infra_error::{InfraClass, InfraError};
use serde_json::Value;

use self::forms::Fault;
pub(super) use self::forms::beginning;
use super::full_context;
use super::question::Reply;
use super::retry::Failure;

/// Codes by which providers say that their filter kept the question back.
const FILTERS: [&str; 6] = [
    "content_filter",
    "content_policy_violation",
    "data_inspection_failed",
    "DataInspectionFailed",
    "ResponsibleAIPolicyViolation",
    "flagged_input",
];

/// Codes by which providers say that nothing is left to pay with.
const QUOTAS: [&str; 5] = [
    "insufficient_quota",
    "billing_error",
    "billing_hard_limit_reached",
    "billing_not_active",
    "Arrearage",
];

/// Codes by which providers say that they have no such model.
const UNKNOWN_MODELS: [&str; 4] =
    ["model_not_found", "invalid_model", "model_not_supported", "ModelNotFound"];

/// Messages of servers that have no code for it.
const UNKNOWN_MODEL_WORDS: [&str; 2] = ["model not exist", "is not a valid model id"];

/// Statuses of a provider that has no room for a request now, beside 429.
const OVERLOADED: [u16; 2] = [503, 529];

/// What an answer with a status other than success amounts to. The text of an error is
/// the server's: it still needs scrubbing and shortening.
pub(super) fn of_status(
    status: u16,
    body: &str,
    retry_after: Option<Duration>,
) -> Result<Reply, Failure> {
    let fault = Fault::read(body);
    if (400..500).contains(&status) && fault.is_of_a_filter() {
        return Ok(filtered());
    }
    let class = fault.class(status);
    let error = InfraError::new(class, format!("the server answered {status}: {}", fault.said()));
    let retry_after = retry_after.or_else(|| fault.retry_after());
    let overloaded = OVERLOADED.contains(&status);
    Err(Failure { retry_after, overloaded, status: Some(status), ..error.into() })
}

/// The error in a body whose status was success: some gateways report the failure of a server
/// behind them in this way, and every stream does. `None` if there is none. A body that is not an
/// answer is an error as soon as it has a message in an error field. `unknown` is the class of an
/// error that names no cause.
pub(super) fn in_body(
    body: &Value,
    is_answer: bool,
    unknown: InfraClass,
) -> Option<Result<Reply, Failure>> {
    let fault = Fault::of(body);
    if !fault.is_called_error() && (is_answer || !fault.has_words()) {
        return None;
    }
    if fault.is_of_a_filter() {
        return Some(Ok(filtered()));
    }
    let status = fault.status();
    let is_full = status.is_none() && fault.is_of_a_full_context(0);
    let unknown = if is_full { InfraClass::ContextFull } else { unknown };
    let class = status.map_or(unknown, |status| fault.class(status));
    let message = format!("the server answered with an error: {}", fault.said());
    let error = InfraError::new(class, message);
    let overloaded = fault.status().is_some_and(|status| OVERLOADED.contains(&status));
    Some(Err(Failure { retry_after: fault.retry_after(), overloaded, ..error.into() }))
}

/// What an event of a stream says beside the answer.
#[derive(Debug)]
pub(super) enum Aside {
    /// That the answer failed.
    Failure,
    /// Something that belongs to no protocol.
    Words(String),
}

/// What an event says that may be no piece of the answer.
pub(super) fn in_event(event: &Value, is_answer: bool) -> Option<Aside> {
    let fault = Fault::of(event);
    let is_aside = !is_answer && fault.has_words();
    if fault.is_called_error() || (is_aside && fault.has_marks()) {
        return Some(Aside::Failure);
    }
    is_aside.then(|| Aside::Words(fault.said()))
}

/// The question never reached the model, because the provider answered in its place.
fn filtered() -> Reply {
    Reply { finish: Finish::Filtered, ..Answer::Text(String::new()).into() }
}

impl Fault<'_> {
    fn is_of_a_filter(&self) -> bool {
        self.codes().iter().any(|code| FILTERS.contains(code))
    }

    fn class(&self, status: u16) -> InfraClass {
        let codes = self.codes();
        match status {
            _ if self.is_of_a_full_context(status) => InfraClass::ContextFull,
            400..=499 if self.is_of_quota() => InfraClass::Quota,
            401 | 403 => InfraClass::Authentication,
            // Gemini's status for a wrong key is 400.
            400 if codes.contains(&"API_KEY_INVALID") => InfraClass::Authentication,
            402 => InfraClass::Quota,
            // 405 is of an address that takes no questions, 410 of a model that is no more.
            404 | 405 | 410 => InfraClass::NotFound,
            400..=499 if self.is_of_an_unknown_model() => InfraClass::NotFound,
            408 => InfraClass::Timeout,
            429 => InfraClass::RateLimit,
            500.. => InfraClass::Server,
            _ => InfraClass::BadRequest,
        }
    }

    /// What else a body holds than words may be the question, which is not to be taken for
    /// them.
    fn is_of_a_full_context(&self, status: u16) -> bool {
        full_context::is_said(status, &self.codes(), &self.said())
    }

    /// Some say that they have no such model as others say that a parameter is wrong.
    fn is_of_an_unknown_model(&self) -> bool {
        let message = self.said().to_lowercase();
        self.codes().iter().any(|code| UNKNOWN_MODELS.contains(code))
            || UNKNOWN_MODEL_WORDS.iter().any(|words| message.contains(words))
    }

    fn is_of_quota(&self) -> bool {
        let codes = self.codes();
        if codes.iter().any(|code| QUOTAS.contains(code)) {
            return true;
        }
        let message = self.said().to_lowercase();
        if message.contains("credit balance is too low") {
            return true;
        }
        // Gemini says the same of a minute's limit and of a day's, but names the limit.
        // Where it does not, a wait that it asks for tells that waiting helps.
        if !codes.contains(&"RESOURCE_EXHAUSTED") {
            return false;
        }
        let limits = self.details("violations").filter_map(Value::as_array).flatten();
        let mut names = limits.filter_map(|limit| limit.get("quotaId")?.as_str()).peekable();
        match names.peek() {
            Some(_) => names.any(|name| name.contains("PerDay")),
            None => {
                let words = ["per day", "daily", "billing"];
                self.retry_after().is_none() && words.iter().any(|word| message.contains(word))
            }
        }
    }

    /// Gemini asks in the body to wait, as in `34.5s`.
    fn retry_after(&self) -> Option<Duration> {
        let mut asked = self.details("retryDelay").filter_map(Value::as_str);
        let seconds = asked.find_map(|asked| asked.strip_suffix('s')?.parse().ok())?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, body: &str) -> Result<Finish, InfraClass> {
        let found = of_status(status, body, None);
        found.map(|reply| reply.finish).map_err(|failure| failure.error.class)
    }

    #[test]
    fn a_status_decides_the_class_unless_a_code_knows_better() {
        let day = r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"check your billing","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]},{"retryDelay":"34s"}]}}"#;
        let minute = day.replace("PerDay", "PerMinute");
        for (status, body, expect) in [
            (400, "{}", Err(InfraClass::BadRequest)),
            (401, "{}", Err(InfraClass::Authentication)),
            (402, "{}", Err(InfraClass::Quota)),
            (403, "{}", Err(InfraClass::Authentication)),
            (404, "{}", Err(InfraClass::NotFound)),
            (405, "", Err(InfraClass::NotFound)),
            (410, "", Err(InfraClass::NotFound)),
            (400, r#"{"error":{"code":"model_not_found"}}"#, Err(InfraClass::NotFound)),
            (400, r#"{"error":{"message":"Model Not Exist"}}"#, Err(InfraClass::NotFound)),
            (
                400,
                r#"{"error":{"message":"m is not a valid model ID"}}"#,
                Err(InfraClass::NotFound),
            ),
            (408, "", Err(InfraClass::Timeout)),
            (429, "{}", Err(InfraClass::RateLimit)),
            (500, "", Err(InfraClass::Server)),
            (503, "<html>", Err(InfraClass::Server)),
            (529, "{}", Err(InfraClass::Server)),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, Err(InfraClass::Quota)),
            (429, r#"{"error":{"type":"insufficient_quota"}}"#, Err(InfraClass::Quota)),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}"#,
                Err(InfraClass::Quota),
            ),
            (400, r#"{"error":{"type":"billing_error"}}"#, Err(InfraClass::Quota)),
            (429, day, Err(InfraClass::Quota)),
            (429, &minute, Err(InfraClass::RateLimit)),
            (
                429,
                r#"{"error":{"status":"RESOURCE_EXHAUSTED","message":"daily limit"}}"#,
                Err(InfraClass::Quota),
            ),
            (
                400,
                r#"[{"error":{"code":400,"details":[{"reason":"API_KEY_INVALID"}]}}]"#,
                Err(InfraClass::Authentication),
            ),
            (400, r#"{"error":{"code":"content_filter"}}"#, Ok(Finish::Filtered)),
            (400, r#"{"error":{"code":"data_inspection_failed"}}"#, Ok(Finish::Filtered)),
            (400, r#"{"error":{"code":"content_policy_violation"}}"#, Ok(Finish::Filtered)),
            (500, r#"{"error":{"code":"content_filter"}}"#, Err(InfraClass::Server)),
        ] {
            assert_eq!(class(status, body), expect, "{status} {body}");
        }
    }

    #[test]
    fn an_error_in_a_body_counts_as_the_status_that_it_names() {
        for (error, expect) in [
            (r#"{"code":429,"message":"slow"}"#, InfraClass::RateLimit),
            (r#"{"code":"502"}"#, InfraClass::Server),
            (r#"{"type":"overloaded_error"}"#, InfraClass::Server),
            (r#"{"type":"authentication_error"}"#, InfraClass::Authentication),
            (r#"{"code":"rate_limit_exceeded"}"#, InfraClass::RateLimit),
            (r#"{"type":"not_found_error"}"#, InfraClass::NotFound),
            (r#"{"message":"upstream"}"#, InfraClass::MalformedResponse),
            (r#""upstream""#, InfraClass::MalformedResponse),
        ] {
            let body = serde_json::from_str(&format!("{{\"error\":{error}}}")).expect("JSON");
            let found = in_body(&body, false, InfraClass::MalformedResponse).expect("an error");
            assert_eq!(found.map_err(|failure| failure.error.class), Err(expect), "{error}");
        }
        let none = serde_json::json!({ "error": null });
        assert!(in_body(&none, false, InfraClass::Server).is_none());
    }

    #[test]
    fn a_wait_that_a_body_asks_for_is_found() {
        let body = r#"{"error":{"details":[{"reason":"x"},{"retryDelay":"1.5s"}]}}"#;
        let failure = of_status(429, body, None).expect_err("it failed");
        assert_eq!(failure.retry_after, Some(Duration::from_millis(1_500)));
    }
}
