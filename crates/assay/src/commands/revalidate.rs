//! `assay revalidate`: validates the stored answers of a run again, and says what
//! that changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::record::CaseSummary;
use assay_core::{AttemptKey, Case, Corpus, Deciders, Outcome, Reading};
use assay_verify::tools;
use serde::Deserialize as _;
use serde_json::{Value, json};
use tracing::debug;

use super::Context;
use super::verification::Verification;
use crate::cli::{Format, RevalidateArgs};
use crate::exit::Exit;
use crate::fleet::Scope;
use crate::report::RunData;
use crate::report::quantity::{count, counted};
use crate::report::terminal::scorecard;
use crate::run::progress::Progress;
use crate::run::{Revalidation, RevalidationEnd};
use crate::settings::default_reading;
use crate::store::{AttemptSummary, DerivedFrom, RunInfo, Store, StoreError};
use crate::terminal::{complain, say, say_json, width};

const NAME: &str = "revalidate";

/// The most attempts that are listed, for people, of each change.
const LISTED: usize = 20;

pub(super) fn execute(context: &Context<'_>, args: &RevalidateArgs) -> anyhow::Result<Exit> {
    let human = context.global.format == Format::Human;
    let rules = context.config.scoring(args.scoring)?;
    let source = Store::open_to_read(&args.run)?;
    let old = source.info()?;
    let corpus = match &context.global.corpus {
        Some(corpus) => CorpusSource::parse(corpus).absolute()?,
        None => CorpusSource::parse(&old.corpus),
    };
    let name = corpus.to_string();
    let corpus = context.load(&corpus)?;
    let before = Deciders::deserialize(&old.settings);
    let before = before.with_context(|| format!("failed to read the settings of {}", old.id))?;
    let deciders = args.deciders.or(&before);
    let asked: BTreeSet<&str> = old.cases.iter().map(|case| case.id.as_str()).collect();
    let is_asked = |case: &Case| asked.contains(case.id.as_str());
    let corpus = super::decided(corpus, &deciders, &is_asked)?;
    let cases = cases(&old, &corpus)?;
    let reading = args.reading.or_else(|| stored_reading(&old));
    let reading = reading.unwrap_or_else(|| default_reading(&CorpusSource::parse(&name)));
    let verification = Verification::choose(&args.verifier, context.verifier(args.jobs)?)?;
    let tools = verification.versions(cases.values().map(|case| case.language));
    let info = RunInfo {
        tools,
        settings: changed(&old.settings, reading, &deciders),
        ..run_info(&old, name, &corpus, &cases)
    };
    let shares = old.settings["validate-each"] != json!(true);
    let output = args.output.clone().unwrap_or_else(|| default_output(&args.run));
    let stored = source.attempts()?;
    let (mut target, todo) = begin(&output, &info, &stored)?;
    if human {
        complain(&format!("run        {} ({})", args.run.display(), old.id));
        complain(&format!("corpus     {} ({})", info.corpus, &corpus.digest[..16]));
        complain(&format!("attempts   {} of {}", count(todo.len()), count(stored.len())));
        complain(&format!("results    {}", output.display()));
    }
    verification.check_tools(&target.info()?.tools)?;
    let verification = verification.with_scope(match shares {
        true => Scope::Run(target.info()?.id),
        false => Scope::Each,
    });
    let revalidation = Revalidation {
        source: &source,
        cases: &cases,
        verifier: verification.verifier(),
        share: shares,
        reading,
        keeps_ballots: deciders.decider == before.decider,
    };
    let mut progress = Progress::start(todo.len(), human);
    let end = revalidation.run(todo, &mut target, &mut progress)?;
    progress.finish();
    let changes = Changes::between(&stored, &target.attempts()?);
    if human {
        say(&format!("\n{}", scorecard(&RunData::read(&target, &rules)?, width()).trim_end()))?;
        say(&format!("\n{}", changes.text().trim_end()))?;
        say(&format!("\nrun stored in {}", output.display()))?;
        if end.left > 0 {
            let left = counted(end.left, "attempt");
            say(&format!("{left} not finished; repeat the command to continue"))?;
        }
    } else {
        say_json(&changes.to_json(&args.run, &output, &end))?;
    }
    Ok(match end {
        RevalidationEnd { interrupted: true, .. } => Exit::Interrupted,
        RevalidationEnd { errored: 0, .. } => Exit::Success,
        _ => Exit::Errored,
    })
}

/// How the answers of a run were read, if it says so.
fn stored_reading(run: &RunInfo) -> Option<Reading> {
    run.settings["reading"].as_str()?.parse().ok()
}

/// The settings of a run with those that this command may change.
fn changed(settings: &Value, reading: Reading, deciders: &Deciders) -> Value {
    let mut settings = settings.clone();
    if let Value::Object(members) = &mut settings {
        members.insert("reading".to_owned(), json!(reading));
        if let Value::Object(deciders) = json!(deciders) {
            members.extend(deciders);
        }
    }
    settings
}

fn default_output(run: &Path) -> PathBuf {
    let name = run.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".assay").unwrap_or(&name);
    run.with_file_name(format!("{stem}.revalidated.assay"))
}

/// The cases of the run, as the corpus has them now.
fn cases(old: &RunInfo, corpus: &Corpus) -> anyhow::Result<BTreeMap<String, Arc<Case>>> {
    let mut cases = BTreeMap::new();
    for CaseSummary { id, .. } in &old.cases {
        let Some(case) = corpus.case(id) else {
            bail!(
                "the corpus has no case {id:?}, which the run {} has answers to; name the right one with --corpus",
                old.id
            );
        };
        cases.insert(id.clone(), Arc::new(case.clone()));
    }
    Ok(cases)
}

fn run_info(
    old: &RunInfo,
    name: String,
    corpus: &Corpus,
    cases: &BTreeMap<String, Arc<Case>>,
) -> RunInfo {
    let started_at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    RunInfo {
        id: started_at.replace([':', '-'], "").trim_end_matches('Z').to_owned(),
        started_at,
        assay_version: env!("CARGO_PKG_VERSION").to_owned(),
        corpus: name,
        corpus_digest: corpus.digest.clone(),
        supported_tools: tools::all_supported(),
        cases: old.cases.iter().map(|case| CaseSummary::from(cases[&case.id].as_ref())).collect(),
        derived_from: Some(DerivedFrom {
            run: old.id.clone(),
            by: NAME.to_owned(),
            assay_version: old.assay_version.clone(),
            corpus_digest: old.corpus_digest.clone(),
        }),
        ..old.clone()
    }
}

/// Makes the new run's file, or continues one that this command began; also returns the attempts to
/// validate.
fn begin(
    output: &Path,
    info: &RunInfo,
    stored: &[AttemptSummary],
) -> anyhow::Result<(Store, Vec<AttemptSummary>)> {
    if !output.exists() {
        return Ok((Store::create(output, info)?, stored.to_vec()));
    }
    let is_same = |found: &RunInfo| {
        found.derived_from == info.derived_from
            && found.corpus_digest == info.corpus_digest
            && found.assay_version == info.assay_version
            && found.settings == info.settings
    };
    let path = output.display();
    let begun = Store::open(output).and_then(|store| Ok((store.info()?, store)));
    if let Err(busy @ StoreError::Busy(_)) = begun {
        return Err(busy.into());
    }
    let begun = begun.inspect_err(|error| debug!(%error, "what is there is no run to go on with"));
    let Some((_, target)) = begun.ok().filter(|(found, _)| is_same(found)) else {
        bail!(
            "{path} exists already and was not made from this run as it is now; choose another --output"
        );
    };
    let finished = target.attempts()?;
    let finished: BTreeMap<&AttemptKey, &Outcome> =
        finished.iter().map(|attempt| (&attempt.key, &attempt.outcome)).collect();
    let is_left = |attempt: &&AttemptSummary| match finished.get(&attempt.key) {
        None => true,
        // An error of the old run that stays is no error of this command.
        Some(Outcome::Errored(error)) => {
            error.class.is_fault() && finished[&attempt.key] != &attempt.outcome
        }
        Some(Outcome::Judged(_)) => false,
    };
    let todo: Vec<AttemptSummary> = stored.iter().filter(is_left).cloned().collect();
    if todo.is_empty() {
        bail!("{path} exists already, and has every attempt; choose another --output");
    }
    Ok((target, todo))
}

/// What the new validation changed.
struct Changes<'a> {
    compared: usize,
    /// By the old and the new outcome.
    moved: BTreeMap<(String, String), Vec<&'a AttemptSummary>>,
    first_failures: BTreeMap<&'a AttemptKey, Option<String>>,
}

impl<'a> Changes<'a> {
    fn between(old: &'a [AttemptSummary], new: &[AttemptSummary]) -> Changes<'a> {
        let new: BTreeMap<&AttemptKey, &AttemptSummary> =
            new.iter().map(|attempt| (&attempt.key, attempt)).collect();
        let mut changes =
            Changes { compared: 0, moved: BTreeMap::new(), first_failures: BTreeMap::new() };
        for before in old {
            let Some(now) = new.get(&before.key) else { continue };
            changes.compared += 1;
            let pair = (label(&before.outcome), label(&now.outcome));
            if pair.0 != pair.1 {
                changes.moved.entry(pair).or_default().push(before);
                changes.first_failures.insert(&before.key, now.first_failure.clone());
            }
        }
        changes
    }

    fn total(&self) -> usize {
        self.moved.values().map(Vec::len).sum()
    }

    fn text(&self) -> String {
        let mut text =
            format!("{} of {} changed\n", count(self.total()), counted(self.compared, "outcome"));
        for ((from, to), attempts) in &self.moved {
            text.push_str(&format!("{from} -> {to}: {}\n", count(attempts.len())));
            for attempt in attempts.iter().take(LISTED) {
                let why = self.first_failures[&attempt.key].as_deref();
                let why = why.map(|why| format!("  ({why})")).unwrap_or_default();
                text.push_str(&format!("    {}{why}\n", attempt.key));
            }
            if attempts.len() > LISTED {
                let more = count(attempts.len() - LISTED);
                text.push_str(&format!("    and {more} more, which --format json lists\n"));
            }
        }
        text
    }

    fn to_json(&self, from: &Path, output: &Path, end: &RevalidationEnd) -> Value {
        let attempt = |attempt: &&AttemptSummary| {
            let AttemptKey { subject, case, scenario, round } = &attempt.key;
            json!({
                "subject": subject,
                "case": case,
                "scenario": scenario,
                "round": round,
                "first-failure": self.first_failures[&attempt.key],
            })
        };
        let moved = |((from, to), attempts): (&(String, String), &Vec<&AttemptSummary>)| {
            let attempts: Vec<Value> = attempts.iter().map(attempt).collect();
            json!({ "from": from, "to": to, "count": attempts.len(), "attempts": attempts })
        };
        json!({
            "schema": "assay.revalidation/1",
            "from": from,
            "run": output,
            "compared": self.compared,
            "changed": self.total(),
            "moved": self.moved.iter().map(moved).collect::<Vec<_>>(),
            "errored": end.errored,
            "left": end.left,
            "interrupted": end.interrupted,
        })
    }
}

/// A verdict, or what an attempt without one is.
fn label(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Judged(judgement) => judgement.to_string(),
        Outcome::Errored(_) if outcome.is_unjudged() => "unjudged".to_owned(),
        Outcome::Errored(_) => "errored".to_owned(),
    }
}
