//! Watches a run's file for news without keeping it open: an open run would keep its `-wal` file
//! beside it after its writer has ended.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use assay_core::{Cost, Judgement, Verdict};
use tracing::debug;

use super::{Store, StoreError, with_suffix};

/// A run's file that is checked from time to time.
#[derive(Debug)]
pub struct WatchedFile {
    path: PathBuf,
    /// Asks whether the run is being written. It stays open, for closing it would release
    /// the locks of whoever else in this process reads the file.
    probe: File,
}

/// Changes whenever the run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([(u64, i64, i64); 2]);

/// How far a run has come, and how fast it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Those that came to something else than a verdict: statements, and what was not asked.
    pub others: usize,
    pub unjudged: usize,
    pub errored: usize,
    /// Attempts that ended within the last minute.
    pub last_minute: usize,
    /// What the run's requests have cost; zero without a price.
    pub paid: Cost,
}

impl Pulse {
    pub fn finished(&self) -> usize {
        self.verdicts.values().sum::<usize>() + self.others + self.unjudged + self.errored
    }
}

impl WatchedFile {
    pub fn open(path: &Path) -> Result<WatchedFile, StoreError> {
        let probe = File::open(path).map_err(|error| StoreError::Open {
            path: path.display().to_string(),
            message: error.to_string(),
        })?;
        Ok(WatchedFile { path: path.to_owned(), probe })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `None` if the file is gone, or is another one.
    pub fn stamp(&self) -> Option<Stamp> {
        let now = fs::metadata(&self.path).ok()?;
        let then = self.probe.metadata().ok()?;
        let is_the_same = (now.dev(), now.ino()) == (then.dev(), then.ino());
        // What was written last is in the log beside it.
        let log = fs::metadata(with_suffix(&self.path, "-wal")).ok();
        is_the_same.then(|| Stamp([of(&now), log.as_ref().map(of).unwrap_or_default()]))
    }

    /// Whether a process is writing the run now.
    pub fn is_being_written(&self) -> bool {
        match self.probe.try_lock_shared() {
            Err(TryLockError::WouldBlock) => true,
            // A file system without locks has no writer that would be kept out.
            Err(TryLockError::Error(error)) => {
                debug!(run = %self.path.display(), %error, "whether the run goes on is not known");
                false
            }
            Ok(()) => {
                // It is released with the file in any case.
                let _ = self.probe.unlock();
                false
            }
        }
    }
}

fn of(file: &Metadata) -> (u64, i64, i64) {
    (file.len(), file.mtime(), file.mtime_nsec())
}

impl Store {
    pub fn pulse(&self) -> Result<Pulse, StoreError> {
        let minute_ago = SystemTime::now() - Duration::from_secs(60);
        let minute_ago = humantime::format_rfc3339_seconds(minute_ago).to_string();
        let query = "SELECT verdict, error, count(*), sum(finished_at > ?1) FROM attempt
                     GROUP BY verdict, error";
        let mut statement = self.connection.prepare(query).map_err(|source| self.sqlite(source))?;
        let mut rows = statement.query([minute_ago]).map_err(|source| self.sqlite(source))?;
        let mut pulse = Pulse {
            verdicts: BTreeMap::new(),
            others: 0,
            unjudged: 0,
            errored: 0,
            last_minute: 0,
            paid: Cost::ZERO,
        };
        while let Some(row) = rows.next().map_err(|source| self.sqlite(source))? {
            let columns = || Ok((row.get(0)?, row.get(1)?, row.get::<_, usize>(2)?, row.get(3)?));
            let (verdict, error, count, recent): (_, _, _, usize) =
                columns().map_err(|source| self.sqlite(source))?;
            let outcome = self.outcome(verdict, error)?;
            match outcome.judgement() {
                Some(Judgement::Code(verdict)) => {
                    *pulse.verdicts.entry(*verdict).or_default() += count;
                }
                Some(_) => pulse.others += count,
                None if outcome.is_unjudged() => pulse.unjudged += count,
                None => pulse.errored += count,
            }
            pulse.last_minute += recent;
        }
        for (_, bill) in self.paid()? {
            pulse.paid += bill.cost.unwrap_or_default();
        }
        Ok(pulse)
    }
}
