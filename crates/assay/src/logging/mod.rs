//! The log: what the program does, for people who must find out why something misbehaved, and the
//! warnings that everybody sees.
//!
//! Events use the crate `tracing`, and are made wherever something happens; this module decides
//! which of them are written, where and how. Only our own crates are logged, because the traces of
//! an HTTP client contain the headers and bodies of requests, and so API keys and prompts.

mod filter;
mod sink;
mod warnings;

use std::path::Path;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use filter::{LogFilter, LogFilterError};
pub use sink::LogFileError;

use sink::Sink;
use warnings::Warnings;

/// Starts to log what the filter lets through, to the file or to standard error. Without
/// either, only warnings are said, in plain words.
pub fn start(filter: Option<&LogFilter>, file: Option<&Path>) -> Result<(), LogFileError> {
    let layers = match (filter, file) {
        (None, None) => vec![warnings()],
        // The warnings are among what is logged.
        (Some(filter), None) => vec![lines(filter, Sink::Terminal)],
        (Some(filter), Some(file)) => vec![lines(filter, Sink::append(file)?), warnings()],
        (None, Some(file)) => vec![lines(&LogFilter::all(), Sink::append(file)?), warnings()],
    };
    Registry::default().with(layers).init();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        process = std::process::id(),
        "assay starts"
    );
    Ok(())
}

type Written = Box<dyn Layer<Registry> + Send + Sync>;

/// What everybody is told.
fn warnings() -> Written {
    Warnings::default().with_filter(Targets::from(&LogFilter::warnings())).boxed()
}

/// Events in one line each: when, how grave, within what, where in the program, and what.
fn lines(filter: &LogFilter, sink: Sink) -> Written {
    tracing_subscriber::fmt::layer()
        // The sink says by itself, and once, that it cannot be written to.
        .log_internal_errors(false)
        .with_writer(sink)
        .with_filter(Targets::from(filter))
        .boxed()
}
