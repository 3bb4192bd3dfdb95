//! The history of how fast providers were asked.

use rusqlite::params;

use super::{Store, StoreError};

/// What one provider's pace was at a moment, and what happened since the sample before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceSample {
    pub provider: String,
    /// Milliseconds since 1970, UTC.
    pub at_ms: u64,
    /// Requests that it might have at once.
    pub allowed: usize,
    pub in_flight: usize,
    /// Requests that waited until they were allowed.
    pub waiting: usize,
    pub answered: u64,
    /// Refused because it was asked too much.
    pub limited: u64,
    /// Failed for other reasons.
    pub failed: u64,
}

impl Store {
    /// Writes samples of one moment.
    pub fn record_pace(&mut self, samples: &[PaceSample]) -> Result<(), StoreError> {
        self.start_to_write()?;
        let path = self.path.display().to_string();
        let failed = |source| StoreError::Sqlite { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(failed)?;
        for sample in samples {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO pace VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )
                .and_then(|mut insert| {
                    insert.execute(params![
                        sample.provider,
                        sample.at_ms,
                        sample.allowed,
                        sample.in_flight,
                        sample.waiting,
                        sample.answered,
                        sample.limited,
                        sample.failed,
                    ])
                })
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// All samples, in order of provider and time.
    pub fn pace(&self) -> Result<Vec<PaceSample>, StoreError> {
        let query = "SELECT provider, at_ms, allowed, in_flight, waiting, answered, limited, failed
                     FROM pace ORDER BY provider, at_ms";
        self.connection
            .prepare(query)
            .and_then(|mut statement| {
                let sample = |row: &rusqlite::Row<'_>| {
                    Ok(PaceSample {
                        provider: row.get(0)?,
                        at_ms: row.get(1)?,
                        allowed: row.get(2)?,
                        in_flight: row.get(3)?,
                        waiting: row.get(4)?,
                        answered: row.get(5)?,
                        limited: row.get(6)?,
                        failed: row.get(7)?,
                    })
                };
                statement.query_map([], sample)?.collect()
            })
            .map_err(|source| self.sqlite(source))
    }
}
