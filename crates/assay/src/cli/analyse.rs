//! The arguments of `assay analyse`.

use std::path::PathBuf;

use assay_core::Language;
use clap::builder::{EnumValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::{Format, JobsArg};
use crate::export::ExportFormat;

#[derive(Debug, Args)]
pub struct AnalyseArgs {
    /// Source files, each a program, and folders, each a program with all sources below it
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only this analyser, such as bandit, or syntax, which says whether a text is a program
    /// at all; may be repeated [default: all that are installed, without syntax]
    #[arg(long = "analyser", value_name = "NAME")]
    pub analysers: Vec<String>,
    /// Only sources in this language: c (C++ too), go, java, nodejs, python or
    /// ruby
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<Language>,
    /// Take each source below a folder for a program of its own
    #[arg(long)]
    pub each: bool,
    /// Show beside these what another tool has written in SARIF 2.1.0; may be repeated
    #[arg(long = "sarif", value_name = "FILE")]
    pub sarif: Vec<PathBuf>,
    /// For people (human or text), JSON for programs (see docs/json.md), or SARIF
    // It has the name of the argument that all commands have, and takes its place.
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    pub format: Format,
    #[command(flatten)]
    pub jobs: JobsArg,
}

/// What `assay analyse` writes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum AnalysesFormat {
    #[value(alias = "text")]
    Human,
    Json,
    Sarif,
}

/// Reads the `--format` of `assay analyse`.
fn formats() -> impl TypedValueParser<Value = Format> {
    EnumValueParser::<AnalysesFormat>::new().map(|format| match format {
        AnalysesFormat::Human => Format::Human,
        AnalysesFormat::Json => Format::Json,
        AnalysesFormat::Sarif => Format::Export(ExportFormat::Sarif),
    })
}
