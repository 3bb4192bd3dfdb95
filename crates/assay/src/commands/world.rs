//! `assay world`: shows the simulated Internet of a case, and tries it.

use std::net::IpAddr;

use anyhow::bail;
use assay_core::world::{Body, Host, Route};
use assay_core::{Case, World};
use assay_verify::{Fetch, fetch};
use serde_json::json;

use super::Context;
use super::verify::contact_line;
use crate::cli::{Format, WorldArgs};
use crate::exit::Exit;
use crate::report::quantity::counted;
use crate::terminal::{say, say_json, table};

pub(super) fn execute(context: &Context<'_>, args: &WorldArgs) -> anyhow::Result<Exit> {
    let corpus = context.corpus()?;
    let case = super::case(&corpus, &args.case)?;
    let Some(world) = case.code().and_then(|task| task.world.as_ref()) else {
        bail!("{} declares no world, so its code can reach no host but its own sandbox", case.id);
    };
    let fetches: Vec<Fetch> =
        args.urls.iter().map(|url| fetch(case, url)).collect::<Result<_, _>>()?;
    if context.global.format == Format::Json {
        say_json(&json!({
            "schema": "assay.world/1",
            "case": case.id,
            "world": world,
            "fetches": fetches,
        }))?;
    } else {
        show(case, world)?;
        fetches.iter().try_for_each(show_fetch)?;
    }
    Ok(Exit::Success)
}

fn show(case: &Case, world: &World) -> anyhow::Result<()> {
    say(&format!("{}: {}\n", case.id, case.title))?;
    let ipv6 = if world.ipv6 { "there is IPv6" } else { "there is no IPv6" };
    say(&format!("{ipv6}; what is not listed here does not exist\n"))?;
    if !world.names.is_empty() {
        let turn = |answer: &Vec<IpAddr>| join(answer);
        let rows: Vec<Vec<String>> = world
            .names
            .iter()
            .map(|name| {
                let turns: Vec<String> = name.answers.iter().map(turn).collect();
                vec![name.name.clone(), turns.join(", then ")]
            })
            .collect();
        say(&table(&["name", "resolves to"], &rows))?;
    }
    let rows: Vec<Vec<String>> = world.hosts.iter().flat_map(host_rows).collect();
    say(table(&["host", "address", "ports", "request", "answer"], &rows).trim_end())
}

/// A row for each route of a host; the first one also describes the host.
fn host_rows(host: &Host) -> Vec<Vec<String>> {
    let mark = if host.canary { " (canary)" } else { "" };
    let ports = [("http", &host.http), ("https", &host.https)];
    let ports = ports
        .iter()
        .flat_map(|(name, ports)| ports.iter().map(move |port| format!("{name} {port}")));
    let of_host = [
        format!("{}{mark}", host.title()),
        join(&host.addresses),
        ports.collect::<Vec<_>>().join(", "),
    ];
    let mut rows: Vec<Vec<String>> = host.routes.iter().map(route_cells).collect();
    rows.push(vec!["any other".to_owned(), "404".to_owned()]);
    let is_open = |row: &Vec<String>| row[0] == "/…";
    if let Some(last) = rows.iter().position(is_open) {
        rows.truncate(last + 1);
    }
    let blank = [String::new(), String::new(), String::new()];
    rows.into_iter()
        .enumerate()
        .map(|(number, row)| {
            let left = if number == 0 { &of_host } else { &blank };
            left.iter().cloned().chain(row).collect()
        })
        .collect()
}

fn route_cells(route: &Route) -> Vec<String> {
    let scheme = route.scheme.map(|scheme| format!(" over {scheme}")).unwrap_or_default();
    let location = route.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("Location"));
    let body = match (&route.body, location) {
        (Body::RedirectToQuery { .. }, _) => "to what the query says".to_owned(),
        (Body::CanaryContacts, _) => "the contacts of canaries".to_owned(),
        (Body::WasRequested { prefix }, _) => format!("if {prefix}… was requested, or 404"),
        (Body::Content(_), Some((_, target))) => format!("to {target}"),
        (Body::Content(content), None) => counted(content.len(), "byte"),
    };
    vec![format!("{}{scheme}", route.path), format!("{}, {body}", route.status)]
}

fn show_fetch(fetch: &Fetch) -> anyhow::Result<()> {
    say(&format!("\n$ fetch {}\n{}\ncontacts", fetch.url, fetch.answer.trim_end()))?;
    for contact in &fetch.contacts {
        say(&format!("    {}", contact_line(contact)))?;
    }
    Ok(())
}

fn join(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
