//! Which rounds of a run gave an answer that another round of the same task gave too.

use std::collections::BTreeMap;

use super::{Store, StoreError};

/// The first answers of a subject, where a task was attempted in several rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeats {
    /// Tasks, a case in a scenario each, with two answers or more.
    pub tasks: u64,
    /// Those of them in which answers are exactly the same, including thinking.
    pub repeating: u64,
    /// The answers to all these tasks.
    pub answers: u64,
    /// Answers that are the same as one of an earlier round.
    pub repeated: u64,
}

impl Store {
    /// How answers repeat each other, by subject.
    pub fn repeats(&self) -> Result<BTreeMap<String, Repeats>, StoreError> {
        // Texts are kept once, so that the same text has the same number.
        let query = "
            SELECT subject, count(*), sum(answers > kinds), sum(answers), sum(answers - kinds)
            FROM (
                SELECT subject, count(*) AS answers,
                       count(DISTINCT answer || ' ' || coalesce(thinking, '')) AS kinds
                FROM attempt JOIN turn ON turn.attempt = attempt.id AND turn.number = 0
                GROUP BY subject, case_id, scenario HAVING count(*) > 1)
            GROUP BY subject";
        let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(String, Repeats)> {
            let repeats = Repeats {
                tasks: row.get(1)?,
                repeating: row.get(2)?,
                answers: row.get(3)?,
                repeated: row.get(4)?,
            };
            Ok((row.get(0)?, repeats))
        };
        let found: rusqlite::Result<BTreeMap<String, Repeats>> =
            self.connection.prepare(query).and_then(|mut it| it.query_map([], read)?.collect());
        found.map_err(|source| self.sqlite(source))
    }
}
