//! The form of a judge's answer: what is asked for, and nothing else is a vote.

use std::ops::Range;

use assay_core::answer::{Answer, Finish};
use assay_core::reading::spoken;
use serde::Deserialize;
use serde_json::json;

use crate::subject::{AnswerSchema, Reply};

/// A judge's opinion on one phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opinion {
    pub(super) passed: bool,
    pub(super) reason: String,
}

/// An answer as it must be written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    reason: Option<String>,
    verdict: String,
}

/// What a vote must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VoteForm {
    /// A reason, and then the verdict.
    Reasoned,
    /// The verdict alone.
    Bare,
}

impl VoteForm {
    /// The form in words, for questions.
    pub(super) fn text(self) -> &'static str {
        match self {
            VoteForm::Reasoned => r#"{"reason": "…", "verdict": "pass" or "fail"}"#,
            VoteForm::Bare => r#"{"verdict": "pass" or "fail"}"#,
        }
    }

    /// The form for providers. A reason comes first: a model that gives the verdict
    /// first defends it.
    pub(super) fn schema(self) -> AnswerSchema {
        let verdict = json!({ "type": "string", "enum": ["pass", "fail"] });
        let (properties, required) = match self {
            VoteForm::Reasoned => (
                json!({ "reason": { "type": "string" }, "verdict": verdict }),
                json!(["reason", "verdict"]),
            ),
            VoteForm::Bare => (json!({ "verdict": verdict }), json!(["verdict"])),
        };
        let schema = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        AnswerSchema { name: "judgement", schema }
    }
}

/// The opinion in a reply, or what is wrong with the reply. Thinking at these places in its text is
/// not part of it, but a tag may also be part of the reason.
pub(super) fn read(
    reply: &Reply,
    thinking: &[Range<usize>],
    form: VoteForm,
) -> Result<Opinion, String> {
    let said = match (&reply.answer, reply.finish) {
        (Answer::Text(text), Finish::Complete) => text,
        (_, Finish::Refused) => return Err("it is a refusal".to_owned()),
        (_, Finish::Filtered) => return Err("the provider's filter kept it back".to_owned()),
        (_, Finish::Truncated) => {
            return Err("it was cut off at the limit on tokens".to_owned());
        }
        (_, Finish::ToolCall) => return Err("it calls a tool".to_owned()),
        (Answer::Files(_), Finish::Complete) => return Err("it is no text".to_owned()),
    };
    match (parse(said, form), thinking) {
        (Err(_), [_, ..]) => parse(&spoken(said, thinking), form),
        (read, _) => read,
    }
}

fn parse(text: &str, form: VoteForm) -> Result<Opinion, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let text = within_fence(text);
    // A list of its members would be read as an object too.
    if !text.trim_start().starts_with('{') {
        return Err("it is not a JSON object alone".to_owned());
    }
    let Written { reason, verdict } =
        crate::json_text::parse(text).map_err(|error| error.to_string())?;
    let reason = match (form, reason) {
        (VoteForm::Reasoned, None) => return Err("missing field `reason`".to_owned()),
        (VoteForm::Reasoned, Some(reason)) if reason.trim().is_empty() => {
            return Err("its reason is empty".to_owned());
        }
        (_, reason) => reason.unwrap_or_default(),
    };
    let passed = match verdict.as_str() {
        "pass" => true,
        "fail" => false,
        _ => return Err("its verdict is neither \"pass\" nor \"fail\"".to_owned()),
    };
    Ok(Opinion { passed, reason })
}

/// What one Markdown fence around the whole text holds, or the text itself.
fn within_fence(text: &str) -> &str {
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let opened = inner.map(|inner| inner.strip_prefix("json").unwrap_or(inner));
    opened.filter(|inner| inner.starts_with(['\n', '\r'])).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_of_the_form_is_an_opinion() {
        let check = |text: &str, passed: bool| {
            let opinion =
                parse(text, VoteForm::Reasoned).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((opinion.passed, opinion.reason.trim()), (passed, "so"), "{text}");
        };
        check(r#"{"reason":"so","verdict":"pass"}"#, true);
        check(" {\"verdict\": \"fail\",\n \"reason\": \" so \"}\n", false);
        check("```json\n{\"reason\":\"so\",\"verdict\":\"pass\"}\n```", true);
        check("```\n{\"reason\":\"so\",\"verdict\":\"pass\"}\n```\n", true);
    }

    #[test]
    fn a_verdict_alone_is_a_vote_where_no_reason_is_asked_for() {
        let parse = |text| parse(text, VoteForm::Bare);
        let bare = parse(r#"{"verdict":"fail"}"#).expect("an opinion");
        assert_eq!((bare.passed, bare.reason.as_str()), (false, ""));
        let more = parse(r#"{"reason":"so","verdict":"pass"}"#).expect("an opinion");
        assert_eq!((more.passed, more.reason.as_str()), (true, "so"));
        assert!(parse(r#"{"verdict":"safe"}"#).is_err());
        assert!(parse("{}").is_err());
    }

    #[test]
    fn a_reason_is_kept_whole() {
        let reason = format!(" {}\n", "long ".repeat(2_000));
        let text = json!({ "reason": reason, "verdict": "fail" }).to_string();
        assert_eq!(parse(&text, VoteForm::Reasoned).expect("an opinion").reason, reason);
    }

    #[test]
    fn everything_else_is_malformed() {
        for (text, why) in [
            ("", "empty"),
            ("pass", "not a JSON object"),
            (r#""pass""#, "not a JSON object"),
            (r#"{"verdict":"pass"}"#, "missing field `reason`"),
            (r#"{"reason":"so"}"#, "missing field `verdict`"),
            (r#"{"reason":" ","verdict":"pass"}"#, "reason is empty"),
            (r#"{"reason":"so","verdict":"safe"}"#, "neither"),
            (r#"{"reason":"so","verdict":"Pass"}"#, "neither"),
            (r#"{"reason":"so","verdict":true}"#, "invalid type"),
            (r#"{"reason":"so","verdict":null}"#, "invalid type"),
            (r#"{"reason":"so","verdict":{"pass":null}}"#, "invalid type"),
            (r#"{"reason":["so"],"verdict":"pass"}"#, "invalid type"),
            (r#"{"reason":"so","verdict":"pass","score":9}"#, "unknown field `score`"),
            (r#"{"reason":"so","verdict":"fail","verdict":"pass"}"#, "duplicate field"),
            (r#"{"reason":"so","verdict":"pass"} I am sure."#, "trailing characters"),
            (r#"I think: {"reason":"so","verdict":"pass"}"#, "not a JSON object"),
            (r#"{"reason":"so","verdict":"pass"}{"reason":"so","verdict":"fail"}"#, "trailing"),
            (r#"[{"reason":"so","verdict":"pass"}]"#, "not a JSON object"),
            (r#"["so","pass"]"#, "not a JSON object"),
            (r#"{"reason":"so","verdict":"pass""#, "EOF"),
            ("```json\n{\"reason\":\"so\",\"verdict\":\"pass\"}", "not a JSON object"),
            ("```json\n{\"reason\":\"so\",\"verdict\":\"pass\"}\n``` Sure.", "not a JSON object"),
        ] {
            let error = parse(text, VoteForm::Reasoned).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
