//! A model behind HTTP that agents ask in any protocol: it plays what a test says, and keeps what
//! it was asked.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::scripted_server::{End, Step, answer, is_inquiry, read_request, response};

/// A question of an agent.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) provider: &'static str,
    pub(crate) stream: bool,
    /// The model by its name, by which a test tells what it is to play.
    pub(crate) model: String,
    /// The names of the tools that may be called.
    pub(crate) tools: Vec<String>,
    /// What came of the calls so far, in order.
    pub(crate) results: Vec<String>,
    /// The request as it came.
    pub(crate) text: String,
}

/// The server.
pub(crate) struct Model {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Model {
    /// `play` says what the model does with a question.
    pub(crate) fn start(play: impl Fn(&Asked) -> Step + Send + Sync + 'static) -> Model {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, play) = (Arc::clone(&asked), Arc::new(play));
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (kept, play) = (Arc::clone(&kept), Arc::clone(&play));
                thread::spawn(move || converse(stream, &kept, &*play));
            }
        });
        Model { address, asked }
    }

    /// What was asked for this model.
    pub(crate) fn asked(&self, model: &str) -> Vec<Asked> {
        let asked = self.asked.lock().expect("no test panics with it");
        asked.iter().filter(|asked| asked.model == model).cloned().collect()
    }
}

fn converse(mut stream: TcpStream, kept: &Mutex<Vec<Asked>>, play: &dyn Fn(&Asked) -> Step) {
    let request = read_request(&mut stream);
    let step = if is_inquiry(&request) {
        answer(404, "{}")
    } else if let Some(asked) = Asked::read(&request) {
        kept.lock().expect("no test panics with it").push(asked.clone());
        play(&asked)
    } else {
        // A count of tokens, in the forms of Anthropic and Gemini.
        answer(200, &json!({ "input_tokens": 70, "totalTokens": 70 }).to_string())
    };
    // A client that is gone is not the server's concern.
    let _ = stream.write_all(response(&step).as_bytes());
    if matches!(step, Step::Hang | Step::Events { end: End::Silent, .. }) {
        // Until the client gives up.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    }
}

impl Asked {
    /// `None` where no answer is asked for.
    fn read(request: &str) -> Option<Asked> {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        let path = head.split(' ').nth(1).expect("an address");
        let body: Value = serde_json::from_str(body).expect("JSON");
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        let named = path.rsplit('/').next().and_then(|place| place.split_once(':'));
        let (provider, stream, model) = match (path, named) {
            (_, Some((model, "generateContent"))) => ("gemini", false, model),
            (_, Some((model, "streamGenerateContent"))) => ("gemini", true, model),
            ("/v1/chat/completions", _) => ("openai", body["stream"] == true, ""),
            ("/v1/responses", _) => ("openai-responses", body["stream"] == true, ""),
            ("/v1/messages", _) => ("anthropic", body["stream"] == true, ""),
            _ => return None,
        };
        let model = body["model"].as_str().unwrap_or(model).to_owned();
        let (tools, results) = (tools(&body), results(provider, &body));
        Some(Asked { provider, stream, model, tools, results, text: request.to_owned() })
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The tools' names, wherever a protocol has them.
fn tools(body: &Value) -> Vec<String> {
    let declared = list(&body["tools"]).flat_map(|tool| {
        let many = list(&tool["functionDeclarations"]);
        std::iter::once(tool).chain(many)
    });
    let names = declared.filter_map(|tool| {
        tool["name"].as_str().or_else(|| tool["function"]["name"].as_str()).map(str::to_owned)
    });
    names.collect()
}

fn results(provider: &str, body: &Value) -> Vec<String> {
    let found: Vec<&Value> = match provider {
        "openai" => list(&body["messages"]).filter(|message| message["role"] == "tool").collect(),
        "openai-responses" => list(&body["input"])
            .filter(|item| item["type"].as_str().is_some_and(|kind| kind.ends_with("_output")))
            .collect(),
        "anthropic" => list(&body["messages"])
            .flat_map(|message| list(&message["content"]))
            .filter(|block| block["type"] == "tool_result")
            .collect(),
        _ => list(&body["contents"])
            .flat_map(|content| list(&content["parts"]))
            .filter(|part| part["functionResponse"].is_object())
            .collect(),
    };
    found.into_iter().map(Value::to_string).collect()
}
