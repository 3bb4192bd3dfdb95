//! [`Shelf`]: the cases that are served, and those that are on their way there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use assay_core::Case;

use super::hub::DigestedCase;
use super::shared::lock;

/// Where a case comes from. Only its own origin may replace or remove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The corpus that the service was started with.
    Corpus,
    /// The folder that is watched.
    Folder,
    /// An archive that was sent.
    Upload,
}

/// How far a version of a case is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CaseState {
    /// It is being prepared or proved; artifacts are not taken yet.
    Pending(&'static str),
    /// It is served as its corpus has it; the operator vouches for it.
    Trusted,
    /// Its own solutions have shown that its tests tell secure from insecure.
    Proved,
    /// It is not served, for this reason.
    Refused(String),
}

/// A case of one id: the version that is served, and the latest one if that is another.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) origin: Origin,
    /// The version that artifacts are validated with.
    pub(super) served: Option<DigestedCase>,
    /// The state of the version that came last.
    pub(super) state: CaseState,
    /// The digest of the version that came last.
    pub(super) latest: Arc<str>,
    /// Tells the versions apart that came one after the other.
    version: u64,
}

/// The cases by their ids.
#[derive(Debug, Default)]
pub struct Shelf {
    entries: Mutex<BTreeMap<String, Entry>>,
    /// Other names by which cases are asked for.
    aliases: BTreeMap<String, String>,
}

/// A version of a case that is on its way.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    pub(super) id: String,
    version: u64,
}

impl CaseState {
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            CaseState::Pending(_) => "pending",
            CaseState::Trusted => "trusted",
            CaseState::Proved => "proved",
            CaseState::Refused(_) => "refused",
        }
    }

    /// What it waits for, or why it is refused.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            CaseState::Pending(step) => Some(step),
            CaseState::Refused(reason) => Some(reason),
            CaseState::Trusted | CaseState::Proved => None,
        }
    }
}

impl Origin {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Origin::Corpus => "corpus",
            Origin::Folder => "folder",
            Origin::Upload => "upload",
        }
    }
}

impl DigestedCase {
    pub(super) fn new(case: Arc<Case>) -> DigestedCase {
        let digest = case.digest().into();
        DigestedCase { case, digest }
    }
}

impl Shelf {
    /// An empty one; cases are also asked for by these other names.
    pub fn new(aliases: BTreeMap<String, String>) -> Shelf {
        Shelf { entries: Mutex::default(), aliases }
    }

    /// Serves a case as it is.
    pub fn trust(&self, case: Arc<Case>) {
        let case = DigestedCase::new(case);
        let (id, latest) = (case.case.id.clone(), Arc::clone(&case.digest));
        let state = CaseState::Trusted;
        let entry = Entry { origin: Origin::Corpus, served: Some(case), state, latest, version: 0 };
        lock(&self.entries).insert(id, entry);
    }

    /// Notes that a version of a case is on its way; what is served stays until then. An error if
    /// the case is of another origin, which it names.
    pub(super) fn announce(&self, case: &DigestedCase, origin: Origin) -> Result<Ticket, Origin> {
        let id = case.case.id.clone();
        let latest = Arc::clone(&case.digest);
        let mut entries = lock(&self.entries);
        let known = entries.get(&id);
        if let Some(other) = known.map(|it| it.origin).filter(|other| *other != origin) {
            return Err(other);
        }
        let version = known.map_or(1, |it| it.version + 1);
        let served = known.and_then(|it| it.served.clone());
        let state = CaseState::Pending("it waits to be prepared");
        entries.insert(id.clone(), Entry { origin, served, state, latest, version });
        Ok(Ticket { id, version })
    }

    /// Notes that a version of a case cannot even be read. An error if there is a case of this id
    /// of another origin, which it names.
    pub(super) fn refuse(&self, id: &str, origin: Origin, reason: &str) -> Result<(), Origin> {
        let mut entries = lock(&self.entries);
        let known = entries.get(id);
        if let Some(other) = known.map(|it| it.origin).filter(|other| *other != origin) {
            return Err(other);
        }
        let version = known.map_or(1, |it| it.version + 1);
        let served = known.and_then(|it| it.served.clone());
        let state = CaseState::Refused(reason.to_owned());
        let latest = Arc::from("");
        entries.insert(id.to_owned(), Entry { origin, served, state, latest, version });
        Ok(())
    }

    /// Notes how far a version is, unless a later one has come.
    pub(super) fn progress(&self, ticket: &Ticket, state: CaseState) {
        self.update(ticket, |entry| entry.state = state);
    }

    /// Serves a version, unless a later one has come.
    pub(super) fn serve(&self, ticket: &Ticket, case: DigestedCase, state: CaseState) {
        self.update(ticket, |entry| {
            entry.served = Some(case);
            entry.state = state;
        });
    }

    fn update(&self, ticket: &Ticket, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = lock(&self.entries).get_mut(&ticket.id)
            && entry.version == ticket.version
        {
            change(entry);
        }
    }

    /// Whether a version is still the latest.
    pub(super) fn is_latest(&self, ticket: &Ticket) -> bool {
        lock(&self.entries).get(&ticket.id).is_some_and(|it| it.version == ticket.version)
    }

    /// Forgets a case of this origin; the origin that it has if that is another, and `None` if
    /// there is no such case.
    pub(super) fn withdraw(&self, id: &str, origin: Origin) -> Option<Result<(), Origin>> {
        let mut entries = lock(&self.entries);
        let found = entries.get(id)?.origin;
        if found != origin {
            return Some(Err(found));
        }
        entries.remove(id);
        Some(Ok(()))
    }

    /// A case by its id or another name of it.
    pub(super) fn find(&self, name: &str) -> Option<(String, Entry)> {
        let entries = lock(&self.entries);
        let id = match entries.contains_key(name) {
            true => name,
            false => self.aliases.get(name)?,
        };
        entries.get(id).map(|entry| (id.to_owned(), entry.clone()))
    }

    /// All cases, by their ids.
    pub(super) fn all(&self) -> Vec<(String, Entry)> {
        lock(&self.entries).iter().map(|(id, entry)| (id.clone(), entry.clone())).collect()
    }

    /// How many cases there are in each state, and how many are served.
    pub fn counts(&self) -> (BTreeMap<&'static str, usize>, usize) {
        let mut counts =
            BTreeMap::from([("pending", 0), ("trusted", 0), ("proved", 0), ("refused", 0)]);
        let entries = lock(&self.entries);
        for entry in entries.values() {
            *counts.entry(entry.state.as_str()).or_default() += 1;
        }
        (counts, entries.values().filter(|entry| entry.served.is_some()).count())
    }
}
