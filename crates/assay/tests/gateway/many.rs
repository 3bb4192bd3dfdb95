//! Many sessions at once: each has its own record, and all share the pace of their provider.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use assay::gateway::{Outcome, Session, SessionLimits};
use serde_json::{Value, json};

use super::scripted_server::{answer, read_request, response};
use super::setting::{Setting, upstream};

/// A model that says what it was asked last, and how many it was asked by at once.
fn start_echo() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            thread::spawn(move || {
                let request = read_request(&mut stream);
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let (_, body) = request.split_once("\r\n\r\n").expect("a head and a body");
                let body: Value = serde_json::from_str(body).expect("JSON");
                let said = body["messages"][0]["content"].clone();
                thread::sleep(std::time::Duration::from_millis(5));
                now.fetch_sub(1, Ordering::SeqCst);
                let message = json!({ "role": "assistant", "content": said });
                let usage = json!({ "prompt_tokens": 3, "completion_tokens": 2 });
                let choices = json!([{ "message": message, "finish_reason": "stop" }]);
                let reply = json!({ "choices": choices, "usage": usage }).to_string();
                let _ = stream.write_all(response(&answer(200, &reply)).as_bytes());
            });
        }
    });
    (address, highest)
}

#[test]
fn sessions_at_once_have_each_their_own_record_and_share_the_pace() {
    let setting = Setting::new();
    let (address, most) = start_echo();
    let (sessions, questions) = (20, 10);
    let upstream = upstream("openai", &address, "concurrency = 6");
    let limits = SessionLimits { requests: Some(questions), ..SessionLimits::default() };
    let opened: Vec<Session> =
        (0..sessions).map(|_| setting.open_with(&upstream, limits)).collect();
    let begin = Barrier::new(opened.len());
    thread::scope(|scope| {
        for (agent, session) in opened.iter().enumerate() {
            let (setting, begin) = (&setting, &begin);
            scope.spawn(move || {
                begin.wait();
                for question in 0..questions {
                    let words = format!("agent {agent} asks {question}");
                    let messages = json!([{ "role": "user", "content": words }]);
                    let body = json!({ "model": "m", "messages": messages }).to_string();
                    let heard = setting.say(session, "POST /v1/chat/completions", &body);
                    let said = heard.with_status(200).json();
                    assert_eq!(said["choices"][0]["message"]["content"], words);
                }
            });
        }
    });
    let highest = most.load(Ordering::SeqCst);
    assert!((2..=6).contains(&highest), "{highest} at once");
    for (agent, session) in opened.into_iter().enumerate() {
        let conversation = setting.close(session);
        let tokens = conversation.usage.tokens.expect("they are counted");
        assert_eq!((tokens.input, tokens.output), (3 * questions, 2 * questions));
        for (question, exchange) in conversation.exchanges.iter().enumerate() {
            let Outcome::Answered { body, .. } = &exchange.outcome else { panic!("{exchange:?}") };
            let words = format!("agent {agent} asks {question}");
            assert_eq!(body["choices"][0]["message"]["content"], words);
        }
    }
}
