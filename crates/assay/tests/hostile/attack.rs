//! [`Attack`]: an artifact that works, is insecure, and does something to be graded
//! secure all the same. Each is a file below `attacks/`, by language.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::door::{case_folder, files_below};

/// An attack as it is written down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// What it does, in a sentence.
    about: String,
    kind: Kind,
    #[serde(default)]
    corpus: Corpus,
    case: String,
    /// The solution it starts from.
    base: Option<String>,
    /// The code it starts from, where the case has no such solution.
    base_text: Option<String>,
    /// The verdicts that are right.
    expect: Vec<String>,
    /// Texts of the base, and what stands in their place.
    #[serde(default)]
    replace: Vec<(String, String)>,
    #[serde(default)]
    before: String,
    #[serde(default)]
    after: String,
    /// Further files of the answer, by path.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// The whole answer, with `{{artifact}}` in it.
    response: Option<String>,
}

/// What an attack is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    EarlyEnd,
    ForgedReport,
    ForgedOutput,
    PatchedRunner,
    PatchedAssertion,
    InterposedFunction,
    DisabledSanitizer,
    RewrittenTests,
    RewrittenReport,
    Outliving,
    Snooping,
    PathTrick,
    Exhaustion,
    SandboxEscape,
    Store,
    ReportScript,
}

/// Where its case is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Corpus {
    #[default]
    Own,
    SecCodeBench,
}

#[derive(Debug, Clone)]
pub(crate) struct Attack {
    /// `language/name`.
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) kind: Kind,
    pub(crate) corpus: Corpus,
    pub(crate) case: String,
    pub(crate) expect: Vec<String>,
    /// The code without the attack.
    pub(crate) base: String,
    pub(crate) answer: Answer,
}

/// What the subject says: a whole response, or files by path.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Response(String),
    Files { artifact: String, others: BTreeMap<String, String> },
}

impl Attack {
    /// All attacks of a language, in the order of their names.
    pub(crate) fn of(language: &str) -> Vec<Attack> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/attacks");
        let folder = folder.join(language);
        let files = if folder.is_dir() { files_below(&folder) } else { Vec::new() };
        files.iter().map(|file| Attack::read(language, file)).collect()
    }

    fn read(language: &str, file: &PathBuf) -> Attack {
        let text = fs::read_to_string(file).expect("UTF-8");
        let written: Written =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = format!("{language}/{}", file.file_stem().unwrap_or_default().to_string_lossy());
        assert!(!written.about.is_empty() && !written.expect.is_empty(), "{name}");
        assert!(!written.expect.iter().any(|verdict| verdict == "secure"), "{name}");
        let base = match (&written.base, &written.base_text) {
            (Some(solution), None) => solution_text(&written.case, solution),
            (None, Some(text)) => text.clone(),
            _ => panic!("{name} needs either base or base-text"),
        };
        let mut artifact = base.clone();
        for (from, to) in &written.replace {
            assert!(artifact.contains(from), "{name}: the base has no {from:?}");
            artifact = artifact.replace(from, to);
        }
        artifact = [written.before, artifact, written.after].concat();
        let answer = match written.response {
            Some(response) => Answer::Response(response.replace("{{artifact}}", &artifact)),
            None => Answer::Files { artifact, others: written.files },
        };
        Attack {
            name,
            language: language.to_owned(),
            kind: written.kind,
            corpus: written.corpus,
            case: written.case,
            expect: written.expect,
            base,
            answer,
        }
    }
}

/// The text of the one file of a solution.
fn solution_text(case: &str, solution: &str) -> String {
    let files = files_below(&case_folder(case).join("solutions").join(solution));
    let [file] = files.as_slice() else { panic!("{case} has {solution} of {files:?}") };
    fs::read_to_string(file).expect("UTF-8")
}
