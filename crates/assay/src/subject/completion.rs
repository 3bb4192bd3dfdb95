//! Reads what a chat-completions server sends back.

use assay_core::record::{Answer, Finish};
use assay_core::verdict::{InfraClass, InfraError};
use assay_core::{TokenUsage, Tokens};
use serde::Deserialize;
use serde_json::Value;

use super::question::Reply;

/// The part of a completion that counts. Reasoning (`reasoning`,
/// `reasoning_content`) is not read: it is no part of the answer.
#[derive(Debug, Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Value,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Said,
    #[serde(default)]
    finish_reason: Value,
}

#[derive(Debug, Deserialize)]
struct Said {
    content: Option<Content>,
    refusal: Option<String>,
}

/// Most servers send text; some send typed parts, reasoning among them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

/// The reply that a body holds, or the error that it and the status amount to.
/// The error's text is the server's: it still needs scrubbing and shortening.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Reply, InfraError> {
    if !(200..300).contains(&status) {
        return Err(refused(status, body));
    }
    let malformed = |error: &serde_json::Error| {
        let message = format!("the server's answer is not a chat completion: {error}");
        InfraError::new(InfraClass::MalformedResponse, message)
    };
    let value: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    // Some gateways report the failure of a server behind them with status 200.
    if let Some(fault) = value.get("error").filter(|fault| !fault.is_null()) {
        let code = fault.get("code").and_then(Value::as_u64).and_then(|code| code.try_into().ok());
        return Err(match code {
            Some(code @ 400..=599) => refused(code, body),
            _ => InfraError::new(
                InfraClass::MalformedResponse,
                format!("the server answered with an error: {}", said(body)),
            ),
        });
    }
    let completion: Completion =
        serde_json::from_value(value).map_err(|error| malformed(&error))?;
    let choice = completion.choices.into_iter().next().ok_or_else(|| {
        let message = "the server's answer has an empty list of choices";
        InfraError::new(InfraClass::MalformedResponse, message)
    })?;
    if choice.finish_reason == "error" {
        let message = "the server broke off the answer (finish_reason is \"error\")";
        return Err(InfraError::new(InfraClass::Server, message));
    }
    let usage = TokenUsage { tokens: tokens(&completion.usage), ..TokenUsage::default() };
    let finish = match choice.finish_reason.as_str() {
        Some("length") => Finish::Truncated,
        Some("content_filter") => Finish::Filtered,
        _ if choice.message.refusal.is_some() => Finish::Refused,
        _ => Finish::Complete,
    };
    Ok(Reply { usage, finish, ..Answer::Text(choice.message.text()).into() })
}

impl Said {
    /// The content, or the refusal where there is no content. Silence is an
    /// answer too: the subject's own doing.
    fn text(self) -> String {
        let content = match self.content {
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => {
                let texts = parts.into_iter().filter(|part| part.kind == "text");
                texts.filter_map(|part| part.text).collect()
            }
            None => String::new(),
        };
        match self.refusal {
            Some(refusal) if content.is_empty() => refusal,
            _ => content,
        }
    }
}

fn tokens(usage: &Value) -> Option<Tokens> {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    Some(Tokens {
        input: count("prompt_tokens")?,
        output: count("completion_tokens")?,
        ..Tokens::default()
    })
}

fn refused(status: u16, body: &[u8]) -> InfraError {
    let class = match status {
        401 | 403 => InfraClass::Authentication,
        402 => InfraClass::Quota,
        408 => InfraClass::Timeout,
        429 if says_quota(body) => InfraClass::Quota,
        429 => InfraClass::RateLimit,
        500.. => InfraClass::Server,
        _ => InfraClass::BadRequest,
    };
    InfraError::new(class, format!("the server answered {status}: {}", said(body)))
}

fn says_quota(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("insufficient_quota")
}

/// What an error body says: its message where it has a usual form, else all of
/// it. JSON is decoded first, so that no escape hides a secret from scrubbing.
fn said(body: &[u8]) -> String {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        let text = String::from_utf8_lossy(body);
        return if text.trim().is_empty() { "nothing".to_owned() } else { text.into_owned() };
    };
    let places = ["/error/message", "/error", "/message", "/detail"];
    let text = places.iter().find_map(|place| value.pointer(place).and_then(Value::as_str));
    text.map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text, and the tokens of input and output.
    type Expected<'a> = (&'a str, Option<(u64, u64)>);

    fn check(status: u16, body: &str, expect: Result<Expected<'_>, InfraClass>) {
        let found = read(status, body.as_bytes());
        // How it ended has no part in what was said.
        let found = found.map(|reply| Reply { finish: Finish::Complete, ..reply });
        let expect = expect.map(|(text, tokens)| {
            let tokens =
                tokens.map(|(input, output)| Tokens { input, output, ..Tokens::default() });
            let usage = TokenUsage { tokens, ..TokenUsage::default() };
            Reply { usage, ..Answer::Text(text.to_owned()).into() }
        });
        assert_eq!(found.map_err(|error| error.class), expect, "{status} {body}");
    }

    #[test]
    fn whatever_the_model_said_is_an_answer() {
        let message = |message: &str| format!(r#"{{"choices":[{{"message":{message}}}]}}"#);
        let check = |body: &str, expect: &str| check(200, &message(body), Ok((expect, None)));
        check(r#"{"content":"code"}"#, "code");
        check(r#"{"content":""}"#, "");
        check(r#"{"content":null}"#, "");
        check(r#"{}"#, "");
        check(r#"{"content":null,"refusal":"I will not"}"#, "I will not");
        check(r#"{"content":"code","refusal":null}"#, "code");
        check(r#"{"content":"code","reasoning_content":"hm","reasoning":"hm"}"#, "code");
        check(
            r#"{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"code"}]}"#,
            "code",
        );
    }

    #[test]
    fn usage_is_read_where_it_is_whole() {
        let check = |usage: &str, expect: Option<(u64, u64)>| {
            let body = format!(
                r#"{{"choices":[{{"finish_reason":"length","message":{{"content":"x"}}}}],"usage":{usage}}}"#
            );
            check(200, &body, Ok(("x", expect)));
        };
        check(r#"{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}"#, Some((3, 5)));
        check(r#"{"prompt_tokens":3}"#, None);
        check("null", None);
    }

    #[test]
    fn what_is_no_completion_is_malformed() {
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"choices":[]}"#,
            r#"{"choices":[{}]}"#,
            r#"{"choices":null}"#,
            r#"{"error":{"message":"upstream"}}"#,
        ] {
            check(200, body, Err(InfraClass::MalformedResponse));
        }
    }

    #[test]
    fn a_status_decides_the_class() {
        let overdrawn = r#"{"error":{"message":"pay","code":"insufficient_quota"}}"#;
        for (status, body, class) in [
            (400, "{}", InfraClass::BadRequest),
            (401, "{}", InfraClass::Authentication),
            (402, "{}", InfraClass::Quota),
            (403, "{}", InfraClass::Authentication),
            (404, "{}", InfraClass::BadRequest),
            (408, "", InfraClass::Timeout),
            (429, "{}", InfraClass::RateLimit),
            (429, overdrawn, InfraClass::Quota),
            (500, "", InfraClass::Server),
            (503, "<html>", InfraClass::Server),
            (529, "{}", InfraClass::Server),
            (200, r#"{"error":{"code":429,"message":"slow"}}"#, InfraClass::RateLimit),
            (200, r#"{"error":{"code":502,"message":"down"}}"#, InfraClass::Server),
            (200, r#"{"choices":[{"finish_reason":"error","message":{}}]}"#, InfraClass::Server),
        ] {
            check(status, body, Err(class));
        }
    }

    #[test]
    fn the_message_is_found_in_the_usual_places() {
        let check = |body: &str, expect: &str| assert_eq!(said(body.as_bytes()), expect, "{body}");
        check(r#"{"error":{"message":"no model"}}"#, "no model");
        check(r#"{"error":"no model"}"#, "no model");
        check(r#"{"object":"error","message":"no model"}"#, "no model");
        check(r#"{"detail":"no model"}"#, "no model");
        check(r#"{"detail":[1]}"#, r#"{"detail":[1]}"#);
        check("no model", "no model");
        check(" ", "nothing");
    }
}
