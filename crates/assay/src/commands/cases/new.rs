//! `assay cases new`: writes the skeleton of a case.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assay_core::Cwe;
use assay_core::corpus::CorpusSource;
use assay_core::cwe::Standing;
use serde_json::json;

use crate::cli::{Format, NewCaseArgs};
use crate::commands::Context;
use crate::exit::Exit;
use crate::skeleton::Skeleton;
use crate::terminal::{complain, say, say_json};

/// The folder of cases in a corpus that has none yet.
const SUITE: &str = "private";

/// The most weaknesses that are named as those that may be meant.
const MOST_MEANT: usize = 8;

pub(super) fn execute(context: &Context<'_>, args: &NewCaseArgs) -> anyhow::Result<Exit> {
    let source = context.config.corpus_of_new_cases(context.global);
    let root = match &source {
        CorpusSource::Native(root) if !source.is_built_in() => root,
        _ => bail!(
            "cases are written into a folder of your own, and {source} is none; name one with --corpus, as in --corpus cases"
        ),
    };
    check_name("id", &args.id)?;
    let cwe = args.cwe.iter().map(|text| weakness(text)).collect::<anyhow::Result<Vec<Cwe>>>()?;
    let title = args.title.as_deref().map(str::trim);
    if title.is_some_and(|title| title.is_empty() || title.chars().any(char::is_control)) {
        bail!("--title is one line, and not empty");
    }
    refuse_known(root, &args.id)?;
    let suite = suite(root, args.suite.as_deref())?;
    let folder = root.join(suite).join(args.language.as_str()).join(&args.id);
    let skeleton = Skeleton {
        id: args.id.clone(),
        title: title.map(str::to_owned),
        language: args.language,
        cwe,
        severity: args.severity,
    };
    let files = skeleton.files();
    write(&folder, &files)?;
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.new-case/1",
            "id": args.id,
            "folder": folder.display().to_string(),
            "files": paths,
        }))?;
        return Ok(Exit::Success);
    }
    tell(context, &skeleton, &folder, &paths)?;
    Ok(Exit::Success)
}

/// An id, or the name of a folder, in the form that all tools bear.
fn check_name(what: &str, name: &str) -> anyhow::Result<()> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && name.chars().all(is_letter) && name.len() <= 64 {
        return Ok(());
    }
    let words: String = name.chars().map(|c| if is_letter(c) { c } else { ' ' }).collect();
    let better = words.split_whitespace().collect::<Vec<_>>().join("-").to_lowercase();
    let better: String = better.trim_matches(['-', '_']).chars().take(64).collect();
    let meant = match better.is_empty() {
        true => String::new(),
        false => format!(" (did you mean {better:?}?)"),
    };
    bail!(
        "the {what} {name:?} is not of letters, digits, - and _, beginning with a letter or digit, and at most 64 of them{meant}"
    );
}

/// The weakness that a text names, by its number or by words of its name that no other has.
fn weakness(text: &str) -> anyhow::Result<Cwe> {
    let Ok(cwe) = text.parse::<Cwe>() else {
        let found = Cwe::named(text);
        let titled: Vec<String> = found.iter().take(MOST_MEANT).map(|it| it.titled()).collect();
        let more = match found.len().saturating_sub(MOST_MEANT) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        match titled.is_empty() {
            true => bail!("--cwe {text:?} is no weakness; write its number, as in --cwe 787"),
            false => {
                bail!("--cwe {text:?} is no number; did you mean {}{more}?", titled.join(", "))
            }
        }
    };
    match (cwe.standing(), cwe.objection()) {
        (Standing::Later, Some(objection)) => complain(&format!("warning: {objection}")),
        (_, Some(objection)) => bail!("{objection}"),
        (_, None) => {}
    }
    Ok(cwe)
}

/// Refuses an id that a case of the corpus has already, whatever its suite and language.
fn refuse_known(root: &Path, id: &str) -> anyhow::Result<()> {
    for suite in folders(root)? {
        for language in folders(&suite)? {
            let place = language.join(id);
            if place.symlink_metadata().is_ok() {
                bail!("{} is there already; give the new case another id", place.display());
            }
        }
    }
    Ok(())
}

/// The folder of the corpus that the case goes into: the one that is named, the only one there is,
/// or a new one.
fn suite(root: &Path, named: Option<&str>) -> anyhow::Result<String> {
    if let Some(name) = named {
        check_name("suite", name)?;
        return Ok(name.to_owned());
    }
    let there = folders(root)?;
    let mut names: Vec<String> = there
        .iter()
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect();
    match names.len() {
        0 => Ok(SUITE.to_owned()),
        1 => Ok(names.remove(0)),
        _ => bail!(
            "{} has several folders of cases; name one with --suite, as in --suite {}",
            root.display(),
            names[0]
        ),
    }
}

/// The folders directly below one, in order; none below one that does not exist.
pub(in crate::commands) fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let fault = || format!("failed to read {}", folder.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).with_context(fault)? {
        let path = entry.with_context(fault)?.path();
        folders.extend(path.is_dir().then_some(path));
    }
    folders.sort();
    Ok(folders)
}

/// Writes all files into a folder that does not exist yet, or leaves none.
fn write(folder: &Path, files: &[(String, String)]) -> anyhow::Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent).with_context(|| format!("failed to create {}", parent.display()))?;
    fs::create_dir(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let all = files.iter().try_for_each(|(path, text)| {
        let place = folder.join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("failed to create {}", parent.display()))?;
        }
        fs::write(&place, text).with_context(|| format!("failed to write {}", place.display()))
    });
    if all.is_err() {
        // The folder is new, so all that is in it was written here.
        drop(fs::remove_dir_all(folder));
    }
    all
}

fn tell(
    context: &Context<'_>,
    skeleton: &Skeleton,
    folder: &Path,
    paths: &[&str],
) -> anyhow::Result<()> {
    let weaknesses: Vec<String> = skeleton.cwe.iter().map(|cwe| cwe.titled()).collect();
    say(&format!("{}: a case about {}", folder.display(), weaknesses.join(", ")))?;
    say("\nWrite what is marked with TO BE WRITTEN, best in this order:")?;
    let width = paths.iter().map(|path| path.len()).max().unwrap_or(0);
    for path in paths {
        say(format!("  {path:<width$}  {}", about(path)).trim_end())?;
    }
    let corpus = match &context.global.corpus {
        Some(corpus) => format!("--corpus {} ", quoted(corpus)),
        None => String::new(),
    };
    let id = &skeleton.id;
    say("\nThen install what it needs, and prove it again with every change:")?;
    say(&format!("  assay {corpus}prepare {id}"))?;
    say(&format!("  assay {corpus}check {id} --watch"))
}

/// What a file of the skeleton is for.
fn about(path: &str) -> &'static str {
    match path.split('/').next().unwrap_or(path) {
        "case.toml" => "what the case is, and the signature",
        "brief.en-US.md" => "the task",
        "hint.en-US.md" => "what the scenarios with hints add",
        "template" => "the project, without the artifact",
        "solutions" if path.starts_with("solutions/secure") => "works, and resists the attacks",
        "solutions" => "works, and makes a mistake that people make",
        "tests" if path.starts_with("tests/functional") => "whether it works",
        "tests" => "the attacks",
        _ => "",
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+@%,=".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
