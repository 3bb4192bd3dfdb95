//! The files of a case that a writer proposes, made into the folder of a case: only what may be in one
//! is taken, the head is written here, and a canary is put in.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::canary;
use assay_core::response::result_blocks;
use assay_core::{FileSet, SafePath};

use super::seed::{CaseSeed, Seed};

/// What is known of a proposed case beside the writer's answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) brief: &'a str,
    pub(super) interface: &'a str,
    pub(super) canary: &'a str,
}

const MANIFEST: &str = "case.toml";
const BRIEF: &str = "brief.en-US.md";
const HINT: &str = "hint.en-US.md";

/// Where a writer may put files.
const FOLDERS: [&str; 5] =
    ["template", "tests/functional", "tests/security", "solutions", "mutants"];

/// What says which packages are installed: as it is in the seed, for nothing is installed anew.
const DEPENDENCIES: [&str; 9] = [
    "requirements.txt",
    "pyproject.toml",
    "package.json",
    "package-lock.json",
    "go.mod",
    "go.sum",
    "pom.xml",
    "Gemfile",
    "Gemfile.lock",
];

/// A case has at most so many files and bytes.
const MOST_FILES: usize = 80;
const MOST_BYTES: usize = 512 << 10;

/// The folder of the case that an answer proposes, or all that is wrong with the answer.
pub(super) fn assemble(
    answer: &str,
    seed: &Seed,
    own: &CaseSeed,
    head: Head<'_>,
) -> Result<FileSet, Vec<String>> {
    let Some(items) = result_blocks(answer).pop() else {
        return Err(vec![
            "the answer holds no <result> block of the form that was asked for".to_owned(),
        ]);
    };
    let mut faults = Vec::new();
    let mut proposed: BTreeMap<SafePath, String> = BTreeMap::new();
    if items.len() > MOST_FILES
        || items.iter().map(|it| it.content.len()).sum::<usize>() > MOST_BYTES
    {
        return Err(vec![format!(
            "the case is too large: {} files; {MOST_FILES} files and {} KiB in all are the most",
            items.len(),
            MOST_BYTES >> 10
        )]);
    }
    for item in items {
        match place(&item.path, seed) {
            Ok(Some(path)) => {
                if item.content.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) {
                    faults.push(format!("{path} holds a control character; write an escape"));
                }
                if proposed.insert(path.clone(), item.content).is_some() {
                    faults.push(format!("{path} is there twice"));
                }
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    faults.extend(missing(&proposed));
    faults.extend(nested(&proposed));
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(folder(&proposed, seed, own, head))
}

/// Where a file goes; `None` for one that is written here, whatever the writer says of it.
fn place(path: &str, seed: &Seed) -> Result<Option<SafePath>, String> {
    let path = SafePath::new(path).map_err(|error| error.to_string())?;
    let text = path.as_str();
    if [MANIFEST, BRIEF].contains(&text) {
        return Ok(None);
    }
    let is_hidden = text.split('/').any(|part| part.starts_with('.') || part == "__pycache__");
    if is_hidden {
        return Err(format!("{path}: hidden files are no part of a case"));
    }
    if text == HINT {
        return Ok(Some(path));
    }
    if !FOLDERS.iter().any(|folder| path.is_under(folder)) {
        return Err(format!(
            "{path} has no place in a case; there are {HINT} and the folders {}",
            FOLDERS.join(", ")
        ));
    }
    if path.is_under("template") {
        if DEPENDENCIES.contains(&path.file_name()) {
            return Ok(None);
        }
        let is_artifact =
            seed.case.artifact_paths().iter().any(|it| text == format!("template/{it}"));
        if is_artifact {
            return Err(format!("{path} is the solution, which is no part of the template"));
        }
    }
    if let Some(rest) = text.strip_prefix("solutions/") {
        let (name, file) = rest.split_once('/').unwrap_or((rest, ""));
        let is_named = ["secure", "vulnerable"].iter().any(|kind| {
            name == *kind || name.strip_prefix(kind).is_some_and(|more| more.starts_with('-'))
        });
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if !is_named || !is_plain {
            return Err(format!(
                "solutions/{name}: a solution's name is secure, vulnerable, or begins with one of these and a dash"
            ));
        }
        if !seed.case.artifact_paths().iter().any(|it| it.as_str() == file) {
            let paths: Vec<&str> =
                seed.case.artifact_paths().iter().map(SafePath::as_str).collect();
            return Err(format!("{path}: a solution is of {} and nothing else", paths.join(", ")));
        }
    }
    Ok(Some(path))
}

/// What a case must have and this one lacks.
fn missing(files: &BTreeMap<SafePath, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let has = |folder: &str| files.keys().any(|path| path.is_under(folder));
    if !files.contains_key(&SafePath::new(HINT).expect("a safe path")) {
        faults.push(format!("{HINT} is missing"));
    }
    for folder in ["tests/functional", "tests/security"] {
        if !has(folder) {
            faults.push(format!("{folder} holds no test"));
        }
    }
    for kind in ["secure", "vulnerable"] {
        let of_kind = |path: &SafePath| {
            let name = path.as_str().strip_prefix("solutions/")?.split('/').next()?;
            name.starts_with(kind).then(|| name.to_owned())
        };
        let names: BTreeSet<String> = files.keys().filter_map(of_kind).collect();
        if names.len() < 2 {
            faults.push(format!("there are {} {kind} solutions; write at least two", names.len()));
        }
    }
    faults
}

/// Files that others would have to lie in.
fn nested(files: &BTreeMap<SafePath, String>) -> Vec<String> {
    let is_folder = |path: &&SafePath| files.keys().any(|it| it.is_under(path.as_str()));
    let nested = files.keys().filter(is_folder);
    nested.map(|path| format!("{path} is both a file and a folder")).collect()
}

/// The whole folder: what is proposed, over what is taken of the seed.
fn folder(
    proposed: &BTreeMap<SafePath, String>,
    seed: &Seed,
    own: &CaseSeed,
    head: Head<'_>,
) -> FileSet {
    let is_kept = |path: &SafePath| {
        ["template", "state", "world"].iter().any(|folder| path.is_under(folder))
            || path.as_str() == "world.toml"
    };
    let mut files: FileSet = own
        .files
        .iter()
        .filter(|(path, _)| is_kept(path))
        .map(|(path, content)| (path.clone(), content.clone()))
        .collect();
    for (path, text) in proposed {
        let is_test = path.is_under("tests");
        let text = match marker(path).filter(|_| is_test) {
            Some(marker) => format!("{}\n\n{marker} {}\n", text.trim_end(), head.canary),
            None => text.clone(),
        };
        files.insert(path.clone(), text.into_bytes());
    }
    let mut put = |name: &str, text: String| {
        if let Ok(path) = SafePath::new(name) {
            files.insert(path, text.into_bytes());
        }
    };
    put(BRIEF, format!("{}\n", head.brief.trim_end()));
    put(MANIFEST, manifest(seed, own, head));
    files
}

/// `case.toml` of the seed with another id, title and interface, and without what is said of the
/// seed's own solutions.
fn manifest(seed: &Seed, own: &CaseSeed, head: Head<'_>) -> String {
    let path = SafePath::new(MANIFEST).expect("a safe path");
    let text = own.files.get(&path).map(|it| String::from_utf8_lossy(it)).unwrap_or_default();
    let mut table: toml::Table = text.parse().unwrap_or_default();
    for key in ["mutants", "variant-of"] {
        table.remove(key);
    }
    let title = head.brief.lines().map(|line| line.trim_start_matches('#').trim());
    let title = title.clone().find(|line| !line.is_empty()).unwrap_or(seed.case.title.as_str());
    let title: String = title.chars().filter(|c| !c.is_control()).take(120).collect();
    table.insert("id".to_owned(), head.id.into());
    table.insert("title".to_owned(), title.into());
    if !head.interface.trim().is_empty() {
        table.insert("interface".to_owned(), format!("{}\n", head.interface.trim()).into());
    }
    format!("{table}\n# {}\n", head.canary)
}

/// What begins a comment in a file.
fn marker(path: &SafePath) -> Option<&'static str> {
    match path.extension()? {
        "py" | "rb" | "toml" | "yml" | "yaml" | "sh" => Some("#"),
        "c" | "h" | "go" | "java" | "js" | "cjs" | "mjs" => Some("//"),
        _ => None,
    }
}

/// The files of a seed as its writer is shown them: texts, and without the canary, which nobody is
/// to be told.
pub(super) fn shown(own: &CaseSeed) -> BTreeMap<SafePath, String> {
    let is_shown = |path: &SafePath| {
        path.as_str() == HINT
            || path.as_str() == BRIEF
            || FOLDERS.iter().any(|folder| path.is_under(folder))
    };
    let texts =
        own.files.iter().filter(|(path, _)| is_shown(path)).filter_map(|(path, content)| {
            let text = std::str::from_utf8(content).ok()?;
            let lines = text.lines().filter(|line| !line.contains(canary::MARK));
            Some((path.clone(), lines.map(|line| format!("{line}\n")).collect()))
        });
    texts.collect()
}
