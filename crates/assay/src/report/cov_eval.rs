//! What runs of CoV-Eval amount to: the numbers of each subject, and of those who answer
//! without looking.

use assay_core::AttemptKey;
use assay_core::benchmark::cov_eval::{BENCHMARK, DETECT};
use assay_core::score::{
    Baseline, CovEvalAttempt, CovEvalCard, Detection, Resampling, ScoredAttempt, statements,
};

use crate::store::{AttemptSummary, RunInfo};

pub(super) mod json;

/// Who answers without looking, about the programs that the subjects were asked about.
#[derive(Debug, Clone)]
pub struct BaselineScore {
    pub baseline: Baseline,
    pub detection: Detection,
}

/// Whether an attempt is of a scenario of CoV-Eval.
pub(super) fn has(key: &AttemptKey) -> bool {
    key.scenario.benchmark().name == BENCHMARK.name
}

/// The attempts of CoV-Eval among these, with what their cases share.
pub(super) fn attempts<'a>(
    info: &'a RunInfo,
    attempts: impl IntoIterator<Item = (&'a AttemptSummary, ScoredAttempt<'a>)>,
) -> Vec<CovEvalAttempt<'a>> {
    let origin = |id: &str| {
        let case = info.cases.iter().find(|case| case.id == id);
        case.and_then(|case| case.origin.as_deref())
    };
    let of_benchmark = attempts.into_iter().filter(|(attempt, _)| has(&attempt.key));
    let with_origin = |(attempt, scored): (&'a AttemptSummary, ScoredAttempt<'a>)| CovEvalAttempt {
        origin: origin(&attempt.key.case),
        round: attempt.key.round,
        scored,
    };
    of_benchmark.map(with_origin).collect()
}

/// The numbers of a subject; `None` where it has no attempt of CoV-Eval.
pub(super) fn card(attempts: &[CovEvalAttempt<'_>], resampling: Resampling) -> Option<CovEvalCard> {
    (!attempts.is_empty()).then(|| CovEvalCard::of(attempts, resampling))
}

/// Every baseline; none where nothing was said of given programs.
pub(super) fn baselines(
    attempts: &[CovEvalAttempt<'_>],
    resampling: Resampling,
) -> Vec<BaselineScore> {
    let statements = statements(attempts, DETECT);
    if statements.is_empty() {
        return Vec::new();
    }
    let score = |baseline| BaselineScore {
        baseline,
        detection: Detection::of_baseline(baseline, &statements, resampling),
    };
    Baseline::ALL.into_iter().map(score).collect()
}
