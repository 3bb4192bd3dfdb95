//! The results that a checkout of SecCodeBench-V2 publishes, in `docs/json`: the
//! leaderboard, the scores by language, and for each model and case the answers, their
//! outcomes and what the tests printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assay_core::answer::{Answer, Finish};
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::corpus::CorpusSource;
use assay_core::log::Log;
use assay_core::prompt::render;
use assay_core::record::CaseSummary;
use assay_core::{Artifact, AttemptKey, AttemptRecord, Case, Corpus, Evidence, Language, Locale};
use assay_core::{NoCode, Scenario, TokenUsage, Turn, text_file};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::published::{PublishedLanguage, PublishedScores};
use super::{Model, Records, Results, failed};
use crate::json_text;

/// As the paper has them.
pub(super) const ROUNDS: usize = 10;

/// The word for a suite that passed.
const SUCCESS: &str = "成功";

/// What a record says whose model could not be asked.
const QUERY_FAILED: &str = "LLM query failed";

#[derive(Debug)]
pub(super) struct Checkout {
    corpus: Corpus,
    /// `docs/json/v/<version>`.
    folder: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    model_name: String,
    total_score: f64,
    fix_score: f64,
    fix_hints_score: f64,
    gen_score: f64,
    gen_hints_score: f64,
    test_date: Option<String>,
}

#[derive(Deserialize)]
struct Languages {
    languages: BTreeMap<String, LanguageScores>,
}

#[derive(Deserialize)]
struct LanguageScores {
    total: f64,
    scenario: BTreeMap<String, ScenarioScore>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScenarioScore {
    average_score: f64,
}

#[derive(Deserialize)]
struct CaseResults {
    rounds: Vec<Round>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Round {
    round_id: u32,
    scenarios: BTreeMap<String, Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    functional_test: String,
    security_test: String,
    #[serde(default)]
    generated_code: String,
    #[serde(default)]
    functional_reason: String,
    #[serde(default)]
    security_reason: String,
}

pub(super) fn read(root: &Path, version: Option<&str>) -> anyhow::Result<Results> {
    let json = root.join("docs").join("json");
    let version = match version {
        Some(version) => version.to_owned(),
        None => newest(&json)?,
    };
    let folder = json.join("v").join(&version);
    if !folder.is_dir() {
        bail!("{} has no results of version {version}: no {}", root.display(), folder.display());
    }
    let corpus = CorpusSource::SecCodeBench(root.to_owned()).load()?;
    let rows: Vec<Row> = parse(&json.join("leaderboard").join(format!("{version}.json")))?;
    let mut models = Vec::new();
    for row in rows {
        let languages =
            folder.join("model-language-scores").join(format!("{}.json", row.model_name));
        models.push(Model {
            published: PublishedScores {
                overall: Some(row.total_score),
                scenarios: BTreeMap::from([
                    (sec_code_bench_v2::GEN, row.gen_score),
                    (sec_code_bench_v2::GEN_HINTS, row.gen_hints_score),
                    (sec_code_bench_v2::FIX, row.fix_score),
                    (sec_code_bench_v2::FIX_HINTS, row.fix_hints_score),
                ]),
                languages: language_scores(&languages)?,
            },
            name: row.model_name,
            date: row.test_date,
        });
    }
    Ok(Results {
        source: format!("sec-code-bench {version}"),
        cases: corpus.cases.iter().map(CaseSummary::from).collect(),
        models,
        records: Records::Checkout(Box::new(Checkout { corpus, folder })),
    })
}

fn newest(json: &Path) -> anyhow::Result<String> {
    let versions: Vec<String> = parse(&json.join("leaderboard").join("versions.json"))
        .context("failed to find the versions of the results; name one with --release")?;
    versions.into_iter().next().context("the list of versions is empty")
}

fn language_scores(path: &Path) -> anyhow::Result<BTreeMap<Language, PublishedLanguage>> {
    let scores: Languages = parse(path)?;
    let mut languages = BTreeMap::new();
    for (name, scores) in scores.languages {
        let language = match name.as_str() {
            "C/C++" => Language::C,
            _ => Language::ALL
                .into_iter()
                .find(|language| language.title() == name)
                .with_context(|| format!("{}: {name:?} is not a language", path.display()))?,
        };
        let mut scenarios = BTreeMap::new();
        for (name, score) in scores.scenario {
            scenarios.insert(scenario(&name)?, score.average_score);
        }
        languages.insert(language, PublishedLanguage { overall: Some(scores.total), scenarios });
    }
    Ok(languages)
}

/// A scenario by any of the names that the files have for it.
fn scenario(name: &str) -> anyhow::Result<Scenario> {
    let plain = name.to_lowercase();
    sec_code_bench_v2::BENCHMARK
        .scenarios()
        .find(|scenario| scenario.as_str().replace('-', "") == plain)
        .with_context(|| format!("{name:?} is not a scenario"))
}

fn parse<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let place = || format!("failed to read {}", path.display());
    let text = text_file::read(path).with_context(place)?;
    json_text::parse(&text).with_context(place)
}

impl Checkout {
    pub(super) fn attempts(&self, model: &str, id: &str) -> anyhow::Result<Vec<AttemptRecord>> {
        let Some(case) = self.corpus.case(id) else { return Ok(Vec::new()) };
        let path =
            self.folder.join("model-testcase-results").join(model).join(format!("{id}.json"));
        if !path.exists() {
            return Ok(Vec::new());
        }
        let results: CaseResults = parse(&path)?;
        let mut attempts = Vec::new();
        for round in results.rounds {
            for (name, record) in round.scenarios {
                let scenario = scenario(&name)
                    .with_context(|| format!("failed to read {}", path.display()))?;
                let (subject, case_id) = (model.to_owned(), id.to_owned());
                let key = AttemptKey { subject, case: case_id, scenario, round: round.round_id };
                attempts.push(attempt(key, case, record)?);
            }
        }
        attempts.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(attempts)
    }
}

fn attempt(key: AttemptKey, case: &Case, record: Record) -> anyhow::Result<AttemptRecord> {
    if record.functional_reason.contains(QUERY_FAILED) {
        let outcome = failed(&record.functional_reason);
        return Ok(AttemptRecord { key, outcome, turns: Vec::new(), context_full: None });
    }
    // The files have one code for each answer; cases of several files are not among them.
    let path = case.artifact_paths().first().context("the case has no artifact path")?;
    let files = [(path.to_string(), record.generated_code)];
    let artifact = Artifact::from_files(files.clone(), case.artifact_paths());
    let functional = record.functional_test == SUCCESS;
    let evidence = match &artifact {
        Err(NoCode::Empty) if !functional => Evidence::no_code(NoCode::Empty),
        _ => Evidence::recorded(functional, record.security_test == SUCCESS),
    };
    let logs = [
        ("functional.record", record.functional_reason),
        ("security.record", record.security_reason),
    ];
    let logs = logs.into_iter().filter(|(_, text)| !text.is_empty());
    let outcome = evidence.outcome();
    let turn = Turn {
        prompt: render(case, key.scenario, Locale::EnUs)?,
        answer: Answer::Files(files.into()),
        thinking: None,
        finish: Finish::Complete,
        artifact: artifact.ok(),
        reading: None,
        evidence,
        logs: logs.map(|(name, text)| Log { name: name.to_owned(), text }).collect(),
        usage: TokenUsage::default(),
        asked_ms: 0,
        validated_ms: 0,
        shared_with: None,
        served: assay_core::Served::default(),
        judge_replies: Vec::new(),
    };
    Ok(AttemptRecord { key, outcome, turns: vec![turn], context_full: None })
}
