//! A server of a model that answers by what it is asked, whoever asks and in whatever order.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::scripted_server::{answer, is_inquiry, read_request, response};

/// A server of chat completions.
pub(crate) struct Answering {
    pub(crate) address: String,
    /// The last message of every question, in the order in which they came.
    questions: Arc<Mutex<Vec<String>>>,
}

impl Answering {
    /// `reply` makes the text of an answer of the last message of a question.
    pub(crate) fn start(reply: impl Fn(&str) -> String + Send + Sync + 'static) -> Answering {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let questions = Arc::new(Mutex::new(Vec::new()));
        let (kept, reply) = (Arc::clone(&questions), Arc::new(reply));
        thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let (kept, reply) = (Arc::clone(&kept), Arc::clone(&reply));
                thread::spawn(move || {
                    let request = read_request(&mut stream);
                    // A client that is killed sends half a request.
                    if !request.contains("\r\n\r\n") {
                        return;
                    }
                    let step = if is_inquiry(&request) {
                        answer(404, "{}")
                    } else {
                        let question = last_message(&request);
                        let text = reply(&question);
                        kept.lock().expect("no test panics with it").push(question);
                        let message = json!({ "role": "assistant", "content": text });
                        let choice = json!({ "message": message, "finish_reason": "stop" });
                        answer(200, &json!({ "choices": [choice] }).to_string())
                    };
                    // A client that is gone is not the server's concern.
                    let _ = stream.write_all(response(&step).as_bytes());
                });
            }
        });
        Answering { address, questions }
    }

    pub(crate) fn questions(&self) -> Vec<String> {
        self.questions.lock().expect("no test panics with it").clone()
    }
}

fn last_message(request: &str) -> String {
    let (_, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let messages = body["messages"].as_array().expect("messages");
    let last = messages.last().expect("a message");
    last["content"].as_str().expect("a text").to_owned()
}
