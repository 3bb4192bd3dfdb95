//! `assay run`: asks subjects, validates their answers, stores everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::infra_error::InfraClass;
use assay_core::record::LEFT_OUT_NAMED;
use assay_core::score::ScoringRules;
use assay_core::{Corpus, Cost, JudgeReply};
use assay_verify::tools;
use serde::Deserialize as _;
use serde_json::json;

use super::agency::Agency;
use super::estimate::Estimates;
use super::verification::Verification;
use super::{Context, certificate, context_lengths, preflight};
use crate::cli::{Format, Label, RunArgs};
use crate::exit::Exit;
use crate::fleet::Scope;
use crate::judge::Panel;
use crate::limits::{Limit, Limits};
use crate::report::RunData;
use crate::report::quantity::{self, counted};
use crate::report::terminal::scorecard;
use crate::run::estimate::{AgentEstimate, Assumed, Estimate, JudgesEstimate};
use crate::run::progress::Progress;
use crate::run::{Dispatcher, Plan, RunEnd, Spending, SpendingLimit};
use crate::settings::RunSettings;
use crate::store::{DerivedFrom, Payer, Payment, RunInfo, Store};
use crate::subject::{self, Environment, Responses};
use crate::terminal::{complain, say, say_json, tell, width};

pub(super) fn execute(context: &Context<'_>, args: &RunArgs) -> anyhow::Result<Exit> {
    let human = context.global.format == Format::Human;
    let resumed = match &args.resume {
        Some(path) => Some(Store::open(path)?),
        None => None,
    };
    let info = resumed.as_ref().map(Store::info).transpose()?;
    let mut settings = match &info {
        Some(info) => RunSettings::deserialize(&info.settings)
            .with_context(|| format!("failed to read the settings of the run {}", info.id))?
            .resume(args.no_cache, args.limits),
        None => context.config.run_settings(context.global, args)?,
    };
    if let Some(DerivedFrom { run, by, .. }) = info.as_ref().and_then(|it| it.derived_from.as_ref())
    {
        bail!(
            "this run was made from the answers of the run {run}, so no subject is asked for it; repeat `assay {by}` to continue it"
        );
    }
    let limits = settings.limits.limits()?;
    let rules = context.config.scoring(args.scoring)?;
    let corpus = context.load(&CorpusSource::parse(&settings.corpus))?;
    if let Some(info) = &info
        && info.corpus_digest != corpus.digest
    {
        bail!(
            "the corpus {} has changed since the run {} began (digest {} then, {} now); start a new run",
            settings.corpus,
            info.id,
            &info.corpus_digest[..16],
            &corpus.digest[..16]
        );
    }
    let chosen = chosen(&settings, &corpus)?;
    let corpus = super::decided(corpus, &settings.deciders, &|case| chosen.contains(&case.id))?;
    let local = context.verifier(args.jobs)?;
    let mut agency = Agency::new(&local, context.config.cache(context.global)?);
    let environment: Environment<'_> = &|name| std::env::var(name).ok();
    let mut hire = |config: &_, paces: &mut _| agency.hire(config, environment, paces);
    let mut loaded = subject::load(&settings.subjects, &corpus, environment, &mut hire)?;
    for warning in &loaded.warnings {
        complain(&format!("warning: {warning}"));
    }
    let panel = super::panel(&settings.judges, &mut loaded.paces)?;
    if panel.is_none() && !settings.judge_later && settings.deciders.beside_judges() {
        bail!(
            "judges are to be asked beside, and none is configured; name some with --judge, or ask now with --judge-later and have `assay rejudge` ask them"
        );
    }
    let mut plan = Plan::new(&corpus, loaded.subjects, &settings)?;
    if info.is_none() {
        certificate::settle(&mut settings, panel.as_ref(), &plan.cases_asked())?;
    }
    for subject in plan.subjects.iter().filter(|it| settings.rounds > 1 && it.has_fixed_seed()) {
        complain(&format!(
            "warning: extra sets a seed for {}, so that all rounds are asked with the same one; set `seed` instead, from which each round gets its own",
            subject.name()
        ));
    }
    let paces = loaded.paces;

    let planned = plan.attempts.len();
    let output = match (&resumed, &args.output) {
        (Some(store), _) => store.path().to_owned(),
        (None, Some(path)) => path.clone(),
        (None, None) => default_output(),
    };
    let mut left_errored = BTreeMap::new();
    if let Some(store) = &resumed {
        let judged = store.judged()?;
        plan.attempts.retain(|attempt| !judged.contains(&attempt.key));
        left_errored = leave_errored(&mut plan, store, &args.retry_errors)?;
    }
    if resumed.is_none() {
        Store::check_place(&output)?;
    }
    if limits.cost.is_some() {
        refuse_unpriced(&plan, panel.as_ref())?;
    }
    let responses = responses(context, &plan, &settings, args)?;
    let assumed = Assumed {
        locale: settings.locale,
        max_answers: settings.max_answers,
        output_tokens: settings.expected_output_tokens,
    };
    let judges = panel.as_ref().map(|panel| JudgesEstimate::of(&plan, panel, assumed));
    let estimates = Estimates {
        subjects: Estimate::of(&plan, assumed, responses.as_deref())?,
        judges: judges.unwrap_or_default(),
        agents: AgentEstimate::of(&plan, settings.agent_max_answers),
        assumed,
    };
    if human {
        for line in describe(&plan, (planned, left_errored.values().sum()), &settings, &output) {
            complain(&line);
        }
        for left_out in plan.left_out.iter().take(LEFT_OUT_NAMED) {
            complain(&format!("left out   {left_out}"));
        }
        let more = plan.left_out.len().saturating_sub(LEFT_OUT_NAMED);
        if more > 0 {
            complain(&format!("left out   and {more} more; the plan has all with --format json"));
        }
        if let Some(line) = judging(&plan, panel.as_ref()) {
            complain(&line);
        }
        for line in estimates.lines() {
            complain(&line);
        }
    }
    if args.dry_run {
        if !human {
            say_json(&json!({
                "schema": "assay.plan/1",
                "attempts": plan.attempts.iter().map(|attempt| &attempt.key).collect::<Vec<_>>(),
                "left-out": plan.left_out,
                "most-requests": plan.most_requests(&settings),
                "estimate": estimates.to_json(),
                "output": output,
            }))?;
        }
        return Ok(Exit::Success);
    }
    let verification = Verification::choose(&args.verifier, local.clone())?;
    verification.check(&plan.cases_asked())?;
    if verification.is_elsewhere() && plan.subjects.iter().any(|it| it.works_in_place()) {
        // Agents work here all the same.
        preflight::validation(&local.validator, &plan.cases_asked())?;
    }
    if let Some(info) = &info {
        verification.check_tools(&info.tools)?;
    }
    if let Some(line) = verification.line().filter(|_| human) {
        complain(&line);
    }
    let lengths = context_lengths::ask(&plan, &estimates.subjects, &settings)?;
    for line in lengths.lines.iter().filter(|_| human) {
        complain(line);
    }
    for warning in &lengths.warnings {
        complain(&format!("warning: {warning}"));
    }
    let before = resumed.as_ref().map(Store::paid_in_all).transpose()?;
    let (spent, _) = before.unwrap_or_default();
    let may_spend = !limits.are_reached_by(&spent);
    paces.requests().begin(spent.requests, limits.requests);
    let greeted = match (&panel, plan.judged_and_paid()) {
        (Some(panel), Some(subject)) if may_spend => Some((preflight::judges(panel)?, subject)),
        _ => None,
    };
    let label = args.label.as_ref();
    let mut store = match resumed {
        Some(mut store) => {
            if let (Some(label), Some(info)) = (label, info) {
                store.amend(&RunInfo { label: Some(label.to_string()), ..info })?;
            }
            store
        }
        None => {
            let info = run_info(&plan, &settings, &corpus.digest, label)?;
            let languages = plan.cases_asked().into_iter().map(|case| case.language);
            let tools = verification.versions(languages);
            Store::create(&output, &RunInfo { tools, ..info })?
        }
    };
    let scope = match settings.validate_each {
        true => Scope::Each,
        false => Scope::Run(store.info()?.id),
    };
    let verification = verification.with_scope(scope);
    for (JudgeReply { judge: model, usage, .. }, subject) in
        greeted.iter().flat_map(|(replies, subject)| replies.iter().map(move |it| (it, subject)))
    {
        store.pay(&Payment { subject, payer: Payer::Judge, model, usage: *usage })?;
    }
    let dispatcher = Dispatcher {
        subjects: &plan.subjects,
        paces: &paces,
        cases: &plan.cases,
        verifier: verification.verifier(),
        max_answers: settings.max_answers,
        agent_max_answers: settings.agent_max_answers,
        share: !settings.validate_each,
        locale: settings.locale,
        reading: settings.reading(),
        panel: panel.map(|panel| Arc::new(panel.with_responses(responses.clone()))),
        responses,
        spending: SpendingLimit {
            most: limits,
            expected_output_tokens: settings.expected_output_tokens,
        },
    };
    let mut progress = Progress::start(plan.attempts.len(), human);
    let end = dispatcher.run(std::mem::take(&mut plan.attempts), &mut store, &mut progress)?;
    progress.finish();
    conclude(&store, &end, &Told { human, rules, limits, left_errored })
}

/// The ids of the cases that take part.
fn chosen(settings: &RunSettings, corpus: &Corpus) -> anyhow::Result<BTreeSet<String>> {
    let chosen = settings.selection().of(corpus)?;
    Ok(chosen.into_iter().map(|case| case.id.clone()).collect())
}

/// Leaves out those attempts that errored otherwise than in one of the chosen classes, if
/// any are chosen. Returns how many are left so, by class.
fn leave_errored(
    plan: &mut Plan,
    store: &Store,
    chosen: &[InfraClass],
) -> anyhow::Result<BTreeMap<InfraClass, usize>> {
    let mut left = BTreeMap::new();
    if chosen.is_empty() {
        return Ok(left);
    }
    let errored = store.errored()?;
    plan.attempts.retain(|attempt| match errored.get(&attempt.key) {
        Some(class) if !chosen.contains(class) => {
            *left.entry(*class).or_insert(0) += 1;
            false
        }
        _ => true,
    });
    Ok(left)
}

/// A limit on the cost can be kept only where every question has a price.
fn refuse_unpriced(plan: &Plan, panel: Option<&Panel>) -> anyhow::Result<()> {
    let subject = plan.subjects.iter().find(|it| it.is_model() && it.price().is_none());
    let subject = subject.map(|subject| subject.name());
    super::refuse_unpriced(subject.or_else(|| panel.and_then(Panel::unpriced)))
}

/// The response cache, if a model takes part and the cache is not turned off. A dry run creates
/// none.
fn responses(
    context: &Context<'_>,
    plan: &Plan,
    settings: &RunSettings,
    args: &RunArgs,
) -> anyhow::Result<Option<Arc<Responses>>> {
    let asks = plan.subjects.iter().any(|it| it.is_model()) || !settings.judges.is_empty();
    let is_wanted = settings.response_cache && asks;
    let exists = context.config.responses(context.global)?.exists();
    if !is_wanted || (args.dry_run && !exists) {
        return Ok(None);
    }
    context.responses()
}

fn default_output() -> PathBuf {
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string().replace(':', "-");
    let folder = Path::new("assay-runs");
    // Two runs may begin in one second.
    let further = (2..).map(|number| format!("{time}-{number}.assay"));
    let mut names = std::iter::once(format!("{time}.assay")).chain(further);
    let is_free = |path: &PathBuf| !path.exists();
    names.by_ref().map(|name| folder.join(name)).find(is_free).unwrap_or_default()
}

/// What will be done, before it is done.
fn describe(
    plan: &Plan,
    (planned, left_errored): (usize, usize),
    settings: &RunSettings,
    output: &Path,
) -> Vec<String> {
    let subjects: Vec<&str> = plan.subjects.iter().map(|subject| subject.name()).collect();
    vec![
        format!("subjects   {}", subjects.join(", ")),
        format!(
            "corpus     {} ({}, locale {})",
            settings.corpus,
            counted(plan.cases.len(), "case"),
            settings.locale
        ),
        match (planned - plan.attempts.len() - left_errored, left_errored) {
            (0, 0) => format!("attempts   {planned}"),
            (done, 0) => {
                format!("attempts   {} of {planned} ({done} judged already)", plan.attempts.len())
            }
            (done, left) => format!(
                "attempts   {} of {planned} ({done} judged already, {left} left errored)",
                plan.attempts.len()
            ),
        },
        format!(
            "requests   at most {} to subjects ({})",
            plan.most_requests(settings),
            answers(plan, settings)
        ),
        format!("results    {}", output.display()),
    ]
}

/// How many answers an attempt may have; agents, which test for themselves, have fewer.
fn answers(plan: &Plan, settings: &RunSettings) -> String {
    let mut parts = Vec::new();
    if plan.subjects.iter().any(|subject| !subject.works_in_place()) {
        parts.push(format!("{} answers an attempt", settings.max_answers));
    }
    if plan.subjects.iter().any(|subject| subject.works_in_place()) {
        parts.push(format!(
            "{} an attempt of an agent",
            counted(settings.agent_max_answers as usize, "answer")
        ));
    }
    parts.join(", ")
}

/// Who decides what tests do not, if anything is left to judges.
fn judging(plan: &Plan, panel: Option<&Panel>) -> Option<String> {
    let judged = plan.cases.iter().filter(|case| case.asks_judges()).count();
    let cases = match judged {
        0 => return None,
        1 => "1 case has".to_owned(),
        judged => format!("{judged} cases have"),
    };
    Some(match panel {
        Some(panel) => {
            let names: Vec<&str> = panel.names().collect();
            let votes = counted(panel.votes(), "vote");
            format!("judges     {} ({votes}); {cases} a phase that they decide", names.join(", "))
        }
        None => format!(
            "unjudged   {cases} a phase that judges decide, and none is configured; such cases count in no score until `assay rejudge` decides them"
        ),
    })
}

/// The id of a run that starts now, and its start.
pub(super) fn run_id() -> (String, String) {
    let started_at = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
    (started_at.replace([':', '-'], "").trim_end_matches('Z').to_owned(), started_at)
}

fn run_info(
    plan: &Plan,
    settings: &RunSettings,
    digest: &str,
    label: Option<&Label>,
) -> anyhow::Result<RunInfo> {
    let (id, started_at) = run_id();
    Ok(RunInfo {
        id,
        label: label.map(Label::to_string),
        started_at,
        assay_version: env!("CARGO_PKG_VERSION").to_owned(),
        corpus: settings.corpus.clone(),
        corpus_digest: digest.to_owned(),
        locale: settings.locale,
        subjects: plan.subjects.iter().map(|subject| subject.name().to_owned()).collect(),
        planned: plan.attempts.len(),
        settings: serde_json::to_value(settings)?,
        tools: BTreeMap::new(),
        supported_tools: tools::all_supported(),
        cases: plan.case_summaries(),
        left_out: plan.left_out.clone(),
        derived_from: None,
    })
}

/// What is left to be done, and why.
fn unfinished(end: &RunEnd) -> String {
    let attempts = |count: usize, what: &str| {
        (count > 0).then(|| format!("{} {what}", counted(count, "attempt")))
    };
    let parts = [attempts(end.errored, "errored"), attempts(end.left, "not finished")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What the messages at the end of a run need to know.
struct Told {
    human: bool,
    rules: ScoringRules,
    limits: Limits,
    /// Attempts that errored before and were not to be tried again, by class.
    left_errored: BTreeMap<InfraClass, usize>,
}

fn conclude(store: &Store, end: &RunEnd, told: &Told) -> anyhow::Result<Exit> {
    let path = store.path().display();
    if told.human {
        say(&format!("\n{}", scorecard(&RunData::read(store, &told.rules)?, width()).trim_end()))?;
        say(&format!("\nrun stored in {path}"))?;
        if let Some(limit) = end.stopped_by {
            let Spending { amount, is_estimated } = &end.spent;
            let next = "the next question or ballot";
            let told = told.limits.told(limit, amount, *is_estimated, next);
            tell(&format!("{told}; give a higher one with --resume"))?;
        }
        if end.unjudged > 0 {
            let attempts = counted(end.unjudged, "attempt");
            tell(&format!(
                "{attempts} left to judges; `assay rejudge {path} --judge ...` lets them decide"
            ))?;
        }
        if end.left > 0 || end.errored > 0 {
            tell(&format!("{}; `assay run --resume {path}` continues", unfinished(end)))?;
        }
        if !told.left_errored.is_empty() {
            let count = counted(told.left_errored.values().sum(), "attempt");
            let classes = quantity::errors(&told.left_errored);
            tell(&format!(
                "{count} left errored, as --retry-errors does not name their class: {classes}"
            ))?;
        }
        if end.not_asked > 0 {
            tell(&format!(
                "{} not asked: what they would be about is neither secure nor insecure, or has nothing to be repaired",
                counted(end.not_asked, "attempt")
            ))?;
        }
        if end.shared > 0 {
            let answers = counted(end.shared, "answer");
            tell(&format!("{answers} shared the validation of an identical one"))?;
        }
        for (subject, error) in &end.given_up {
            tell(&format!("{subject} was given up: {error}"))?;
        }
    } else {
        let warnings = RunData::read(store, &told.rules)?.warnings();
        for warning in &warnings {
            complain(&format!("warning: {warning}"));
        }
        say_json(&json!({
            "schema": "assay.run/1",
            "run": store.path(),
            "warnings": warnings,
            "left-out": store.info()?.left_out,
            "judged": end.judged,
            "not-asked": end.not_asked,
            "errored": end.errored,
            "unjudged": end.unjudged,
            "shared-validations": end.shared,
            "left": end.left,
            "left-errored": told.left_errored,
            "given-up": end.given_up.iter().map(|(name, error)| {
                json!({ "name": name, "error": error.to_string() })
            }).collect::<Vec<_>>(),
            "interrupted": end.interrupted,
            "spent": end.spent.amount.cost.units(),
            "spent-tokens": end.spent.amount.tokens,
            "requests": end.spent.amount.requests,
            "estimated": end.spent.is_estimated,
            "max-cost": told.limits.cost.map(Cost::units),
            "max-total-tokens": told.limits.tokens,
            "max-requests": told.limits.requests,
            "stopped-by": end.stopped_by.map(Limit::key),
            "out-of-money": end.stopped_by == Some(Limit::Cost),
        }))?;
    }
    Ok(match end {
        RunEnd { interrupted: true, .. } => Exit::Interrupted,
        RunEnd { errored: 0, unjudged: 0, left: 0, .. } if told.left_errored.is_empty() => {
            Exit::Success
        }
        _ => Exit::Errored,
    })
}
