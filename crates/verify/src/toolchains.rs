//! [`Toolchains`]: every language that can be validated, and what each works with.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::Language;

use super::toolchain::Toolchain;
use super::tools::version;
use super::{c, go, java, nodejs, python, ruby};

/// The languages that can be validated.
#[derive(Debug, Default)]
pub(super) struct Toolchains {
    c: c::C,
    go: go::Go,
    java: java::Java,
    nodejs: nodejs::NodeJs,
    python: python::Python,
    ruby: ruby::Ruby,
}

impl Toolchains {
    pub(super) fn of(&self, language: Language) -> &dyn Toolchain {
        match language {
            Language::C => &self.c,
            Language::Go => &self.go,
            Language::Java => &self.java,
            Language::NodeJs => &self.nodejs,
            Language::Python => &self.python,
            Language::Ruby => &self.ruby,
        }
    }
}

/// The languages whose cases need a tool.
pub fn languages_of(tool: &str) -> Vec<Language> {
    let toolchains = Toolchains::default();
    let needs = |language: &Language| {
        toolchains.of(*language).tools().iter().any(|(name, _)| *name == tool)
    };
    Language::ALL.into_iter().filter(needs).collect()
}

/// The first line that each tool of these languages answers; [`MISSING`](super::tools::MISSING) without one.
pub fn versions(languages: impl IntoIterator<Item = Language>) -> BTreeMap<String, String> {
    let toolchains = Toolchains::default();
    let languages = BTreeSet::from_iter(languages);
    languages
        .into_iter()
        .map(|language| toolchains.of(language))
        .flat_map(|toolchain| toolchain.tools())
        .map(|(name, command)| ((*name).to_owned(), version(command)))
        .collect()
}
