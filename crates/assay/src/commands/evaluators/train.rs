//! `assay evaluators train`: the weights of the heuristic, from programs whose security is known.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::heuristic::{
    Example, Figures, Heuristic, Provenance, Source, TrainedOn, best_penalty, features_digest,
    train,
};
use assay_core::score::Resampling;
use assay_verify::Analyser;
use serde_json::json;

use super::analysing::Analysing;
use super::heuristic::findings;
use super::{Context, NO_PROGRAM, known_programs};
use crate::cli::{Format, TrainArgs};
use crate::commands::{name_of, select};
use crate::evaluators::{
    Findings, HeuristicChoice, KnownProgram, Ledger, baselines, comparison, cross_validated,
    examples,
};
use crate::exit::Exit;
use crate::output::NewFile;
use crate::report::quantity::{count, counted};
use crate::terminal::{complain, say, say_json};

/// What is trained with.
#[derive(Default)]
struct Material {
    programs: Vec<KnownProgram>,
    examples: Vec<Example>,
    sources: Vec<Source>,
}

pub(super) fn execute(context: &Context<'_>, args: &TrainArgs) -> anyhow::Result<Exit> {
    let human = context.global.format == Format::Human;
    let file = NewFile::begin(&args.output, args.force, &inputs(context, args))?;
    let analysers = super::named(&context.analysers()?, &args.analysers)?;
    let names: Vec<String> = analysers.iter().map(|it| it.name().to_owned()).collect();
    let material = material(context, args, (&analysers, &names))?;
    let all: Vec<&Example> = material.examples.iter().collect();
    let penalty = best_penalty(&all);
    let trained = penalty.and_then(|penalty| Some((penalty, train(&all, penalty)?)));
    let Some((penalty, trained)) = trained else {
        bail!(
            "{} of {}: there must be vulnerable and secure ones in several scenarios to learn from",
            counted(material.programs.len(), "program"),
            counted(TrainedOn::of(&all).scenarios.len(), "scenario")
        );
    };
    let name = HeuristicChoice::CrossValidated.to_string();
    let folds = usize::from(args.folds);
    let said = cross_validated(&material.programs, &material.examples, (&name, folds));
    let found = comparison(&said, &baselines(&material.programs), Resampling::default());
    let score = found.evaluators.iter().find(|(it, _)| *it == name).map(|(_, score)| score);
    let score = score.context("no program was assessed")?;
    let mutants = all.iter().filter(|it| it.is_mutant).count();
    let provenance = Provenance {
        assay: env!("CARGO_PKG_VERSION").to_owned(),
        sources: material.sources,
        penalty,
        analysers: names,
        mutants,
        trained_on: TrainedOn::of(&all),
        features_digest: features_digest(&all),
        cross_validation: Figures {
            folds,
            programs: score.programs,
            auc: score.auc,
            auc_interval: score.auc_interval,
            balanced_accuracy: score.balanced_accuracy,
            consistency: score.consistency,
            difference: score.difference,
            mcc: score.mcc,
        },
    };
    let heuristic = Heuristic::new(trained, provenance);
    let text = serde_json::to_string_pretty(&heuristic)? + "\n";
    file.writer().write_all(text.as_bytes()).context("failed to write the weights")?;
    file.finish()?;
    if !human {
        say_json(&json!({
            "schema": "assay.heuristic-training/1",
            "output": args.output,
            "digest": heuristic.digest(),
            "provenance": heuristic.provenance,
        }))?;
        return Ok(Exit::Success);
    }
    complain(&format!(
        "{} and {} mutants of {}; {} weights, penalty {penalty}; written to {}",
        counted(material.programs.len(), "program"),
        count(mutants),
        counted(heuristic.provenance.trained_on.scenarios.len(), "scenario"),
        count(heuristic.weights.len()),
        args.output.display()
    ));
    say(found.text().trim_end())?;
    Ok(Exit::Success)
}

/// What must not be written over.
fn inputs(context: &Context<'_>, args: &TrainArgs) -> Vec<PathBuf> {
    let corpora = args.programs.iter().map(|source| source.path().to_owned());
    corpora.chain(context.global.config.clone()).collect()
}

fn material(
    context: &Context<'_>,
    args: &TrainArgs,
    (analysers, names): (&[Analyser], &[String]),
) -> anyhow::Result<Material> {
    let own = [context.config.corpus(context.global)];
    let sources: &[CorpusSource] = if args.programs.is_empty() { &own } else { &args.programs };
    let mut material = Material::default();
    for source in sources {
        let corpus = match args.programs.is_empty() {
            true => context.corpus()?,
            false => context.load(source)?,
        };
        let programs = known_programs(select(&corpus, &args.filter)?);
        if programs.is_empty() {
            bail!("{source}: {NO_PROGRAM}");
        }
        let findings = looked(context, args, (&corpus, &programs), analysers)?;
        let with_mutants = (!args.without_mutants).then_some(&corpus);
        material.examples.extend(examples(&programs, with_mutants, (names, &findings)));
        let vulnerable = programs.iter().filter(|it| it.truth.vulnerable).count();
        material.sources.push(Source {
            name: name_of(source),
            digest: corpus.digest.clone(),
            vulnerable,
            secure: programs.len() - vulnerable,
        });
        material.programs.extend(programs);
    }
    // Programs come first, as cross-validation pairs them.
    material.examples.sort_by_key(|example| example.is_mutant);
    Ok(material)
}

/// What analysers say of programs, asked anew.
fn looked(
    context: &Context<'_>,
    args: &TrainArgs,
    (corpus, programs): (&assay_core::Corpus, &[KnownProgram]),
    named: &[Analyser],
) -> anyhow::Result<Findings> {
    if named.is_empty() {
        return Ok(Findings::new());
    }
    let human = context.global.format == Format::Human;
    let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
    let place = folder.path().join("assessments.jsonl");
    let mut ledger = Ledger::open(&place, "training", &corpus.digest)?;
    let (validator, jobs) = (context.validator()?, context.jobs(args.jobs)?);
    let analysers = context.analysers()?;
    let analysing = Analysing::new((corpus, &validator), (&analysers, programs), jobs, human);
    let mut faults = BTreeMap::new();
    for analyser in named {
        analysing.assess(*analyser, &mut ledger, &mut faults)?;
    }
    if let Some((name, (error, _))) = faults.into_iter().next() {
        return Err(error).with_context(|| format!("failed to learn from {name}"));
    }
    Ok(findings(&ledger, named))
}
