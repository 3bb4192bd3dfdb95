//! Who answered: the models that servers named, and how much of what was sent they counted.

use assay_core::Served;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::{Payer, Store, StoreError};

/// Who answered in one reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedReply {
    /// The name of the subject or the judge.
    pub name: String,
    pub payer: Payer,
    pub served: Served,
    /// The tokens of the question, where the provider counted them.
    pub input_tokens: Option<u64>,
}

/// Writes who answered in the reply at an attempt, turn and position, if anything is known.
pub(super) fn write(
    transaction: &Transaction<'_>,
    (attempt, turn, position): (i64, usize, usize),
    served: &Served,
) -> rusqlite::Result<()> {
    if *served == Served::default() {
        return Ok(());
    }
    let Served { model, fingerprint, sent_bytes } = served;
    transaction
        .prepare_cached("INSERT INTO served VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![attempt, turn, position, model, fingerprint, sent_bytes])?;
    Ok(())
}

impl Store {
    /// Who answered in every reply that the run's attempts keep, in order of attempt.
    pub fn served(&self) -> Result<Vec<ServedReply>, StoreError> {
        let query = "
            SELECT reply.model, reply.role = 'judge', reply.input,
                   served.model, fingerprint, sent_bytes
            FROM served JOIN reply USING (attempt, turn, position)
            ORDER BY attempt, turn, position";
        let read = |row: &Row<'_>| {
            Ok(ServedReply {
                name: row.get(0)?,
                payer: if row.get(1)? { Payer::Judge } else { Payer::Subject },
                input_tokens: row.get(2)?,
                served: columns(row, 3)?,
            })
        };
        self.connection
            .prepare(query)
            .and_then(|mut statement| statement.query_map([], read)?.collect())
            .map_err(|source| self.sqlite(source))
    }

    /// Who answered in one reply.
    pub(super) fn served_at(
        &self,
        attempt: i64,
        turn: i64,
        position: i64,
    ) -> Result<Served, StoreError> {
        let query = "
            SELECT model, fingerprint, sent_bytes FROM served
            WHERE attempt = ?1 AND turn = ?2 AND position = ?3";
        self.connection
            .prepare_cached(query)
            .and_then(|mut statement| {
                statement.query_row([attempt, turn, position], |row| columns(row, 0)).optional()
            })
            .map(Option::unwrap_or_default)
            .map_err(|source| self.sqlite(source))
    }
}

fn columns(row: &Row<'_>, first: usize) -> rusqlite::Result<Served> {
    Ok(Served {
        model: row.get(first)?,
        fingerprint: row.get(first + 1)?,
        sent_bytes: row.get(first + 2)?,
    })
}
