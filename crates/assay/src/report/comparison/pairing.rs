//! [`Pairing`]: which attempts of two subjects are held against each other, and which are not.
//!
//! The pair is the task: a case in a scenario. Rounds of a task are draws of the same chance, of
//! which none belongs to one of the other subject, so all that were judged count.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::{AttemptKey, Scenario};
use serde::Serialize;

use super::Pair;
use crate::report::quantity::counted;
use crate::report::{RunData, SubjectScore};

/// What two subjects are compared over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Pairing {
    /// Cases of which both have a judged attempt in the same scenario.
    pub cases: usize,
    /// Cases by scenario of which both have one.
    pub tasks: usize,
    pub first: Side,
    pub second: Side,
}

/// The attempts of one of the two, at the cases that both runs have in the same version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Side {
    /// Those that count.
    pub attempts: usize,
    /// Judged, at tasks of which the other has no judged attempt.
    pub alone: usize,
    /// Ended by a fault that the subject did not cause.
    pub errored: usize,
    /// Judges are to decide these or others at the same case, or they ask for no code.
    pub unjudged: usize,
    /// Rounds of tasks that the other has an attempt of and this one has not.
    pub missing: usize,
}

type Task<'a> = (&'a str, Scenario);

/// Rounds of tasks.
type Rounds<'a> = BTreeSet<(Task<'a>, u32)>;

impl Pairing {
    /// Over cases that both runs have in the same version.
    pub(super) fn of(pair: &Pair<'_>, cases: &[&str]) -> Pairing {
        let cases: BTreeSet<&str> = cases.iter().copied().collect();
        let (first, second) = (judged(pair.first.1, &cases), judged(pair.second.1, &cases));
        let common: BTreeSet<Task<'_>> =
            first.keys().filter(|task| second.contains_key(*task)).copied().collect();
        let keys = [pair.first, pair.second].map(|side| rounds(side, &cases));
        Pairing {
            cases: common.iter().map(|(case, _)| case).collect::<BTreeSet<_>>().len(),
            tasks: common.len(),
            first: Side::of(pair.first, &cases, (&first, &common), (&keys[0], &keys[1])),
            second: Side::of(pair.second, &cases, (&second, &common), (&keys[1], &keys[0])),
        }
    }

    /// The attempts that both have at a task on average, at least one.
    pub(super) fn rounds(&self) -> u32 {
        let attempts = self.first.attempts + self.second.attempts;
        let rounds = (attempts + self.tasks) / (2 * self.tasks).max(1);
        u32::try_from(rounds).unwrap_or(u32::MAX).max(1)
    }
}

impl Side {
    fn of(
        (run, subject): (&RunData, &SubjectScore),
        cases: &BTreeSet<&str>,
        (judged, common): (&BTreeMap<Task<'_>, usize>, &BTreeSet<Task<'_>>),
        (own, others): (&Rounds<'_>, &Rounds<'_>),
    ) -> Side {
        let sum = |is_common: bool| {
            let counted = judged.iter().filter(|(task, _)| common.contains(*task) == is_common);
            counted.map(|(_, judged)| judged).sum()
        };
        let (attempts, alone) = (sum(true), sum(false));
        let errored = of(run, subject, cases)
            .filter(|attempt| {
                attempt.outcome.error_class().is_some() && !attempt.outcome.is_unjudged()
            })
            .count();
        let all = of(run, subject, cases).count();
        Side {
            attempts,
            alone,
            errored,
            unjudged: all.saturating_sub(attempts + alone + errored),
            missing: others.difference(own).count(),
        }
    }

    /// What does not count and why, in a phrase; `None` where everything does.
    pub fn left_out(&self) -> Option<String> {
        let parts: Vec<String> = [
            (self.errored, "errored"),
            (self.unjudged, "unjudged"),
            (self.missing, "missing"),
            (self.alone, "at tasks without a judged attempt of the other"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, why)| format!("{} {why}", counted(number, "attempt")))
        .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// How many attempts of each task are judged.
fn judged<'a>(subject: &'a SubjectScore, cases: &BTreeSet<&str>) -> BTreeMap<Task<'a>, usize> {
    let cells = subject.successes.iter().filter(|cell| cases.contains(cell.case.as_str()));
    cells.map(|cell| ((cell.case.as_str(), cell.scenario), cell.judged)).collect()
}

fn of<'a>(
    run: &'a RunData,
    subject: &'a SubjectScore,
    cases: &'a BTreeSet<&str>,
) -> impl Iterator<Item = &'a crate::store::AttemptSummary> {
    run.attempts.iter().filter(|attempt| {
        attempt.key.subject == subject.name && cases.contains(attempt.key.case.as_str())
    })
}

fn rounds<'a>(
    (run, subject): (&'a RunData, &'a SubjectScore),
    cases: &BTreeSet<&str>,
) -> Rounds<'a> {
    let keys = run.attempts.iter().map(|attempt| &attempt.key);
    let own = keys.filter(|key| key.subject == subject.name && cases.contains(key.case.as_str()));
    own.map(|AttemptKey { case, scenario, round, .. }| ((case.as_str(), *scenario), *round))
        .collect()
}
