//! A provider that answers at once in events, and a proxy that only moves bytes.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Events of an answer.
pub(crate) const EVENTS: usize = 100;

/// Starts a provider whose connections stay open for as long as the client wants.
pub(crate) fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let answer = Arc::new(answer());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answer) = (stream.expect("a connection"), Arc::clone(&answer));
            thread::spawn(move || converse(stream, &answer));
        }
    });
    address
}

/// Bytes of an answer.
pub(crate) fn answer_bytes() -> usize {
    answer().len()
}

fn answer() -> String {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let mut events = chunk("{\"content\":\"some words \"}", "null").repeat(EVENTS - 3);
    events.push_str(&chunk("{}", "\"stop\""));
    events.push_str("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":70,\"completion_tokens\":20}}\n\ndata: [DONE]\n\n");
    events
}

/// Answers the requests of one connection, one after the other.
fn converse(stream: TcpStream, answer: &str) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some(is_last) = read_request(&mut reader) {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n";
        let end = if is_last { "Connection: close\r\n\r\n" } else { "\r\n" };
        let stream = reader.get_mut();
        let mut say = |text: &str| stream.write_all(text.as_bytes()).is_ok();
        if !say(&format!("{head}{end}")) {
            return;
        }
        // A few events at a time, as they come over a network.
        for piece in answer.as_bytes().chunks(2_000) {
            let piece = String::from_utf8_lossy(piece);
            if !say(&format!("{:x}\r\n{piece}\r\n", piece.len())) {
                return;
            }
        }
        if !say("0\r\n\r\n") || is_last {
            return;
        }
    }
}

/// Reads a request; says whether the client wants no other.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<bool> {
    let (mut length, mut is_last) = (0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        is_last |= line == "connection: close";
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(is_last)
}

/// Starts a proxy that makes a connection for each, and reads nothing of what it moves.
pub(crate) fn relay(provider: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.expect("a connection");
            let server = TcpStream::connect(provider).expect("the provider listens");
            for (from, to) in [(&client, &server), (&server, &client)] {
                let _ = to.set_nodelay(true);
                let (mut from, mut to) = (
                    from.try_clone().expect("a descriptor"),
                    to.try_clone().expect("a descriptor"),
                );
                thread::spawn(move || {
                    // A side that is gone ends the other.
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    address
}
