//! What runs amount to, for people and for programs. Everything here is read
//! from stored attempts; nothing is run again.

use std::collections::BTreeMap;
use std::path::PathBuf;

use assay_core::record::{CaseSummary, LEFT_OUT_NAMED, LeftOut};
use assay_core::score::{
    Cells, CovEvalAttempt, CovEvalCard, Leaderboard, PanelScore, Scorecard, ScoredAttempt, Scoring,
};
use assay_core::score::{Item, ScoringRules, functional_cells, items, success_cells};

use assay_core::{AttemptEnd, Bill, CitedCertificate, Outcome};

use self::quantity::counted;
use crate::store::{AttemptSummary, PaceSample, Repeats, RunInfo, Spent, Store, StoreError};

pub mod html;
pub mod json;
pub mod terminal;

mod asked;
mod certificate;
mod comparison;
mod cov_eval;
mod differences;
mod differing;
mod identity;
mod name;
mod opinions;
mod panel;
pub(crate) mod quantity;
mod readings;
mod repeats;
mod served;
mod spending;
mod telling;
mod trend;
mod variants;
pub(crate) mod work;

pub use comparison::{
    Compared, Comparison, Effort, Needed, NoComparison, NoVariation, Pairing, Power, Question,
    ROUNDS, Side, Variation, Wanted,
};
pub use cov_eval::BaselineScore;
pub use differences::{SettingDifference, setting_differences};
pub use differing::Differing;
pub use opinions::BesideScore;
pub use readings::Readings;
pub use served::{Server, Serving};
pub use spending::Spending;
pub use trend::{ChangedCase, RunOrder, Trend, TrendPoint, TrendStep};
pub use variants::VariantScore;

/// A run as reports see it: all of its attempts, without their texts.
#[derive(Debug, Clone)]
pub struct RunData {
    /// Where the texts of its attempts are.
    pub file: PathBuf,
    pub info: RunInfo,
    /// In order of subject, case, scenario and round.
    pub attempts: Vec<AttemptSummary>,
    /// Every planned subject, the best overall score first.
    pub subjects: Vec<SubjectScore>,
    /// What is beside them in CoV-Eval: those who say of programs what they say without
    /// looking. Empty in a run that asks nothing about given programs.
    pub baselines: Vec<BaselineScore>,
    /// How judges voted; `None` where they had nothing to decide.
    pub panel: Option<PanelScore>,
    /// What was measured of the judges; `None` where nobody says anything.
    pub certificate: Option<CitedCertificate>,
    /// What each case says of the subjects, in order of ids; empty with one subject.
    pub items: Vec<Item>,
    /// Who else was asked about security, in order of subject and name.
    pub beside: Vec<BesideScore>,
    /// The subjects beside each other; entries and subjects are in the same order.
    pub board: Leaderboard,
    pub scoring: Scoring,
    /// Who answered for each subject and judge, where servers said so.
    pub served: Vec<Serving>,
    /// What agents did for each attempt.
    pub(crate) works: work::Works,
    /// How fast providers were asked, in order of provider and time.
    pub pace: Vec<PaceSample>,
}

/// A subject and its scores.
#[derive(Debug, Clone)]
pub struct SubjectScore {
    pub name: String,
    pub card: Scorecard,
    /// How often it passes all that is asked, and how often it works, by case and scenario.
    pub successes: Cells,
    pub functional: Cells,
    pub spending: Spending,
    /// What it did for its artifacts; `None` if it is no agent, or has no record yet.
    pub(crate) work: Option<work::SubjectWork>,
    /// How many of its attempts ended in each way.
    pub ends: BTreeMap<AttemptEnd, usize>,
    /// How its rounds repeat each other; `None` if they do not, or if that is expected.
    pub repeats: Option<Repeats>,
    /// Its scores under both readings; `None` in a run that did not store how answers were read.
    pub readings: Option<Readings>,
    /// Its numbers in CoV-Eval; `None` where it has no attempt of it.
    pub cov_eval: Option<CovEvalCard>,
}

impl SubjectScore {
    /// What the user should know of its rounds before believing in them.
    fn warning(&self) -> Option<String> {
        Some(format!("{}: {}", self.name, repeats::summary(self)?))
    }

    /// How many attempts stand on an answer after which the context was full; `None` of
    /// none.
    fn context_full(&self) -> Option<String> {
        let number = self.ends.get(&AttemptEnd::ContextFull)?;
        Some(format!(
            "context full: {} ended because the next question did not fit, and judged by the last answer",
            counted(*number, "attempt")
        ))
    }

    /// The score by which it is compared with others. Subjects whose overall score is withheld are
    /// not compared, and come last.
    fn compared(&self) -> Cells {
        match self.card.withheld {
            Some(_) => Cells::default(),
            None => self.successes.clone(),
        }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    pub planned: usize,
    pub judged: usize,
    /// Ended by an infrastructure error, to be tried again.
    pub errored: usize,
    /// To be decided by judges, who are not configured.
    pub unjudged: usize,
}

impl Completion {
    /// How many attempts have come to an end.
    pub fn finished(self) -> usize {
        self.judged + self.errored + self.unjudged
    }

    /// Whether every planned attempt has come to an end.
    pub fn is_finished(self) -> bool {
        self.finished() >= self.planned
    }
}

impl RunData {
    /// Reads a run, perhaps one that is still going on.
    pub fn read(store: &Store, rules: &ScoringRules) -> Result<RunData, StoreError> {
        let info = store.info()?;
        let attempts = store.attempts()?;
        let unknown = attempts.iter().find(|attempt| case(&info, &attempt.key.case).is_none());
        if let Some(attempt) = unknown {
            return Err(StoreError::Corrupt {
                path: store.path().display().to_string(),
                what: "an attempt",
                message: format!("its case {:?} is not in the run's plan", attempt.key.case),
            });
        }
        let money = Money { spent: store.spent()?, paid: store.paid()? };
        let repeats = store.repeats()?;
        let seed = info.settings.get("seed").and_then(serde_json::Value::as_u64);
        let scoring = rules.with_stored(seed);
        let baselines = baselines(&info, &attempts, &scoring);
        let works = work::all(store)?;
        let mut subjects = subject_scores(&info, &attempts, &money, &scoring);
        for subject in &mut subjects {
            let own = attempts.iter().filter(|attempt| attempt.key.subject == subject.name);
            subject.work = work::SubjectWork::of(own, &works);
            subject.repeats =
                repeats::of(&info, &subject.name, repeats.get(&subject.name).copied());
        }
        let board = leaderboard(subjects.iter().map(SubjectScore::compared), &scoring);
        let mut subjects: Vec<Option<SubjectScore>> = subjects.into_iter().map(Some).collect();
        let subjects =
            board.entries.iter().filter_map(|entry| subjects[entry.subject].take()).collect();
        let subjects: Vec<SubjectScore> = subjects;
        let cells: Vec<Cells> = subjects.iter().map(|it| it.successes.clone()).collect();
        let items = items(&cells);
        let panel = PanelScore::of(&store.ballots()?);
        let certificate = certificate::of(&info);
        let beside = opinions::scores(store, &info, scoring.resampling)?;
        let served = Serving::all(&info, &store.served()?);
        let pace = store.pace()?;
        let file = store.path().to_owned();
        Ok(RunData {
            file,
            info,
            attempts,
            subjects,
            baselines,
            panel,
            certificate,
            items,
            beside,
            board,
            scoring,
            served,
            works,
            pace,
        })
    }

    pub fn case(&self, id: &str) -> Option<&CaseSummary> {
        case(&self.info, id)
    }

    /// How many cases were left out for each reason, and the first of them, in a phrase.
    pub fn left_out(&self) -> Vec<String> {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for LeftOut { case, why } in &self.info.left_out {
            reasons.entry(why).or_default().push(case);
        }
        let phrase = |(why, cases): (&str, Vec<&str>)| {
            let named = cases.iter().take(LEFT_OUT_NAMED).copied().collect::<Vec<_>>().join(", ");
            let counted = counted(cases.len(), "case");
            match cases.len().saturating_sub(LEFT_OUT_NAMED) {
                0 => format!("{counted} ({why}): {named}"),
                more => format!(
                    "{counted} ({why}): {named} and {more} more, all in the output of `assay score --format json`"
                ),
            }
        };
        reasons.into_iter().map(phrase).collect()
    }

    /// Warnings for a reader of the scores, a sentence each: which models answered, and rounds that
    /// repeat each other.
    pub fn warnings(&self) -> Vec<String> {
        let served = self.served.iter().flat_map(Serving::warnings);
        served.chain(self.subjects.iter().filter_map(SubjectScore::warning)).collect()
    }

    /// Whether all that was asked is of CoV-Eval.
    pub fn is_of_cov_eval(&self) -> bool {
        let mut attempts = self.attempts.iter().peekable();
        attempts.peek().is_some() && attempts.all(|attempt| cov_eval::has(&attempt.key))
    }

    pub fn completion(&self) -> Completion {
        let judged = self.attempts.iter().filter(|it| it.outcome.judgement().is_some()).count();
        let unjudged = self.attempts.iter().filter(|it| it.outcome.is_unjudged()).count();
        let errored = self.attempts.len() - judged - unjudged;
        Completion { planned: self.info.planned, judged, errored, unjudged }
    }
}

fn case<'a>(info: &'a RunInfo, id: &str) -> Option<&'a CaseSummary> {
    info.cases.iter().find(|case| case.id == id)
}

/// What the replies of a run took.
struct Money {
    spent: Vec<Spent>,
    paid: Vec<(String, Bill)>,
}

fn subject_scores(
    info: &RunInfo,
    attempts: &[AttemptSummary],
    money: &Money,
    scoring: &Scoring,
) -> Vec<SubjectScore> {
    let mut names: Vec<&str> = info.subjects.iter().map(String::as_str).collect();
    names.extend(attempts.iter().map(|attempt| attempt.key.subject.as_str()));
    names.sort_unstable();
    names.dedup();
    let open = open_cases(attempts);
    names
        .into_iter()
        .map(|name| {
            let own = attempts.iter().filter(|attempt| attempt.key.subject == name);
            let own: Vec<(&AttemptSummary, ScoredAttempt<'_>)> =
                own.filter_map(|attempt| Some((attempt, scored(info, attempt, &open)?))).collect();
            let scored: Vec<ScoredAttempt<'_>> = own.iter().map(|(_, it)| it.clone()).collect();
            let of_cov_eval: Vec<CovEvalAttempt<'_>> = cov_eval::attempts(info, own.clone());
            SubjectScore {
                cov_eval: cov_eval::card(&of_cov_eval, scoring.resampling),
                repeats: None,
                work: None,
                ends: ends(own.iter().map(|(attempt, _)| *attempt)),
                readings: Readings::of(info, own.into_iter(), scoring),
                name: name.to_owned(),
                card: Scorecard::of(&scored, scoring),
                successes: success_cells(&scored),
                functional: functional_cells(&scored),
                spending: Spending::of(name, &money.spent, &money.paid),
            }
        })
        .collect()
}

/// Those who answer without looking, about every program that a subject was asked about.
fn baselines(info: &RunInfo, attempts: &[AttemptSummary], scoring: &Scoring) -> Vec<BaselineScore> {
    let open = open_cases(attempts);
    let of_cov_eval = attempts.iter().filter(|attempt| cov_eval::has(&attempt.key));
    let scored = of_cov_eval.filter_map(|attempt| Some((attempt, scored(info, attempt, &open)?)));
    cov_eval::baselines(&cov_eval::attempts(info, scored), scoring.resampling)
}

fn ends<'a>(attempts: impl Iterator<Item = &'a AttemptSummary>) -> BTreeMap<AttemptEnd, usize> {
    let mut ends = BTreeMap::new();
    for attempt in attempts {
        *ends.entry(attempt.end()).or_default() += 1;
    }
    ends
}

/// Subjects by the cells that [`SubjectScore::compared`] gives.
fn leaderboard(cells: impl IntoIterator<Item = Cells>, scoring: &Scoring) -> Leaderboard {
    let cells: Vec<Cells> = cells.into_iter().collect();
    Leaderboard::of(&cells, &scoring.weights, 1, scoring.resampling)
}

/// The cases with an attempt that waits for judges. They count in no subject's score; otherwise a
/// subject that answers with nothing would be scored on them, and a better one would not.
fn open_cases(attempts: &[AttemptSummary]) -> BTreeMap<&str, &Outcome> {
    let open = attempts.iter().filter(|attempt| attempt.outcome.is_unjudged());
    open.map(|attempt| (attempt.key.case.as_str(), &attempt.outcome)).collect()
}

fn scored<'a>(
    info: &'a RunInfo,
    attempt: &'a AttemptSummary,
    open: &BTreeMap<&str, &'a Outcome>,
) -> Option<ScoredAttempt<'a>> {
    let is_judged = attempt.outcome.judgement().is_some();
    let open = open.get(attempt.key.case.as_str()).filter(|_| is_judged);
    let case = case(info, &attempt.key.case)?;
    Some(ScoredAttempt {
        case: &attempt.key.case,
        cwe: &case.cwe,
        language: case.language,
        severity: case.severity,
        scenario: attempt.key.scenario,
        outcome: open.copied().unwrap_or(&attempt.outcome),
        first: attempt.first_verdict.filter(|_| open.is_none()),
    })
}
