//! The answers of models that a checkout of CoV-Eval holds, with the verdicts of its judge:
//! arrays of objects, or objects one after the other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use walkdir::WalkDir;

use crate::corpus::{CorpusError, Fault, read_text};

/// One file of results.
#[derive(Debug)]
pub struct ResultFile {
    /// Below the checkout's root.
    pub path: PathBuf,
    pub task: ResultTask,
    /// The model, by the file's name.
    pub model: String,
    pub records: Vec<ResultRecord>,
}

/// What models were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResultTask {
    /// To complete the seed programs.
    Completion,
    /// To complete the evolved programs.
    Evolved,
    Repair,
    Detection,
}

/// One answer, and what was recorded of it.
#[derive(Debug, Clone, Deserialize)]
pub struct ResultRecord {
    /// The weakness, `cwe-78` for example.
    pub vul_type_id: String,
    /// The scenario or the file.
    pub source_code_id: String,
    /// The program that was shown, as its file has it.
    pub source_code: String,
    pub prompt: String,
    pub response: String,
    /// What the judge's answer was taken for, `safe` or `unsafe`.
    #[serde(default)]
    pub vul_eval: Option<String>,
    /// The judge's answer, by who gave it and the weakness that it was asked about.
    #[serde(default)]
    pub meta_data: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether the answer was read as the true type.
    #[serde(default)]
    pub multi_match: Option<bool>,
    /// Whether the answer was read as the true one of vulnerable and not.
    #[serde(default)]
    pub binary_match: Option<bool>,
}

impl ResultRecord {
    /// What the judge said, where one was asked.
    pub fn judge_answer(&self) -> Option<&str> {
        self.meta_data.values().flat_map(BTreeMap::values).map(String::as_str).next()
    }
}

/// Where results lie, and what they are of.
const FOLDERS: [(&str, ResultTask); 3] = [
    ("results/code_completion", ResultTask::Completion),
    ("results/vulnerability_repair", ResultTask::Repair),
    ("results/vulnerability_detection_classification", ResultTask::Detection),
];

/// Completions of the evolved programs, which lie beside them.
const EVOLVED: &str = "datasets/CoV-Eval_v1/code_completion_task/instruction.json";

/// All results of a checkout, in order of tasks and models.
pub fn results(root: &Path) -> Result<Vec<ResultFile>, CorpusError> {
    let mut places: Vec<(PathBuf, ResultTask)> = Vec::new();
    for (folder, task) in FOLDERS {
        let entries = WalkDir::new(root.join(folder)).max_depth(1).sort_by_file_name();
        let files = entries.into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
        places.extend(files.filter(|path| is_of_answers(path)).map(|path| (path, task)));
    }
    let evolved = root.join(EVOLVED);
    if evolved.is_file() {
        places.push((evolved, ResultTask::Evolved));
    }
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for (path, task) in places {
        match file(root, &path, task) {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(CorpusError(faults)) }
}

/// Files of scores lie beside those of answers.
fn is_of_answers(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".json") && !name.ends_with("_scores.json")
}

fn file(root: &Path, path: &Path, task: ResultTask) -> Result<ResultFile, Fault> {
    let text = read_text(path)?;
    let records = records(&text).map_err(|(offset, message)| {
        Fault::at(path, &text, offset, format!("{message}; restore the file from the repository"))
    })?;
    let model = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let path = path.strip_prefix(root).unwrap_or(path);
    Ok(ResultFile { path: path.to_owned(), task, model: model.to_owned(), records })
}

/// The objects of a text: those of its arrays, and those that stand one after the other. Of a
/// fault, where it is and what it is.
fn records(text: &str) -> Result<Vec<ResultRecord>, (usize, String)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut records = Vec::new();
    loop {
        let start = values.byte_offset();
        let value = match values.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err((start, format!("is no JSON: {error}"))),
            None => return Ok(records),
        };
        let items = match value {
            Value::Array(items) => items,
            other => vec![other],
        };
        for item in items {
            let record = serde_json::from_value(item)
                .map_err(|error| (start, format!("holds what is no answer: {error}")))?;
            records.push(record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"vul_type_id":"cwe-22","source_code_id":"a","source_code":"","prompt":"","response":"x"}"#;

    #[test]
    fn objects_may_stand_in_an_array_or_one_after_the_other() {
        for text in [format!("[{ONE},{ONE}]"), format!("{ONE}{ONE}"), format!("{ONE}\n[{ONE}]\n")] {
            let found = records(&text).expect("records");
            assert_eq!(found.len(), 2, "{text}");
            assert_eq!((found[1].response.as_str(), found[1].judge_answer()), ("x", None));
        }
        assert_eq!(records("").expect("none").len(), 0);
    }

    #[test]
    fn what_is_no_answer_is_named_with_its_place() {
        let (offset, message) = records(&format!("{ONE}{{")).expect_err("it is cut off");
        assert_eq!(offset, ONE.len());
        assert!(message.starts_with("is no JSON: EOF"), "{message}");
        let (_, message) = records("{\"response\":1}").expect_err("no answer");
        assert!(message.starts_with("holds what is no answer: invalid type"), "{message}");
    }
}
