//! A case: one programming problem with its scaffold, its tests and its
//! solutions known to be secure and known to be vulnerable.

mod digest;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::files::{FileSet, SafePath};
use crate::prompt::Prompts;
use crate::scenario::Scenario;
use crate::state::State;
use crate::suite::Suite;
use crate::world::World;

/// One programming problem, loaded whole.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique in its corpus; letters, digits, `-` and `_`.
    pub id: String,
    pub title: String,
    pub language: Language,
    /// CWE identifiers such as `CWE-78`; a case may carry several.
    pub cwe: Vec<String>,
    pub severity: Severity,
    pub scenarios: Vec<Scenario>,
    /// The signature that the artifact must provide, as source text.
    pub interface: Option<String>,
    /// The only paths that an artifact may write.
    pub artifact_paths: Vec<SafePath>,
    pub prompts: Prompts,
    /// The project without the artifact and without tests.
    pub template: FileSet,
    /// What an artifact may import beyond the packages of the template, by the
    /// names that the language's package manager knows.
    pub modules: Vec<String>,
    pub functional: Suite,
    pub security: Suite,
    pub solutions: Vec<Solution>,
    pub limits: CaseLimits,
    /// What is there outside the project before each suite.
    pub state: State,
    /// Words of errors by which an attack of the security suite shows: a failure with
    /// one of them is not taken for one of the environment.
    pub attack_marks: Vec<String>,
    /// The hosts that exist for the artifact and the tests.
    pub world: Option<World>,
}

impl Case {
    /// The solutions of one kind, in order of their names.
    pub fn solutions(&self, kind: SolutionKind) -> impl Iterator<Item = &Solution> {
        self.solutions.iter().filter(move |solution| solution.kind == kind)
    }

    /// The phases that judges decide, by a rubric, and not tests.
    pub fn judged_phases(&self) -> Vec<&'static str> {
        let phases = [("functional", &self.functional), ("security", &self.security)];
        let is_judged = |(_, suite): &(&str, &Suite)| suite.rubric().is_some();
        phases.into_iter().filter(is_judged).map(|(phase, _)| phase).collect()
    }

    /// The SHA-256 of everything that a verdict on this case depends on, as 64 hexadecimal
    /// digits; docs/case-digests.md says of which bytes.
    pub fn digest(&self) -> String {
        digest::of(self)
    }
}

/// A set of artifact files whose security is known.
#[derive(Debug, Clone)]
pub struct Solution {
    /// The folder's name, such as `secure` or `vulnerable-blocklist`.
    pub name: String,
    pub kind: SolutionKind,
    pub files: FileSet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SolutionKind {
    Secure,
    Vulnerable,
}

/// What one command of a validation may use. CPU time is the limit that is
/// meant; the wall limit is wide, so that load on the host changes no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLimits {
    /// CPU seconds of all processes of one build.
    pub build: Duration,
    /// CPU seconds of all processes of one suite.
    pub suite: Duration,
    /// Wall seconds of one suite, for programs that wait (sleep, read from a
    /// silent peer) and so use no CPU time. A timeout is rerun alone before it
    /// counts.
    pub wall: Duration,
    /// Bytes of memory of all processes together.
    pub memory: u64,
}

impl Default for CaseLimits {
    fn default() -> CaseLimits {
        CaseLimits {
            build: Duration::from_secs(30),
            suite: Duration::from_secs(10),
            wall: Duration::from_secs(30),
            memory: 2 << 30,
        }
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
}

impl Language {
    pub const ALL: [Language; 5] =
        [Language::C, Language::Go, Language::Java, Language::NodeJs, Language::Python];

    pub fn as_str(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::Go => "go",
            Language::Java => "java",
            Language::NodeJs => "nodejs",
            Language::Python => "python",
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
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Language, String> {
        match text {
            "cpp" => Ok(Language::C),
            _ => Language::ALL.into_iter().find(|language| language.as_str() == text).ok_or_else(
                || format!("{text:?} is not a language; there are c, go, java, nodejs, python"),
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
            format!("{text:?} is not a severity; there are critical, high and medium")
        })
    }
}
