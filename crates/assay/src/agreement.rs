//! Agreement between a run's verdicts and outcomes recorded elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::execution::Ending;
use assay_core::suite::Conclusion;
use assay_core::{AttemptKey, Evidence, Language, Phase, Scenario, Verdict};
use serde::{Deserialize, Serialize};

use crate::json_lines;
use crate::store::Store;

/// Outcomes recorded elsewhere, by attempt; the subject is the model, or empty.
#[derive(Debug)]
pub struct Recorded(BTreeMap<AttemptKey, Expected>);

/// What was recorded of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expected {
    functional: bool,
    security: bool,
}

/// A line of the file; more may be on it.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    model: Option<String>,
    case: String,
    scenario: Scenario,
    round: json_lines::Number,
    functional: json_lines::Truth,
    security: json_lines::Truth,
}

impl Recorded {
    pub fn read(path: &Path) -> anyhow::Result<Recorded> {
        let mut recorded = BTreeMap::new();
        for line in json_lines::read::<Line>(path)? {
            let (number, line) = line?;
            let key = AttemptKey {
                subject: line.model.unwrap_or_default(),
                case: line.case,
                scenario: line.scenario,
                round: line.round.0,
            };
            let expected = Expected { functional: line.functional.0, security: line.security.0 };
            if recorded.insert(key, expected).is_some_and(|known| known != expected) {
                bail!(
                    "{}:{number}: contradicts an earlier line about the same attempt",
                    path.display()
                );
            }
        }
        Ok(Recorded(recorded))
    }

    /// The record of an attempt: of its subject as model, or of no model.
    fn of(&self, key: &AttemptKey) -> Option<Expected> {
        let without_model = || AttemptKey { subject: String::new(), ..key.clone() };
        self.0.get(key).or_else(|| self.0.get(&without_model())).copied()
    }
}

/// A way in which verdicts here are other than recorded ones on purpose, documented in
/// docs/sec-code-bench.md.
#[derive(Debug)]
pub struct Difference {
    pub id: &'static str,
    /// What it is, in a sentence's beginning.
    pub what: &'static str,
    /// The language of the cases that it is about.
    language: Language,
    /// The ids of the cases; all cases of the language if the list is empty.
    cases: &'static [&'static str],
    /// Whether an attempt of such a case falls under it, by what was recorded of it and
    /// what was observed here.
    applies: fn(Expected, &Evidence) -> bool,
}

/// All documented differences.
pub const DIFFERENCES: [Difference; 2] = [
    Difference {
        id: "go-hang-under-attack",
        what: "hangs under attack, so the official verifier wrote no report",
        language: Language::Go,
        cases: &[],
        applies: hangs_under_attack,
    },
    Difference {
        id: "java-attack-without-server",
        what: "reads from a server that is not there in the official container, so the attack failed",
        language: Language::Java,
        cases: &[
            "XXEDocumentBuilder",
            "XXESAXParser",
            "XXESAXReader",
            "XXETransformerFactory",
            "XXEValidator",
        ],
        applies: fails_only_here,
    },
];

/// The record says that it is secure, and its security suite fails here.
fn fails_only_here(recorded: Expected, evidence: &Evidence) -> bool {
    recorded.functional
        && recorded.security
        && evidence
            .suite(Phase::Security)
            .is_some_and(|suite| suite.conclusion == Conclusion::Failed)
}

/// The functional suite passed, the security suite ran out of time, and the record says
/// that not even the first did.
fn hangs_under_attack(recorded: Expected, evidence: &Evidence) -> bool {
    !recorded.functional
        && evidence.suite(Phase::Security).is_some_and(|suite| {
            matches!(suite.conclusion, Conclusion::Ended(Ending::WallTimeout | Ending::CpuTimeout))
        })
}

/// The documented difference that an attempt falls under.
fn explanation(
    case: &str,
    language: Language,
    recorded: Expected,
    evidence: &Evidence,
) -> Option<&'static Difference> {
    DIFFERENCES
        .iter()
        .filter(|known| known.language == language)
        .filter(|known| known.cases.is_empty() || known.cases.contains(&case))
        .find(|known| (known.applies)(recorded, evidence))
}

/// How many verdicts were compared and how many agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub agreed: usize,
    pub compared: usize,
}

impl Tally {
    fn add(&mut self, agrees: bool) {
        self.compared += 1;
        self.agreed += usize::from(agrees);
    }

    /// Agreed among compared, in [0, 1].
    #[expect(clippy::cast_precision_loss, reason = "counts of attempts")]
    pub fn rate(&self) -> Option<f64> {
        (self.compared > 0).then(|| self.agreed as f64 / self.compared as f64)
    }

    pub fn percent(&self) -> String {
        self.rate().map_or("–".to_owned(), |rate| format!("{:.2} %", rate * 100.0))
    }
}

/// How a run's verdicts compare with recorded outcomes. A verdict agrees if it
/// says the same of the functional suite and, where that passed, of security.
#[derive(Debug, Default)]
pub struct Agreement {
    pub total: Tally,
    pub languages: BTreeMap<Language, Tally>,
    pub cases: BTreeMap<String, Tally>,
    pub disagreements: Vec<Disagreement>,
    /// How many of the disagreements fall under each documented difference, by its id.
    pub explained: BTreeMap<&'static str, usize>,
    /// Attempts without a verdict.
    pub errored: usize,
    /// Judged attempts without a record.
    pub unmatched: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Disagreement {
    pub attempt: String,
    pub recorded: &'static str,
    pub verdict: Verdict,
    pub first_failure: Option<String>,
    /// The id of the documented difference that it falls under.
    pub explained_by: Option<&'static str>,
}

impl Agreement {
    pub fn of(store: &Store, recorded: &Recorded) -> anyhow::Result<Agreement> {
        let info = store.info()?;
        let languages: BTreeMap<&str, Language> =
            info.cases.iter().map(|case| (case.id.as_str(), case.language)).collect();
        let mut agreement = Agreement::default();
        for attempt in store.attempts()? {
            let Some(verdict) = attempt.outcome.verdict() else {
                agreement.errored += 1;
                continue;
            };
            let Some(expected) = recorded.of(&attempt.key) else {
                agreement.unmatched += 1;
                continue;
            };
            let language =
                languages.get(attempt.key.case.as_str()).context("a case is not in the run")?;
            let agrees = expected.functional == verdict.is_functional()
                && (!expected.functional
                    || verdict == Verdict::Works
                    || expected.security == verdict.is_secure());
            agreement.total.add(agrees);
            agreement.languages.entry(*language).or_default().add(agrees);
            agreement.cases.entry(attempt.key.case.clone()).or_default().add(agrees);
            if !agrees {
                let record = store.attempt(&attempt)?;
                let explained_by = record
                    .turns
                    .last()
                    .and_then(|turn| {
                        explanation(&attempt.key.case, *language, expected, &turn.evidence)
                    })
                    .map(|difference| difference.id);
                if let Some(id) = explained_by {
                    *agreement.explained.entry(id).or_default() += 1;
                }
                agreement.disagreements.push(Disagreement {
                    attempt: attempt.key.to_string(),
                    recorded: match expected {
                        Expected { functional: false, .. } => "not functional",
                        Expected { security: false, .. } => "insecure",
                        Expected { .. } => "secure",
                    },
                    verdict,
                    first_failure: attempt.first_failure,
                    explained_by,
                });
            }
        }
        Ok(agreement)
    }
}
