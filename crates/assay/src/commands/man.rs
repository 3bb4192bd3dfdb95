//! `assay man`: the manual pages of all commands, made of what `--help` says.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::terminal::say;

pub(super) fn execute(folder: &Path) -> anyhow::Result<Exit> {
    let place = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {place}"))?;
    clap_mangen::generate_to(Cli::command(), folder)
        .with_context(|| format!("failed to write manual pages to {place}"))?;
    say(&format!("manual pages written to {place}"))?;
    Ok(Exit::Success)
}
