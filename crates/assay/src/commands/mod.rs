//! The commands, one file each.

mod agency;
mod agree;
mod analyse;
mod attempts;
mod cases;
mod certificate;
mod check;
mod compare;
mod completions;
mod context_lengths;
mod doctor;
mod estimate;
mod evaluators;
mod evolve;
mod export;
mod import;
mod init;
mod man;
mod plan;
mod preflight;
mod prepare;
mod rejudge;
mod report;
mod revalidate;
mod run;
mod score;
mod serve;
mod variants;
mod verification;
mod verifier;
mod verify;
mod worker;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use assay_core::corpus::CorpusSource;
use assay_core::meant::did_you_mean;
use assay_core::{Case, Corpus, DeciderChoice, Deciders, DecidersContext};
use assay_verify::pool::PoolLimits;
use assay_verify::{Agents, Analyser, Analysers, LocalVerifier, Validator};
use tokio::runtime::Runtime;

use crate::built_in;
use crate::cli::{CaseFilter, Cli, Command, GlobalArgs, JobsArg, JudgeArgs};
use crate::config::{Config, DEFAULT_FILE};
use crate::exit::Exit;
use crate::judge::{JudgeConfig, Panel};
use crate::selection::Selection;
use crate::subject::Responses;
use crate::subject::pace::Paces;
use crate::terminal::complain;

pub(crate) fn dispatch(cli: &Cli) -> anyhow::Result<Exit> {
    match &cli.command {
        // These need no configuration, and must work where there is a wrong one.
        Command::Init { folder } => return init::execute(folder),
        Command::Completions { shell } => return completions::execute(*shell),
        Command::Man { folder } => return man::execute(folder),
        _ => {}
    }
    let config = Config::read(cli.global.config.as_deref())?;
    let context = Context { global: &cli.global, config: &config };
    match &cli.command {
        Command::Cases(args) => cases::execute(&context, args),
        Command::Prepare(args) => prepare::execute(&context, args),
        Command::Check(args) => check::execute(&context, args),
        Command::Variants(args) => variants::execute(&context, args),
        Command::Verifier(args) => verifier::execute(&context, args),
        Command::Verify(args) => verify::execute(&context, args),
        Command::Analyse(args) => analyse::execute(&context, args),
        Command::Run(args) => run::execute(&context, args),
        Command::Rejudge(args) => rejudge::execute(&context, args),
        Command::Score(args) => score::execute(&context, args),
        Command::Attempts(args) => attempts::execute(&context, args),
        Command::Agree(args) => agree::execute(&context, args),
        Command::Compare(args) => compare::execute(&context, args),
        Command::Plan(args) => plan::execute(&context, args),
        Command::Import(args) => import::execute(&context, args),
        Command::Report(args) => report::execute(&context, args),
        Command::Serve(args) => serve::execute(&context, args),
        Command::Revalidate(args) => revalidate::execute(&context, args),
        Command::Export(args) => export::execute(&context, args),
        Command::Evaluators(args) => evaluators::execute(&context, args),
        Command::Evolve(args) => evolve::execute(&context, args),
        Command::Worker(args) => worker::execute(&context, args),
        Command::World(args) => world::execute(&context, args),
        Command::Doctor => doctor::execute(&context),
        Command::Init { .. } | Command::Completions { .. } | Command::Man { .. } => {
            unreachable!("carried out above")
        }
    }
}

/// What every command starts from.
struct Context<'a> {
    global: &'a GlobalArgs,
    config: &'a Config,
}

impl Context<'_> {
    fn corpus(&self) -> anyhow::Result<Corpus> {
        self.load(&self.config.corpus(self.global))
    }

    /// A corpus, with a warning for all that differs from what was published.
    fn load(&self, source: &CorpusSource) -> anyhow::Result<Corpus> {
        let corpus = self.laid_out(source)?.load()?;
        for warning in &corpus.warnings {
            complain(&format!("warning: {warning}"));
        }
        Ok(corpus)
    }

    /// The corpus at a place where it can be read: the one within the program lies in the cache.
    fn laid_out(&self, source: &CorpusSource) -> anyhow::Result<CorpusSource> {
        Ok(match source.is_built_in() {
            true => source.at(built_in::unpack(&self.config.cache(self.global)?)?),
            false => source.clone(),
        })
    }

    /// The configuration file, which may not be there.
    fn configuration(&self) -> PathBuf {
        self.global.config.clone().unwrap_or_else(|| DEFAULT_FILE.into())
    }

    /// The response cache; `None`, and a warning, if it cannot be used.
    fn responses(&self) -> anyhow::Result<Option<Arc<Responses>>> {
        match Responses::open(&self.config.responses(self.global)?) {
            Ok(responses) => Ok(Some(Arc::new(responses))),
            Err(fault) => {
                complain(&format!(
                    "warning: {fault}; answers are neither taken from it nor kept in it"
                ));
                Ok(None)
            }
        }
    }

    /// The validator, with at most this many jobs at a time.
    fn verifier(&self, jobs: JobsArg) -> anyhow::Result<LocalVerifier> {
        let (validator, limits) = (self.validator()?, PoolLimits::new(self.jobs(jobs)?));
        Ok(LocalVerifier { validator, limits })
    }

    fn validator(&self) -> anyhow::Result<Arc<Validator>> {
        Ok(Arc::new(Validator::new(self.config.cache(self.global)?)))
    }

    fn analysers(&self) -> anyhow::Result<Analysers> {
        Ok(Analysers::new(self.config.cache(self.global)?))
    }

    fn agents(&self) -> anyhow::Result<Agents> {
        Ok(Agents::new(self.config.cache(self.global)?))
    }

    /// The panel of the judges that were named, or of those of the configuration.
    fn panel(&self, args: &JudgeArgs) -> anyhow::Result<Option<Panel>> {
        panel(&self.config.judges(args)?, &mut Paces::default())
    }

    /// The number of jobs that was named, or the number of cores.
    fn jobs(&self, args: JobsArg) -> anyhow::Result<usize> {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = args.jobs.or(self.config.jobs).unwrap_or_else(cores);
        if jobs == 0 {
            bail!("--jobs is at least 1");
        }
        Ok(jobs)
    }
}

/// The panel of these judges, if there are any; they share the paces of their providers.
fn panel(judges: &[JudgeConfig], paces: &mut Paces) -> anyhow::Result<Option<Panel>> {
    let panel = Panel::load(judges, &|name| std::env::var(name).ok(), paces)?;
    let Some((panel, warnings)) = panel else { return Ok(None) };
    for warning in warnings {
        complain(&format!("warning: {warning}"));
    }
    Ok(Some(panel))
}

/// The analyser of this name, which must be one.
fn analyser(name: &str) -> anyhow::Result<Analyser> {
    Analyser::named(name.trim()).with_context(|| {
        let names: Vec<&str> = Analyser::all().map(Analyser::name).collect();
        let meant = did_you_mean(name.trim(), names.iter().copied());
        format!("{name:?} is no analyser{meant}; there are {}", names.join(", "))
    })
}

/// The corpus, its wanted cases decided by those whom the user has named.
fn decided(
    corpus: Corpus,
    deciders: &Deciders,
    is_wanted: &dyn Fn(&Case) -> bool,
) -> anyhow::Result<Corpus> {
    for choice in deciders.choices() {
        if let DeciderChoice::Analyser(name) = choice {
            analyser(name)?;
        }
    }
    let reads = |name: &str, language| {
        Analyser::named(name).is_some_and(|it| it.alerts() && it.languages().contains(&language))
    };
    let context = DecidersContext { is_wanted, reads: &reads };
    Ok(Corpus { cases: deciders.over(&corpus.cases, context)?, ..corpus })
}

/// A corpus by the last part of its path, as the places of a machine concern nobody.
fn name_of(source: &CorpusSource) -> String {
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    last(source.path()).unwrap_or_else(|| "corpus".to_owned())
}

/// A model without a price, if there is one, is an error under a limit on spending.
fn refuse_unpriced(name: Option<&str>) -> anyhow::Result<()> {
    if let Some(name) = name {
        bail!(
            "{name} has no price, so --max-cost cannot be enforced; give it one in assay.toml, as in price = {{ input = 1.25, output = 10 }}, or leave --max-cost out"
        );
    }
    Ok(())
}

/// Where requests are sent from.
fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("failed to start the runtime for requests")
}

/// The cases that a filter leaves; naming one that is not there is an error.
fn select<'a>(corpus: &'a Corpus, filter: &CaseFilter) -> anyhow::Result<Vec<&'a Case>> {
    Selection::from(filter).of(corpus)
}

/// The case of this id, which must be there.
fn case<'a>(corpus: &'a Corpus, id: &str) -> anyhow::Result<&'a Case> {
    let only = Selection { cases: vec![id.to_owned()], ..Selection::default() };
    Ok(only.of(corpus)?.remove(0))
}
