//! Assay measures how securely language models write code, by running what
//! they write. This library is the program behind the binary `assay`.

mod agent;
pub mod agreement;
pub mod attempt_filter;
mod built_in;
pub mod cli;
mod commands;
pub mod config;
pub mod evaluators;
pub mod evolve;
mod exit;
pub mod export;
mod exposition;
pub mod fleet;
pub mod gateway;
pub mod import;
mod journal;
mod json_lines;
mod json_text;
pub mod judge;
pub mod limits;
pub mod logging;
pub mod moment;
mod output;
pub mod printable;
pub mod report;
pub mod run;
pub mod selection;
pub mod serve;
pub mod service;
pub mod settings;
mod shingles;
mod skeleton;
mod spreadsheet;
pub mod store;
pub mod subject;
pub mod table;
pub mod terminal;
mod timeline;
pub mod training;

use std::process::ExitCode;

use clap::Parser as _;

use crate::exit::Exit;
use crate::terminal::complain;

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let global = &cli.global;
    terminal::choose(global.color);
    let started = logging::start(global.log.as_ref(), global.log_file.as_deref());
    match started.map_err(Into::into).and_then(|()| commands::dispatch(&cli)) {
        Ok(exit) => exit.into(),
        Err(error) if terminal::is_closed_pipe(&error) => Exit::Success.into(),
        Err(error) => {
            complain(&format!("error: {}", describe(&error)));
            Exit::Failure.into()
        }
    }
}

/// The error and its causes, without those that the text before repeats.
fn describe(error: &anyhow::Error) -> String {
    error.chain().skip(1).fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}
