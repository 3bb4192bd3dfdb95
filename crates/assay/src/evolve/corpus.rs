//! The result as a corpus: scenarios laid out like a checkout of CoV-Eval, or a folder of cases, with a
//! file that says where each is from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use assay_core::FileSet;
use serde_json::{Value, json};

use super::candidate::Candidate;
use super::evolution::Evolution;
use super::filter::Standing;
use super::ledger::Header;
use super::seed::SeedKind;

/// Where evolved scenarios lie in a checkout.
const EVOLVED: &str = "datasets/CoV-Eval_v1/code_completion_task";

/// The folder of evolved cases in a corpus.
const SUITE: &str = "evolved";

/// The name of the corpus in the folder of an evolution, and of one that is being written.
const FOLDER: &str = "corpus";
const UNFINISHED: &str = ".corpus-unfinished";

/// The file that says where each scenario is from.
const PROVENANCE: &str = "provenance.json";
const SCHEMA: &str = "assay.provenance/1";

/// Why a corpus is not written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write {path}: {source}")]
pub struct CorpusFault {
    path: String,
    source: io::Error,
}

/// The corpus in the folder of an evolution, if something else is in its place than what an evolution
/// wrote.
pub fn of_others(folder: &Path) -> Option<PathBuf> {
    let place = folder.join(FOLDER);
    place.symlink_metadata().ok()?;
    let text = fs::read(place.join(PROVENANCE)).ok();
    let provenance = text.and_then(|it| serde_json::from_slice::<Value>(&it).ok());
    provenance.is_none_or(|it| it["schema"] != SCHEMA).then_some(place)
}

/// Writes the corpus anew into the folder of an evolution; `None`, and none is there, if nothing is
/// kept. What is told to `assay` is the name of the corpus.
pub fn write(
    evolution: &Evolution,
    standings: &[Standing],
    header: &Header,
    folder: &Path,
) -> Result<Option<String>, CorpusFault> {
    let kept: Vec<&Candidate> = evolution
        .candidates
        .iter()
        .zip(standings)
        .filter(|(_, standing)| **standing == Standing::Kept)
        .map(|(candidate, _)| candidate)
        .collect();
    let (unfinished, place) = (folder.join(UNFINISHED), folder.join(FOLDER));
    clear(&unfinished)?;
    for candidate in &kept {
        lay_out(evolution, candidate, &unfinished)?;
    }
    clear(&place)?;
    if kept.is_empty() {
        return Ok(None);
    }
    let provenance = provenance(evolution, &kept, header);
    put(&unfinished.join(PROVENANCE), format!("{provenance:#}\n").as_bytes())?;
    fs::rename(&unfinished, &place).map_err(|source| fault(&place, source))?;
    let is_of_programs = evolution.seeds.iter().all(|it| matches!(it.kind, SeedKind::Program(_)));
    let prefix = if is_of_programs { "cov-eval:" } else { "" };
    Ok(Some(format!("{prefix}{}", place.display())))
}

fn lay_out(evolution: &Evolution, candidate: &Candidate, root: &Path) -> Result<(), CorpusFault> {
    let seed = evolution.seed(candidate);
    match &seed.kind {
        SeedKind::Program(own) => {
            let Some((text, _)) = candidate.text() else { return Ok(()) };
            let dialect = own.program.dialect;
            let name = format!("{}_scenario.{}", number(evolution, candidate), dialect.extension());
            let place = root.join(EVOLVED).join(&own.weakness).join(&own.scenario).join(name);
            // A fence says which language it is, whatever the program looks like.
            put(&place, format!("```{}\n{text}\n```", dialect.extension()).as_bytes())
        }
        SeedKind::Case(_) => {
            let Some(files) = candidate.proved() else { return Ok(()) };
            let language = seed.language().as_str();
            let id = candidate.case_id(seed);
            write_files(&root.join(SUITE).join(language).join(id), files)
        }
    }
}

/// What a scenario is numbered by in its folder: its place among the candidates of its seed, so that it
/// stays when others go.
fn number(evolution: &Evolution, candidate: &Candidate) -> usize {
    let of_seed = evolution.candidates.iter().filter(|it| it.seed == candidate.seed);
    of_seed.take_while(|it| it.id != candidate.id).count()
}

/// The id of the case that a kept candidate is in the corpus.
fn case_id(evolution: &Evolution, candidate: &Candidate) -> String {
    let seed = evolution.seed(candidate);
    match &seed.kind {
        SeedKind::Program(own) => {
            let number = number(evolution, candidate);
            format!("complete-evolved-{}-{}-{number}", own.weakness, own.scenario)
        }
        SeedKind::Case(_) => candidate.case_id(seed),
    }
}

fn provenance(evolution: &Evolution, kept: &[&Candidate], header: &Header) -> Value {
    let scenarios: Vec<Value> = kept.iter().map(|it| described(evolution, it)).collect();
    header.described(SCHEMA, json!({ "scenarios": scenarios }))
}

/// All that is known of a candidate, but for texts.
fn described(evolution: &Evolution, candidate: &Candidate) -> Value {
    let seed = evolution.seed(candidate);
    let answers = candidate.answers.iter().map(|it| {
        json!({"step": it.step, "by": it.by, "question": it.question, "finish": it.finish, "at": it.at})
    });
    let proof = candidate.turns.last().and_then(|it| it.proof.as_ref());
    json!({
        "candidate": candidate.id,
        "case": case_id(evolution, candidate),
        "seed": seed.id(),
        "seed-digest": seed.case.digest(),
        "strategy": candidate.strategy,
        "number": candidate.number,
        "digest": candidate.text().map(|(_, digest)| digest),
        "findings": evolution.findings(candidate),
        "answers": answers.collect::<Vec<_>>(),
        "turns": candidate.turns.len(),
        "proof": proof.map(|it| &it.described),
        "decision": candidate.decision,
    })
}

/// All candidates and where each stands.
pub fn described_all(evolution: &Evolution, standings: &[Standing]) -> Vec<Value> {
    let described = evolution.candidates.iter().zip(standings).map(|(candidate, standing)| {
        let mut described = described(evolution, candidate);
        if let Some(object) = described.as_object_mut() {
            let (dropped_by, reason) = match standing {
                Standing::Dropped(filter, reason) | Standing::Undecided(filter, reason) => {
                    (Some(filter.as_str()), Some(reason))
                }
                _ => (None, None),
            };
            object.insert("standing".to_owned(), json!(standing.as_str()));
            object.insert("filter".to_owned(), json!(dropped_by));
            object.insert("reason".to_owned(), json!(reason));
            if let Some((step, error)) = &candidate.error {
                let error = json!({"step": step, "class": error.class, "message": error.message});
                object.insert("error".to_owned(), error);
            }
        }
        described
    });
    described.collect()
}

/// Writes files below a folder.
pub fn write_files(folder: &Path, files: &FileSet) -> Result<(), CorpusFault> {
    for (path, content) in files {
        put(&folder.join(path.as_str()), content)?;
    }
    Ok(())
}

fn put(place: &Path, content: &[u8]) -> Result<(), CorpusFault> {
    let above = place.parent().unwrap_or(place);
    fs::create_dir_all(above).map_err(|source| fault(above, source))?;
    fs::write(place, content).map_err(|source| fault(place, source))
}

/// Removes what an earlier command wrote.
fn clear(folder: &PathBuf) -> Result<(), CorpusFault> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(fault(folder, source)),
        _ => Ok(()),
    }
}

fn fault(path: &Path, source: io::Error) -> CorpusFault {
    CorpusFault { path: path.display().to_string(), source }
}
