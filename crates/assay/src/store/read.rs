//! Reading attempts from the store's tables.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use assay_core::answer::{Answer, Finish};
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::infra_error::InfraClass;
use assay_core::log::Log;
use assay_core::reading::TurnReading;
use assay_core::{Artifact, AttemptKey, AttemptRecord, Cost, Evidence, Judgement, Outcome};
use assay_core::{TokenUsage, Tokens, Turn, Verdict};
use flate2::read::DeflateDecoder;
use rusqlite::{OptionalExtension as _, params};

use super::replies::token_usage;
use super::{AttemptSummary, Store, StoreError};

impl Store {
    /// The keys of all judged attempts. Errored ones are not among them: they
    /// are tried again.
    pub fn judged(&self) -> Result<BTreeSet<AttemptKey>, StoreError> {
        let attempts = self.attempts()?.into_iter();
        Ok(attempts
            .filter(|attempt| attempt.outcome.judgement().is_some())
            .map(|attempt| attempt.key)
            .collect())
    }

    /// The classes of the errors that attempts ended with.
    pub fn errored(&self) -> Result<BTreeMap<AttemptKey, InfraClass>, StoreError> {
        let attempts = self.attempts()?.into_iter();
        Ok(attempts
            .filter_map(|attempt| match attempt.outcome {
                Outcome::Errored(error) => Some((attempt.key, error.class)),
                Outcome::Judged(_) => None,
            })
            .collect())
    }

    /// All attempts, in order of subject, case, scenario and round.
    pub fn attempts(&self) -> Result<Vec<AttemptSummary>, StoreError> {
        let query = "
            SELECT id, subject, case_id, scenario, round, verdict, error, first_failure,
                   count(turn.number), total(turn.validated_ms),
                   total(reply.input), total(reply.cached), total(reply.output),
                   total(reply.reasoning), sum(reply.cost), first_verdict, finished_at,
                   total(turn.asked_ms), (SELECT finish FROM turn AS last
                   WHERE last.attempt = attempt.id ORDER BY number DESC LIMIT 1)
            FROM attempt LEFT JOIN turn ON turn.attempt = attempt.id
                 LEFT JOIN reply ON reply.attempt = attempt.id AND reply.turn = turn.number
                      AND reply.role = 'subject'
            GROUP BY id ORDER BY subject, case_id, scenario, round";
        let mut statement = self.connection.prepare(query).map_err(|source| self.sqlite(source))?;
        let mut rows = statement.query([]).map_err(|source| self.sqlite(source))?;
        let mut attempts = Vec::new();
        while let Some(row) = rows.next().map_err(|source| self.sqlite(source))? {
            let columns = (|| -> rusqlite::Result<_> {
                Ok((
                    row.get::<_, String>(3)?,
                    row.get::<_, Option<String>>(5)?,
                    row.get::<_, Option<String>>(6)?,
                    AttemptSummary {
                        id: row.get(0)?,
                        key: AttemptKey {
                            subject: row.get(1)?,
                            case: row.get(2)?,
                            scenario: sec_code_bench_v2::GEN,
                            round: row.get(4)?,
                        },
                        outcome: Outcome::from(Verdict::NoCode),
                        turns: row.get(8)?,
                        first_failure: row.get(7)?,
                        validated_ms: whole(row.get(9)?),
                        tokens: Tokens {
                            input: whole(row.get(10)?),
                            cached: whole(row.get(11)?),
                            output: whole(row.get(12)?),
                            reasoning: whole(row.get(13)?),
                            written: 0,
                        },
                        cost: row.get::<_, Option<u64>>(14)?.map(Cost::from_nanos),
                        first_verdict: None,
                        finished_at: row.get(16)?,
                        asked_ms: whole(row.get(17)?),
                        finish: None,
                        is_context_full: false,
                        other: None,
                    },
                    row.get::<_, Option<String>>(15)?,
                    row.get::<_, Option<String>>(18)?,
                ))
            })();
            let (scenario, verdict, error, mut attempt, first, finish) =
                columns.map_err(|source| self.sqlite(source))?;
            attempt.key.scenario =
                scenario.parse().map_err(|error: String| self.corrupt("a scenario", &error))?;
            attempt.outcome = self.outcome(verdict, error)?;
            attempt.first_verdict = first.map(|text| self.verdict(text)).transpose()?;
            attempt.finish = finish.map(|text| self.finish(&text)).transpose()?;
            attempts.push(attempt);
        }
        let mut others = self.other_outcomes()?;
        let context_full = self.all_context_full()?;
        for attempt in &mut attempts {
            attempt.is_context_full = context_full.contains(&attempt.id);
            attempt.other = others.remove(&attempt.id);
        }
        Ok(attempts)
    }

    /// How attempts come out under the reading that the run does not follow, by id.
    fn other_outcomes(&self) -> Result<BTreeMap<i64, Outcome>, StoreError> {
        let mut others = BTreeMap::new();
        let query = "SELECT attempt, verdict, error FROM other_reading";
        let mut statement = self.connection.prepare(query).map_err(|source| self.sqlite(source))?;
        let mut rows = statement.query([]).map_err(|source| self.sqlite(source))?;
        while let Some(row) = rows.next().map_err(|source| self.sqlite(source))? {
            let columns = || Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let (id, verdict, error) = columns().map_err(|source| self.sqlite(source))?;
            others.insert(id, self.outcome(verdict, error)?);
        }
        Ok(others)
    }

    pub(super) fn turn_reading(
        &self,
        attempt: i64,
        turn: i64,
    ) -> Result<Option<TurnReading>, StoreError> {
        let query = "SELECT reading FROM reading WHERE attempt = ?1 AND turn = ?2";
        let blob: Option<i64> = self
            .connection
            .prepare_cached(query)
            .and_then(|mut it| it.query_row([attempt, turn], |row| row.get(0)).optional())
            .map_err(|source| self.sqlite(source))?;
        blob.map(|blob| self.json(blob, "a reading")).transpose()
    }

    /// When the last attempt of a subject finished (RFC 3339, UTC).
    pub fn last_finished_at(&self, subject: &str) -> Result<Option<String>, StoreError> {
        let query = "SELECT max(finished_at) FROM attempt WHERE subject = ?1";
        let found = self.connection.query_row(query, [subject], |row| row.get(0));
        found.map_err(|source| self.sqlite(source))
    }

    /// One attempt with everything that belongs to it.
    pub fn attempt(&self, summary: &AttemptSummary) -> Result<AttemptRecord, StoreError> {
        let query = "
            SELECT number, prompt, answer, thinking, finish, artifact, evidence,
                   asked_ms, validated_ms, shared_with, input, cached, output, reasoning,
                   cost, requests, from_cache
            FROM turn LEFT JOIN reply ON reply.attempt = turn.attempt
                 AND reply.turn = turn.number AND reply.role = 'subject'
            WHERE turn.attempt = ?1 ORDER BY number";
        let mut statement =
            self.connection.prepare_cached(query).map_err(|source| self.sqlite(source))?;
        let mut rows = statement.query([summary.id]).map_err(|source| self.sqlite(source))?;
        let mut turns = Vec::new();
        while let Some(row) = rows.next().map_err(|source| self.sqlite(source))? {
            let turn = TurnRow::read(row).map_err(|source| self.sqlite(source))?;
            turns.push(self.turn(summary.id, &turn)?);
        }
        let (key, outcome) = (summary.key.clone(), summary.outcome.clone());
        let context_full = self.context_full(summary.id)?;
        Ok(AttemptRecord { key, outcome, turns, context_full })
    }

    fn turn(&self, attempt: i64, row: &TurnRow) -> Result<Turn, StoreError> {
        let artifact = match row.artifact {
            Some(blob) => Some(self.json::<Artifact>(blob, "an artifact")?),
            None => None,
        };
        let query = "SELECT name, text FROM log WHERE attempt = ?1 AND turn = ?2 ORDER BY position";
        let mut statement =
            self.connection.prepare_cached(query).map_err(|source| self.sqlite(source))?;
        let names: Vec<(String, i64)> = statement
            .query_map(params![attempt, row.number], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(|source| self.sqlite(source))?;
        let mut logs = Vec::new();
        for (name, blob) in names {
            logs.push(Log { name, text: self.text(blob)? });
        }
        Ok(Turn {
            prompt: self.text(row.prompt)?,
            answer: self.json::<Answer>(row.answer, "an answer")?,
            thinking: row.thinking.map(|blob| self.text(blob)).transpose()?,
            finish: self.finish(&row.finish)?,
            artifact,
            reading: self.turn_reading(attempt, row.number)?,
            evidence: self.json::<Evidence>(row.evidence, "evidence")?,
            logs,
            usage: TokenUsage {
                estimate: self.reply_estimate((attempt, row.number, 0))?,
                ..row.usage
            },
            served: self.served_at(attempt, row.number, 0)?,
            asked_ms: row.asked_ms,
            validated_ms: row.validated_ms,
            shared_with: match &row.shared_with {
                Some(text) => Some(
                    serde_json::from_str(text)
                        .map_err(|error| self.corrupt("an attempt's key", &error))?,
                ),
                None => None,
            },
            judge_replies: self.judge_replies(attempt, row.number)?,
        })
    }

    pub(super) fn outcome(
        &self,
        verdict: Option<String>,
        error: Option<String>,
    ) -> Result<Outcome, StoreError> {
        match (verdict, error) {
            (Some(verdict), None) => self.judgement(&verdict).map(Outcome::Judged),
            (None, Some(error)) => serde_json::from_str(&error)
                .map(Outcome::Errored)
                .map_err(|error| self.corrupt("an error", &error)),
            _ => Err(self.corrupt("an outcome", &"it is neither a verdict nor an error")),
        }
    }

    fn judgement(&self, text: &str) -> Result<Judgement, StoreError> {
        text.parse().map_err(|error: String| self.corrupt("a verdict", &error))
    }

    fn finish(&self, text: &str) -> Result<Finish, StoreError> {
        text.parse().map_err(|error: String| self.corrupt("a turn", &error))
    }

    fn verdict(&self, text: String) -> Result<Verdict, StoreError> {
        let value = serde_json::Value::String(text);
        serde_json::from_value(value).map_err(|error| self.corrupt("a verdict", &error))
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        blob: i64,
        what: &'static str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(blob)?).map_err(|error| self.corrupt(what, &error))
    }

    pub(super) fn text(&self, blob: i64) -> Result<String, StoreError> {
        let deflated: Vec<u8> = self
            .connection
            .prepare_cached("SELECT deflated FROM blob WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([blob], |row| row.get(0)))
            .map_err(|source| self.sqlite(source))?;
        let mut text = String::new();
        DeflateDecoder::new(deflated.as_slice())
            .read_to_string(&mut text)
            .map_err(|error| self.corrupt("a text", &error))?;
        Ok(text)
    }
}

/// One row of the turn table, with the subject's reply.
struct TurnRow {
    number: i64,
    prompt: i64,
    answer: i64,
    thinking: Option<i64>,
    finish: String,
    artifact: Option<i64>,
    evidence: i64,
    usage: TokenUsage,
    asked_ms: u64,
    validated_ms: u64,
    shared_with: Option<String>,
}

impl TurnRow {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<TurnRow> {
        Ok(TurnRow {
            number: row.get(0)?,
            prompt: row.get(1)?,
            answer: row.get(2)?,
            thinking: row.get(3)?,
            finish: row.get(4)?,
            artifact: row.get(5)?,
            evidence: row.get(6)?,
            usage: token_usage(row, 10)?,
            asked_ms: row.get(7)?,
            validated_ms: row.get(8)?,
            shared_with: row.get(9)?,
        })
    }
}

/// SQLite's `total()` is a float, of whole numbers here.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
pub(super) fn whole(total: f64) -> u64 {
    total as u64
}
