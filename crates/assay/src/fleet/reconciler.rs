//! What is wanted against what is there: jobs whose result was missed are taken from their records,
//! and those that are lost are published again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tracing::{debug, warn};

use super::connection::chain;
use super::error::FleetError;
use super::key::Key;
use super::ledger::record;
use super::record::{Record, State};
use super::streams::{JOBS, job_subject, record_subject};
use super::verifier::Desk;
use super::versions::living;

/// How often what is wanted is held against what is there.
const EVERY: Duration = Duration::from_secs(5);

/// How long there may be no worker before somebody is told.
const LONELY: Duration = Duration::from_secs(30);

/// Goes on until the coordinator ends.
pub(super) async fn reconcile(desk: &Arc<Desk>) {
    let mut alone_since = None;
    let mut told = false;
    loop {
        let returned = desk.connection.returned.notified();
        let _ = tokio::time::timeout(EVERY, returned).await;
        if let Err(error) = once(desk).await {
            debug!("what is wanted could not be held against what is there: {error}");
            continue;
        }
        let is_alone = desk.wanted() > 0
            && living(&desk.publisher.context).await.is_ok_and(|living| living == 0);
        if !is_alone {
            (alone_since, told) = (None, false);
            continue;
        }
        let since = *alone_since.get_or_insert_with(Instant::now);
        if !told && since.elapsed() > LONELY {
            warn!("no worker of the fleet is there; {} validations wait for one", desk.wanted());
            told = true;
        }
    }
}

async fn once(desk: &Arc<Desk>) -> Result<(), FleetError> {
    // In this order: what was wanted before the queue was read, and is not in the queue, is done
    // or lost.
    let wanted = desk.published();
    if wanted.is_empty() {
        return Ok(());
    }
    let queued = queued(desk).await?;
    for key in wanted.iter().filter(|key| !queued.contains(key)) {
        let subject = record_subject(&desk.publisher.scope.0, key.as_str());
        match record(&desk.publisher.context, &subject).await.1 {
            Some(found @ Record { state: State::Done(_), .. }) => {
                debug!(%key, "a result was missed");
                desk.take(key, found).await;
            }
            _ => {
                debug!(%key, "a job is lost, and is published again");
                desk.publish_again(key).await;
            }
        }
    }
    Ok(())
}

/// The jobs of the coordinator that are in the queue.
async fn queued(desk: &Desk) -> Result<HashSet<Key>, FleetError> {
    let what = "read which jobs are in the queue";
    let failed = |error: &dyn std::error::Error| FleetError::Server { what, message: chain(error) };
    let stream = desk.publisher.context.get_stream_no_info(JOBS).await;
    let stream = stream.map_err(|error| failed(&error))?;
    let pattern = job_subject(&desk.publisher.scope.0, "*");
    let mut subjects = stream.info_with_subjects(pattern).await.map_err(|error| failed(&error))?;
    let mut queued = HashSet::new();
    while let Some(subject) = subjects.next().await {
        let (subject, _) = subject.map_err(|error| failed(&error))?;
        queued.insert(Key::of_subject(&subject));
    }
    Ok(queued)
}
