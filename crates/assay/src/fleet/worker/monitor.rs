//! [`Monitor`]: what a worker has done, for probes and for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use assay_verify::JobResult;
use async_nats::Client;
use async_nats::connection::State;
use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tracing::warn;

use super::super::error::FleetError;
use super::room::Room;
use crate::exposition::{Histogram, MEDIA_TYPE, head, resident, single};

/// What happened since the worker joined.
#[derive(Debug, Default)]
pub(super) struct Monitor {
    counts: Mutex<Counts>,
    /// Results that came after another worker had taken the job over.
    late: AtomicU64,
    /// Jobs that were set aside.
    aside: AtomicU64,
}

#[derive(Debug, Default)]
struct Counts {
    /// Validations by verdict or class of error.
    outcomes: BTreeMap<String, u64>,
    seconds: Histogram,
}

/// What is so at this moment.
struct Moment {
    jobs: usize,
    held: usize,
    is_connected: bool,
    is_draining: bool,
}

impl Monitor {
    pub(super) fn validated(&self, result: &JobResult) {
        let outcome = match &result.result {
            Ok(validation) => match validation.evidence.verdict() {
                Some(verdict) => verdict.as_str().to_owned(),
                // Judges have the last word, and they are asked elsewhere.
                None => "undecided".to_owned(),
            },
            Err(error) => format!("error: {}", error.class),
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.outcomes.entry(outcome).or_default() += 1;
        counts.seconds.add(result.elapsed);
    }

    pub(super) fn came_late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn put_aside(&self) {
        self.aside.fetch_add(1, Ordering::Relaxed);
    }

    fn text(&self, moment: &Moment) -> String {
        let mut text = String::new();
        let name = "assay_worker_validations_total";
        head(&mut text, name, "counter", "Validations finished, by verdict or class of error.");
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (outcome, count) in &counts.outcomes {
            let _ = writeln!(text, "{name}{{outcome=\"{outcome}\"}} {count}");
        }
        let name = "assay_worker_validation_duration_seconds";
        head(&mut text, name, "histogram", "What validations took.");
        counts.seconds.write(&mut text, name, "");
        drop(counts);
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let all = [
            (
                "late_total",
                "counter",
                "Results that did not count: another had the job by then.",
                self.late.load(Ordering::Relaxed),
            ),
            (
                "set_aside_total",
                "counter",
                "Jobs set aside, as workers had died of them.",
                self.aside.load(Ordering::Relaxed),
            ),
            ("capacity", "gauge", "Validations that run at the same time.", of(moment.jobs)),
            ("held", "gauge", "Jobs that are validated, or wait for that.", of(moment.held)),
            (
                "connected",
                "gauge",
                "1 while the NATS server can be reached.",
                u64::from(moment.is_connected),
            ),
            ("draining", "gauge", "1 once the worker is to end.", u64::from(moment.is_draining)),
            (
                "resident_memory_bytes",
                "gauge",
                "Memory of this process, without sandboxes.",
                resident(),
            ),
        ];
        for (name, kind, help, value) in all {
            single(&mut text, (&format!("assay_worker_{name}"), kind, help), value);
        }
        text
    }
}

/// What a probe looks at.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) monitor: Arc<Monitor>,
    pub(super) room: Arc<Room>,
    pub(super) client: Client,
    pub(super) jobs: usize,
}

impl Watched {
    fn moment(&self) -> Moment {
        Moment {
            jobs: self.jobs,
            held: self.room.held(),
            is_connected: self.client.connection_state() == State::Connected,
            is_draining: self.room.is_closed(),
        }
    }

    fn metrics(&self) -> Response {
        ([(CONTENT_TYPE, MEDIA_TYPE)], self.monitor.text(&self.moment())).into_response()
    }

    /// It takes work.
    fn is_ready(&self) -> Response {
        let moment = self.moment();
        let (status, text) = match (moment.is_draining, moment.is_connected) {
            (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "the worker is about to end\n"),
            (_, false) => (StatusCode::SERVICE_UNAVAILABLE, "the NATS server cannot be reached\n"),
            _ => (StatusCode::OK, "ok\n"),
        };
        (status, text).into_response()
    }
}

/// Listens for probes.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, FleetError> {
    TcpListener::bind(address).await.map_err(|error| FleetError::Listen { address, error })
}

/// Answers probes until the worker ends.
pub(super) async fn serve(listener: TcpListener, watched: Watched) {
    let watched = Arc::new(watched);
    let answer = |answer: fn(&Watched) -> Response| {
        let watched = Arc::clone(&watched);
        get(move || async move { answer(&watched) })
    };
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", answer(Watched::is_ready))
        .route("/metrics", answer(Watched::metrics));
    if let Err(error) = axum::serve(listener, routes).await {
        warn!("probes are no longer answered: {error}");
    }
}
