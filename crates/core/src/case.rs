//! A case: one problem, what it is about, and the task that it sets.

mod form;
mod reading;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::files::SafePath;
use crate::judge::Rubric;
use crate::locale::Locale;
use crate::meant::did_you_mean;
use crate::phase::Phase;
use crate::prompts::Prompts;
use crate::scenario::Scenario;
use crate::suite::ExpectedTest;
use crate::task::{CodeTask, Solution, SolutionKind, Task};

pub use reading::CaseFormError;

/// One problem, loaded whole: what it is about, and the task that it sets.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique in its corpus; letters, digits, `-` and `_`.
    pub id: String,
    pub title: String,
    /// The case that this is a variant of, see [`crate::variant`].
    pub variant_of: Option<String>,
    pub language: Language,
    /// CWE identifiers such as `CWE-78`; a case may carry several.
    pub cwe: Vec<String>,
    pub severity: Severity,
    pub scenarios: Vec<Scenario>,
    pub prompts: Prompts,
    pub task: Task,
}

impl Case {
    /// The task, if it is one of code.
    pub fn code(&self) -> Option<&CodeTask> {
        match &self.task {
            Task::Code(task) => Some(task),
            Task::Recognise(_) => None,
        }
    }

    /// The solutions of one kind, in order of their names.
    pub fn solutions(&self, kind: SolutionKind) -> impl Iterator<Item = &Solution> {
        let solutions = self.code().map(|task| task.solutions.as_slice()).unwrap_or_default();
        solutions.iter().filter(move |solution| solution.kind == kind)
    }

    /// The solutions that pass every phase of the task, in order of their names.
    pub fn passing_solutions(&self) -> impl Iterator<Item = &Solution> {
        let solutions = self.code().map(|task| task.solutions.as_slice()).unwrap_or_default();
        solutions.iter().filter(|solution| solution.kind.passes())
    }

    /// The tests that a phase's suite must report; none where no suite decides it.
    pub fn expected_tests(&self, phase: Phase) -> &[ExpectedTest] {
        let suite = self.code().and_then(|task| task.decider(phase)?.suite());
        suite.map(|suite| suite.expected.as_slice()).unwrap_or_default()
    }

    /// The only paths that an artifact may write.
    pub fn artifact_paths(&self) -> &[SafePath] {
        self.code().map(|task| task.artifact_paths.as_slice()).unwrap_or_default()
    }

    /// The locales in which it has texts.
    pub fn locales(&self) -> Vec<Locale> {
        let has = |locale: &Locale| match &self.prompts {
            Prompts::Composed { briefs, .. } => briefs.contains_key(locale),
            Prompts::Verbatim(prompts) => prompts.keys().any(|(_, other)| other == locale),
        };
        Locale::ALL.into_iter().filter(has).collect()
    }

    /// The phases that judges decide, by a rubric, and not tests.
    pub fn judged_phases(&self) -> Vec<Phase> {
        self.rubrics().map(|(phase, _)| phase).collect()
    }

    /// Whether judges are asked about its artifacts, to decide or beside.
    pub fn asks_judges(&self) -> bool {
        let beside = self.code().and_then(CodeTask::rubric_beside);
        self.rubrics().next().is_some() || beside.is_some()
    }

    /// What judges decide by, of each phase that is theirs.
    pub fn rubrics(&self) -> impl Iterator<Item = (Phase, &Rubric)> {
        Phase::ALL.into_iter().filter_map(|phase| Some((phase, self.rubric(phase)?)))
    }

    /// What judges decide a phase by; `None` where it is not theirs.
    pub fn rubric(&self, phase: Phase) -> Option<&Rubric> {
        self.code().and_then(|task| task.decider(phase)?.rubric())
    }

    /// Whether anything of an artifact is run before judges see it.
    pub fn is_run(&self) -> bool {
        self.code().is_some_and(|task| task.functional.suite().is_some())
    }

    /// Whether a sandbox is needed to say anything of an artifact.
    pub fn needs_sandbox(&self) -> bool {
        let mut deciders = self.code().into_iter().flat_map(CodeTask::deciders);
        deciders.any(|decider| decider.rubric().is_none())
    }

    /// The SHA-256 of everything that a verdict on this case depends on, as 64 hexadecimal digits;
    /// docs/case-digests.md lists the bytes.
    pub fn digest(&self) -> String {
        form::of(self).digest()
    }

    /// The case in the form of docs/case-digests.md: everything but its title.
    pub fn entries(&self) -> BTreeMap<String, Vec<u8>> {
        form::of(self).0
    }

    /// The case that has these entries, and a title.
    pub fn from_entries(
        title: String,
        entries: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Case, CaseFormError> {
        reading::case(title, entries)
    }
}

/// The language of a case's artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    C,
    Go,
    Java,
    NodeJs,
    Python,
    Ruby,
}

impl Language {
    pub const ALL: [Language; 6] = [
        Language::C,
        Language::Go,
        Language::Java,
        Language::NodeJs,
        Language::Python,
        Language::Ruby,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::Go => "go",
            Language::Java => "java",
            Language::NodeJs => "nodejs",
            Language::Python => "python",
            Language::Ruby => "ruby",
        }
    }

    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Language::C => "C",
            Language::Go => "Go",
            Language::Java => "Java",
            Language::NodeJs => "Node.js",
            Language::Python => "Python",
            Language::Ruby => "Ruby",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What else people call a language.
const OTHER_NAMES: [(&str, Language); 6] = [
    ("c++", Language::C),
    ("golang", Language::Go),
    ("javascript", Language::NodeJs),
    ("js", Language::NodeJs),
    ("node", Language::NodeJs),
    ("py", Language::Python),
];

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Language, String> {
        match text {
            "cpp" => Ok(Language::C),
            _ => Language::ALL.into_iter().find(|language| language.as_str() == text).ok_or_else(
                || {
                    let known = Language::ALL.map(Language::as_str);
                    let other =
                        OTHER_NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
                    let meant = match other {
                        Some((_, language)) => format!(" (did you mean {:?}?)", language.as_str()),
                        None => did_you_mean(text, known),
                    };
                    format!("{text:?} is not a language{meant}; there are {}", known.join(", "))
                },
            ),
        }
    }
}

/// How bad the vulnerability is (paper, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Medium,
    High,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Critical, Severity::High, Severity::Medium];

    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The weight of a case in a score (paper, section 5).
    pub fn weight(self) -> f64 {
        match self {
            Severity::Medium => 1.0,
            Severity::High => 2.0,
            Severity::Critical => 4.0,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Severity, String> {
        Severity::ALL.into_iter().find(|severity| severity.as_str() == text).ok_or_else(|| {
            let meant = did_you_mean(text, Severity::ALL.map(Severity::as_str));
            format!("{text:?} is not a severity{meant}; there are critical, high and medium")
        })
    }
}
