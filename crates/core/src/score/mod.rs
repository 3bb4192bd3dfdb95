//! Scores, computed from finished attempts (paper, section 5), and how sure they are.

pub mod alpha;
mod auc;
mod cells;
mod chance;
mod compare;
mod confusion;
mod contributions;
mod corrected;
mod cov_eval;
mod cov_eval_card;
mod detection;
mod drawn;
mod errors;
mod evaluators;
mod interval;
mod items;
mod leaderboard;
mod measured;
mod metric;
mod other_intervals;
mod panel;
mod quantiles;
mod quotient;
mod recognition;
mod scorecard;
mod spread;
mod twins;
mod variance;
mod weighted_mean;
mod weights;

use std::collections::BTreeMap;

use crate::case::{Language, Severity};
use crate::outcome::Outcome;
use crate::scenario::Scenario;
use crate::verdict::Verdict;

pub use auc::{Auc, Scored};
pub use cells::{Cell, Cells};
pub use chance::Chance;
pub use compare::{Difference, Exchanges, RankRange, holm, rank_ranges};
pub use confusion::Confusion;
pub use contributions::Contributions;
pub use corrected::{Accuracy, Corrected, Trials, corrected};
pub use cov_eval::{CovEvalScores, EVOLVED, Rate, average};
pub use cov_eval_card::{CovEvalAttempt, CovEvalCard, statements};
pub use detection::{Detection, Statement};
pub use drawn::Drawn;
pub use errors::{Bracket, ErrorLimit, ErrorLimitFault, Withheld};
pub use evaluators::{Agreement, EvaluatorScore, Part, agreements};
pub use interval::{Draws, Interval, Resampling, wilson};
pub use items::{Item, Telling, items};
pub use leaderboard::{Entry, Leaderboard, Pair, SIGNIFICANT};
pub use measured::Measured;
pub use metric::{Condition, Metric};
pub use other_intervals::{OtherIntervals, bayesian, bootstrap};
pub use panel::{JudgeScore, PanelScore};
pub use quotient::Quotient;
pub use recognition::{Baseline, Recognition};
pub use scorecard::{Intervals, LanguageScore, RepairGain, Scorecard, Scoring, ScoringRules};
pub use spread::{Aim, Spread};
pub use twins::Twins;
pub use variance::VarianceSplit;
pub use weighted_mean::{WeightedMean, WeightedValue};
pub use weights::Weights;

/// What a score needs to know of one attempt.
#[derive(Debug, Clone)]
pub struct ScoredAttempt<'a> {
    pub case: &'a str,
    pub cwe: &'a [String],
    pub language: Language,
    pub severity: Severity,
    pub scenario: Scenario,
    pub outcome: &'a Outcome,
    /// The verdict on the first answer, before any repair, if it is known.
    pub first: Option<Verdict>,
}

/// How often attempts pass every phase of their task, by case and scenario; if security
/// is asked for, they are secure.
pub fn success_cells(attempts: &[ScoredAttempt<'_>]) -> Cells {
    cells_of(attempts, |attempt| attempt.outcome.verdict().map(Verdict::is_success))
}

/// How often attempts work, by case and scenario.
pub fn functional_cells(attempts: &[ScoredAttempt<'_>]) -> Cells {
    cells_of(attempts, |attempt| attempt.outcome.verdict().map(Verdict::is_functional))
}

/// Successes and judged attempts, by case and scenario. `success` says whether an
/// attempt is one, and nothing of one that does not count.
fn cells_of(
    attempts: &[ScoredAttempt<'_>],
    success: impl Fn(&ScoredAttempt<'_>) -> Option<bool>,
) -> Cells {
    let mut cells: BTreeMap<(&str, Scenario), Cell> = BTreeMap::new();
    for attempt in attempts {
        let Some(is_success) = success(attempt) else { continue };
        let cell = cells.entry((attempt.case, attempt.scenario)).or_insert_with(|| Cell {
            case: attempt.case.to_owned(),
            language: attempt.language,
            severity: attempt.severity,
            scenario: attempt.scenario,
            successes: 0,
            judged: 0,
        });
        cell.judged += 1;
        cell.successes += usize::from(is_success);
    }
    Cells::new(cells.into_values().collect())
}
