//! An agent as the gateway sees it: a client of HTTP that says anything and reads every byte.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

/// What an agent was answered.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// Without the framing of its pieces.
    pub(crate) body: String,
    /// Whether it ended as HTTP wants it.
    pub(crate) is_whole: bool,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn with_status(self, status: u16) -> Heard {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// A connection of an agent.
#[derive(Debug)]
pub(crate) struct Agent {
    stream: TcpStream,
}

impl Agent {
    pub(crate) fn connect(address: SocketAddr) -> Agent {
        Agent { stream: TcpStream::connect(address).expect("the gateway listens") }
    }

    /// Sends bytes of any kind. A gateway that has refused already reads no more.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Reads until so many bytes came, and keeps the connection.
    pub(crate) fn hear_some(&mut self, bytes: usize) -> String {
        let mut heard = vec![0; bytes];
        self.stream.read_exact(&mut heard).expect("so many bytes");
        String::from_utf8(heard).expect("UTF-8")
    }

    /// Reads until the connection ends.
    pub(crate) fn hear(mut self) -> Heard {
        let mut bytes = Vec::new();
        // What came before a reset counts.
        let _ = self.stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).expect("UTF-8");
        let (head, rest) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let (body, is_whole) = if is_chunked { unchunked(rest) } else { (rest.to_owned(), true) };
        Heard { status: status.unwrap_or(0), head: head.to_owned(), body, is_whole }
    }

    pub(crate) fn hang_up(self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn unchunked(mut text: &str) -> (String, bool) {
    let mut body = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size, 16) else { return (body, false) };
        if size == 0 {
            return (body, true);
        }
        let Some(piece) = rest.get(..size) else { return (body, false) };
        body.push_str(piece);
        text = rest[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    (body, false)
}

/// A request of these lines.
pub(crate) fn request(line: &str, token: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Asks once.
pub(crate) fn ask(address: SocketAddr, line: &str, token: &str, body: &str) -> Heard {
    let mut agent = Agent::connect(address);
    agent.say(request(line, token, body).as_bytes());
    agent.hear()
}
