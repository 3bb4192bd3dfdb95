//! What it means when a server answers with an error: a fault of some class, or the
//! model's provider keeping a question from it, which is an answer.

use std::time::Duration;

use assay_core::record::{Answer, Finish};
use assay_core::verdict::{InfraClass, InfraError};
use serde_json::Value;

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

/// Words by which those say it that have no code for it.
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
    Err(Failure { retry_after, overloaded, ..error.into() })
}

/// The error that stands in a body or an event although the status was success: some
/// gateways report the failure of a server behind them so, and every stream does.
/// `None` where none stands there. `unknown` is the class of one that names no cause.
pub(super) fn in_body(body: &Value, unknown: InfraClass) -> Option<Result<Reply, Failure>> {
    body.get("error").filter(|error| !error.is_null())?;
    let fault = Fault { value: body.clone(), text: String::new() };
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

/// The question never came to the model, which is how its provider has it answer.
fn filtered() -> Reply {
    Reply { finish: Finish::Filtered, ..Answer::Text(String::new()).into() }
}

/// The body of an error; JSON, or null and a text.
struct Fault {
    value: Value,
    text: String,
}

impl Fault {
    fn read(body: &str) -> Fault {
        let value = match crate::json_text::parse(body) {
            // Gemini may send a list of one.
            Ok(Value::Array(mut list)) if list.len() == 1 => list.remove(0),
            Ok(value) => value,
            Err(_) => Value::Null,
        };
        Fault { value, text: body.to_owned() }
    }

    fn text_at(&self, place: &str) -> Option<&str> {
        self.value.pointer(place).and_then(Value::as_str)
    }

    /// The words for what happened, in the places where providers put them.
    fn codes(&self) -> Vec<&str> {
        let places =
            ["/error/code", "/error/type", "/error/status", "/error/innererror/code", "/code"];
        let mut codes: Vec<&str> = places.iter().filter_map(|place| self.text_at(place)).collect();
        codes.extend(self.details("reason").filter_map(Value::as_str));
        if self.value.pointer("/error/metadata/flagged_input").is_some() {
            codes.push("flagged_input");
        }
        codes
    }

    /// A member of each of Gemini's details.
    fn details<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        let details = self.value.pointer("/error/details").and_then(Value::as_array);
        details.into_iter().flatten().filter_map(move |detail| detail.get(name))
    }

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

    /// Some gateways have the words of the server behind them in a place of their own.
    /// What else a body holds may be the question, which is not to be taken for words.
    fn is_of_a_full_context(&self, status: u16) -> bool {
        let behind = self.text_at("/error/metadata/raw").unwrap_or_default();
        full_context::is_said(status, &self.codes(), &format!("{} {behind}", self.said()))
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

    /// The status that the error stands for.
    fn status(&self) -> Option<u16> {
        let code = self.value.pointer("/error/code");
        let number = code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
        if let Some(number @ 400..=599) = number {
            return number.try_into().ok();
        }
        self.codes().iter().find_map(|code| {
            Some(match *code {
                "invalid_request_error" | "INVALID_ARGUMENT" => 400,
                "authentication_error" | "invalid_api_key" | "UNAUTHENTICATED" => 401,
                "billing_error" | "insufficient_quota" => 402,
                "permission_error" | "PERMISSION_DENIED" => 403,
                "not_found_error" | "model_not_found" | "NOT_FOUND" => 404,
                "rate_limit_error" | "rate_limit_exceeded" | "RESOURCE_EXHAUSTED" => 429,
                "api_error" | "server_error" | "internal_server_error" | "INTERNAL" => 500,
                "UNAVAILABLE" => 503,
                "timeout_error" | "DEADLINE_EXCEEDED" => 504,
                "overloaded_error" => 529,
                _ => return None,
            })
        })
    }

    /// The message where it has a usual form, else all of it. JSON is decoded, so that
    /// no escape hides a secret from scrubbing.
    fn said(&self) -> String {
        let places = ["/error/message", "/error", "/message", "/detail"];
        let message = places.iter().find_map(|place| self.text_at(place));
        match (message, &self.value) {
            (Some(message), _) => message.to_owned(),
            (None, Value::Null) if self.text.trim().is_empty() => "nothing".to_owned(),
            (None, Value::Null) => self.text.clone(),
            (None, value) => value.to_string(),
        }
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
            let found = in_body(&body, InfraClass::MalformedResponse).expect("an error");
            assert_eq!(found.map_err(|failure| failure.error.class), Err(expect), "{error}");
        }
        assert!(in_body(&serde_json::json!({"error": null}), InfraClass::Server).is_none());
    }

    #[test]
    fn the_message_is_found_in_the_usual_places() {
        let check = |body: &str, expect: &str| assert_eq!(Fault::read(body).said(), expect);
        check(r#"{"error":{"message":"no model"}}"#, "no model");
        check(r#"{"error":"no model"}"#, "no model");
        check(r#"{"object":"error","message":"no model"}"#, "no model");
        check(r#"{"detail":"no model"}"#, "no model");
        check(r#"{"detail":[1]}"#, r#"{"detail":[1]}"#);
        check("no model", "no model");
        check(" ", "nothing");
    }

    #[test]
    fn a_wait_that_a_body_asks_for_is_found() {
        let body = r#"{"error":{"details":[{"reason":"x"},{"retryDelay":"1.5s"}]}}"#;
        let failure = of_status(429, body, None).expect_err("it failed");
        assert_eq!(failure.retry_after, Some(Duration::from_millis(1_500)));
    }
}
