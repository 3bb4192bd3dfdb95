//! `assay report`: writes an HTML report of stored runs.

use super::Context;
use crate::cli::ReportArgs;
use crate::exit::Exit;
use crate::report::html;
use crate::store::Store;
use crate::terminal::say;

pub(super) fn execute(context: &Context<'_>, args: &ReportArgs) -> anyhow::Result<Exit> {
    let mut stores = Vec::new();
    for path in &args.runs {
        stores.push(Store::open_to_read(path)?);
    }
    html::write(&stores, &args.output, &context.config.scoring(args.scoring)?)?;
    let index = std::path::absolute(args.output.join("index.html"))?;
    say(&format!("report written to {}", index.display()))?;
    Ok(Exit::Success)
}
