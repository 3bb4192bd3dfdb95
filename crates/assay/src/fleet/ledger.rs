//! The records of jobs, which say what counts. A worker claims a job before it begins: it writes a
//! record in place of the one that it has seen, which the server takes only if nobody was faster.
//! In the same way it writes the result in place of its own claim. So the result of a worker that
//! was thought to be dead, because it was frozen or cut off, is refused once another has claimed
//! the job, and a job's deaths are counted whoever publishes it again.

use std::time::{Duration, Instant};

use assay_core::files::sha256;
use assay_verify::JobResult;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use bytes::Bytes;
use tracing::{debug, warn};

use super::connection::chain;
use super::error::FleetError;
use super::key::ticket;
use super::objects::{self, Kind};
use super::record::{Body, Record, State};
use super::streams::RECORDS;

/// Bytes of a result that is written into its record; a larger one is an object.
const LARGEST_RESULT: usize = 64 << 10;

/// The longest wait between two tries of a request.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How long the server may be away before somebody is told.
const SILENT: Duration = Duration::from_secs(15);

/// What became of a message for a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// It is there, under this sequence number.
    At(u64),
    /// Something else is there, or was faster.
    Refused,
}

/// Stores a message, however long the server may be away; it may then find itself there.
pub(super) async fn store(context: &Context, subject: &str, message: &PublishMessage) -> Stored {
    let mut wait = Duration::from_millis(50);
    let start = Instant::now();
    let mut is_told = false;
    loop {
        let sent = context.send_publish(subject.to_owned(), message.clone()).await;
        let error = match sent {
            Ok(acknowledgement) => match acknowledgement.await {
                Ok(done) => return Stored::At(done.sequence),
                Err(error) => error,
            },
            Err(error) => error,
        };
        let text = chain(&error);
        match error.kind() {
            PublishErrorKind::WrongLastSequence => return Stored::Refused,
            PublishErrorKind::Other if text.contains("maximum messages per subject") => {
                return Stored::Refused;
            }
            // The server is away, or starts.
            PublishErrorKind::TimedOut
            | PublishErrorKind::BrokenPipe
            | PublishErrorKind::StreamNotFound
                if start.elapsed() < SILENT =>
            {
                debug!(subject, "not stored yet: {text}");
            }
            _ if is_told => debug!(subject, "not stored yet: {text}"),
            _ => {
                warn!("the NATS server does not store {subject}, which is tried again: {text}");
                is_told = true;
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// The latest message of a subject, with its sequence number.
pub(super) async fn last(
    context: &Context,
    stream: &str,
    subject: &str,
) -> Result<Option<(u64, Bytes)>, FleetError> {
    let what = "read a record";
    let failed = |error: &dyn std::error::Error| FleetError::Server { what, message: chain(error) };
    let stream = context.get_stream_no_info(stream).await.map_err(|error| failed(&error))?;
    match stream.get_last_raw_message_by_subject(subject).await {
        Ok(message) => Ok(Some((message.sequence, message.payload))),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// A job's record, with its sequence number, however long the server may be away. What cannot be
/// read is as if it were not there, but for its number.
pub(super) async fn record(context: &Context, subject: &str) -> (u64, Option<Record>) {
    let mut wait = Duration::from_millis(50);
    loop {
        match last(context, RECORDS, subject).await {
            Ok(None) => return (0, None),
            Ok(Some((sequence, bytes))) => {
                let record = serde_json::from_slice(&bytes)
                    .inspect_err(|error| warn!("the record {subject} cannot be read: {error}"));
                return (sequence, record.ok());
            }
            Err(error) => debug!(subject, "{error}"),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// The right to work on a job and to write its result.
#[derive(Debug)]
pub(super) struct Claim {
    subject: String,
    ticket: String,
    worker: String,
    /// The number of the record that a result is to replace.
    sequence: u64,
    /// How many workers fell silent over the job before.
    pub(super) deaths: u32,
}

#[derive(Debug)]
pub(super) enum Claimed {
    Yes(Claim),
    /// The job has its result already.
    Done,
}

/// Claims a job for a worker.
pub(super) async fn claim(
    context: &Context,
    subject: &str,
    worker: &str,
) -> Result<Claimed, FleetError> {
    let ticket = ticket()?;
    let (mut seen, mut deaths) = (0, 0);
    loop {
        let claim = |sequence| {
            let (subject, ticket, worker) = (subject.to_owned(), ticket.clone(), worker.to_owned());
            Claimed::Yes(Claim { subject, ticket, worker, sequence, deaths })
        };
        let (ticket, worker) = (ticket.clone(), worker.to_owned());
        let record = Record { ticket, worker, deaths, state: State::Claimed };
        if let Stored::At(sequence) = write(context, subject, &record, seen).await {
            return Ok(claim(sequence));
        }
        let (sequence, found) = self::record(context, subject).await;
        match found {
            // The server had stored it, and its answer was lost.
            Some(found) if found.ticket == record.ticket => return Ok(claim(sequence)),
            Some(Record { state: State::Done(_), .. }) => return Ok(Claimed::Done),
            Some(Record { state: State::Claimed, deaths: before, .. }) => deaths = before + 1,
            Some(Record { state: State::Lacking, deaths: before, .. }) => deaths = before,
            None => deaths = 0,
        }
        seen = sequence;
    }
}

impl Claim {
    /// Writes what a claim came to. Says whether it counts: it does not if another worker has
    /// claimed the job meanwhile.
    async fn end(&self, context: &Context, state: State) -> bool {
        let (ticket, worker) = (self.ticket.clone(), self.worker.clone());
        let record = Record { ticket, worker, deaths: self.deaths, state };
        match write(context, &self.subject, &record, self.sequence).await {
            Stored::At(_) => true,
            Stored::Refused => {
                let (_, found) = self::record(context, &self.subject).await;
                found.is_some_and(|found| {
                    found.ticket == record.ticket && !matches!(found.state, State::Claimed)
                })
            }
        }
    }

    /// Writes the result.
    pub(super) async fn settle(&self, context: &Context, result: JobResult) -> bool {
        let body = match serde_json::to_vec(&result) {
            Ok(text) if text.len() > LARGEST_RESULT => {
                let digest = sha256(&text);
                objects::put(context, Kind::Result, &digest, &text).await;
                Body::Object(digest)
            }
            _ => Body::Result(Box::new(result)),
        };
        self.end(context, State::Done(body)).await
    }

    /// Writes that an object is not there.
    pub(super) async fn lack(&self, context: &Context) -> bool {
        self.end(context, State::Lacking).await
    }
}

/// Writes a record in place of the one with this number; 0 stands for none.
async fn write(context: &Context, subject: &str, record: &Record, seen: u64) -> Stored {
    // Its parts are strings and numbers, which can always be written.
    let text = serde_json::to_vec(record).unwrap_or_default();
    let message = PublishMessage::build().payload(text.into()).expected_last_subject_sequence(seen);
    store(context, subject, &message).await
}
