//! An agent that attacks the gateway.

use assay::gateway::Outcome;

use super::agent::{Agent, request};
use super::scripted_server::dialect::{self, Deed};
use super::scripted_server::{Server, Step};
use super::setting::{Setting, body, line};

fn setting_with_one_answer() -> (Setting, Server) {
    let server = Server::start(vec![dialect::step("openai", false, Deed::Answer); 2]);
    (Setting::new(), server)
}

#[test]
fn a_huge_body_is_refused_before_it_is_read() {
    let (setting, server) = setting_with_one_answer();
    let session = setting.open("openai", &server.address, "");
    let mut agent = Agent::connect(setting.gateway.address());
    let (line, token) = (line("openai", false), session.token());
    agent.say(format!("{line} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\nContent-Length: 999999999999\r\n\r\n{{").as_bytes());
    agent.hear().with_status(413);
    // One that does not say how long it is.
    let mut agent = Agent::connect(setting.gateway.address());
    agent.say(format!("{line} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes());
    let piece = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    let taken = (0..64).take_while(|_| agent.say(piece.as_bytes())).count();
    assert!(taken < 64, "it is read to its end");
    let conversation = setting.close(session);
    for exchange in &conversation.exchanges {
        let outcome = &exchange.outcome;
        assert!(matches!(outcome, Outcome::Refused { status: 413, .. }), "{outcome:?}");
    }
    assert_eq!((conversation.exchanges.len(), server.requests().len()), (2, 0));
}

#[test]
fn no_second_request_hides_in_a_first() {
    let (setting, server) = setting_with_one_answer();
    let session = setting.open("openai", &server.address, "");
    let (line, token) = (line("openai", false), session.token());
    let hidden = request("POST /v1/files", token, "{}");
    let asked = body("openai", false);
    let length = asked.len();
    // Two after each other: the second is not read.
    let mut agent = Agent::connect(setting.gateway.address());
    agent.say((request(&line, token, &asked) + &hidden).as_bytes());
    let heard = agent.hear().with_status(200);
    assert!(!heard.body.contains("HTTP/1.1"), "{heard:?}");
    // Two lengths, in each order and form.
    for lengths in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
        format!("Content-Length: {length}\r\nContent-Length: 0"),
        format!("Content-Length: {length}, 0"),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: {length}"),
    ] {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n{lengths}\r\n\r\n"
        );
        let mut agent = Agent::connect(setting.gateway.address());
        agent.say((head + &asked + &hidden).as_bytes());
        let status = agent.hear().status;
        assert_eq!(status, 400, "{lengths}");
    }
    let conversation = setting.close(session);
    assert_eq!(conversation.requests, 1);
    let paths = conversation.exchanges.iter().map(|exchange| exchange.path.as_str());
    assert!(paths.into_iter().all(|path| path != "/v1/files"), "{conversation:?}");
    for request in server.requests() {
        assert!(!request.contains("/v1/files"), "{request}");
    }
}

#[test]
fn what_is_no_http_ends_a_connection_and_nothing_else() {
    let (setting, server) = setting_with_one_answer();
    let session = setting.open("openai", &server.address, "");
    for bytes in [
        "\0\0\0\0\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "CONNECT host:443 HTTP/1.1\r\nHost: host:443\r\n\r\n".to_owned(),
        format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20)),
        format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(5_000)),
    ] {
        let mut agent = Agent::connect(setting.gateway.address());
        agent.say(bytes.as_bytes());
        let status = agent.hear().status;
        assert!([0, 400, 401, 414, 431].contains(&status), "{status} for {bytes:.40?}");
    }
    setting.ask(&session, "openai", false).with_status(200);
}

#[test]
fn a_compressed_body_is_refused() {
    let (setting, server) = setting_with_one_answer();
    let session = setting.open("openai", &server.address, "");
    let mut agent = Agent::connect(setting.gateway.address());
    let (line, token) = (line("openai", false), session.token());
    agent.say(format!("{line} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes());
    agent.hear().with_status(415);
    assert!(server.requests().is_empty());
}

#[test]
fn a_body_that_never_ends_hinders_nobody_and_ends_with_the_session() {
    let (setting, server) = setting_with_one_answer();
    let session = setting.open("openai", &server.address, "");
    let (line, token) = (line("openai", false), session.token());
    let mut slow = Agent::connect(setting.gateway.address());
    slow.say(format!("{line} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\nContent-Length: 100\r\n\r\n{{").as_bytes());
    setting.ask(&session, "openai", false).with_status(200);
    let conversation = setting.close(session);
    slow.hear().with_status(400);
    assert_eq!(conversation.requests, 1);
}

#[test]
fn deep_and_wide_json_is_refused_or_passed_on_and_never_a_crash() {
    let server = Server::start(vec![Step::Drop; 4]);
    let setting = Setting::new();
    let session = setting.open("openai", &server.address, "retries = 0");
    let deep = format!("{{\"model\":\"m\",\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    setting.say(&session, "POST /v1/chat/completions", &deep).with_status(400);
    let wide = format!("{{\"model\":\"m\",\"x\":[{}1]}}", "1,".repeat(500_000));
    let heard = setting.say(&session, "POST /v1/chat/completions", &wide).with_status(400);
    assert!(heard.body.contains("the model cannot be asked"), "{heard:?}");
    assert_eq!(server.requests().len(), 1);
}
