//! The forms in which servers put an error: where its words, its codes and its status are.

use std::borrow::Cow;

use serde_json::Value;

/// Where the words of an error are, the most telling first.
const WORDS: [&str; 27] = [
    "/error/message",
    "/error/msg",
    "/error/detail",
    "/error/error/message",
    "/error/error",
    "/error/description",
    "/error",
    "/choices/0/error/message",
    "/choices/0/error",
    "/message",
    "/Message",
    "/msg",
    "/detail/message",
    "/detail/error",
    "/detail",
    "/errors/message",
    "/errors/0/message",
    "/errors/0",
    "/error_message",
    "/error_msg",
    "/error_description",
    "/errorMessage",
    "/errmsg",
    "/fault/faultstring",
    "/base_resp/status_msg",
    "/Error/Message",
    "/title",
];

/// Those of them that have words of any kind.
const ANY_WORDS: [&str; 4] = ["/message", "/Message", "/msg", "/title"];

/// Where it has its codes and the names of its kind.
const CODES: [&str; 20] = [
    "/error/code",
    "/error/type",
    "/error/status",
    "/error/innererror/code",
    "/error/error/code",
    "/error/error/type",
    "/choices/0/error/code",
    "/choices/0/error/type",
    "/detail/code",
    "/detail/type",
    "/errors/0/code",
    "/errors/0/type",
    "/code",
    "/type",
    "/__type",
    "/status",
    "/error_type",
    "/errorType",
    "/error_code",
    "/errorCode",
];

/// Where a number stands that may be a status.
const NUMBERS: [&str; 19] = [
    "/error/code",
    "/error/status",
    "/error/status_code",
    "/error/statusCode",
    "/error/http_code",
    "/error/error/code",
    "/choices/0/error/code",
    "/detail/code",
    "/detail/status_code",
    "/errors/0/code",
    "/errors/0/status",
    "/code",
    "/status",
    "/status_code",
    "/statusCode",
    "/http_code",
    "/error_code",
    "/errorCode",
    "/base_resp/status_code",
];

/// What names of kinds of errors have in them, and the status that they stand for, the
/// more telling first.
const KINDS: [(u16, &[&str]); 11] = [
    (402, &["quota", "billing", "arrearage", "insufficientbalance", "paymentrequired"]),
    (429, &["ratelimit", "throttl", "toomanyrequests", "resourceexhausted", "requestlimit"]),
    (401, &["unauthenticated", "authentication", "unauthorized", "invalidapikey", "apikeyinvalid"]),
    (403, &["permission", "accessdenied", "forbidden"]),
    (404, &["notfound", "nosuchmodel", "unknownmodel"]),
    (529, &["overloaded"]),
    (503, &["unavailable", "notready", "nocapacity"]),
    (504, &["timeout", "timedout", "deadline"]),
    (
        400,
        &[
            "badrequest",
            "invalidrequest",
            "invalidargument",
            "invalidparameter",
            "invalidinput",
            "invalidprompt",
            "validation",
            "unprocessable",
            "contextlength",
            "contextwindow",
        ],
    ),
    (500, &["internal", "servererror", "apierror"]),
    (502, &["badgateway", "upstream"]),
];

/// The most characters that are kept of a text that is not an error of a known form: many more than
/// are shown, so that no key is cut in two before it is searched for.
const MOST_KEPT: usize = 16_384;

/// The body of an error; JSON, or null and a text.
pub(super) struct Fault<'a> {
    pub(super) value: Cow<'a, Value>,
    text: &'a str,
}

impl<'a> Fault<'a> {
    pub(super) fn read(body: &'a str) -> Fault<'a> {
        let value = match crate::json_text::parse(body) {
            // Gemini may send a list of one.
            Ok(Value::Array(mut list)) if list.len() == 1 => list.remove(0),
            Ok(value) => value,
            Err(_) => Value::Null,
        };
        Fault { value: Cow::Owned(value), text: body }
    }

    pub(super) fn of(value: &'a Value) -> Fault<'a> {
        Fault { value: Cow::Borrowed(value), text: "" }
    }

    pub(super) fn text_at(&self, place: &str) -> Option<&str> {
        let text = self.value.pointer(place)?.as_str()?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// Whether it is called an error, whatever stands beside that.
    pub(super) fn is_called_error(&self) -> bool {
        let is_full = |place: &str| self.value.pointer(place).is_some_and(is_full);
        let is_named = ["/type", "/object", "/status"]
            .iter()
            .any(|place| self.text_at(place) == Some("error"));
        is_named || ["/error", "/choices/0/error"].iter().any(|place| is_full(place))
    }

    /// Whether it has a message in an error field. A body with one that is not an answer is an
    /// error.
    pub(super) fn has_words(&self) -> bool {
        self.words().is_some() || ["/detail", "/errors"].iter().any(|place| self.is_list(place))
    }

    fn is_list(&self, place: &str) -> bool {
        self.value.pointer(place).is_some_and(|value| value.is_array() && is_full(value))
    }

    /// Whether something besides a message shows that it is an error, because some servers send
    /// messages about their progress.
    pub(super) fn has_marks(&self) -> bool {
        let names = ["error", "exception", "fail"];
        let is_name = |code: &&str| names.iter().any(|name| code.to_lowercase().contains(name));
        let is_place_of_errors = |place: &&str| !ANY_WORDS.contains(place);
        self.status().is_some()
            || self.words().is_some_and(|(place, _)| is_place_of_errors(&place))
            || self.value.get("success") == Some(&Value::Bool(false))
            || ["/detail", "/errors"].iter().any(|place| self.is_list(place))
            || self.codes().iter().any(is_name)
    }

    /// The words for what happened, in the places where providers put them.
    pub(super) fn codes(&self) -> Vec<&str> {
        let mut codes: Vec<&str> = CODES.iter().filter_map(|place| self.text_at(place)).collect();
        codes.extend(self.details("reason").filter_map(Value::as_str));
        if self.value.pointer("/error/metadata/flagged_input").is_some() {
            codes.push("flagged_input");
        }
        codes
    }

    /// A member of each of Gemini's details.
    pub(super) fn details<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b Value> {
        let details = self.value.pointer("/error/details").and_then(Value::as_array);
        details.into_iter().flatten().filter_map(move |detail| detail.get(name))
    }

    /// The status that the error stands for.
    pub(super) fn status(&self) -> Option<u16> {
        let number = |place: &&str| {
            let value = self.value.pointer(place)?;
            let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
            u16::try_from(number).ok().filter(|status| (400..600).contains(status))
        };
        NUMBERS.iter().find_map(number).or_else(|| self.codes().into_iter().find_map(status_of))
    }

    /// The message if it has a usual form, otherwise the whole text. JSON is decoded, so that no
    /// escape hides a secret from scrubbing.
    pub(super) fn said(&self) -> String {
        match (self.words(), &*self.value) {
            (Some((_, words)), _) => match self.text_at("/error/metadata/raw") {
                // What the provider behind the server said.
                Some(raw) => format!("{words}: {raw}"),
                None => words.to_owned(),
            },
            (None, Value::Null) if self.text.trim().is_empty() => "nothing".to_owned(),
            (None, Value::Null) => self.text.to_owned(),
            (None, value) => beginning(&value.to_string()),
        }
    }

    /// The words, and the place that they are in.
    fn words(&self) -> Option<(&'static str, &str)> {
        WORDS.iter().find_map(|place| Some((*place, self.text_at(place)?)))
    }
}

/// As much of what a server sent as may be shown.
pub(in crate::subject) fn beginning(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MOST_KEPT) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a value is not empty: many servers send an error field in every reply.
fn is_full(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_set) => *is_set,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

fn status_of(code: &str) -> Option<u16> {
    let name: String =
        code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let kind = KINDS.iter().find(|(_, parts)| parts.iter().any(|part| name.contains(part)));
    kind.map(|(status, _)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_found_in_the_usual_places() {
        let check = |body: &str, expect: &str| assert_eq!(Fault::read(body).said(), expect);
        check(r#"{"error":{"message":"no model"}}"#, "no model");
        check(r#"{"error":"no model"}"#, "no model");
        check(r#"{"object":"error","message":"no model"}"#, "no model");
        check(r#"{"detail":"no model"}"#, "no model");
        check(r#"{"detail":[1]}"#, r#"{"detail":[1]}"#);
        check(r#"{"errors":[{"code":7003,"message":"no model"}]}"#, "no model");
        check(r#"{"error":{"message":"it failed","metadata":{"raw":"why"}}}"#, "it failed: why");
        check(r#"{"error":{"message":""},"detail":"no model"}"#, "no model");
        check("no model", "no model");
        check(" ", "nothing");
    }

    #[test]
    fn names_of_kinds_stand_for_a_status() {
        let check = |code: &str, expect: Option<u16>| assert_eq!(status_of(code), expect, "{code}");
        check("BadRequestError", Some(400));
        check("invalid_request_error", Some(400));
        check("INVALID_ARGUMENT", Some(400));
        check("ContextWindowExceededError", Some(400));
        check("AuthenticationError", Some(401));
        check("invalid_api_key", Some(401));
        check("insufficient_quota", Some(402));
        check("PERMISSION_DENIED", Some(403));
        check("NotFoundError", Some(404));
        check("model_not_found", Some(404));
        check("rate_limit_exceeded", Some(429));
        check("ThrottlingException", Some(429));
        check("RESOURCE_EXHAUSTED", Some(429));
        check("InternalServerError", Some(500));
        check("api_error", Some(500));
        check("UNAVAILABLE", Some(503));
        check("DEADLINE_EXCEEDED", Some(504));
        check("overloaded_error", Some(529));
        check("error", None);
        check("content_filter", None);
    }

    #[test]
    fn a_place_for_errors_that_says_nothing_is_no_error() {
        for body in
            ["{}", r#"{"error":null}"#, r#"{"error":""}"#, r#"{"error":{}}"#, r#"{"error":false}"#]
        {
            assert!(!Fault::read(body).is_called_error(), "{body}");
        }
    }
}
