//! A server of models that plays a script and keeps what it was sent.

pub(crate) mod dialect;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// One thing that the server does with a connection.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Answer {
        status: u16,
        headers: String,
        body: String,
    },
    /// Answers in events, each the text of one, and ends so.
    Events {
        events: Vec<String>,
        end: End,
    },
    /// Reads the request and keeps silent.
    Hang,
    /// Reads the request and closes the connection.
    Drop,
    /// Promises more than it sends.
    Truncate,
}

/// How a stream of events ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As HTTP wants it.
    Proper,
    /// The connection is closed in the middle.
    Dropped,
    /// Nothing more comes.
    Silent,
}

pub(crate) fn answer(status: u16, body: &str) -> Step {
    // The errors of most scripts say not to wait, so that tests are quick.
    let headers = "Retry-After: 0\r\nContent-Type: application/json\r\n".to_owned();
    Step::Answer { status, headers, body: body.to_owned() }
}

/// An answer of chat completions.
pub(crate) fn said(message: &str) -> Step {
    answer(200, &format!(r#"{{"choices":[{{"message":{message}}}]}}"#))
}

pub(crate) fn good() -> Step {
    said(r#"{"role":"assistant","content":"hello"}"#)
}

/// A server that plays its script, one step a connection.
pub(crate) struct Server {
    pub(crate) address: String,
    /// What it was sent, head and body, one text a request.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start(script: Vec<Step>) -> Server {
        Server::stating(&[], script)
    }

    /// One that says something of itself at these paths beside, to whoever asks for it before
    /// the script has ended.
    pub(crate) fn stating(statements: &[(&str, &str)], script: Vec<Step>) -> Server {
        let statements: Vec<(String, String)> =
            statements.iter().map(|(path, body)| (path.to_string(), body.to_string())).collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            let mut silent = Vec::new();
            for step in script {
                let (mut stream, request) = loop {
                    let Ok((mut stream, _)) = listener.accept() else {
                        return;
                    };
                    let request = read_request(&mut stream);
                    if !is_inquiry(&request) {
                        break (stream, request);
                    }
                    let _ =
                        stream.write_all(response(&statement(&statements, &request)).as_bytes());
                };
                log.lock().expect("no test panics with it").push(request);
                // A client that is gone is not the server's concern.
                let _ = stream.write_all(response(&step).as_bytes());
                if matches!(step, Step::Hang | Step::Events { end: End::Silent, .. }) {
                    silent.push(stream);
                }
            }
            // The silent connections stay open until the client gives up.
            for mut stream in silent {
                let _ = stream.read(&mut [0]);
            }
        });
        Server { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics with it").clone()
    }
}

/// Whether somebody wants to know of the server itself, and asks its model nothing.
pub(crate) fn is_inquiry(request: &str) -> bool {
    request.starts_with("GET ") || request.starts_with("POST /api/show ")
}

fn statement(statements: &[(String, String)], request: &str) -> Step {
    let path = request.split(' ').nth(1).unwrap_or_default();
    match statements.iter().find(|(known, _)| known == path) {
        Some((_, body)) => answer(200, body),
        None => answer(404, "{}"),
    }
}

pub(crate) fn read_request(stream: &mut TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    let mut length = 0;
    while reader.read_line(&mut text).expect("a line") > 2 {
        let line = text.lines().next_back().unwrap_or_default().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole body");
    text + &String::from_utf8(body).expect("JSON is UTF-8")
}

pub(crate) fn response(step: &Step) -> String {
    match step {
        Step::Answer { status, headers, body } => {
            let length = body.len();
            format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
            )
        }
        Step::Events { events, end } => {
            let mut text = "HTTP/1.1 200 X\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_owned();
            for event in events {
                let event = format!("{event}\n\n");
                text.push_str(&format!("{:x}\r\n{event}\r\n", event.len()));
            }
            if *end == End::Proper {
                text.push_str("0\r\n\r\n");
            }
            text
        }
        Step::Truncate => "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"choices\":".to_owned(),
        Step::Hang | Step::Drop => String::new(),
    }
}
