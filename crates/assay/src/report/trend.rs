//! Runs in an order: how one subject's scores went from run to run, such as the checkpoints of a
//! model or the versions of an agent, and what changed between two of them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use assay_core::score::Metric;

use super::comparison::Compared;
use super::{Comparison, Question, RunData, SettingDifference, setting_differences};

/// In which order the runs of a report stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOrder {
    /// As they were given, for a trend that was asked for: the subjects of one run are one trend
    /// too, in the order of their names.
    Given,
    /// As they began.
    Started,
}

/// A subject in a run, by the positions of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendPoint {
    pub run: usize,
    pub subject: usize,
}

/// One thing over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// The subject's name; `None` where the names differ from point to point.
    pub name: Option<String>,
    /// Two at least, in order.
    pub points: Vec<TrendPoint>,
}

/// What changed from one point to the next.
#[derive(Debug, Clone)]
pub struct TrendStep {
    /// The overall scores over the cases that both have in the same version, and how far they
    /// differ beyond chance; `None` without such a case or score.
    pub overall: Option<Compared>,
    /// How many cases both have in the same version.
    pub cases: usize,
    /// Settings that differ.
    pub settings: Vec<SettingDifference>,
    /// The cases at which the share of successes changed, the greatest change first.
    pub changed: Vec<ChangedCase>,
}

/// A case at which a subject did better or worse than before.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedCase {
    pub id: String,
    /// Successes and judged attempts, before and after.
    pub before: (usize, usize),
    pub after: (usize, usize),
}

impl ChangedCase {
    /// The change of the share of successes, in [-1, 1].
    pub fn change(&self) -> f64 {
        share(self.after) - share(self.before)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of attempts")]
fn share((successes, judged): (usize, usize)) -> f64 {
    if judged == 0 { 0.0 } else { successes as f64 / judged as f64 }
}

impl Trend {
    /// The trends of these runs: of each subject that several have, or of the only subjects of the
    /// runs. Of subjects of a single run, or of several names, only where that is asked for.
    pub fn all(runs: &[&RunData], order: RunOrder) -> Vec<Trend> {
        let places = places(runs, order);
        let mut by_name: BTreeMap<&str, Vec<TrendPoint>> = BTreeMap::new();
        for run in &places {
            for (subject, score) in runs[*run].subjects.iter().enumerate() {
                by_name.entry(&score.name).or_default().push(TrendPoint { run: *run, subject });
            }
        }
        let repeated = by_name.into_iter().filter(|(_, points)| points.len() > 1);
        let mut trends: Vec<Trend> =
            repeated.map(|(name, points)| Trend { name: Some(name.to_owned()), points }).collect();
        let are_alone = runs.len() > 1 && runs.iter().all(|run| run.subjects.len() == 1);
        let is_whole = trends.iter().any(|trend| trend.points.len() == runs.len());
        if (are_alone && !is_whole) || (order == RunOrder::Given && trends.is_empty()) {
            trends = vec![Trend { name: None, points: everyone(runs, &places) }];
        }
        trends.retain(|trend| trend.points.len() > 1);
        trends
    }

    /// What changed between each point and the next.
    pub fn steps(&self, runs: &[&RunData]) -> Vec<TrendStep> {
        self.points.windows(2).map(|pair| step(runs, pair[0], pair[1])).collect()
    }
}

/// The positions of the runs, in order.
fn places(runs: &[&RunData], order: RunOrder) -> Vec<usize> {
    let mut places: Vec<usize> = (0..runs.len()).collect();
    if order == RunOrder::Started {
        places.sort_by(|a, b| runs[*a].info.started_at.cmp(&runs[*b].info.started_at));
    }
    places
}

/// Every subject of every run, those of a run in the order of their names.
fn everyone(runs: &[&RunData], places: &[usize]) -> Vec<TrendPoint> {
    let mut points = Vec::new();
    for run in places {
        let subjects = &runs[*run].subjects;
        let mut own: Vec<usize> = (0..subjects.len()).collect();
        own.sort_by(|a, b| by_numbers(&subjects[*a].name, &subjects[*b].name));
        points.extend(own.into_iter().map(|subject| TrendPoint { run: *run, subject }));
    }
    points
}

/// The order of two names whose numbers count as numbers: `step-200` comes before `step-1000`.
fn by_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (pieces(a), pieces(b));
    a.cmp(&b)
}

/// The stretches of a name: the value of each number, and the text between.
fn pieces(name: &str) -> Vec<(u128, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for c in name.chars() {
        let is_digit = c.is_ascii_digit();
        match pieces.last_mut() {
            Some((was_digit, piece)) if *was_digit == is_digit => piece.push(c),
            _ => pieces.push((is_digit, c.to_string())),
        }
    }
    let value = |(is_digit, piece): (bool, String)| match piece.parse() {
        Ok(number) if is_digit => (number, String::new()),
        _ => (0, piece),
    };
    pieces.into_iter().map(value).collect()
}

fn step(runs: &[&RunData], before: TrendPoint, after: TrendPoint) -> TrendStep {
    let (first, second) = (runs[before.run], runs[after.run]);
    let (mine, other) =
        (&first.subjects[before.subject].name, &second.subjects[after.subject].name);
    let with = [other.clone()];
    let question = Question { baseline: Some(mine), with: &with, ..Question::default() };
    let comparison = Comparison::of_two(first, second, &question).ok();
    let comparison = comparison.and_then(|mut all| all.pop());
    let overall = comparison.as_ref().and_then(|it| {
        it.scores.iter().find(|compared| compared.metric == Metric::Overall).copied()
    });
    TrendStep {
        overall,
        cases: comparison.map_or(0, |it| it.cases),
        settings: setting_differences(&[first, second]),
        changed: changed((first, mine), (second, other)),
    }
}

/// The cases of both in the same version at which successes are not as frequent as before.
fn changed(before: (&RunData, &str), after: (&RunData, &str)) -> Vec<ChangedCase> {
    let (first, second) = (tallies(before), tallies(after));
    let versions = |run: &RunData| -> BTreeSet<(String, String)> {
        run.info.cases.iter().map(|case| (case.id.clone(), case.digest.clone())).collect()
    };
    let (theirs, others) = (versions(before.0), versions(after.0));
    let mut changed: Vec<ChangedCase> = theirs
        .intersection(&others)
        .filter_map(|(id, _)| {
            let before = *first.get(id.as_str())?;
            let after = *second.get(id.as_str())?;
            Some(ChangedCase { id: id.clone(), before, after })
        })
        .filter(|case| case.change() != 0.0)
        .collect();
    changed.sort_by(|a, b| b.change().abs().total_cmp(&a.change().abs()));
    changed
}

/// Successes and judged attempts of a subject, by case.
fn tallies<'a>((run, subject): (&'a RunData, &str)) -> BTreeMap<&'a str, (usize, usize)> {
    let mut tallies: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for attempt in run.attempts.iter().filter(|attempt| attempt.key.subject == subject) {
        if let Some(judgement) = attempt.outcome.judgement() {
            let (successes, judged) = tallies.entry(&attempt.key.case).or_default();
            *successes += usize::from(judgement.is_success());
            *judged += 1;
        }
    }
    tallies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_their_numbers() {
        let mut names = ["step-1000", "step-200", "step-9", "step", "a-2-10", "a-2-9"];
        names.sort_by(|a, b| by_numbers(a, b));
        assert_eq!(names, ["a-2-9", "a-2-10", "step", "step-9", "step-200", "step-1000"]);
    }
}
