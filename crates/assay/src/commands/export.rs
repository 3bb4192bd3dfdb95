//! `assay export`: writes stored runs in the format of another tool.

mod training;

use std::io::{self, BufWriter, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assay_core::Outcome;
use serde::Deserialize as _;

use super::Context;
use crate::cli::{ExportArgs, Format};
use crate::exit::Exit;
use crate::export::{Contents, Document, ExportError, ExportFormat, Source};
use crate::output::{NewFile, is_standard_output};
use crate::report::quantity::counted;
use crate::run::progress::Progress;
use crate::settings::RunSettings;
use crate::terminal::say;

pub(super) fn execute(context: &Context<'_>, args: &ExportArgs) -> anyhow::Result<Exit> {
    let Format::Export(format) = args.format else {
        bail!("this --format is not an export format")
    };
    if format == ExportFormat::Sft {
        return training::execute(context, args);
    }
    check(format, args)?;
    let sources: Result<Vec<Source>, ExportError> =
        args.runs.iter().map(|path| Source::open(path, &args.subjects)).collect();
    let mut sources = sources?;
    for source in &mut sources {
        source.retain(&args.filter);
    }
    let count = sources.iter().map(Source::count).sum();
    let mut progress = Progress::start(count, true);
    let mut watch = |outcome: &Outcome| progress.advance(outcome);

    let output = args.output.clone().unwrap_or_else(|| beside(&args.runs[0], format));
    let inputs = inputs(context, args, &sources);
    let mut files = Vec::new();
    for (path, document) in documents(&sources, format, args, &output) {
        let file = match is_standard_output(&path) {
            true => None,
            false => Some(NewFile::begin(&path, args.force, &inputs)?),
        };
        files.push((file, document));
    }
    for (file, document) in files {
        let Some(file) = file else {
            // A closed pipe is recognised by the type of its error.
            document.write(BufWriter::new(io::stdout()), &mut watch).map_err(bare)?;
            continue;
        };
        let written = document.write(file.writer(), &mut watch).map_err(bare);
        written.with_context(|| format!("failed to write {}", file.place().display()))?;
        file.finish()?;
    }
    if !is_standard_output(&output) {
        progress.finish();
        say(&format!("{} written to {}", counted(count, "attempt"), output.display()))?;
    }
    Ok(Exit::Success)
}

fn bare(error: ExportError) -> anyhow::Error {
    match error {
        ExportError::Write(error) => error.into(),
        error => error.into(),
    }
}

/// What a format cannot do is refused before anything is read.
fn check(format: ExportFormat, args: &ExportArgs) -> anyhow::Result<()> {
    if let Some(flag) = args.training.given() {
        bail!("{flag} is for sft");
    }
    let is_standard_output = args.output.as_deref().is_some_and(is_standard_output);
    if args.rows.is_some() && !format.is_table() {
        bail!("--rows is for jsonl, csv and parquet");
    }
    if args.with_texts && !matches!(format, ExportFormat::Jsonl | ExportFormat::Parquet) {
        bail!("--with-texts is for jsonl and parquet; a spreadsheet has no room for whole texts");
    }
    if is_standard_output && format == ExportFormat::Inspect {
        bail!("inspect is a folder of logs; name one with --output");
    }
    if is_standard_output && format == ExportFormat::Parquet && io::stdout().is_terminal() {
        bail!("parquet is not for terminals; name a file with --output");
    }
    Ok(())
}

/// What is written, and where.
fn documents<'a>(
    sources: &'a [Source],
    format: ExportFormat,
    args: &ExportArgs,
    output: &Path,
) -> Vec<(PathBuf, Document<'a>)> {
    let rows = args.rows.unwrap_or_default();
    let contents = Contents { rows, with_texts: args.with_texts };
    let document = match format {
        ExportFormat::Jsonl => Document::Jsonl(sources, contents),
        ExportFormat::Csv => Document::Csv(sources, rows),
        ExportFormat::Parquet => Document::Parquet(sources, contents),
        ExportFormat::Junit => Document::Junit(sources),
        ExportFormat::Sarif => Document::Sarif(sources),
        ExportFormat::Inspect => {
            let logs = sources.iter().flat_map(Document::inspect_logs);
            return logs.map(|(name, log)| (output.join(name), log)).collect();
        }
        // It is no document of runs alone: `training`.
        ExportFormat::Sft => return Vec::new(),
    };
    vec![(output.to_owned(), document)]
}

/// The run's name with another ending, in its folder.
fn beside(run: &Path, format: ExportFormat) -> PathBuf {
    run.with_extension(format.ending())
}

/// Files that an export never replaces: the runs, what their answers were replayed from,
/// what else their settings name, and the configuration.
fn inputs(context: &Context<'_>, args: &ExportArgs, sources: &[Source]) -> Vec<PathBuf> {
    let mut inputs = args.runs.clone();
    inputs.push(context.configuration());
    for source in sources {
        let settings = RunSettings::deserialize(&source.info().settings);
        inputs.extend(settings.iter().flat_map(RunSettings::files));
    }
    inputs
}
