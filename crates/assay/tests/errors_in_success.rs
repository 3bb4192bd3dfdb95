//! Errors that a server sends with a status of success, in whatever form: what they become,
//! whether the question is asked again, and that the server's own words are shown. In
//! every protocol, in whole answers and in streams.

mod asking;
#[expect(dead_code, reason = "these tests say all in dialects")]
mod scripted_server;

use asking::{PROVIDERS, outcome, play, text, with_each_provider};
use scripted_server::dialect::{self, Deed};
use scripted_server::{End, Step};
use serde_json::{Value, json};

fn whole(body: &Value) -> Step {
    let headers = "Content-Type: application/json\r\n".to_owned();
    Step::Answer { status: 200, headers, body: body.to_string() }
}

fn stream(events: Vec<String>) -> Step {
    Step::Events { events, end: End::Proper }
}

/// An error, and the class by what it says of itself; `None` of one that names no cause.
fn forms() -> Vec<(Value, Option<&'static str>)> {
    vec![
        (json!({ "error": { "message": "WORDS", "code": 400 } }), Some("bad request")),
        (json!({ "error": { "message": "WORDS", "type": "overloaded_error" } }), Some("server")),
        (json!({ "error": { "message": "WORDS" } }), None),
        (json!({ "error": "WORDS" }), None),
        (json!({ "error": true, "message": "WORDS" }), None),
        (json!({ "error": { "error": { "message": "WORDS", "code": "502" } } }), Some("server")),
        (
            json!({ "type": "error", "error": { "type": "rate_limit_error", "message": "WORDS" } }),
            Some("rate limit"),
        ),
        (json!({ "type": "error", "code": "server_error", "message": "WORDS" }), Some("server")),
        (
            json!({ "object": "error", "message": "WORDS", "type": "BadRequestError", "param": null,
            "code": 400 }),
            Some("bad request"),
        ),
        (
            json!({ "object": "error", "message": "WORDS", "type": "NotFoundError" }),
            Some("not found"),
        ),
        (json!({ "code": 503, "message": "WORDS" }), Some("server")),
        (
            json!({ "code": "InvalidApiKey", "message": "WORDS", "request_id": "1" }),
            Some("authentication"),
        ),
        (json!({ "code": 401, "msg": "WORDS", "data": null }), Some("authentication")),
        (json!({ "statusCode": 429, "message": "WORDS" }), Some("rate limit")),
        (json!({ "status": 404, "title": "Not Found", "detail": "WORDS" }), Some("not found")),
        (json!({ "detail": "WORDS" }), None),
        (
            json!({ "detail": [{ "loc": ["body", "model"], "msg": "WORDS", "type": "missing" }] }),
            None,
        ),
        (json!({ "success": false, "errors": [{ "code": 7003, "message": "WORDS" }] }), None),
        (json!({ "success": false, "message": "WORDS" }), None),
        (json!({ "error_code": 336003, "error_msg": "WORDS" }), None),
        (json!({ "errorMessage": "WORDS", "errorType": "TimeoutError" }), Some("server")),
        (json!({ "__type": "ThrottlingException", "message": "WORDS" }), Some("rate limit")),
        (
            json!({ "choices": [{ "error": { "code": 502, "message": "WORDS" },
            "finish_reason": "error" }] }),
            Some("server"),
        ),
        (
            json!({ "error": { "message": "Provider returned error", "code": 502,
            "metadata": { "raw": "WORDS" } } }),
            Some("server"),
        ),
        (
            json!([{ "error": { "code": 503, "message": "WORDS", "status": "UNAVAILABLE" } }]),
            Some("server"),
        ),
    ]
}

/// Whether a class is asked again.
fn is_passing(class: &str) -> bool {
    ["server", "rate limit", "malformed response"].contains(&class)
}

fn check(provider: &str, streams: bool, step: Step, expect: &str) {
    let place = format!("{provider}, stream {streams}, {step:?}");
    let (found, _) = play(provider, streams, vec![step.clone()]);
    assert_eq!(outcome(&found), expect, "{place}: {found:?}");
    let message = found.expect_err("an error").message;
    assert!(message.contains("WORDS"), "{place}: {message}");
    let (again, requests) =
        play(provider, streams, vec![step, dialect::step(provider, streams, Deed::Answer)]);
    assert_eq!(requests, if is_passing(expect) { 2 } else { 1 }, "{place}");
    if is_passing(expect) {
        assert_eq!(text(&again.expect("the second is whole")), "hello", "{place}");
    }
}

/// Plays each form to each protocol; all forms at once, as each waits before it asks again.
fn check_forms(check_form: impl Fn(&str, &Value, Option<&'static str>) + Sync) {
    for provider in PROVIDERS {
        std::thread::scope(|scope| {
            for (error, class) in forms() {
                let check_form = &check_form;
                scope.spawn(move || check_form(provider, &error, class));
            }
        });
    }
}

#[test]
fn an_error_in_the_place_of_an_answer_keeps_the_words_of_the_server() {
    check_forms(|provider, error, class| {
        for streams in [false, true] {
            check(provider, streams, whole(error), class.unwrap_or("malformed response"));
        }
    });
}

#[test]
fn an_error_in_a_stream_keeps_the_words_of_the_server() {
    check_forms(|provider, error, class| {
        if error.is_array() {
            return;
        }
        for before in [Vec::new(), dialect::beginning(provider)] {
            let mut events = before;
            events.push(format!("data: {error}"));
            events.push("data: [DONE]".to_owned());
            check(provider, true, stream(events), class.unwrap_or("server"));
        }
    });
}

#[test]
fn an_error_that_is_no_event_of_the_usual_form_keeps_the_words_of_the_server() {
    with_each_provider(|provider| {
        for event in [
            "event: error\ndata: {\"message\":\"WORDS\"}",
            "event: error\ndata: upstream failed: WORDS",
            "error: {\"code\":500,\"message\":\"WORDS\",\"type\":\"server_error\"}",
            "{\"error\":{\"message\":\"WORDS\"}}",
            "{\n  \"object\": \"error\",\n  \"message\": \"WORDS\"\n}",
        ] {
            let mut events = dialect::beginning(provider);
            events.push(event.to_owned());
            check(provider, true, stream(events), "server");
        }
        // Something that may be no error: the stream breaks off after it.
        let beginning = dialect::beginning(provider);
        for (before, event) in [
            (beginning.clone(), "data: {\"message\":\"WORDS\"}"),
            (beginning, "upstream closed: WORDS"),
            (Vec::new(), "data: {\"message\":\"WORDS\"}\n\ndata: [DONE]"),
        ] {
            let mut events = before;
            events.push(event.to_owned());
            let (found, _) = play(provider, true, vec![stream(events)]);
            assert_eq!(outcome(&found), "connection", "{provider}: {found:?}");
            let message = found.expect_err("an error").message;
            assert!(message.contains("WORDS"), "{provider}: {message}");
        }
    });
}

#[test]
fn what_is_no_answer_and_no_error_is_shown_as_it_is() {
    with_each_provider(|provider| {
        let step = whole(&json!({ "queued": { "position": "WORDS" } }));
        check(provider, false, step, "malformed response");
    });
}

#[test]
fn a_filter_that_says_so_in_a_body_is_the_answer() {
    for provider in PROVIDERS {
        for error in [
            json!({ "error": { "code": "content_filter", "message": "no" } }),
            json!({ "code": "data_inspection_failed", "message": "no" }),
            json!({ "object": "error", "type": "content_policy_violation", "message": "no" }),
        ] {
            let (found, _) = play(provider, false, vec![whole(&error)]);
            assert_eq!(outcome(&found), "answer, filtered", "{provider}, {error}: {found:?}");
        }
    }
}

#[test]
fn a_place_for_errors_that_is_empty_is_no_error() {
    for provider in PROVIDERS {
        for empty in [json!(null), json!(""), json!({}), json!(false), json!([])] {
            let Step::Answer { body, .. } = dialect::step(provider, false, Deed::Answer) else {
                panic!("a whole answer")
            };
            let mut body: Value = serde_json::from_str(&body).expect("JSON");
            body["error"] = empty.clone();
            body["detail"] = json!("fast");
            body["message"] = json!("ok");
            let (found, _) = play(provider, false, vec![whole(&body)]);
            assert_eq!(outcome(&found), "answer", "{provider}, {empty}: {found:?}");
        }
    }
}
