//! A server of a model that answers by what it is asked, and may fail instead.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::scripted_server::{Step, answer, is_inquiry, read_request, response};

/// A conversation that the model is asked to go on with, oldest message first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked(pub(crate) Vec<String>);

impl Asked {
    pub(crate) fn first(&self) -> &str {
        self.0.first().expect("a message")
    }

    pub(crate) fn last(&self) -> &str {
        self.0.last().expect("a message")
    }
}

/// The server.
pub(crate) struct Model {
    address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// An answer that is a text.
pub(crate) fn text(text: &str) -> Step {
    let message = json!({ "role": "assistant", "content": text });
    let choice = json!({ "message": message, "finish_reason": "stop" });
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150 });
    answer(200, &json!({ "choices": [choice], "usage": usage }).to_string())
}

impl Model {
    pub(crate) fn start(reply: impl Fn(&Asked) -> Step + Send + Sync + 'static) -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, reply) = (Arc::clone(&asked), Arc::new(reply));
        let address = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
        thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let (log, reply) = (Arc::clone(&log), Arc::clone(&reply));
                thread::spawn(move || {
                    let request = read_request(&mut stream);
                    // A client that is killed sends half a request.
                    if !request.contains("\r\n\r\n") {
                        return;
                    }
                    let step = if is_inquiry(&request) {
                        answer(404, "{}")
                    } else {
                        let asked = conversation(&request);
                        log.lock().expect("no test panics with it").push(asked.clone());
                        reply(&asked)
                    };
                    let _ = stream.write_all(response(&step).as_bytes());
                    if matches!(step, Step::Hang) {
                        loop {
                            thread::park();
                        }
                    }
                });
            }
        });
        Model { address, asked }
    }

    pub(crate) fn base(&self) -> &str {
        &self.address
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics with it").clone()
    }
}

fn conversation(request: &str) -> Asked {
    let (_, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let messages = body["messages"].as_array().expect("messages");
    let text = |it: &Value| it["content"].as_str().expect("a text").to_owned();
    Asked(messages.iter().map(text).collect())
}
