//! [`Peak`]: the most memory that a process and its sandboxes had.

use std::collections::BTreeMap;
use std::fs;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::processes::descendants;

/// The most that was seen. A page that several processes share is counted in parts, so that the
/// sum is what is really used.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peak {
    /// The process and all that it started.
    pub(crate) all_kib: u64,
    /// The sandboxes that were there at once.
    pub(crate) sandboxes: usize,
    /// The largest sandbox.
    pub(crate) largest_kib: u64,
    /// The process itself.
    pub(crate) assay_kib: u64,
}

impl Peak {
    /// Looks until the process has ended.
    pub(crate) fn watch(process: u32) -> JoinHandle<Peak> {
        thread::spawn(move || {
            let mut peak = Peak::default();
            while let Some(own) = proportional_kib(process).filter(|kib| *kib > 0) {
                let mut sandboxes: BTreeMap<_, u64> = BTreeMap::new();
                let mut all = own;
                for child in descendants(process) {
                    let kib = proportional_kib(child).unwrap_or(0);
                    all += kib;
                    // Each sandbox has a network of its own.
                    if let Ok(network) = fs::read_link(format!("/proc/{child}/ns/net")) {
                        *sandboxes.entry(network).or_default() += kib;
                    }
                }
                peak.all_kib = peak.all_kib.max(all);
                peak.assay_kib = peak.assay_kib.max(own);
                let host = fs::read_link("/proc/self/ns/net").unwrap_or_default();
                sandboxes.remove(&host);
                peak.sandboxes = peak.sandboxes.max(sandboxes.len());
                let largest = sandboxes.into_values().max().unwrap_or(0);
                peak.largest_kib = peak.largest_kib.max(largest);
                thread::sleep(Duration::from_millis(300));
            }
            peak
        })
    }
}

/// proc(5): `Pss` of `smaps_rollup`.
fn proportional_kib(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.split_whitespace().next()?.parse().ok()
}
