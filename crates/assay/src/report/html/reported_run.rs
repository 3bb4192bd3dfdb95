//! A run with its place in a report.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_core::Judgement;
use assay_core::Scenario;
use assay_core::score::{Cells, Leaderboard};

use super::solutions;
use crate::report::{RunData, SubjectScore, leaderboard};
use crate::store::AttemptSummary;

/// A run, the names of its pages, and its attempts by case.
pub(super) struct ReportedRun {
    /// From 1, in the order that the runs were given in.
    pub(super) number: usize,
    pub(super) data: Arc<RunData>,
    /// How it is called here: no other run of the report is called so.
    pub(super) name: String,
    folder: String,
    /// For each subject, by position: its place in the order of names, from 1. Positions change
    /// with the scores during a run, and addresses must not.
    subject_numbers: Vec<usize>,
    /// Positions in `data.attempts`, for each case.
    attempts: Vec<Vec<usize>>,
    /// By positions of case and subject.
    tallies: BTreeMap<(usize, usize), Tally>,
}

/// The attempts of one subject at one case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Those that passed all that was asked of them.
    pub(super) successes: usize,
    pub(super) judged: usize,
    pub(super) errored: usize,
    pub(super) unjudged: usize,
}

impl Tally {
    pub(super) fn of<'a>(attempts: impl IntoIterator<Item = &'a AttemptSummary>) -> Tally {
        let mut tally = Tally::default();
        for attempt in attempts {
            tally.add(attempt);
        }
        tally
    }

    /// Both together.
    pub(super) fn plus(self, other: Tally) -> Tally {
        Tally {
            successes: self.successes + other.successes,
            judged: self.judged + other.judged,
            errored: self.errored + other.errored,
            unjudged: self.unjudged + other.unjudged,
        }
    }

    /// What tables sort it by: the share of successes.
    #[expect(clippy::cast_precision_loss, reason = "a share for sorting")]
    pub(super) fn key(self) -> String {
        match self.judged {
            0 => String::new(),
            judged => (self.successes as f64 / judged as f64).to_string(),
        }
    }

    fn add(&mut self, attempt: &AttemptSummary) {
        match attempt.outcome.judgement() {
            Some(Judgement::NotAsked(_)) => {}
            Some(judgement) => {
                self.judged += 1;
                self.successes += usize::from(judgement.is_success());
            }
            None if attempt.outcome.is_unjudged() => self.unjudged += 1,
            None => self.errored += 1,
        }
    }
}

/// Whether all these runs ask that code is secure.
pub(super) fn ask_for_security(runs: &[ReportedRun]) -> bool {
    runs.iter().all(|run| run.data.asks_for_security())
}

/// The word for what passed all that was asked of it in these runs.
pub(super) fn success(runs: &[ReportedRun]) -> &'static str {
    if ask_for_security(runs) { "Secure" } else { "Passed" }
}

impl ReportedRun {
    pub(super) fn new(number: usize, data: Arc<RunData>) -> ReportedRun {
        let folder = numbered("run", number, &data.info.id);
        let cases = data.info.cases.iter().enumerate();
        let cases: BTreeMap<&str, usize> = cases.map(|(at, case)| (case.id.as_str(), at)).collect();
        let subjects = data.subjects.iter().enumerate();
        let subjects: BTreeMap<&str, usize> =
            subjects.map(|(at, subject)| (subject.name.as_str(), at)).collect();
        let mut subject_numbers = vec![0; subjects.len()];
        for (number, at) in (1..).zip(subjects.values()) {
            subject_numbers[*at] = number;
        }
        let mut attempts = vec![Vec::new(); data.info.cases.len()];
        let mut tallies: BTreeMap<_, Tally> = BTreeMap::new();
        for (at, attempt) in data.attempts.iter().enumerate() {
            let key = &attempt.key;
            let case = cases.get(key.case.as_str()).copied();
            let subject = subjects.get(key.subject.as_str()).copied();
            if let (Some(case), Some(subject)) = (case, subject) {
                attempts[case].push(at);
                tallies.entry((case, subject)).or_default().add(attempt);
            }
        }
        for attempts in &mut attempts {
            attempts.sort_by_key(|at| {
                let key = &data.attempts[*at].key;
                (subjects.get(key.subject.as_str()).copied(), key.scenario, key.round)
            });
        }
        let name = data.name();
        ReportedRun { number, data, name, folder, subject_numbers, attempts, tallies }
    }

    /// Tells runs of one name apart by the ids that they have in the report.
    pub(super) fn tell_apart(runs: &mut [ReportedRun]) {
        let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
        for run in runs {
            if names.iter().filter(|name| **name == run.name).count() > 1 {
                run.name = format!("{} (run {})", run.name, run.number);
            }
        }
    }

    /// Where pages of this run stand: its place on the first page, by its name.
    pub(super) fn trail(&self) -> (String, String) {
        (self.name.clone(), format!("index.html#run-{}", self.number))
    }

    /// The attempts at a case, in order of subject, scenario and round.
    pub(super) fn attempts_of(&self, case: usize) -> impl Iterator<Item = &AttemptSummary> {
        self.attempts[case].iter().map(|at| &self.data.attempts[*at])
    }

    /// Those of one subject.
    pub(super) fn attempts_by(
        &self,
        case: usize,
        subject: usize,
    ) -> impl Iterator<Item = &AttemptSummary> {
        let name = &self.data.subjects[subject].name;
        self.attempts_of(case).filter(move |attempt| attempt.key.subject == *name)
    }

    /// The subjects that have attempts at a case.
    pub(super) fn subjects_at(&self, case: usize) -> impl Iterator<Item = usize> {
        self.tallies.range((case, 0)..(case + 1, 0)).map(|((_, subject), _)| *subject)
    }

    pub(super) fn tally(&self, case: usize, subject: usize) -> Tally {
        self.tallies.get(&(case, subject)).copied().unwrap_or_default()
    }

    /// Whether an attempt at a case waits for judges: then the case counts in no score.
    pub(super) fn is_open(&self, case: usize) -> bool {
        self.attempts_of(case).any(|attempt| attempt.outcome.is_unjudged())
    }

    /// The position of the case with this id.
    pub(super) fn position_of(&self, id: &str) -> Option<usize> {
        self.data.info.cases.iter().position(|case| case.id == id)
    }

    /// The scenarios that have an attempt.
    pub(super) fn scenarios(&self) -> impl Iterator<Item = Scenario> + '_ {
        Scenario::all().filter(|scenario| {
            self.data.attempts.iter().any(|attempt| attempt.key.scenario == *scenario)
        })
    }

    /// The page of a case, from the report's root.
    pub(super) fn case_path(&self, case: usize) -> String {
        format!("{}.html", self.case_stem(case))
    }

    /// Where an attempt at a case is shown, from the report's root.
    pub(super) fn attempt_path(&self, case: usize, attempt: &AttemptSummary) -> String {
        let subject = self.subject_position(&attempt.key.subject).unwrap_or_default();
        format!("attempt.html#{}/{}", self.attempts_stem(case, subject), attempt.id)
    }

    /// The file with the attempts of a subject at a case, from the report's root.
    pub(super) fn attempts_path(&self, case: usize, subject: usize) -> String {
        format!("attempts/{}.js", self.attempts_stem(case, subject))
    }

    /// What names that file, and the attempts of a subject at a case in addresses.
    pub(super) fn attempts_stem(&self, case: usize, subject: usize) -> String {
        format!("{}-{}-{}", self.number, case + 1, self.subject_number(subject))
    }

    /// The file with the solutions of a case, from the report's root, if it has any.
    pub(super) fn solutions_path(&self, case: usize) -> Option<String> {
        let has_any = solutions::exist(&self.data.info.cases[case]);
        has_any.then(|| format!("data/solutions-{}-{}.js", self.number, case + 1))
    }

    /// The page of a subject, from the report's root.
    pub(super) fn subject_path(&self, subject: usize) -> String {
        let name = self.data.subjects.get(subject).map_or("", |subject| subject.name.as_str());
        format!("{}/{}.html", self.folder, numbered("subject", self.subject_number(subject), name))
    }

    /// The page of its results in CoV-Eval, from the report's root.
    pub(super) fn cov_eval_path(&self) -> String {
        format!("{}/cov-eval.html", self.folder)
    }

    /// The page of a subject's, from the report's root.
    pub(super) fn cov_eval_subject_path(&self, subject: usize) -> String {
        let name = self.data.subjects.get(subject).map_or("", |subject| subject.name.as_str());
        let name = numbered("cov-eval", self.subject_number(subject), name);
        format!("{}/{name}.html", self.folder)
    }

    /// Whether a subject has results in CoV-Eval.
    pub(super) fn has_cov_eval(&self, subject: usize) -> bool {
        self.data.subjects.get(subject).is_some_and(|subject| subject.cov_eval.is_some())
    }

    /// The attempt at a case that another one is about.
    pub(super) fn earlier(&self, case: usize, attempt: &AttemptSummary) -> Option<&AttemptSummary> {
        let key = attempt.key.earlier()?;
        self.attempts_of(case).find(|attempt| attempt.key == key)
    }

    /// The anchor of a subject's section on the pages of cases.
    pub(super) fn subject_anchor(&self, subject: usize) -> String {
        format!("subject-{}", self.subject_number(subject))
    }

    fn subject_number(&self, subject: usize) -> usize {
        self.subject_numbers.get(subject).copied().unwrap_or_default()
    }

    /// The position of the subject with this name.
    pub(super) fn subject_position(&self, name: &str) -> Option<usize> {
        self.data.subjects.iter().position(|subject| subject.name == name)
    }

    fn case_stem(&self, case: usize) -> String {
        let name = numbered("case", case + 1, &self.data.info.cases[case].id);
        format!("{}/{name}", self.folder)
    }
}

/// A subject of a run, among the subjects of all runs.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) run: &'a ReportedRun,
    /// Its position in the run.
    pub(super) subject: usize,
}

impl<'a> Entry<'a> {
    /// The subjects of all runs, the best overall score first.
    pub(super) fn all(runs: &'a [ReportedRun]) -> Vec<Entry<'a>> {
        let mut entries: Vec<Entry<'a>> = runs
            .iter()
            .flat_map(|run| (0..run.data.subjects.len()).map(move |subject| Entry { run, subject }))
            .collect();
        entries.sort_by(|a, b| {
            let (a, b) = (a.score().card.overall, b.score().card.overall);
            b.partial_cmp(&a).unwrap_or(std::cmp::Ordering::Equal)
        });
        entries
    }

    /// The subjects of several runs compared with each other; those of one were compared
    /// when it was read. They are in the order of their scores, so the entries of the
    /// leaderboard are in the same.
    pub(super) fn compare(runs: &'a [ReportedRun]) -> Option<Leaderboard> {
        match runs {
            [] | [_] => None,
            [first, ..] => {
                let cells = Entry::all(runs).into_iter().map(Entry::compared);
                Some(leaderboard(cells, &first.data.scoring))
            }
        }
    }

    /// Its cells, by the versions of their cases: the same case in another version is
    /// another case. In order they are as they are by ids alone.
    fn compared(self) -> Cells {
        let cases = self.run.data.info.cases.iter();
        let digests: BTreeMap<&str, &str> =
            cases.map(|case| (case.id.as_str(), case.digest.as_str())).collect();
        let digest = |id: &str| digests.get(id).copied().unwrap_or_default();
        self.score().compared().renamed(|id| format!("{id}\0{}", digest(id)))
    }

    /// Its name where subjects of several runs stand together, which may be of one name.
    pub(super) fn label(&self, runs: &[ReportedRun]) -> String {
        match runs.len() {
            0 | 1 => self.score().name.clone(),
            _ => format!("{} · {}", self.score().name, self.run.name),
        }
    }

    pub(super) fn score(&self) -> &'a SubjectScore {
        &self.run.data.subjects[self.subject]
    }
}

/// A file name of a number and as much of an identifier as is harmless.
fn numbered(kind: &str, number: usize, id: &str) -> String {
    let slug = slug(id);
    if slug.is_empty() { format!("{kind}-{number}") } else { format!("{kind}-{number}-{slug}") }
}

/// Lower-case ASCII letters, digits and single hyphens between them.
fn slug(id: &str) -> String {
    const MAX: usize = 40;
    let mut slug = String::new();
    for c in id.chars() {
        if slug.len() >= MAX {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_hold_nothing_of_hostile_ids() {
        let check = |id: &str, expect: &str| assert_eq!(numbered("case", 3, id), expect, "{id:?}");
        check("SQLi_Login-1", "case-3-sqli-login-1");
        check("../../x <b>", "case-3-x-b");
        check("漢字\0\n", "case-3");
        check("", "case-3");
        check("CON", "case-3-con");
        assert!(numbered("run", 1, &"a".repeat(500)).len() < 60);
    }
}
