//! Properties of reading requests: the pieces that they come in make no difference, and
//! whatever is asked, the response is one response.

use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};

use assay_fuzz::proptest::collection::vec;
use assay_fuzz::{Target, hold, target};

use super::{Buffered, HEAD_BYTES};
use crate::Host;
use crate::inside::world::endpoint::Endpoint;
use crate::inside::world::record::Record;
use crate::inside::world::request::{Framing, HEADERS, Request};
use crate::inside::world::respond::respond;
use crate::world::{Answer, Body, PathRule, Route};

const WORDS: [&str; 34] = [
    "GET ",
    "HEAD ",
    "POST ",
    "/",
    "/go?",
    "http://a.example/x?y",
    "http://",
    "//",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    "\r\n",
    "\n",
    "\r\n\r\n",
    "Host: a.example\r\n",
    "host:b.example:8080\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: 18446744073709551615\r\n",
    "Content-Length: -1\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive\r\n",
    "Expect: 100-continue\r\n",
    "3\r\nabc\r\n",
    "0\r\n\r\n",
    "fffffffffffffffff\r\n",
    "4000001;x=y\r\n",
    "abc",
    "%0d%0aSet-Cookie:%20a",
    "\"><script>",
    "é",
    "\0",
    ": ",
    "X-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
];

fn target() -> Target {
    target!("http-request").words(&WORDS)
}

/// A stream that gives its bytes in pieces of these sizes, again and again.
struct Pieces<'a> {
    bytes: &'a [u8],
    sizes: &'a [usize],
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(buffer.len()).min(self.bytes.len());
        self.turn += 1;
        let (some, rest) = self.bytes.split_at(size);
        buffer[..size].copy_from_slice(some);
        self.bytes = rest;
        Ok(size)
    }
}

/// What was read of a stream: its requests, each with the framing of its body, and whether
/// all of the stream was understood.
fn requests(bytes: &[u8], sizes: &[usize]) -> (Vec<(Request, String)>, bool) {
    let stream = Pieces { bytes, sizes, turn: 0 };
    let mut buffered = Buffered { stream, buffer: Vec::new() };
    let mut found = Vec::new();
    loop {
        match buffered.read_request() {
            Ok(Some(request)) => {
                let framing = match request.body {
                    Framing::Length(length) => format!("{length} bytes"),
                    Framing::Chunked => "chunks".to_owned(),
                };
                let is_whole = buffered.discard_body(&request.body).is_ok();
                assert!(buffered.buffer.len() <= bytes.len());
                found.push((request, framing));
                if !is_whole {
                    return (found, false);
                }
            }
            Ok(None) => return (found, true),
            Err(_) => return (found, false),
        }
    }
}

/// What of requests matters, to be compared.
fn outline(read: &(Vec<(Request, String)>, bool)) -> (Vec<String>, bool) {
    let line = |(request, framing): &(Request, String)| {
        let Request { method, host, target, keeps_open, expects_continue, .. } = request;
        format!("{method} {host} {target} {keeps_open} {expects_continue} {framing}")
    };
    (read.0.iter().map(line).collect(), read.1)
}

#[test]
fn requests_are_the_same_in_whatever_pieces_they_come() {
    let same = |bytes: &[u8], sizes: &[usize]| {
        let whole = outline(&requests(bytes, &[usize::MAX]));
        assert_eq!(outline(&requests(bytes, &[1])), whole, "byte by byte");
        assert_eq!(outline(&requests(bytes, sizes)), whole, "in pieces of {sizes:?}");
    };
    target().check_with(&vec(1..40_usize, 1..5), |bytes, sizes| same(bytes, &sizes));
    target().check_long(|bytes| same(bytes, &[1_000]));
}

#[test]
fn a_head_or_a_line_is_too_long_in_whatever_pieces_it_comes() {
    let near = HEAD_BYTES - 64..HEAD_BYTES + 64;
    hold("long heads", &(near, 1..9_000_usize), |(length, size)| {
        let long = "x".repeat(length);
        for text in [
            format!("GET /{long} HTTP/1.1\r\n\r\n"),
            format!(
                "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;{long}\r\nabc\r\n0\r\n\r\n"
            ),
        ] {
            let whole = outline(&requests(text.as_bytes(), &[usize::MAX]));
            assert_eq!(outline(&requests(text.as_bytes(), &[size])), whole, "{length} by {size}");
        }
    });
}

/// A host that redirects, shows contacts, and answers with bytes.
fn endpoint() -> Endpoint {
    let route = |path: &str, body| Route {
        path: PathRule::Prefix(path.to_owned()),
        scheme: None,
        answer: Answer { status: 302, headers: Vec::new(), body },
    };
    let host = Host {
        names: vec!["a.example".to_owned()],
        addresses: Vec::new(),
        canary: true,
        ports: Vec::new(),
        routes: vec![
            route("/go", Body::RedirectToQuery { scheme: Some("http".to_owned()) }),
            route("/contacts", Body::CanaryContacts),
            route("/was", Body::WasRequested { prefix: "/x?".to_owned() }),
            route("/x", Body::Bytes(b"body".to_vec())),
        ],
        identity: None,
    };
    Endpoint::closed(SocketAddr::from((Ipv4Addr::LOCALHOST, 80)), vec![host])
}

#[test]
fn whatever_is_asked_the_response_is_one_response() {
    let endpoint = endpoint();
    target().check(|bytes| {
        let record = Record::default();
        for (request, _) in requests(bytes, &[usize::MAX]).0 {
            assert!(!request.target.contains(['\r', '\n', ' ', '\0']), "{:?}", request.target);
            let response = respond(&endpoint, &request, &record);
            let written = response.bytes(request.method == "HEAD", request.keeps_open);
            let mut headers = [httparse::EMPTY_HEADER; HEADERS];
            let mut head = httparse::Response::new(&mut headers);
            let length = match head.parse(&written).expect("a response") {
                httparse::Status::Complete(length) => length,
                httparse::Status::Partial => panic!("half a response"),
            };
            assert_eq!(head.code, Some(response.status));
            let framing = 1 + usize::from(response.has_body());
            assert_eq!(head.headers.len(), response.headers.len() + framing, "{:?}", head.headers);
            let body = if request.method == "HEAD" { &[][..] } else { &response.body };
            assert_eq!(&written[length..], body);
            assert!(written.len() <= 1_000 + 12 * request.target.len());
        }
    });
}
