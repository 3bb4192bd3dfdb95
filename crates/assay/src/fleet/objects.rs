//! Contents by their digests, outside of messages: cases, artifacts and large results.
//!
//! NATS has object stores of its own. Each read of one makes and removes a consumer, which costs
//! several requests; here a content is its pieces, each a message with a subject of its own, so
//! that a small one is written and read with one request.

use async_nats::jetstream::Context;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::DirectGetErrorKind;

use super::connection::chain;
use super::error::FleetError;
use super::ledger::store;
use super::streams::OBJECTS;

/// Bytes of a piece; servers take messages of a mebibyte by default.
const PIECE: usize = 128 << 10;

/// How many pieces a content has; the first one says it, and is written last.
const PIECES: &str = "Assay-Pieces";

/// What a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Case,
    Artifact,
    Result,
}

fn subject(kind: Kind, digest: &str, piece: usize) -> String {
    let kind = match kind {
        Kind::Case => "case",
        Kind::Artifact => "artifact",
        Kind::Result => "result",
    };
    format!("assay.objects.{kind}.{digest}.{piece}")
}

/// Puts a content there, unless it is.
pub(super) async fn put(context: &Context, kind: Kind, digest: &str, content: &[u8]) {
    let pieces: Vec<&[u8]> = match content.is_empty() {
        true => vec![content],
        false => content.chunks(PIECE).collect(),
    };
    for (number, piece) in pieces.iter().enumerate().rev() {
        let message = PublishMessage::build().payload(piece.to_vec().into());
        let message = match number {
            0 => message.header(PIECES, pieces.len().to_string().as_str()),
            _ => message,
        };
        // One that is there already is the same.
        store(context, &subject(kind, digest, number), &message).await;
    }
}

/// A content; `None` if it is not there, or not whole.
pub(super) async fn get(
    context: &Context,
    kind: Kind,
    digest: &str,
) -> Result<Option<Vec<u8>>, FleetError> {
    let what = "read an object";
    let stream = context
        .get_stream_no_info(OBJECTS)
        .await
        .map_err(|error| FleetError::Server { what, message: chain(&error) })?;
    let mut content = Vec::new();
    let (mut number, mut pieces) = (0, 1);
    while number < pieces {
        let piece = stream.direct_get_last_for_subject(subject(kind, digest, number)).await;
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FleetError::Server { what, message: chain(&error) }),
        };
        if number == 0 {
            let stated = piece.headers.get(PIECES).and_then(|value| value.as_str().parse().ok());
            let Some(stated) = stated else { return Ok(None) };
            pieces = stated;
        }
        content.extend_from_slice(&piece.payload);
        number += 1;
    }
    Ok(Some(content))
}
