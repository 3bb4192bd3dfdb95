//! `assay rejudge`: decides the judged phases of a stored run again, as a new run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::infra_error::InfraClass;
use assay_core::{AttemptKey, Case, Corpus, Cost, InfraError, Outcome};
use serde::Deserialize as _;
use serde_json::json;
use tracing::debug;

use super::estimate::Estimates;
use super::run::run_id;
use super::{Context, certificate};
use crate::cli::{Format, RejudgeArgs};
use crate::exit::Exit;
use crate::limits::{Limit, Limits};
use crate::report::RunData;
use crate::report::quantity::counted;
use crate::report::terminal::scorecard;
use crate::run::estimate::Assumed;
use crate::run::progress::Progress;
use crate::run::{Rejudgement, Rejudging, RejudgingEnd, Spending, SpendingLimit};
use crate::settings::RunSettings;
use crate::store::{AttemptSummary, DerivedFrom, RunInfo, Store, StoreError};
use crate::subject::pace::Paces;
use crate::terminal::{complain, say, say_json, width};

/// More changed verdicts than this are counted, not listed.
const MAX_LISTED: usize = 40;

pub(super) fn execute(context: &Context<'_>, args: &RejudgeArgs) -> anyhow::Result<Exit> {
    let human = context.global.format == Format::Human;
    let old = Store::open_to_read(&args.run)?;
    let info = old.info()?;
    let scoring = context.config.scoring(args.scoring)?;
    let mut settings = RunSettings::deserialize(&info.settings)
        .with_context(|| format!("failed to read the settings of the run {}", info.id))?;
    let judges = context.config.judges(&args.judges)?;
    if !judges.is_empty() {
        settings.judges = judges;
        settings.judge_certificate = None;
    }
    if let Some(cited) = context.config.certificate(&args.certificate, &args.judges)? {
        settings.judge_certificate = Some(cited);
    }
    let mut paces = Paces::default();
    let Some(panel) = super::panel(&settings.judges, &mut paces)? else {
        bail!("the run has no judges of its own; name some with --judge or in assay.toml");
    };
    let most = args.limits.or(context.config.limits()).limits()?;
    if most.cost.is_some() {
        super::refuse_unpriced(panel.unpriced())?;
    }
    let responses = if args.no_cache { None } else { context.responses()? };
    let panel = panel.with_responses(responses.clone());
    let corpus = context.load(&CorpusSource::parse(&settings.corpus))?;
    let asked: BTreeSet<&str> = info.cases.iter().map(|case| case.id.as_str()).collect();
    let is_asked = |case: &Case| asked.contains(case.id.as_str());
    let corpus = super::decided(corpus, &settings.deciders, &is_asked)?;
    warn_of_changes(&info, &corpus);
    let cases: Vec<&Case> = corpus.cases.iter().filter(|case| is_asked(case)).collect();
    certificate::settle(&mut settings, Some(&panel), &cases)?;
    let output = args.output.clone().unwrap_or_else(|| beside(&args.run));
    let stored = old.attempts()?;
    let (mut new, attempts) = begin(&output, &derived(&info, &settings, &corpus)?, stored)?;
    let expected = context.config.expected_output_tokens;
    let expected_output_tokens = expected.unwrap_or(settings.expected_output_tokens);
    let spending = SpendingLimit { most, expected_output_tokens };
    let (amount, is_estimated) = new.paid_in_all()?;
    let counted = (Spending { amount, is_estimated }, Arc::clone(paces.requests()));
    let rejudging = Arc::new(Rejudging::new(panel, info.locale, spending, counted));
    if human {
        let assumed = Assumed {
            locale: info.locale,
            max_answers: settings.max_answers,
            output_tokens: expected_output_tokens,
        };
        foretell(&old, &attempts, &corpus, &rejudging, assumed)?;
    }

    let mut tally = Tally::default();
    let mut progress = Progress::start(attempts.len(), human);
    let mut rejudgement = Rejudgement {
        rejudging: Arc::clone(&rejudging),
        source: &old,
        corpus: &corpus,
        target: &mut new,
        progress: &mut progress,
    };
    let end =
        rejudgement.run(attempts, |attempt, before, after| tally.add(attempt, before, after))?;
    progress.finish();
    if let Some(fault) = responses.and_then(|responses| responses.fault()) {
        complain(&format!("warning: {fault}; answers of judges were no longer kept"));
    }
    let run = RunData::read(&new, &scoring)?;
    let stopped_by = rejudging.held_by().filter(|_| end.held > 0);
    let told = Told { human, spent: rejudging.spent(), most, stopped_by, end };
    conclude(&new, &run, &tally, &told)
}

/// Says what judges will probably take.
fn foretell(
    old: &Store,
    attempts: &[AttemptSummary],
    corpus: &Corpus,
    rejudging: &Rejudging,
    assumed: Assumed,
) -> anyhow::Result<()> {
    let records = attempts.iter().filter_map(|summary| {
        let case = corpus.case(&summary.key.case)?;
        case.asks_judges().then(|| Ok((old.attempt(summary)?, case)))
    });
    let judges = rejudging.estimate(records, assumed)?;
    let (subjects, agents) = (Vec::new(), Vec::new());
    for line in (Estimates { subjects, judges, agents, assumed }).lines() {
        complain(&line);
    }
    Ok(())
}

/// `runs/a.assay` as `runs/a.rejudged.assay`.
fn beside(run: &Path) -> PathBuf {
    run.with_extension("rejudged.assay")
}

/// The rubrics are those of the corpus now, the evidence of tests is that of then.
fn warn_of_changes(info: &RunInfo, corpus: &Corpus) {
    let changed: Vec<&str> = info
        .cases
        .iter()
        .filter(|old| corpus.case(&old.id).is_none_or(|case| case.digest() != old.digest))
        .map(|old| old.id.as_str())
        .collect();
    if !changed.is_empty() {
        complain(&format!(
            "warning: cases have changed since the run, and are judged by their present rubrics: {}",
            changed.join(", ")
        ));
    }
}

/// What is known of the new run.
fn derived(info: &RunInfo, settings: &RunSettings, corpus: &Corpus) -> anyhow::Result<RunInfo> {
    let (id, started_at) = run_id();
    Ok(RunInfo {
        id,
        started_at,
        assay_version: env!("CARGO_PKG_VERSION").to_owned(),
        corpus_digest: corpus.digest.clone(),
        settings: serde_json::to_value(settings)?,
        derived_from: Some(DerivedFrom {
            run: info.id.clone(),
            by: "rejudge".to_owned(),
            assay_version: info.assay_version.clone(),
            corpus_digest: info.corpus_digest.clone(),
        }),
        ..info.clone()
    })
}

/// Makes the new run's file, or continues one that the same command began; also returns the
/// attempts that are left.
fn begin(
    output: &Path,
    info: &RunInfo,
    stored: Vec<AttemptSummary>,
) -> anyhow::Result<(Store, Vec<AttemptSummary>)> {
    if !output.exists() {
        return Ok((Store::create(output, info)?, stored));
    }
    let path = output.display();
    let begun = Store::open(output).and_then(|store| Ok((store.info()?, store)));
    if let Err(busy @ StoreError::Busy(_)) = begun {
        return Err(busy.into());
    }
    let begun = begun.inspect_err(|error| debug!(%error, "what is there is no run to go on with"));
    let is_same = |found: &RunInfo| {
        found.derived_from == info.derived_from
            && found.corpus_digest == info.corpus_digest
            && found.settings == info.settings
    };
    let Some((_, new)) = begun.ok().filter(|(found, _)| is_same(found)) else {
        bail!(
            "{path} exists already and was not made from this run by these judges; choose another --output"
        );
    };
    let is_open = |outcome: &Outcome| {
        matches!(outcome, Outcome::Errored(InfraError { class: InfraClass::Panel, .. }))
    };
    let finished: BTreeSet<AttemptKey> = new
        .attempts()?
        .into_iter()
        .filter(|attempt| !is_open(&attempt.outcome))
        .map(|attempt| attempt.key)
        .collect();
    let left: Vec<_> =
        stored.into_iter().filter(|attempt| !finished.contains(&attempt.key)).collect();
    if left.is_empty() {
        bail!("{path} exists already, and has every attempt; choose another --output");
    }
    Ok((new, left))
}

/// How the new outcomes of judged attempts differ from the old ones.
#[derive(Default)]
struct Tally {
    judged: usize,
    changes: Vec<Change>,
    open: usize,
}

/// What the messages at the end need to know.
struct Told {
    human: bool,
    spent: Spending,
    most: Limits,
    stopped_by: Option<Limit>,
    end: RejudgingEnd,
}

struct Change {
    attempt: AttemptKey,
    before: Outcome,
    after: Outcome,
}

impl Tally {
    fn add(&mut self, attempt: &AttemptKey, before: &Outcome, after: &Outcome) {
        match after.verdict() {
            Some(_) => self.judged += 1,
            None => self.open += 1,
        }
        if before.verdict() != after.verdict() {
            let (before, after) = (before.clone(), after.clone());
            self.changes.push(Change { attempt: attempt.clone(), before, after });
        }
    }

    /// Verdicts that are others now, and attempts that have one now and had none.
    fn counts(&self) -> (usize, usize) {
        let changed = |change: &&Change| {
            change.before.verdict().is_some() && change.after.verdict().is_some()
        };
        let decided = |change: &&Change| change.before.verdict().is_none();
        (self.changes.iter().filter(changed).count(), self.changes.iter().filter(decided).count())
    }
}

fn word(outcome: &Outcome) -> &'static str {
    outcome.verdict().map_or("no verdict", assay_core::Verdict::as_str)
}

fn conclude(new: &Store, run: &RunData, tally: &Tally, told: &Told) -> anyhow::Result<Exit> {
    let origin = run.info.derived_from.as_ref().map(|from| from.run.as_str()).unwrap_or_default();
    let (changed, decided) = tally.counts();
    if told.human {
        say(&format!("\n{}", scorecard(run, width()).trim_end()))?;
        say(&format!("\nrun stored in {}, derived from {origin}", new.path().display()))?;
        for Change { attempt, before, after } in tally.changes.iter().take(MAX_LISTED) {
            say(&format!("{attempt}: {} before, {} now", word(before), word(after)))?;
        }
        if tally.changes.len() > MAX_LISTED {
            say(&format!("and {} more", tally.changes.len() - MAX_LISTED))?;
        }
        say(&format!(
            "judged anew: {}; verdicts changed: {changed}; newly decided: {decided}; left open: {}",
            tally.judged, tally.open
        ))?;
        if told.end.left > 0 {
            let left = counted(told.end.left, "attempt");
            say(&format!("{left} not finished; repeat the command to continue"))?;
        }
        if let Some(limit) = told.stopped_by {
            let Spending { amount, is_estimated } = &told.spent;
            say(&format!(
                "{}; {} left; repeat the command with a higher limit to continue",
                told.most.told(limit, amount, *is_estimated, "the next ballot"),
                counted(told.end.held, "attempt")
            ))?;
        }
    } else {
        let changes = tally.changes.iter().map(|Change { attempt, before, after }| {
            json!({ "attempt": attempt, "before": before.verdict(), "after": after.verdict() })
        });
        say_json(&json!({
            "schema": "assay.rejudge/1",
            "run": new.path(),
            "derived-from": origin,
            "judged": tally.judged,
            "changed": changed,
            "decided": decided,
            "open": tally.open,
            "left": told.end.held + told.end.left,
            "spent": told.spent.amount.cost.units(),
            "spent-tokens": told.spent.amount.tokens,
            "requests": told.spent.amount.requests,
            "estimated": told.spent.is_estimated,
            "max-cost": told.most.cost.map(Cost::units),
            "max-total-tokens": told.most.tokens,
            "max-requests": told.most.requests,
            "stopped-by": told.stopped_by.map(Limit::key),
            "changes": changes.collect::<Vec<_>>(),
        }))?;
    }
    Ok(match told.end {
        RejudgingEnd { interrupted: true, .. } => Exit::Interrupted,
        RejudgingEnd { held: 0, .. } if tally.open == 0 => Exit::Success,
        _ => Exit::Errored,
    })
}
