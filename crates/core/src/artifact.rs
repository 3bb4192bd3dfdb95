//! The files that a subject answered with, reduced to those it may write.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::files::{SafePath, UnsafePath, sha256};

/// The files to write into a case's template: each at one of the case's
/// artifact paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    pub files: BTreeMap<SafePath, String>,
    /// Why other files of the answer were left out, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

/// Why an answer holds no artifact. This is the subject's own doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", content = "detail", rename_all = "kebab-case")]
pub enum NoCode {
    #[error("the answer is empty")]
    Empty,
    #[error("the answer has no well-formed <result> block")]
    NoBlock,
    #[error("the answer's last <result> block is not as asked for: {0}")]
    Malformed(String),
    #[error("the files of the answer are empty")]
    EmptyFiles,
    #[error("no file of the answer has an expected path: {}", .0.join("; "))]
    NoExpectedPath(Vec<String>),
    #[error("the answer has {0} blocks of code that could be the file, and none says that it is")]
    SeveralCandidates(usize),
    #[error("the answer's blocks of code do not say which file each of them is")]
    Unnamed,
    #[error("the answer's files are larger than {MAX_ARTIFACT_BYTES} bytes")]
    TooLarge,
    #[error("the answer is prose and holds no code")]
    Prose,
    #[error("the answer declines the task in prose")]
    Declined,
    #[error("the answer calls a tool and holds no code")]
    ToolCall,
    #[error("the answer is thinking and nothing else")]
    ThinkingOnly,
    #[error("the model refused")]
    Refused,
    #[error("the provider's filter kept the answer back")]
    Filtered,
    #[error("the answer was cut off at the limit on tokens")]
    Truncated,
}

impl NoCode {
    /// The reason in a word, as it is stored.
    pub fn as_str(&self) -> &'static str {
        match self {
            NoCode::Empty => "empty",
            NoCode::NoBlock => "no-block",
            NoCode::Malformed(_) => "malformed",
            NoCode::EmptyFiles => "empty-files",
            NoCode::NoExpectedPath(_) => "no-expected-path",
            NoCode::SeveralCandidates(_) => "several-candidates",
            NoCode::Unnamed => "unnamed",
            NoCode::TooLarge => "too-large",
            NoCode::Prose => "prose",
            NoCode::Declined => "declined",
            NoCode::ToolCall => "tool-call",
            NoCode::ThinkingOnly => "thinking-only",
            NoCode::Refused => "refused",
            NoCode::Filtered => "filtered",
            NoCode::Truncated => "truncated",
        }
    }
}

/// The most that the files of one answer may hold together.
pub const MAX_ARTIFACT_BYTES: usize = 4 << 20;

impl Artifact {
    /// Takes the files whose paths are allowed. A path that is the tail of
    /// exactly one allowed path stands for it (`frame.c` for `src/frame.c`);
    /// of two files with one path the later counts.
    pub fn from_files(
        files: impl IntoIterator<Item = (String, String)>,
        allowed: &[SafePath],
    ) -> Result<Artifact, NoCode> {
        let mut artifact = Artifact { files: BTreeMap::new(), refused: Vec::new() };
        let mut size = 0;
        for (path, content) in files {
            size += content.len();
            if size > MAX_ARTIFACT_BYTES {
                return Err(NoCode::TooLarge);
            }
            match place(&path, allowed) {
                Ok(Some(place)) => {
                    artifact.files.insert(place, content);
                }
                Ok(None) => {
                    artifact.refused.push(not_expected(&path));
                }
                Err(error) => artifact.refused.push(error.to_string()),
            }
        }
        if artifact.files.is_empty() {
            return Err(match artifact.refused.is_empty() {
                true => NoCode::Empty,
                false => NoCode::NoExpectedPath(artifact.refused),
            });
        }
        if artifact.files.values().all(|content| content.trim().is_empty()) {
            return Err(NoCode::Empty);
        }
        Ok(artifact)
    }

    /// The SHA-256 of the files: equal artifacts have equal digests.
    pub fn digest(&self) -> String {
        let text = serde_json::to_string(&self.files).unwrap_or_default();
        sha256(text.as_bytes())
    }
}

/// Why a file is left out whose path is not one of the case's.
pub(crate) fn not_expected(path: &str) -> String {
    format!("{path:?} is not one of the case's paths")
}

/// The allowed path that equals this path, or the only one that ends with it.
pub(crate) fn place(path: &str, allowed: &[SafePath]) -> Result<Option<SafePath>, UnsafePath> {
    let path = SafePath::new(path)?;
    if allowed.contains(&path) {
        return Ok(Some(path));
    }
    let tail = format!("/{path}");
    let mut ending = allowed.iter().filter(|place| place.as_str().ends_with(&tail));
    match (ending.next(), ending.next()) {
        (Some(only), None) => Ok(Some(only.clone())),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Vec<SafePath> {
        ["src/a.c", "src/b/x.c", "src/c/x.c"]
            .iter()
            .map(|path| SafePath::new(path).expect("safe"))
            .collect()
    }

    #[test]
    fn only_the_paths_of_the_case_are_taken() {
        let check = |path: &str, expect: Option<&str>| {
            let taken = Artifact::from_files([(path.to_owned(), "code".to_owned())], &allowed());
            let place = taken.ok().and_then(|artifact| artifact.files.into_keys().next());
            assert_eq!(place.as_ref().map(SafePath::as_str), expect, "{path:?}");
        };
        check("src/a.c", Some("src/a.c"));
        check("./src//a.c", Some("src/a.c"));
        check("a.c", Some("src/a.c"));
        check("x.c", None);
        check("b/x.c", Some("src/b/x.c"));
        check("src/../src/a.c", None);
        check("/src/a.c", None);
        check("tests/functional/test.c", None);
        check("src/a.c/../../tests/t.c", None);
        check("rc/a.c", None);
    }

    #[test]
    fn an_extra_file_is_left_out_and_recorded() {
        let files = [("src/a.c", "code"), ("tests/t.c", "evil"), ("/etc/passwd", "evil")];
        let files = files.map(|(path, content)| (path.to_owned(), content.to_owned()));
        let artifact = Artifact::from_files(files, &allowed()).expect("has an allowed path");
        assert_eq!(artifact.files.len(), 1);
        assert_eq!(artifact.refused.len(), 2);
    }

    #[test]
    fn files_without_code_say_why() {
        let blank = [("src/a.c".to_owned(), " \n".to_owned())];
        assert_eq!(Artifact::from_files(blank, &allowed()), Err(NoCode::Empty));
        let huge = [("src/a.c".to_owned(), "x".repeat(MAX_ARTIFACT_BYTES + 1))];
        assert_eq!(Artifact::from_files(huge, &allowed()), Err(NoCode::TooLarge));
    }
}
