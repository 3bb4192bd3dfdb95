//! What models' replies took, and the ballots that judges' replies amount to.

use assay_core::{Ballot, Cost, Evidence, JudgeReply, TokenUsage, Tokens};

use super::{Store, StoreError};

impl Store {
    /// What judges replied about the artifact of a turn, in order.
    pub(super) fn judge_replies(
        &self,
        attempt: i64,
        turn: i64,
    ) -> Result<Vec<JudgeReply>, StoreError> {
        let query = "
            SELECT model, input, cached, output, reasoning, cost, requests, from_cache
            FROM reply WHERE attempt = ?1 AND turn = ?2 AND role = 'judge' ORDER BY position";
        let reply = |row: &rusqlite::Row<'_>| {
            Ok(JudgeReply { judge: row.get(0)?, usage: token_usage(row, 1)? })
        };
        self.connection
            .prepare_cached(query)
            .and_then(|mut statement| statement.query_map([attempt, turn], reply)?.collect())
            .map_err(|source| self.sqlite(source))
    }

    /// Every ballot that judges cast for this run, each once, however many attempts
    /// share it.
    pub fn ballots(&self) -> Result<Vec<Ballot>, StoreError> {
        let query = "
            SELECT evidence FROM turn WHERE shared_with IS NULL AND EXISTS (
                SELECT 1 FROM reply WHERE role = 'judge'
                AND reply.attempt = turn.attempt AND reply.turn = turn.number)
            ORDER BY attempt, number";
        let blobs: Vec<i64> = self
            .connection
            .prepare(query)
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .map_err(|source| self.sqlite(source))?;
        let mut ballots = Vec::new();
        for blob in blobs {
            let evidence = self.json::<Evidence>(blob, "evidence")?;
            let cast = [evidence.functional_ballot(), evidence.security_ballot()];
            ballots.extend(cast.into_iter().flatten().cloned());
        }
        Ok(ballots)
    }
}

/// What a reply took, in the columns from `input` on.
pub(super) fn token_usage(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<TokenUsage> {
    let counts = (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    let tokens = match counts {
        (Some(input), Some(cached), Some(output), Some(reasoning)) => {
            Some(Tokens { input, cached, output, reasoning })
        }
        _ => None,
    };
    Ok(TokenUsage {
        tokens,
        cost: row.get::<_, Option<u64>>(first + 4)?.map(Cost::from_nanos),
        requests: row.get::<_, Option<u32>>(first + 5)?.unwrap_or_default(),
        from_cache: row.get::<_, Option<bool>>(first + 6)?.unwrap_or_default(),
    })
}
