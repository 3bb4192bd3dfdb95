//! Two subjects side by side, of two runs or of one: how each score differs, over what the two are
//! paired, what else differs between them, and which differences so many cases and rounds show.

mod effort;
mod pairing;
mod pairs;
mod power;
mod variation;

use std::collections::BTreeSet;

use assay_core::score::{
    Cells, Difference, Drawn, Exchanges, Metric, Quotient, Scoring, Spread, holm,
};
use serde::Serialize;

use super::differing::{Differing, differing};
use super::{RunData, SubjectScore};

pub use effort::Effort;
pub use pairing::{Pairing, Side};
pub use pairs::NoComparison;
pub use power::{Needed, Power, ROUNDS, Wanted};
pub use variation::{NoVariation, Variation};

pub(in crate::report) use pairs::{Pair, of_one_model};
pub(in crate::report) use power::cases;

/// A subject, and another that is held against it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    pub first: String,
    pub second: String,
    /// Cases that both runs have in the same version.
    pub cases: usize,
    /// Cases that only one of them has, or each in another version.
    pub left_out: usize,
    /// Which attempts are held against each other.
    pub pairing: Pairing,
    /// What else differs between the two.
    pub differing: Vec<Differing>,
    /// Why a reader should doubt the scores, a sentence each.
    pub warnings: Vec<String>,
    /// Each score that both have over those cases.
    pub scores: Vec<Compared>,
    /// What each took.
    pub effort: [Effort; 2],
    /// How many cases and rounds show a difference of the overall and of the functional score.
    pub power: Vec<Power>,
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
    /// The p-value adjusted for the number of pairs that are compared (Holm).
    pub adjusted_p_value: f64,
    /// How the difference varies; `None` of a score that is a quotient, and with one case.
    pub spread: Option<Spread>,
}

fn as_text<S: serde::Serializer>(metric: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(metric)
}

/// What is to be compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// The subject that others are held against.
    pub baseline: Option<&'a str>,
    /// Those others; empty for those that belong to it.
    pub with: &'a [String],
    /// The difference whose need of cases and rounds is told.
    pub wanted: Wanted,
}

impl Comparison {
    /// Compares subjects of the first run with subjects of the second: those that are named, or
    /// those of one name, or the only ones, or those that ask one model.
    pub fn of_two(
        first: &RunData,
        second: &RunData,
        question: &Question<'_>,
    ) -> Result<Vec<Comparison>, NoComparison> {
        Comparison::of_pairs(&pairs::of_two(first, second, question)?, question.wanted)
    }

    /// Compares subjects of one run: those that are named, or those that ask one model.
    pub fn of_one(run: &RunData, question: &Question<'_>) -> Result<Vec<Comparison>, NoComparison> {
        Comparison::of_pairs(&pairs::of_one(run, question)?, question.wanted)
    }

    /// Compares these pairs.
    pub(in crate::report) fn of_pairs(
        pairs: &[Pair<'_>],
        wanted: Wanted,
    ) -> Result<Vec<Comparison>, NoComparison> {
        let compared = pairs.iter().map(|pair| compare(pair, pairs.len(), wanted));
        let mut comparisons = compared.collect::<Result<Vec<_>, _>>()?;
        adjust(&mut comparisons);
        Ok(comparisons)
    }

    /// How much one score has changed.
    pub fn change(&self, metric: Metric) -> Option<f64> {
        Some(self.score(metric)?.change.difference)
    }

    pub fn score(&self, metric: Metric) -> Option<&Compared> {
        self.scores.iter().find(|it| it.metric == metric)
    }

    /// Both names, or the one that both have.
    pub fn names(&self) -> String {
        match self.first == self.second {
            true => self.first.clone(),
            false => format!("{} against {}", self.second, self.first),
        }
    }
}

/// Adjusts the p-values of each score for the number of pairs that have it.
fn adjust(comparisons: &mut [Comparison]) {
    for metric in Metric::all() {
        let found = comparisons
            .iter_mut()
            .filter_map(|comparison| comparison.scores.iter_mut().find(|it| it.metric == metric));
        let mut of_metric: Vec<&mut Compared> = found.collect();
        let p_values: Vec<f64> = of_metric.iter().map(|it| it.change.p_value).collect();
        for (compared, adjusted) in of_metric.iter_mut().zip(holm(&p_values)) {
            compared.adjusted_p_value = adjusted;
        }
    }
}

fn compare(pair: &Pair<'_>, pairs: usize, wanted: Wanted) -> Result<Comparison, NoComparison> {
    let Pair { first: (first, mine), second: (second, other) } = *pair;
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
    let over = Over {
        cases: &cases,
        scoring: &second.scoring,
        exchanges: Exchanges::for_pairs(pairs, second.scoring.resampling.seed),
    };
    let is_asked =
        |metric: &Metric| *metric != Metric::SecureIfFunctional || second.asks_for_security();
    let scores: Vec<Compared> = Metric::all()
        .filter(is_asked)
        .filter_map(|metric| over.compared(metric, mine, other))
        .collect();
    let pairing = Pairing::of(pair, &cases);
    Ok(Comparison {
        first: mine.name.clone(),
        second: other.name.clone(),
        cases: cases.len(),
        left_out: all - cases.len(),
        differing: differing((&first.info, &mine.name), (&second.info, &other.name)),
        warnings: warnings(pair),
        power: power::of(&scores, &pairing, wanted),
        pairing,
        scores,
        effort: [Effort::of(first, mine), Effort::of(second, other)],
    })
}

/// Whose scores are not to be believed at once.
fn warnings(pair: &Pair<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (run, subject) in [pair.first, pair.second] {
        if let Some(withheld) = &subject.card.withheld {
            warnings.push(format!(
                "the overall score of {} is withheld elsewhere: {withheld}",
                subject.name
            ));
        }
        if !run.completion().is_finished() {
            warnings.push(format!("the run {} is not finished", run.info.id));
        }
    }
    warnings.dedup();
    warnings
}

/// What scores are computed over.
struct Over<'a> {
    cases: &'a [&'a str],
    scoring: &'a Scoring,
    exchanges: Exchanges,
}

impl Over<'_> {
    fn compared(
        &self,
        metric: Metric,
        mine: &SubjectScore,
        other: &SubjectScore,
    ) -> Option<Compared> {
        let weights = &self.scoring.weights;
        let contributions = |secure: &Cells, functional: &Cells| {
            metric.contributions(secure, functional, self.cases, weights)
        };
        let before = contributions(&mine.successes, &mine.functional);
        let after = contributions(&other.successes, &other.functional);
        if metric == Metric::SecureIfFunctional {
            let whole = |works: &Cells| works.contributions(self.cases, weights, 1);
            let before = Quotient { part: before, whole: whole(&mine.functional) };
            let after = Quotient { part: after, whole: whole(&other.functional) };
            let change = Difference::of_quotients(&after, &before, self.exchanges)?;
            let (before, after) = before.over_common_cells(&after);
            return compared(metric, &before, &after, change, None);
        }
        let (before_both, after_both) = before.over_common_cells(&after);
        let spread = Spread::between(&after, &before);
        let change = Difference::between(&after, &before, self.exchanges)?;
        compared(metric, &before_both, &after_both, change, spread)
    }
}

/// `first` and `second` are over the same cells.
fn compared(
    metric: Metric,
    first: &impl Drawn,
    second: &impl Drawn,
    change: Difference,
    spread: Option<Spread>,
) -> Option<Compared> {
    Some(Compared {
        metric,
        first: first.score()?,
        second: second.score()?,
        change,
        adjusted_p_value: change.p_value,
        spread,
    })
}
