//! [`Nurseries`]: prepared interpreters, one for each environment in use.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use assay_harness::python;
use assay_sandbox::{Command, Launcher, Mount, Nursery, SandboxError, Seed};
use tracing::warn;

use super::{ENVIRONMENT, tools};

/// What is imported before any project is there.
const PRELOAD: &str = python::PRELOAD.1;

/// So many interpreters wait at one time, each with some 30 MiB. A run goes through all
/// cases again and again, so that of a corpus with more environments none would wait when
/// its turn comes.
const KEPT: usize = 16;

/// The nurseries of this process. A suite of an environment that has none runs in an
/// interpreter of its own, to the same verdict.
#[derive(Debug, Default)]
pub(super) struct Nurseries {
    kept: Mutex<VecDeque<(PathBuf, Arc<Entry>)>>,
}

/// `None` where a nursery cannot be started.
type Entry = Mutex<Option<Started>>;

#[derive(Debug)]
enum Started {
    Ready(Arc<Nursery>),
    Refused,
}

impl Nurseries {
    /// The nursery of a prepared environment for commands like this one.
    pub(super) fn of(&self, prepared: &Path, command: &Command) -> Option<Arc<Nursery>> {
        let entry = self.entry(prepared);
        // Others who need the same one wait until it is there.
        let mut started = entry.lock().unwrap_or_else(PoisonError::into_inner);
        let started = started.get_or_insert_with(|| match start(prepared, command) {
            Some(nursery) => Started::Ready(Arc::new(nursery)),
            None => Started::Refused,
        });
        match started {
            Started::Ready(nursery) => Some(Arc::clone(nursery)),
            Started::Refused => None,
        }
    }

    /// Gives up the nursery of an environment, which does not answer for this reason.
    pub(super) fn refuse(&self, prepared: &Path, reason: &SandboxError) {
        warn!(
            environment = %prepared.display(),
            "a Python nursery no longer answers: failed to {reason}; {SLOWER}"
        );
        let entry = self.entry(prepared);
        *entry.lock().unwrap_or_else(PoisonError::into_inner) = Some(Started::Refused);
    }

    /// The entry of an environment, as the youngest of those kept, which are too few for a
    /// crate's index.
    fn entry(&self, prepared: &Path) -> Arc<Entry> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(path, _)| path == prepared);
        let (path, entry) = place
            .and_then(|place| kept.remove(place))
            .unwrap_or_else(|| (prepared.to_owned(), Arc::default()));
        kept.push_back((path, Arc::clone(&entry)));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        entry
    }
}

/// What it means to have no nursery.
const SLOWER: &str = "suites start an interpreter of their own, which is slower";

fn start(prepared: &Path, command: &Command) -> Option<Nursery> {
    let environment = prepared.display();
    let Some(library) = tools::libpython() else {
        let remedy = tools::remedy(["libpython"]);
        warn!(%environment, "there is no library of the Python interpreter; {SLOWER}; {remedy}");
        return None;
    };
    let seed = Seed {
        mounts: vec![Mount::new(prepared, ENVIRONMENT)],
        command: command.clone(),
        library,
        preload: PRELOAD.to_owned(),
        launcher: Launcher::CurrentExecutable,
    };
    Nursery::start(&seed)
        .inspect_err(|error| {
            warn!(%environment, "a Python nursery did not start: failed to {error}; {SLOWER}");
        })
        .ok()
}
