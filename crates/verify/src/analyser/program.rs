//! [`Program`]: what analysers are given.

use assay_core::{FileSet, Language, SafePath};

/// A program to analyse.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// What whoever asks calls it; analyses say it again.
    pub id: &'a str,
    pub language: Language,
    pub files: &'a FileSet,
}

/// What is shown of a program to analysers is no larger.
const MAX_BYTES: usize = 2 << 20;

/// The endings of sources, and of what belongs to them, by language. Nothing else of a
/// program is shown to an analyser, so that it cannot configure one.
fn endings(language: Language) -> &'static [&'static str] {
    match language {
        Language::C => &["c", "h"],
        Language::Go => &["go", "mod", "sum"],
        Language::Java => &["java"],
        Language::NodeJs => &["js", "cjs", "mjs", "jsx"],
        Language::Python => &["py"],
        Language::Ruby => &["rb"],
    }
}

impl<'a> Program<'a> {
    /// The files that analysers are shown.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&'a SafePath, &'a [u8])> + use<'a> {
        let endings = endings(self.language);
        let files = self.files.iter().map(|(path, content)| (path, content.as_slice()));
        files.filter(move |(path, _)| path.extension().is_some_and(|it| endings.contains(&it)))
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
            _ if self.sources().next().is_none() => {
                Some(format!("it has no source of {} (.{endings})", self.language.title()))
            }
            bytes if bytes > MAX_BYTES => Some(format!(
                "its sources have {bytes} bytes, more than the {MAX_BYTES} that are analysed"
            )),
            _ => None,
        }
    }
}
