//! The programs of a command line: files, and folders with all that is below.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::files::read_files;
use assay_core::{FileSet, Language, SafePath};
use assay_verify::analyser::{all_endings, language_of};

use crate::cli::AnalyseArgs;

/// A program as it was given.
pub(super) struct Given {
    /// Its path, with its language where a folder has several.
    pub(super) id: String,
    pub(super) language: Language,
    pub(super) files: FileSet,
}

/// The programs of the paths, in order; an error if there is none.
pub(super) fn read(args: &AnalyseArgs) -> anyhow::Result<Vec<Given>> {
    let mut programs = Vec::new();
    for path in &args.paths {
        if path.is_dir() {
            programs.extend(folder(path, args.each)?);
        } else {
            programs.push(file(path, args.language)?);
        }
    }
    programs.retain(|program| args.language.is_none_or(|language| language == program.language));
    if programs.is_empty() {
        bail!(
            "no source is there in a language that is analysed ({}), or none that --language leaves",
            all_endings()
        );
    }
    Ok(programs)
}

fn file(path: &Path, wanted: Option<Language>) -> anyhow::Result<Given> {
    let name = path.display();
    let content = std::fs::read(path).with_context(|| format!("failed to read {name}"))?;
    let own = path.file_name().and_then(|own| own.to_str()).and_then(|own| SafePath::new(own).ok());
    let own =
        own.with_context(|| format!("{name} has a name that is not plain UTF-8; rename it"))?;
    let language = own.extension().and_then(language_of).or(wanted).with_context(|| {
        let endings = all_endings();
        format!("the ending of {name} is of no language that is analysed ({endings}); give it one")
    })?;
    Ok(Given { id: name.to_string(), language, files: FileSet::from([(own, content)]) })
}

/// A program of each language that the folder has, or of each source.
fn folder(root: &Path, each: bool) -> anyhow::Result<Vec<Given>> {
    let mut programs: BTreeMap<(Language, Option<SafePath>), FileSet> = BTreeMap::new();
    for (path, content) in read_files(root)? {
        let of = match path.file_name() {
            "go.mod" | "go.sum" if !each => Some(Language::Go),
            _ => path.extension().and_then(language_of),
        };
        let Some(language) = of else { continue };
        let own = each.then(|| path.clone());
        programs.entry((language, own)).or_default().insert(path, content);
    }
    let several = !each && programs.len() > 1;
    let root = root.display();
    let given = |((language, own), files): ((Language, Option<SafePath>), FileSet)| {
        let id = match own {
            Some(own) => format!("{root}/{own}"),
            None if several => format!("{root} ({})", language.title()),
            None => root.to_string(),
        };
        Given { id, language, files }
    };
    Ok(programs.into_iter().map(given).collect())
}
