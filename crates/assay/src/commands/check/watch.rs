//! `assay check --watch`: proves a case again whenever it was changed.
//!
//! The files are looked at, by their sizes and times, several times a second: this works on every
//! file system, and needs nothing of the editor. A change counts once the files have been left
//! alone for a moment, so that a save in several steps is seen as one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use assay_core::Case;
use assay_core::corpus::CorpusSource;

use super::Context;
use super::prover::Prover;
use super::summary;
use crate::cli::CheckArgs;
use crate::commands::select;
use crate::exit::Exit;
use crate::terminal::say;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// What tells one state of a file from another: its size, and when it was changed.
type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// What a case was when it was proved last.
type Known = BTreeMap<String, (String, String)>;

/// Proves the chosen cases, then each that changes, until the user ends it.
pub(super) fn watch(
    context: &Context<'_>,
    args: &CheckArgs,
    prover: &Prover,
) -> anyhow::Result<Exit> {
    let source = context.config.corpus(context.global);
    let root = match source.clone() {
        CorpusSource::Native(root) if !source.is_built_in() => root,
        _ => bail!("--watch is for cases of your own, in a folder; {source} is none"),
    };
    let root = root.as_path();
    if !root.is_dir() {
        bail!("failed to read the corpus: there is no folder {}", root.display());
    }
    let interrupted = Arc::new(AtomicBool::new(false));
    listen(prover, &interrupted)?;
    // Afterwards nothing is pruned that it needs.
    context.validator()?.register(&source.absolute()?.to_string())?;
    let mut known = Known::new();
    let mut files = settled(root, &interrupted);
    prove_changed(context, args, prover, &mut known, &interrupted)?;
    while !interrupted.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK_EVERY);
        if stamps(root) == files {
            continue;
        }
        let now = settled(root, &interrupted);
        let changed = differing(root, &files, &now);
        files = now;
        if changed.is_empty() || interrupted.load(Ordering::Relaxed) {
            continue;
        }
        say(&format!("\n{} changed: {}", clock(), listed(&changed)))?;
        prove_changed(context, args, prover, &mut known, &interrupted)?;
    }
    // The prompt of the shell begins a line of its own.
    say("")?;
    Ok(Exit::Interrupted)
}

/// Has the flag set when the user presses Ctrl-C.
fn listen(prover: &Prover, interrupted: &Arc<AtomicBool>) -> anyhow::Result<()> {
    let _guard = prover.runtime.enter();
    let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())
        .context("failed to listen for Ctrl-C")?;
    let flag = Arc::clone(interrupted);
    prover.runtime.spawn(async move {
        signal.recv().await;
        flag.store(true, Ordering::Relaxed);
        // Whoever presses it again does not want to wait for what is running.
        signal.recv().await;
        leave_at_once();
    });
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "sandboxes end with the program, and nothing is being written"
)]
fn leave_at_once() -> ! {
    std::process::exit(Exit::Interrupted as i32)
}

/// Proves the chosen cases that are not as they were when they were proved last, and tells the
/// rest. What is wrong with the corpus is told, and may be mended while it is watched.
fn prove_changed(
    context: &Context<'_>,
    args: &CheckArgs,
    prover: &Prover,
    known: &mut Known,
    interrupted: &AtomicBool,
) -> anyhow::Result<()> {
    let corpus = match context.corpus() {
        Ok(corpus) => corpus,
        Err(error) => {
            say(&format!("error: {error:#}"))?;
            return waiting();
        }
    };
    let cases = match select(&corpus, &args.filter) {
        Ok(cases) => cases,
        Err(error) => {
            say(&format!("error: {error:#}"))?;
            return waiting();
        }
    };
    let is_new = |case: &&&Case| known.get(&case.id) != Some(&state_of(case));
    let changed: Vec<Arc<Case>> = cases
        .iter()
        .filter(|case| prover.can_prove(case))
        .filter(is_new)
        .map(|case| Arc::new((*case).clone()))
        .collect();
    if changed.is_empty() {
        say("no case differs from what was proved last")?;
        return waiting();
    }
    let ids: Vec<String> = changed.iter().map(|case| case.id.clone()).collect();
    say(&format!("proving {}", listed(&ids)))?;
    prover.prepare(&changed)?;
    let proofs = prover.prove(&changed, interrupted);
    if interrupted.load(Ordering::Relaxed) {
        return Ok(());
    }
    for proof in &proofs {
        proof.say()?;
    }
    if proofs.len() > 1 {
        say(&summary(&proofs, args.repeat, 0))?;
    }
    known.extend(changed.iter().map(|case| (case.id.clone(), state_of(case))));
    waiting()
}

fn waiting() -> anyhow::Result<()> {
    say("watching for changes; Ctrl-C ends it")
}

/// What differs if a case is to be proved again: its digest, and what the digest does not have: its
/// title, and what it says of mutants.
fn state_of(case: &Case) -> (String, String) {
    let mutants = case.code().map(|task| format!("{:?}", task.mutants)).unwrap_or_default();
    (case.digest(), case.title.clone() + &mutants)
}

/// The files below a folder, once they have not changed for a moment.
fn settled(root: &Path, interrupted: &AtomicBool) -> Stamps {
    let mut files = stamps(root);
    while !interrupted.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK_EVERY);
        let now = stamps(root);
        if now == files {
            break;
        }
        files = now;
    }
    files
}

/// The files below a folder. What cannot be looked at is left out: it may be going away right now.
fn stamps(root: &Path) -> Stamps {
    let mut stamps = Stamps::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            }
            let len = if metadata.is_dir() { 0 } else { metadata.len() };
            let time = metadata.modified().ok().filter(|_| !metadata.is_dir());
            stamps.insert(entry.path(), (len, time));
        }
    }
    stamps
}

/// The paths, from the root, that are not the same in both.
fn differing(root: &Path, before: &Stamps, now: &Stamps) -> Vec<String> {
    let paths = before.keys().chain(now.keys().filter(|path| !before.contains_key(*path)));
    let differing = paths.filter(|path| before.get(*path) != now.get(*path));
    let mut names: Vec<String> = differing
        .map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string())
        .collect();
    names.sort_unstable();
    names
}

/// A few names, and how many more there are.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The time of the day in UTC, for people.
fn clock() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    now.get(11..19).map_or_else(|| now.clone(), str::to_owned)
}
