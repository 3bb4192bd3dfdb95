//! What those say who were asked beside whoever decides about security.

use assay_core::{AttemptKey, Evidence};

use super::{Store, StoreError};

impl Store {
    /// What was observed of the last answer of each attempt, in order of subject, case,
    /// scenario and round.
    pub fn last_evidence(&self) -> Result<Vec<(AttemptKey, Evidence)>, StoreError> {
        let query = "
            SELECT subject, case_id, scenario, round, evidence
            FROM attempt JOIN turn ON turn.attempt = attempt.id
            WHERE number = (SELECT max(number) FROM turn AS other WHERE other.attempt = attempt.id)
            ORDER BY subject, case_id, scenario, round";
        type Row = (String, String, String, u32, i64);
        let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Row> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        };
        let rows: rusqlite::Result<Vec<Row>> =
            self.connection.prepare(query).and_then(|mut it| it.query_map([], read)?.collect());
        let rows = rows.map_err(|source| self.sqlite(source))?;
        let whole = |(subject, case, scenario, round, evidence): Row| {
            let scenario = scenario.parse().map_err(|message| StoreError::Corrupt {
                path: self.path().display().to_string(),
                what: "a scenario",
                message,
            })?;
            let key = AttemptKey { subject, case, scenario, round };
            Ok((key, self.json::<Evidence>(evidence, "evidence")?))
        };
        rows.into_iter().map(whole).collect()
    }
}
