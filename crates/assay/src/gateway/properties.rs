//! Properties of reading what agents ask.

use assay_fuzz::target;
use hyper::body::Bytes;
use serde_json::Value;

use super::question::{Asked, Question};
use super::tools::forbidden;
use crate::json_text;
use crate::subject::{Call, Form, Provider};

const WORDS: [&str; 30] = [
    "\"model\":\"m\",",
    "\"model\" : \"m\"",
    "\"mod\\u0065l\":\"m\",",
    "\"model\":{\"model\":\"m\"},",
    "\"stream\":true,",
    "\"stream\":null,",
    "\"tools\":[{\"type\":\"web_search\"}],",
    "\"tools\":[{\"type\":\"function\"}],",
    "{\"type\":\"mcp\"}",
    "\"tools\":[{\"googleSearch\":{}}],",
    "\"tools\":null,",
    "\"web_search_options\":{},",
    "\"mcp_servers\":[],",
    "\"background\":true,",
    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://h\"}}",
    "{\"fileData\":{}}",
    "{\"type\":\"document\",\"source\":{\"type\":\"url\"}}",
    "\"messages\":[",
    "\"contents\":[",
    "\\\"model\\\"",
    "\\\\\"",
    "\\ud83d",
    "NaN",
    "1e999",
    "\u{feff}",
    "{",
    "}",
    "[[[[[[[[",
    ",",
    "\"",
];

#[test]
fn what_is_passed_on_is_what_was_checked_but_for_the_model() {
    target!("agent-question").words(&WORDS).check(|bytes| {
        for protocol in Provider::ALL {
            let call = Call::Answer(Form::Whole);
            let asked = Asked { protocol, call, model: Some("m"), fixed_model: Some("fixed") };
            let Ok(question) = Question::read(asked, &Bytes::copy_from_slice(bytes)) else {
                continue;
            };
            // A reader that takes the last of two members alike is any other reader's equal.
            let sent: Value = json_text::parse_bytes(&question.body).expect("JSON");
            let mut expect = question.value.clone();
            if protocol != Provider::Gemini {
                assert_eq!(expect["model"], question.asked_model.as_str());
                expect["model"] = "fixed".into();
            }
            assert_eq!(sent, expect, "{protocol}");
            assert_eq!(forbidden(protocol, &sent), None, "{protocol}");
            assert!(question.body.len() <= bytes.len() + "\"fixed\"".len(), "{protocol}");
            let kept = Question::read(Asked { fixed_model: None, ..asked }, &question.body);
            assert_eq!(kept.expect("it is a question").body, question.body, "{protocol}");
        }
    });
}
