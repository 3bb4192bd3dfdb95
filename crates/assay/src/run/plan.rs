//! Which attempts a run consists of.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::bail;
use assay_core::prompt::render;
use assay_core::record::{CaseSummary, LeftOut};
use assay_core::{Artifact, AttemptKey, Case, Corpus, Locale, Scenario};

use crate::settings::RunSettings;
use crate::subject::Subject;

/// The attempts of a run, subject by subject.
#[derive(Debug)]
pub struct Plan {
    pub subjects: Vec<Arc<Subject>>,
    pub cases: Vec<Arc<Case>>,
    /// Cases that were chosen and are not asked, of no subject.
    pub left_out: Vec<LeftOut>,
    /// In the order in which they are started.
    pub attempts: Vec<PlannedAttempt>,
}

/// One attempt to come, with the places of its subject and case in the plan.
#[derive(Debug, Clone)]
pub struct PlannedAttempt {
    pub key: AttemptKey,
    pub subject: usize,
    pub case: usize,
    /// What it asks about the attempt that it follows, once that is judged.
    pub about: Option<Arc<Case>>,
    /// What the attempt that it follows came to, if that is judged.
    pub given: Option<Arc<Artifact>>,
}

impl Plan {
    pub fn new(
        corpus: &Corpus,
        subjects: Vec<Subject>,
        settings: &RunSettings,
    ) -> anyhow::Result<Plan> {
        let leaves_open = settings.judges.is_empty() && !settings.judge_later;
        let (undecidable, chosen): (Vec<&Case>, Vec<&Case>) = settings
            .selection()
            .of(corpus)?
            .into_iter()
            .partition(|case| leaves_open && !case.judged_phases().is_empty());
        let left_out: Vec<LeftOut> =
            undecidable.into_iter().map(|case| LeftOut::for_want_of_judges(&case.id)).collect();
        if chosen.is_empty() {
            let ids: Vec<&str> = left_out.iter().map(|it| it.case.as_str()).collect();
            bail!(
                "nothing is left to ask: {} needs judges, and none is configured; name some with --judge, or ask now with --judge-later and have `assay rejudge` decide",
                ids.join(", ")
            );
        }
        let mut plan = Plan {
            subjects: subjects.into_iter().map(Arc::new).collect(),
            cases: chosen.into_iter().cloned().map(Arc::new).collect(),
            left_out,
            attempts: Vec::new(),
        };
        plan.attempts = plan.all_attempts(settings);
        plan.check_earlier()?;
        plan.check_texts(settings.locale)?;
        if plan.attempts.is_empty() {
            bail!(
                "the plan has no attempts: the subjects have no answers for any case that passes the filters"
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
                                about: None,
                                given: None,
                            });
                        }
                    }
                }
            }
        }
        attempts
    }

    /// Refuses attempts about others that are not in the plan.
    fn check_earlier(&self) -> anyhow::Result<()> {
        let keys: BTreeSet<&AttemptKey> = self.attempts.iter().map(|it| &it.key).collect();
        for key in &keys {
            if let Some(earlier) = key.earlier()
                && !keys.contains(&earlier)
            {
                bail!(
                    "{key} asks about what {} came to, which is not in the plan; add --scenario {}",
                    earlier,
                    earlier.scenario
                );
            }
        }
        Ok(())
    }

    /// Refuses a locale in which a case has no texts. To leave the case out unasked would make scores
    /// that are of other cases than those of a run in another locale.
    fn check_texts(&self, locale: Locale) -> anyhow::Result<()> {
        let asked: BTreeSet<(usize, Scenario)> =
            self.attempts.iter().map(|it| (it.case, it.key.scenario)).collect();
        let has_none = |(case, scenario): &&(usize, Scenario)| {
            render(&self.cases[*case], *scenario, locale).is_err()
        };
        let lacking: BTreeSet<usize> =
            asked.iter().filter(has_none).map(|(case, _)| *case).collect();
        let asked: BTreeSet<usize> = asked.iter().map(|(case, _)| *case).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let lacking: Vec<&Case> =
            lacking.into_iter().map(|case| self.cases[case].as_ref()).collect();
        let others: Vec<Locale> = Locale::ALL.into_iter().filter(|it| *it != locale).collect();
        let in_another =
            others.iter().find(|it| lacking.iter().all(|case| case.locales().contains(it)));
        let ask_in_another = in_another
            .map_or(String::new(), |it| format!(", or ask all in {it} with --locale {it}"));
        if lacking.len() == asked.len() {
            bail!("no case of the plan has texts in {locale}; write them{ask_in_another}");
        }
        let listed = |separator: &str, before: &str| {
            let ids = lacking.iter().map(|case| format!("{before}{}", case.id));
            ids.collect::<Vec<_>>().join(separator)
        };
        bail!(
            "{} of {} cases have no texts in {locale}: {}; write their brief.{locale}.md and hint.{locale}.md, leave them out with {}{ask_in_another}",
            lacking.len(),
            asked.len(),
            listed(", ", ""),
            listed(" ", "--exclude-case "),
        )
    }

    /// The most questions that subjects can be asked: every attempt may need
    /// all its answers. Built-in subjects need none over the network.
    pub fn most_requests(&self, settings: &RunSettings) -> usize {
        let most = |attempt: &PlannedAttempt| match self.subjects[attempt.subject].as_ref() {
            Subject::Model(_) => settings.max_answers as usize,
            Subject::Agent(agent) => {
                let each = usize::try_from(agent.limits().requests).unwrap_or(usize::MAX);
                each.saturating_mul(settings.agent_max_answers as usize)
            }
            _ => 0,
        };
        self.attempts.iter().map(most).fold(0, usize::saturating_add)
    }

    /// The cases that attempts are left of.
    pub fn cases_asked(&self) -> Vec<&Case> {
        let asked: BTreeSet<usize> = self.attempts.iter().map(|attempt| attempt.case).collect();
        asked.into_iter().map(|place| self.cases[place].as_ref()).collect()
    }

    /// The first subject whose answers are paid for before judges decide about them.
    pub fn judged_and_paid(&self) -> Option<String> {
        let mut attempts = self.attempts.iter();
        let found = attempts.find(|attempt| {
            self.subjects[attempt.subject].is_model() && self.cases[attempt.case].asks_judges()
        });
        found.map(|attempt| attempt.key.subject.clone())
    }

    pub fn case_summaries(&self) -> Vec<CaseSummary> {
        self.cases.iter().map(|case| CaseSummary::from(case.as_ref())).collect()
    }
}

fn scenarios(case: &Case, settings: &RunSettings) -> impl Iterator<Item = Scenario> {
    let wanted = &settings.scenarios;
    Scenario::all().filter(move |scenario| {
        case.scenarios.contains(scenario) && (wanted.is_empty() || wanted.contains(scenario))
    })
}
