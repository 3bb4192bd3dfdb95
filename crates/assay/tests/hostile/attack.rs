//! [`Attack`]: an artifact that works, is insecure, and does something to be graded
//! secure all the same. Each is a file below `attacks/`, by language.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::door::solution;
use crate::variant;

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
    /// Secure only in the suite, or for the caller, that it takes for the security tests.
    SuiteSensing,
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
        let files = variant::written("hostile/attacks", language);
        files.iter().map(|file| Attack::read(language, file)).collect()
    }

    fn read(language: &str, file: &Path) -> Attack {
        let text = fs::read_to_string(file).expect("UTF-8");
        let written: Written =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = variant::name_of(language, file);
        assert!(!written.about.is_empty() && !written.expect.is_empty(), "{name}");
        assert!(!written.expect.iter().any(|verdict| verdict == "secure"), "{name}");
        let base = match (&written.base, &written.base_text) {
            (Some(name), None) => solution(&written.case, name),
            (None, Some(text)) => text.clone(),
            _ => panic!("{name} needs either base or base-text"),
        };
        let around = [written.before.as_str(), written.after.as_str()];
        let artifact = variant::change(&name, &base, &written.replace, around);
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
