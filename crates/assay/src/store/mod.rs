//! One SQLite file a run: everything asked, answered, observed and judged.
//!
//! Each finished attempt is written in one transaction, so a killed run keeps
//! every attempt that finished and no half of one. Texts are compressed and
//! kept once however often they occur.

mod blob;
mod format;
mod later;
mod logs;
mod opinions;
mod pace;
mod read;
mod repeats;
mod replies;
mod search;
mod served;
mod spending;
mod watch;
mod write;

pub use served::ServedReply;
pub use spending::{Payer, Payment, Purpose, Spent};

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_core::answer::Finish;
use assay_core::record::{CaseSummary, LeftOut};
use assay_core::{AttemptEnd, AttemptKey, AttemptRecord, Cost, Locale, Outcome, Tokens, Verdict};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserialize, Serialize};
use tracing::debug;

use self::format::Access;
use crate::output::{builder, folder_of, try_place};

pub use pace::PaceSample;
pub use repeats::Repeats;
pub use search::{Found, FoundText, SearchIndex, TextKind};
pub use watch::{Pulse, Stamp, WatchedFile};

/// How many times locking a run is tried, and the pause between two tries.
const LOCK_TRIES: usize = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What is known of a run before its first attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunInfo {
    pub id: String,
    /// What its user calls it; no run before labels has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// RFC 3339, UTC.
    pub started_at: String,
    pub assay_version: String,
    /// The corpus as it was given.
    pub corpus: String,
    pub corpus_digest: String,
    pub locale: Locale,
    pub subjects: Vec<String>,
    /// How many attempts the plan has.
    pub planned: usize,
    /// The resolved configuration, without secrets.
    pub settings: serde_json::Value,
    /// Versions of compilers and interpreters, by name.
    pub tools: BTreeMap<String, String>,
    /// The versions of these tools that this build of Assay supports, by name.
    #[serde(default)]
    pub supported_tools: BTreeMap<String, String>,
    /// The cases of the plan.
    pub cases: Vec<CaseSummary>,
    /// Cases that were chosen and are not asked, of no subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The run from which this run took its answers, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<DerivedFrom>,
}

/// The run that another one was made from without asking its subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DerivedFrom {
    /// The run's id.
    pub run: String,
    /// The command that did it.
    pub by: String,
    /// The version of assay that made the run.
    pub assay_version: String,
    /// The digest of the corpus of that run.
    pub corpus_digest: String,
}

/// What a list of attempts shows of each.
#[derive(Debug, Clone)]
pub struct AttemptSummary {
    pub id: i64,
    pub key: AttemptKey,
    pub outcome: Outcome,
    pub turns: u32,
    /// The first thing that went wrong in the last turn.
    pub first_failure: Option<String>,
    /// The verdict on the first answer, before any repair.
    pub first_verdict: Option<Verdict>,
    /// Of all the subject's replies.
    pub tokens: Tokens,
    /// Of those replies whose price is known; `None` if no price is known.
    pub cost: Option<Cost>,
    pub asked_ms: u64,
    pub validated_ms: u64,
    /// When it ended (RFC 3339, UTC).
    pub finished_at: String,
    /// How the last answer ended; `None` without one.
    pub finish: Option<Finish>,
    /// Whether the question after the last answer no longer fitted the model's context.
    pub is_context_full: bool,
    /// How it comes out under the reading that the run does not follow, where that finds
    /// something else in an answer.
    pub other: Option<Outcome>,
}

impl AttemptSummary {
    /// Why it has no further answer.
    pub fn end(&self) -> AttemptEnd {
        AttemptEnd::of(&self.outcome, self.is_context_full)
    }
}

/// The file of one run.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// Held while this process may write the run; others may read it.
    lock: Option<File>,
    /// Whether attempts are written, to a log beside the file at first.
    writes: bool,
}

/// Why a run's file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "{0} exists already, and a new run replaces nothing; resume it with --resume if it is a run, or choose another --output"
    )]
    Exists(String),
    #[error("{0} is being written by another assay; wait for it or stop it")]
    Busy(String),
    #[error("failed to open the run {path}: {message}")]
    Open { path: String, message: String },
    #[error(
        "failed to make the run {path}: {source}; name a file in a folder that can be written to with --output"
    )]
    Unmakeable { path: String, source: std::io::Error },
    #[error("{path} is not a run of this version of assay ({fault})")]
    Format { path: String, fault: String },
    #[error("failed to use the run {path}: {source}")]
    Sqlite { path: String, source: rusqlite::Error },
    #[error("the run {path} contains {what} that cannot be read: {message}")]
    Corrupt { path: String, what: &'static str, message: String },
}

impl Store {
    /// Whether a new run can be stored at a place. A file there may be worth more than a
    /// run: the answers in one were paid for.
    pub fn check_place(path: &Path) -> Result<(), StoreError> {
        match path.symlink_metadata() {
            Ok(_) => Err(StoreError::Exists(path.display().to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                try_place(path).map_err(|error| unmakeable(path, &error))
            }
            Err(error) => Err(unmakeable(path, &error)),
        }
    }

    /// Starts the file of a new run.
    pub fn create(path: &Path, info: &RunInfo) -> Result<Store, StoreError> {
        Store::check_place(path)?;
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::AlreadyExists => StoreError::Exists(path.display().to_string()),
            _ => unmakeable(path, &error),
        };
        let folder = folder_of(path);
        std::fs::create_dir_all(folder).map_err(failed)?;
        // Made whole under another name, so that a file of this name is a run whenever
        // the program is killed.
        let unfinished = builder().tempfile_in(folder).map_err(failed)?.into_temp_path();
        Store::connect(&unfinished, OpenFlags::default())?.begin(info)?;
        unfinished.persist_noclobber(path).map_err(|moved| failed(moved.error))?;
        Store::open(path)
    }

    /// Makes the tables.
    fn begin(&self, info: &RunInfo) -> Result<(), StoreError> {
        let info = serde_json::to_string(info).map_err(|error| self.corrupt("settings", &error))?;
        let begin = || {
            let transaction = self.connection.unchecked_transaction()?;
            format::make(&transaction)?;
            transaction.execute("INSERT INTO meta VALUES ('run', ?1)", [&info])?;
            transaction.commit()
        };
        begin().map_err(|source| self.sqlite(source))
    }

    /// Opens a run to continue it.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        Store::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens a run, perhaps a running one, to read it.
    pub fn open_to_read(path: &Path) -> Result<Store, StoreError> {
        Store::open_with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    fn open_with(path: &Path, flags: OpenFlags) -> Result<Store, StoreError> {
        let name = path.display().to_string();
        if !path.is_file() {
            let message = "there is no such file".to_owned();
            return Err(StoreError::Open { path: name, message });
        }
        let store = Store::connect(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        let is_reader = flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY);
        store.bring_up(if is_reader { Access::Reading } else { Access::Writing })?;
        Ok(store)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Store, StoreError> {
        let connection = Connection::open_with_flags(path, flags).map_err(|error| {
            StoreError::Open { path: path.display().to_string(), message: error.to_string() }
        })?;
        let mut store = Store { connection, path: path.to_owned(), lock: None, writes: false };
        if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
            store.lock = Some(lock(path)?);
        }
        store
            .connection
            .busy_timeout(Duration::from_secs(10))
            .and_then(|()| {
                store.connection.pragma_update(None, "synchronous", "normal")?;
                store.connection.pragma_update(None, "foreign_keys", true)
            })
            .map_err(|source| store.sqlite(source))?;
        Ok(store)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn info(&self) -> Result<RunInfo, StoreError> {
        let query = "SELECT value FROM meta WHERE key = 'run'";
        let text: String = self
            .connection
            .query_row(query, [], |row| row.get(0))
            .map_err(|source| self.sqlite(source))?;
        serde_json::from_str(&text).map_err(|error| self.corrupt("settings", &error))
    }

    /// Puts what is known of the run now in the place of what was known before it.
    pub fn amend(&mut self, info: &RunInfo) -> Result<(), StoreError> {
        let info = serde_json::to_string(info).map_err(|error| self.corrupt("settings", &error))?;
        let update = "UPDATE meta SET value = ?1 WHERE key = 'run'";
        self.connection.execute(update, [info]).map_err(|source| self.sqlite(source))?;
        Ok(())
    }

    /// Writes a finished attempt, in place of an errored one of the same key.
    pub fn record(&mut self, attempt: &AttemptRecord) -> Result<(), StoreError> {
        self.record_all(std::slice::from_ref(attempt))
    }

    /// The same of several, all of them or none.
    pub fn record_all(&mut self, attempts: &[AttemptRecord]) -> Result<(), StoreError> {
        self.start_to_write()?;
        let path = self.path.display().to_string();
        let failed = |source| StoreError::Sqlite { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(failed)?;
        for attempt in attempts {
            write::attempt(&transaction, attempt).map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    fn start_to_write(&mut self) -> Result<(), StoreError> {
        if !self.writes {
            let wal = self.connection.pragma_update(None, "journal_mode", "wal");
            wal.map_err(|source| self.sqlite(source))?;
            self.writes = true;
        }
        Ok(())
    }

    fn sqlite(&self, source: rusqlite::Error) -> StoreError {
        let path = self.path.display().to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => {
                StoreError::Format { path, fault: "it is no database".to_owned() }
            }
            _ => StoreError::Sqlite { path, source },
        }
    }

    fn corrupt(&self, what: &'static str, error: &dyn std::fmt::Display) -> StoreError {
        StoreError::Corrupt {
            path: self.path.display().to_string(),
            what,
            message: error.to_string(),
        }
    }
}

impl Drop for Store {
    /// Leaves one plain file, which readers can open without writing beside it.
    fn drop(&mut self) {
        if self.writes {
            // The log stays while somebody reads. Then it holds nothing that the file
            // does not.
            let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
            let truncated = self.connection.query_row(truncate, [], |_| Ok(()));
            let plain = truncated
                .and_then(|()| self.connection.pragma_update(None, "journal_mode", "delete"));
            if let Err(error) = plain {
                debug!(run = %self.path.display(), %error, "a log stays beside the run");
            }
        }
    }
}

fn unmakeable(path: &Path, error: &std::io::Error) -> StoreError {
    let source = std::io::Error::new(error.kind(), error.to_string());
    StoreError::Unmakeable { path: path.display().to_string(), source }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Keeps a second process from writing the same run. A process that only checks whether somebody
/// writes it holds it for a moment.
fn lock(path: &Path) -> Result<File, StoreError> {
    let name = path.display().to_string();
    let failed =
        |error: std::io::Error| StoreError::Open { path: name.clone(), message: error.to_string() };
    let file = File::options().append(true).create(true).open(path).map_err(failed)?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(StoreError::Busy(name))
}
