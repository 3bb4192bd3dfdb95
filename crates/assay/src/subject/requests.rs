//! [`Requests`]: how many requests all models of a run have been sent, and may be sent.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count that all subjects and judges share.
#[derive(Debug)]
pub struct Requests {
    sent: AtomicU64,
    most: AtomicU64,
}

impl Default for Requests {
    fn default() -> Requests {
        Requests { sent: AtomicU64::new(0), most: AtomicU64::new(u64::MAX) }
    }
}

impl Requests {
    /// Continues the count of a run that has sent this many, under a limit.
    pub fn begin(&self, sent: u64, most: Option<u64>) {
        self.sent.store(sent, Ordering::Release);
        self.most.store(most.unwrap_or(u64::MAX), Ordering::Release);
    }

    /// All that were sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// Counts one more, and returns whether it may be sent.
    pub(super) fn take(&self) -> bool {
        let most = self.most.load(Ordering::Acquire);
        let more = |sent| (sent < most).then_some(sent + 1);
        self.sent.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok()
    }
}
