//! [`Records`]: the validations that were asked for, so that one can ask what became of them.
//! Those that are finished are kept while there is room for them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assay_core::log::Log;
use assay_core::reading::Found;
use assay_core::{Evidence, InfraError, SafePath, Verdict};
use tokio::sync::watch;

use super::hub::How;
use super::shared::lock;

/// A validation that was asked for.
#[derive(Debug)]
pub(super) struct Record {
    /// Cannot be guessed: 32 hexadecimal digits.
    pub(super) id: String,
    /// The name of who asked for it.
    pub(super) owner: String,
    pub(super) case: String,
    pub(super) case_digest: Arc<str>,
    /// `None` if the answer held no artifact.
    pub(super) artifact_digest: Option<String>,
    /// Why files of the answer were left out.
    pub(super) refused: Vec<String>,
    pub(super) found: Vec<(SafePath, Found)>,
    pub(super) settled: watch::Sender<Option<Arc<Settled>>>,
}

/// What came of a validation.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) result: Result<Verdict, InfraError>,
    /// `None` if nothing was observed.
    pub(super) evidence: Option<Evidence>,
    pub(super) logs: Vec<Log>,
    /// The first thing that went wrong, in a phrase.
    pub(super) reason: Option<String>,
    pub(super) how: How,
    pub(super) elapsed: Duration,
}

/// The most validations that are remembered once they are finished, and the most bytes of these.
const MOST_FINISHED: usize = 20_000;
const MOST_BYTES: usize = 256 << 20;

/// What a validation takes beside its texts, about.
const RECORD_BYTES: usize = 2 << 10;

#[derive(Debug, Default)]
struct Kept {
    records: HashMap<String, Arc<Record>>,
    /// Those that are finished and what they take, the oldest first.
    finished: VecDeque<(String, usize)>,
    bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Records(Mutex<Kept>);

impl Settled {
    fn bytes(&self) -> usize {
        let logs: usize = self.logs.iter().map(|log| log.name.len() + log.text.len()).sum();
        let suites = self.evidence.iter().flat_map(Evidence::suites);
        let tests = suites.flat_map(|suite| &suite.tests);
        let tests: usize = tests.map(|test| test.name.len() + test.detail.len() + 32).sum();
        RECORD_BYTES + logs + tests
    }
}

impl Record {
    pub(super) fn settled(&self) -> Option<Arc<Settled>> {
        self.settled.borrow().clone()
    }
}

impl Records {
    pub(super) fn add(&self, record: &Arc<Record>) {
        lock(&self.0).records.insert(record.id.clone(), Arc::clone(record));
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Record>> {
        lock(&self.0).records.get(id).cloned()
    }

    /// Notes what came of a validation, tells who waits for it, and forgets old ones.
    pub(super) fn settle(&self, record: &Record, settled: Arc<Settled>) {
        let bytes = settled.bytes();
        record.settled.send_replace(Some(settled));
        let mut kept = lock(&self.0);
        kept.finished.push_back((record.id.clone(), bytes));
        kept.bytes += bytes;
        while kept.finished.len() > MOST_FINISHED || kept.bytes > MOST_BYTES {
            let Some((id, bytes)) = kept.finished.pop_front() else { break };
            kept.bytes -= bytes;
            kept.records.remove(&id);
        }
    }

    /// How many are remembered.
    pub(super) fn count(&self) -> usize {
        lock(&self.0).records.len()
    }
}

/// An id that cannot be guessed.
pub(super) fn new_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
