//! [`Metrics`]: counts and times, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::shared::lock;
use crate::exposition::{Histogram, head, resident, single};

/// What happened since the start.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// By method, route and status.
    requests: Mutex<BTreeMap<(String, &'static str, u16), u64>>,
    /// By route.
    durations: Mutex<BTreeMap<&'static str, Histogram>>,
    /// By outcome and how the result came about.
    validations: Mutex<BTreeMap<(String, &'static str), u64>>,
    validation_seconds: Mutex<Histogram>,
    pub(super) connections: AtomicU64,
    /// Requests that are being answered.
    pub(super) exchanges: AtomicU64,
}

/// What is so at this moment, beside what was counted.
#[derive(Debug)]
pub(super) struct Gauges {
    pub(super) cases: BTreeMap<&'static str, usize>,
    pub(super) served: usize,
    pub(super) waiting: usize,
    pub(super) under_way: usize,
    pub(super) capacity: usize,
    pub(super) body_bytes: u64,
    pub(super) records: usize,
    pub(super) stored_bytes: u64,
    pub(super) draining: bool,
}

impl Metrics {
    /// Counts a request. Methods that nothing here has are counted together.
    pub(super) fn answered(&self, method: &str, route: &'static str, status: u16, took: Duration) {
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE"];
        let method = if known.contains(&method) { method } else { "other" };
        *lock(&self.requests).entry((method.to_owned(), route, status)).or_default() += 1;
        lock(&self.durations).entry(route).or_default().add(took);
    }

    /// Counts a validation; the time of one that was not shared or stored.
    pub(super) fn validated(&self, outcome: &str, how: &'static str, took: Option<Duration>) {
        *lock(&self.validations).entry((outcome.to_owned(), how)).or_default() += 1;
        if let Some(took) = took {
            lock(&self.validation_seconds).add(took);
        }
    }

    pub(super) fn text(&self, gauges: &Gauges) -> String {
        let mut text = String::new();
        head(&mut text, "assay_verifier_requests_total", "counter", "Requests answered.");
        for ((method, route, status), count) in lock(&self.requests).iter() {
            let _ = writeln!(
                text,
                "assay_verifier_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
            );
        }
        let name = "assay_verifier_request_duration_seconds";
        head(&mut text, name, "histogram", "From the head of a request to its answer.");
        for (route, histogram) in lock(&self.durations).iter() {
            histogram.write(&mut text, name, &format!("route=\"{route}\","));
        }
        let name = "assay_verifier_validations_total";
        head(&mut text, name, "counter", "Validations finished, by verdict or class of error.");
        for ((outcome, how), count) in lock(&self.validations).iter() {
            let _ = writeln!(text, "{name}{{outcome=\"{outcome}\",result=\"{how}\"}} {count}");
        }
        let name = "assay_verifier_validation_duration_seconds";
        head(&mut text, name, "histogram", "What validations took that were carried out.");
        lock(&self.validation_seconds).write(&mut text, name, "");
        let name = "assay_verifier_cases";
        head(&mut text, name, "gauge", "Cases, by the state of their latest version.");
        for (state, count) in &gauges.cases {
            let _ = writeln!(text, "{name}{{state=\"{state}\"}} {count}");
        }
        self.write_gauges(&mut text, gauges);
        text
    }

    fn write_gauges(&self, text: &mut String, gauges: &Gauges) {
        let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let all = [
            ("cases_served", "Cases that artifacts are taken for.", of(gauges.served)),
            ("validations_waiting", "Validations asked for and not finished.", of(gauges.waiting)),
            ("validations_under_way", "Validations that run.", of(gauges.under_way)),
            ("capacity", "Validations that run at the same time.", of(gauges.capacity)),
            ("body_bytes", "Bytes of bodies of requests that are held.", gauges.body_bytes),
            ("records", "Validations that are remembered.", of(gauges.records)),
            ("result_store_bytes", "Bytes that the result store takes.", gauges.stored_bytes),
            ("connections", "Open connections.", self.connections.load(Ordering::Relaxed)),
            ("draining", "1 once the service is to end.", u64::from(gauges.draining)),
            ("resident_memory_bytes", "Memory of this process, without sandboxes.", resident()),
        ];
        for (name, help, value) in all {
            single(text, (&format!("assay_verifier_{name}"), "gauge", help), value);
        }
    }
}
