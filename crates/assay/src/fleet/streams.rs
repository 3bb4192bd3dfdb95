//! The streams of a fleet, their subjects, and how each is kept.

use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, pull};
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, Republish, RetentionPolicy, StorageType,
};

use super::connection::chain;
use super::error::FleetError;

/// Jobs that wait or are under way, a message each: `assay.jobs.SCOPE.KEY`.
pub(super) const JOBS: &str = "assay-jobs";
/// What is known of each job: `assay.records.SCOPE.KEY`, the latest alone.
pub(super) const RECORDS: &str = "assay-records";
/// Jobs that were set aside, for who wants to find out why: `assay.aside.KEY`.
pub(super) const ASIDE: &str = "assay-aside";
/// Contents by their digests, in pieces: `assay.objects.KIND.DIGEST.PIECE`.
pub(super) const OBJECTS: &str = "assay-objects";
/// What all workers have alike, in one message: `assay.fleet`.
pub(super) const FLEET: &str = "assay-fleet";
/// The workers that live: `assay.workers.NAME`.
pub(super) const WORKERS: &str = "assay-workers";

pub(super) const FLEET_SUBJECT: &str = "assay.fleet";

/// Where the server says which records it has stored, and no others.
pub(super) const STORED: &str = "assay.stored";

/// The consumer that all workers share.
const CONSUMER: &str = "workers";

/// How long records and objects are kept, so that a coordinator that was killed finds what
/// was validated meanwhile.
pub(super) const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long jobs that were set aside are kept.
const ASIDE_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A worker that was not heard for so long is gone.
pub(super) const ALIVE: Duration = Duration::from_secs(30);

/// Jobs that may be under way at once, in all.
const MOST_UNDER_WAY: i64 = 65_536;

/// Requests for jobs that may wait at once, in all.
const MOST_WAITING: i64 = 16_384;

pub(super) fn job_subject(scope: &str, key: &str) -> String {
    format!("assay.jobs.{scope}.{key}")
}

pub(super) fn record_subject(scope: &str, key: &str) -> String {
    format!("assay.records.{scope}.{key}")
}

pub(super) fn aside_subject(key: &str) -> String {
    format!("assay.aside.{key}")
}

pub(super) fn worker_subject(name: &str) -> String {
    format!("assay.workers.{name}")
}

/// Makes what is not there yet. What is there is left as it is, so that who runs the server may
/// have other sizes, replicas and retention.
pub(super) async fn set_up(context: &Context) -> Result<(), FleetError> {
    for (name, config) in configs() {
        let config = Config { name: name.to_owned(), ..config };
        context
            .get_or_create_stream(config)
            .await
            .map_err(|error| FleetError::Stream { stream: name, message: chain(&error) })?;
    }
    Ok(())
}

fn configs() -> [(&'static str, Config); 6] {
    let subjects = |pattern: &str| vec![pattern.to_owned()];
    // One message a subject, and a second one is refused instead of replacing it.
    let once = Config {
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        discard_new_per_subject: true,
        allow_direct: true,
        ..Config::default()
    };
    // One message a subject: the latest.
    let latest = Config { max_messages_per_subject: 1, allow_direct: true, ..Config::default() };
    [
        (
            JOBS,
            Config {
                subjects: subjects("assay.jobs.>"),
                retention: RetentionPolicy::WorkQueue,
                ..once.clone()
            },
        ),
        (
            RECORDS,
            Config {
                subjects: subjects("assay.records.>"),
                max_age: KEPT,
                republish: Some(Republish {
                    source: "assay.records.>".to_owned(),
                    destination: format!("{STORED}.>"),
                    headers_only: false,
                }),
                ..latest.clone()
            },
        ),
        (
            ASIDE,
            Config { subjects: subjects("assay.aside.>"), max_age: ASIDE_KEPT, ..latest.clone() },
        ),
        (OBJECTS, Config { subjects: subjects("assay.objects.>"), max_age: KEPT, ..once }),
        (FLEET, Config { subjects: subjects(FLEET_SUBJECT), ..latest.clone() }),
        (
            WORKERS,
            Config {
                subjects: subjects("assay.workers.*"),
                max_age: ALIVE,
                storage: StorageType::Memory,
                ..latest
            },
        ),
    ]
}

/// The consumer that hands jobs out, and how long a worker may be silent about one. That is as
/// it was, unless another time is asked for.
pub(super) async fn consumer(
    context: &Context,
    ack_wait: Option<Duration>,
) -> Result<(Consumer<pull::Config>, Duration), FleetError> {
    const DEFAULT_WAIT: Duration = Duration::from_secs(30);
    let failed =
        |error: &dyn std::error::Error| FleetError::Stream { stream: JOBS, message: chain(error) };
    let stream = context.get_stream(JOBS).await.map_err(|error| failed(&error))?;
    let config = pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ack_wait.unwrap_or(DEFAULT_WAIT),
        // Deaths are counted in records, which also know of jobs that were published again.
        max_deliver: -1,
        max_ack_pending: MOST_UNDER_WAY,
        max_waiting: MOST_WAITING,
        ..pull::Config::default()
    };
    let consumer = match ack_wait {
        Some(_) => stream.create_consumer(config).await.map_err(|error| failed(&error))?,
        None => {
            stream.get_or_create_consumer(CONSUMER, config).await.map_err(|error| failed(&error))?
        }
    };
    let ack_wait = consumer.cached_info().config.ack_wait;
    Ok((consumer, ack_wait))
}
