//! [`Request`]: what a client asks a host for, read of the head of an HTTP request.

use std::io;

/// No head has more headers.
pub(super) const HEADERS: usize = 100;

/// What of a request matters.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) host: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) keeps_open: bool,
    pub(super) expects_continue: bool,
    pub(super) body: Framing,
}

/// How the length of a body is told.
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

impl Request {
    /// A request whose head is complete, and the length of that head.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Option<(Request, usize)>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut head = httparse::Request::new(&mut headers);
        let length = match head.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(malformed(&error.to_string())),
        };
        let header = |name: &str| {
            let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.map(|header| String::from_utf8_lossy(header.value).trim().to_owned())
        };
        let body = if header("Transfer-Encoding").is_some_and(|value| {
            value.rsplit(',').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"))
        }) {
            Framing::Chunked
        } else {
            let length = header("Content-Length").map_or(Ok(0), |value| value.parse());
            Framing::Length(length.map_err(|_| malformed("a length that is no number"))?)
        };
        let connection = header("Connection").unwrap_or_default().to_ascii_lowercase();
        let keeps_open = match head.version {
            Some(1) => !connection.contains("close"),
            _ => connection.contains("keep-alive"),
        };
        let request = Request {
            method: head.method.unwrap_or_default().to_owned(),
            host: header("Host").unwrap_or_default(),
            target: origin_form(head.path.unwrap_or_default()).to_owned(),
            keeps_open,
            expects_continue: header("Expect").is_some(),
            body,
        };
        Ok(Some((request, length)))
    }
}

/// Path and query of a target, which names scheme and host if it is meant for a proxy.
fn origin_form(target: &str) -> &str {
    if target.starts_with('/') {
        return target;
    }
    let Some((_, rest)) = target.split_once("://") else {
        return target;
    };
    rest.find('/').map_or("/", |start| &rest[start..])
}

/// That a client does not keep to the protocol.
pub(super) fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_and_malformed_ones_refused() {
        let text = b"GET http://a.example/x?y HTTP/1.1\r\nhost: a.example\r\nConnection: close\r\n\r\nrest";
        let (request, length) = Request::parse(text).expect("well-formed").expect("complete");
        assert_eq!((request.target.as_str(), request.host.as_str()), ("/x?y", "a.example"));
        assert_eq!((request.keeps_open, length), (false, text.len() - 4));
        assert!(Request::parse(b"GET / HTTP/1.1\r\nHost: a\r\n").expect("well-formed").is_none());
        for refused in ["\0", "GET\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"] {
            assert!(Request::parse(refused.as_bytes()).is_err(), "{refused:?}");
        }
    }
}
