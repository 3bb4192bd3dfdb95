//! What scores are under both readings of answers.

use assay_core::Reading;
use assay_core::score::{Scorecard, ScoredAttempt, Scoring};
use serde_json::{Map, Value, json};

use super::quantity::{counted, overall};
use super::{RunData, SubjectScore};
use crate::store::{AttemptSummary, RunInfo};

/// A subject under the reading that its run does not follow.
#[derive(Debug, Clone)]
pub struct Readings {
    /// The reading that the run follows.
    pub own: Reading,
    /// Attempts in which the other reading finds another artifact in an answer, or one
    /// more, or one less.
    pub differing: usize,
    /// Those of them that come out otherwise.
    pub verdicts: usize,
    pub other: Scorecard,
}

impl Readings {
    /// `None` for a run that does not say how its answers were read.
    pub(super) fn of<'a>(
        info: &RunInfo,
        attempts: impl Iterator<Item = (&'a AttemptSummary, ScoredAttempt<'a>)>,
        scoring: &Scoring,
    ) -> Option<Readings> {
        let own = info.settings.get("reading")?.as_str()?.parse().ok()?;
        let (mut differing, mut verdicts) = (0, 0);
        let mut scored = Vec::new();
        for (attempt, under_own) in attempts {
            let Some(other) = &attempt.other else {
                scored.push(under_own);
                continue;
            };
            differing += 1;
            verdicts += usize::from(other.verdict() != attempt.outcome.verdict());
            // What its first answer was under the other reading is not kept.
            scored.push(ScoredAttempt { outcome: other, first: None, ..under_own });
        }
        Some(Readings { own, differing, verdicts, other: Scorecard::of(&scored, scoring) })
    }
}

/// The main scores under each reading, and how many attempts are read differently.
pub(super) fn json(subject: &SubjectScore) -> Value {
    let Some(readings) = &subject.readings else { return Value::Null };
    let scores = |card: &Scorecard| {
        let scenarios = card.scenarios.iter().map(|(it, score)| (it.to_string(), json!(score)));
        json!({
            "overall": card.overall,
            "unweighted": card.unweighted,
            "functional": card.functional,
            "scenarios": scenarios.collect::<Map<_, _>>(),
            "verdicts": card.verdicts,
            "interval": card.intervals.overall,
        })
    };
    json!({
        "reading": readings.own,
        "attempts-read-differently": readings.differing,
        "verdicts-that-differ": readings.verdicts,
        readings.own.as_str(): scores(&subject.card),
        readings.own.other().as_str(): scores(&readings.other),
    })
}

/// A line for a subject that the readings differ about: `overall 75.00% lenient, 50.00%
/// strict; 4 attempts are read differently, 3 of them to another verdict`.
pub(super) fn summary(subject: &SubjectScore) -> Option<String> {
    let readings = subject.readings.as_ref().filter(|readings| readings.differing > 0)?;
    let (own, other) = (readings.own, readings.own.other());
    let are = if readings.differing == 1 { "is" } else { "are" };
    Some(format!(
        "overall {} {own}, {} {other}; {} {are} read differently, {} of them with another verdict",
        overall(&subject.card),
        overall(&readings.other),
        counted(readings.differing, "attempt"),
        readings.verdicts,
    ))
}

/// Each subject that the readings differ about, with its summary.
pub(super) fn summaries(run: &RunData) -> impl Iterator<Item = (&str, String)> {
    run.subjects.iter().filter_map(|it| Some((it.name.as_str(), summary(it)?)))
}
