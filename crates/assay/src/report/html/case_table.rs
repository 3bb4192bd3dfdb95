//! Every case, and how every subject fared at it.

use std::collections::BTreeMap;

use assay_core::record::CaseSummary;
use maud::{Markup, html};

use super::badge;
use super::cells::Places;
use super::page::{brief, cwe, scrolling};
use super::reported_run::{Entry, ReportedRun};

/// A case, by language, id and digest: where two runs have other versions of
/// a case, their results are not of the same thing and get rows of their own.
type Key<'a> = (&'static str, &'a str, &'a str);

/// A row: the case, and its position in each run that has it.
pub(super) struct Row<'a> {
    pub(super) case: &'a CaseSummary,
    positions: BTreeMap<usize, usize>,
    /// Whether there is a row of the same case in another version.
    has_another: bool,
}

impl Row<'_> {
    /// Its position in a run.
    pub(super) fn position_in(&self, run: &ReportedRun) -> Option<usize> {
        self.positions.get(&run.number).copied()
    }

    /// Its page in the first run that has it.
    pub(super) fn path(&self, runs: &[ReportedRun]) -> Option<String> {
        runs.iter().find_map(|run| Some(run.case_path(self.position_in(run)?)))
    }

    /// Which version it is, where there are several.
    pub(super) fn version(&self) -> Option<String> {
        let digest: String = self.case.digest.chars().take(8).collect();
        self.has_another.then(|| match digest.is_empty() {
            true => "version not known".to_owned(),
            false => format!("version {digest}"),
        })
    }
}

pub(super) fn table(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    let (rows, places) = (rows(runs), Places::of(runs));
    let has_versions = rows.iter().any(|row| row.has_another);
    let table = html! {
        table class="cases sortable" {
            thead {
                tr {
                    th scope="col" { "Case" }
                    th scope="col" { "Language" }
                    th scope="col" { "CWE" }
                    th scope="col" { "Severity" }
                    @for (subject, entry) in entries.iter().enumerate() {
                        th scope="col" class="subject numeric" data-subject=(subject) {
                            a href=(entry.run.subject_path(entry.subject)) { (brief(&entry.score().name)) }
                            @if runs.len() > 1 { span class="note" { (brief(&entry.run.name)) } }
                        }
                    }
                }
            }
            tbody {
                @for row in &rows { (line(runs, entries, row, places.place(row.case))) }
            }
        }
    };
    html! {
        @if has_versions {
            p class="note" { "Some runs have other versions of the same case. Each version is treated as a case of its own, and its results are not compared with those of the others." }
        }
        (scrolling("Cases by subjects", &table))
    }
}

/// The cases of all runs, in order of language and id.
pub(super) fn rows(runs: &[ReportedRun]) -> Vec<Row<'_>> {
    let mut rows: BTreeMap<Key<'_>, Row<'_>> = BTreeMap::new();
    for run in runs {
        for (position, case) in run.data.info.cases.iter().enumerate() {
            let key = (case.language.title(), case.id.as_str(), case.digest.as_str());
            let row = rows.entry(key).or_insert_with(|| Row {
                case,
                positions: BTreeMap::new(),
                has_another: false,
            });
            row.positions.insert(run.number, position);
        }
    }
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, id, _) in rows.keys() {
        *versions.entry(id).or_default() += 1;
    }
    for ((_, id, _), row) in &mut rows {
        row.has_another = versions[id] > 1;
    }
    rows.into_values().collect()
}

/// `place` is the case's among those that the script knows.
fn line(
    runs: &[ReportedRun],
    entries: &[Entry<'_>],
    row: &Row<'_>,
    place: Option<usize>,
) -> Markup {
    html! {
        tr data-case=[place] {
            th scope="row" class="name" {
                @if let Some(path) = row.path(runs) { a href=(path) { (brief(&row.case.id)) } }
                span class="note" { (brief(&row.case.title)) }
                @if let Some(version) = row.version() { span class="note" { (brief(&version)) } }
            }
            td { (row.case.language.title()) }
            td class="cwes" { @for id in &row.case.cwe { (cwe(id)) " " } }
            td { (badge::severity(row.case.severity)) }
            @for (subject, entry) in entries.iter().enumerate() {
                td class="numeric" data-subject=(subject) {
                    @match row.position_in(entry.run) {
                        None => span class="none" { "not in run" },
                        Some(position) => {
                            a class="cell" href={ (entry.run.case_path(position)) "#" (entry.run.subject_anchor(entry.subject)) } {
                                (badge::tally(entry.run.tally(position, entry.subject)))
                            }
                        }
                    }
                }
            }
        }
    }
}
