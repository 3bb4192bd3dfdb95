//! [`Program`]: what analysers are given.

use std::path::Path;

use assay_core::{FileSet, Language, SafePath};

/// A program to analyse.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// What whoever asks calls it; analyses say it again.
    pub id: &'a str,
    pub language: Language,
    pub files: &'a FileSet,
    /// What it is a part of, if that is known.
    pub project: Option<Project<'a>>,
}

/// What a program is compiled with. Only those analysers see it that follow includes and
/// packages, and what they find in it is not the program's.
#[derive(Debug, Clone, Copy)]
pub struct Project<'a> {
    /// Its files; where the program has one of the same path, that takes its place.
    pub files: &'a FileSet,
    /// What `assay prepare` made for it, if anything.
    pub prepared: Option<&'a Path>,
}

/// What is shown of a program to analysers is no larger.
const MAX_BYTES: usize = 2 << 20;

/// What C++ is compiled from, and what of it is only included.
pub(super) const CPP: [&str; 3] = ["cc", "cpp", "cxx"];
pub(super) const CPP_HEADERS: [&str; 3] = ["hh", "hpp", "hxx"];

/// The endings of sources by language. C++ is of the language C.
fn endings(language: Language) -> &'static [&'static str] {
    match language {
        Language::C => &["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx"],
        Language::Go => &["go"],
        Language::Java => &["java"],
        Language::NodeJs => &["js", "cjs", "mjs", "jsx"],
        Language::Python => &["py"],
        Language::Ruby => &["rb"],
    }
}

/// The endings of what belongs to sources. Nothing else of a program is shown to an analyser,
/// so that it cannot configure one.
fn other_endings(language: Language) -> &'static [&'static str] {
    match language {
        Language::Go => &["mod", "sum"],
        _ => &[],
    }
}

/// The language of sources whose names end so, if it is one that is analysed.
pub fn language_of(ending: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| endings(*language).contains(&ending))
}

/// The endings of all sources that are analysed, as people are told them.
pub fn all_endings() -> String {
    let all = Language::ALL.into_iter().flat_map(endings);
    all.map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(", ")
}

impl<'a> Program<'a> {
    /// The files that analysers are shown.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&'a SafePath, &'a [u8])> + use<'a> {
        shown(self.language, self.files)
    }

    /// Those of its project that are shown beside them.
    pub(super) fn beside(&self) -> impl Iterator<Item = (&'a SafePath, &'a [u8])> + use<'a> {
        let Program { language, files: own, project, .. } = *self;
        let all = project.into_iter().flat_map(move |project| shown(language, project.files));
        all.filter(move |(path, _)| !own.contains_key(*path))
    }

    fn has_source(&self) -> bool {
        let endings = endings(self.language);
        self.sources().any(|(path, _)| path.extension().is_some_and(|it| endings.contains(&it)))
    }

    pub(super) fn bytes(&self) -> usize {
        self.sources().map(|(_, content)| content.len()).sum()
    }

    /// Why no analyser for these languages can look at it, if none can.
    pub(super) fn obstacle(&self, analyser: &str, languages: &[Language]) -> Option<String> {
        if !languages.contains(&self.language) {
            return Some(format!("{analyser} is not for {}", self.language.title()));
        }
        let endings = endings(self.language).join(", .");
        match self.bytes() {
            _ if !self.has_source() => {
                Some(format!("it has no source of {} (.{endings})", self.language.title()))
            }
            bytes if bytes > MAX_BYTES => Some(format!(
                "its sources have {bytes} bytes, more than the {MAX_BYTES} that are analysed"
            )),
            _ => None,
        }
    }
}

/// What analysers are shown of files.
fn shown(language: Language, files: &FileSet) -> impl Iterator<Item = (&SafePath, &[u8])> {
    let is_shown = move |ending| {
        endings(language).contains(&ending) || other_endings(language).contains(&ending)
    };
    let files = files.iter().map(|(path, content)| (path, content.as_slice()));
    files.filter(move |(path, _)| path.extension().is_some_and(is_shown))
}
