//! Identical artifacts of one case share one validation, and each attempt records whose validation
//! it shares.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use assay_core::{Artifact, AttemptKey, Case};
use assay_verify::Validation;

/// How many bytes of texts are kept of finished validations; the oldest go first.
const MAX_KEPT_BYTES: usize = 64 << 20;

/// A case's id and an artifact's digest.
type Key = (String, String);

/// The validations of a run by what was validated.
#[derive(Debug)]
pub(super) struct Deduplication {
    enabled: bool,
    /// What is being validated, and which attempts wait for it.
    under_way: HashMap<u64, UnderWay>,
    by_key: HashMap<Key, u64>,
    finished: HashMap<Key, Arc<Reused>>,
    age: VecDeque<Key>,
    kept_bytes: usize,
}

#[derive(Debug)]
struct UnderWay {
    key: Key,
    attempt: AttemptKey,
    waiting: Vec<u64>,
}

/// What an attempt's artifact needs.
#[derive(Debug)]
pub(super) enum Need {
    /// A validation of its own.
    Validation,
    /// Nothing yet: an identical one is being validated.
    Wait,
    /// Nothing: this is the validation of an identical one.
    Reuse(Arc<Reused>),
}

/// The validation of an identical artifact, and the attempt it was made for.
#[derive(Debug, Clone)]
pub(super) struct Reused {
    pub(super) validation: Validation,
    pub(super) attempt: AttemptKey,
}

/// What becomes of the attempts that waited for a validation.
#[derive(Debug)]
pub(super) enum Waiting {
    /// They have it.
    Reuse(Vec<(u64, Arc<Reused>)>),
    /// There is nothing to share, because the host or a judge failed: the first attempt is to be
    /// validated itself, and the others wait for it.
    Validate(Option<u64>),
}

impl Deduplication {
    pub(super) fn new(enabled: bool) -> Deduplication {
        Deduplication {
            enabled,
            under_way: HashMap::new(),
            by_key: HashMap::new(),
            finished: HashMap::new(),
            age: VecDeque::new(),
            kept_bytes: 0,
        }
    }

    /// Says what the artifact of an open attempt needs.
    pub(super) fn need(
        &mut self,
        id: u64,
        attempt: &AttemptKey,
        case: &Case,
        artifact: &Arc<Artifact>,
    ) -> Need {
        if !self.enabled {
            return Need::Validation;
        }
        let key = (case.id.clone(), artifact.digest());
        if let Some(reused) = self.finished.get(&key) {
            return Need::Reuse(Arc::clone(reused));
        }
        if let Some(under_way) = self.by_key.get(&key).and_then(|id| self.under_way.get_mut(id)) {
            under_way.waiting.push(id);
            return Need::Wait;
        }
        self.by_key.insert(key.clone(), id);
        let attempt = attempt.clone();
        self.under_way.insert(id, UnderWay { key, attempt, waiting: Vec::new() });
        Need::Validation
    }

    /// How many attempts wait for the result of an attempt's own validation.
    pub(super) fn waiting_for(&self, id: u64) -> usize {
        self.under_way.get(&id).map_or(0, |under_way| under_way.waiting.len())
    }

    /// Takes the result of an attempt's own validation; `None` if there is nothing that others
    /// could share. `attempt_of` knows the keys of the open attempts.
    pub(super) fn validated(
        &mut self,
        id: u64,
        result: Option<&Validation>,
        attempt_of: impl Fn(u64) -> Option<AttemptKey>,
    ) -> Waiting {
        let Some(UnderWay { key, attempt, mut waiting }) = self.under_way.remove(&id) else {
            return Waiting::Reuse(Vec::new());
        };
        self.by_key.remove(&key);
        match result {
            Some(validation) => {
                let reused = Arc::new(Reused { validation: validation.clone(), attempt });
                let waiting = waiting.into_iter().map(|id| (id, Arc::clone(&reused))).collect();
                self.keep(key, reused);
                Waiting::Reuse(waiting)
            }
            None => {
                waiting.retain(|id| attempt_of(*id).is_some());
                if waiting.is_empty() {
                    return Waiting::Validate(None);
                }
                let next = waiting.remove(0);
                if let Some(attempt) = attempt_of(next) {
                    self.by_key.insert(key.clone(), next);
                    self.under_way.insert(next, UnderWay { key, attempt, waiting });
                }
                Waiting::Validate(Some(next))
            }
        }
    }

    fn keep(&mut self, key: Key, finished: Arc<Reused>) {
        self.kept_bytes += size(&finished);
        self.age.push_back(key.clone());
        self.finished.insert(key, finished);
        while self.kept_bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.age.pop_front() else { break };
            if let Some(gone) = self.finished.remove(&oldest) {
                self.kept_bytes -= size(&gone);
            }
        }
    }
}

/// About how many bytes a validation holds.
fn size(finished: &Reused) -> usize {
    const EACH: usize = 4096;
    let logs = &finished.validation.logs;
    EACH + logs.iter().map(|log| log.text.len()).sum::<usize>()
}
