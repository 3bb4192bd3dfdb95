//! `assay prepare`: installs what cases need, analysers or agents, so that runs need no network.

mod agents;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::{Case, Language};
use assay_verify::analyser::Standing;
use assay_verify::{Analyser, Installation, Room, Step, lack, missing_commands, tools};
use serde_json::{Value, json};

use super::{Context, select};
use crate::cli::{Format, PrepareArgs};
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::terminal::{complain, say, say_json};

pub(super) fn execute(context: &Context<'_>, args: &PrepareArgs) -> anyhow::Result<Exit> {
    if args.prune {
        return prune(context);
    }
    if let Some(names) = &args.analysers {
        return prepare_analysers(context, names);
    }
    if let Some(names) = &args.agents {
        return agents::prepare(context, names, args);
    }
    let corpus = context.corpus()?;
    let cases = select(&corpus, &args.filter)?;
    let (cases, is_complete) = with_tools(cases)?;
    let lacking: Vec<String> = cases
        .iter()
        .map(|case| (case, missing_commands(case)))
        .filter(|(_, missing)| !missing.is_empty())
        .map(|(case, missing)| lack(case, &missing))
        .collect();
    if !lacking.is_empty() {
        bail!("{}", lacking.join("\n"));
    }
    let validator = context.validator()?;
    validator.register(&context.config.corpus(context.global).absolute()?.to_string())?;
    let mut told = Told::new(context);
    let failures = validator.prepare(&cases, &mut |progress| told.take(progress))?;
    let done = &told.done;
    if told.human {
        let total = done.len();
        say(&format!(
            "{} of {total} installations ready, for {} of {} cases",
            total - failures,
            cases.len() - failed(done),
            cases.len()
        ))?;
    } else {
        say_json(&json!({
            "schema": "assay.prepare/2", "installations": done,
        }))?;
    }
    Ok(if failures == 0 && is_complete { Exit::Success } else { Exit::Failure })
}

/// The cases whose languages have their tools on this host, and whether these are all; the others
/// are told. Without any it is an error.
fn with_tools(cases: Vec<&Case>) -> anyhow::Result<(Vec<&Case>, bool)> {
    let languages: BTreeSet<Language> = cases.iter().map(|case| case.language).collect();
    let mut lost = BTreeMap::new();
    for language in languages.iter().copied() {
        let versions = assay_verify::versions([language]).into_iter();
        let missing = versions.filter(|(_, version)| version == tools::MISSING);
        let missing: Vec<String> = missing.map(|(name, _)| name).collect();
        if !missing.is_empty() {
            let remedy = tools::remedy(missing.iter().map(String::as_str));
            lost.insert(language, format!("not installed: {}; {remedy}", missing.join(", ")));
        }
    }
    if !lost.is_empty() && lost.len() == languages.len() {
        bail!("{}", lost.into_values().collect::<Vec<_>>().join("\n"));
    }
    for (language, message) in &lost {
        let left_out = cases.iter().filter(|case| case.language == *language).count();
        let left_out = counted(left_out, "case");
        complain(&format!(
            "{}: {message}; without it {left_out} cannot be validated",
            language.title()
        ));
    }
    let cases = cases.into_iter().filter(|case| !lost.contains_key(&case.language)).collect();
    Ok((cases, lost.is_empty()))
}

/// What has been told of installations.
struct Told {
    human: bool,
    done: Vec<Value>,
}

impl Told {
    fn new(context: &Context<'_>) -> Told {
        Told { human: context.global.format == Format::Human, done: Vec::new() }
    }

    fn take(&mut self, progress: &Installation<'_>) {
        if self.human {
            complain(&line(progress));
        }
        let Installation { room, summary, needed_by, step, .. } = progress;
        let mut one = match room {
            Room::Language(language) => json!({ "language": language, "cases": needed_by }),
            Room::Analysers => json!({ "analysers": needed_by }),
            Room::Agents => json!({ "needed-by": needed_by }),
        };
        one["needs"] = (*summary).into();
        match step {
            Step::Installing => return,
            Step::Ready { fresh } => {
                one["ready"] = true.into();
                one["fresh"] = (*fresh).into();
            }
            Step::Failed { message } => {
                one["ready"] = false.into();
                one["message"] = (*message).into();
            }
        }
        self.done.push(one);
    }
}

/// Installs analysers; what only the host's package manager can install is named.
fn prepare_analysers(context: &Context<'_>, names: &[String]) -> anyhow::Result<Exit> {
    let all = names.iter().all(|name| name.is_empty());
    let wanted: Vec<Analyser> = match all {
        true => Analyser::all().collect(),
        false => names.iter().map(|name| super::analyser(name)).collect::<Result<_, _>>()?,
    };
    let analysers = context.analysers()?;
    let mut told = Told::new(context);
    analysers.prepare(&wanted, &mut |progress| told.take(progress))?;
    let mut lacking = Vec::new();
    for analyser in &wanted {
        let name = analyser.name();
        match analysers.standing(*analyser) {
            Standing::Installed { version } if told.human => say(&format!("{name}: {version}"))?,
            Standing::Installed { .. } => {}
            Standing::Lacking { what, remedy } => {
                if told.human {
                    complain(&format!("{name}: {what}; {remedy}"));
                }
                lacking.push(json!({ "name": name, "lacks": what, "remedy": remedy }));
            }
        }
    }
    let ready = wanted.len() - lacking.len();
    if told.human {
        say(&format!("{ready} of {} analysers ready", wanted.len()))?;
    } else {
        say_json(&json!({
            "schema": "assay.prepare-analysers/1", "installations": told.done, "lacking": lacking,
        }))?;
    }
    Ok(if lacking.is_empty() { Exit::Success } else { Exit::Failure })
}

/// Removes what no corpus needs that was ever prepared here and still exists.
fn prune(context: &Context<'_>) -> anyhow::Result<Exit> {
    let validator = context.validator()?;
    let (mut kept, mut gone, mut cases) = (Vec::new(), Vec::new(), Vec::new());
    for name in validator.corpora()? {
        let source = CorpusSource::parse(&name);
        if source.is_built_in() || source.path().exists() {
            let corpus = context.laid_out(&source)?.load().with_context(|| {
                format!(
                    "failed to read the corpus {name}, so nothing was removed; fix or delete it"
                )
            })?;
            cases.extend(corpus.cases);
            kept.push(name);
        } else {
            validator.forget(&name)?;
            gone.push(name);
        }
    }
    let pruned = validator.prune(&cases)?;
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.prune/1", "kept-corpora": kept, "gone-corpora": gone,
            "folders": pruned.folders, "bytes": pruned.bytes,
        }))?;
    } else {
        for name in &kept {
            say(&format!("kept what {name} needs"))?;
        }
        for name in &gone {
            say(&format!("forgot {name}, which no longer exists"))?;
        }
        let megabytes = pruned.bytes / 1_000_000;
        say(&format!("removed {} folders, {megabytes} MB", pruned.folders))?;
    }
    Ok(Exit::Success)
}

/// A step, as people read it.
/// What becomes of an installation, for people.
pub(super) fn line(progress: &Installation<'_>) -> String {
    let Installation { number, total, room, summary, needed_by, step } = progress;
    let needed_by = needed_by.join(", ");
    let what = match step {
        Step::Installing => format!("installing {summary} (for {needed_by})"),
        Step::Ready { fresh: true } => "installed".to_owned(),
        Step::Ready { fresh: false } => format!("there already: {summary}"),
        Step::Failed { message } => {
            let what = match room {
                Room::Language(_) => "validated",
                Room::Analysers | Room::Agents => "run",
            };
            format!("failed: {summary}; cannot be {what}: {needed_by}: {message}")
        }
    };
    format!("[{number}/{total}] {}: {what}", room.title())
}

/// How many cases have an installation that failed.
fn failed(done: &[Value]) -> usize {
    let failed = done.iter().filter(|one| one["ready"] == false);
    let cases = |one: &Value| one.get("cases").or_else(|| one.get("needed-by")).cloned();
    failed.filter_map(cases).filter_map(|it| it.as_array().map(Vec::len)).sum()
}
