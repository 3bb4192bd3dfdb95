//! What the replies of a run took: those that its attempts keep, and those that were
//! paid for while it went on, also where their attempt was never finished.

use assay_core::{Amount, Bill, Cost, Estimated, TokenUsage, Tokens};
use rusqlite::params;

use super::read::whole;
use super::{Store, StoreError};

/// A reply that was paid for now.
#[derive(Debug, Clone, Copy)]
pub struct Payment<'a> {
    /// The subject of the attempt.
    pub subject: &'a str,
    pub payer: Payer,
    /// Who replied.
    pub model: &'a str,
    pub usage: TokenUsage,
}

/// Whose replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Payer {
    Subject,
    Judge,
}

impl Payer {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Payer::Subject => "subject",
            Payer::Judge => "judge",
        }
    }
}

/// What replies were for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first answer of an attempt.
    First,
    /// A later one, after something failed.
    Repair,
    /// A judge's vote.
    Judging,
}

/// What the stored replies of one kind took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    pub subject: String,
    pub purpose: Purpose,
    /// Whether they came from the response cache.
    pub from_cache: bool,
    pub bill: Bill,
}

/// The columns of a [`Bill`], in order. A reply took something if it was asked for
/// over a network, now or when it was put into the response cache.
const BILL: &str = "count(*), total(it.input), total(it.cached), total(it.output),
    total(it.reasoning), sum(it.input IS NULL), sum(it.cost), sum(it.cost IS NULL),
    total(it.requests), sum(guess.input IS NOT NULL), total(guess.input), total(guess.cached),
    total(guess.output), total(guess.reasoning), sum(guess.cost)";

fn bill(row: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Bill> {
    Ok(Bill {
        replies: row.get(from)?,
        tokens: Tokens {
            input: whole(row.get(from + 1)?),
            cached: whole(row.get(from + 2)?),
            output: whole(row.get(from + 3)?),
            reasoning: whole(row.get(from + 4)?),
            written: 0,
        },
        uncounted: row.get(from + 5)?,
        cost: row.get::<_, Option<u64>>(from + 6)?.map(Cost::from_nanos),
        unpriced: row.get(from + 7)?,
        requests: whole(row.get(from + 8)?),
        estimated: row.get(from + 9)?,
        estimate: Estimated {
            tokens: Tokens {
                input: whole(row.get(from + 10)?),
                cached: whole(row.get(from + 11)?),
                output: whole(row.get(from + 12)?),
                reasoning: whole(row.get(from + 13)?),
                written: 0,
            },
            cost: row.get::<_, Option<u64>>(from + 14)?.map(Cost::from_nanos),
        },
    })
}

impl Store {
    /// Writes at once that a reply was paid for: whatever becomes of its attempt, it counts as
    /// spent when the run is resumed.
    pub fn pay(&mut self, payment: &Payment<'_>) -> Result<(), StoreError> {
        self.start_to_write()?;
        let TokenUsage { tokens, cost, requests, from_cache: _, estimate } = payment.usage;
        self.connection
            .prepare_cached("INSERT INTO payment VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
            .and_then(|mut statement| {
                statement.execute(params![
                    payment.subject,
                    payment.payer.as_str(),
                    payment.model,
                    tokens.map(|tokens| tokens.input),
                    tokens.map(|tokens| tokens.cached),
                    tokens.map(|tokens| tokens.output),
                    tokens.map(|tokens| tokens.reasoning),
                    cost.map(Cost::nanos),
                    requests,
                ])
            })
            .and_then(|_| match &estimate {
                Some(estimate) => self.write_payment_estimate(estimate),
                None => Ok(()),
            })
            .map_err(|source| self.sqlite(source))
    }

    /// What the stored replies took, by subject, purpose and origin.
    pub fn spent(&self) -> Result<Vec<Spent>, StoreError> {
        let query = format!(
            "SELECT subject, role, it.turn > 0, from_cache, {BILL}
             FROM reply AS it JOIN attempt ON attempt.id = it.attempt
             LEFT JOIN reply_estimate AS guess ON guess.attempt = it.attempt
                  AND guess.turn = it.turn AND guess.position = it.position
             WHERE requests > 0 OR from_cache
             GROUP BY subject, role, it.turn > 0, from_cache ORDER BY subject"
        );
        let mut statement =
            self.connection.prepare(&query).map_err(|source| self.sqlite(source))?;
        let rows = statement.query_map([], |row| {
            let purpose = match (row.get::<_, String>(1)?.as_str(), row.get(2)?) {
                ("judge", _) => Purpose::Judging,
                (_, true) => Purpose::Repair,
                (_, false) => Purpose::First,
            };
            Ok(Spent {
                subject: row.get(0)?,
                purpose,
                from_cache: row.get(3)?,
                bill: bill(row, 4)?,
            })
        });
        rows.and_then(Iterator::collect).map_err(|source| self.sqlite(source))
    }

    /// What was paid for while the run went on, by subject, judges of its attempts
    /// included.
    pub fn paid(&self) -> Result<Vec<(String, Bill)>, StoreError> {
        let query = format!(
            "SELECT subject, {BILL} FROM payment AS it
             LEFT JOIN payment_estimate AS guess ON guess.payment = it.id
             GROUP BY subject ORDER BY subject"
        );
        let mut statement =
            self.connection.prepare(&query).map_err(|source| self.sqlite(source))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, bill(row, 1)?)));
        rows.and_then(Iterator::collect).map_err(|source| self.sqlite(source))
    }

    /// The total, as far as prices are known, and whether a part of it is estimated.
    pub fn paid_in_all(&self) -> Result<(Amount, bool), StoreError> {
        let mut paid = Bill::default();
        for (_, bill) in self.paid()? {
            paid += bill;
        }
        let (counted, guessed) = (paid.tokens, paid.estimate.tokens);
        let amount = Amount {
            cost: paid.cost.unwrap_or_default() + paid.estimate.cost.unwrap_or_default(),
            tokens: counted.input + counted.output + guessed.input + guessed.output,
            // Those of questions that ended in an error left no payment.
            requests: paid.requests.max(self.counted_requests()?),
        };
        Ok((amount, paid.estimated > 0))
    }
}
