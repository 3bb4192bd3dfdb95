//! `assay score`: computes the scores of stored runs again.

use serde_json::json;

use super::Context;
use crate::cli::{Format, ScoreArgs};
use crate::exit::Exit;
use crate::report::RunData;
use crate::report::{json as report_json, terminal};
use crate::store::Store;
use crate::terminal::{say, say_json, width};

pub(super) fn execute(context: &Context<'_>, args: &ScoreArgs) -> anyhow::Result<Exit> {
    let mut cards = Vec::new();
    let rules = context.config.scoring(args.scoring)?;
    for (place, path) in args.runs.iter().enumerate() {
        let run = RunData::read(&Store::open_to_read(path)?, &rules)?;
        if context.global.format == Format::Json {
            cards.push(report_json::scorecard(&run));
        } else {
            let space = if place == 0 { "" } else { "\n" };
            say(&format!("{space}{}", terminal::scorecard(&run, width()).trim_end()))?;
        }
    }
    if context.global.format == Format::Json {
        say_json(&json!({"schema": "assay.scores/1", "runs": cards}))?;
    }
    Ok(Exit::Success)
}
