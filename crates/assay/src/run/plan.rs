//! Which attempts a run consists of.

use std::sync::Arc;

use anyhow::bail;
use assay_core::record::CaseSummary;
use assay_core::{AttemptKey, Case, Corpus, Scenario};

use crate::config::RunSettings;
use crate::subject::Subject;

/// The attempts of a run, subject by subject.
#[derive(Debug)]
pub struct Plan {
    pub subjects: Vec<Arc<Subject>>,
    pub cases: Vec<Arc<Case>>,
    /// In the order in which they are started.
    pub attempts: Vec<PlannedAttempt>,
}

/// One attempt to come, with the places of its subject and case in the plan.
#[derive(Debug, Clone)]
pub struct PlannedAttempt {
    pub key: AttemptKey,
    pub subject: usize,
    pub case: usize,
}

impl Plan {
    pub fn new(
        corpus: &Corpus,
        subjects: Vec<Subject>,
        settings: &RunSettings,
    ) -> anyhow::Result<Plan> {
        if let Some(id) = settings.cases.iter().find(|id| corpus.case(id).is_none()) {
            bail!("the corpus has no case {id:?}; `assay cases` lists those it has");
        }
        let chosen = corpus.cases.iter().filter(|case| {
            (settings.cases.is_empty() || settings.cases.contains(&case.id))
                && (settings.languages.is_empty() || settings.languages.contains(&case.language))
        });
        let mut plan = Plan {
            subjects: subjects.into_iter().map(Arc::new).collect(),
            cases: chosen.cloned().map(Arc::new).collect(),
            attempts: Vec::new(),
        };
        plan.attempts = plan.all_attempts(settings);
        if plan.attempts.is_empty() {
            bail!(
                "the plan has no attempt: the subjects have no answer for any case that is left by the filters"
            );
        }
        Ok(plan)
    }

    /// Rounds come first, so that an interrupted run has the first round of
    /// everything rather than every round of something.
    fn all_attempts(&self, settings: &RunSettings) -> Vec<PlannedAttempt> {
        let mut attempts = Vec::new();
        for (subject_place, subject) in self.subjects.iter().enumerate() {
            // A replay has the rounds of its records, whatever was asked for.
            for round in 1..=subject.rounds().unwrap_or(settings.rounds) {
                for (case_place, case) in self.cases.iter().enumerate() {
                    for scenario in scenarios(case, settings) {
                        if subject.has_attempt(case, scenario, round) {
                            let key = AttemptKey {
                                subject: subject.name().to_owned(),
                                case: case.id.clone(),
                                scenario,
                                round,
                            };
                            attempts.push(PlannedAttempt {
                                key,
                                subject: subject_place,
                                case: case_place,
                            });
                        }
                    }
                }
            }
        }
        attempts
    }

    /// The most questions that subjects can be asked: every attempt may need
    /// all its answers. Built-in subjects need none over the network.
    pub fn most_requests(&self, settings: &RunSettings) -> usize {
        let asked = |attempt: &&PlannedAttempt| self.subjects[attempt.subject].can_repair();
        self.attempts.iter().filter(asked).count() * settings.max_answers as usize
    }

    pub fn case_summaries(&self) -> Vec<CaseSummary> {
        self.cases.iter().map(|case| CaseSummary::from(case.as_ref())).collect()
    }
}

fn scenarios(case: &Case, settings: &RunSettings) -> impl Iterator<Item = Scenario> {
    let wanted = &settings.scenarios;
    Scenario::ALL.into_iter().filter(move |scenario| {
        case.scenarios.contains(scenario) && (wanted.is_empty() || wanted.contains(scenario))
    })
}
