//! What models' replies took, and the ballots that judges' replies amount to.

use assay_core::{Ballot, Cost, Evidence, JudgeReply, Served, TokenUsage, Tokens};

use super::{Store, StoreError};

impl Store {
    /// What judges replied about the artifact of a turn, in order.
    pub(super) fn judge_replies(
        &self,
        attempt: i64,
        turn: i64,
    ) -> Result<Vec<JudgeReply>, StoreError> {
        let query = "
            SELECT model, input, cached, output, reasoning, cost, requests, from_cache, position
            FROM reply WHERE attempt = ?1 AND turn = ?2 AND role = 'judge' ORDER BY position";
        let reply = |row: &rusqlite::Row<'_>| {
            let (judge, usage) = (row.get(0)?, token_usage(row, 1)?);
            let reply = JudgeReply { judge, usage, served: Served::default() };
            Ok((row.get(8)?, reply))
        };
        let found: rusqlite::Result<Vec<(i64, JudgeReply)>> = self
            .connection
            .prepare_cached(query)
            .and_then(|mut statement| statement.query_map([attempt, turn], reply)?.collect());
        let mut replies = Vec::new();
        for (position, mut reply) in found.map_err(|source| self.sqlite(source))? {
            reply.served = self.served_at(attempt, turn, position)?;
            reply.usage.estimate = self.reply_estimate((attempt, turn, position))?;
            replies.push(reply);
        }
        Ok(replies)
    }

    /// Every ballot that judges cast for this run, each once, however many attempts
    /// share it.
    pub fn ballots(&self) -> Result<Vec<Ballot>, StoreError> {
        let query = "
            SELECT attempt, number, evidence, shared_with IS NOT NULL FROM turn WHERE EXISTS (
                SELECT 1 FROM reply WHERE role = 'judge'
                AND reply.attempt = turn.attempt AND reply.turn = turn.number)
            ORDER BY attempt, number";
        type Judged = (i64, i64, i64, bool);
        let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Judged> {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        };
        let turns: Vec<Judged> = self
            .connection
            .prepare(query)
            .and_then(|mut statement| statement.query_map([], read)?.collect())
            .map_err(|source| self.sqlite(source))?;
        let mut ballots = Vec::new();
        for (attempt, number, evidence, is_shared) in turns {
            let reading = self.turn_reading(attempt, number)?;
            let other = reading.and_then(|reading| reading.other?.observed.ok());
            let other: Vec<Ballot> = other.iter().flat_map(Evidence::ballots).cloned().collect();
            // Where judges voted on what the other reading found, an artifact that shares a
            // validation has none of its own.
            if other.is_empty() || !is_shared {
                let evidence = self.json::<Evidence>(evidence, "evidence")?;
                ballots.extend(evidence.ballots().cloned());
            }
            ballots.extend(other);
        }
        Ok(ballots)
    }
}

/// What a reply took, in the columns from `input` on.
pub(super) fn token_usage(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<TokenUsage> {
    let counts = (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    let tokens = match counts {
        (Some(input), Some(cached), Some(output), Some(reasoning)) => {
            Some(Tokens { input, cached, output, reasoning, written: 0 })
        }
        _ => None,
    };
    Ok(TokenUsage {
        tokens,
        cost: row.get::<_, Option<u64>>(first + 4)?.map(Cost::from_nanos),
        requests: row.get::<_, Option<u32>>(first + 5)?.unwrap_or_default(),
        from_cache: row.get::<_, Option<bool>>(first + 6)?.unwrap_or_default(),
        estimate: None,
    })
}
