//! Every case, and how every subject fared at it.

use std::collections::BTreeMap;

use assay_core::record::CaseSummary;
use maud::{Markup, html};

use super::badge;
use super::page::{brief, cwe, scrolling};
use super::reported_run::{Entry, ReportedRun, subject_anchor};

/// A case, by language, id and digest: where two runs have other versions of
/// a case, their results are not of the same thing and get rows of their own.
type Key<'a> = (&'static str, &'a str, &'a str);

/// A row: the case, and its position in each run that has it.
struct Row<'a> {
    case: &'a CaseSummary,
    positions: BTreeMap<usize, usize>,
}

pub(super) fn table(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    let rows = rows(runs);
    let table = html! {
        table class="cases sortable" {
            thead {
                tr {
                    th scope="col" { "Case" }
                    th scope="col" { "Language" }
                    th scope="col" { "CWE" }
                    th scope="col" { "Severity" }
                    @for entry in entries {
                        th scope="col" class="subject numeric" {
                            a href=(entry.run.subject_path(entry.subject)) { (brief(&entry.score().name)) }
                            @if runs.len() > 1 { span class="note" { "run " (entry.run.number) } }
                        }
                    }
                }
            }
            tbody {
                @for row in rows.values() { (line(runs, entries, row)) }
            }
        }
    };
    scrolling("Cases by subjects", &table)
}

fn rows(runs: &[ReportedRun]) -> BTreeMap<Key<'_>, Row<'_>> {
    let mut rows = BTreeMap::new();
    for run in runs {
        for (position, case) in run.data.info.cases.iter().enumerate() {
            let key = (case.language.title(), case.id.as_str(), case.digest.as_str());
            let row = rows.entry(key).or_insert_with(|| Row { case, positions: BTreeMap::new() });
            row.positions.insert(run.number, position);
        }
    }
    rows
}

fn line(runs: &[ReportedRun], entries: &[Entry<'_>], row: &Row<'_>) -> Markup {
    let first = runs.iter().find_map(|run| {
        let position = row.positions.get(&run.number)?;
        Some(run.case_path(*position))
    });
    html! {
        tr {
            th scope="row" class="name" {
                @if let Some(path) = first { a href=(path) { (brief(&row.case.id)) } }
                span class="note" { (brief(&row.case.title)) }
            }
            td { (row.case.language.title()) }
            td class="cwes" { @for id in &row.case.cwe { (cwe(id)) " " } }
            td { (badge::severity(row.case.severity)) }
            @for entry in entries {
                td class="numeric" {
                    @match row.positions.get(&entry.run.number) {
                        None => span class="none" { "not in run" },
                        Some(position) => {
                            a class="cell" href={ (entry.run.case_path(*position)) "#" (subject_anchor(entry.subject)) } {
                                (badge::tally(entry.run.tally(*position, entry.subject)))
                            }
                        }
                    }
                }
            }
        }
    }
}
