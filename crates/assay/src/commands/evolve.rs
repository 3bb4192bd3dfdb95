//! `assay evolve`: makes harder scenarios and cases from seeds, and filters and proves them.

mod case_prover;
mod estimate;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::corpus::cov_eval::Checkout;
use assay_core::files::sha256;
use assay_core::{Corpus, Cost, canary};
use serde_json::{Value, json};

use super::check::prover::Prover;
use super::{Context, refuse_unpriced, select, variants};
use crate::cli::{EvolveArgs, Format, JudgeArgs};
use crate::evolve::ledger::{self, Header, Ledger};
use crate::evolve::{
    Evolution, EvolutionSettings, Outcome, Seed, Standing, Strategy, Tags, WorkEnd, Workers,
    corpus, decisions, page, prompts, review, work,
};
use crate::exit::Exit;
use crate::limits::{Limit, Limits};
use crate::report::quantity::counted;
use crate::run::Spending;
use crate::settings::EXPECTED_OUTPUT_TOKENS;
use crate::subject::pace::Paces;
use crate::subject::{self, Environment, Subject};
use crate::terminal::{complain, say, say_json, tell};
use case_prover::CaseProver;
use estimate::Estimate;

const LEDGER: &str = "ledger.jsonl";
const RESULT: &str = "evolution.json";
const REVIEW: &str = "review.csv";
const PAGE: &str = "review.html";

pub(super) fn execute(context: &Context<'_>, args: &EvolveArgs) -> anyhow::Result<Exit> {
    let human = context.global.format == Format::Human;
    let limits = args.limits.or(context.config.limits()).limits()?;
    let source = context.config.corpus(context.global).absolute()?;
    let corpus = context.load(&source)?;
    let seeds = seeds(context, &source, &corpus, args)?;
    let (subjects, paces) = models(context, args, &corpus)?;
    if limits.cost.is_some() {
        refuse_unpriced(subjects.iter().find(|it| it.price().is_none()).map(|it| it.name()))?;
    }
    let [writer, filter] = [subjects.first(), subjects.last()].map(|it| it.map(|it| identity(it)));
    let header = Header::new(
        (&source.to_string(), &corpus.digest),
        (writer.unwrap_or_default(), filter.unwrap_or_default()),
        &prompts(),
        fresh_canary()?,
    );
    let place = args.output.join(LEDGER);
    if !args.dry_run {
        refuse_others(&args.output, args.decisions.as_deref())?;
    }
    let (mut ledger, known) = match args.dry_run {
        true => (None, Ledger::look(&place, &header)?),
        false => {
            let (ledger, entries) = Ledger::open(&place, header.clone())?;
            let head = ledger.header.clone();
            (Some(ledger), Some((head, entries)))
        }
    };
    let (header, entries) = known.unwrap_or((header, Vec::new()));
    let (amount, is_estimated) = ledger::spent(&entries);
    let mut evolution = Evolution::new(seeds, settings(args), tags(&subjects), header.canary);
    for entry in entries {
        evolution.take(entry);
    }
    if let Some(path) = &args.decisions {
        for entry in decisions::read(path, &evolution)? {
            if let Some(ledger) = &mut ledger {
                ledger.add(&entry)?;
            }
            evolution.take(entry);
        }
    }
    let expected_output_tokens =
        context.config.expected_output_tokens.unwrap_or(EXPECTED_OUTPUT_TOKENS);
    let estimate = Estimate::of(&evolution, &subjects, expected_output_tokens);
    if human {
        for line in describe(&evolution, &subjects, &source, args) {
            complain(&line);
        }
        for line in estimate.lines() {
            complain(&line);
        }
    }
    let Some(mut ledger) = ledger else {
        if !human {
            say_json(&json!({
                "schema": "assay.evolution-plan/1",
                "candidates": evolution.candidates.iter().map(|it| &it.id).collect::<Vec<_>>(),
                "estimate": estimate.to_json(),
                "output": args.output,
            }))?;
        }
        return Ok(Exit::Success);
    };
    let prover = Prover::new(context, &JudgeArgs::default(), args.jobs, 1)?;
    let prover = CaseProver(prover.with_mutants(Some(args.mutants)).quiet());
    let workers = Workers {
        subjects,
        paces,
        responses: if args.no_cache { None } else { context.responses()? },
        prover: Arc::new(prover),
        limits,
        expected_output_tokens,
        before: Spending { amount, is_estimated },
    };
    let end = work(&mut evolution, &mut ledger, &workers, human)?;
    let standings = evolution.standings();
    let written = write(&evolution, &standings, &ledger.header, &args.output)?;
    conclude(&evolution, &standings, &end, (&written, limits), human)
}

/// Refuses a folder in which something would be replaced that this has not written: files of others
/// where there is no evolution yet, a corpus without provenance, and decisions that were not read.
fn refuse_others(folder: &Path, decisions: Option<&Path>) -> anyhow::Result<()> {
    let is_evolution = folder.join(LEDGER).exists();
    let others = [RESULT, REVIEW, PAGE].map(|name| folder.join(name));
    if let Some(other) = others.iter().find(|it| !is_evolution && it.exists()) {
        bail!(
            "{} exists already, and there is no evolution beside it; name another folder with --output",
            other.display()
        );
    }
    if let Some(other) = corpus::of_others(folder) {
        bail!(
            "{} exists already, and no evolution wrote it; name another folder with --output",
            other.display()
        );
    }
    let review = folder.join(REVIEW);
    let is_read = || {
        let canonical = |path: &Path| path.canonicalize().ok();
        decisions.and_then(canonical).is_some_and(|it| canonical(&review) == Some(it))
    };
    if is_evolution && is_edited(&review, &folder.join(RESULT)) && !is_read() {
        let review = review.display();
        bail!(
            "{review} was changed since it was written, and would be written anew; have its decisions read with --decisions {review}, or move it away"
        );
    }
    Ok(())
}

/// Whether a table of the review is there that is not as the result says that it was written.
fn is_edited(review: &Path, result: &Path) -> bool {
    let Ok(found) = fs::read(review) else { return false };
    let result = fs::read(result).ok().and_then(|it| serde_json::from_slice::<Value>(&it).ok());
    result.is_none_or(|it| it["review-digest"] != sha256(&found))
}

/// The seeds: incomplete programs of a checkout, or cases of our own with their files.
fn seeds(
    context: &Context<'_>,
    source: &CorpusSource,
    corpus: &Corpus,
    args: &EvolveArgs,
) -> anyhow::Result<Vec<Seed>> {
    let cases = select(corpus, &args.filter)?;
    let laid_out = context.laid_out(source)?;
    match &laid_out {
        CorpusSource::CovEval(root) if root.join("datasets").is_dir() => {
            let are_named = !args.filter.cases.is_empty();
            let seeds = Seed::of_checkout(&Checkout::read(root)?, &cases, are_named)?;
            if seeds.is_empty() {
                bail!("{source} has no incomplete program among these cases to be evolved");
            }
            Ok(seeds)
        }
        CorpusSource::Native(root) => {
            let seed = |case: &&assay_core::Case| -> anyhow::Result<Seed> {
                let folder = root.join(variants::place_of(root, &case.id)?).join(&case.id);
                Ok(Seed::of_case(case, &folder)?)
            };
            let are_named = !args.filter.cases.is_empty();
            let all: Vec<anyhow::Result<Seed>> = cases.iter().map(seed).collect();
            // Of a whole corpus those are taken that can be.
            let mut seeds = Vec::new();
            for seed in all {
                match seed {
                    Ok(seed) => seeds.push(seed),
                    Err(error) if are_named => return Err(error),
                    Err(error) => complain(&format!("left out   {error}")),
                }
            }
            if seeds.is_empty() {
                bail!("{source} has no case among these that can be evolved");
            }
            Ok(seeds)
        }
        _ => bail!(
            "{source} has nothing to be evolved; give a checkout of CoV-Eval with --corpus cov-eval:PATH, or cases in a folder with --corpus PATH"
        ),
    }
}

/// The writer and, if it is another, the model of the filters.
fn models(
    context: &Context<'_>,
    args: &EvolveArgs,
    corpus: &Corpus,
) -> anyhow::Result<(Vec<Arc<Subject>>, Paces)> {
    let config = context.config;
    let mut configs = vec![config.one_model(args.writer.as_deref(), &args.server, "--writer")?];
    if let Some(named) = &args.filter_model {
        let filter =
            config.one_model(Some(named), &(&args.filter_server).into(), "--filter-model")?;
        if !configs.contains(&filter) {
            configs.push(filter);
        }
    }
    let environment: Environment<'_> = &|name| std::env::var(name).ok();
    let mut hire = |_: &_, _: &mut _| Err(subject::SubjectError::NoModel);
    let loaded = subject::load(&configs, corpus, environment, &mut hire)?;
    for warning in &loaded.warnings {
        complain(&format!("warning: {warning}"));
    }
    Ok((loaded.subjects.into_iter().map(Arc::new).collect(), loaded.paces))
}

fn identity(subject: &Subject) -> Value {
    match subject {
        Subject::Model(model) => model.identity(1),
        other => json!(other.name()),
    }
}

fn tags(subjects: &[Arc<Subject>]) -> Tags {
    let of = |subject: Option<&Arc<Subject>>| subject.map(|it| it.thinking_tags());
    Tags {
        writer: of(subjects.first()).unwrap_or_default(),
        filter: of(subjects.last()).unwrap_or_default(),
    }
}

fn settings(args: &EvolveArgs) -> EvolutionSettings {
    let mut strategies = args.strategies.clone();
    if strategies.is_empty() {
        strategies.extend(Strategy::ALL);
    }
    strategies.sort_unstable();
    strategies.dedup();
    EvolutionSettings {
        strategies,
        per_strategy: args.per_strategy,
        max_similarity: args.max_similarity,
        resemblance: args.resemblance,
        repairs: args.repairs,
    }
}

/// What the cases of a new evolution carry.
fn fresh_canary() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        anyhow::anyhow!("failed to get random numbers from the kernel: {error}")
    })?;
    Ok(canary::fresh(bytes))
}

/// What will be done, before it is done.
fn describe(
    evolution: &Evolution,
    subjects: &[Arc<Subject>],
    source: &CorpusSource,
    args: &EvolveArgs,
) -> Vec<String> {
    let names: Vec<&str> = subjects.iter().map(|it| it.name()).collect();
    let settled = evolution.standings().iter().filter(|it| it.is_settled()).count();
    let known = match settled {
        0 => String::new(),
        settled => format!(" ({settled} settled already)"),
    };
    let mut lines = vec![
        format!("writer     {}", names.first().copied().unwrap_or_default()),
        format!("seeds      {} of {source}", evolution.seeds.len()),
        format!("candidates {}{known}", evolution.candidates.len()),
        format!("results    {}", args.output.display()),
    ];
    if let [_, filter] = names.as_slice() {
        lines.insert(1, format!("filters    {filter}"));
    }
    lines
}

/// Writes the result, the review and the corpus anew; returns the corpus, if anything is kept, and what
/// was written beside it.
fn write(
    evolution: &Evolution,
    standings: &[Standing],
    header: &Header,
    folder: &Path,
) -> anyhow::Result<Written> {
    let corpus = corpus::write(evolution, standings, header, folder)?;
    let put = |name: &str, content: &[u8]| {
        let place = folder.join(name);
        fs::write(&place, content).with_context(|| format!("failed to write {}", place.display()))
    };
    let mut table = Vec::new();
    review::write(evolution, standings, &mut table).context("failed to make the review")?;
    put(REVIEW, &table)?;
    put(PAGE, page(evolution, standings, &header.corpus).as_bytes())?;
    let outcome = Outcome::of(evolution, standings);
    let result = header.described(
        "assay.evolution/1",
        json!({
            "settings": {
                "strategies": evolution.settings.strategies,
                "per-strategy": evolution.settings.per_strategy,
                "max-similarity": evolution.settings.max_similarity,
                "resemblance": evolution.settings.resemblance,
                "repairs": evolution.settings.repairs,
            },
            "outcome": outcome.to_json(),
            "corpus": corpus,
            "candidates": corpus::described_all(evolution, standings),
            "review-digest": sha256(&table),
        }),
    );
    put(RESULT, format!("{result:#}\n").as_bytes())?;
    Ok(Written { corpus, outcome, folder: folder.display().to_string(), result })
}

/// What was written.
struct Written {
    corpus: Option<String>,
    outcome: Outcome,
    folder: String,
    result: Value,
}

fn conclude(
    evolution: &Evolution,
    standings: &[Standing],
    end: &WorkEnd,
    (written, limits): (&Written, Limits),
    human: bool,
) -> anyhow::Result<Exit> {
    let open = standings.iter().filter(|it| !it.is_settled()).count();
    if human {
        people(evolution, end, (written, limits), open)?;
    } else {
        let mut result = written.result.clone();
        let errors = evolution.errors().map(|(candidate, error)| {
            json!({ "candidate": candidate.id, "class": error.class, "message": error.message })
        });
        let more = json!({
            "folder": written.folder,
            "errors": errors.collect::<Vec<_>>(),
            "given-up": end.given_up.iter().map(|(name, error)| {
                json!({ "name": name, "error": error.to_string() })
            }).collect::<Vec<_>>(),
            "spent": end.spent.amount.cost.units(),
            "spent-tokens": end.spent.amount.tokens,
            "requests": end.spent.amount.requests,
            "estimated": end.spent.is_estimated,
            "stopped-by": end.stopped_by.map(Limit::key),
            "max-cost": limits.cost.map(Cost::units),
            "interrupted": end.interrupted,
        });
        if let (Some(result), Value::Object(more)) = (result.as_object_mut(), more) {
            result.extend(more);
        }
        say_json(&result)?;
    }
    Ok(match (end.interrupted, open) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Success,
        (false, _) => Exit::Errored,
    })
}

fn people(
    evolution: &Evolution,
    end: &WorkEnd,
    (written, limits): (&Written, Limits),
    open: usize,
) -> anyhow::Result<()> {
    say(&format!("\n{}", written.outcome.text().trim_end()))?;
    let folder = &written.folder;
    say(&format!("\nfor people to decide: {folder}/{PAGE}, {folder}/{REVIEW}"))?;
    match &written.corpus {
        Some(corpus) => say(&format!("corpus: {corpus}"))?,
        None => say("nothing is kept, so there is no corpus")?,
    }
    if let Some(limit) = end.stopped_by {
        let Spending { amount, is_estimated } = &end.spent;
        let told = limits.told(limit, amount, *is_estimated, "the next question");
        tell(&format!("{told}; give a higher one"))?;
    }
    for (name, error) in &end.given_up {
        tell(&format!("{name} was given up: {error}"))?;
    }
    let mut errors = evolution.errors();
    if let Some((candidate, error)) = errors.next() {
        let count = counted(errors.count() + 1, "candidate");
        tell(&format!(
            "{count} errored and stayed open, none of them was dropped; the first, {}: {error}",
            candidate.id
        ))?;
    }
    if open > 0 {
        tell(&format!("{} open; the same command goes on", counted(open, "candidate")))?;
    }
    Ok(())
}
