//! Tables that runs of earlier versions have not: what is in them is read where they are
//! there, and they are made when a run is written.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension as _, Transaction};

use super::write::blob;
use super::{Store, StoreError};

/// Beside the tables that all runs have.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS context_full (
    attempt INTEGER PRIMARY KEY REFERENCES attempt (id) ON DELETE CASCADE,
    said INTEGER NOT NULL REFERENCES blob (id)
);
";

/// Writes what the server said of a question that was too long.
pub(super) fn write_context_full(
    transaction: &Transaction<'_>,
    attempt: i64,
    said: &str,
) -> rusqlite::Result<()> {
    let said = blob(transaction, said)?;
    transaction
        .prepare_cached("INSERT INTO context_full VALUES (?1, ?2)")?
        .execute([attempt, said])?;
    Ok(())
}

impl Store {
    /// Whether the run has this table.
    pub(super) fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        let query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let found: rusqlite::Result<i64> = self
            .connection
            .prepare_cached(query)
            .and_then(|mut it| it.query_row([name], |row| row.get(0)));
        found.map(|count| count > 0).map_err(|source| self.sqlite(source))
    }

    /// The attempts whose next question was too long, by id.
    pub(super) fn all_context_full(&self) -> Result<BTreeSet<i64>, StoreError> {
        if !self.has_table("context_full")? {
            return Ok(BTreeSet::new());
        }
        let found: rusqlite::Result<BTreeSet<i64>> = self
            .connection
            .prepare("SELECT attempt FROM context_full")
            .and_then(|mut it| it.query_map([], |row| row.get(0))?.collect());
        found.map_err(|source| self.sqlite(source))
    }

    /// What the server said of the question after an attempt's last answer, where that
    /// was too long.
    pub(super) fn context_full(&self, attempt: i64) -> Result<Option<String>, StoreError> {
        if !self.has_table("context_full")? {
            return Ok(None);
        }
        let said: Option<i64> = self
            .connection
            .prepare_cached("SELECT said FROM context_full WHERE attempt = ?1")
            .and_then(|mut it| it.query_row([attempt], |row| row.get(0)).optional())
            .map_err(|source| self.sqlite(source))?;
        said.map(|blob| self.text(blob)).transpose()
    }
}
