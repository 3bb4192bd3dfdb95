//! A server of models for the commands of pages: it says the same to everybody.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::OnceLock;
use std::thread;

use crate::scripted_server::{answer, is_inquiry, read_request, response, said};

/// What it says: a vote, for judges, and no code, so that subjects are quickly done with.
const SAYS: &str =
    r#"{"role":"assistant","content":"{\"reason\": \"It is so.\", \"verdict\": \"pass\"}"}"#;

/// The address of the server, which answers for as long as the tests run.
pub(crate) fn address() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || {
                    let mut stream = stream.expect("a connection");
                    let request = read_request(&mut stream);
                    let step = if is_inquiry(&request) { answer(404, "{}") } else { said(SAYS) };
                    // A client that is gone is not the server's concern.
                    let _ = stream.write_all(response(&step).as_bytes());
                });
            }
        });
        address
    })
}
