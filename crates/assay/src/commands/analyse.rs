//! `assay analyse`: has static analysers look at programs, and shows what they alert to.

mod programs;
mod sarif;

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, bail};
use assay_core::analysis::Opinion;
use assay_core::{Alert, Analysis, FileSet, InfraError, SafePath};
use assay_verify::analyser::{Effort, Standing};
use assay_verify::{Analyser, Analysers, Program};
use serde_json::json;

use super::Context;
use crate::cli::{AnalyseArgs, Format};
use crate::exit::Exit;
use crate::export::ExportFormat;
use crate::report::quantity::counted;
use crate::terminal::{complain, say, say_json, table};
use programs::Given;

/// What one analyser said of the programs that are in a language of its own, in order.
struct Column {
    analyser: String,
    version: String,
    /// Their names.
    programs: Vec<String>,
    results: Vec<Result<Analysis, InfraError>>,
}

pub(super) fn execute(context: &Context<'_>, args: &AnalyseArgs) -> anyhow::Result<Exit> {
    let given = programs::read(args)?;
    let analysers = context.analysers()?;
    let jobs = context.jobs(args.jobs)?;
    let mut columns = Vec::new();
    for analyser in chosen(&analysers, args, &given)? {
        columns.push(run(&analysers, analyser, &given, (jobs, args.format == Format::Human)));
    }
    columns.extend(elsewhere(args, &given)?);
    match args.format {
        Format::Human => show(&columns)?,
        Format::Json => say_json(&json!({
            "schema": "assay.analyse/1",
            "programs": given.iter().map(|one| json!({ "program": one.id, "language": one.language })).collect::<Vec<_>>(),
            "analysers": columns.iter().map(|one| json!({ "name": one.analyser, "version": one.version })).collect::<Vec<_>>(),
            "analyses": columns.iter().flat_map(|one| one.results.iter().flatten()).collect::<Vec<_>>(),
            "errors": errors(&columns),
        }))?,
        Format::Export(ExportFormat::Sarif) => say_json(&sarif::log(&columns))?,
        Format::Export(_) => bail!("--format is human, json or sarif"),
    }
    let results = || columns.iter().flat_map(|column| &column.results);
    let alerts = |result: &Result<Analysis, _>| {
        result.as_ref().is_ok_and(|analysis| analysis.opinion() == Opinion::Vulnerable)
    };
    Ok(match (results().any(Result::is_err), results().any(alerts)) {
        (true, _) => Exit::Errored,
        (false, true) => Exit::Negative,
        (false, false) => Exit::Success,
    })
}

/// Those that were named, which must be there; or all that are, and are for any of the
/// languages.
fn chosen(
    analysers: &Analysers,
    args: &AnalyseArgs,
    given: &[Given],
) -> anyhow::Result<Vec<Analyser>> {
    if !args.analysers.is_empty() {
        let named: Vec<Analyser> =
            args.analysers.iter().map(|name| super::analyser(name)).collect::<Result<_, _>>()?;
        for analyser in &named {
            if let Standing::Lacking { what, remedy } = analysers.standing(*analyser) {
                bail!("{} cannot be run: {what}; {remedy}", analyser.name());
            }
        }
        return Ok(named);
    }
    let is_for = |analyser: &Analyser| {
        given.iter().any(|program| analyser.languages().contains(&program.language))
    };
    let installed: Vec<Analyser> = analysers.installed().into_iter().filter(is_for).collect();
    if installed.is_empty() && args.sarif.is_empty() {
        bail!(
            "no analyser for these languages is installed; run `assay prepare --analysers`, and `assay doctor` says what each lacks"
        );
    }
    Ok(installed)
}

/// Has an analyser look at those programs that are in a language of its own; nobody needs
/// to be told of each of the others that it is not.
fn run(
    analysers: &Analysers,
    analyser: Analyser,
    given: &[Given],
    (jobs, human): (usize, bool),
) -> Column {
    let programs: Vec<Program<'_>> = given
        .iter()
        .filter(|one| analyser.languages().contains(&one.language))
        .map(|one| Program {
            id: &one.id,
            language: one.language,
            files: &one.files,
            project: None,
        })
        .collect();
    let (count, total) = (AtomicUsize::new(0), programs.len());
    let done = |more: usize| {
        let now = count.fetch_add(more, Ordering::Relaxed) + more;
        if human && more > 0 {
            complain(&format!("{}: {now} of {}", analyser.name(), counted(total, "program")));
        }
    };
    let results = analysers.analyse(analyser, &programs, Effort { jobs, done: &done });
    let version = match analysers.standing(analyser) {
        Standing::Installed { version } => version,
        Standing::Lacking { .. } => String::new(),
    };
    let programs = programs.iter().map(|program| program.id.to_owned()).collect();
    Column { analyser: analyser.name().to_owned(), version, programs, results }
}

/// What other tools have said of the programs in SARIF.
fn elsewhere(args: &AnalyseArgs, given: &[Given]) -> anyhow::Result<Vec<Column>> {
    let mut columns = Vec::new();
    for file in &args.sarif {
        let name = file.display();
        let text = std::fs::read(file).with_context(|| format!("failed to read {name}"))?;
        let runs = assay_core::sarif::read(&text)
            .with_context(|| format!("failed to read alerts from {name}"))?;
        for run in runs {
            let analysis = |one: &Given| Ok(run.analysis(&one.id, &paths(&one.files)));
            let results: Vec<_> = given.iter().map(analysis).collect();
            let programs = given.iter().map(|one| one.id.clone()).collect();
            let (analyser, version) = (run.tool, run.version);
            columns.push(Column { analyser, version, programs, results });
        }
    }
    Ok(columns)
}

fn paths(files: &FileSet) -> Vec<&str> {
    files.keys().map(SafePath::as_str).collect()
}

/// What analysers failed at.
fn errors(columns: &[Column]) -> Vec<serde_json::Value> {
    let of = |column: &Column| {
        let all = column.results.iter().zip(&column.programs).filter_map(|(result, program)| {
            let error = result.as_ref().err()?;
            Some(json!({ "program": program, "analyser": column.analyser, "class": error.class, "message": error.message }))
        });
        all.collect::<Vec<_>>()
    };
    columns.iter().flat_map(of).collect()
}

fn show(columns: &[Column]) -> anyhow::Result<()> {
    for column in columns {
        for result in &column.results {
            match result {
                Ok(analysis) => show_analysis(analysis)?,
                Err(error) => complain(&format!("error: {error}")),
            }
        }
    }
    let titles =
        ["analyser", "programs>", "alerts to>", "clean>", "not analysed>", "failed>", "ms each>"];
    let rows: Vec<Vec<String>> = columns.iter().map(row).collect();
    say(&format!("\n{}", table(&titles, &rows).trim_end()))
}

fn show_analysis(analysis: &Analysis) -> anyhow::Result<()> {
    let Analysis { program, analyser, .. } = analysis;
    for alert in &analysis.alerts {
        let file = analysis.place_of(alert);
        say(&format!("{} [{analyser}]", Alert { file, ..alert.clone() }))?;
    }
    match analysis.gap() {
        Some(why) => say(&format!("{program}: not analysed: {why} [{analyser}]")),
        None => Ok(()),
    }
}

fn row(column: &Column) -> Vec<String> {
    let analyses: Vec<&Analysis> = column.results.iter().flatten().collect();
    let of = |opinion| analyses.iter().filter(|one| one.opinion() == opinion).count();
    let time: u64 = analyses.iter().map(|one| one.wall_ms).sum();
    let numbers = [
        column.results.len(),
        of(Opinion::Vulnerable),
        of(Opinion::Clean),
        of(Opinion::Unknown),
        column.results.len() - analyses.len(),
    ];
    let mut row = vec![column.analyser.clone()];
    row.extend(numbers.map(|number| number.to_string()));
    row.push((time / analyses.len().max(1) as u64).to_string());
    row
}
