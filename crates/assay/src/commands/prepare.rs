//! `assay prepare`: installs what cases need, so that runs need no network.

use anyhow::bail;
use assay_core::case::Support;
use serde_json::json;

use super::{Context, select};
use crate::cli::{CaseFilter, Format};
use crate::exit::Exit;
use crate::terminal::{complain, say, say_json};
use crate::validate::{Progress, tools};

pub(super) fn execute(context: &Context<'_>, filter: &CaseFilter) -> anyhow::Result<Exit> {
    let corpus = context.corpus()?;
    let cases = select(&corpus, filter)?;
    let missing: Vec<String> = tools::versions()
        .into_iter()
        .filter(|(_, version)| version == "missing")
        .map(|(name, _)| name)
        .collect();
    if !missing.is_empty() {
        bail!("not installed: {}; {}", missing.join(", "), tools::REMEDY);
    }
    let validator = context.validator()?;
    let human = context.global.format == Format::Human;
    let mut done = Vec::new();
    let mut tell = |progress: &Progress<'_>| {
        let line = |packages: &str| packages.replace('\n', " ");
        match progress {
            Progress::Installing { packages, cases } if human => {
                complain(&format!("installing {} for {}", line(packages), cases.join(", ")));
            }
            Progress::Installing { .. } => {}
            Progress::Ready { packages, fresh } => {
                if human {
                    let state = if *fresh { "installed" } else { "there already" };
                    complain(&format!("{state}: {}", line(packages)));
                }
                done.push(json!({"packages": line(packages), "ready": true, "fresh": fresh}));
            }
            Progress::Failed { packages, cases, message } => {
                if human {
                    let cases = cases.join(", ");
                    complain(&format!(
                        "failed: {} (cases {cases} cannot be validated): {message}",
                        line(packages)
                    ));
                }
                done.push(json!({"packages": line(packages), "ready": false, "cases": cases, "message": message}));
            }
        }
    };
    let failures = validator.environments().prepare(&cases, &mut tell)?;
    let unsupported = cases.iter().filter(|case| case.support != Support::Ready).count();
    if human {
        let sets = done.len();
        say(&format!(
            "{} of {sets} package sets ready; {unsupported} of {} cases cannot be validated yet",
            sets - failures,
            cases.len()
        ))?;
    } else {
        say_json(
            &json!({"schema": "assay.prepare/1", "package-sets": done, "unsupported-cases": unsupported}),
        )?;
    }
    Ok(if failures == 0 { Exit::Success } else { Exit::Failure })
}
