//! An agent that passes a limit is told so, and the gateway says which.

use std::time::Duration;

use assay::gateway::{End as SessionEnd, Limit, NoSession, Outcome, SessionConfig, SessionLimits};
use assay_core::Cost;

use super::scripted_server::dialect::{self, Deed};
use super::scripted_server::{End, Server, Step};
use super::setting::{PROVIDERS, Setting, upstream};

const PRICE: &str = "price = { input = 1, output = 10 }";

/// Asks until the limit is passed: after so many answers.
fn check(limits: SessionLimits, answers: usize, limit: Limit) {
    let setting = Setting::new();
    for provider in PROVIDERS {
        for stream in [false, true] {
            let script = vec![dialect::step(provider, stream, Deed::Answer); answers + 1];
            let server = Server::start(script);
            let upstream = upstream(provider, &server.address, PRICE);
            let session = setting.open_with(&upstream, limits);
            for _ in 0..answers {
                setting.ask(&session, provider, stream).with_status(200);
            }
            for _ in 0..2 {
                let heard = setting.ask(&session, provider, stream).with_status(400);
                let said = heard.json()["error"]["message"].as_str().expect("words").to_owned();
                let words = format!("the limit on the {limit} of this attempt is reached");
                assert!(said.contains(&words), "{said}");
                assert!(heard.head.contains("x-should-retry: false"), "{heard:?}");
            }
            let ended = setting.runtime.block_on(session.ended());
            assert_eq!(ended, SessionEnd::Limit(limit), "{provider}");
            let conversation = setting.close(session);
            assert_eq!(conversation.limit(), Some(limit), "{provider}");
            assert_eq!(conversation.failure(), None, "{provider}");
            assert_eq!(server.requests().len(), answers, "{provider}");
            assert_eq!(conversation.exchanges.len(), answers + 2, "{provider}");
        }
    }
}

#[test]
fn a_limit_on_requests_ends_a_session() {
    check(SessionLimits { requests: Some(2), ..SessionLimits::default() }, 2, Limit::Requests);
}

#[test]
fn a_limit_on_tokens_ends_a_session() {
    // Each answer takes 90.
    check(SessionLimits { tokens: Some(91), ..SessionLimits::default() }, 2, Limit::Tokens);
}

#[test]
fn a_limit_on_cost_ends_a_session() {
    // Each answer takes 70 at 1 and 20 at 10 a million.
    let cost = Some(Cost::from_nanos(270_000));
    check(SessionLimits { cost, ..SessionLimits::default() }, 1, Limit::Cost);
}

#[test]
fn a_limit_on_time_ends_a_session_before_it_begins() {
    let wall_time = Some(Duration::ZERO);
    let limits = SessionLimits { wall_time, ..SessionLimits::default() };
    let setting = Setting::new();
    let upstream = upstream("openai", "http://127.0.0.1:1", "");
    let session = setting.open_with(&upstream, limits);
    setting.ask(&session, "openai", false).with_status(400);
    assert_eq!(setting.close(session).limit(), Some(Limit::WallTime));
}

#[test]
fn time_that_is_up_cuts_off_what_is_under_way() {
    std::thread::scope(|scope| {
        for provider in PROVIDERS {
            scope.spawn(|| cut_off(provider));
        }
    });
}

fn cut_off(provider: &str) {
    let setting = Setting::new();
    let events = dialect::beginning(provider);
    let sent: String = events.iter().map(|event| format!("{event}\n\n")).collect();
    let server = Server::start(vec![Step::Events { events, end: End::Silent }]);
    let upstream = upstream(provider, &server.address, "");
    // Long enough for the answer to begin on a busy machine.
    let wall_time = Some(Duration::from_secs(3));
    let limits = SessionLimits { wall_time, ..SessionLimits::default() };
    let session = setting.open_with(&upstream, limits);
    let heard = setting.ask(&session, provider, true).with_status(200);
    let last = heard.body.strip_prefix(&sent).expect("what came before");
    assert!(last.contains("data: {") && last.contains("the limit on the time"), "{last}");
    assert!(heard.is_whole, "{provider}: {heard:?}");
    assert_eq!(setting.runtime.block_on(session.ended()), SessionEnd::Limit(Limit::WallTime));
    let conversation = setting.close(session);
    let outcome = &conversation.exchanges[0].outcome;
    let Outcome::CutOff { body, usage } = outcome else { panic!("{outcome:?}") };
    assert!(!body.is_null() && usage.estimate.is_some(), "{outcome:?}");
    assert_eq!(conversation.failure(), None, "{provider}");
}

#[test]
fn a_session_that_waits_for_a_silent_provider_ends_when_its_time_is_up() {
    let setting = Setting::new();
    let server = Server::start(vec![Step::Hang]);
    let upstream = upstream("openai", &server.address, "");
    let wall_time = Some(Duration::from_millis(300));
    let limits = SessionLimits { wall_time, ..SessionLimits::default() };
    let session = setting.open_with(&upstream, limits);
    let heard = setting.ask(&session, "openai", false).with_status(400);
    assert!(heard.body.contains("the limit on the time"), "{heard:?}");
    let conversation = setting.close(session);
    assert_eq!((conversation.limit(), conversation.failure()), (Some(Limit::WallTime), None));
}

#[test]
fn a_limit_on_cost_needs_a_price() {
    let setting = Setting::new();
    let config = SessionConfig {
        upstream: upstream("openai", "http://127.0.0.1:1", ""),
        naming: Default::default(),
        limits: SessionLimits { cost: Some(Cost::ZERO), ..SessionLimits::default() },
        account: None,
    };
    assert!(matches!(setting.gateway.open(config), Err(NoSession::NoPrice(_))));
}
