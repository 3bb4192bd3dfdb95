//! [`Variation`]: how the difference of two subjects varies, in a run or as is usual.

use assay_core::score::{Metric, Spread};

use super::pairs::{self, NoComparison, Pair};
use super::{Pairing, Question, Wanted};
use crate::report::quantity::counted;
use crate::report::{RunData, SubjectScore};

/// How a difference varies, and where that is from.
#[derive(Debug, Clone, PartialEq)]
pub struct Variation {
    pub spread: Spread,
    /// In words that continue "as they vary".
    pub source: String,
    /// The cases that it is from; `None` where it is from no run.
    pub cases: Option<usize>,
    /// How many scenarios a case is asked in, on average.
    pub tasks: f64,
}

/// Why a run does not say how differences vary.
#[derive(Debug, thiserror::Error)]
pub enum NoVariation {
    #[error(transparent)]
    Comparison(#[from] NoComparison),
    #[error("no two subjects of the run {run} have two cases with the score {metric} in common")]
    Score { run: String, metric: Metric },
}

impl Variation {
    /// As is usual between two models whose scores lie around `rate`, in (0, 1).
    pub fn usual(rate: f64) -> Variation {
        let percent = format!("{:.1}", rate * 100.0);
        Variation {
            spread: Spread::usual(rate),
            source: format!(
                "in the published results of SecCodeBench-V2 at scores around {} %",
                percent.trim_end_matches(".0")
            ),
            cases: None,
            tasks: 4.0,
        }
    }

    /// The mean over the pairs that are named, or that belong together, or all pairs of a run.
    pub fn of_run(
        run: &RunData,
        baseline: Option<&str>,
        with: &[String],
        metric: Metric,
    ) -> Result<Variation, NoVariation> {
        let question = Question { baseline, with, wanted: Wanted::default() };
        let pairs = match pairs::of_one(run, &question) {
            Err(NoComparison::NoBaseline { .. }) if with.is_empty() => all(run),
            pairs => pairs?,
        };
        let spreads: Vec<(Spread, f64)> =
            pairs.iter().filter_map(|pair| spread(pair, metric)).collect();
        let found: Vec<Spread> = spreads.iter().map(|(spread, _)| *spread).collect();
        let missing = || NoVariation::Score { run: run.info.id.clone(), metric };
        let mean = Spread::mean(&found).ok_or_else(missing)?;
        let source = match pairs.as_slice() {
            [pair] => format!(
                "in the run {} between {} and {}",
                run.info.id, pair.first.1.name, pair.second.1.name
            ),
            pairs => format!(
                "in the run {}, on average of {}",
                run.info.id,
                counted(pairs.len(), "pair")
            ),
        };
        #[expect(clippy::cast_precision_loss, reason = "pairs are few")]
        let tasks = spreads.iter().map(|(_, tasks)| tasks).sum::<f64>() / spreads.len() as f64;
        Ok(Variation { spread: mean, source, cases: Some(mean.cases), tasks })
    }
}

fn all(run: &RunData) -> Vec<Pair<'_>> {
    let pair = |mine, other| Pair { first: (run, mine), second: (run, other) };
    let subjects: &[SubjectScore] = &run.subjects;
    let pairs = subjects
        .iter()
        .enumerate()
        .flat_map(|(place, mine)| subjects[place + 1..].iter().map(move |other| pair(mine, other)));
    pairs.collect()
}

/// How a pair varies, and how many tasks a case of both has.
fn spread(pair: &Pair<'_>, metric: Metric) -> Option<(Spread, f64)> {
    let (run, mine) = pair.first;
    let cases: Vec<&str> = run.info.cases.iter().map(|case| case.id.as_str()).collect();
    let contributions = |subject: &SubjectScore| {
        metric.contributions(&subject.successes, &subject.functional, &cases, &run.scoring.weights)
    };
    let spread = Spread::between(&contributions(pair.second.1), &contributions(mine))?;
    let tasks = Pairing::of(pair, &cases);
    #[expect(clippy::cast_precision_loss, reason = "tasks are few")]
    let each = tasks.tasks as f64 / tasks.cases.max(1) as f64;
    Some((spread, each))
}
