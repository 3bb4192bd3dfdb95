//! What a server's answer means by what came: how it ended, in whatever word; whether it
//! came in events or in one piece, whatever was asked for. In every protocol.

mod asking;
#[expect(dead_code, reason = "these tests say all in dialects")]
mod scripted_server;

use asking::{PROVIDERS, ask, outcome, play, text, with_each_provider};
use scripted_server::dialect::{self, Deed};
use scripted_server::{End, Server, Step};
use serde_json::{Value, json};

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

/// A body with a status of success, under this name for what it is.
fn sent(kind: &str, body: impl Into<String>) -> Step {
    Step::Answer { status: 200, headers: format!("Content-Type: {kind}\r\n"), body: body.into() }
}

fn events_of(provider: &str, deed: Deed) -> Vec<String> {
    match dialect::step(provider, true, deed) {
        Step::Events { events, .. } => events,
        other => panic!("no events: {other:?}"),
    }
}

fn body_of(provider: &str, deed: Deed) -> Value {
    match dialect::step(provider, false, deed) {
        Step::Answer { body, .. } => serde_json::from_str(&body).expect("JSON"),
        other => panic!("no body: {other:?}"),
    }
}

/// The JSON of events.
fn values(events: &[String]) -> Vec<Value> {
    let data = events.iter().flat_map(|event| event.lines());
    let data = data.filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

fn as_events(values: &[Value], end: End) -> Step {
    Step::Events { events: values.iter().map(|value| format!("data: {value}")).collect(), end }
}

/// Puts a word into the place that a protocol has for the end of an answer, in each event
/// that has no other.
fn with_word(provider: &str, mut event: Value, word: &Value) -> Value {
    let place = match provider {
        "openai" => "/choices/0",
        "openai-responses" => "/response",
        "anthropic" => "/message",
        _ => "/candidates/0",
    };
    let names = match provider {
        "openai" => "finish_reason",
        "openai-responses" => "status",
        "anthropic" => "stop_reason",
        _ => "finishReason",
    };
    if let Some(Value::Object(members)) = event.pointer_mut(place) {
        members.insert(names.to_owned(), word.clone());
    }
    event
}

#[test]
fn a_stream_that_breaks_off_is_no_answer_whatever_its_pieces_call_themselves() {
    with_each_provider(|provider| {
        for word in [json!(""), json!(null), json!("unknown"), json!("null"), json!(0)] {
            let pieces = values(&dialect::beginning(provider));
            let pieces: Vec<Value> =
                pieces.into_iter().map(|piece| with_word(provider, piece, &word)).collect();
            for end in [End::Proper, End::Dropped] {
                let place = format!("{provider}, {word}, {end:?}");
                let broken = as_events(&pieces, end);
                let (found, _) = play(provider, true, vec![broken.clone()]);
                assert_eq!(outcome(&found), "connection", "{place}: {found:?}");
                let whole = dialect::step(provider, true, Deed::Answer);
                let (found, requests) = play(provider, true, vec![broken, whole]);
                let reply = found.expect("the second is whole");
                assert_eq!((text(&reply), requests), ("hello", 2), "{place}");
            }
            // The same pieces and the rest of them are an answer.
            let all = values(&events_of(provider, Deed::Answer));
            let whole: Vec<Value> = all
                .iter()
                .enumerate()
                .map(|(at, event)| match at < pieces.len() {
                    true => with_word(provider, event.clone(), &word),
                    false => event.clone(),
                })
                .collect();
            let (found, _) = play(provider, true, vec![as_events(&whole, End::Proper)]);
            assert_eq!(text(&found.expect("an answer")), "hello", "{provider}, {word}");
        }
    });
}

#[test]
fn a_stream_in_which_every_piece_calls_itself_finished_is_read_to_its_end() {
    for (provider, word) in [("openai", "stop"), ("gemini", "STOP")] {
        let all = values(&events_of(provider, Deed::Answer));
        let all: Vec<Value> =
            all.into_iter().map(|event| with_word(provider, event, &json!(word))).collect();
        let (found, _) = play(provider, true, vec![as_events(&all, End::Proper)]);
        assert_eq!(text(&found.expect("an answer")), "hello", "{provider}");
    }
}

#[test]
fn a_piece_that_has_all_before_it_beside_it_is_a_piece() {
    let mut so_far = String::new();
    let events: Vec<Value> = values(&events_of("openai", Deed::Answer))
        .into_iter()
        .map(|mut event| {
            let more = event.pointer("/choices/0/delta/content").and_then(Value::as_str);
            so_far.push_str(more.unwrap_or_default());
            if let Some(Value::Object(choice)) = event.pointer_mut("/choices/0") {
                choice.insert("message".to_owned(), json!({ "content": so_far }));
            }
            event
        })
        .collect();
    let (found, _) = play("openai", true, vec![as_events(&events, End::Proper)]);
    assert_eq!(text(&found.expect("an answer")), "hello");
}

#[test]
fn an_end_that_a_server_does_not_name_is_that_of_the_whole_answer() {
    for (provider, place) in [
        ("openai", "/choices/0/finish_reason"),
        ("openai-responses", "/status"),
        ("anthropic", "/stop_reason"),
        ("gemini", "/candidates/0/finishReason"),
    ] {
        for word in [json!(""), json!(null)] {
            let mut body = body_of(provider, Deed::Answer);
            *body.pointer_mut(place).expect("an end") = word;
            let (found, _) = play(provider, false, vec![sent(JSON, body.to_string())]);
            assert_eq!(outcome(&found), "answer", "{provider}: {found:?}");
        }
    }
}

#[test]
fn an_answer_without_more_room_is_truncated_by_whatever_name() {
    for (provider, own) in [
        ("openai", "\"length\""),
        ("openai-responses", "\"max_output_tokens\""),
        ("anthropic", "\"max_tokens\""),
        ("gemini", "\"MAX_TOKENS\""),
    ] {
        for word in [
            "length",
            "LENGTH",
            "max_length",
            "model_length",
            "model_context_window_exceeded",
            "context_length_exceeded",
            "max_tokens",
            "MAX_TOKENS",
            "max_output_tokens",
            "max_completion_tokens",
            "max_new_tokens",
            "token_limit",
            "incomplete",
        ] {
            let named = |text: &str| text.replace(own, &json!(word).to_string());
            let events = events_of(provider, Deed::Truncate);
            let events: Vec<String> = events.iter().map(|event| named(event)).collect();
            let streamed = Step::Events { events, end: End::Proper };
            let whole = sent(JSON, named(&body_of(provider, Deed::Truncate).to_string()));
            for (stream, step) in [(false, whole), (true, streamed)] {
                let (found, _) = play(provider, stream, vec![step]);
                let place = format!("{provider}, stream {stream}, {word}");
                assert_eq!(outcome(&found), "answer, truncated", "{place}: {found:?}");
                assert_eq!(text(&found.expect("an answer")), "he", "{place}");
            }
        }
    }
    // A status that says otherwise than its reason, and a reason that is new.
    for (status, reason) in [("completed", "max_tokens"), ("incomplete", "new")] {
        let mut body = body_of("openai-responses", Deed::Truncate);
        body["status"] = json!(status);
        body["incomplete_details"] = json!({ "reason": reason });
        let (found, _) = play("openai-responses", false, vec![sent(JSON, body.to_string())]);
        assert_eq!(outcome(&found), "answer, truncated", "{status}, {reason}: {found:?}");
    }
}

#[test]
fn an_answer_that_the_server_broke_off_is_its_failure() {
    for (provider, own) in [
        ("openai", "\"stop\""),
        ("openai-responses", "\"completed\""),
        ("anthropic", "\"end_turn\""),
        ("gemini", "\"STOP\""),
    ] {
        for word in ["error", "cancelled", "failed"] {
            let body = body_of(provider, Deed::Answer).to_string();
            let (word, is_known) = (json!(word).to_string(), provider != "openai-responses");
            if !is_known && word == "\"error\"" {
                continue;
            }
            let step = sent(JSON, body.replace(own, &word));
            let (found, _) = play(provider, false, vec![step]);
            assert_eq!(outcome(&found), "server", "{provider}, {word}: {found:?}");
        }
    }
}

/// Everything that an answer may come as, whole in each: a name for it, and the step.
fn forms(provider: &str) -> Vec<(&'static str, Step)> {
    let body = body_of(provider, Deed::Think);
    let events = events_of(provider, Deed::Think);
    let row: Vec<String> = values(&events).iter().map(Value::to_string).collect();
    let stream = events.join("\n\n");
    let done = "data: [DONE]\n\n";
    vec![
        ("JSON", sent(JSON, body.to_string())),
        ("JSON as events", sent(EVENTS, body.to_string())),
        ("JSON as text", sent("text/plain; charset=utf-8", format!("{body:#}\n"))),
        ("JSON and an end", sent(EVENTS, format!("{body}\n\n{done}"))),
        ("JSON and an end as JSON", sent(JSON, format!("{body}{done}"))),
        ("JSON and a bare end", sent(JSON, format!("{body}\n[DONE]"))),
        ("JSON after signs of life", sent(JSON, format!(": PROCESSING\n\n\n{body:#}"))),
        ("JSON after a mark", sent(JSON, format!("\u{feff}{body}"))),
        ("JSON in an event", sent(EVENTS, format!("data: {body}\n\n{done}"))),
        ("events", Step::Events { events, end: End::Proper }),
        ("events as JSON", sent(JSON, stream.clone())),
        ("events without a name", sent("", stream.replace('\n', "\r\n"))),
        ("JSON in a row", sent("application/x-ndjson", row.join("\n"))),
        ("JSON in a list", sent(JSON, format!("[{}]", row.join(",\n")))),
    ]
}

#[test]
fn an_answer_is_read_by_what_came_whatever_was_asked_for() {
    for provider in PROVIDERS {
        for stream in [false, true] {
            for (name, step) in forms(provider) {
                let (found, _) = play(provider, stream, vec![step]);
                let place = format!("{provider}, stream {stream}, {name}");
                let reply = found.unwrap_or_else(|error| panic!("{place}: {error}"));
                let read = (text(&reply), reply.thinking.as_deref(), reply.finish.as_str());
                assert_eq!(read, ("hello", Some("hm"), "complete"), "{place}");
                let tokens = reply.usage.tokens.map(|tokens| (tokens.input, tokens.output));
                assert_eq!(tokens, Some((70, 20)), "{place}");
            }
        }
    }
}

#[test]
fn what_is_cut_off_is_no_answer_in_whatever_form_it_came() {
    for provider in PROVIDERS {
        for stream in [false, true] {
            let body = body_of(provider, Deed::Answer).to_string();
            let row: Vec<String> =
                values(&dialect::beginning(provider)).iter().map(Value::to_string).collect();
            for (step, expect) in [
                (sent(JSON, &body[..body.len() / 2]), "malformed response"),
                (sent(EVENTS, &body[..body.len() / 2]), "malformed response"),
                (sent("application/x-ndjson", row.join("\n")), "connection"),
                (sent(EVENTS, dialect::beginning(provider).join("\n\n")), "connection"),
            ] {
                let place = format!("{provider}, stream {stream}, {step:?}");
                let (found, _) = play(provider, stream, vec![step]);
                assert_eq!(outcome(&found), expect, "{place}: {found:?}");
            }
        }
    }
}

#[test]
fn what_is_neither_json_nor_events_is_shown() {
    for provider in PROVIDERS {
        for stream in [false, true] {
            for body in ["<html>WORDS</html>", "Internal error: WORDS", "data: WORDS\n\n"] {
                for kind in ["text/html", JSON, EVENTS] {
                    let (found, _) = play(provider, stream, vec![sent(kind, body)]);
                    let place = format!("{provider}, stream {stream}, {kind}, {body}");
                    assert_eq!(outcome(&found), "malformed response", "{place}: {found:?}");
                    let message = found.expect_err("no answer").message;
                    assert!(message.contains("WORDS"), "{place}: {message}");
                }
            }
        }
    }
}

#[test]
fn numbers_that_json_has_not_cost_no_answer() {
    for provider in PROVIDERS {
        for stream in [false, true] {
            for number in ["NaN", "Infinity", "-Infinity", "1e999"] {
                let with = |json: &str| {
                    let (first, rest) = json.split_once('{').expect("an object");
                    format!("{first}{{\"logprobs\":[{{\"logprob\": {number}}}],{rest}")
                };
                let step = match dialect::step(provider, stream, Deed::Think) {
                    Step::Answer { status, headers, body } => {
                        Step::Answer { status, headers, body: with(&body) }
                    }
                    Step::Events { events, end } => {
                        let change = |event: &String| match event.contains('{') {
                            true => with(event),
                            false => event.clone(),
                        };
                        Step::Events { events: events.iter().map(change).collect(), end }
                    }
                    other => other,
                };
                let (found, requests) = play(provider, stream, vec![step]);
                let place = format!("{provider}, stream {stream}, {number}");
                let reply = found.unwrap_or_else(|error| panic!("{place}: {error}"));
                let read = (text(&reply), reply.thinking.as_deref(), requests);
                assert_eq!(read, ("hello", Some("hm"), 1), "{place}");
            }
        }
    }
}

#[test]
fn a_whole_answer_counts_although_the_connection_stays_open_or_breaks() {
    with_each_provider(|provider| {
        for end in [End::Silent, End::Dropped] {
            let event = body_of(provider, Deed::Answer).to_string();
            let server = Server::start(vec![Step::Events { events: vec![event], end }]);
            let rest = "stream = true\nretries = 0\nidle-seconds = 1";
            let found = ask(provider, &server.address, rest);
            assert_eq!(outcome(&found), "answer", "{provider}, {end:?}: {found:?}");
        }
    });
}
