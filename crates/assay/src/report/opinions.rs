//! What those say who were asked beside whoever decides about security, held against the
//! verdicts.

use std::collections::BTreeMap;

use assay_core::assessment::Assessment;
use assay_core::evidence::{Decided, Opinion, Said};
use assay_core::score::{EvaluatorScore, Resampling};
use assay_core::{AttemptKey, Deciders, Evidence, Label, TokenUsage, Verdict};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::quantity::{count, percent};
use crate::store::{RunInfo, Store, StoreError};

/// What somebody says of a subject's code who was asked beside.
#[derive(Debug, Clone)]
pub struct BesideScore {
    pub subject: String,
    pub evaluator: String,
    /// Held against the verdicts as if they were the truth.
    pub score: EvaluatorScore,
}

/// The heads of the columns that [`cells`] fills.
pub(crate) const HEADS: [&str; 9] = [
    "evaluator",
    "artifacts",
    "unknown",
    "says secure",
    "decided secure",
    "Diff.",
    "consistency",
    "balanced",
    "MCC",
];

/// In order of subject and evaluator; none where the run says that nobody was asked beside.
pub(super) fn scores(
    store: &Store,
    info: &RunInfo,
    resampling: Resampling,
) -> Result<Vec<BesideScore>, StoreError> {
    let asked = Deciders::deserialize(&info.settings).is_ok_and(|it| !it.is_default());
    if !asked {
        return Ok(Vec::new());
    }
    let mut by: BTreeMap<(String, String), Vec<Assessment>> = BTreeMap::new();
    for (key, evidence) in store.last_evidence()? {
        for assessment in assessments(info, &key, &evidence) {
            let place = (key.subject.clone(), assessment.evaluator.clone());
            by.entry(place).or_default().push(assessment);
        }
    }
    let score = |((subject, evaluator), assessments): (_, Vec<Assessment>)| BesideScore {
        subject,
        evaluator,
        score: EvaluatorScore::of(&assessments, resampling),
    };
    Ok(by.into_iter().map(score).collect())
}

/// What was said beside of an artifact that has a verdict on its security.
fn assessments(info: &RunInfo, key: &AttemptKey, evidence: &Evidence) -> Vec<Assessment> {
    let truth = match evidence.verdict() {
        Some(Verdict::Secure) => false,
        Some(Verdict::Insecure) => true,
        _ => return Vec::new(),
    };
    let Some(case) = super::case(info, &key.case) else { return Vec::new() };
    let label = |vulnerable| Label {
        vulnerable,
        cwe: if vulnerable { case.cwe.clone() } else { Vec::new() },
        ..Label::default()
    };
    let assessment = |opinion: &Opinion| Assessment {
        evaluator: opinion.evaluator.clone(),
        program: key.to_string(),
        group: key.case.clone(),
        language: case.language,
        about: case.cwe.first().cloned(),
        truth: label(truth),
        said: opinion.is_secure().map(|is_secure| label(!is_secure)),
        score: None,
        why: opinion.reason().unwrap_or_default(),
        wall_ms: wall_ms(opinion),
        cost: opinion.ballot().and_then(|ballot| {
            let usage = |sum: TokenUsage, vote: &assay_core::Vote| {
                let mut sum = sum;
                sum += vote.usage;
                sum
            };
            ballot.votes().iter().fold(TokenUsage::default(), usage).cost
        }),
    };
    evidence.opinions().iter().map(assessment).collect()
}

fn wall_ms(opinion: &Opinion) -> u64 {
    match &opinion.said {
        Said::Decided(Decided::Suite(suite)) => suite.usage.wall_ms,
        Said::Decided(Decided::Analyser(analyser)) => analyser.analysis.wall_ms,
        _ => 0,
    }
}

/// The cells of a row, without the subject.
pub(crate) fn cells(beside: &BesideScore) -> [String; 9] {
    let score = &beside.score;
    let known = score.programs - score.unknown;
    let confusion = score.confusion;
    let says = confusion.vulnerable_said_secure + confusion.secure_said_secure;
    let secure = confusion.secure_said_secure + confusion.secure_said_vulnerable;
    let none = || "–".to_owned();
    [
        beside.evaluator.clone(),
        count(score.programs),
        count(score.unknown),
        percent(share(says, known)),
        percent(share(secure, known)),
        score.difference.map_or_else(none, |points| format!("{:+.2}", points * 100.0)),
        percent(score.consistency),
        percent(score.balanced_accuracy),
        score.mcc.map_or_else(none, |mcc| format!("{mcc:.2}")),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "artifacts are few")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The scores for programs.
pub(super) fn json(beside: &[BesideScore]) -> Vec<Value> {
    let one = |it: &BesideScore| json!({ "subject": it.subject, "evaluator": it.evaluator, "score": it.score });
    beside.iter().map(one).collect()
}
