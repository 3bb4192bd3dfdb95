//! The connection to a model behind a server: retries, messages of failures, keys and
//! redirects. The server is part of the test: it plays a script and keeps what it was
//! sent. What each protocol says is in `providers.rs`.

mod sample;
#[expect(dead_code, reason = "these tests speak chat completions alone")]
mod scripted_server;

use std::net::TcpListener;
use std::sync::Mutex;

use assay::subject::{Message, Question, Reply, Role, Subject, SubjectConfig, load};
use assay_core::Corpus;
use assay_core::answer::Answer;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::infra_error::{InfraClass, InfraError};
use scripted_server::{End, Server, Step, answer, good};

const KEY: &str = "sk-test-0123456789abcdef";

fn subject(base_url: &str, rest: &str) -> Subject {
    let table = format!("provider = 'openai'\nmodel = 'm-1'\nbase-url = '{base_url}/v1'\n{rest}");
    let config: SubjectConfig = toml::from_str(&table).expect("the test's table is whole");
    let environment = |name: &str| (name == "OPENAI_API_KEY").then(|| KEY.to_owned());
    let corpus = Corpus { cases: Vec::new(), digest: String::new(), warnings: Vec::new() };
    load(&[config], &corpus, &environment, &mut |_, _| panic!("an agent"))
        .expect("it loads")
        .subjects
        .remove(0)
}

fn ask(subject: &Subject) -> Result<Reply, InfraError> {
    let case = sample::case("a", &["a.c"]);
    let message = |role, text: &str| Message { role, text: text.to_owned() };
    let messages = [
        message(Role::User, "write it"),
        message(Role::Assistant, "done"),
        message(Role::User, "mend it"),
    ];
    let question = Question {
        case: &case,
        scenario: sec_code_bench_v2::GEN,
        round: 1,
        messages: &messages,
        written: None,
        account: None,
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(subject.ask(&question))
}

fn text(reply: Reply) -> String {
    match reply.answer {
        Answer::Text(text) => text,
        answer => panic!("a model answers with text, not {answer:?}"),
    }
}

/// Plays a script and checks the answer or the class of the error, and that
/// every step of the script was played.
fn check(rest: &str, script: Vec<Step>, expect: Result<&str, InfraClass>) -> String {
    let steps = script.len();
    let shown = format!("{script:?}");
    let server = Server::start(script);
    let found = ask(&subject(&server.address, rest));
    assert_eq!(server.requests().len(), steps, "{shown} gave {found:?}");
    let message = found.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let found = found.map(text).map_err(|error| error.class);
    assert_eq!(found, expect.map(str::to_owned), "{shown}: {message}");
    assert!(!message.contains(KEY), "{message}");
    message
}

#[test]
fn a_query_of_the_base_url_is_kept_and_no_key_is_sent_without_one() {
    let server = Server::start(vec![good()]);
    let table = format!(
        "provider = 'openai'\nmodel = 'm'\napi-key-env = 'UNSET'\nbase-url = '{}/?api-version=1'",
        server.address
    );
    let config: SubjectConfig = toml::from_str(&table).expect("the table is whole");
    let corpus = Corpus { cases: Vec::new(), digest: String::new(), warnings: Vec::new() };
    let loaded =
        load(&[config], &corpus, &|_| None, &mut |_, _| panic!("an agent")).expect("it loads");
    ask(&loaded.subjects[0]).expect("it answers");
    let request = server.requests().remove(0);
    assert!(request.starts_with("POST /chat/completions?api-version=1 "), "{request}");
    assert!(!request.to_lowercase().contains("authorization"), "{request}");
}

#[test]
fn a_wait_that_is_asked_for_is_waited() {
    for header in ["Retry-After: 1", "retry-after-ms: 10"] {
        let headers = format!("{header}\r\n");
        let slow = Step::Answer { status: 429, headers, body: String::new() };
        check("", vec![slow, answer(408, ""), good()], Ok("hello"));
    }
}

#[test]
fn a_failure_that_stays_is_returned_with_its_class_and_last_message() {
    let check = |rest: &str, script: Vec<Step>, class: InfraClass, part: &str| {
        let message = check(rest, script, Err(class));
        assert!(message.contains(part), "{message}\nlacks {part}");
    };
    let twice = |step: Step| vec![step.clone(), step];
    let slow = answer(429, r#"{"error":{"message":"slow down"}}"#);
    check("retries = 1", twice(slow), InfraClass::RateLimit, "slow down (after 2 requests)");
    check("retries = 1", twice(answer(500, "")), InfraClass::Server, "500");
    check("retries = 1", twice(answer(200, "<html>")), InfraClass::MalformedResponse, "not JSON");
    check("retries = 1", twice(answer(200, "{}")), InfraClass::MalformedResponse, "choices");
    check("retries = 1", twice(Step::Drop), InfraClass::Connection, "connection");
    check("retries = 0", vec![Step::Truncate], InfraClass::Connection, "body");
    check("retries = 0\ntimeout-seconds = 1", vec![Step::Hang], InfraClass::Timeout, "timed out");
}

#[test]
fn a_wait_beyond_the_bounds_is_not_begun() {
    let tomorrow = Step::Answer {
        status: 429,
        headers: "Retry-After: 86400\r\n".to_owned(),
        body: String::new(),
    };
    let message = check("", vec![tomorrow], Err(InfraClass::RateLimit));
    assert!(message.contains("86400"), "{message}");
}

#[test]
fn a_server_that_is_not_there_is_a_connection_error() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let error = ask(&subject(&address, "retries = 0")).expect_err("nothing listens");
    assert_eq!(error.class, InfraClass::Connection, "{error}");
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let more = format!("data: \"{}\"", "x".repeat(1 << 16));
    let huge = Step::Events { events: vec![more; 520], end: End::Silent };
    let rest = "retries = 0\nstream = true";
    let message = check(rest, vec![huge], Err(InfraClass::MalformedResponse));
    assert!(message.contains("larger than"), "{message}");
}

#[test]
fn a_redirect_is_named_and_never_followed() {
    for status in [301, 302, 307, 308] {
        let other = Server::start(vec![good()]);
        let headers = format!("Location: {}/v1/chat/completions\r\n", other.address);
        let redirect = Step::Answer { status, headers, body: String::new() };
        let message = check("", vec![redirect], Err(InfraClass::BadRequest));
        assert!(message.contains(&other.address), "{message}");
        assert_eq!(other.requests(), Vec::<String>::new());
    }
}

#[test]
fn a_server_that_echoes_the_key_does_not_make_it_known() {
    let escaped: String = KEY.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let filler = "x".repeat(590);
    for body in [
        KEY.to_owned(),
        format!(r#"{{"error":{{"message":"bad key {KEY}"}}}}"#),
        format!(r#"{{"error":{{"message":"bad key {escaped}"}}}}"#),
        format!(r#"{{"odd":"{escaped}"}}"#),
        // Shortening must not leave the first half of it.
        format!("{filler}{KEY}"),
    ] {
        let message = check("", vec![answer(401, &body)], Err(InfraClass::Authentication));
        assert!(!message.contains("sk-test"), "{message}");
    }
    let echo = Step::Answer {
        status: 302,
        headers: format!("Location: http://x/?{KEY}\r\n"),
        body: String::new(),
    };
    check("", vec![echo], Err(InfraClass::BadRequest));
    let subject = subject("http://127.0.0.1:1", "");
    assert!(!format!("{subject:?}").contains("sk-test"), "{subject:?}");
}

#[test]
fn what_a_server_says_is_shortened_and_without_control_characters() {
    let body = format!("\u{1b}[31m{}", "x".repeat(5_000));
    let message = check("", vec![answer(400, &body)], Err(InfraClass::BadRequest));
    assert!(!message.contains('\u{1b}') && message.len() < 700, "{message}");
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    // The server holds the first connection until the client gives up. A second
    // question that did not wait its turn would be answered before.
    let server = Server::start(vec![Step::Hang, good()]);
    let subject = subject(&server.address, "concurrency = 1\ntimeout-seconds = 1\nretries = 0");
    let case = sample::case("a", &["a.c"]);
    let ended = Mutex::new(Vec::new());
    let ask = |number: usize| {
        let messages = [Message { role: Role::User, text: format!("question {number}") }];
        let (case, subject, ended) = (&case, &subject, &ended);
        async move {
            let question = Question {
                case,
                scenario: sec_code_bench_v2::GEN,
                round: 1,
                messages: &messages,
                written: None,
                account: None,
            };
            let reply = subject.ask(&question).await;
            ended.lock().expect("no test panics with it").push((number, reply.is_ok()));
        }
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::join!(ask(1), ask(2)) });
    let ended = ended.lock().expect("no test panics with it");
    assert_eq!(*ended, [(1, false), (2, true)]);
}

#[test]
fn a_refused_key_is_not_sent_again() {
    let server = Server::start(vec![answer(401, "{}"), good()]);
    let subject = subject(&server.address, "");
    for _ in 0..3 {
        let error = ask(&subject).expect_err("the key is refused");
        assert_eq!(error.class, InfraClass::Authentication, "{error}");
    }
    assert_eq!(server.requests().len(), 1);
}
