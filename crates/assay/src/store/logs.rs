//! Single logs of attempts, without all else that belongs to them.

use rusqlite::{OptionalExtension as _, params};

use super::{Store, StoreError};

impl Store {
    /// The turns, by attempt and number, that have a log of this name.
    pub fn turns_with_log(&self, name: &str) -> Result<Vec<(i64, i64)>, StoreError> {
        let query = "SELECT attempt, turn FROM log WHERE name = ?1 ORDER BY attempt, turn";
        let found: rusqlite::Result<Vec<(i64, i64)>> =
            self.connection.prepare_cached(query).and_then(|mut it| {
                it.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            });
        found.map_err(|source| self.sqlite(source))
    }

    /// The text of a log of a turn, if it has one of this name.
    pub fn log(
        &self,
        (attempt, turn): (i64, i64),
        name: &str,
    ) -> Result<Option<String>, StoreError> {
        let query = "SELECT text FROM log WHERE attempt = ?1 AND turn = ?2 AND name = ?3";
        let blob: Option<i64> = self
            .connection
            .prepare_cached(query)
            .and_then(|mut it| {
                it.query_row(params![attempt, turn, name], |row| row.get(0)).optional()
            })
            .map_err(|source| self.sqlite(source))?;
        blob.map(|blob| self.text(blob)).transpose()
    }
}
