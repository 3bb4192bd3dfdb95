//! The arguments of `assay compare` and `assay plan`.

use std::path::PathBuf;
use std::str::FromStr;

use assay_core::score::{Aim, Condition, Metric};
use clap::Args;

use super::ScoringArgs;

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The run, or the first of two
    #[arg(value_name = "RUN")]
    pub first: PathBuf,
    /// The run to compare with the first [default: subjects of one run are compared]
    #[arg(value_name = "SECOND")]
    pub second: Option<PathBuf>,
    /// The subject that others are held against: of the first run, if there are two [default: in
    /// one run, a model that agents of the run ask, or an agent without instructions; in two,
    /// every subject that both have, or the only ones]
    #[arg(long, visible_alias = "subject", value_name = "NAME")]
    pub baseline: Option<String>,
    /// A subject to hold against it: of the second run, if there are two; may be repeated
    /// [default: all others of the same model; in two runs, the one of the same name, if there
    /// is one]
    #[arg(long, value_name = "NAME")]
    pub with: Vec<String>,
    /// Exit with 1 if this condition holds: a score, <, <=, > or >=, and percentage points of
    /// change from the first to the second, such as "overall<-2"; may be repeated
    #[arg(long, value_name = "CONDITION")]
    pub fail_if: Vec<Condition>,
    #[command(flatten)]
    pub detect: DetectArgs,
    /// Also write the comparison as a page, complete in this one file
    #[arg(long, visible_alias = "output", value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Replace an existing page
    #[arg(long, requires = "html")]
    pub force: bool,
    #[command(flatten)]
    pub scoring: ScoringArgs,
}

/// The difference that is to be found, and how surely.
#[derive(Debug, Clone, Copy, Args)]
pub struct DetectArgs {
    /// Say how many cases and rounds would show a difference of so many percentage points
    #[arg(long, value_name = "POINTS", default_value = "5")]
    pub detect: Points,
    /// How often the difference is to be found if it is there, in per cent
    #[arg(long, value_name = "PERCENT", default_value = "80")]
    pub power: Share,
    /// How often one may be found if there is none, in per cent
    #[arg(long, value_name = "PERCENT", default_value = "5")]
    pub level: Share,
}

impl DetectArgs {
    pub fn aim(&self) -> Aim {
        Aim { level: self.level.0, power: self.power.0 }
    }
}

/// Percentage points, above 0 and up to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Points(pub f64);

impl FromStr for Points {
    type Err = String;

    fn from_str(text: &str) -> Result<Points, String> {
        let points = text.trim().trim_end_matches('%').parse().ok();
        let points = points.filter(|points| *points > 0.0 && *points <= 100.0);
        points.map(Points).ok_or_else(|| "write percentage points above 0, such as 5".to_owned())
    }
}

/// A percentage between 0 and 100, kept as a share in (0, 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Share, String> {
        let percent: Option<f64> = text.trim().trim_end_matches('%').parse().ok();
        let percent = percent.filter(|percent| *percent > 0.0 && *percent < 100.0);
        let fault =
            || "write a percentage between 0 and 100, without either, such as 80".to_owned();
        percent.map(|percent| Share(percent / 100.0)).ok_or_else(fault)
    }
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// A run to take from how scores vary between cases and within them [default: what is usual
    /// between two models, from published results]
    #[arg(value_name = "RUN")]
    pub run: Option<PathBuf>,
    #[command(flatten)]
    pub detect: DetectArgs,
    /// The subject of the run that another one is held against [default: as for `assay compare`,
    /// and else all pairs of subjects]
    #[arg(long, value_name = "NAME", requires = "run")]
    pub baseline: Option<String>,
    /// The subject that is held against it; may be repeated
    #[arg(long, value_name = "NAME", requires = "run")]
    pub with: Vec<String>,
    /// The score that is to differ: overall, unweighted, functional, a scenario or a language
    #[arg(long, value_name = "SCORE", default_value = "overall")]
    pub score: Metric,
    /// About how high both scores are, in per cent; those around 50 vary most [default: 50]
    #[arg(long, value_name = "PERCENT", conflicts_with = "run")]
    pub rate: Option<Share>,
    /// Say what so many cases would show [default: as many as the run has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub cases: Option<u32>,
    /// Tell of so many rounds too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    #[command(flatten)]
    pub scoring: ScoringArgs,
}
