//! The mutants of a case: the patches in its folder `mutants/`, and what `case.toml` says of those
//! that survive.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::super::{Fault, read_tree};
use crate::mutant::{Explanation, Mutants, PatchMutant, patch};
use crate::task::{Solution, SolutionKind};

const FOLDER: &str = "mutants";

/// The `[mutants]` table of `case.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MutantsTable {
    #[serde(default)]
    survivor: Vec<SurvivorTable>,
}

/// A mutant that survives, and why it may.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SurvivorTable {
    solution: Spanned<String>,
    change: Spanned<String>,
    reason: Spanned<String>,
}

/// Reads the patches of a case's folder, and takes over the explanations of its table, whose text
/// is that of `case.toml`.
pub(super) fn mutants(
    folder: &Path,
    table: &MutantsTable,
    text: &str,
    solutions: &[Solution],
    faults: &mut Vec<Fault>,
) -> Mutants {
    let place = folder.join(FOLDER);
    let patches = if place.is_dir() { patches(&place, solutions, faults) } else { Vec::new() };
    let explained = table.survivor.iter().map(|it| {
        explanation(it, solutions).unwrap_or_else(|(offset, message)| {
            faults.push(Fault::at(&folder.join("case.toml"), text, offset, message));
            Explanation { solution: String::new(), change: String::new(), reason: String::new() }
        })
    });
    Mutants { explained: explained.collect(), patches }
}

fn patches(place: &Path, solutions: &[Solution], faults: &mut Vec<Fault>) -> Vec<PatchMutant> {
    let files = read_tree(place).unwrap_or_else(|fault| {
        faults.push(fault);
        Default::default()
    });
    let mut patches: Vec<PatchMutant> = Vec::new();
    for (path, content) in files {
        let file = place.join(path.as_str());
        let mutant = secure_of(path.as_str(), solutions).and_then(|(solution, name)| {
            let text = std::str::from_utf8(&content).map_err(|_| "is no text".to_owned());
            let text = text.map_err(|message| patch::PatchFault { line: None, message })?;
            patch::mutant((&solution.name, name), text, &solution.files)
        });
        match mutant {
            Ok(mutant) => match patches.iter().find(|it| it.files == mutant.files) {
                Some(same) => {
                    let message = format!("makes the same of its solution as {}.patch", same.name);
                    faults.push(Fault::in_file(&file, message));
                }
                None => patches.push(mutant),
            },
            Err(fault) => {
                faults.push(Fault { line: fault.line, ..Fault::in_file(&file, fault.message) });
            }
        }
    }
    patches
}

/// The secure solution that a patch's file is named after, and the name of the mutant.
fn secure_of<'a, 'b>(
    file: &'a str,
    solutions: &'b [Solution],
) -> Result<(&'b Solution, &'a str), patch::PatchFault> {
    let (solution, name) = patch::named(file)?;
    let is_it = |it: &&Solution| it.kind == SolutionKind::Secure && it.name == solution;
    match solutions.iter().find(is_it) {
        Some(solution) => Ok((solution, name)),
        None => Err(patch::PatchFault {
            line: None,
            message: format!("there is no secure solution {solution:?} that it could change"),
        }),
    }
}

/// The explanation, or the offset of what is wrong with it.
fn explanation(
    table: &SurvivorTable,
    solutions: &[Solution],
) -> Result<Explanation, (usize, String)> {
    let solution = table.solution.get_ref();
    let is_it = |it: &Solution| it.kind == SolutionKind::Secure && it.name == *solution;
    if !solutions.iter().any(is_it) {
        let message = format!("there is no secure solution {solution:?} that it could be of");
        return Err((table.solution.span().start, message));
    }
    let lines: Vec<&str> = table.change.get_ref().lines().map(str::trim).collect();
    let change = lines.join("\n").trim().to_owned();
    let is_signed = |line: &str| line.starts_with("- ") || line.starts_with("+ ");
    if change.is_empty() || !change.lines().all(is_signed) {
        let message = "each line of `change` begins with `- ` or `+ `; copy it from what `assay check --mutants` shows".to_owned();
        return Err((table.change.span().start, message));
    }
    let reason = table.reason.get_ref().trim();
    if reason.is_empty() {
        let message = "`reason` is empty; say why no test can tell the two apart".to_owned();
        return Err((table.reason.span().start, message));
    }
    Ok(Explanation { solution: solution.clone(), change, reason: reason.to_owned() })
}
