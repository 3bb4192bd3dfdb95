//! The key is nowhere but in what the provider is sent.

use serde_json::json;

use super::scripted_server::dialect::{self, Deed};
use super::scripted_server::{End, Server, Step, answer};
use super::setting::{KEY, PROVIDERS, Setting, body, line};

/// Plays a script to one question, or as many as there are steps, and looks everywhere.
fn check(provider: &str, stream: bool, script: Vec<Step>, is_final: bool) {
    let setting = Setting::new();
    let questions = script.len();
    let server = Server::start(script);
    let session = setting.open(provider, &server.address, "retries = 0");
    for _ in 0..questions {
        let heard = setting.ask(&session, provider, stream);
        let shown = format!("{heard:?}");
        assert!(!shown.contains("planted"), "{provider}: {shown}");
    }
    let token = session.token().to_owned();
    let conversation = setting.close(session);
    assert_eq!(conversation.failure().is_some(), is_final, "{provider}: {conversation:?}");
    let kept = serde_json::to_string(&conversation).expect("JSON") + &format!("{conversation:?}");
    assert!(!kept.contains("planted") && !kept.contains(&token), "{provider}: {kept}");
    let requests = server.requests();
    assert!(!requests.is_empty(), "{provider}");
    for request in requests {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(KEY) && !body.contains(KEY), "{provider}: {request}");
    }
}

#[test]
fn a_server_that_echoes_the_key_does_not_make_it_known() {
    for provider in PROVIDERS {
        let echo = format!("you sent Bearer {KEY}");
        let error = json!({ "error": { "message": echo } }).to_string();
        check(provider, false, vec![answer(400, &error)], false);
        check(provider, false, vec![answer(401, &error)], true);
        check(provider, false, vec![answer(500, &error)], true);
        check(provider, false, vec![answer(200, &error)], true);
        check(provider, false, vec![dialect::saying(provider, false, &echo)], true);
        let Step::Events { mut events, end } = dialect::step(provider, true, Deed::Answer) else {
            panic!("{provider} answers in events");
        };
        events.insert(2, format!(": {echo}"));
        check(provider, true, vec![Step::Events { events, end }], true);
    }
}

#[test]
fn a_key_whose_pieces_come_apart_is_not_kept() {
    // The agent has then seen both halves; no record has.
    let setting = Setting::new();
    let server = Server::start(vec![dialect::saying("openai", true, KEY)]);
    let session = setting.open("openai", &server.address, "retries = 0");
    setting.ask(&session, "openai", true);
    let conversation = setting.close(session);
    let failure = conversation.failure().expect("it failed").to_string();
    assert!(failure.contains("sent the API key back"), "{failure}");
    assert!(!format!("{conversation:?}").contains("planted"));
}

#[test]
fn what_an_agent_says_of_its_token_is_not_kept() {
    let setting = Setting::new();
    let server = Server::start(vec![dialect::step("openai", false, Deed::Answer)]);
    let session = setting.open("openai", &server.address, "");
    let said = body("openai", false).replace("write it", &format!("{} {KEY}", session.token()));
    let line = format!("{}?key={}", line("openai", false), session.token());
    setting.say(&session, &line, &said).with_status(200);
    let token = session.token().to_owned();
    let conversation = setting.close(session);
    let kept = serde_json::to_string(&conversation).expect("JSON");
    assert!(kept.contains("[token] [API key]") && !kept.contains(&token), "{kept}");
    assert!(!kept.contains("planted"), "{kept}");
}

#[test]
fn a_broken_stream_that_has_the_key_in_its_part_is_not_kept() {
    let setting = Setting::new();
    let Step::Events { mut events, .. } = dialect::saying("openai", true, KEY) else {
        panic!("it answers in events");
    };
    events.truncate(3);
    let server = Server::start(vec![Step::Events { events, end: End::Dropped }]);
    let session = setting.open("openai", &server.address, "retries = 0");
    setting.ask(&session, "openai", true);
    let conversation = setting.close(session);
    assert!(conversation.failure().is_some());
    assert!(!format!("{conversation:?}").contains("planted"));
}
