//! `assay serve`: the report of stored runs as live pages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::{Context, runtime};
use crate::cli::ServeArgs;
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::serve::{self, NoShelf, RunSource, Shelf};
use crate::terminal::{complain, say};

/// Where `assay run` puts runs by default.
const RUNS: &str = "assay-runs";

pub(super) fn execute(context: &Context<'_>, args: &ServeArgs) -> anyhow::Result<Exit> {
    let sources = match &args.runs[..] {
        [] => vec![RunSource::Folder(PathBuf::from(RUNS))],
        named => named.iter().map(|path| source(path)).collect::<Result<_, _>>()?,
    };
    let shelf = Shelf::open(sources, context.config.scoring(args.scoring)?)?;
    // Beside prepared cases; what is there can be made again.
    let indexes = context.config.cache(context.global)?.join("search");
    runtime()?.block_on(async {
        let address = args.listen;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("failed to listen on {address}; choose another address with --listen, port 0 for any free one")
        })?;
        let bound = listener.local_addr()?;
        if !bound.ip().is_loopback() {
            complain("warning: anybody who can reach this address can read all prompts and answers");
        }
        let runs = counted(shelf.runs(), "run");
        say(&format!("serving {runs} at http://{bound}/ until interrupted"))?;
        serve::serve(shelf, listener, indexes).await.context("failed to serve")
    })?;
    Ok(Exit::Success)
}

fn source(path: &Path) -> Result<RunSource, NoShelf> {
    if path.is_dir() {
        Ok(RunSource::Folder(path.to_owned()))
    } else if path.exists() {
        Ok(RunSource::File(path.to_owned()))
    } else {
        Err(NoShelf::Missing(path.display().to_string()))
    }
}
