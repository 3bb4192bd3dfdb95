//! The runs that are served: which there are, how far they have come, and the report of
//! them as it is now.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use assay_core::score::ScoringRules;
use maud::Markup;
use tracing::{debug, warn};

use crate::report::RunData;
use crate::report::html::Report;
use crate::report::html::live::{LiveRun, strip};
use crate::store::{Pulse, Stamp, Store, StoreError, WatchedFile};

/// Where runs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunSource {
    /// One run.
    File(PathBuf),
    /// All runs in a folder, those that appear later too. It may not be there yet.
    Folder(PathBuf),
}

impl RunSource {
    /// The files of runs that exist now.
    fn files(&self) -> Vec<PathBuf> {
        match self {
            RunSource::File(file) => vec![file.clone()],
            RunSource::Folder(folder) => {
                let unread = |error: &io::Error| {
                    if error.kind() != io::ErrorKind::NotFound {
                        warn!("failed to look for runs in {}: {error}", folder.display());
                    }
                };
                let entries = fs::read_dir(folder).inspect_err(unread).into_iter().flatten();
                let paths = entries.filter_map(|it| Some(it.inspect_err(unread).ok()?.path()));
                let is_run = |path: &PathBuf| path.extension().is_some_and(|it| it == "assay");
                let mut files: Vec<PathBuf> = paths.filter(is_run).collect();
                files.sort();
                files
            }
        }
    }
}

/// Why runs cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum NoShelf {
    #[error("there is no run or folder {0}; `assay run` makes runs")]
    Missing(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The runs of some sources. Several threads may use it.
#[derive(Debug)]
pub struct Shelf {
    sources: Vec<RunSource>,
    rules: ScoringRules,
    /// Held while it is looked what is new.
    state: Mutex<State>,
    shown: RwLock<Arc<Shown>>,
    /// What pages show of the runs that go on.
    strip: RwLock<Markup>,
}

/// The report of all runs at one moment.
#[derive(Debug)]
pub struct Shown {
    pub report: Report,
    /// One more with each new report.
    pub version: u64,
}

#[derive(Debug, Default)]
struct State {
    /// In order of their numbers.
    runs: Vec<Run>,
    /// Files that cannot be shown, when they were like this, and why.
    faults: BTreeMap<PathBuf, (Option<Stamp>, String)>,
    /// The number of the run that came last.
    last_number: usize,
    looked: Option<Instant>,
    /// When the last report was made, and how long that took.
    made: Option<(Instant, Duration)>,
    /// Whether the runs are others than those of the last report.
    is_new: bool,
}

#[derive(Debug)]
struct Run {
    number: usize,
    file: WatchedFile,
    /// When it was read.
    stamp: Stamp,
    data: Arc<RunData>,
    pulse: Pulse,
    goes_on: bool,
}

/// It is not looked again before.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A report is made again only after this many times as long as the last one took, because a large
/// run in progress must not keep a core busy.
const REST: u32 = 10;

impl Shelf {
    /// Reads all runs. A named file that cannot be read is an error; one in a folder is reported on
    /// the pages.
    pub fn open(sources: Vec<RunSource>, rules: ScoringRules) -> Result<Shelf, NoShelf> {
        for source in &sources {
            if let RunSource::File(file) = source {
                Store::open_to_read(file)?.info()?;
            }
        }
        let shown = Shown { report: Report::new(Vec::new(), &rules), version: 0 };
        let shelf = Shelf {
            sources,
            rules,
            state: Mutex::default(),
            shown: RwLock::new(Arc::new(shown)),
            strip: RwLock::new(Markup::default()),
        };
        shelf.look();
        Ok(shelf)
    }

    /// The newest report.
    pub fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn runs(&self) -> usize {
        self.shown().report.run_ids().count()
    }

    /// What pages show of the runs that go on.
    pub fn strip(&self) -> Markup {
        self.strip.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks for changes, and makes the report again if there are any. Returns at once while
    /// another thread does it.
    pub fn look(&self) {
        let Ok(mut state) = self.state.try_lock() else { return };
        if state.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return;
        }
        state.look(&self.sources, &self.rules);
        state.looked = Some(Instant::now());
        *self.strip.write().unwrap_or_else(PoisonError::into_inner) = state.strip();
        let rests = state.made.is_some_and(|(end, took)| end.elapsed() < took * REST);
        if !state.is_new || rests {
            return;
        }
        let begun = Instant::now();
        state.read_again(&self.rules);
        let runs = state.runs.iter().map(|run| (run.number, Arc::clone(&run.data))).collect();
        let report = Report::new(runs, &self.rules);
        state.made = Some((Instant::now(), begun.elapsed()));
        debug!(runs = state.runs.len(), took = ?begun.elapsed(), "report made anew");
        state.is_new = false;
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        *shown = Arc::new(Shown { report, version: shown.version + 1 });
    }
}

impl State {
    /// Finds new and removed runs, and the progress of unfinished ones.
    fn look(&mut self, sources: &[RunSource], rules: &ScoringRules) {
        let files: Vec<PathBuf> = sources.iter().flat_map(RunSource::files).collect();
        self.faults.retain(|file, _| files.contains(file));
        let is_new = &mut self.is_new;
        self.runs.retain_mut(|run| {
            let is_named = files.iter().any(|file| file == run.file.path());
            let Some(stamp) = run.file.stamp().filter(|_| is_named) else {
                *is_new = true;
                return false;
            };
            let is_other = stamp != run.stamp;
            *is_new |= is_other;
            let went_on = std::mem::replace(&mut run.goes_on, run.file.is_being_written());
            // How many came in the last minute changes with time alone.
            if is_other || run.goes_on || went_on {
                run.feel();
            }
            true
        });
        let known = |file: &&PathBuf| self.runs.iter().any(|run| run.file.path() == *file);
        let unknown: Vec<&PathBuf> = files.iter().filter(|file| !known(file)).collect();
        let mut came: Vec<Run> =
            unknown.into_iter().filter_map(|file| self.take(file, rules)).collect();
        came.sort_by(|a, b| a.data.info.started_at.cmp(&b.data.info.started_at));
        for mut run in came {
            self.last_number += 1;
            run.number = self.last_number;
            self.runs.push(run);
            self.is_new = true;
        }
    }

    /// A run of this file, unless it cannot be read.
    fn take(&mut self, file: &Path, rules: &ScoringRules) -> Option<Run> {
        let watched = WatchedFile::open(file);
        let stamp = watched.as_ref().ok().and_then(WatchedFile::stamp);
        if self.faults.get(file).is_some_and(|(then, _)| *then == stamp) {
            return None;
        }
        match watched.and_then(|watched| Run::read(watched, rules)) {
            Ok(run) => {
                self.faults.remove(file);
                Some(run)
            }
            Err(error) => {
                debug!(file = %file.display(), %error, "a run cannot be shown");
                self.faults.insert(file.to_owned(), (stamp, error.to_string()));
                None
            }
        }
    }

    /// Reads the runs that have changed. One that can no longer be read stays as it was: its file
    /// may have changed during reading.
    fn read_again(&mut self, rules: &ScoringRules) {
        for run in &mut self.runs {
            // It is taken before the run is read, so what comes meanwhile is read next.
            let Some(stamp) = run.file.stamp().filter(|stamp| *stamp != run.stamp) else {
                continue;
            };
            let store = Store::open_to_read(run.file.path());
            match store.and_then(|store| RunData::read(&store, rules)) {
                Ok(data) => {
                    run.data = Arc::new(data);
                    run.stamp = stamp;
                }
                Err(error) => {
                    debug!(run = %run.file.path().display(), %error, "the run is shown as it was");
                }
            }
        }
    }

    fn strip(&self) -> Markup {
        let going: Vec<(String, &Run)> =
            self.runs.iter().filter(|run| run.goes_on).map(|run| (run.data.name(), run)).collect();
        let runs: Vec<LiveRun<'_>> = (going.iter())
            .map(|(name, run)| LiveRun {
                name,
                planned: run.data.info.planned,
                pulse: &run.pulse,
                seconds: run.seconds_of_last_minute(),
            })
            .collect();
        let faults: Vec<String> = self.faults.values().map(|(_, fault)| fault.clone()).collect();
        strip(&runs, &faults)
    }
}

impl Run {
    /// Its number is given later.
    fn read(file: WatchedFile, rules: &ScoringRules) -> Result<Run, StoreError> {
        let gone = || StoreError::Open {
            path: file.path().display().to_string(),
            message: "there is no such file".to_owned(),
        };
        let stamp = file.stamp().ok_or_else(gone)?;
        let goes_on = file.is_being_written();
        let store = Store::open_to_read(file.path())?;
        let (data, pulse) = (Arc::new(RunData::read(&store, rules)?), store.pulse()?);
        Ok(Run { number: 0, file, stamp, data, pulse, goes_on })
    }

    /// A run that began just now has not had a minute yet.
    fn seconds_of_last_minute(&self) -> usize {
        let begun = humantime::parse_rfc3339(&self.data.info.started_at).ok();
        let age = begun.and_then(|begun| SystemTime::now().duration_since(begun).ok());
        age.and_then(|age| usize::try_from(age.as_secs()).ok()).unwrap_or(60).clamp(1, 60)
    }

    /// Takes its pulse. What cannot be had now may be had the next time.
    fn feel(&mut self) {
        let store = Store::open_to_read(self.file.path());
        match store.and_then(|store| store.pulse()) {
            Ok(pulse) => self.pulse = pulse,
            Err(error) => {
                debug!(run = %self.file.path().display(), %error, "how far the run is cannot be read");
            }
        }
    }
}
