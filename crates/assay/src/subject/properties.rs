//! Properties of reading what servers of models send.

use std::time::{Duration, SystemTime};

use assay_core::InfraError;
use assay_core::answer::Answer;
use assay_core::infra_error::InfraClass;
use assay_fuzz::proptest::collection::vec;
use assay_fuzz::proptest::sample::select;
use assay_fuzz::{Target, hold, target};
use reqwest::header::{HeaderMap, HeaderValue};

use super::event_lines::{Event, EventLines};
use super::event_stream::{Body, EventStream};
use super::fault;
use super::metering::tokens_in;
use super::provider::Provider;
use super::retry::{Failure, Retry, retry_after};

const WORDS: [&str; 52] = [
    "data: ",
    "data:",
    "event: error\n",
    "event: ping\n",
    "error: ",
    "id: 1\n",
    ": ping\n",
    "retry: 3\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\r\n\r\n",
    "\u{feff}",
    "[DONE]",
    "data: [DONE]\n\n",
    "{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
    "data: {\"choices\":[{\"delta\":{\"content\":\"é\"}}]}\n\n",
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"length\"}]}",
    "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":18446744073709551615}",
    "\"usage\":{\"input_tokens\":18446744073709551615,\"output_tokens\":1}",
    "\"total_tokens\":\"1e3\"",
    "\"reasoning_tokens\":1099511627775",
    "data: {\"type\":\"message_start\",\"message\":{\"content\":[]}}\n\n",
    "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n",
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{}}\n\n",
    "data: {\"type\":\"message_stop\"}\n\n",
    "data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}\n\n",
    "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}\n\n",
    "\"finishReason\":\"STOP\"",
    "\"promptFeedback\":{\"blockReason\":\"SAFETY\"}",
    "{\"error\":{\"message\":\"slow down\",\"code\":429}}",
    "\"error\":null",
    "\"retryDelay\":\"-1e308s\"",
    "\"retryDelay\":\"34.5s\"",
    "\"code\":\"content_filter\"",
    "maximum context length",
    "\"detail\":[1]",
    "\\ud83d",
    "\\u0000",
    "NaN",
    "1e999",
    "[[[[[[[[[[[[[[[[",
    "null",
    "{}",
    "[",
    "]",
    "}",
    "\"tool_calls\":[{}]",
];

fn streams() -> Target {
    target!("answer-stream").words(&WORDS)
}

/// The bytes in pieces of these sizes, again and again.
fn pieces<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*size).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

#[test]
fn events_are_the_same_in_whatever_pieces_they_come() {
    let events = |bytes: &[u8], sizes: &[usize]| {
        let mut lines = EventLines::default();
        let mut events: Vec<Event> =
            pieces(bytes, sizes).into_iter().flat_map(|piece| lines.push(piece)).collect();
        let (last, bare) = lines.finish();
        events.extend(last);
        (events, bare)
    };
    let holds = |bytes: &[u8], sizes: &[usize]| {
        let whole = events(bytes, &[usize::MAX]);
        assert_eq!(events(bytes, sizes), whole, "in pieces of {sizes:?}");
        assert_eq!(events(bytes, &[1]), whole, "byte by byte");
        let (events, bare) = whole;
        let size: usize = events.iter().map(|event| event.data.len() + event.name.len()).sum();
        // A byte that is no text is three, and the last line is given an end.
        assert!(size + bare.len() <= 3 * bytes.len() + 1);
        assert!(events.iter().all(|event| !event.data.is_empty()));
        assert!(
            events.iter().all(|event| !event.data.contains('\r') && !event.name.contains('\n'))
        );
    };
    streams().check_with(&vec(1..30_usize, 1..5), |bytes, sizes| holds(bytes, &sizes));
    streams().check_long(|bytes| holds(bytes, &[1_000]));
}

/// What is received of a connection that brings these pieces.
fn received(provider: Provider, pieces: Vec<&[u8]>) -> Result<Body, String> {
    let mut stream = EventStream::new(provider);
    for piece in pieces {
        if stream.is_over() {
            break;
        }
        stream.push(piece);
    }
    stream.finish("text/event-stream").map_err(|error| format!("{:?} {error}", error.class))
}

#[test]
fn an_answer_is_the_same_in_whatever_pieces_it_comes() {
    let outline = |body: Result<Body, String>| body.map(|body| (body.value, body.in_events));
    let holds = |bytes: &[u8], sizes: &[usize]| {
        for provider in Provider::ALL {
            let whole = outline(received(provider, pieces(bytes, &[usize::MAX])));
            let in_pieces = outline(received(provider, pieces(bytes, sizes)));
            assert_eq!(in_pieces, whole, "{provider} in pieces of {sizes:?}");
        }
    };
    streams().check_with(&vec(1..30_usize, 1..5), |bytes, sizes| holds(bytes, &sizes));
}

#[test]
fn a_reply_says_what_the_server_said_and_its_counts_agree() {
    let holds = |bytes: &[u8]| {
        for provider in Provider::ALL {
            let Ok(body) = received(provider, vec![bytes]) else { continue };
            let is_answer = provider.is_answer(&body.value);
            let unknown = InfraClass::MalformedResponse;
            if let Some(found) = fault::in_body(&body.value, is_answer, unknown) {
                assert!(found.is_ok() || found.is_err_and(|it| !it.error.message.is_empty()));
            }
            let Ok(reply) = provider.read(&body.value) else { continue };
            let Answer::Text(text) = &reply.answer else { panic!("files") };
            let thinking = reply.thinking.as_deref().unwrap_or_default();
            // Half of a pair of surrogates is shorter than what stands for it.
            assert!(text.len() + thinking.len() <= 3 * bytes.len() + 2);
            if let Some(tokens) = reply.usage.tokens {
                assert!(tokens.cached <= tokens.input && tokens.reasoning <= tokens.output);
                assert!(tokens.input.max(tokens.output) < 1 << 43, "{tokens:?}");
            }
        }
    };
    streams().check(holds);
    streams().check_long(holds);
}

#[test]
fn an_error_says_something_and_asks_for_a_wait_that_can_be_waited() {
    let statuses = select(vec![400_u16, 401, 403, 404, 408, 413, 422, 429, 500, 503, 529]);
    target!("error-body").words(&WORDS).check_with(&statuses, |bytes, status| {
        let body = String::from_utf8_lossy(bytes);
        match fault::of_status(status, &body, None) {
            Ok(reply) => assert_eq!(reply.answer, Answer::Text(String::new())),
            Err(failure) => {
                let message = &failure.error.message;
                assert!(message.len() <= 2 * body.len() + 100_000, "{}", message.len());
                assert!(message.starts_with(&format!("the server answered {status}: ")));
                waits(&failure);
            }
        }
    });
}

/// Holds that a failure can be waited for, or not, without an overflow.
fn waits(failure: &Failure) {
    let retry = Retry { limit: 3, total: Duration::from_secs(600) };
    for elapsed in [Duration::ZERO, Duration::MAX] {
        let pause = retry.pause(failure, 1, elapsed, 1.0);
        assert!(pause.is_none_or(|pause| pause <= retry.total));
    }
    let _ = failure.trouble(retry.total);
}

#[test]
fn a_wait_in_a_header_is_one_that_can_be_waited() {
    let words = ["1", "-1", "0.5", "1e308", "inf", "NaN", "Wed, 21 Oct 2015 07:28:00 GMT", " "];
    target!("retry-after").words(&words).check(|bytes| {
        let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
        for name in ["retry-after", "retry-after-ms"] {
            let headers = HeaderMap::from_iter([(
                reqwest::header::HeaderName::from_static(name),
                value.clone(),
            )]);
            for now in [SystemTime::UNIX_EPOCH, SystemTime::now()] {
                let wait = retry_after(&headers, now);
                let error = InfraError::new(InfraClass::RateLimit, String::new());
                waits(&Failure { retry_after: wait, ..error.into() });
            }
        }
    });
}

#[test]
fn a_longer_text_has_no_fewer_tokens_and_a_part_no_more() {
    let text = || vec(select(vec!["a", "é", "漢", "\n", " int x = 3;"]), 0..40);
    hold("tokens of texts", &(text(), text()), |(one, other)| {
        let (one, other) = (one.concat(), other.concat());
        let both = tokens_in(&format!("{one}{other}"));
        assert!(both >= tokens_in(&one).max(tokens_in(&other)));
        assert!(both <= tokens_in(&one) + tokens_in(&other));
    });
}
