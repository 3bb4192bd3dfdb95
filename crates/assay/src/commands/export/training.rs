//! `assay export --format sft`: a folder of data to train models with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assay_core::{AttemptRecord, Scenario};

use super::{Context, inputs};
use crate::cli::ExportArgs;
use crate::commands::name_of;
use crate::evaluators::{KnownProgram, known_programs};
use crate::exit::Exit;
use crate::export::{ExportError, ExportFormat, Source};
use crate::output::is_standard_output;
use crate::report::quantity::{count, counted};
use crate::run::progress::Progress;
use crate::store::AttemptSummary;
use crate::terminal::{complain, say};
use crate::training::{
    Card, Collected, Contamination, Evaluations, Example, Origin, Program, Recipe, Source as Taken,
    Sources, Split, Writer, collect, instructions, published, read_bigvul,
};

/// As many functions as VC-Judge was trained with (CoV-Eval, Table 7).
const BIGVUL_PAIRS: u32 = 4_486;
const PAIRS: usize = 4;
const HELD_OUT: u8 = 10;
const RESEMBLANCE: u8 = 80;

pub(super) fn execute(context: &Context<'_>, args: &ExportArgs) -> anyhow::Result<Exit> {
    check(args)?;
    let sources: Result<Vec<Source>, ExportError> =
        args.runs.iter().map(|path| Source::open(path, &args.subjects)).collect();
    let mut sources = sources?;
    for source in &mut sources {
        source.retain(&args.filter);
    }
    let programs = programs(context, args)?;
    let evaluations = evaluations(context, args)?;
    let folder = folder(args)?;
    let mut making = Making::begin(context, args, (&folder, &sources), &evaluations)?;

    let mut progress = Progress::start(sources.iter().map(Source::count).sum(), true);
    let mut collected = Collected::default();
    let most_pairs = args.training.pairs.unwrap_or(PAIRS);
    for source in &sources {
        let run = &source.info().id;
        for ((case, _), attempts) in groups(source) {
            let summary = source.info().cases.iter().find(|it| it.id == case);
            let records: Result<Vec<AttemptRecord>, _> =
                attempts.into_iter().map(|it| source.store().attempt(it)).collect();
            let records = records?;
            if let Some(summary) = summary {
                collect(&mut collected, run, summary, &records, most_pairs);
            }
            for example in std::mem::take(&mut collected.examples) {
                making.add(&example)?;
            }
            records.iter().for_each(|record| progress.advance(&record.outcome));
        }
    }
    progress.finish();
    let left_out = std::mem::take(&mut collected.left_out);
    for program in [collected.into_programs(), programs] {
        for example in instructions(&program) {
            making.add(&example)?;
        }
    }
    making.finish(&left_out, &folder)
}

/// What is refused before anything is read.
fn check(args: &ExportArgs) -> anyhow::Result<()> {
    if args.rows.is_some() || args.with_texts {
        bail!("--rows and --with-texts are for tables; sft has texts always");
    }
    if args.output.as_deref().is_some_and(is_standard_output) {
        bail!("sft is a folder of files; name one with --output");
    }
    if args.runs.is_empty() && args.output.is_none() {
        bail!("name the folder to write with --output, as there is no run that it could be beside");
    }
    Ok(())
}

fn folder(args: &ExportArgs) -> anyhow::Result<PathBuf> {
    let beside = || args.runs.first().map(|run| run.with_extension(ExportFormat::Sft.ending()));
    args.output.clone().or_else(beside).context("no folder is named")
}

/// The attempts of each case in each scenario, of all subjects.
fn groups(source: &Source) -> BTreeMap<(&str, Scenario), Vec<&AttemptSummary>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for attempt in source.summaries() {
        let key = (attempt.key.case.as_str(), attempt.key.scenario);
        groups.entry(key).or_default().push(attempt);
    }
    groups
}

/// Programs whose security others know.
fn programs(context: &Context<'_>, args: &ExportArgs) -> anyhow::Result<Vec<Program>> {
    let mut programs = Vec::new();
    for source in &args.training.programs {
        let corpus = context.load(source)?;
        let known = known_programs(&corpus.cases);
        if known.is_empty() {
            bail!(
                "{} has no programs whose security is known; name cov-eval:{0} for the solutions of its proved cases",
                source.path().display()
            );
        }
        let name = name_of(source);
        programs.extend(known.iter().map(|it| program(it, &name)));
    }
    if let Some(path) = &args.training.bigvul {
        let found = read_bigvul(path, args.training.bigvul_pairs.unwrap_or(BIGVUL_PAIRS) as usize)?;
        if found.is_empty() {
            bail!("{} has no function in C or C++ that a commit mended", path.display());
        }
        programs.extend(found);
    }
    Ok(programs)
}

fn program(known: &KnownProgram, source: &str) -> Program {
    let about = known.case.cwe.clone();
    let origin = Origin {
        id: format!("{source}/{}", known.id()),
        scenario: known.group.clone(),
        language: known.case.language,
        cwe: if about.is_empty() { known.truth.cwe.clone() } else { about },
        source: Taken::Corpus(source.to_owned()),
        decided_by: "label",
    };
    Program { files: known.files(), truth: known.truth.clone(), origin }
}

fn evaluations(context: &Context<'_>, args: &ExportArgs) -> anyhow::Result<Evaluations> {
    let mut evaluations = Evaluations::default();
    for source in &args.training.evaluation {
        let corpus = context.load(source)?;
        for case in &corpus.cases {
            evaluations.add_case(&name_of(source), case);
        }
    }
    Ok(evaluations)
}

/// A folder in the making.
struct Making<'a> {
    writer: Writer,
    evaluations: &'a Evaluations,
    contamination: Contamination,
    sources: Sources,
}

impl<'a> Making<'a> {
    fn begin(
        context: &Context<'_>,
        args: &ExportArgs,
        (folder, sources): (&Path, &[Source]),
        evaluations: &'a Evaluations,
    ) -> anyhow::Result<Making<'a>> {
        let training = &args.training;
        let split = Split {
            held_out: f64::from(training.held_out.unwrap_or(HELD_OUT)) / 100.0,
            seed: training.split_seed.unwrap_or_default(),
        };
        let form = training.form.unwrap_or_default();
        let mut inputs = inputs(context, args, sources);
        inputs.extend(training.bigvul.clone());
        let threshold = f64::from(training.resemblance.unwrap_or(RESEMBLANCE)) / 100.0;
        Ok(Making {
            writer: Writer::begin(folder, form, split, args.force, &inputs)?,
            evaluations,
            contamination: Contamination::new(evaluations, threshold),
            sources: Sources::new(),
        })
    }

    fn add(&mut self, example: &Example) -> anyhow::Result<()> {
        if !self.contamination.admits(self.evaluations, example) {
            return Ok(());
        }
        let origin = &example.origin;
        let key = (origin.source.clone(), origin.decided_by, example.kind);
        *self.sources.entry(key).or_default() += 1;
        self.writer.add(example).context("failed to write training data")
    }

    fn finish(
        self,
        left_out: &BTreeMap<&'static str, usize>,
        folder: &Path,
    ) -> anyhow::Result<Exit> {
        let Making { writer, contamination, sources, .. } = self;
        let counts = writer.counts().clone();
        let card = Card {
            counts: &counts,
            form: writer.form,
            split: writer.split,
            sources: &sources,
            left_out,
            contamination: &contamination,
        };
        let (card, info) = (card.text(), pretty(&writer.dataset_info())?);
        if counts.is_empty() {
            bail!("there is nothing to train with: no answer was secure or insecure");
        }
        let [full, qlora] = Recipe::ALL.map(|recipe| recipe.text(folder, &counts));
        writer.finish([Some(info), Some(pretty(&contamination)?), Some(card), full, qlora])?;
        let mut kinds: BTreeMap<_, [usize; 2]> = BTreeMap::new();
        for ((kind, side), number) in &counts {
            kinds.entry(*kind).or_default()[*side as usize] = *number;
        }
        for (kind, [train, held_out]) in kinds {
            let there = published(kind).map(|it| format!("  {:>8} in the paper", count(it)));
            say(&format!(
                "{:<15} {:>8} to train  {:>8} held out{}",
                kind.as_str(),
                count(train),
                count(held_out),
                there.unwrap_or_default()
            ))?;
        }
        let hits = contamination.exact + contamination.near;
        match contamination.sets.is_empty() {
            true => complain(
                "warning: no evaluation set was named with --evaluation, so nothing was looked for in it",
            ),
            false => say(&format!(
                "left out as it is like an evaluation: {} of {} ({} the same, {} near)",
                count(hits),
                counted(contamination.examples, "example"),
                count(contamination.exact),
                count(contamination.near)
            ))?,
        }
        say(&format!("written to {}", folder.display()))?;
        Ok(Exit::Success)
    }
}

fn pretty(value: &impl serde::Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
