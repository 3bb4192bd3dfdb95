//! One SQLite file a run: everything asked, answered, observed and judged.
//!
//! Each finished attempt is written in one transaction, so a killed run keeps
//! every attempt that finished and no half of one. Texts are compressed and
//! kept once however often they occur.

mod pace;
mod replies;
mod spending;
mod watch;
mod write;

pub use spending::{Payer, Payment, Purpose, Spent};

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_core::record::{Answer, CaseSummary, Finish, Log};
use assay_core::{Artifact, AttemptKey, AttemptRecord, Cost, Evidence, Locale, Outcome};
use assay_core::{TokenUsage, Tokens, Turn, Verdict};
use flate2::read::DeflateDecoder;
use replies::token_usage;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};
use serde::{Deserialize, Serialize};

pub use pace::PaceSample;
pub use watch::{Pulse, Stamp, WatchedFile};

/// The version of the file's layout; another one is not read.
const FORMAT: &str = "3";

const SCHEMA: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blob (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, deflated BLOB NOT NULL);
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    case_id TEXT NOT NULL,
    scenario TEXT NOT NULL,
    round INTEGER NOT NULL,
    verdict TEXT,
    error TEXT,
    first_failure TEXT,
    first_verdict TEXT,
    finished_at TEXT NOT NULL,
    CHECK ((verdict IS NULL) <> (error IS NULL)),
    UNIQUE (subject, case_id, scenario, round)
);
CREATE TABLE turn (
    attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    prompt INTEGER NOT NULL REFERENCES blob (id),
    answer INTEGER NOT NULL REFERENCES blob (id),
    thinking INTEGER REFERENCES blob (id),
    finish TEXT NOT NULL,
    artifact INTEGER REFERENCES blob (id),
    evidence INTEGER NOT NULL REFERENCES blob (id),
    asked_ms INTEGER NOT NULL,
    validated_ms INTEGER NOT NULL,
    shared_with TEXT,
    PRIMARY KEY (attempt, number)
) WITHOUT ROWID;
CREATE TABLE reply (
    attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    position INTEGER NOT NULL,
    role TEXT NOT NULL,
    model TEXT NOT NULL,
    input INTEGER,
    cached INTEGER,
    output INTEGER,
    reasoning INTEGER,
    cost INTEGER,
    requests INTEGER NOT NULL,
    from_cache INTEGER NOT NULL,
    PRIMARY KEY (attempt, turn, position)
) WITHOUT ROWID;
CREATE TABLE payment (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    role TEXT NOT NULL,
    model TEXT NOT NULL,
    input INTEGER,
    cached INTEGER,
    output INTEGER,
    reasoning INTEGER,
    cost INTEGER,
    requests INTEGER NOT NULL
);
CREATE TABLE log (
    attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    text INTEGER NOT NULL REFERENCES blob (id),
    PRIMARY KEY (attempt, turn, position)
) WITHOUT ROWID;
CREATE TABLE pace (
    provider TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    allowed INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    limited INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (provider, at_ms)
) WITHOUT ROWID;
";

/// How often a run is tried to be had for writing, and the pause between two tries.
const LOCK_TRIES: usize = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What is known of a run before its first attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunInfo {
    pub id: String,
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
    /// The cases of the plan.
    pub cases: Vec<CaseSummary>,
    /// Where a run's answers come from another run, which was judged anew.
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
    /// Of those replies whose price is known; `None` if it is of none.
    pub cost: Option<Cost>,
    pub validated_ms: u64,
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
    #[error("{0} exists already; resume it with --resume, or choose another --output")]
    Exists(String),
    #[error("{0} is being written by another assay; wait for it or stop it")]
    Busy(String),
    #[error("failed to open the run {path}: {message}")]
    Open { path: String, message: String },
    #[error("{path} is not a run of this version of assay ({fault})")]
    Format { path: String, fault: String },
    #[error("failed to use the run {path}: {source}")]
    Sqlite { path: String, source: rusqlite::Error },
    #[error("the run {path} holds {what} that cannot be read: {message}")]
    Corrupt { path: String, what: &'static str, message: String },
}

impl Store {
    /// Starts the file of a new run.
    pub fn create(path: &Path, info: &RunInfo) -> Result<Store, StoreError> {
        let name = path.display().to_string();
        if path.exists() {
            return Err(StoreError::Exists(name));
        }
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|error| StoreError::Open {
                path: name.clone(),
                message: error.to_string(),
            })?;
        }
        // Made whole under another name, so that a file of this name is a run
        // whenever the program is killed.
        let unfinished = with_suffix(path, ".new");
        let moved = |message: std::io::Error| StoreError::Open {
            path: name.clone(),
            message: message.to_string(),
        };
        for suffix in [".new", ".new-journal"] {
            match std::fs::remove_file(with_suffix(path, suffix)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(moved(error)),
                _ => {}
            }
        }
        Store::connect(&unfinished, OpenFlags::default())?.begin(info)?;
        std::fs::rename(&unfinished, path).map_err(moved)?;
        Store::open(path)
    }

    /// Makes the tables.
    fn begin(&self, info: &RunInfo) -> Result<(), StoreError> {
        let info = serde_json::to_string(info).map_err(|error| self.corrupt("settings", &error))?;
        self.connection
            .execute_batch(&format!("BEGIN; {SCHEMA}"))
            .and_then(|()| {
                let insert = "INSERT INTO meta VALUES (?1, ?2)";
                self.connection.execute(insert, ["format", FORMAT])?;
                self.connection.execute(insert, ["run", &info])?;
                self.connection.execute_batch("COMMIT")
            })
            .map_err(|source| self.sqlite(source))
    }

    /// Opens a run to go on with it.
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
        let format = "SELECT value FROM meta WHERE key = 'format'";
        let found: Result<String, _> = store.connection.query_row(format, [], |row| row.get(0));
        match found {
            Ok(found) if found == FORMAT => Ok(store),
            Ok(found) => Err(StoreError::Format {
                path: name,
                fault: format!("its format is {found}, not {FORMAT}"),
            }),
            Err(error) => Err(StoreError::Format { path: name, fault: error.to_string() }),
        }
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

    /// The keys of all judged attempts. Errored ones are not among them: they
    /// are tried again.
    pub fn judged(&self) -> Result<BTreeSet<AttemptKey>, StoreError> {
        let attempts = self.attempts()?.into_iter();
        Ok(attempts
            .filter(|attempt| attempt.outcome.verdict().is_some())
            .map(|attempt| attempt.key)
            .collect())
    }

    /// All attempts, in order of subject, case, scenario and round.
    pub fn attempts(&self) -> Result<Vec<AttemptSummary>, StoreError> {
        let query = "
            SELECT id, subject, case_id, scenario, round, verdict, error, first_failure,
                   count(turn.number), total(turn.validated_ms),
                   total(reply.input), total(reply.cached), total(reply.output),
                   total(reply.reasoning), sum(reply.cost), first_verdict
            FROM attempt LEFT JOIN turn ON turn.attempt = attempt.id
                 LEFT JOIN reply ON reply.attempt = attempt.id AND reply.turn = turn.number
                      AND reply.role = 'subject'
            GROUP BY id ORDER BY subject, case_id, scenario, round";
        let mut statement = self.connection.prepare(query).map_err(|source| self.sqlite(source))?;
        let mut rows = statement.query([]).map_err(|source| self.sqlite(source))?;
        let mut attempts = Vec::new();
        while let Some(row) = rows.next().map_err(|source| self.sqlite(source))? {
            let columns = (|| -> rusqlite::Result<_> {
                Ok((
                    row.get::<_, String>(3)?,
                    row.get::<_, Option<String>>(5)?,
                    row.get::<_, Option<String>>(6)?,
                    AttemptSummary {
                        id: row.get(0)?,
                        key: AttemptKey {
                            subject: row.get(1)?,
                            case: row.get(2)?,
                            scenario: assay_core::Scenario::Gen,
                            round: row.get(4)?,
                        },
                        outcome: Outcome::Judged(Verdict::NoCode),
                        turns: row.get(8)?,
                        first_failure: row.get(7)?,
                        validated_ms: whole(row.get(9)?),
                        tokens: Tokens {
                            input: whole(row.get(10)?),
                            cached: whole(row.get(11)?),
                            output: whole(row.get(12)?),
                            reasoning: whole(row.get(13)?),
                        },
                        cost: row.get::<_, Option<u64>>(14)?.map(Cost::from_nanos),
                        first_verdict: None,
                    },
                    row.get::<_, Option<String>>(15)?,
                ))
            })();
            let (scenario, verdict, error, mut attempt, first) =
                columns.map_err(|source| self.sqlite(source))?;
            attempt.key.scenario =
                scenario.parse().map_err(|error: String| self.corrupt("a scenario", &error))?;
            attempt.outcome = self.outcome(verdict, error)?;
            attempt.first_verdict = first.map(|text| self.verdict(text)).transpose()?;
            attempts.push(attempt);
        }
        Ok(attempts)
    }

    /// When the last attempt of a subject finished (RFC 3339, UTC).
    pub fn last_finished_at(&self, subject: &str) -> Result<Option<String>, StoreError> {
        let query = "SELECT max(finished_at) FROM attempt WHERE subject = ?1";
        let found = self.connection.query_row(query, [subject], |row| row.get(0));
        found.map_err(|source| self.sqlite(source))
    }

    /// One attempt with everything that belongs to it.
    pub fn attempt(&self, summary: &AttemptSummary) -> Result<AttemptRecord, StoreError> {
        let query = "
            SELECT number, prompt, answer, thinking, finish, artifact, evidence,
                   asked_ms, validated_ms, shared_with, input, cached, output, reasoning,
                   cost, requests, from_cache
            FROM turn LEFT JOIN reply ON reply.attempt = turn.attempt
                 AND reply.turn = turn.number AND reply.role = 'subject'
            WHERE turn.attempt = ?1 ORDER BY number";
        let mut statement =
            self.connection.prepare_cached(query).map_err(|source| self.sqlite(source))?;
        let mut rows = statement.query([summary.id]).map_err(|source| self.sqlite(source))?;
        let mut turns = Vec::new();
        while let Some(row) = rows.next().map_err(|source| self.sqlite(source))? {
            let turn = TurnRow::read(row).map_err(|source| self.sqlite(source))?;
            turns.push(self.turn(summary.id, &turn)?);
        }
        Ok(AttemptRecord { key: summary.key.clone(), outcome: summary.outcome.clone(), turns })
    }

    fn turn(&self, attempt: i64, row: &TurnRow) -> Result<Turn, StoreError> {
        let artifact = match row.artifact {
            Some(blob) => Some(self.json::<Artifact>(blob, "an artifact")?),
            None => None,
        };
        let query = "SELECT name, text FROM log WHERE attempt = ?1 AND turn = ?2 ORDER BY position";
        let mut statement =
            self.connection.prepare_cached(query).map_err(|source| self.sqlite(source))?;
        let names: Vec<(String, i64)> = statement
            .query_map(params![attempt, row.number], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(|source| self.sqlite(source))?;
        let mut logs = Vec::new();
        for (name, blob) in names {
            logs.push(Log { name, text: self.text(blob)? });
        }
        Ok(Turn {
            prompt: self.text(row.prompt)?,
            answer: self.json::<Answer>(row.answer, "an answer")?,
            thinking: row.thinking.map(|blob| self.text(blob)).transpose()?,
            finish: row.finish.parse::<Finish>().map_err(|error| self.corrupt("a turn", &error))?,
            artifact,
            evidence: self.json::<Evidence>(row.evidence, "evidence")?,
            logs,
            usage: row.usage,
            asked_ms: row.asked_ms,
            validated_ms: row.validated_ms,
            shared_with: match &row.shared_with {
                Some(text) => Some(
                    serde_json::from_str(text)
                        .map_err(|error| self.corrupt("an attempt's key", &error))?,
                ),
                None => None,
            },
            judge_replies: self.judge_replies(attempt, row.number)?,
        })
    }

    fn outcome(
        &self,
        verdict: Option<String>,
        error: Option<String>,
    ) -> Result<Outcome, StoreError> {
        match (verdict, error) {
            (Some(verdict), None) => self.verdict(verdict).map(Outcome::Judged),
            (None, Some(error)) => serde_json::from_str(&error)
                .map(Outcome::Errored)
                .map_err(|error| self.corrupt("an error", &error)),
            _ => Err(self.corrupt("an outcome", &"it is neither a verdict nor an error")),
        }
    }

    fn verdict(&self, text: String) -> Result<Verdict, StoreError> {
        let value = serde_json::Value::String(text);
        serde_json::from_value(value).map_err(|error| self.corrupt("a verdict", &error))
    }

    fn json<T: serde::de::DeserializeOwned>(
        &self,
        blob: i64,
        what: &'static str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(blob)?).map_err(|error| self.corrupt(what, &error))
    }

    fn text(&self, blob: i64) -> Result<String, StoreError> {
        let deflated: Vec<u8> = self
            .connection
            .prepare_cached("SELECT deflated FROM blob WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([blob], |row| row.get(0)))
            .map_err(|source| self.sqlite(source))?;
        let mut text = String::new();
        DeflateDecoder::new(deflated.as_slice())
            .read_to_string(&mut text)
            .map_err(|error| self.corrupt("a text", &error))?;
        Ok(text)
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
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            let _ = self.connection.pragma_update(None, "journal_mode", "delete");
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Keeps a second process from writing the same run. Who only asks whether somebody
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

/// One row of the turn table, with the subject's reply.
struct TurnRow {
    number: i64,
    prompt: i64,
    answer: i64,
    thinking: Option<i64>,
    finish: String,
    artifact: Option<i64>,
    evidence: i64,
    usage: TokenUsage,
    asked_ms: u64,
    validated_ms: u64,
    shared_with: Option<String>,
}

impl TurnRow {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<TurnRow> {
        Ok(TurnRow {
            number: row.get(0)?,
            prompt: row.get(1)?,
            answer: row.get(2)?,
            thinking: row.get(3)?,
            finish: row.get(4)?,
            artifact: row.get(5)?,
            evidence: row.get(6)?,
            usage: token_usage(row, 10)?,
            asked_ms: row.get(7)?,
            validated_ms: row.get(8)?,
            shared_with: row.get(9)?,
        })
    }
}

/// SQLite's `total()` is a float, of whole numbers here.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
fn whole(total: f64) -> u64 {
    total as u64
}
