//! What `assay export --format sft` takes besides runs.

use std::path::PathBuf;

use assay_core::corpus::CorpusSource;
use clap::Args;

use crate::training::Form;

/// How training data is made.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "For --format sft (see docs/training.md)")]
pub struct TrainingArgs {
    /// How questions and answers are written [default: alpaca]
    #[arg(long, value_enum, value_name = "FORM")]
    pub form: Option<Form>,
    /// Take the programs of this corpus whose security is known, such as cov-eval:CHECKOUT, or
    /// cov-eval:CORPUS for proved cases; may be repeated
    #[arg(long, value_name = "CORPUS", value_parser = source)]
    pub programs: Vec<CorpusSource>,
    /// Take functions of BigVul, as it is published: MSR_data_cleaned.csv
    #[arg(long, value_name = "FILE")]
    pub bigvul: Option<PathBuf>,
    /// At most so many pairs of a vulnerable function and what it became, taken evenly
    /// [default: 4486, as VC-Judge]
    #[arg(long, value_name = "N", requires = "bigvul", value_parser = clap::value_parser!(u32).range(1..))]
    pub bigvul_pairs: Option<u32>,
    /// At most so many pairs of a secure and an insecure answer to one question [default: 4]
    #[arg(long, value_name = "N")]
    pub pairs: Option<usize>,
    /// Hold out so many per cent of scenarios, from 0 to 90 [default: 10]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=90))]
    pub held_out: Option<u8>,
    /// What scenarios are held out by [default: 0]
    #[arg(long, value_name = "NUMBER")]
    pub split_seed: Option<u64>,
    /// Leave out what is like a program of this corpus, as models are evaluated with it; may be
    /// repeated
    #[arg(long, value_name = "CORPUS", value_parser = source)]
    pub evaluation: Vec<CorpusSource>,
    /// From how many per cent of equal runs of five words on two programs are alike [default: 80]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(50..=100))]
    pub resemblance: Option<u8>,
}

pub(super) fn source(text: &str) -> Result<CorpusSource, std::convert::Infallible> {
    Ok(CorpusSource::parse(text))
}

impl TrainingArgs {
    /// The first flag that was given.
    pub fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--form", self.form.is_some()),
            ("--programs", !self.programs.is_empty()),
            ("--bigvul", self.bigvul.is_some()),
            ("--pairs", self.pairs.is_some()),
            ("--held-out", self.held_out.is_some()),
            ("--split-seed", self.split_seed.is_some()),
            ("--evaluation", !self.evaluation.is_empty()),
            ("--resemblance", self.resemblance.is_some()),
        ];
        flags.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }
}
