//! `assay variants`: makes variants of cases, and keeps those that their tests prove.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::files::read_files;
use assay_core::variant::{CaseFolder, Change};
use assay_core::{Case, FileSet};
use serde_json::json;

use super::cases::new::folders;
use super::check::proof::State;
use super::check::prover::Prover;
use super::{Context, select};
use crate::cli::{Format, JudgeArgs, VariantsArgs};
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::terminal::{complain, say, say_json};

/// A case, and the variant that is being found for it.
struct Search {
    original: Arc<Case>,
    folder: CaseFolder,
    /// The folders between the corpus and the case's.
    above: PathBuf,
    /// What could be otherwise.
    changes: Vec<Change>,
    /// What is otherwise in the largest variant that is proved so far.
    kept: Vec<Change>,
    found: Option<CaseFolder>,
    /// Why the last one that was tried is not proved.
    fault: Option<String>,
}

pub(super) fn execute(context: &Context<'_>, args: &VariantsArgs) -> anyhow::Result<Exit> {
    let source = context.laid_out(&context.config.corpus(context.global))?;
    let CorpusSource::Native(root) = &source else {
        bail!(
            "variants are made of cases in a folder, and {source} is none; name one with --corpus"
        );
    };
    if args.output.symlink_metadata().is_ok() {
        bail!("{} is there already; name a new folder with --output", args.output.display());
    }
    let corpus = context.corpus()?;
    let prover = Prover::new(context, &JudgeArgs::default(), args.jobs, 1)?;
    let chosen = select(&corpus, &args.filter)?;
    let mut searches = Vec::new();
    for case in chosen.into_iter().filter(|case| case.variant_of.is_none()) {
        searches.push(Search::of(root, case, args.seed)?);
    }
    let scratch = tempfile::tempdir().context("failed to make a folder for variants")?;
    let taken: BTreeSet<&str> = corpus.cases.iter().map(|case| case.id.as_str()).collect();
    find(&prover, &mut searches, scratch.path(), &taken)?;
    for search in &searches {
        search.write(&args.output)?;
    }
    tell(context, args, &searches)?;
    let all = searches.iter().all(|search| search.found.is_some());
    Ok(if all { Exit::Success } else { Exit::Negative })
}

/// Tries all changes of a case at once and, where that is not proved, one after another, keeping
/// those with which the variant still is.
fn find(
    prover: &Prover,
    searches: &mut [Search],
    scratch: &Path,
    taken: &BTreeSet<&str>,
) -> anyhow::Result<()> {
    let all = |search: &Search| Some(search.changes.clone()).filter(|it| !it.is_empty());
    attempt(prover, searches, scratch, taken, &all)?;
    let most = searches.iter().map(|search| search.changes.len()).max().unwrap_or(0);
    let mut whole: Vec<bool> = searches.iter().map(|search| search.found.is_some()).collect();
    for place in 0..most {
        let mut open: Vec<&mut Search> = Vec::new();
        for (search, is_whole) in searches.iter_mut().zip(&mut whole) {
            // One change alone has been tried.
            *is_whole |= search.changes.len() < 2;
            if !*is_whole {
                open.push(search);
            }
        }
        let one_more = |search: &Search| {
            let next = search.changes.get(place)?.clone();
            Some(search.kept.iter().cloned().chain([next]).collect())
        };
        attempt(prover, &mut open, &scratch.join(place.to_string()), taken, &one_more)?;
    }
    Ok(())
}

/// Proves a variant of each case that has these changes, and keeps it if it is proved.
fn attempt<S: std::borrow::BorrowMut<Search>>(
    prover: &Prover,
    searches: &mut [S],
    scratch: &Path,
    taken: &BTreeSet<&str>,
    changes: &dyn Fn(&Search) -> Option<Vec<Change>>,
) -> anyhow::Result<()> {
    let mut tried: Vec<(usize, Vec<Change>, CaseFolder, Arc<Case>)> = Vec::new();
    for (place, search) in searches.iter_mut().enumerate() {
        let search = search.borrow_mut();
        let Some(changes) = changes(search) else { continue };
        let folder = search.folder.variant(&changes);
        if taken.contains(folder.id.as_str()) {
            search.fault = Some(format!("another case has the id {}", folder.id));
            continue;
        }
        let root = scratch.join(place.to_string());
        write(&root.join(&search.above).join(&folder.id), &folder.files)?;
        // A variant that cannot even be read is none.
        match CorpusSource::Native(root).load().map(|corpus| corpus.cases) {
            Ok(cases) => tried.extend(
                cases
                    .into_iter()
                    .map(|case| (place, changes.clone(), folder.clone(), Arc::new(case))),
            ),
            Err(error) => search.fault = Some(error.to_string()),
        }
    }
    let cases: Vec<Arc<Case>> = tried.iter().map(|(_, _, _, case)| Arc::clone(case)).collect();
    if cases.is_empty() {
        return Ok(());
    }
    prover.prepare(&cases)?;
    let proofs = prover.prove(&cases, &AtomicBool::new(false));
    for ((place, changes, folder, _), proof) in tried.into_iter().zip(&proofs) {
        let search = searches[place].borrow_mut();
        match proof.state() {
            State::Proved | State::InPart => {
                (search.kept, search.found) = (changes, Some(folder));
            }
            State::NotProved | State::ToWrite => search.fault = proof.first_fault(),
        }
    }
    Ok(())
}

impl Search {
    fn of(root: &Path, case: &Case, seed: u64) -> anyhow::Result<Search> {
        let place = place_of(root, &case.id)?;
        let files = read_files(&root.join(&place).join(&case.id))?;
        let folder = CaseFolder { id: case.id.clone(), files };
        Ok(Search {
            original: Arc::new(case.clone()),
            above: place,
            changes: folder.changes(seed),
            folder,
            kept: Vec::new(),
            found: None,
            fault: None,
        })
    }

    /// Writes the case and its variant into a corpus.
    fn write(&self, output: &Path) -> anyhow::Result<()> {
        let Some(variant) = &self.found else { return Ok(()) };
        for folder in [&self.folder, variant] {
            write(&output.join(&self.above).join(&folder.id), &folder.files)?;
        }
        Ok(())
    }

    /// What the last fault was, in a line.
    fn why(&self) -> String {
        match (&self.fault, self.changes.is_empty()) {
            (_, true) => "nothing in it could be otherwise".to_owned(),
            (Some(fault), _) => fault.lines().next().unwrap_or_default().to_owned(),
            (None, false) => "it was not proved".to_owned(),
        }
    }
}

/// The folders between a corpus and the folder of a case.
pub(super) fn place_of(root: &Path, id: &str) -> anyhow::Result<PathBuf> {
    for suite in folders(root)? {
        for language in folders(&suite)? {
            if language.join(id).is_dir() {
                return Ok(language.strip_prefix(root)?.to_owned());
            }
        }
    }
    bail!("the case {id} has no folder below {}", root.display())
}

fn write(folder: &Path, files: &FileSet) -> anyhow::Result<()> {
    for (path, content) in files {
        let place = folder.join(path.as_str());
        let above = place.parent().unwrap_or(folder);
        fs::create_dir_all(above).with_context(|| format!("failed to make {}", above.display()))?;
        fs::write(&place, content)
            .with_context(|| format!("failed to write {}", place.display()))?;
    }
    Ok(())
}

fn tell(context: &Context<'_>, args: &VariantsArgs, searches: &[Search]) -> anyhow::Result<()> {
    let found = searches.iter().filter(|search| search.found.is_some()).count();
    if context.global.format == Format::Json {
        let described = searches.iter().map(|search| {
            json!({
                "case": search.original.id,
                "variant": search.found.as_ref().map(|folder| &folder.id),
                "changes": search.kept,
                "not-made": search.changes.iter().filter(|it| !search.kept.contains(it)).collect::<Vec<_>>(),
                "why-none": search.found.is_none().then(|| search.why()),
            })
        });
        let described: Vec<_> = described.collect();
        return say_json(&json!({
            "schema": "assay.variants/1",
            "folder": args.output.display().to_string(),
            "seed": args.seed,
            "cases": described,
        }));
    }
    for search in searches {
        let Some(variant) = &search.found else {
            complain(&format!("no variant of {}: {}", search.original.id, search.why()));
            continue;
        };
        say(&format!("{}, a variant of {}", variant.id, search.original.id))?;
        for change in &search.kept {
            say(&format!("    {change}"))?;
        }
        for change in search.changes.iter().filter(|change| !search.kept.contains(change)) {
            say(&format!("    not made, as it would not be proved: {change}"))?;
        }
    }
    say(&format!(
        "\n{found} of {} have a variant that is proved",
        counted(searches.len(), "case")
    ))?;
    if found > 0 {
        let folder = args.output.display();
        say(&format!(
            "Run both, and see how much worse a subject does on variants:\n\n    assay --corpus {folder} run --subject ..."
        ))?;
    }
    Ok(())
}
