//! What agents did for their artifacts, in numbers.

use maud::{Markup, html};

use super::page::{brief, scrolling};
use super::reported_run::ReportedRun;
use crate::report::work::{SubjectWork, number};
use crate::timeline::AgentWork;

/// What the numbers count, in a sentence for each.
fn legend() -> Markup {
    html! {
        p class="note" {
            "Commands are calls of a tool that runs them; builds are those commands that compile or test something; tests written are files of tests, new or changed, that the agent leaves. "
            "– means that the record does not tell, and ≥ that a part of the record is missing. Attempts that errored have no record."
        }
    }
}

/// The agents of a run, a row each; nothing where none worked.
pub(super) fn table(run: &ReportedRun) -> Markup {
    let agents = run.data.subjects.iter().filter_map(|it| Some((&it.name, it.work?)));
    let agents: Vec<(&String, SubjectWork)> = agents.collect();
    if agents.is_empty() {
        return html! {};
    }
    let table = html! {
        table class="work" {
            thead {
                tr {
                    th scope="col" rowspan="2" { "Agent" }
                    th scope="col" rowspan="2" class="numeric" { "Attempts" }
                    th scope="colgroup" colspan="6" { "An attempt" }
                    th scope="colgroup" colspan="6" { "In all" }
                }
                tr {
                    @for _ in 0..2 {
                        @for head in SubjectWork::HEADS {
                            th scope="col" class="numeric" { (capital(head)) }
                        }
                    }
                }
            }
            tbody {
                @for (name, work) in &agents {
                    tr {
                        th scope="row" class="name" { span class="subject-name" { (brief(name)) } }
                        td class="numeric" { (work.attempts) }
                        @for cell in work.an_attempt().iter().chain(&work.in_all()) {
                            td class="numeric" { (cell) }
                        }
                    }
                }
            }
        }
    };
    html! {
        (scrolling("Work of agents", &table))
        @for (name, work) in &agents {
            @if let Some(unknown) = work.unknown() {
                p class="note" { strong { (brief(name)) } ": " (unknown) "." }
            }
        }
        (legend())
    }
}

/// The numbers of one subject; nothing of a model.
pub(super) fn section(work: Option<&SubjectWork>) -> Markup {
    let Some(work) = work else { return html! {} };
    let rows = SubjectWork::HEADS.into_iter().zip(work.an_attempt()).zip(work.in_all());
    let table = html! {
        table class="work" {
            thead { tr {
                th scope="col" { "Number" }
                th scope="col" class="numeric" { "An attempt" }
                th scope="col" class="numeric" { "In all" }
            } }
            tbody {
                @for ((head, mean), total) in rows {
                    tr {
                        th scope="row" { (capital(head)) }
                        td class="numeric" { (mean) }
                        td class="numeric" { (total) }
                    }
                }
            }
        }
    };
    html! {
        section {
            h2 { "The agent's work" }
            (scrolling("The agent's work", &table))
            @if let Some(unknown) = work.unknown() { p class="note" { (capital(&unknown)) "." } }
            (legend())
        }
    }
}

/// The numbers of one attempt, among its figures; nothing of a model.
pub(super) fn figures(work: Option<&AgentWork>) -> Markup {
    html! {
        @if let Some(work) = work {
            div { dt { "Requests" } dd { (number(work.requests, false)) } }
            div { dt { "Commands" } dd { (number(work.commands, work.is_least)) } }
            div { dt { "Builds" } dd { (number(work.builds, work.is_least)) } }
            div { dt { "Tests written" } dd { (number(work.tests_written, work.is_least)) } }
        }
    }
}

/// A text that begins a sentence.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}
