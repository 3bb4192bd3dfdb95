//! [`Question`]: the body of a request, checked and with the right model in it. All else of it
//! is passed on byte by byte.

use std::ops::Range;

use hyper::body::Bytes;
use serde_json::Value;

use super::refusal::Refusal;
use super::tools::forbidden;
use super::unambiguous::Unambiguous;
use crate::json_text;
use crate::subject::{Call, Form, Provider};

/// A request to a model that may be passed on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) call: Call,
    /// What it asks, as it came.
    pub(super) value: Value,
    /// What is passed on.
    pub(super) body: Bytes,
    /// The model that the agent names.
    pub(super) asked_model: String,
}

/// What a request is, before its body is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) protocol: Provider,
    pub(super) call: Call,
    /// The model, where the protocol has it in the address.
    pub(super) model: Option<&'a str>,
    /// The model that is asked whatever the agent names.
    pub(super) fixed_model: Option<&'a str>,
}

impl Question {
    /// Reads a body that may be anything.
    pub(super) fn read(asked: Asked<'_>, bytes: &Bytes) -> Result<Question, Refusal> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Refusal::bad("the body is not JSON: it is not UTF-8"))?;
        let Unambiguous(value) = json_text::parse(text)
            .map_err(|error| Refusal::bad(format!("the body is not JSON: {error}")))?;
        if !value.is_object() {
            return Err(Refusal::bad("the body is not an object"));
        }
        if let Some(why) = forbidden(asked.protocol, &value) {
            return Err(Refusal::bad(why));
        }
        let call = match (asked.protocol, asked.call) {
            (Provider::Gemini, call) | (_, call @ Call::Count) => call,
            (_, Call::Answer(_)) => match value.get("stream") {
                Some(Value::Bool(true)) => Call::Answer(Form::Events),
                None | Some(Value::Bool(false) | Value::Null) => Call::Answer(Form::Whole),
                Some(_) => return Err(Refusal::bad("\"stream\" is neither true nor false")),
            },
        };
        let named = value.get("model").and_then(Value::as_str);
        if asked.protocol == Provider::Gemini {
            // There it is in the address, and what is in a body may say something else.
            if value.get("model").is_some() {
                return Err(Refusal::bad("the model is named in the address, not in the body"));
            }
            let asked_model = asked.model.unwrap_or_default().to_owned();
            return Ok(Question { call, value, body: bytes.clone(), asked_model });
        }
        let named = named.ok_or_else(|| Refusal::bad("the body names no \"model\""))?;
        let body = match asked.fixed_model {
            Some(model) if model != named => {
                let place = place_of_model(text);
                let place =
                    place.ok_or_else(|| Refusal::bad("\"model\" is not written plainly"))?;
                let model = Value::from(model).to_string();
                Bytes::from([&text[..place.start], &model, &text[place.end..]].concat())
            }
            _ => bytes.clone(),
        };
        Ok(Question { call, asked_model: named.to_owned(), value, body })
    }
}

/// Where the text of the model's name is in an object, with its quotation marks. The text is
/// JSON, and has that member once.
fn place_of_model(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b'"' => {
                let end = end_of_text(bytes, at)?;
                let after = skip_blanks(bytes, end);
                let is_name = depth == 1 && bytes.get(after) == Some(&b':');
                if is_name && &text[at..end] == "\"model\"" {
                    let start = skip_blanks(bytes, after + 1);
                    let is_text = bytes.get(start) == Some(&b'"');
                    return if is_text { Some(start..end_of_text(bytes, start)?) } else { None };
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where a text ends that begins here.
fn end_of_text(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn skip_blanks(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'static> = Asked {
        protocol: Provider::OpenAi,
        call: Call::Answer(Form::Whole),
        model: None,
        fixed_model: Some("right \"one\""),
    };

    fn read(asked: Asked<'_>, text: &str) -> Result<Question, Refusal> {
        Question::read(asked, &Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn only_the_name_of_the_model_changes() {
        let check = |text: &str, expect: &str| {
            let question = read(ASKED, text).expect(text);
            assert_eq!(std::str::from_utf8(&question.body).expect("UTF-8"), expect);
            assert_eq!(question.asked_model, "m");
        };
        check(r#"{"model":"m"}"#, r#"{"model":"right \"one\""}"#);
        check(
            "{ \"a\" : {\"model\":\"x\"}, \"b\": 1.00, \"model\"\t:\n \"m\" , \"é\":\"model\\\"\"}",
            "{ \"a\" : {\"model\":\"x\"}, \"b\": 1.00, \"model\"\t:\n \"right \\\"one\\\"\" , \"é\":\"model\\\"\"}",
        );
        check(r#"{"x":"model","model":"m"}"#, r#"{"x":"model","model":"right \"one\""}"#);
        let kept = read(Asked { fixed_model: None, ..ASKED }, r#"{"model":"m", "x": 1e2}"#);
        assert_eq!(kept.expect("it is read").body, r#"{"model":"m", "x": 1e2}"#.as_bytes());
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "[]",
            "{",
            "{}",
            r#"{"model":1}"#,
            r#"{"model":"m","model":"n"}"#,
            r#"{"mod\u0065l":"m"}"#,
            r#"{"model":"m","stream":"yes"}"#,
            r#"{"model":"m","tools":[{"type":"function","type":"web_search"}]}"#,
            r#"{"model":"m","tools":[{"type":"web_search"}]}"#,
        ] {
            read(ASKED, text).expect_err(text);
        }
        Question::read(ASKED, &Bytes::from_static(b"{\"model\":\"\xff\"}")).expect_err("UTF-8");
    }

    #[test]
    fn a_body_says_whether_it_streams_unless_the_address_does() {
        let call = |asked, text: &str| read(asked, text).expect(text).call;
        let (whole, events) = (Call::Answer(Form::Whole), Call::Answer(Form::Events));
        assert_eq!(call(ASKED, r#"{"model":"m","stream":true}"#), events);
        assert_eq!(call(ASKED, r#"{"model":"m","stream":null}"#), whole);
        let count = Asked { protocol: Provider::Anthropic, call: Call::Count, ..ASKED };
        assert_eq!(call(count, r#"{"model":"m"}"#), Call::Count);
        let gemini = Asked { protocol: Provider::Gemini, model: Some("m"), ..ASKED };
        assert_eq!(call(gemini, r#"{"stream":true}"#), whole);
        read(gemini, r#"{"model":"n"}"#).expect_err("two models");
    }
}
