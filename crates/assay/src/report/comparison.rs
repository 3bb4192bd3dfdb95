//! Two runs side by side: how each score of a subject has changed.

use std::collections::BTreeSet;

use assay_core::score::{Cells, Difference, Drawn as _, Draws, Exchanges, Metric, Resampled};
use serde::Serialize;

use super::{RunData, SubjectScore};

/// A subject of the first run, and one of the second.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    pub first: String,
    pub second: String,
    /// Cases that both runs have in the same version.
    pub cases: usize,
    /// Cases that only one of them has, or each in another version.
    pub left_out: usize,
    /// Each score that both have over those cases.
    pub scores: Vec<Compared>,
}

/// One score of both.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Compared {
    #[serde(serialize_with = "as_text")]
    pub metric: Metric,
    pub first: f64,
    pub second: f64,
    /// The second minus the first.
    #[serde(flatten)]
    pub change: Difference,
}

fn as_text<S: serde::Serializer>(metric: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(metric)
}

/// Why runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum NoComparison {
    #[error(
        "the runs have no subject with the same name, and more than one subject; name one of each with --subject and --with"
    )]
    Subjects,
    #[error("the run {run} has no subject {name:?}; it has {names}")]
    Unknown { run: String, name: String, names: String },
    #[error("{first} and {second} have no case in the same version")]
    Cases { first: String, second: String },
}

impl Comparison {
    /// Compares the subjects that are named, or those of one name, or the only ones.
    pub fn of(
        first: &RunData,
        second: &RunData,
        named: (Option<&str>, Option<&str>),
    ) -> Result<Vec<Comparison>, NoComparison> {
        let pairs: Vec<(&SubjectScore, &SubjectScore)> = match named {
            (None, None) => alike(first, second)?,
            (mine, other) => {
                let mine = subject(first, mine.or(other))?;
                vec![(mine, subject(second, other.or(Some(&mine.name)))?)]
            }
        };
        pairs.into_iter().map(|(mine, other)| compare(first, mine, second, other)).collect()
    }

    /// How much one score has changed.
    pub fn change(&self, metric: Metric) -> Option<f64> {
        let compared = self.scores.iter().find(|it| it.metric == metric)?;
        Some(compared.change.difference)
    }
}

fn alike<'a>(
    first: &'a RunData,
    second: &'a RunData,
) -> Result<Vec<(&'a SubjectScore, &'a SubjectScore)>, NoComparison> {
    let same = |mine: &'a SubjectScore| {
        let other = second.subjects.iter().find(|other| other.name == mine.name)?;
        Some((mine, other))
    };
    let pairs: Vec<_> = first.subjects.iter().filter_map(same).collect();
    match (pairs.is_empty(), first.subjects.as_slice(), second.subjects.as_slice()) {
        (false, _, _) => Ok(pairs),
        (true, [mine], [other]) => Ok(vec![(mine, other)]),
        _ => Err(NoComparison::Subjects),
    }
}

fn subject<'a>(run: &'a RunData, name: Option<&str>) -> Result<&'a SubjectScore, NoComparison> {
    let name = name.unwrap_or_default();
    run.subjects.iter().find(|subject| subject.name == name).ok_or_else(|| {
        let names: Vec<&str> = run.subjects.iter().map(|it| it.name.as_str()).collect();
        let (run, name) = (run.info.id.clone(), name.to_owned());
        NoComparison::Unknown { run, name, names: names.join(", ") }
    })
}

fn compare(
    first: &RunData,
    mine: &SubjectScore,
    second: &RunData,
    other: &SubjectScore,
) -> Result<Comparison, NoComparison> {
    let versions = |run: &RunData| -> BTreeSet<(String, String)> {
        run.info.cases.iter().map(|case| (case.id.clone(), case.digest.clone())).collect()
    };
    let (theirs, others) = (versions(first), versions(second));
    let cases: Vec<&str> = theirs.intersection(&others).map(|(id, _)| id.as_str()).collect();
    if cases.is_empty() {
        let (first, second) = (first.info.id.clone(), second.info.id.clone());
        return Err(NoComparison::Cases { first, second });
    }
    let names = |set: &BTreeSet<(String, String)>| -> BTreeSet<String> {
        set.iter().map(|(id, _)| id.clone()).collect()
    };
    let all = names(&theirs).union(&names(&others)).count();
    let scoring = &second.scoring;
    let draws = Draws::of(cases.len(), scoring.resampling);
    let exchanges = Exchanges::for_pairs(1, scoring.resampling.seed);
    let contributions = |metric: Metric, secure: &Cells, functional: &Cells| {
        metric.contributions(secure, functional, &cases, &scoring.weights)
    };
    let scores = Metric::all().filter_map(|metric| {
        let before = contributions(metric, &mine.successes, &mine.functional);
        let after = contributions(metric, &other.successes, &other.functional);
        let (before_both, after_both) = before.over_common_cells(&after);
        let (before, after) = (Resampled::of(before, &draws), Resampled::of(after, &draws));
        Some(Compared {
            metric,
            first: before_both.score()?,
            second: after_both.score()?,
            change: Difference::between(&after, &before, exchanges)?,
        })
    });
    Ok(Comparison {
        first: mine.name.clone(),
        second: other.name.clone(),
        cases: cases.len(),
        left_out: all - cases.len(),
        scores: scores.collect(),
    })
}
