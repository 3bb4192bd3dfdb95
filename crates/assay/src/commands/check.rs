//! `assay check`: proves cases.

mod attacks;
mod mutants;
mod probe;
pub(super) mod proof;
pub(super) mod prover;
mod texts;
mod watch;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::bail;
use assay_core::{Case, Language};
use serde_json::json;

use super::{Context, select};
use crate::cli::{CheckArgs, Format};
use crate::exit::Exit;
use crate::terminal::{say, say_json};
use mutants::Counts;
use proof::{Proof, State};
use prover::Prover;

pub(super) fn execute(context: &Context<'_>, args: &CheckArgs) -> anyhow::Result<Exit> {
    let human = context.global.format == Format::Human;
    if args.watch && !human {
        bail!("--watch is for people; leave it out, or leave --format json out");
    }
    let prover =
        Prover::new(context, &args.judges, args.jobs, args.repeat)?.with_mutants(args.mutants);
    if args.watch {
        return watch::watch(context, args, &prover);
    }
    let corpus = context.corpus()?;
    // Without judges there is nothing to see of a case that tests have no part in.
    let (cases, left_out): (Vec<&Case>, Vec<&Case>) =
        select(&corpus, &args.filter)?.into_iter().partition(|case| prover.can_prove(case));
    let cases: Vec<Arc<Case>> = cases.into_iter().cloned().map(Arc::new).collect();
    let proofs = prover.prove(&cases, &AtomicBool::new(false));
    let count = |state| proofs.iter().filter(|proof| proof.state() == state).count();
    let (proved, in_part) = (count(State::Proved), count(State::InPart));
    if human {
        for proof in &proofs {
            proof.say()?;
        }
        say(&summary(&proofs, args.repeat, left_out.len()))?;
        if args.mutants.is_some() {
            say(&mutants::summary(&counts(&proofs)))?;
        }
    } else {
        let described: Vec<_> = proofs.iter().map(Proof::describe).collect();
        let mut answer = json!({"schema": "assay.check/1", "digest": corpus.digest, "repeat": args.repeat, "proved": proved, "cases": described});
        if let (Some(_), Some(object)) = (args.mutants, answer.as_object_mut()) {
            object.insert("mutants".to_owned(), mutants::describe(&counts(&proofs)));
        }
        say_json(&answer)?;
    }
    Ok(if proved + in_part == cases.len() { Exit::Success } else { Exit::Negative })
}

/// The mutants of each case whose mutants were tried.
fn counts(proofs: &[Proof]) -> Vec<(Language, Counts)> {
    proofs.iter().filter_map(|it| it.survey.as_ref()).map(|it| (it.language, it.counts)).collect()
}

/// How many cases are proved, and why the others are not.
fn summary(proofs: &[Proof], repeat: u32, left_out: usize) -> String {
    let count = |state| proofs.iter().filter(|proof| proof.state() == state).count();
    let times = match repeat {
        1 => String::new(),
        repeat => format!(", each artifact validated {repeat} times"),
    };
    let mut text = format!("\n{} of {} cases proved{times}", count(State::Proved), proofs.len());
    let in_part = count(State::InPart);
    if in_part > 0 {
        text.push_str(&format!(
            "\n{in_part} proved except for what judges decide, and none is configured; name some with --judge"
        ));
    }
    let to_write = count(State::ToWrite);
    if to_write > 0 {
        text.push_str(&format!("\n{to_write} still to be written"));
    }
    if left_out > 0 {
        text.push_str(&format!("\n{left_out} more are for judges alone, and none is configured"));
    }
    text
}
