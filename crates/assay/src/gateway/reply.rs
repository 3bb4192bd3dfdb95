//! [`Reply`]: the body of what an agent is answered, whole or as it comes.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc;

use super::refusal::Refusal;
use crate::subject::Provider;

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Reply {
    Whole(Option<Bytes>),
    Pieces(Pieces),
}

/// Pieces of an answer as they come.
#[derive(Debug)]
pub(super) struct Pieces {
    receiver: mpsc::Receiver<Result<Bytes, Cut>>,
    is_cut: bool,
}

/// The answer ends before its end, as the connection of its server did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut;

/// Clients of OpenAI's and Anthropic's makes try again unless this says that it is useless.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Pieces that wait for a slow reader.
const WAITING: usize = 16;

impl Reply {
    /// An answer that comes in pieces, and where to put them.
    pub(super) fn pieces() -> (mpsc::Sender<Result<Bytes, Cut>>, Reply) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (sender, Reply::Pieces(Pieces { receiver, is_cut: false }))
    }
}

impl Pieces {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.is_cut {
            return Poll::Ready(Some(Err(Cut)));
        }
        match self.receiver.poll_recv(context) {
            // An error ends the connection at once. What came before is sent first, which
            // happens while nothing else is ready.
            Poll::Ready(Some(Err(Cut))) => {
                self.is_cut = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            piece => piece.map(|piece| piece.map(|piece| piece.map(Frame::data))),
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match &mut *self {
            Reply::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Reply::Pieces(pieces) => pieces.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Reply::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Reply::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Reply::Pieces(_) => SizeHint::default(),
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's answer broke off")
    }
}

impl std::error::Error for Cut {}

/// An answer with this status, whose type is as the server calls it.
pub(super) fn respond(status: u16, content_type: &str, body: Reply) -> Response<Reply> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    if let Ok(kind) = HeaderValue::from_str(content_type)
        && !content_type.is_empty()
    {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

/// Some JSON.
pub(super) fn json(status: u16, body: String) -> Response<Reply> {
    respond(status, "application/json", Reply::Whole(Some(body.into())))
}

/// What is said in place of an answer.
pub(super) fn refuse(refusal: &Refusal, protocol: Provider) -> Response<Reply> {
    let mut response = json(refusal.status, refusal.body(protocol).to_string());
    response.headers_mut().insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    response
}

/// What services of HTTP fail with: nothing.
pub(super) type Served = Result<Response<Reply>, Infallible>;
