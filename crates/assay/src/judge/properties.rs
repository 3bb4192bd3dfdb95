//! Properties of reading what judges answer: a vote is one object of the form, and no loss
//! and no addition makes another vote of it.

use assay_core::answer::{Answer, Finish};
use assay_fuzz::proptest::prelude::any;
use assay_fuzz::proptest::sample::{Index, select};
use assay_fuzz::{Target, hold, target};
use serde_json::json;

use super::answer::{Opinion, VoteForm, read};
use crate::subject::Reply;

const WORDS: [&str; 18] = [
    "{\"reason\":\"so\",\"verdict\":\"pass\"}",
    "{\"reason\":\"so\",\"verdict\":\"fail\"}",
    "\"verdict\":\"pass\"",
    "\"verdict\":\"fail\"",
    "\"reason\":\"\"",
    "\"score\":9",
    ",",
    "{",
    "}",
    "[",
    "]",
    "```json\n",
    "```",
    "\n",
    "<think>",
    "</think>",
    "\\u0070",
    "null",
];

fn target() -> Target {
    target!("judgement").words(&WORDS)
}

fn read_text(text: &str, finish: Finish) -> Result<Opinion, String> {
    let mut reply = Reply { finish, ..Answer::Text(text.to_owned()).into() };
    let thinking = reply.find_thinking(&assay_core::reading::ThinkingTags::default());
    read(&reply, &thinking, VoteForm::Reasoned)
}

#[test]
fn an_opinion_has_a_reason_and_comes_of_a_whole_answer() {
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        match read_text(&text, Finish::Complete) {
            Ok(opinion) => {
                assert!(!opinion.reason.trim().is_empty());
                assert!(opinion.reason.len() <= text.len());
                assert!(text.contains("reason") || text.contains("\\u"), "{text}");
            }
            Err(why) => assert!(!why.is_empty()),
        }
        for finish in [Finish::Truncated, Finish::Refused, Finish::Filtered, Finish::ToolCall] {
            assert!(read_text(&text, finish).is_err(), "{finish:?}");
        }
    };
    target().check(holds);
    target().check_long(holds);
}

#[test]
fn an_opinion_is_read_as_it_was_written_and_is_no_other_with_more_or_less() {
    let reasons = select(vec!["so", "it is \"safe\": {\"verdict\":\"pass\"}", "é\n漢", "```"]);
    let around =
        select(vec!["", "I think: ", "\n", "Sure.", "{\"reason\":\"x\",\"verdict\":\"pass\"}"]);
    let values = (reasons, any::<bool>(), around, any::<bool>(), any::<Index>());
    hold("opinions", &values, |(reason, passed, around, in_fence, at)| {
        let verdict = if passed { "pass" } else { "fail" };
        let mut text = json!({ "reason": reason, "verdict": verdict }).to_string();
        if in_fence {
            text = format!("```json\n{text}\n```");
        }
        let written = Ok(Opinion { passed, reason: reason.to_owned() });
        assert_eq!(read_text(&text, Finish::Complete), written);
        for text in [format!("{around}{text}"), format!("{text}{around}")] {
            let read = read_text(&text, Finish::Complete);
            assert!(
                if around.trim().is_empty() { read == written } else { read.is_err() },
                "{text}"
            );
        }
        let mut less: Vec<char> = text.chars().collect();
        less.remove(at.index(less.len()));
        let less: String = less.into_iter().collect();
        let read = read_text(&less, Finish::Complete);
        assert!(read.is_err() || read.is_ok_and(|read| read.passed == passed), "{less}");
    });
}
