//! `assay worker`: validates for others, who send their work over NATS.

use serde_json::{Value, json};

use super::Context;
use super::verification::access;
use crate::cli::{Format, WorkerArgs};
use crate::exit::Exit;
use crate::fleet::{self, Told, WorkerPlan};
use crate::report::quantity::counted;
use crate::terminal::{complain, say};

/// The form of what programs are told, an object a line.
const SCHEMA: &str = "assay.worker/1";

pub(super) fn execute(context: &Context<'_>, args: &WorkerArgs) -> anyhow::Result<Exit> {
    let local = context.verifier(args.jobs)?;
    if let Err(error) = local.validator.try_sandbox() {
        anyhow::bail!("{error}; `assay doctor` says what this host lacks; no work was taken");
    }
    let plan = WorkerPlan {
        access: access(&args.nats, &args.access)?,
        validator: local.validator,
        limits: local.limits,
        name: args.name.clone().unwrap_or_else(host),
        ack_wait: args.ack_wait,
        max_deaths: args.max_deaths,
        heartbeat: args.heartbeat.clone(),
        probes: args.probes,
    };
    let address = plan.access.address();
    let human = context.global.format == Format::Human;
    let end = fleet::work(plan, move |told| match human {
        true => complain(&line(&told, &address)),
        // Who reads it may have gone; the work goes on.
        false => drop(say(&event(&told).to_string())),
    })?;
    if human {
        say(&format!(
            "{} done",
            counted(usize::try_from(end.done).unwrap_or(usize::MAX), "validation")
        ))?;
    } else {
        say(&json!({ "event": "ended", "done": end.done, "schema": SCHEMA }).to_string())?;
    }
    Ok(Exit::Success)
}

/// The name of this host.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let is_kept = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let name: String = name.trim().chars().map(|c| if is_kept(c) { c } else { '-' }).collect();
    if name.is_empty() { "worker".to_owned() } else { name }
}

fn line(told: &Told, address: &str) -> String {
    match told {
        Told::Joined { worker, jobs } => format!(
            "{worker} works for the fleet at {address}, on {} at a time",
            counted(*jobs, "validation")
        ),
        Told::Probes { address } => {
            format!("probes are answered at http://{address}/healthz, /readyz and /metrics")
        }
        Told::Draining { held: 0 } => "no more work is taken".to_owned(),
        Told::Draining { held } => format!(
            "no more work is taken; finishing {}; another signal ends at once",
            counted(*held, "validation")
        ),
        Told::Preparing { case } => format!("preparing what {case} needs"),
        Told::Late { case } => {
            format!("a validation of {case} came too late: another worker had taken it over")
        }
    }
}

fn event(told: &Told) -> Value {
    let mut event = match told {
        Told::Joined { worker, jobs } => {
            json!({ "event": "joined", "worker": worker, "jobs": jobs })
        }
        Told::Probes { address } => json!({ "event": "probes", "address": address.to_string() }),
        Told::Draining { held } => json!({ "event": "draining", "held": held }),
        Told::Preparing { case } => json!({ "event": "preparing", "case": case }),
        Told::Late { case } => json!({ "event": "late", "case": case }),
    };
    event["schema"] = SCHEMA.into();
    event
}
