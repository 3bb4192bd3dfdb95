//! `assay prepare --agents`: installs coding agents, and what they need to work on cases.

use assay_verify::analyser::Standing;
use assay_verify::{Agent, Agents, InstalledAgent};
use serde_json::{Value, json};

use super::{Told, failed};
use crate::cli::PrepareArgs;
use crate::commands::{Context, select};
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::terminal::{complain, say, say_json};

/// Installs the agents of these names, or all, and then what the selected cases need for
/// any agent.
pub(super) fn prepare(
    context: &Context<'_>,
    names: &[String],
    args: &PrepareArgs,
) -> anyhow::Result<Exit> {
    let wanted: Vec<Agent> = match names.iter().all(String::is_empty) {
        true => Agent::all().collect(),
        false => names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
    };
    let corpus = context.corpus()?;
    let cases = select(&corpus, &args.filter)?;
    let agents = context.agents()?;
    let validator = context.validator()?;
    let mut told = Told::new(context);
    agents.prepare(&wanted, &mut |progress| told.take(progress))?;
    let of_agents = told.done.len();
    let failures = validator.prepare_supplies(&cases, &mut |progress| told.take(progress))?;
    let (mut installed, mut lacking) = (Vec::new(), Vec::new());
    for agent in &wanted {
        match agents.installed(agent) {
            Ok(InstalledAgent { name, version, digest, .. }) => {
                if told.human {
                    say(&format!("{name}: {version}, sha256 {digest}"))?;
                }
                installed.push(json!({ "name": name, "version": version, "digest": digest }));
            }
            Err(_) => lacking.push(lack(&agents, agent, told.human)),
        }
    }
    if told.human {
        let unready = failed(&told.done[of_agents..]);
        let (cases_ready, all) = (cases.len() - unready, cases.len());
        say(&format!(
            "{} of {} ready, to work on {cases_ready} of {}",
            installed.len(),
            counted(wanted.len(), "agent"),
            counted(all, "case")
        ))?;
    } else {
        say_json(&json!({
            "schema": "assay.prepare-agents/1", "installations": told.done, "agents": installed,
            "lacking": lacking,
        }))?;
    }
    Ok(if lacking.is_empty() && failures == 0 { Exit::Success } else { Exit::Failure })
}

/// What an agent lacks, and what to do.
fn lack(agents: &Agents, agent: &Agent, human: bool) -> Value {
    let (what, remedy) = match agents.standing(agent) {
        Standing::Lacking { what, remedy } => (what, remedy),
        // It was installed in between.
        Standing::Installed { .. } => ("it was not there".to_owned(), "try again".to_owned()),
    };
    if human {
        complain(&format!("{agent}: {what}; {remedy}"));
    }
    json!({ "name": agent.name(), "lacks": what, "remedy": remedy })
}
