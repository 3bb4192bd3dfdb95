//! `assay export`: writes stored runs in the format of another tool.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assay_core::Outcome;

use crate::cli::{ExportArgs, Format};
use crate::exit::Exit;
use crate::export::{Contents, Document, ExportError, ExportFormat, Source};
use crate::report::quantity::counted;
use crate::run::progress::Progress;
use crate::terminal::say;

/// Every run begins with these bytes, as every file of SQLite does.
const RUN_MAGIC: &[u8] = b"SQLite format 3\0";

pub(super) fn execute(args: &ExportArgs) -> anyhow::Result<Exit> {
    let Format::Export(format) = args.format else { bail!("--format is not one of exports") };
    check(format, args)?;
    let sources: Result<Vec<Source>, ExportError> =
        args.runs.iter().map(|path| Source::open(path, &args.subjects)).collect();
    let sources = sources?;
    let count = sources.iter().map(Source::count).sum();
    let mut progress = Progress::start(count, true);
    let mut watch = |outcome: &Outcome| progress.advance(outcome);

    let output = args.output.clone().unwrap_or_else(|| beside(&args.runs[0], format));
    for (path, document) in documents(&sources, format, args, &output) {
        if is_standard_output(&path) {
            // A closed pipe is told from other failures by its type.
            document.write(BufWriter::new(io::stdout()), &mut watch).map_err(bare)?;
        } else {
            write_file(&path, &document, &mut watch)
                .with_context(|| format!("failed to write {}", path.display()))?;
        }
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

fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}

/// What a format cannot do is refused before anything is read.
fn check(format: ExportFormat, args: &ExportArgs) -> anyhow::Result<()> {
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
    };
    vec![(output.to_owned(), document)]
}

/// The run's name with another ending, in its folder.
fn beside(run: &Path, format: ExportFormat) -> PathBuf {
    run.with_extension(format.ending())
}

/// Writes a whole file or none: one that is there already is replaced at the end.
fn write_file(
    path: &Path,
    document: &Document<'_>,
    watch: &mut dyn FnMut(&Outcome),
) -> anyhow::Result<()> {
    let place = match fs::metadata(path) {
        Ok(found) if found.is_dir() => bail!("it is a folder"),
        Ok(found) if found.is_file() && is_run(path) => bail!("it is a run; name another file"),
        // A link stays one.
        Ok(found) if found.is_file() => fs::canonicalize(path)?,
        // A device or a pipe, which nothing can be moved to.
        Ok(_) => {
            let file = BufWriter::new(File::options().write(true).open(path)?);
            return document.write(file, watch).map_err(bare);
        }
        Err(_) => path.to_owned(),
    };
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut unfinished = place.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let file = BufWriter::new(File::create(&unfinished)?);
    let written = document.write(file, watch).map_err(bare);
    let moved = written.and_then(|()| Ok(fs::rename(&unfinished, &place)?));
    if moved.is_err() {
        // The reason is already known; what is left is of no use.
        let _ = fs::remove_file(&unfinished);
    }
    moved
}

fn is_run(path: &Path) -> bool {
    let mut start = [0; RUN_MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == RUN_MAGIC
}
