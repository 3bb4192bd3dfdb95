//! What each case says of the subjects of a run, unfolded on demand.

use assay_core::score::Item;
use maud::{Markup, html};

use super::page::{brief, scrolling};
use super::reported_run::ReportedRun;
use crate::report::quantity::{percent, signed};
use crate::report::telling;

/// A table for each run that has several subjects.
pub(super) fn tables(runs: &[ReportedRun]) -> Markup {
    html! {
        @for run in runs {
            @if let Some(summary) = telling::summary(&run.data) {
                details class="items" {
                    summary {
                        "Which cases tell subjects apart"
                        @if runs.len() > 1 { ", run " (run.number) }
                    }
                    p class="note empty-text" {
                        (capital(&summary)) ". Discrimination is the correlation, over subjects, of their success at a case with that at all others. From 0.3 on a case separates; below -0.2 it is worth a look at its tests."
                    }
                    (scrolling("What each case says of the subjects", &table(run)))
                }
            }
        }
    }
}

fn table(run: &ReportedRun) -> Markup {
    let mut items: Vec<&Item> = run.data.items.iter().collect();
    items.sort_by(|a, b| {
        let strength = |it: &Item| it.discrimination.unwrap_or(f64::NEG_INFINITY);
        a.telling.cmp(&b.telling).then(strength(b).total_cmp(&strength(a)))
    });
    let position = |id: &str| run.data.info.cases.iter().position(|case| case.id == id);
    html! {
        table class="sortable" {
            thead { tr {
                th scope="col" { "Case" }
                th scope="col" { "It says" }
                th scope="col" class="numeric" { "Discrimination" }
                th scope="col" class="numeric" { "Mean" }
                th scope="col" class="numeric" { "Worst" }
                th scope="col" class="numeric" { "Best" }
                th scope="col" class="numeric" { "Subjects" }
            } }
            tbody {
                @for item in items {
                    tr {
                        th scope="row" class="name" {
                            @match position(&item.case) {
                                Some(position) => a href=(run.case_path(position)) { (brief(&item.case)) },
                                None => (brief(&item.case)),
                            }
                        }
                        td { (item.telling.words()) }
                        td class="numeric" data-key=[item.discrimination.map(|it| it.to_string())] {
                            (item.discrimination.map_or_else(|| "–".to_owned(), |it| signed(it, 2)))
                        }
                        td class="numeric" { (percent(Some(item.mean))) }
                        td class="numeric" { (percent(Some(item.least))) }
                        td class="numeric" { (percent(Some(item.most))) }
                        td class="numeric" { (item.subjects) }
                    }
                }
            }
        }
    }
}

/// With a capital at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
