//! Judges behind scripted servers, and what they were asked.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::door::Door;
use crate::scripted_server::{Step, answer, read_request, response};

/// A server that goes on for as long as it is asked, and decides by the question.
pub(crate) struct Deciding {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Deciding {
    pub(crate) fn start(decide: impl Fn(&str) -> Step + Send + 'static) -> Deciding {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let request = read_request(&mut stream);
                let step = decide(&request);
                log.lock().expect("no test panics with it").push(request);
                let _ = stream.write_all(response(&step).as_bytes());
            }
        });
        Deciding { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics with it").clone()
    }
}

/// A judge and the server that is it.
pub(crate) struct Judge {
    pub(crate) name: &'static str,
    pub(crate) server: Deciding,
}

impl Judge {
    pub(crate) fn new(name: &'static str, decide: impl Fn(&str) -> Step + Send + 'static) -> Judge {
        Judge { name, server: Deciding::start(decide) }
    }
}

/// Writes a configuration of subjects by kind and of judges, who are asked once for
/// each answer.
pub(crate) fn configure(door: &Door, subjects: &[&str], judges: &[Judge]) {
    let mut config = String::new();
    for subject in subjects {
        config.push_str(&format!("[[subject]]\nprovider = \"{subject}\"\n"));
    }
    for judge in judges {
        config.push_str(&format!(
            "[[judge]]\nprovider = \"openai\"\nmodel = \"m\"\nname = \"{}\"\nbase-url = \"{}/v1\"\nretries = 0\n",
            judge.name, judge.server.address
        ));
    }
    door.write("assay.toml", config);
}

/// A completion with this text, which took 100 tokens in and 7 out.
pub(crate) fn says(text: &str) -> Step {
    let body = json!({
        "choices": [{ "message": { "role": "assistant", "content": text } }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 7 },
    });
    answer(200, &body.to_string())
}

/// A vote in due form.
pub(crate) fn opinion(passed: bool) -> Step {
    let verdict = if passed { "pass" } else { "fail" };
    says(&json!({ "reason": "line 1 decides", "verdict": verdict }).to_string())
}

pub(crate) fn body(request: &str) -> Value {
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

pub(crate) fn messages(request: &str) -> Vec<Value> {
    body(request)["messages"].as_array().expect("a list").clone()
}

fn content(request: &str, place: usize) -> String {
    messages(request)[place]["content"].as_str().expect("a text").to_owned()
}

/// What a judge was told of its part.
pub(crate) fn system(request: &str) -> String {
    content(request, 0)
}

/// The rubric and the material.
pub(crate) fn user(request: &str) -> String {
    content(request, 1)
}

/// The mark around the pieces of the material.
pub(crate) fn mark(request: &str) -> String {
    let system = system(request);
    let (before, _) = system.split_once(" BEGIN").expect("a mark");
    before.rsplit(' ').next().expect("a word").to_owned()
}
