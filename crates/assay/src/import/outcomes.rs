//! `outcomes.json`: every outcome and every published score of one version, a letter a
//! round (`s` secure, `i` insecure, `f` nonfunctional, `e` the query failed).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::corpus::sec_code_bench_case;
use assay_core::text_file;
use assay_core::{AttemptKey, AttemptRecord, Language, Outcome, Scenario, Severity, Verdict};
use serde::Deserialize;

use super::published::{PublishedLanguage, PublishedScores};
use super::{Model, Records, Results, failed};
use crate::json_text;

#[derive(Deserialize)]
struct Outcomes {
    source: String,
    cases: BTreeMap<String, CaseFacts>,
    models: BTreeMap<String, ModelFacts>,
}

#[derive(Deserialize)]
struct CaseFacts {
    language: String,
    severity: Severity,
}

#[derive(Deserialize)]
struct ModelFacts {
    published: Scores,
    outcomes: BTreeMap<String, BTreeMap<Scenario, String>>,
}

#[derive(Deserialize)]
struct Scores {
    overall: f64,
    #[serde(default)]
    languages: BTreeMap<String, LanguageScores>,
    #[serde(flatten)]
    scenarios: BTreeMap<Scenario, f64>,
}

#[derive(Deserialize)]
struct LanguageScores {
    overall: f64,
    #[serde(flatten)]
    scenarios: BTreeMap<Scenario, f64>,
}

/// The outcomes of one model, by case and scenario.
#[derive(Debug)]
pub(super) struct Letters(BTreeMap<String, BTreeMap<Scenario, String>>);

pub(super) fn read(path: &Path) -> anyhow::Result<Results> {
    let outcomes: Outcomes = json_text::parse(&text_file::read(path)?)
        .context("it is not an outcomes.json (a checkout of sec-code-bench is a folder)")?;
    let mut cases = Vec::new();
    for (id, facts) in outcomes.cases {
        let language: Language = facts.language.parse().map_err(anyhow::Error::msg)?;
        cases.push(sec_code_bench_case(&id, language, facts.severity));
    }
    let (mut models, mut letters) = (Vec::new(), Vec::new());
    for (name, facts) in outcomes.models {
        if let Some(id) = facts.outcomes.keys().find(|id| cases.iter().all(|case| case.id != **id))
        {
            bail!("{name} has outcomes of {id:?}, which is not among the file's cases");
        }
        models.push(Model { name, published: scores(facts.published)?, date: None });
        letters.push(Letters(facts.outcomes));
    }
    Ok(Results { source: outcomes.source, cases, models, records: Records::Letters(letters) })
}

fn scores(scores: Scores) -> anyhow::Result<PublishedScores> {
    let mut languages = BTreeMap::new();
    for (language, scores) in scores.languages {
        let language: Language = language.parse().map_err(anyhow::Error::msg)?;
        let LanguageScores { overall, scenarios } = scores;
        languages.insert(language, PublishedLanguage { overall: Some(overall), scenarios });
    }
    Ok(PublishedScores { overall: Some(scores.overall), scenarios: scores.scenarios, languages })
}

impl Letters {
    pub(super) fn rounds(&self) -> usize {
        let rounds = self.0.values().flat_map(BTreeMap::values).map(|letters| letters.len());
        rounds.max().unwrap_or(0)
    }

    pub(super) fn attempts(&self, model: &str, case: &str) -> anyhow::Result<Vec<AttemptRecord>> {
        let mut attempts = Vec::new();
        for (scenario, letters) in self.0.get(case).into_iter().flatten() {
            for (round, letter) in (1..).zip(letters.chars()) {
                let outcome = match letter {
                    's' => Outcome::from(Verdict::Secure),
                    'i' => Outcome::from(Verdict::Insecure),
                    'f' => Outcome::from(Verdict::Nonfunctional),
                    'e' => failed("LLM query failed"),
                    _ => bail!("{model} / {case} / {scenario}: {letter:?} is not an outcome"),
                };
                let (subject, case) = (model.to_owned(), case.to_owned());
                let key = AttemptKey { subject, case, scenario: *scenario, round };
                attempts.push(AttemptRecord {
                    key,
                    outcome,
                    turns: Vec::new(),
                    context_full: None,
                });
            }
        }
        Ok(attempts)
    }
}
