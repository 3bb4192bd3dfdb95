//! `assay report`: writes an HTML report of stored runs.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Context;
use crate::cli::ReportArgs;
use crate::exit::Exit;
use crate::report::{RunOrder, html};
use crate::store::Store;
use crate::terminal::{say, spare};

pub(super) fn execute(context: &Context<'_>, args: &ReportArgs) -> anyhow::Result<Exit> {
    let runs: Vec<&Path> = args.runs.iter().map(PathBuf::as_path).collect();
    html::check_place(&args.output, &runs)?;
    let mut stores = Vec::new();
    for path in &args.runs {
        stores.push(Store::open_to_read(path)?);
    }
    let rules = context.config.scoring(args.scoring)?;
    let bar = bar();
    let order = if args.trend { RunOrder::Given } else { RunOrder::Started };
    html::write_in_order(&stores, &args.output, (&rules, order), &mut |written, all| {
        bar.set_length(all as u64);
        bar.set_position(written as u64);
    })?;
    bar.finish_and_clear();
    let index = std::path::absolute(args.output.join("index.html"))?;
    say(&format!("report written to {}", index.display()))?;
    if args.trend {
        say(&format!("trend written to {}", index.with_file_name("trend.html").display()))?;
    }
    Ok(Exit::Success)
}

/// Shows how many attempts are written, if somebody watches.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} attempts written") {
        bar.set_style(style);
    }
    spare(&bar);
    bar
}
