//! `assay completions`: what a shell needs to complete commands and options.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;

pub(super) fn execute(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "assay", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Success)
}
