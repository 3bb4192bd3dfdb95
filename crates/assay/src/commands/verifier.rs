//! `assay verifier`: validations for others, over HTTP.

mod building;
mod foundation;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use assay_core::{Case, Corpus};
use assay_verify::{LocalVerifier, Validator};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::check::prover::Prover;
use super::verification::Verification;
use super::{Context, runtime};
use crate::cli::ServiceArgs;
use crate::exit::Exit;
use crate::fleet::Scope;
use crate::report::quantity::counted;
use crate::selection::Selection;
use crate::service::{
    self, AccessLog, AdmissionLimits, Backend, Builder, Built, Drained, Results, Rewards, Service,
    ServiceSettings, SharedVerifier, Shelf, Tokens,
};
use crate::settings::default_reading;
use crate::terminal::{complain, say};
use building::CaseBuilding;
use foundation::Foundation;

/// The variable that may hold the tokens.
const TOKENS: &str = "ASSAY_VERIFIER_TOKENS";

/// The result store, in the cache folder.
const RESULTS: &str = "verifier-results.sqlite";

pub(super) fn execute(context: &Context<'_>, args: &ServiceArgs) -> anyhow::Result<Exit> {
    let tokens = tokens(args)?;
    if tokens.is_none() && !args.listen.ip().is_loopback() {
        bail!(
            "{} can be reached by others, who need tokens; name them in a file with --tokens, or in {TOKENS}",
            args.listen
        );
    }
    let source = context.config.corpus(context.global);
    let (cases, aliases) = cases(context, args)?;
    let LocalVerifier { validator, limits } = context.verifier(args.jobs)?;
    let here = LocalVerifier { validator: Arc::clone(&validator), limits };
    let verification = Verification::choose(&args.verifier, here)?.with_scope(Scope::Shared);
    if !verification.is_elsewhere()
        && let Err(error) = validator.try_sandbox()
    {
        bail!("{error}; `assay doctor` says what this host lacks");
    }
    if let Some(line) = verification.line() {
        complain(&line);
    }
    // Proofs and requests have one queue.
    let verifier = SharedVerifier::start(verification.verifier());
    let prover = Prover::of(Arc::new(verifier.clone()), &validator, context.panel(&args.judges)?)?;
    let shelf = Arc::new(Shelf::new(aliases));
    let building = CaseBuilding { validator: Arc::clone(&validator), prover };
    let builder = Builder::start(&shelf, Box::new(building));
    // Workers of a fleet prepare what they need, and keep results themselves.
    let unprepared = match verification.is_elsewhere() {
        true => Vec::new(),
        false => unprepared(&validator, &cases),
    };
    let on_the_way = stock(&shelf, &builder, (cases, unprepared), args)?;
    let results = match verification.is_elsewhere() {
        true => None,
        false => results(context, args)?,
    };
    let settings = ServiceSettings {
        reading: args.reading.unwrap_or_else(|| default_reading(&source)),
        rewards: Rewards::with(&args.rewards),
        limits: AdmissionLimits { validations: args.queue as usize, ..AdmissionLimits::default() },
        drain: Duration::from_secs(args.drain_seconds.into()),
    };
    let backend = Backend {
        verifier: &verifier,
        basis: Box::new(Foundation::new(validator)),
        results,
        panel: context.panel(&args.judges)?,
    };
    let tokens = tokens.unwrap_or_else(Tokens::not_needed);
    let access = match &args.access_log {
        Some(path) => AccessLog::open(path)?,
        None => AccessLog::none(),
    };
    runtime()?.block_on(async {
        let service = Service::new(settings, tokens, (Arc::clone(&shelf), builder), backend);
        let service = Arc::new(service.with_access_log(access));
        if let Some(folder) = &args.watch {
            service::watch(&service, folder.clone());
        }
        let listener = TcpListener::bind(args.listen).await.with_context(|| {
            format!("failed to listen on {}; choose another address with --listen, port 0 for any free one", args.listen)
        })?;
        let mut terminate =
            signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        };
        let served = counted(shelf.counts().1, "case");
        let later = match on_the_way {
            0 => String::new(),
            more => format!(", {more} more once they are ready"),
        };
        let bound = listener.local_addr()?;
        say(&format!("validating for {served}{later} at http://{bound}/ until SIGTERM"))?;
        let Drained { unfinished } = service::serve(service, listener, stop).await;
        if unfinished > 0 {
            complain(&format!(
                "error: {} not finished within {} seconds; allow more with --drain-seconds",
                counted(unfinished, "validation"),
                args.drain_seconds
            ));
            return Ok(Exit::Errored);
        }
        say("everything that was taken is finished")?;
        Ok(Exit::Success)
    })
}

/// The cases of the corpus that are to be served, and other names of them.
fn cases(
    context: &Context<'_>,
    args: &ServiceArgs,
) -> anyhow::Result<(Vec<Case>, BTreeMap<String, String>)> {
    let source = context.config.corpus(context.global);
    let selection = Selection::from(&args.filter);
    let corpus: Corpus = context.corpus()?;
    let chosen: Vec<String> =
        selection.of(&corpus)?.into_iter().map(|case| case.id.clone()).collect();
    let deciders = args.deciders.or(&context.config.deciders());
    let corpus = super::decided(corpus, &deciders, &|case| chosen.contains(&case.id))?;
    let wanted = |case: &Case| chosen.contains(&case.id) && case.code().is_some();
    let cases: Vec<Case> = corpus.cases.into_iter().filter(wanted).collect();
    Ok((cases, source.endpoints()?))
}

/// The ids of cases that this host is not prepared for.
fn unprepared(validator: &Validator, cases: &[Case]) -> Vec<String> {
    let all: Vec<&Case> = cases.iter().collect();
    validator.unprepared(&all).into_iter().map(|case| case.id.clone()).collect()
}

/// Puts cases onto the shelf, or on their way there; how many are on their way.
fn stock(
    shelf: &Shelf,
    builder: &Builder,
    (cases, unprepared): (Vec<Case>, Vec<String>),
    args: &ServiceArgs,
) -> anyhow::Result<usize> {
    if !args.prepare && !unprepared.is_empty() {
        let (count, all) = (unprepared.len(), cases.len());
        if count == all {
            bail!(
                "none of {} is prepared; run `assay prepare` with the same --corpus, or add --prepare",
                counted(all, "case")
            );
        }
        complain(&format!(
            "warning: {count} of {} are not prepared and not served; run `assay prepare` with the same --corpus, or add --prepare",
            counted(all, "case")
        ));
    }
    let mut on_the_way = 0;
    for case in cases {
        let is_unprepared = unprepared.contains(&case.id);
        let case = Arc::new(case);
        match (args.prove, is_unprepared) {
            (_, true) if !args.prepare => {}
            (false, false) => shelf.trust(case),
            (true, _) => {
                builder.ready(case, Built::Proved);
                on_the_way += 1;
            }
            (false, true) => {
                builder.ready(case, Built::Prepared);
                on_the_way += 1;
            }
        }
    }
    Ok(on_the_way)
}

/// The tokens of the file that was named, or of the variable.
fn tokens(args: &ServiceArgs) -> anyhow::Result<Option<Tokens>> {
    if let Some(path) = &args.tokens {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("failed to read the tokens {}", path.display()))?;
        warn_if_readable(path);
        let tokens = Tokens::parse(&text);
        return tokens.map(Some).with_context(|| format!("failed to read {}", path.display()));
    }
    match std::env::var(TOKENS) {
        Ok(text) => {
            Tokens::parse(&text).map(Some).with_context(|| format!("failed to read {TOKENS}"))
        }
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{TOKENS} is not UTF-8"),
    }
}

fn warn_if_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map(|it| it.permissions().mode()).unwrap_or_default();
    if mode & 0o004 != 0 {
        complain(&format!(
            "warning: everybody on this machine can read the tokens in {}; chmod 600 makes them yours",
            path.display()
        ));
    }
}

/// The result store; `None`, and a warning, if it cannot be used.
fn results(context: &Context<'_>, args: &ServiceArgs) -> anyhow::Result<Option<Results>> {
    if args.no_results {
        return Ok(None);
    }
    let path = match &args.results {
        Some(path) => path.clone(),
        None => {
            let cache = context.config.cache(context.global)?;
            std::fs::create_dir_all(&cache)
                .with_context(|| format!("failed to make the cache folder {}", cache.display()))?;
            cache.join(RESULTS)
        }
    };
    match Results::open(&path, u64::from(args.results_mib) << 20) {
        Ok(results) => Ok(Some(results)),
        Err(fault) => {
            complain(&format!("warning: {fault}; no results are kept"));
            Ok(None)
        }
    }
}
