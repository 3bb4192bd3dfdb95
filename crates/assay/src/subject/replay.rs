//! Subjects that repeat recorded responses, so that answers made elsewhere are
//! judged here. A file holds one JSON object a line, and may be gzipped.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};

use assay_core::answer::Answer;
use assay_core::reading::ThinkingTags;
use assay_core::{Corpus, Scenario};
use serde::{Deserialize, Serialize};

use crate::{json_lines, json_text};

/// The recorded answers of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplaySubject {
    name: String,
    answers: BTreeMap<Attempt, Answer>,
    tags: ThinkingTags,
}

/// A case's id, a scenario and a round.
type Attempt = (String, Scenario, u32);

impl ReplaySubject {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many attempts it has records of.
    pub fn attempts(&self) -> usize {
        self.answers.len()
    }

    /// What the model wrote its thinking between.
    pub(super) fn thinking_tags(&self) -> ThinkingTags {
        self.tags.clone()
    }

    /// The highest round of its records; 0 without any.
    pub(super) fn rounds(&self) -> u32 {
        self.answers.keys().map(|(_, _, round)| *round).max().unwrap_or(0)
    }

    pub(super) fn answer(&self, case: &str, scenario: Scenario, round: u32) -> Option<&Answer> {
        self.answers.get(&(case.to_owned(), scenario, round))
    }
}

/// Which records to replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReplayConfig {
    /// The subject's name, if the records are of one model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub file: PathBuf,
    /// The models to take; all by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// The tags around the models' thinking; by default the tags of known models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking_tags: Option<ThinkingTags>,
}

/// What a file of records holds for a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// One for each model, in order of their names.
    pub subjects: Vec<ReplaySubject>,
    /// What was left out and why, a sentence each.
    pub warnings: Vec<String>,
}

impl Replay {
    /// Reads a file. Records of cases that the corpus does not have are left
    /// out with a warning; every other fault is an error.
    pub fn load(config: &ReplayConfig, corpus: &Corpus) -> Result<Replay, ReplayError> {
        let path = &config.file;
        let io = |source| ReplayError::Read { path: path.clone(), source };
        let file = json_lines::open(path).map_err(io)?;
        let mut records =
            Records { path, corpus, kept: BTreeMap::new(), left_out: BTreeMap::new() };
        records.read(file)?;
        records.into_replay(config)
    }
}

/// A file that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("failed to read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}:{line}: {fault}", path.display())]
    Line { path: PathBuf, line: usize, fault: LineFault },
    #[error("{} holds no records", .0.display())]
    Empty(PathBuf),
    #[error("{} has no records of model {model:?}; it has those of {}", path.display(), present.join(", "))]
    NoModel { path: PathBuf, model: String, present: Vec<String> },
    #[error("{} has records of several models ({}), which cannot share the name {name:?}; choose one with models, or leave the name out", path.display(), present.join(", "))]
    Name { path: PathBuf, name: String, present: Vec<String> },
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum LineFault {
    #[error("failed to read it: {0}")]
    Read(io::Error),
    #[error("it is not a JSON object with a record: {0}")]
    Json(String),
    #[error("the record has no {0:?}; add it")]
    Missing(&'static str),
    #[error("{0}")]
    Scenario(String),
    #[error("the round is not a whole number of at least 1")]
    Round,
    #[error("the record has {0} of \"response\", \"code\" and \"files\"; give exactly one")]
    Answers(usize),
    #[error("case {case} has {paths} artifact files; give \"files\" by path instead of \"code\"")]
    Code { case: String, paths: usize },
    #[error("it repeats line {first} ({attempt}); remove one of them")]
    Duplicate { first: usize, attempt: String },
}

/// A record as it is written; other keys are ignored.
#[derive(Debug, Deserialize)]
struct Record {
    model: Option<String>,
    case: Option<String>,
    scenario: Option<String>,
    round: Option<Round>,
    response: Option<String>,
    code: Option<String>,
    files: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Round {
    Number(serde_json::Number),
    Text(String),
}

impl Record {
    fn round(&self) -> Result<u32, LineFault> {
        let text = match self.round.as_ref().ok_or(LineFault::Missing("round"))? {
            Round::Number(number) => number.to_string(),
            Round::Text(text) => text.trim().to_owned(),
        };
        text.parse().ok().filter(|round| *round > 0).ok_or(LineFault::Round)
    }
}

/// What was read so far.
struct Records<'a> {
    path: &'a Path,
    corpus: &'a Corpus,
    /// By model, with the line of each answer.
    kept: BTreeMap<String, BTreeMap<Attempt, (usize, Answer)>>,
    /// How many records of each case were left out.
    left_out: BTreeMap<LeftOut, usize>,
}

/// Why a record was left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum LeftOut {
    Case(String),
    Scenario(String, Scenario),
}

impl Records<'_> {
    fn read(&mut self, mut input: impl BufRead) -> Result<(), ReplayError> {
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            let count = input
                .read_until(b'\n', &mut bytes)
                .map_err(|error| self.fault(line, LineFault::Read(error)))?;
            if count == 0 {
                break;
            }
            if !bytes.trim_ascii().is_empty() {
                self.add(line, &bytes).map_err(|fault| self.fault(line, fault))?;
            }
        }
        Ok(())
    }

    fn fault(&self, line: usize, fault: LineFault) -> ReplayError {
        ReplayError::Line { path: self.path.to_owned(), line, fault }
    }

    fn add(&mut self, line: usize, bytes: &[u8]) -> Result<(), LineFault> {
        let record: Record = json_text::parse_bytes(bytes)
            .map_err(|error| LineFault::Json(json_lines::fault(&error)))?;
        let round = record.round()?;
        let case_id = record.case.ok_or(LineFault::Missing("case"))?;
        let scenario = record.scenario.ok_or(LineFault::Missing("scenario"))?;
        let scenario: Scenario = scenario.parse().map_err(LineFault::Scenario)?;
        let model = record.model.unwrap_or_else(|| self.stem());
        let answers = self.kept.entry(model).or_default();
        let Some(case) = self.corpus.case(&case_id) else {
            *self.left_out.entry(LeftOut::Case(case_id)).or_default() += 1;
            return Ok(());
        };
        let answer = match (record.response, record.code, record.files) {
            (Some(text), None, None) => Answer::Text(text),
            (None, None, Some(files)) => Answer::Files(files),
            (None, Some(code), None) => match case.artifact_paths() {
                [path] => Answer::Files(BTreeMap::from([(path.to_string(), code)])),
                paths => {
                    return Err(LineFault::Code { case: case_id, paths: paths.len() });
                }
            },
            (response, code, files) => {
                let given = [response.is_some(), code.is_some(), files.is_some()];
                return Err(LineFault::Answers(given.into_iter().filter(|given| *given).count()));
            }
        };
        if !case.scenarios.contains(&scenario) {
            *self.left_out.entry(LeftOut::Scenario(case_id, scenario)).or_default() += 1;
            return Ok(());
        }
        let key = (case_id, scenario, round);
        if let Some((first, _)) = answers.get(&key) {
            let attempt = format!("{} / {scenario} / round {round}", key.0);
            return Err(LineFault::Duplicate { first: *first, attempt });
        }
        answers.insert(key, (line, answer));
        Ok(())
    }

    /// The model of records that name none: the file's name without its
    /// endings, so that `qwen.jsonl.gz` is `qwen`.
    fn stem(&self) -> String {
        let name = match self.path.extension() {
            Some(extension) if extension == "gz" => self.path.file_stem().map(Path::new),
            _ => Some(self.path),
        };
        name.and_then(Path::file_stem).unwrap_or_default().to_string_lossy().into_owned()
    }

    fn into_replay(self, config: &ReplayConfig) -> Result<Replay, ReplayError> {
        let path = || self.path.to_owned();
        if self.kept.is_empty() {
            return Err(ReplayError::Empty(path()));
        }
        let present: Vec<String> = self.kept.keys().cloned().collect();
        if let Some(model) = config.models.iter().find(|model| !self.kept.contains_key(*model)) {
            let model = model.clone();
            return Err(ReplayError::NoModel { path: path(), model, present });
        }
        let is_wanted = |model: &String| config.models.is_empty() || config.models.contains(model);
        let present: Vec<String> = present.into_iter().filter(is_wanted).collect();
        if let Some(name) = config.name.clone().filter(|_| present.len() > 1) {
            return Err(ReplayError::Name { path: path(), name, present });
        }
        let warnings = warnings(self.path, &self.left_out);
        let kept = self.kept.into_iter().filter(|(model, _)| is_wanted(model));
        let tags = config.thinking_tags.clone().unwrap_or_default();
        let subjects = kept.map(|(model, answers)| ReplaySubject {
            tags: tags.clone(),
            name: config.name.clone().unwrap_or(model),
            answers: answers.into_iter().map(|(key, (_, answer))| (key, answer)).collect(),
        });
        Ok(Replay { subjects: subjects.collect(), warnings })
    }
}

/// The most cases that a warning names.
const NAMED_CASES: usize = 5;

fn warnings(path: &Path, left_out: &BTreeMap<LeftOut, usize>) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |what: &str, chosen: Vec<(String, usize)>| {
        if chosen.is_empty() {
            return;
        }
        let count: usize = chosen.iter().map(|(_, count)| count).sum();
        let names: BTreeSet<&str> = chosen.iter().map(|(name, _)| name.as_str()).collect();
        let mut list: Vec<&str> = names.iter().copied().take(NAMED_CASES).collect();
        if names.len() > NAMED_CASES {
            list.push("...");
        }
        let records = if count == 1 { "1 record is" } else { &format!("{count} records are") };
        warnings.push(format!(
            "{}: {records} left out: {what}: {}",
            path.display(),
            list.join(", ")
        ));
    };
    let cases = left_out.iter().filter_map(|(why, count)| match why {
        LeftOut::Case(case) => Some((case.clone(), *count)),
        LeftOut::Scenario(..) => None,
    });
    warn("the corpus has no such case", cases.collect());
    let scenarios = left_out.iter().filter_map(|(why, count)| match why {
        LeftOut::Scenario(case, scenario) => Some((format!("{case} / {scenario}"), *count)),
        LeftOut::Case(_) => None,
    });
    warn("the case has no such scenario", scenarios.collect());
    warnings
}
