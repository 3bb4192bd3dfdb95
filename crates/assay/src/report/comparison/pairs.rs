//! Which subjects are compared: those that are named, and without names those that belong
//! together.

use super::Question;
use crate::report::identity::Identity;
use crate::report::{RunData, SubjectScore};

/// A subject of a run, and one that is held against it.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Pair<'a> {
    pub(in crate::report) first: (&'a RunData, &'a SubjectScore),
    pub(in crate::report) second: (&'a RunData, &'a SubjectScore),
}

/// Why subjects cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum NoComparison {
    #[error(
        "the runs have no subject with the same name or the same model, and more than one subject; name one of each with --baseline and --with"
    )]
    Subjects,
    #[error(
        "the run {run} has no model that is asked both alone and by an agent; name the subject that others are held against with --baseline; it has {names}"
    )]
    NoBaseline { run: String, names: String },
    #[error(
        "no other subject of the run {run} asks the model {model} of {name}; name one with --with; it has {names}"
    )]
    NobodyElse { run: String, name: String, model: String, names: String },
    #[error("the run {run} has one subject, {name}; name a second run, or a run with two subjects")]
    Alone { run: String, name: String },
    #[error("--with names {0}, which is the baseline itself")]
    Itself(String),
    #[error("the run {run} has no subject {name:?}; it has {names}")]
    Unknown { run: String, name: String, names: String },
    #[error("{first} and {second} have no case in the same version")]
    Cases { first: String, second: String },
}

type Found<'a> = Result<Vec<Pair<'a>>, NoComparison>;

/// The pairs of two runs.
pub(super) fn of_two<'a>(
    first: &'a RunData,
    second: &'a RunData,
    question: &Question<'_>,
) -> Found<'a> {
    let pair = |mine, other| Pair { first: (first, mine), second: (second, other) };
    match (question.baseline, question.with) {
        (None, []) => alike(first, second),
        (Some(baseline), []) => {
            let mine = subject(first, baseline)?;
            if let Ok(other) = subject(second, baseline) {
                return Ok(vec![pair(mine, other)]);
            }
            let model = Identity::of(&first.info, &mine.name).model;
            let related: Vec<_> =
                with_model(second, model.as_deref()).map(|other| pair(mine, other)).collect();
            match related.is_empty() {
                true => Err(unknown(second, baseline)),
                false => Ok(related),
            }
        }
        (baseline, with) => with
            .iter()
            .map(|name| {
                let mine = match (baseline, first.subjects.as_slice()) {
                    (Some(baseline), _) => subject(first, baseline)?,
                    (None, [only]) => only,
                    (None, _) => subject(first, name)?,
                };
                Ok(pair(mine, subject(second, name)?))
            })
            .collect(),
    }
}

/// The pairs of one run.
pub(super) fn of_one<'a>(run: &'a RunData, question: &Question<'_>) -> Found<'a> {
    let pair = |mine, other| Pair { first: (run, mine), second: (run, other) };
    if let [only] = run.subjects.as_slice() {
        return Err(NoComparison::Alone { run: run.info.id.clone(), name: only.name.clone() });
    }
    let Some(baseline) = question.baseline else { return without_baseline(run, question.with) };
    let mine = subject(run, baseline)?;
    if !question.with.is_empty() {
        let named = question.with.iter().map(|name| match name == baseline {
            true => Err(NoComparison::Itself(name.clone())),
            false => Ok(pair(mine, subject(run, name)?)),
        });
        return named.collect();
    }
    let is_other = |other: &&SubjectScore| other.name != mine.name;
    // Who asks no model, or one that is not known, is held against everybody.
    let Some(model) = Identity::of(&run.info, baseline).model else {
        return Ok(run.subjects.iter().filter(is_other).map(|it| pair(mine, it)).collect());
    };
    let related = with_model(run, Some(&model)).filter(is_other);
    let related: Vec<_> = related.map(|other| pair(mine, other)).collect();
    match related.is_empty() {
        true => Err(NoComparison::NobodyElse {
            run: run.info.id.clone(),
            name: mine.name.clone(),
            model,
            names: names(run),
        }),
        false => Ok(related),
    }
}

/// The pairs of a run whose baseline is not named: it follows from models and instructions, or
/// the run has two subjects, of which the first is the one that was planned first.
fn without_baseline<'a>(run: &'a RunData, with: &[String]) -> Found<'a> {
    let related: Vec<Pair<'a>> = of_one_model(&[run])
        .into_iter()
        .filter(|pair| with.is_empty() || with.contains(&pair.second.1.name))
        .collect();
    if let Some(name) = with.iter().find(|name| subject(run, name).is_err()) {
        return Err(unknown(run, name));
    }
    let all_are_related =
        with.iter().all(|name| related.iter().any(|it| it.second.1.name == *name));
    if !related.is_empty() && all_are_related {
        return Ok(related);
    }
    let planned = |subject: &SubjectScore| {
        run.info.subjects.iter().position(|name| *name == subject.name).unwrap_or(usize::MAX)
    };
    let mut subjects: Vec<&SubjectScore> = run.subjects.iter().collect();
    subjects.sort_by_key(|subject| planned(subject));
    match (subjects.as_slice(), with) {
        ([mine, other], []) => Ok(vec![Pair { first: (run, *mine), second: (run, *other) }]),
        _ => Err(NoComparison::NoBaseline { run: run.info.id.clone(), names: names(run) }),
    }
}

/// All pairs among these runs of which one side is a model alone and the other an agent that asks
/// it, or one an agent and the other the same agent and model with instructions.
pub(in crate::report) fn of_one_model<'a>(runs: &[&'a RunData]) -> Vec<Pair<'a>> {
    let subjects: Vec<(&RunData, &SubjectScore, Identity)> = runs
        .iter()
        .flat_map(|run| run.subjects.iter().map(move |subject| (*run, subject)))
        .map(|(run, subject)| (run, subject, Identity::of(&run.info, &subject.name)))
        .filter(|(.., identity)| identity.model.is_some())
        .collect();
    let mut pairs = Vec::new();
    for (first, mine, identity) in &subjects {
        for (second, other, another) in &subjects {
            if identity.is_baseline_of(another) {
                pairs.push(Pair { first: (*first, *mine), second: (*second, *other) });
            }
        }
    }
    pairs
}

/// Subjects of one name, or the only ones, or those that ask one model.
fn alike<'a>(first: &'a RunData, second: &'a RunData) -> Found<'a> {
    let pair = |mine, other| Pair { first: (first, mine), second: (second, other) };
    let same = |mine: &'a SubjectScore| {
        let other = second.subjects.iter().find(|other| other.name == mine.name)?;
        Some(pair(mine, other))
    };
    let pairs: Vec<Pair<'a>> = first.subjects.iter().filter_map(same).collect();
    if !pairs.is_empty() {
        return Ok(pairs);
    }
    if let ([mine], [other]) = (first.subjects.as_slice(), second.subjects.as_slice()) {
        return Ok(vec![pair(mine, other)]);
    }
    let across =
        |pair: &Pair<'_>| std::ptr::eq(pair.first.0, first) && std::ptr::eq(pair.second.0, second);
    let related: Vec<Pair<'a>> =
        of_one_model(&[first, second]).into_iter().filter(across).collect();
    match related.is_empty() {
        true => Err(NoComparison::Subjects),
        false => Ok(related),
    }
}

fn with_model<'a>(run: &'a RunData, model: Option<&str>) -> impl Iterator<Item = &'a SubjectScore> {
    run.subjects.iter().filter(move |subject| {
        model.is_some() && Identity::of(&run.info, &subject.name).model.as_deref() == model
    })
}

fn subject<'a>(run: &'a RunData, name: &str) -> Result<&'a SubjectScore, NoComparison> {
    run.subjects.iter().find(|subject| subject.name == name).ok_or_else(|| unknown(run, name))
}

fn unknown(run: &RunData, name: &str) -> NoComparison {
    NoComparison::Unknown { run: run.info.id.clone(), name: name.to_owned(), names: names(run) }
}

fn names(run: &RunData) -> String {
    let names: Vec<&str> = run.subjects.iter().map(|it| it.name.as_str()).collect();
    names.join(", ")
}
