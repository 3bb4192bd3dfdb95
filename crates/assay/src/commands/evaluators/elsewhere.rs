//! Tools that run elsewhere, as evaluators: the programs are written for them, and what they say
//! is read from SARIF.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::assessment::Assessment;
use assay_core::{Analysis, Language, sarif};

use super::{Context, analysing, known_programs, select};
use crate::cli::{CompareEvaluatorsArgs, Format, ProgramsArgs};
use crate::evaluators::KnownProgram;
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::terminal::say;

/// Writes the programs, each into a folder that has its id.
pub(super) fn write(context: &Context<'_>, args: &ProgramsArgs) -> anyhow::Result<Exit> {
    let corpus = context.corpus()?;
    let programs = known_programs(select(&corpus, &args.filter)?);
    if programs.is_empty() {
        bail!("{}", super::NO_PROGRAM);
    }
    let root = &args.output;
    let is_free = fs::read_dir(root).map_or(!root.exists(), |mut found| found.next().is_none());
    if !is_free {
        bail!("{} is there and not empty; choose another --output", root.display());
    }
    for program in &programs {
        for (path, content) in program.files() {
            let place = root.join(program.id()).join(path.as_str());
            let folder = place.parent().unwrap_or(root);
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(&place, content))
                .with_context(|| format!("failed to write {}", place.display()))?;
        }
    }
    if context.global.format == Format::Human {
        let programs = counted(programs.len(), "program");
        say(&format!("{programs} in {}; none of their labels is there", root.display()))?;
    }
    Ok(Exit::Success)
}

/// What each tool comes to of these programs, for each way to count alerts.
pub(super) fn assessments(
    args: &CompareEvaluatorsArgs,
    programs: &[KnownProgram],
) -> anyhow::Result<Vec<Assessment>> {
    let mut all = Vec::new();
    for file in &args.sarif {
        for (tool, analyses) in read(file, programs)? {
            for counts in &args.alerts {
                let name = format!("{tool} ({})", counts.as_str());
                let each = analyses.iter().map(|(program, analysis)| {
                    program.assessed(&name, analysing::said(program, analysis, *counts), 0)
                });
                all.extend(each);
            }
        }
    }
    Ok(all)
}

/// A tool, and what it says of each program.
type Said<'a> = (String, Vec<(&'a KnownProgram, Analysis)>);

/// What the tools of a file say of the programs that they can have looked at. A file does not
/// say which those are: programs count in whose language there is any alert.
fn read<'a>(file: &Path, programs: &'a [KnownProgram]) -> anyhow::Result<Vec<Said<'a>>> {
    let name = file.display();
    let text = fs::read(file).with_context(|| format!("failed to read {name}"))?;
    let runs = sarif::read(&text).with_context(|| format!("failed to read alerts from {name}"))?;
    let said = runs.into_iter().map(|run| {
        let analysis = |program: &KnownProgram| {
            let files = program.files();
            let paths: Vec<String> =
                files.keys().map(|path| format!("{}/{path}", program.id())).collect();
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            run.analysis(program.id(), &paths)
        };
        let all: Vec<(&KnownProgram, Analysis)> =
            programs.iter().map(|program| (program, analysis(program))).collect();
        let heard: BTreeSet<Language> = all
            .iter()
            .filter(|(_, analysis)| !analysis.alerts.is_empty())
            .map(|(program, _)| program.case.language)
            .collect();
        if heard.is_empty() {
            bail!(
                "{name} has no alert of {} about any of these programs; have it look at the folder that `assay evaluators programs` writes",
                run.tool
            );
        }
        let of_language = all.into_iter().filter(|(it, _)| heard.contains(&it.case.language));
        Ok((run.tool.clone(), of_language.collect()))
    });
    said.collect()
}
