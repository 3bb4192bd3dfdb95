//! What a model said reaches its attempt although a server's JSON holds half of a
//! surrogate pair, or bytes that are not UTF-8: in every protocol, whole and in events.

#[expect(dead_code, reason = "these tests ask in their own ways")]
mod asking;
#[expect(dead_code, reason = "these tests say all in dialects")]
mod scripted_server;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use asking::{PROVIDERS, ask, text};
use scripted_server::dialect::{self, Deed};
use scripted_server::{Server, Step};

/// Not to ask again.
fn once(stream: bool) -> String {
    format!("retries = 0\nstream = {stream}")
}

/// The step with what the model says changed in the JSON of every body.
fn with(step: Step, from: &str, to: &str) -> Step {
    match step {
        Step::Answer { status, headers, body } => {
            assert!(body.contains(from), "{body}");
            Step::Answer { status, headers, body: body.replace(from, to) }
        }
        Step::Events { events, end } => {
            let events: Vec<String> = events.iter().map(|it| it.replace(from, to)).collect();
            assert!(events.iter().any(|event| event.contains(to)), "{events:?}");
            Step::Events { events, end }
        }
        other => other,
    }
}

#[test]
fn half_of_a_surrogate_pair_is_the_replacement_character() {
    for provider in PROVIDERS {
        for stream in [false, true] {
            for (escaped, expect) in [
                (r"l\ud83d", "hel\u{fffd}"),
                (r"\udc00l", "he\u{fffd}l"),
                (r"l\uD83D\uD83D!", "hel\u{fffd}\u{fffd}!"),
                (r"l\ud83d\ude00", "hel\u{1f600}"),
                (r"l\\ud83d", r"hel\ud83d"),
            ] {
                let step = with(dialect::step(provider, stream, Deed::Answer), "llo", escaped);
                let server = Server::start(vec![step]);
                let reply = ask(provider, &server.address, &once(stream));
                let said = reply.as_ref().map(text).map_err(ToString::to_string);
                assert_eq!(said, Ok(expect), "{provider}, stream {stream}, {escaped}");
                assert_eq!(server.requests().len(), 1);
            }
        }
    }
}

#[test]
fn half_of_a_pair_in_thinking_costs_no_answer() {
    for provider in PROVIDERS {
        for stream in [false, true] {
            // Gemini's thought comes in one piece.
            let is_in_pieces = stream && provider != "gemini";
            let (from, to) =
                if is_in_pieces { ("\"m\"", r#""\ud83d""#) } else { ("hm", r"h\ud83d") };
            let step = with(dialect::step(provider, stream, Deed::Think), from, to);
            let server = Server::start(vec![step]);
            let reply = ask(provider, &server.address, &once(stream)).expect("an answer");
            assert_eq!(text(&reply), "hello", "{provider}, stream {stream}");
            let thinking = reply.thinking.expect("it thought");
            assert_eq!(thinking, "h\u{fffd}", "{provider}, stream {stream}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_the_replacement_character() {
    for (provider, stream) in PROVIDERS.iter().flat_map(|it| [(*it, false), (*it, true)]) {
        let (from, to) = if stream { ("llo", "l#o") } else { ("llo", "l#") };
        let step = with(dialect::step(provider, stream, Deed::Answer), from, to);
        let response = scripted_server::response(&step).into_bytes();
        let response: Vec<u8> =
            response.into_iter().map(|byte| if byte == b'#' { 0xff } else { byte }).collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let _ = stream.read(&mut [0; 65_536]).expect("a request");
            stream.write_all(&response).expect("it listens");
        });
        let reply = ask(provider, &address, &once(stream)).expect("an answer");
        let expect = if stream { "hel\u{fffd}o" } else { "hel\u{fffd}" };
        assert_eq!(text(&reply), expect, "{provider}, stream {stream}");
        server.join().expect("it answered");
    }
}
