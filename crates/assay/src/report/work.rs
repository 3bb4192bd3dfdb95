//! What agents did for their artifacts, in numbers: for each attempt, and for all attempts of a
//! subject together. docs/agents.md says what each number counts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::quantity::tokens;
use crate::store::{AttemptSummary, Store, StoreError};
use crate::timeline::{AgentWork, CONVERSATION_LOG, END_LOG, PATCH_LOG, WORK_LOG};

/// The work on each attempt of an agent, by the attempt's id. Attempts that errored keep no
/// record.
pub(crate) type Works = BTreeMap<i64, AgentWork>;

/// Reads the numbers of all attempts of agents of a run; of a run of a version that did not keep
/// them, from what else it keeps.
pub(crate) fn all(store: &Store) -> Result<Works, StoreError> {
    let mut works = Works::new();
    for turn in store.turns_with_log(END_LOG)? {
        let kept = store.log(turn, WORK_LOG)?.and_then(|text| serde_json::from_str(&text).ok());
        let work: AgentWork = match kept {
            Some(work) => work,
            None => {
                let end = store.log(turn, END_LOG)?.unwrap_or_default();
                let conversation = store.log(turn, CONVERSATION_LOG)?;
                let patch = store.log(turn, PATCH_LOG)?;
                AgentWork::read(&end, conversation.as_deref(), patch.as_deref())
            }
        };
        works.entry(turn.0).and_modify(|before| *before = before.and(work)).or_insert(work);
    }
    Ok(works)
}

/// A number of each of several attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) total: u64,
    /// The attempts whose record tells it.
    pub(crate) known: u64,
    /// Whether more may have been done than the records show.
    pub(crate) is_least: bool,
}

impl Sum {
    fn add(&mut self, number: Option<u64>, is_least: bool) {
        if let Some(number) = number {
            self.total = self.total.saturating_add(number);
            self.known += 1;
            self.is_least |= is_least;
        }
    }

    /// The mean of those attempts that tell it.
    #[expect(clippy::cast_precision_loss, reason = "a number for people")]
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.known > 0).then(|| self.total as f64 / self.known as f64)
    }

    /// The mean as people read it; a dash where no attempt tells it.
    pub(crate) fn an_attempt(&self) -> String {
        let at_least = if self.is_least { "≥" } else { "" };
        self.mean().map_or_else(|| "–".to_owned(), |mean| format!("{at_least}{mean:.1}"))
    }

    /// The sum in the same way.
    pub(crate) fn in_all(&self) -> String {
        number(Some(self.total).filter(|_| self.known > 0), self.is_least)
    }

    fn json(&self) -> Value {
        json!({
            "total": Some(self.total).filter(|_| self.known > 0),
            "mean": self.mean(),
            "known-attempts": self.known,
            "at-least": self.is_least,
        })
    }
}

/// A number of one attempt; a dash where it is not known.
pub(crate) fn number(number: Option<u64>, is_least: bool) -> String {
    let at_least = if is_least { "≥" } else { "" };
    number.map_or_else(|| "–".to_owned(), |number| format!("{at_least}{}", tokens(number)))
}

/// The work of a subject on all its attempts that have a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SubjectWork {
    pub(crate) attempts: u64,
    pub(crate) requests: Sum,
    /// Counted and estimated tokens of its model, in and out together.
    pub(crate) tokens: Sum,
    pub(crate) milliseconds: Sum,
    pub(crate) commands: Sum,
    pub(crate) builds: Sum,
    pub(crate) tests_written: Sum,
}

impl SubjectWork {
    /// The work on these attempts; `None` if no agent worked on any.
    pub(super) fn of<'a>(
        attempts: impl Iterator<Item = &'a AttemptSummary>,
        works: &Works,
    ) -> Option<SubjectWork> {
        let mut sum = SubjectWork::default();
        for attempt in attempts {
            let Some(work) = works.get(&attempt.id) else { continue };
            let tokens = attempt.tokens.input.saturating_add(attempt.tokens.output);
            sum.attempts += 1;
            sum.requests.add(work.requests, false);
            // An agent that worked has asked, so that 0 means that nobody counted.
            sum.tokens.add(Some(tokens).filter(|tokens| *tokens > 0), false);
            sum.milliseconds.add(Some(attempt.asked_ms), false);
            sum.commands.add(work.commands, work.is_least);
            sum.builds.add(work.builds, work.is_least);
            sum.tests_written.add(work.tests_written, work.is_least);
        }
        (sum.attempts > 0).then_some(sum)
    }

    /// The names of the numbers, in order.
    pub(crate) const HEADS: [&'static str; 6] =
        ["requests", "tokens", "minutes", "commands", "builds", "tests written"];

    /// The numbers of an attempt, on average, in the same order.
    pub(crate) fn an_attempt(&self) -> [String; 6] {
        [
            self.requests.an_attempt(),
            self.tokens.mean().map_or_else(|| "–".to_owned(), rounded),
            minutes(self.milliseconds.mean()),
            self.commands.an_attempt(),
            self.builds.an_attempt(),
            self.tests_written.an_attempt(),
        ]
    }

    /// The same of all attempts together.
    pub(crate) fn in_all(&self) -> [String; 6] {
        #[expect(clippy::cast_precision_loss, reason = "a number for people")]
        let milliseconds = self.milliseconds.total as f64;
        [
            self.requests.in_all(),
            self.tokens.in_all(),
            minutes(Some(milliseconds)),
            self.commands.in_all(),
            self.builds.in_all(),
            self.tests_written.in_all(),
        ]
    }

    /// Which numbers the records of some attempts do not tell, in a sentence.
    pub(crate) fn unknown(&self) -> Option<String> {
        let sums = [&self.requests, &self.tokens, &self.milliseconds, &self.commands, &self.builds];
        let sums = sums.into_iter().chain([&self.tests_written]).zip(SubjectWork::HEADS);
        let untold: Vec<String> = sums
            .filter(|(sum, _)| sum.known < self.attempts)
            .map(|(sum, head)| format!("{head} of {}", self.attempts - sum.known))
            .collect();
        (!untold.is_empty()).then(|| {
            format!("of {} attempts the record does not tell {}", self.attempts, untold.join(", "))
        })
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "attempts": self.attempts,
            "requests": self.requests.json(),
            "tokens": self.tokens.json(),
            "milliseconds": self.milliseconds.json(),
            "commands": self.commands.json(),
            "builds": self.builds.json(),
            "tests-written": self.tests_written.json(),
        })
    }
}

/// `4.2` minutes, and `0.04` of less than one.
fn minutes(milliseconds: Option<f64>) -> String {
    match milliseconds.map(|it| it / 60_000.0) {
        None => "–".to_owned(),
        Some(minutes) if minutes < 1.0 => format!("{minutes:.2}"),
        Some(minutes) => format!("{minutes:.1}"),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of tokens")]
fn rounded(mean: f64) -> String {
    tokens(mean.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_in_no_mean_and_no_zero() {
        let mut sum = Sum::default();
        assert_eq!((sum.an_attempt(), sum.in_all()), ("–".to_owned(), "–".to_owned()));
        sum.add(None, false);
        sum.add(Some(0), false);
        sum.add(Some(3), false);
        assert_eq!((sum.an_attempt(), sum.in_all()), ("1.5".to_owned(), "3".to_owned()));
        sum.add(Some(1_200), true);
        assert_eq!((sum.an_attempt(), sum.in_all()), ("≥401.0".to_owned(), "≥1,203".to_owned()));
        let work = SubjectWork { attempts: 4, commands: sum, ..SubjectWork::default() };
        let unknown = work.unknown().expect("a sentence");
        assert!(unknown.contains("commands of 1, builds of 4"), "{unknown}");
    }
}
