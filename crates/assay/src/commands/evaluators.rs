//! `assay evaluators`: how far tests, analysers and judges agree with what is known of programs, and what
//! that makes of rates that only a judge decided.

mod analysing;
mod certify;
mod correct;
mod elsewhere;
mod heuristic;
mod sides;
mod testing;
mod train;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use assay_core::assessment::Assessment;
use assay_core::score::Resampling;
use assay_core::{Corpus, InfraError};
use assay_verify::Analyser;
use assay_verify::analyser::Analysers;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use analysing::Analysing;
use heuristic::Heuristics;

use super::{Context, runtime, select};
use crate::cli::{CompareEvaluatorsArgs, EvaluatorsArgs, EvaluatorsCommand, Format};
use crate::evaluators::{
    Comparison, KnownProgram, Labels, Ledger, WeaknessJudge, baselines, comparison, known_programs,
};
use crate::exit::Exit;
use crate::report::quantity::{count, counted};
use crate::subject::load_model;
use crate::subject::pace::Paces;
use crate::terminal::{complain, say, say_json};

pub(super) fn execute(context: &Context<'_>, args: &EvaluatorsArgs) -> anyhow::Result<Exit> {
    match &args.command {
        EvaluatorsCommand::Compare(args) => compare(context, args),
        EvaluatorsCommand::Programs(args) => elsewhere::write(context, args),
        EvaluatorsCommand::Certify(args) => certify::execute(context, args),
        EvaluatorsCommand::Train(args) => train::execute(context, args),
        EvaluatorsCommand::Correct(args) => correct::execute(context, args),
    }
}

const NO_PROGRAM: &str =
    "the corpus has no program whose security is known; give one with --corpus cov-eval:PATH";

/// Programs that are before one judge at a time; its provider may have room for fewer.
const AT_ONCE: usize = 64;

fn compare(context: &Context<'_>, args: &CompareEvaluatorsArgs) -> anyhow::Result<Exit> {
    let human = context.global.format == Format::Human;
    let corpus = context.corpus()?;
    let programs = programs(&corpus, args)?;
    let name = context.config.corpus(context.global).to_string();
    let judges = judges(context, args)?;
    let analysers = context.analysers()?;
    let named = named(&analysers, &args.analysers)?;
    let heuristics = Heuristics::load(&args.heuristics)?;
    let others = [judges.is_empty(), named.is_empty(), heuristics.is_empty()];
    if !args.tests && args.sarif.is_empty() && others.iter().all(|is_empty| *is_empty) {
        bail!(
            "no evaluator is named; name some with --tests, --analyser, --sarif, --heuristic or --judge"
        );
    }
    let told = elsewhere::assessments(args, &programs)?;
    let mut ledger = Ledger::open(&args.output, &name, &corpus.digest)?;
    if human {
        complain(&format!("programs    {} of {name}", count(programs.len())));
        complain(&format!("assessments {}", ledger.path().display()));
    }
    let mut faults = BTreeMap::new();
    if args.tests {
        let verifier = context.verifier(args.jobs)?;
        testing::assess(&corpus, &programs, &verifier, &mut ledger, &mut faults, human)?;
    }
    let mut asked = named.clone();
    asked.extend(heuristics.analysers(&analysers.installed()));
    asked.sort_by_key(|analyser| analyser.name());
    asked.dedup_by_key(|analyser| analyser.name());
    if !asked.is_empty() {
        let (validator, jobs) = (context.validator()?, context.jobs(args.jobs)?);
        let who = (&analysers, &programs[..]);
        let analysing = Analysing::new((&corpus, &validator), who, jobs, human);
        for analyser in &asked {
            analysing.assess(*analyser, &mut ledger, &mut faults)?;
        }
    }
    for judge in &judges {
        ask(judge, &programs, &mut ledger, &mut faults, human)?;
    }
    let wanted: Vec<String> = names(args, &named, &judges);
    let mut assessments = current(&ledger, &programs, &wanted);
    assessments.extend(told);
    assessments.extend(heuristics.assess((&corpus, &programs), &ledger, human));
    let found = comparison(&assessments, &baselines(&programs), Resampling::default());
    tell(&found, &faults, &args.output, human)?;
    Ok(if faults.is_empty() { Exit::Success } else { Exit::Errored })
}

fn programs(corpus: &Corpus, args: &CompareEvaluatorsArgs) -> anyhow::Result<Vec<KnownProgram>> {
    let programs = known_programs(select(corpus, &args.filter)?);
    if programs.is_empty() {
        bail!("{NO_PROGRAM}");
    }
    match &args.labels {
        Some(path) => {
            let all = known_programs(&corpus.cases);
            let labelled = Labels::read(path)?.of(all, path)?;
            let is_chosen = |it: &KnownProgram| programs.iter().any(|one| one.id() == it.id());
            Ok(labelled.into_iter().filter(is_chosen).collect())
        }
        None => Ok(programs),
    }
}

/// Each judge in each mode.
fn judges(
    context: &Context<'_>,
    args: &CompareEvaluatorsArgs,
) -> anyhow::Result<Vec<WeaknessJudge>> {
    let configs = context.config.judges(&args.judges)?;
    if configs.is_empty() {
        return Ok(Vec::new());
    }
    let responses = if args.no_cache { None } else { context.responses()? };
    let mut paces = Paces::default();
    let mut judges = Vec::new();
    for config in configs {
        let model = load_model(&config.model, &|name| std::env::var(name).ok(), &mut paces)?;
        let model = Arc::new(model);
        for mode in &args.judge_modes {
            let (model, responses) = (Arc::clone(&model), responses.clone());
            judges.push(WeaknessJudge { model, mode: *mode, responses });
        }
    }
    Ok(judges)
}

/// Programs of which an evaluator errored, by evaluator: the first error, and how many.
type Faults = BTreeMap<String, (InfraError, usize)>;

fn note(faults: &mut Faults, evaluator: &str, error: InfraError) {
    faults.entry(evaluator.to_owned()).or_insert((error, 0)).1 += 1;
}

/// Asks a judge about all programs that it has not assessed.
fn ask(
    judge: &WeaknessJudge,
    programs: &[KnownProgram],
    ledger: &mut Ledger,
    faults: &mut Faults,
    human: bool,
) -> anyhow::Result<()> {
    let name = judge.name();
    let done = ledger.assessed_by(&name);
    let runtime = runtime()?;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    let mut unasked = 0;
    for program in programs.iter().filter(|program| !done.contains(program.id())) {
        let Some(asking) = judge.asking(program, programs) else {
            unasked += 1;
            continue;
        };
        let (judge, room) = (judge.clone(), Arc::clone(&room));
        tasks.spawn_on(
            async move {
                let _place = room.acquire_owned().await;
                judge.assess(asking).await
            },
            runtime.handle(),
        );
    }
    if human {
        complain(&format!("{name}: {} to ask, {} known", tasks.len(), done.len()));
        if unasked > 0 {
            let programs = counted(unasked, "program");
            complain(&format!("{name}: {programs} not asked, for want of two examples"));
        }
    }
    runtime.block_on(async {
        while let Some(result) = tasks.join_next().await {
            match result.context("failed to ask a judge")? {
                Ok(assessment) => ledger.add(assessment)?,
                Err(error) => note(faults, &name, error),
            }
        }
        Ok(())
    })
}

fn names(
    args: &CompareEvaluatorsArgs,
    analysers: &[Analyser],
    judges: &[WeaknessJudge],
) -> Vec<String> {
    let tests = args.tests.then(|| testing::NAME.to_owned());
    let each = |analyser: &Analyser| {
        let analyser = *analyser;
        args.alerts.iter().map(move |counts| analysing::name(analyser, *counts))
    };
    let analysers = analysers.iter().flat_map(each);
    tests.into_iter().chain(analysers).chain(judges.iter().map(WeaknessJudge::name)).collect()
}

/// The analysers that were named, or all that are installed.
fn named(analysers: &Analysers, names: &[String]) -> anyhow::Result<Vec<Analyser>> {
    if names.iter().any(|name| name == "all") {
        return Ok(analysers.installed());
    }
    names.iter().map(|name| super::analyser(name)).collect()
}

/// The assessments of these programs by these evaluators, beside what is known now.
fn current(ledger: &Ledger, programs: &[KnownProgram], wanted: &[String]) -> Vec<Assessment> {
    let known: BTreeMap<&str, &KnownProgram> =
        programs.iter().map(|program| (program.id(), program)).collect();
    let mut found = Vec::new();
    for name in wanted {
        let by = ledger.assessments().iter().filter(|it| it.evaluator == *name);
        found.extend(by.filter_map(|it| {
            let KnownProgram { truth, group, .. } = known.get(it.program.as_str())?;
            Some(Assessment { truth: truth.clone(), group: group.clone(), ..it.clone() })
        }));
    }
    found
}

fn tell(
    found: &Comparison,
    faults: &Faults,
    output: &std::path::Path,
    human: bool,
) -> anyhow::Result<()> {
    if !human {
        let faults: BTreeMap<&String, _> = faults
            .iter()
            .map(|(name, (error, count))| {
                (name, json!({ "count": count, "first": error.to_string() }))
            })
            .collect();
        let evaluators = found.evaluators.iter();
        let evaluators = evaluators.map(|(name, score)| json!({ "name": name, "score": score }));
        return say_json(&json!({
            "schema": "assay.evaluators/1",
            "evaluators": evaluators.collect::<Vec<_>>(),
            "agreements": found.agreements,
            "errors": faults,
            "assessments": output,
        }));
    }
    say(found.text().trim_end())?;
    for (name, (error, count)) in faults {
        say(&format!(
            "{name}: {} errored, in no number; the same command tries them again; the first: {error}",
            counted(*count, "program")
        ))?;
    }
    Ok(())
}
