//! Finding the files of an answer in a model's free text.
//!
//! Subjects are asked for a block of the form
//! `<result><code><path>..</path><content><![CDATA[..]]></content></code></result>` with one `code`
//! item a file. There are two readings of what they answer: [`Reading::Strict`] follows the form
//! exactly, as SecCodeBench-V2's own program does, and [`Reading::Lenient`] takes what a person
//! would read, and therefore no thinking that was left in the text ([`ThinkingTags`]). All take
//! time that is linear in the size of the text, except for a logarithmic factor.

mod block;
mod code_places;
mod entity;
mod fence;
mod label;
mod lenient;
mod marks;
mod place;
mod reason;
mod safety;
mod strict;
mod thinking;
mod thinking_tags;
pub mod upstream;
mod verdict_fields;
mod xml;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, Finish};
use crate::artifact::{Artifact, MAX_ARTIFACT_BYTES, NoCode};
use crate::evidence::Evidence;
use crate::files::SafePath;
use crate::meant::did_you_mean;

pub use label::read_label;
pub use safety::{Safety, read_safety};
pub use thinking::{Thinking, spoken, thought};
pub use thinking_tags::ThinkingTags;

/// How answers are read.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// As SecCodeBench-V2's program reads: the last `<result>` block as XML, and its first
    /// `<code>` whose `<content>` is not empty, whatever its path says and wherever it
    /// stands: that program knows nothing of thinking.
    Strict,
    /// As a person reads, where there is one way to do that. Thinking is passed over.
    #[default]
    Lenient,
}

impl Reading {
    pub const ALL: [Reading; 2] = [Reading::Strict, Reading::Lenient];

    pub fn as_str(self) -> &'static str {
        match self {
            Reading::Strict => "strict",
            Reading::Lenient => "lenient",
        }
    }

    #[must_use]
    pub fn other(self) -> Reading {
        match self {
            Reading::Strict => Reading::Lenient,
            Reading::Lenient => Reading::Strict,
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reading {
    type Err = String;

    fn from_str(text: &str) -> Result<Reading, String> {
        let found = Reading::ALL.into_iter().find(|reading| reading.as_str() == text);
        found.ok_or_else(|| {
            let meant = did_you_mean(text, Reading::ALL.map(Reading::as_str));
            format!("{text:?} is not a reading{meant}; there are strict and lenient")
        })
    }
}

/// In what form of an answer a file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The subject answered with files.
    File,
    /// A `<result>` block in XML, as asked for.
    ResultBlock,
    /// A `<result>` block that is not quite as asked for.
    MendedBlock,
    /// A `<code>` item outside of any `<result>` block.
    CodeItem,
    /// A fenced block whose opening line names the file.
    FenceInfo,
    /// A fenced block after a line that names the file.
    FenceHeading,
    /// A fenced block whose first line is a comment that names the file.
    FenceComment,
    /// The only fenced block that can be the case's only file.
    SoleFence,
}

impl Form {
    /// What is shown of it.
    pub fn title(self) -> &'static str {
        match self {
            Form::File => "a file",
            Form::ResultBlock => "a <result> block",
            Form::MendedBlock => "a <result> block that is not quite as asked for",
            Form::CodeItem => "a <code> item without a <result> block",
            Form::FenceInfo => "a fenced block that names it",
            Form::FenceHeading => "a fenced block after a line that names it",
            Form::FenceComment => "a fenced block whose first line names it",
            Form::SoleFence => "the only fenced block",
        }
    }
}

/// How the path that an answer gives was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathMatch {
    /// It is the case's path.
    Exact,
    /// It is the end of the case's path, and of no other.
    Tail,
    /// It is another path that only this file can be meant by: one from a root, with a
    /// project's folder, with backslashes, in quotes, or in other letter case.
    Mended,
    /// It does not matter, as only one file was asked for and only one was given.
    Only,
}

impl PathMatch {
    /// What is shown of it.
    pub fn title(self) -> &'static str {
        match self {
            PathMatch::Exact => "with its path",
            PathMatch::Tail => "with the end of its path",
            PathMatch::Mended => "with a path that only it can be meant by",
            PathMatch::Only => "whatever its path, as there is one file",
        }
    }
}

/// How a file of an artifact was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Found {
    pub form: Form,
    pub path: PathMatch,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.form.title(), self.path.title())
    }
}

/// An artifact, and how each of its files was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadArtifact {
    pub artifact: Artifact,
    pub found: BTreeMap<SafePath, Found>,
}

/// What a turn keeps of how its answer was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TurnReading {
    /// The reading that the turn's artifact and evidence come from.
    pub reading: Reading,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<SafePath, Found>,
    /// The result of the other reading, if that finds another artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Box<OtherReading>>,
    /// Where thinking stands in the answer's text, in bytes, with its tags; `None` in a
    /// run of a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Vec<Range<usize>>>,
}

/// The result of the reading that a run does not follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OtherReading {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<SafePath, Found>,
    /// What was observed of that artifact, or the fault that kept it from being observed.
    pub observed: Result<Evidence, crate::infra_error::InfraError>,
}

/// An answer as it came.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    pub answer: &'a Answer,
    pub finish: Finish,
    /// Whether the model showed thinking beside it.
    pub thought: bool,
    /// Where thinking stands in its text, in order: [`ThinkingTags::places`].
    pub thinking: &'a [Range<usize>],
}

impl Said<'_> {
    /// The artifact that a reading finds in the answer, or why it finds none.
    pub fn read(&self, reading: Reading, allowed: &[SafePath]) -> Result<ReadArtifact, NoCode> {
        let text = match self.answer {
            Answer::Text(text) => text,
            Answer::Files(files) => return of_files(files, allowed),
        };
        let spoken = spoken(text, self.thinking);
        let taken = match reading {
            Reading::Strict => strict::read(text, allowed),
            Reading::Lenient => lenient::read(&spoken, allowed, self.finish == Finish::Truncated),
        };
        let taken = taken.map_err(|fault| reason::of(fault, &spoken, self));
        taken.and_then(|taken| taken.into_artifact())
    }

    /// Both readings: that of the run, and the other one if it finds another artifact.
    pub fn read_both(&self, reading: Reading, allowed: &[SafePath]) -> BothReadings {
        let own = self.read(reading, allowed);
        let other = match self.answer {
            Answer::Files(_) => None,
            Answer::Text(_) => Some(self.read(reading.other(), allowed)),
        };
        let files = |read: &Result<ReadArtifact, NoCode>| {
            read.as_ref().ok().map(|read| read.artifact.files.clone())
        };
        let other = other.filter(|other| files(other) != files(&own));
        BothReadings { own, other }
    }
}

/// What both readings make of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BothReadings {
    pub own: Result<ReadArtifact, NoCode>,
    /// `None` where both find the same files, or both find none.
    pub other: Option<Result<ReadArtifact, NoCode>>,
}

fn of_files(
    files: &BTreeMap<String, String>,
    allowed: &[SafePath],
) -> Result<ReadArtifact, NoCode> {
    let artifact = Artifact::from_files(files.clone(), allowed)?;
    let exact = |path: &SafePath| match files.contains_key(path.as_str()) {
        true => PathMatch::Exact,
        false => PathMatch::Tail,
    };
    let found = artifact
        .files
        .keys()
        .map(|path| (path.clone(), Found { form: Form::File, path: exact(path) }));
    Ok(ReadArtifact { found: found.collect(), artifact })
}

/// Files that were found in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Taken {
    files: BTreeMap<SafePath, (String, Found)>,
    /// Why others were left out, a sentence each.
    refused: Vec<String>,
}

impl Taken {
    fn into_artifact(self) -> Result<ReadArtifact, NoCode> {
        if self.files.values().map(|(text, _)| text.len()).sum::<usize>() > MAX_ARTIFACT_BYTES {
            return Err(NoCode::TooLarge);
        }
        let found = self.files.iter().map(|(path, (_, found))| (path.clone(), *found)).collect();
        let files = self.files.into_iter().map(|(path, (text, _))| (path, text)).collect();
        Ok(ReadArtifact { artifact: Artifact { files, refused: self.refused }, found })
    }
}

/// Why a reading finds no file in a text, as far as the form tells.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// Nothing of the form that was looked for.
    NoForm,
    /// The block is no XML: what is wrong, and where.
    Malformed(String),
    /// Only files without content.
    EmptyFiles,
    /// Only files that were not asked for, a sentence each.
    NoExpectedPath(Vec<String>),
    /// So many fenced blocks that could be the file.
    Several(usize),
    /// Fenced blocks that do not say which of several files they are.
    Unnamed,
    /// The text ends within the only file.
    CutOff,
}

/// The lines of a text without blank ones around them, and with an end of the last line;
/// `None` if all are blank.
fn without_margin_lines(text: &str) -> Option<String> {
    let is_blank = |line: &str| line.trim().is_empty();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !is_blank(line) {
            break;
        }
        start += line.len();
    }
    let mut body = &text[start..];
    while let Some(line) = last_line(body) {
        if !is_blank(line) {
            break;
        }
        body = &body[..body.len() - line.len()];
    }
    let body = body.strip_suffix('\n').unwrap_or(body);
    (!body.is_empty()).then(|| format!("{body}\n"))
}

/// The last line of a text, with its end.
fn last_line(text: &str) -> Option<&str> {
    let start = text.strip_suffix('\n').unwrap_or(text).rfind('\n');
    (!text.is_empty()).then(|| &text[start.map_or(0, |at| at + 1)..])
}
