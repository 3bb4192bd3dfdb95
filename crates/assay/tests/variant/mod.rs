//! Artifacts that are a solution of a case with something changed or added.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_core::Language;
use serde_json::Value;

use crate::door::{Door, files_below};

/// The languages to try: all, or the one that a variable of the environment names.
pub(crate) fn languages(variable: &str) -> Vec<&'static str> {
    let only = std::env::var(variable).ok();
    let languages = Language::ALL.into_iter().map(Language::as_str);
    languages.filter(|it| only.as_ref().is_none_or(|only| only == it)).collect()
}

/// The files below a folder of these tests that are of one language.
pub(crate) fn written(folder: &str, language: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(language);
    if folder.is_dir() { files_below(&folder) } else { Vec::new() }
}

/// `language/name` of a file.
pub(crate) fn name_of(language: &str, file: &Path) -> String {
    format!("{language}/{}", file.file_stem().unwrap_or_default().to_string_lossy())
}

/// The base with texts of it exchanged, and with what comes before and after it.
pub(crate) fn change(
    name: &str,
    base: &str,
    replace: &[(String, String)],
    [before, after]: [&str; 2],
) -> String {
    let mut artifact = base.to_owned();
    for (from, to) in replace {
        assert!(artifact.contains(from), "{name}: the base has no {from:?}");
        artifact = artifact.replace(from, to);
    }
    [before, &artifact, after].concat()
}

/// The place of the artifact of each case.
pub(crate) fn artifact_paths<'a>(
    door: &Door,
    cases: impl Iterator<Item = &'a str>,
    source: Option<&str>,
) -> BTreeMap<String, String> {
    let path = |id: &str| {
        let mut arguments = vec!["cases", "show", id, "--format", "json"];
        arguments.extend(source.iter().flat_map(|source| ["--corpus", source]));
        let case: Value = door.run(&arguments).with_code(0).json("assay.case/1");
        (id.to_owned(), case["artifact"][0].as_str().expect("a path").to_owned())
    };
    let ids: std::collections::BTreeSet<&str> = cases.collect();
    ids.into_iter().map(path).collect()
}
