//! HTTP/1.1 as far as a client of the world's hosts needs it (RFC 9112). Everything
//! that is read here comes from tested code: sizes, times and numbers are limited.

#[cfg(test)]
mod properties;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::endpoint::Endpoint;
use super::record::{Entry, Record, cut};
use super::request::{Framing, Request, malformed};
use super::respond::{Response, respond};
use crate::ContactEvent;
use crate::world::Scheme;

/// No head of a request is longer.
const HEAD_BYTES: usize = 32 << 10;

/// No body of a request is longer; none is kept.
const BODY_BYTES: u64 = 64 << 20;

/// How long a connection may be silent, and may last.
const SILENCE: Duration = Duration::from_secs(10);
const LIFETIME: Duration = Duration::from_secs(60);

/// How many requests a connection may carry.
const REQUESTS: usize = 1000;

/// A connection of a client to a host.
pub(super) struct Connection<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) record: &'a Record,
    /// Where the connection is kept until a request came.
    pub(super) entry: Option<Entry>,
    pub(super) source_port: u16,
}

impl Connection<'_> {
    /// Serves requests until the client has no more, or makes none that can be
    /// understood.
    pub(super) fn serve(mut self, tcp: TcpStream) {
        let stream = Timed { tcp, deadline: Instant::now() + LIFETIME };
        match &self.endpoint.tls {
            None => {
                let failure = self.serve_stream(stream, None).err();
                self.note_end(None, failure.as_ref());
            }
            Some(config) => {
                let Ok(tls) = rustls::ServerConnection::new(config.clone()) else {
                    return;
                };
                let mut stream = rustls::StreamOwned::new(tls, stream);
                while stream.conn.is_handshaking() {
                    if let Err(error) = stream.conn.complete_io(&mut stream.sock) {
                        let name = stream.conn.server_name().map(cut);
                        self.note_end(name, Some(&error));
                        return;
                    }
                }
                let name = stream.conn.server_name().map(cut);
                let failure = self.serve_stream(&mut stream, name.as_deref()).err();
                stream.conn.send_close_notify();
                let _ = stream.conn.complete_io(&mut stream.sock);
                self.note_end(name, failure.as_ref());
            }
        }
    }

    fn serve_stream<S: Read + Write>(
        &mut self,
        stream: S,
        server_name: Option<&str>,
    ) -> io::Result<()> {
        let mut buffered = Buffered { stream, buffer: Vec::new() };
        for _ in 0..REQUESTS {
            let Some(request) = buffered.read_request()? else {
                return Ok(());
            };
            if request.expects_continue {
                buffered.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            buffered.discard_body(&request.body)?;
            let response = respond(self.endpoint, &request, self.record);
            // It is known before the client can act on it.
            self.note(&request, response.status, server_name.map(str::to_owned));
            let bytes = response.bytes(request.method == "HEAD", request.keeps_open);
            buffered.stream.write_all(&bytes)?;
            buffered.stream.flush()?;
            if !request.keeps_open {
                break;
            }
        }
        Ok(())
    }

    fn note(&mut self, request: &Request, status: u16, server_name: Option<String>) {
        let event = ContactEvent::Request {
            address: self.endpoint.address,
            scheme: self.endpoint.scheme,
            server_name,
            host: cut(&request.host),
            method: cut(&request.method),
            target: cut(&request.target),
            status,
        };
        match self.entry.take() {
            Some(entry) => self.record.refine(entry, event),
            None => {
                self.record.add(self.source_port, self.endpoint.canary, event);
            }
        }
    }

    /// Says how a connection without any request ended.
    fn note_end(&mut self, server_name: Option<String>, failure: Option<&io::Error>) {
        if let Some(entry) = self.entry.take() {
            let event = ContactEvent::Connection {
                address: self.endpoint.address,
                scheme: self.endpoint.scheme,
                server_name,
                failure: failure.map(|error| cut(&error.to_string())),
            };
            self.record.refine(entry, event);
        }
    }
}

impl Scheme {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// A connection that ends with silence, and at its deadline.
struct Timed {
    tcp: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn time_left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now()).min(SILENCE);
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(Some(self.time_left()?))?;
        self.tcp.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(Some(self.time_left()?))?;
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// A stream with what was read of it and not used yet.
struct Buffered<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: Read> Buffered<S> {
    /// The next request; `None` if the client has no more.
    fn read_request(&mut self) -> io::Result<Option<Request>> {
        loop {
            let parsed = Request::parse(&self.buffer)?;
            // What came at once may be longer than what would be waited for.
            let length = parsed.as_ref().map_or(self.buffer.len() + 1, |(_, length)| *length);
            if length > HEAD_BYTES {
                return Err(malformed("the head of the request is too long"));
            }
            if let Some((request, length)) = parsed {
                self.buffer.drain(..length);
                return Ok(Some(request));
            }
            if !self.read_more()? {
                let is_complete = self.buffer.is_empty();
                return if is_complete { Ok(None) } else { Err(malformed("half a request")) };
            }
        }
    }

    fn discard_body(&mut self, framing: &Framing) -> io::Result<()> {
        match framing {
            Framing::Length(length) if *length > BODY_BYTES => {
                Err(malformed("the body is too long"))
            }
            Framing::Length(length) => self.discard(*length),
            Framing::Chunked => {
                let mut total = 0;
                loop {
                    let line = self.read_line()?;
                    let size = line.split(';').next().unwrap_or_default().trim();
                    let size = u64::from_str_radix(size, 16)
                        .map_err(|_| malformed("a chunk without its size"))?;
                    total += size.min(BODY_BYTES);
                    if size > BODY_BYTES || total > BODY_BYTES {
                        return Err(malformed("the body is too long"));
                    }
                    if size == 0 {
                        while !self.read_line()?.is_empty() {}
                        return Ok(());
                    }
                    self.discard(size)?;
                    self.read_line()?;
                }
            }
        }
    }

    fn discard(&mut self, mut bytes: u64) -> io::Result<()> {
        while bytes > 0 {
            if self.buffer.is_empty() && !self.read_more()? {
                return Err(malformed("half a body"));
            }
            let some = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.buffer.len());
            self.buffer.drain(..some);
            bytes -= some as u64;
        }
        Ok(())
    }

    fn read_line(&mut self) -> io::Result<String> {
        loop {
            let start = &self.buffer[..self.buffer.len().min(HEAD_BYTES)];
            if let Some(end) = start.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.buffer.len() >= HEAD_BYTES || !self.read_more()? {
                return Err(malformed("a chunk without its size"));
            }
        }
    }

    /// Returns whether there was more.
    fn read_more(&mut self) -> io::Result<bool> {
        let mut some = [0; 8 << 10];
        loop {
            match self.stream.read(&mut some) {
                Ok(length) => {
                    self.buffer.extend(&some[..length]);
                    return Ok(length > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A client that hangs up without TLS's farewell is a client that hangs up.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Response {
    /// As it goes over the wire.
    fn bytes(&self, head_only: bool, keeps_open: bool) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason()).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        let connection = if keeps_open { "keep-alive" } else { "close" };
        if self.has_body() {
            bytes.extend(format!("Content-Length: {}\r\n", self.body.len()).into_bytes());
        }
        bytes.extend(format!("Connection: {connection}\r\n\r\n").into_bytes());
        if !head_only && self.has_body() {
            bytes.extend(&self.body);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_passed_over() {
        let stream = io::Cursor::new(b"3\r\nabc\r\n0\r\nTrailer: x\r\n\r\nGET".to_vec());
        let mut buffered = Buffered { stream, buffer: Vec::new() };
        buffered.discard_body(&Framing::Chunked).expect("a body");
        assert_eq!(buffered.buffer, b"GET");
    }
}
