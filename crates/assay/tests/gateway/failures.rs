//! What a provider does that is not an answer, and what becomes of it: for the agent, which
//! may go on, and for its attempt, which may have ended by it.

use assay::gateway::{End as SessionEnd, Outcome};
use assay_core::infra_error::InfraClass;

use super::agent::{Agent, request};
use super::scripted_server::dialect::{self, Deed};
use super::scripted_server::{End, Server, Step, answer};
use super::setting::{PROVIDERS, Setting, body, line, upstream};

/// A failure that passes.
fn fleeting() -> Vec<Step> {
    vec![answer(429, "{}"), answer(529, "{}"), Step::Drop]
}

#[test]
fn what_may_pass_is_tried_again_and_the_agent_sees_nothing_of_it() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        for stream in [false, true] {
            let mut script = vec![answer(429, "{}"), answer(500, "{}")];
            if stream {
                let events = vec![dialect::failure(provider)];
                script.push(Step::Events { events, end: End::Proper });
            } else {
                script.push(Step::Truncate);
            }
            script.push(dialect::step(provider, stream, Deed::Answer));
            let server = Server::start(script);
            let session = setting.open(provider, &server.address, "retries = 3");
            let heard = setting.ask(&session, provider, stream).with_status(200);
            let shown = format!("{heard:?}");
            assert!(heard.is_whole && !shown.contains("overloaded"), "{provider}: {shown}");
            let conversation = setting.close(session);
            let usage = conversation.usage;
            assert_eq!((usage.requests, conversation.requests), (4, 1), "{provider}");
            assert_eq!(conversation.failure(), None, "{provider}");
        }
    }
}

#[test]
fn what_does_not_pass_ends_the_session_and_is_the_providers_failure() {
    let setting = Setting::new();
    let check = |provider: &str, steps: Vec<Step>, class: InfraClass| {
        let rest = format!("retries = {}\ntimeout-seconds = 1", steps.len() - 1);
        let server = Server::start(steps);
        let session = setting.open(provider, &server.address, &rest);
        // Agents try any other status again.
        let heard = setting.ask(&session, provider, false).with_status(400);
        assert!(heard.head.contains("x-should-retry: false"), "{heard:?}");
        // What the words of a failure would have some agents do too.
        let message = heard.json()["error"]["message"].as_str().expect("words").to_owned();
        let expect = "gateway of Assay: the model cannot be asked in this attempt, so nothing more is answered";
        assert_eq!(message, expect, "{provider}");
        // Nothing more is asked: the answer would come from nobody.
        let asked = server.requests().len();
        setting.ask(&session, provider, true).with_status(400);
        assert_eq!(server.requests().len(), asked, "{provider}");
        let ended = setting.runtime.block_on(session.ended());
        let conversation = setting.close(session);
        assert_eq!(conversation.end.as_ref(), Some(&ended), "{provider}");
        assert!(matches!(ended, SessionEnd::Failure(_)), "{ended:?}");
        let failure = conversation.failure().expect("it failed");
        assert_eq!(failure.class, class, "{provider}: {failure}");
        assert_eq!(conversation.limit(), None);
        assert!(matches!(conversation.exchanges[0].outcome, Outcome::Failed { .. }));
    };
    for provider in PROVIDERS {
        check(provider, vec![answer(429, "{}"); 2], InfraClass::RateLimit);
        check(provider, vec![answer(500, "{}"); 2], InfraClass::Server);
        check(provider, vec![answer(401, "{}")], InfraClass::Authentication);
        check(provider, vec![answer(402, "{}")], InfraClass::Quota);
        check(provider, vec![answer(404, "{}")], InfraClass::NotFound);
        check(provider, vec![Step::Drop; 2], InfraClass::Connection);
        check(provider, vec![Step::Hang], InfraClass::Timeout);
        check(provider, vec![answer(200, "<html>")], InfraClass::MalformedResponse);
    }
}

#[test]
fn a_stream_that_breaks_off_does_so_for_the_agent_which_may_go_on() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        let events = dialect::beginning(provider);
        let sent: String = events.iter().map(|event| format!("{event}\n\n")).collect();
        let script = vec![
            Step::Events { events: events.clone(), end: End::Dropped },
            dialect::step(provider, true, Deed::Answer),
            Step::Events { events, end: End::Silent },
        ];
        let server = Server::start(script);
        let session = setting.open(provider, &server.address, "idle-seconds = 1");
        let heard = setting.ask(&session, provider, true).with_status(200);
        assert_eq!((heard.body.as_str(), heard.is_whole), (sent.as_str(), false), "{provider}");
        let usage = session.usage();
        assert!(usage.estimate.is_some_and(|it| it.tokens.input > 0), "{provider}: {usage:?}");
        assert!(setting.ask(&session, provider, true).with_status(200).is_whole, "{provider}");
        assert!(!setting.ask(&session, provider, true).with_status(200).is_whole, "{provider}");
        let conversation = setting.close(session);
        let failure = conversation.failure().map(|failure| failure.class);
        assert_eq!(failure, Some(InfraClass::Timeout), "{provider}: the last answer broke off");
        assert_eq!(conversation.end, None, "{provider}");
        let first = &conversation.exchanges[0].outcome;
        let Outcome::Failed { error, body, .. } = first else { panic!("{first:?}") };
        assert_eq!(error.class, InfraClass::Connection, "{provider}");
        assert!(!body.is_null(), "{provider}: the part that came is kept");
    }
}

#[test]
fn an_error_in_the_middle_of_a_stream_is_passed_on_and_a_failure_unless_the_agent_goes_on() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        let mut events = dialect::beginning(provider);
        events.push(dialect::failure(provider));
        let failing = Step::Events { events, end: End::Proper };
        let server =
            Server::start(vec![failing.clone(), dialect::step(provider, true, Deed::Answer)]);
        let session = setting.open(provider, &server.address, "");
        let heard = setting.ask(&session, provider, true).with_status(200);
        assert!(heard.body.contains("overloaded") && heard.is_whole, "{provider}: {heard:?}");
        setting.ask(&session, provider, true).with_status(200);
        assert_eq!(setting.close(session).failure(), None, "{provider}");
        let server = Server::start(vec![failing]);
        let session = setting.open(provider, &server.address, "");
        setting.ask(&session, provider, true).with_status(200);
        let conversation = setting.close(session);
        let failure = conversation.failure().map(|failure| failure.class);
        assert_eq!(failure, Some(InfraClass::Server), "{provider}");
    }
}

#[test]
fn what_the_provider_refuses_of_a_question_is_the_agents_to_see() {
    let setting = Setting::new();
    for provider in PROVIDERS {
        let long = r#"{"error":{"code":"context_length_exceeded","message":"too long"}}"#;
        let filtered = r#"{"error":{"code":"content_filter","message":"no"}}"#;
        let refused = r#"{"error":{"message":"temperature is deprecated"}}"#;
        let script = vec![answer(400, long), answer(400, filtered), answer(422, refused)];
        let server = Server::start(script);
        let session = setting.open(provider, &server.address, "");
        for (status, body) in [(400, long), (400, filtered), (422, refused)] {
            let heard = setting.ask(&session, provider, true).with_status(status);
            assert_eq!(heard.body, body, "{provider}");
        }
        let conversation = setting.close(session);
        assert_eq!((conversation.failure(), &conversation.end), (None, &None), "{provider}");
        let classes = conversation.exchanges.iter().map(|exchange| match exchange.outcome {
            Outcome::Declined { class, .. } => class,
            ref other => panic!("{other:?}"),
        });
        let expect = [Some(InfraClass::ContextFull), None, Some(InfraClass::BadRequest)];
        assert_eq!(classes.collect::<Vec<_>>(), expect, "{provider}");
    }
}

#[test]
fn tokens_that_cannot_be_counted_hinder_nobody() {
    let setting = Setting::new();
    let answered = dialect::step("anthropic", false, Deed::Answer);
    let script = vec![answer(404, "{}"), answer(500, "{}"), answered];
    let server = Server::start(script);
    let session = setting.open("anthropic", &server.address, "retries = 0");
    let body = body("anthropic", false);
    for status in [404, 502] {
        setting.say(&session, "POST /v1/messages/count_tokens", &body).with_status(status);
    }
    setting.ask(&session, "anthropic", false).with_status(200);
    assert_eq!(setting.close(session).failure(), None);
}

#[test]
fn an_agent_that_goes_away_is_recorded_and_what_came_is_counted() {
    let setting = Setting::new();
    let events = dialect::beginning("anthropic");
    let script = vec![Step::Events { events, end: End::Silent }, Step::Hang];
    let server = Server::start(script);
    let session = setting.open("anthropic", &server.address, "");
    for stream in [true, false] {
        let mut agent = Agent::connect(setting.gateway.address());
        let asked = body("anthropic", stream);
        agent.say(request(&line("anthropic", stream), session.token(), &asked).as_bytes());
        if stream {
            agent.hear_some(20);
        } else {
            while server.requests().len() < 2 {
                std::thread::yield_now();
            }
        }
        agent.hang_up();
    }
    let mut conversation = setting.close(session);
    let abandoned = conversation.exchanges.pop().expect("two").outcome;
    // It may have been cut off by the end of the session first.
    let usage = abandoned.usage().copied().unwrap_or_default();
    assert!(usage.estimate.is_some_and(|it| it.tokens.input > 20), "{abandoned:?}");
    let first = &conversation.exchanges[0].outcome;
    assert!(first.usage().is_some_and(|it| it.estimate.is_some()), "{first:?}");
}

#[test]
fn a_provider_that_is_refused_for_good_is_not_asked_by_other_sessions_either() {
    let setting = Setting::new();
    let server = Server::start(vec![answer(401, "{}")]);
    let upstream = upstream("openai", &server.address, "");
    let limits = assay::gateway::SessionLimits::default;
    let first = setting.open_with(&upstream, limits());
    setting.ask(&first, "openai", false).with_status(400);
    assert!(upstream.refusal().is_some());
    let second = setting.open_with(&upstream, limits());
    setting.ask(&second, "openai", false).with_status(400);
    assert_eq!(server.requests().len(), 1);
    let failure = setting.close(second).failure().map(|failure| failure.class);
    assert_eq!(failure, Some(InfraClass::Authentication));
}

#[test]
fn failures_that_pass_are_counted_by_the_pace_of_the_provider() {
    let setting = Setting::new();
    let mut script = fleeting();
    script.push(dialect::step("openai", false, Deed::Answer));
    let server = Server::start(script);
    let mut paces = assay::subject::pace::Paces::default();
    let table = format!("provider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'", server.address);
    let config: assay::subject::SubjectConfig = toml::from_str(&table).expect("it is whole");
    let (provider, config) = config.model().expect("a model");
    let upstream = assay::subject::Upstream::new(provider, config, &|_| None, &mut paces);
    let upstream = std::sync::Arc::new(upstream.expect("it loads"));
    let session = setting.open_with(&upstream, assay::gateway::SessionLimits::default());
    setting.ask(&session, "openai", false).with_status(200);
    let view = paces.iter().next().expect("a pace").view();
    assert_eq!((view.limited, view.failed, view.answered), (2, 1, 1), "{view:?}");
    assert_eq!(view.in_flight, 0, "{view:?}");
}
