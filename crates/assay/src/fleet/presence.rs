//! Who is there: each worker says so every few seconds, and is gone when it has not for a while.

use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::message::PublishMessage;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::connection::chain;
use super::error::FleetError;
use super::streams::{WORKERS, worker_subject};

/// How often a worker says that it is there.
pub(super) const EVERY: Duration = Duration::from_secs(5);

/// A worker that is there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Presence {
    pub(super) worker: String,
    /// The digest of its versions.
    pub(super) versions: String,
    /// How many validations compute at the same time.
    pub(super) jobs: usize,
    /// How many it holds now, and has done.
    pub(super) held: usize,
    pub(super) done: u64,
}

impl Presence {
    /// Says it once. If the server is away, that shows soon enough otherwise.
    pub(super) async fn tell(&self, context: &Context) {
        let text = serde_json::to_vec(self).unwrap_or_default();
        let message = PublishMessage::build().payload(text.into());
        let sent =
            async { context.send_publish(worker_subject(&self.worker), message).await?.await };
        if let Err(error) = sent.await {
            debug!("the server was not told that this worker is there: {}", chain(&error));
        }
    }
}

/// Says that a worker goes.
pub(super) async fn leave(context: &Context, worker: &str) {
    if let Ok(stream) = context.get_stream_no_info(WORKERS).await
        && let Err(error) = stream.purge().filter(worker_subject(worker)).await
    {
        debug!("the server was not told that this worker goes: {}", chain(&error));
    }
}

/// The workers that are there.
pub(super) async fn all(context: &Context) -> Result<Vec<Presence>, FleetError> {
    let what = "read which workers are there";
    let failed = |error: &dyn std::error::Error| FleetError::Server { what, message: chain(error) };
    let stream = context.get_stream(WORKERS).await.map_err(|error| failed(&error))?;
    let mut subjects =
        stream.info_with_subjects("assay.workers.*").await.map_err(|error| failed(&error))?;
    let mut all = Vec::new();
    while let Some(subject) = subjects.next().await {
        let (subject, _) = subject.map_err(|error| failed(&error))?;
        // It may be gone by now.
        let Ok(message) = stream.direct_get_last_for_subject(subject).await else { continue };
        all.extend(serde_json::from_slice::<Presence>(&message.payload).ok());
    }
    Ok(all)
}
