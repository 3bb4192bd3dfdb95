//! What providers did not count, and questions that were too long.

use std::collections::BTreeSet;

use assay_core::{Cost, Estimated, Tokens};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::blob::blob;
use super::{Store, StoreError};

/// The key of `meta` under which it stands how many requests were sent.
const REQUESTS: &str = "requests";

/// Writes the server's message about a question that was too long.
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

/// Writes what the reply at an attempt, turn and position probably took.
pub(super) fn write_reply_estimate(
    transaction: &Transaction<'_>,
    (attempt, turn, position): (i64, usize, usize),
    estimate: &Estimated,
) -> rusqlite::Result<()> {
    let Estimated { tokens, cost } = estimate;
    transaction
        .prepare_cached("INSERT INTO reply_estimate VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            attempt,
            turn,
            position,
            tokens.input,
            tokens.cached,
            tokens.output,
            tokens.reasoning,
            cost.map(Cost::nanos),
        ])?;
    Ok(())
}

/// An estimate, in the columns from `input` on; `None` if there is none.
fn estimated(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<Option<Estimated>> {
    let Some(input) = row.get(first)? else { return Ok(None) };
    let (cached, output) = (row.get(first + 1)?, row.get(first + 2)?);
    let reasoning = row.get(first + 3)?;
    let tokens = Tokens { input, cached, output, reasoning, written: 0 };
    let cost = row.get::<_, Option<u64>>(first + 4)?.map(Cost::from_nanos);
    Ok(Some(Estimated { tokens, cost }))
}

impl Store {
    /// What the reply at an attempt, turn and position probably took, where its provider
    /// did not count it.
    pub(super) fn reply_estimate(
        &self,
        (attempt, turn, position): (i64, i64, i64),
    ) -> Result<Option<Estimated>, StoreError> {
        let query = "SELECT input, cached, output, reasoning, cost FROM reply_estimate
             WHERE attempt = ?1 AND turn = ?2 AND position = ?3";
        let found: rusqlite::Result<Option<Option<Estimated>>> =
            self.connection.prepare_cached(query).and_then(|mut it| {
                it.query_row([attempt, turn, position], |row| estimated(row, 0)).optional()
            });
        found.map(Option::flatten).map_err(|source| self.sqlite(source))
    }

    /// Writes what the last payment probably was.
    pub(super) fn write_payment_estimate(&self, estimate: &Estimated) -> rusqlite::Result<()> {
        let Estimated { tokens, cost } = estimate;
        self.connection
            .prepare_cached("INSERT INTO payment_estimate VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                self.connection.last_insert_rowid(),
                tokens.input,
                tokens.cached,
                tokens.output,
                tokens.reasoning,
                cost.map(Cost::nanos),
            ])?;
        Ok(())
    }

    /// Keeps how many requests were sent for the run in all.
    pub fn count_requests(&mut self, sent: u64) -> Result<(), StoreError> {
        self.start_to_write()?;
        let replace = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)";
        let written = self.connection.execute(replace, [REQUESTS, &sent.to_string()]);
        written.map(|_| ()).map_err(|source| self.sqlite(source))
    }

    /// How many those were; 0 in a run of a version that did not keep it.
    pub(super) fn counted_requests(&self) -> Result<u64, StoreError> {
        let query = "SELECT value FROM meta WHERE key = ?1";
        let found: rusqlite::Result<Option<String>> =
            self.connection.query_row(query, [REQUESTS], |row| row.get(0)).optional();
        let Some(text) = found.map_err(|source| self.sqlite(source))? else { return Ok(0) };
        text.parse().map_err(|error| self.corrupt("a number of requests", &error))
    }

    /// The attempts whose next question was too long, by id.
    pub(super) fn all_context_full(&self) -> Result<BTreeSet<i64>, StoreError> {
        let found: rusqlite::Result<BTreeSet<i64>> = self
            .connection
            .prepare("SELECT attempt FROM context_full")
            .and_then(|mut it| it.query_map([], |row| row.get(0))?.collect());
        found.map_err(|source| self.sqlite(source))
    }

    /// The server's message about the question after an attempt's last answer, if that was too
    /// long.
    pub(super) fn context_full(&self, attempt: i64) -> Result<Option<String>, StoreError> {
        let said: Option<i64> = self
            .connection
            .prepare_cached("SELECT said FROM context_full WHERE attempt = ?1")
            .and_then(|mut it| it.query_row([attempt], |row| row.get(0)).optional())
            .map_err(|source| self.sqlite(source))?;
        said.map(|blob| self.text(blob)).transpose()
    }
}
