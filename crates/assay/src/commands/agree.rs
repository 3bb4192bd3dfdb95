//! `assay agree`: compares a run's verdicts with recorded ones.

use serde_json::json;

use super::Context;
use crate::agreement::{Agreement, DIFFERENCES, Recorded, Tally};
use crate::cli::{AgreeArgs, Format};
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::store::Store;
use crate::terminal::{say, say_json, table};

pub(super) fn execute(context: &Context<'_>, args: &AgreeArgs) -> anyhow::Result<Exit> {
    let store = Store::open_to_read(&args.run)?;
    let recorded = Recorded::read(&args.with)?;
    let agreement = Agreement::of(&store, &recorded)?;
    let rate = agreement.total.rate();
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.agreement/1",
            "agreement": agreement.total,
            "languages": agreement.languages,
            "cases": agreement.cases,
            "errored": agreement.errored,
            "unmatched": agreement.unmatched,
            "disagreements": agreement.disagreements,
            "explained": agreement.explained,
        }))?;
    } else {
        print(&agreement)?;
    }
    let enough = args.at_least.is_none_or(|least| rate.is_some_and(|rate| rate * 100.0 >= least));
    Ok(if enough { Exit::Success } else { Exit::Negative })
}

fn print(agreement: &Agreement) -> anyhow::Result<()> {
    let row = |name: &str, tally: &Tally| {
        vec![name.to_owned(), tally.agreed.to_string(), tally.compared.to_string(), tally.percent()]
    };
    let cases: Vec<_> = agreement.cases.iter().map(|(id, tally)| row(id, tally)).collect();
    say(&table(&["case", "agreed>", "compared>", "agreement>"], &cases))?;
    let total = &agreement.total;
    let languages = agreement.languages.iter().map(|(name, tally)| row(name.title(), tally));
    let totals: Vec<_> = languages.chain([row("all", total)]).collect();
    say(&table(&["language", "agreed>", "compared>", "agreement>"], &totals))?;
    for disagreement in &agreement.disagreements {
        let failure = disagreement.first_failure.as_deref().unwrap_or("every test passed");
        say(&format!(
            "disagrees: {}: recorded {}, here {}: {failure}",
            disagreement.attempt, disagreement.recorded, disagreement.verdict
        ))?;
    }
    for difference in &DIFFERENCES {
        if let Some(count) = agreement.explained.get(difference.id) {
            say(&format!(
                "explained: {count} of {} by a documented difference: {} ({})",
                counted(agreement.disagreements.len(), "disagreement"),
                difference.what,
                difference.id
            ))?;
        }
    }
    let agree = if total.agreed == 1 { "agrees" } else { "agree" };
    say(&format!(
        "{} of {} {agree} ({}); {} errored, {} without a record",
        total.agreed,
        counted(total.compared, "verdict"),
        total.percent(),
        counted(agreement.errored, "attempt"),
        agreement.unmatched
    ))
}
