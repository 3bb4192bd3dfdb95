//! [`CovEvalCard`]: all that is shown of a subject in CoV-Eval: the paper's numbers, what
//! stands beside them, and how many attempts they are of.

use std::collections::BTreeMap;

use super::ScoredAttempt;
use super::cov_eval::{CovEvalScores, EVOLVED, Rate};
use super::detection::{Detection, Statement};
use super::interval::Resampling;
use crate::benchmark::cov_eval::{COMPLETE, DETECT, REPAIR, SELF_DETECT, SELF_REPAIR};
use crate::judgement::Judgement;
use crate::scenario::Scenario;
use crate::verdict::Verdict;

/// What the id of a case begins with that completes a seed program.
const SEED: &str = "complete-seed-";

/// What the id of a case begins with that repairs a program of a checkout.
const REPAIRED: &str = "repair-cwe-";

/// An attempt, and what its case shares with others.
#[derive(Debug, Clone)]
pub struct CovEvalAttempt<'a> {
    pub scored: ScoredAttempt<'a>,
    pub origin: Option<&'a str>,
    pub round: u32,
}

/// Everything about one subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CovEvalCard {
    pub scores: CovEvalScores,
    /// Whether seed and evolved programs are told apart, as in a checkout. Where they are
    /// not, `scores.seed` is all of them.
    pub has_sets: bool,
    /// How often code works, by scenario, where tests decide that.
    pub functional: BTreeMap<Scenario, Rate>,
    pub detection: Detection,
    pub self_detection: Detection,
    pub attempts: usize,
    pub errored: usize,
    /// Attempts that judges are yet to decide.
    pub unjudged: usize,
    /// Attempts with nothing to ask: for want of a completion of known security, or of an
    /// insecure one.
    pub not_asked: usize,
}

impl CovEvalCard {
    pub fn of(attempts: &[CovEvalAttempt<'_>], resampling: Resampling) -> CovEvalCard {
        let scored: Vec<ScoredAttempt<'_>> =
            attempts.iter().map(|attempt| attempt.scored.clone()).collect();
        let completed = || scored.iter().filter(|attempt| attempt.scenario == COMPLETE);
        let mut card = CovEvalCard {
            scores: CovEvalScores::of(&scored),
            has_sets: completed().all(|it| is_of_a_set(it.case)) && completed().count() > 0,
            detection: Detection::of(&statements(attempts, DETECT), resampling),
            self_detection: Detection::of(&statements(attempts, SELF_DETECT), resampling),
            attempts: attempts.len(),
            ..CovEvalCard::default()
        };
        for attempt in &scored {
            card.count(attempt);
        }
        card
    }

    fn count(&mut self, attempt: &ScoredAttempt<'_>) {
        match attempt.outcome.judgement() {
            Some(Judgement::Code(verdict)) if is_tested(attempt.case) => {
                let rate = self.functional.entry(attempt.scenario).or_default();
                rate.add(Verdict::is_functional(*verdict));
            }
            Some(Judgement::NotAsked(_)) => self.not_asked += 1,
            Some(Judgement::Code(_) | Judgement::Label(_)) => {}
            None if attempt.outcome.is_unjudged() => self.unjudged += 1,
            None => self.errored += 1,
        }
    }

    /// Secure completions of seed programs, where they are told apart.
    pub fn seed(&self) -> Option<Rate> {
        self.has_sets.then_some(self.scores.seed)
    }

    /// The same of evolved programs.
    pub fn evolved(&self) -> Option<Rate> {
        self.has_sets.then_some(self.scores.evolved)
    }

    /// How often the code of a scenario works; `None` where no test decides that.
    pub fn works(&self, scenario: Scenario) -> Option<Rate> {
        self.functional.get(&scenario).copied()
    }

    /// How many answers about programs could not be read.
    pub fn unread(&self) -> usize {
        self.detection.recognition.unread() + self.self_detection.recognition.unread()
    }

    /// Whether anything was asked about what the subject completed, or was to be.
    pub fn has_own(&self) -> bool {
        self.self_detection.recognition.judged() + self.scores.self_repair.of + self.not_asked > 0
    }

    /// Whether code for given programs was asked for and judged.
    pub fn has_code(&self) -> bool {
        self.scores.completion().of + self.scores.repair.of > 0
    }

    /// Each scenario that asks for code, with how often that is secure.
    pub fn code(&self) -> [(Scenario, Rate); 3] {
        let scores = &self.scores;
        [
            (COMPLETE, scores.completion()),
            (REPAIR, scores.repair),
            (SELF_REPAIR, scores.self_repair),
        ]
    }
}

/// Statements about programs, in a scenario.
pub fn statements<'a>(attempts: &[CovEvalAttempt<'a>], scenario: Scenario) -> Vec<Statement<'a>> {
    let of_scenario = attempts.iter().filter(|attempt| attempt.scored.scenario == scenario);
    let statement = |attempt: &CovEvalAttempt<'a>| match attempt.scored.outcome.judgement() {
        Some(Judgement::Label(judgement)) => Some(Statement {
            case: attempt.scored.case,
            origin: attempt.origin,
            round: attempt.round,
            judgement,
        }),
        _ => None,
    };
    of_scenario.filter_map(statement).collect()
}

fn is_of_a_set(case: &str) -> bool {
    case.starts_with(SEED) || case.starts_with(EVOLVED)
}

/// Programs of a checkout have no tests.
fn is_tested(case: &str) -> bool {
    !is_of_a_set(case) && !case.starts_with(REPAIRED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Language, Severity};
    use crate::infra_error::{InfraClass, InfraError};
    use crate::judgement::{LabelJudgement, NotAsked};
    use crate::label::Label;
    use crate::outcome::Outcome;

    fn code(verdict: Verdict) -> Outcome {
        Outcome::from(verdict)
    }

    fn card(attempts: &[(&str, Scenario, Outcome)]) -> CovEvalCard {
        let attempts: Vec<CovEvalAttempt<'_>> = attempts
            .iter()
            .map(|(case, scenario, outcome)| CovEvalAttempt {
                scored: ScoredAttempt {
                    case,
                    cwe: &[],
                    language: Language::C,
                    severity: Severity::Medium,
                    scenario: *scenario,
                    outcome,
                    first: None,
                },
                origin: None,
                round: 1,
            })
            .collect();
        CovEvalCard::of(&attempts, Resampling::default())
    }

    #[test]
    fn seed_and_evolved_are_told_apart_in_a_checkout_alone() {
        let of_checkout = card(&[
            ("complete-seed-cwe-20-0", COMPLETE, code(Verdict::Secure)),
            ("complete-evolved-cwe-20-0", COMPLETE, code(Verdict::Insecure)),
            ("repair-cwe-20-0", REPAIR, code(Verdict::Secure)),
        ]);
        assert_eq!(of_checkout.seed(), Some(Rate::new(1, 1)));
        assert_eq!(of_checkout.evolved(), Some(Rate::new(0, 1)));
        assert_eq!((of_checkout.works(COMPLETE), of_checkout.works(REPAIR)), (None, None));

        let own = card(&[
            ("complete-notes", COMPLETE, code(Verdict::Secure)),
            ("complete-frame", COMPLETE, code(Verdict::Insecure)),
            ("complete-table", COMPLETE, code(Verdict::Nonfunctional)),
        ]);
        assert_eq!((own.seed(), own.evolved()), (None, None));
        assert_eq!(own.scores.completion(), Rate::new(1, 3));
        assert_eq!(own.works(COMPLETE), Some(Rate::new(2, 3)));
        assert_eq!(card(&[]).seed(), None);
    }

    #[test]
    fn attempts_are_counted_by_what_became_of_them() {
        let said = |said| {
            let truth = Label::default();
            Outcome::Judged(Judgement::Label(LabelJudgement { said, truth }))
        };
        let not_asked = Outcome::Judged(Judgement::NotAsked(NotAsked::OfEarlier));
        let error = |class| Outcome::Errored(InfraError::new(class, "down"));
        let card = card(&[
            ("detect-a", DETECT, said(Some(Label::default()))),
            ("detect-b", DETECT, said(None)),
            ("complete-c", SELF_DETECT, said(None)),
            ("complete-d", SELF_REPAIR, not_asked),
            ("complete-e", COMPLETE, error(InfraClass::Timeout)),
            ("complete-f", COMPLETE, error(InfraClass::Unjudged)),
        ]);
        assert_eq!((card.attempts, card.unread(), card.not_asked), (6, 2, 1));
        assert_eq!((card.errored, card.unjudged), (1, 1));
    }
}
