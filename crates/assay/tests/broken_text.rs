//! What a model said reaches its attempt although a server's JSON holds half of a
//! surrogate pair, or bytes that are not UTF-8: in every protocol, whole and in events.

#[expect(dead_code, reason = "these tests say all in dialects")]
mod scripted_server;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use assay::subject::pace::Paces;
use assay::subject::{Message, ModelSubject, Reply, SubjectConfig};
use assay_core::record::Answer;
use assay_core::verdict::InfraError;
use scripted_server::dialect::{self, Deed};
use scripted_server::{Server, Step};

const PROVIDERS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

/// Asks once, and not again.
fn ask(provider: &str, address: &str, stream: bool) -> Result<Reply, InfraError> {
    let table = format!(
        "provider = '{provider}'\nmodel = 'm'\nbase-url = '{address}/v1'\nretries = 0\nstream = {stream}\n"
    );
    let config: SubjectConfig = toml::from_str(&table).expect("the table is whole");
    let (provider, config) = config.model().expect("a model");
    let no_key = |_: &str| None;
    let subject = ModelSubject::new(provider, config, &no_key, &mut Paces::default());
    let subject = subject.expect("it loads");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(subject.ask(&[Message::user("write it")], None))
}

fn text(reply: &Reply) -> &str {
    match &reply.answer {
        Answer::Text(text) => text,
        answer => panic!("a model answers with text, not {answer:?}"),
    }
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
                let reply = ask(provider, &server.address, stream);
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
            let reply = ask(provider, &server.address, stream).expect("an answer");
            assert_eq!(text(&reply), "hello", "{provider}, stream {stream}");
            let thinking = reply.thinking.expect("it thought");
            assert_eq!(thinking, "h\u{fffd}", "{provider}, stream {stream}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_the_replacement_character() {
    for provider in PROVIDERS {
        let step = with(dialect::step(provider, false, Deed::Answer), "llo", "l#");
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
        let reply = ask(provider, &address, false).expect("an answer");
        assert_eq!(text(&reply), "hel\u{fffd}", "{provider}");
        server.join().expect("it answered");
    }
}
