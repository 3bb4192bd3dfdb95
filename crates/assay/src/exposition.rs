//! Counts and times in the text format of Prometheus (version 0.0.4).

use std::fmt::{Display, Write as _};
use std::time::Duration;

/// The type of this format in HTTP.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets of a histogram, in seconds.
const BOUNDS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

/// How often something took how long.
#[derive(Debug, Clone, Default)]
pub(crate) struct Histogram {
    /// How many are within each bound and above the one before.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    pub(crate) fn add(&mut self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(place) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[place] += 1;
        }
        self.count += 1;
        self.sum += seconds;
    }

    /// `labels` is empty or ends with a comma.
    pub(crate) fn write(&self, text: &mut String, name: &str, labels: &str) {
        let mut within = 0;
        for (bound, count) in BOUNDS.iter().zip(&self.buckets) {
            within += count;
            let _ = writeln!(text, "{name}_bucket{{{labels}le=\"{bound}\"}} {within}");
        }
        let _ = writeln!(text, "{name}_bucket{{{labels}le=\"+Inf\"}} {}", self.count);
        let only = labels.trim_end_matches(',');
        let only = if only.is_empty() { String::new() } else { format!("{{{only}}}") };
        let _ = writeln!(text, "{name}_sum{only} {}", self.sum);
        let _ = writeln!(text, "{name}_count{only} {}", self.count);
    }
}

/// What comes before the values of a metric.
pub(crate) fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A metric of one value, without labels.
pub(crate) fn single(
    text: &mut String,
    (name, kind, help): (&str, &str, &str),
    value: impl Display,
) {
    head(text, name, kind, help);
    let _ = writeln!(text, "{name} {value}");
}

/// Bytes of memory that this process has; 0 if that cannot be told.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|it| it.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_count_all_that_is_below_their_bound() {
        let mut histogram = Histogram::default();
        for milliseconds in [4, 5, 6, 900, 200_000] {
            histogram.add(Duration::from_millis(milliseconds));
        }
        let mut text = String::new();
        histogram.write(&mut text, "x", "a=\"b\",");
        for line in [
            "x_bucket{a=\"b\",le=\"0.005\"} 2",
            "x_bucket{a=\"b\",le=\"0.01\"} 3",
            "x_bucket{a=\"b\",le=\"1\"} 4",
            "x_bucket{a=\"b\",le=\"120\"} 4",
            "x_bucket{a=\"b\",le=\"+Inf\"} 5",
            "x_count{a=\"b\"} 5",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
    }
}
