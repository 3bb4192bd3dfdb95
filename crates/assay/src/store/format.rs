//! The versions of the layout of a run's file, and how an earlier one is converted to the present
//! one: for a reader without changing the file, and for a writer in the file itself, after a copy
//! was made.

use std::path::PathBuf;

use rusqlite::backup::Progress;
use rusqlite::{Connection, MAIN_DB};
use tracing::info;

use super::{Store, StoreError, with_suffix};

/// The version that is written.
const FORMAT: &str = "5";

/// The versions before, whose runs may lack the tables in [`ADDED`]; their evidence has
/// other JSON, which is read as it is.
const EARLIER: [&str; 2] = ["3", "4"];

const BASE: &str = "
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

/// The tables that were added after version 3, each with its definition.
const ADDED: [(&str, &str); 6] = [
    (
        "reading",
        "(
    attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    reading INTEGER NOT NULL REFERENCES blob (id),
    PRIMARY KEY (attempt, turn)
) WITHOUT ROWID",
    ),
    (
        "other_reading",
        "(
    attempt INTEGER PRIMARY KEY REFERENCES attempt (id) ON DELETE CASCADE,
    verdict TEXT,
    error TEXT,
    CHECK ((verdict IS NULL) <> (error IS NULL))
)",
    ),
    (
        "served",
        "(
    attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    position INTEGER NOT NULL,
    model TEXT,
    fingerprint TEXT,
    sent_bytes INTEGER,
    PRIMARY KEY (attempt, turn, position)
) WITHOUT ROWID",
    ),
    (
        "context_full",
        "(
    attempt INTEGER PRIMARY KEY REFERENCES attempt (id) ON DELETE CASCADE,
    said INTEGER NOT NULL REFERENCES blob (id)
)",
    ),
    (
        "reply_estimate",
        "(
    attempt INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    turn INTEGER NOT NULL,
    position INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost INTEGER,
    PRIMARY KEY (attempt, turn, position)
) WITHOUT ROWID",
    ),
    (
        "payment_estimate",
        "(
    payment INTEGER PRIMARY KEY REFERENCES payment (id),
    input INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost INTEGER
)",
    ),
];

/// Makes the tables of an empty file, and says which version they are.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(BASE)?;
    add(connection, "", |_| Ok(true))?;
    connection.execute("INSERT INTO meta VALUES ('format', ?1)", [FORMAT]).map(|_| ())
}

/// Makes those of the added tables that are wanted.
fn add(
    connection: &Connection,
    temporary: &str,
    is_wanted: impl Fn(&str) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    for (name, columns) in ADDED {
        if is_wanted(name)? {
            connection.execute_batch(&format!("CREATE {temporary} TABLE {name} {columns}"))?;
        }
    }
    Ok(())
}

/// What a file is opened for, and so what becomes of one of an earlier version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The file stays as it is; missing tables exist for this reader only.
    Reading,
    /// It is brought to the present version, after a copy was made.
    Writing,
}

impl Store {
    /// Brings the tables that this program knows about, whichever version wrote the file.
    pub(super) fn bring_up(&self, access: Access) -> Result<(), StoreError> {
        let query = "SELECT value FROM meta WHERE key = 'format'";
        let found: Result<String, _> = self.connection.query_row(query, [], |row| row.get(0));
        let fault = match found {
            Ok(found) if found == FORMAT => return Ok(()),
            Ok(found) if EARLIER.contains(&found.as_str()) => {
                let is_lacking = |name: &str| self.lacks(name);
                let brought = match access {
                    Access::Reading => add(&self.connection, "TEMP", is_lacking),
                    Access::Writing => self.migrate(&found),
                };
                return brought.map_err(|source| self.sqlite(source));
            }
            Ok(found) => {
                let earlier = EARLIER.join(", ");
                format!("its format is {found}; this version reads {earlier} and {FORMAT}")
            }
            Err(error) => error.to_string(),
        };
        Err(StoreError::Format { path: self.path.display().to_string(), fault })
    }

    fn lacks(&self, table: &str) -> rusqlite::Result<bool> {
        let query = "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?1";
        self.connection.prepare_cached(query)?.exists([table]).map(|exists| !exists)
    }

    /// Keeps a copy and adds what is missing, all of it or nothing.
    fn migrate(&self, before: &str) -> rusqlite::Result<()> {
        let unwatched: Option<fn(Progress)> = None;
        let copy = self.free_name(before);
        info!(run = %self.path.display(), copy = %copy.display(), from = before, to = FORMAT, "run is brought up to date");
        self.connection.backup(MAIN_DB, copy, unwatched)?;
        let transaction = self.connection.unchecked_transaction()?;
        add(&transaction, "", |name| self.lacks(name))?;
        transaction.execute("UPDATE meta SET value = ?1 WHERE key = 'format'", [FORMAT])?;
        transaction.commit()
    }

    /// Where nothing is yet, beside the run.
    fn free_name(&self, before: &str) -> PathBuf {
        let first = with_suffix(&self.path, &format!(".format-{before}"));
        let next = |number: u32| with_suffix(&first, &format!("-{number}"));
        let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
        std::iter::once(first.clone()).chain((2..).map(next)).find(is_free).unwrap_or(first)
    }
}
