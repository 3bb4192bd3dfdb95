//! Tests as evaluators: those of the case that a program is a solution of.

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, bail};
use assay_core::assessment::Assessment;
use assay_core::benchmark::cov_eval::COMPLETE;
use assay_core::{Artifact, Case, Corpus, Label, Outcome, Verdict};
use assay_verify::{Job, JobResult, LocalVerifier, Verifier as _};

use super::{Faults, note};
use crate::commands::preflight;
use crate::evaluators::{KnownProgram, Ledger};
use crate::run::progress::Progress;

/// What they are called among evaluators.
pub(super) const NAME: &str = "tests";

/// Runs the tests on all programs that have not been tested.
pub(super) fn assess(
    corpus: &Corpus,
    programs: &[KnownProgram],
    verifier: &LocalVerifier,
    ledger: &mut Ledger,
    faults: &mut Faults,
    human: bool,
) -> anyhow::Result<()> {
    let origins = origins(corpus);
    let done = ledger.assessed_by(NAME);
    let mut work = Vec::new();
    for program in programs.iter().filter(|program| !done.contains(program.id())) {
        let Some(case) = origins.get(program.group.as_str()) else {
            bail!(
                "{} is a solution of no case with tests; leave --tests out for this corpus",
                program.id()
            );
        };
        work.push((program, Arc::clone(case)));
    }
    let cases: Vec<&Case> = work.iter().map(|(_, case)| case.as_ref()).collect();
    preflight::validation(&verifier.validator, &cases)?;
    let (sender, results) = mpsc::channel::<JobResult>();
    let sender = Mutex::new(sender);
    let jobs = verifier.start(Arc::new(move |result| {
        sender.lock().is_ok_and(|sender| sender.send(result).is_ok())
    }));
    let mut open = HashMap::new();
    let mut progress = Progress::start(work.len(), human);
    for (id, (program, case)) in (0_u64..).zip(work) {
        let artifact = artifact(program)?;
        jobs.submit(Job { id, case: Arc::clone(&case), artifact: Arc::new(artifact) });
        open.insert(id, (program, case));
    }
    while !open.is_empty() {
        let JobResult { id, result, elapsed } =
            results.recv().context("failed to hear from any validator")?;
        let Some((program, case)) = open.remove(&id) else { continue };
        let outcome = result.map_or_else(Outcome::Errored, |it| it.evidence.outcome());
        progress.advance(&outcome);
        let wall_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        match &outcome {
            Outcome::Errored(error) => note(faults, NAME, error.clone()),
            Outcome::Judged(_) => ledger.add(assessment(program, &case, &outcome, wall_ms))?,
        }
    }
    progress.finish();
    Ok(())
}

/// The case with tests that each group of programs is of.
fn origins(corpus: &Corpus) -> BTreeMap<String, Arc<Case>> {
    let completes = corpus.cases.iter().filter(|case| case.scenarios.contains(&COMPLETE));
    let tested = completes.filter(|case| case.is_run() && case.judged_phases().is_empty());
    let origin = |case: &Case| case.id.strip_prefix("complete-").map(str::to_owned);
    tested.filter_map(|case| Some((origin(case)?, Arc::new(case.clone())))).collect()
}

pub(super) fn artifact(program: &KnownProgram) -> anyhow::Result<Artifact> {
    let files = program.files().into_iter();
    let files = files.map(|(path, content)| {
        let text = String::from_utf8(content).with_context(|| format!("{path} is not text"))?;
        Ok((path, text))
    });
    Ok(Artifact { files: files.collect::<anyhow::Result<_>>()?, refused: Vec::new() })
}

fn assessment(program: &KnownProgram, case: &Case, outcome: &Outcome, wall_ms: u64) -> Assessment {
    let said = match outcome.verdict() {
        Some(Verdict::Secure) => Ok(Label::default()),
        Some(Verdict::Insecure) => {
            Ok(Label { vulnerable: true, cwe: case.cwe.clone(), ..Label::default() })
        }
        Some(other) => Err(format!("the program is {other}")),
        None => Err("tests decide nothing about it".to_owned()),
    };
    program.assessed(NAME, said, wall_ms)
}
