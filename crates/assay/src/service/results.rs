//! The result store: what was observed of artifacts, by everything that decides it.
//!
//! One SQLite file in the cache folder, which stays below a size. Errors are never kept, as they
//! are no results. The store is a convenience: whatever is wrong with it, validations go on.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use assay_verify::Validation;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rusqlite::{Connection, OptionalExtension as _, params};
use tracing::warn;

use super::shared::lock;

/// Marks the file as ours: `asvr` in ASCII.
const APPLICATION: i32 = 0x6173_7672;

/// The version of the layout, and of the parts of a key.
const FORMAT: i32 = 1;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS result (
    key TEXT PRIMARY KEY,
    used INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    deflated BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS result_by_use ON result (used);";

/// How long another process may keep the file for itself.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a row takes beside its content, about.
const ROW_BYTES: u64 = 128;

/// The most bytes that a kept result may become again.
const MOST_BYTES: u64 = 64 << 20;

/// Results by their keys.
#[derive(Debug)]
pub struct Results {
    /// `None` after a fault.
    connection: Mutex<Option<Connection>>,
    most_bytes: u64,
    /// Counts uses, in place of a clock.
    uses: AtomicU64,
    bytes: AtomicU64,
}

/// Why the result store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ResultsFault {
    #[error("the result store {path} cannot be used: {source}")]
    Sqlite { path: String, source: rusqlite::Error },
    #[error(
        "{0} is no result store, or one of another version; remove it, or leave results out with --no-results"
    )]
    Other(String),
}

impl Results {
    /// Opens the store at a place, or creates it there. It keeps at most so many bytes.
    pub fn open(path: &Path, most_bytes: u64) -> Result<Results, ResultsFault> {
        let place = path.display().to_string();
        let fault = |source| ResultsFault::Sqlite { path: place.clone(), source };
        let connection = Connection::open(path).map_err(fault)?;
        connection.busy_timeout(PATIENCE).map_err(fault)?;
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let found =
            (number("application_id").map_err(fault)?, number("user_version").map_err(fault)?);
        match found {
            (0, 0) => {
                connection.pragma_update(None, "application_id", APPLICATION).map_err(fault)?;
                connection.pragma_update(None, "user_version", FORMAT).map_err(fault)?;
            }
            (APPLICATION, FORMAT) => {}
            _ => return Err(ResultsFault::Other(place)),
        }
        connection.pragma_update(None, "journal_mode", "WAL").map_err(fault)?;
        // What is lost with the power can be found out again.
        connection.pragma_update(None, "synchronous", "OFF").map_err(fault)?;
        connection.execute_batch(SCHEMA).map_err(fault)?;
        let (used, bytes): (u64, u64) = connection
            .query_row(
                "SELECT ifnull(max(used), 0), ifnull(sum(bytes), 0) FROM result",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(fault)?;
        Ok(Results {
            connection: Mutex::new(Some(connection)),
            most_bytes,
            uses: AtomicU64::new(used),
            bytes: AtomicU64::new(bytes),
        })
    }

    /// What was kept under a key.
    pub(super) fn recall(&self, key: &str) -> Option<Validation> {
        let used = self.uses.fetch_add(1, Ordering::Relaxed) + 1;
        let found = self.with(|connection| {
            let find = "UPDATE result SET used = ?2 WHERE key = ?1 RETURNING deflated";
            connection
                .prepare_cached(find)?
                .query_row(params![key, used], |row| row.get::<_, Vec<u8>>(0))
                .optional()
        });
        let deflated = found??;
        let mut text = Vec::new();
        DeflateDecoder::new(deflated.as_slice()).take(MOST_BYTES).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps a result, and removes those used longest ago if there is not room for all.
    pub(super) fn keep(&self, key: &str, validation: &Validation) {
        let Ok(text) = serde_json::to_vec(validation) else { return };
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let deflated = encoder.write_all(&text).and_then(|()| encoder.finish());
        let Ok(deflated) = deflated else { return };
        let bytes = u64::try_from(deflated.len()).unwrap_or(u64::MAX).saturating_add(ROW_BYTES);
        if bytes > self.most_bytes / 4 {
            return;
        }
        let used = self.uses.fetch_add(1, Ordering::Relaxed) + 1;
        let sum = self.with(|connection| {
            let insert = "INSERT OR REPLACE INTO result (key, used, bytes, deflated) VALUES (?1, ?2, ?3, ?4)";
            connection.prepare_cached(insert)?.execute(params![key, used, bytes, deflated])?;
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            if self.bytes.load(Ordering::Relaxed) > self.most_bytes {
                make_room(connection, self.most_bytes / 10 * 9)?;
                let sum = "SELECT ifnull(sum(bytes), 0) FROM result";
                return connection.query_row(sum, [], |row| row.get::<_, u64>(0)).map(Some);
            }
            Ok(None)
        });
        if let Some(Some(sum)) = sum {
            self.bytes.store(sum, Ordering::Relaxed);
        }
    }

    /// Bytes that are kept, about.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        let mut connection = lock(&self.connection);
        match work(connection.as_ref()?) {
            Ok(done) => Some(done),
            Err(error) => {
                warn!("the result store failed and is left alone from now on: {error}");
                *connection = None;
                None
            }
        }
    }
}

/// Removes what was used longest ago until so many bytes are left.
fn make_room(connection: &Connection, most: u64) -> rusqlite::Result<()> {
    let oldest = "DELETE FROM result WHERE used <= (SELECT used FROM (
        SELECT used, sum(bytes) OVER (ORDER BY used DESC) AS newer FROM result
    ) WHERE newer > ?1 ORDER BY used DESC LIMIT 1)";
    connection.execute(oldest, params![most])?;
    connection.execute_batch("PRAGMA incremental_vacuum")
}

#[cfg(test)]
mod tests {
    use assay_core::log::Log;
    use assay_core::{Evidence, NoCode};

    use super::*;

    fn validation(text: &str) -> Validation {
        let log = Log { name: "build.stderr".to_owned(), text: text.to_owned() };
        Validation { evidence: Evidence::no_code(NoCode::Empty), logs: vec![log] }
    }

    #[test]
    fn results_outlive_the_store_and_the_least_used_go_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.sqlite");
        let results = Results::open(&path, 10_000).expect("a store");
        // Random enough that it stays as long as it is.
        let noise = |seed: u64| {
            let mut random = fastrand::Rng::with_seed(seed);
            std::iter::repeat_with(|| random.alphanumeric()).take(1_500).collect::<String>()
        };
        results.keep("first", &validation("a"));
        assert_eq!(results.recall("first"), Some(validation("a")));
        assert_eq!(results.recall("other"), None);
        drop(results);
        let results = Results::open(&path, 10_000).expect("the same store");
        for number in 0..40 {
            results.keep(&number.to_string(), &validation(&noise(number)));
            assert!(results.recall("first").is_some(), "it was used after {number}");
            assert!(results.bytes() <= 10_000, "{}", results.bytes());
        }
        assert!(results.recall("39").is_some() && results.recall("0").is_none());
        results.keep("huge", &validation(&(0..9).map(noise).collect::<String>()));
        assert!(results.recall("huge").is_none(), "it would have taken the room of all others");
    }

    #[test]
    fn another_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.sqlite");
        let other = Connection::open(&path).expect("SQLite");
        other.pragma_update(None, "user_version", 7).expect("a version");
        drop(other);
        assert!(matches!(Results::open(&path, 1), Err(ResultsFault::Other(_))));
    }
}
