//! Texts in the store: deflated, and each kept once.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rusqlite::{OptionalExtension as _, Transaction, params};
use sha2::{Digest as _, Sha256};

/// The id of a text, which is kept once.
pub(super) fn blob(transaction: &Transaction<'_>, text: &str) -> rusqlite::Result<i64> {
    let digest = Sha256::digest(text.as_bytes());
    let known = transaction
        .prepare_cached("SELECT id FROM blob WHERE digest = ?1")?
        .query_row([digest.as_slice()], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let deflated = encoder
        .write_all(text.as_bytes())
        .and_then(|()| encoder.finish())
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    transaction
        .prepare_cached("INSERT INTO blob (digest, deflated) VALUES (?1, ?2)")?
        .execute(params![digest.as_slice(), deflated])?;
    Ok(transaction.last_insert_rowid())
}
