//! The page of a run's CoV-Eval results: every subject by every task, beside baselines. What
//! stands on the page of one subject is in `subject.rs` and `matrix.rs`.

use assay_core::benchmark::cov_eval::{COMPLETE, REPAIR, SELF_REPAIR};
use assay_core::score::{CovEvalCard, Rate};
use maud::{Markup, html};

use super::badge;
use super::page::{Page, brief, cwe, scrolling};
use super::reported_run::ReportedRun;
use crate::report::quantity::{count, counted, interval, percent};
use classes::in_order;

mod classes;
mod detection;
mod matrix;
pub(super) mod subject;

const ROOT: &str = "../";

/// A subject that has results, with its position in the run.
type Row<'a> = (usize, &'a str, &'a CovEvalCard);

fn rows(run: &ReportedRun) -> Vec<Row<'_>> {
    let subjects = run.data.subjects.iter().enumerate();
    subjects.filter_map(|(at, it)| Some((at, it.name.as_str(), it.cov_eval.as_ref()?))).collect()
}

pub(super) fn page(run: &ReportedRun) -> Page {
    let rows = rows(run);
    let attempts = rows.iter().map(|(.., card)| card.attempts).sum();
    let content = html! {
        header class="heading" {
            p class="kicker" { (brief(&run.name)) " " code { (brief(&run.data.info.id)) } }
            h1 { "CoV-Eval" }
            p class="lede" { (counted(rows.len(), "subject")) " in " (counted(attempts, "attempt")) ": to complete programs, to repair them, to detect weaknesses in them, and to detect and repair those of their own." }
        }
        section id="tasks" { h2 { "Tasks" } (tasks(run, &rows)) }
        @if !run.data.baselines.is_empty() {
            section id="detection" {
                h2 { "Detection" }
                p class="note" {
                    "F1 and recall are the published numbers. They reward saying \"vulnerable\" of everything, so balanced accuracy leads: it is 50% for whoever answers without looking. Baselines are in brackets."
                }
                (detection::table(run, &rows))
            }
            section id="twins" {
                h2 { "Vulnerable programs and their repaired twins" }
                p class="note" { "Each pair is a vulnerable program and a secure one that does the same. Only who sees the difference is right about both." }
                (detection::twins(run, &rows))
            }
        }
        @if rows.iter().any(|(.., card)| !card.scores.by_cwe.is_empty()) {
            section id="weaknesses" { h2 { "Secure completions by weakness" } (weaknesses(run, &rows)) }
        }
        @if rows.iter().any(|(.., card)| card.has_own()) {
            section id="own" {
                h2 { "Their own completions" }
                p class="note" { "What the paper calls the recall of self-detection is the recall of what is secure, and is so named here." }
                (own(run, &rows))
            }
        }
        section id="attempts" { h2 { "Attempts" } (attempts_table(run, &rows)) }
    };
    Page {
        title: format!("CoV-Eval · {} · Assay", run.name),
        root: ROOT,
        trail: vec![run.trail()],
        content,
    }
}

/// A subject's name, linked to its results.
fn name(run: &ReportedRun, (at, name, _): &Row<'_>) -> Markup {
    html! {
        th scope="row" class="name" {
            a class="subject-name" href={ (ROOT) (run.cov_eval_subject_path(*at)) } { (brief(name)) }
        }
    }
}

/// A share, with what it is of.
fn rate(rate: Option<Rate>) -> Markup {
    let rate = rate.unwrap_or_default();
    html! {
        td class="numeric" data-key=(key(rate.share())) {
            (percent(rate.share()))
            @if rate.of > 0 { " " span class="note" { (count(rate.count)) "/" (count(rate.of)) } }
        }
    }
}

fn number(number: Option<f64>) -> Markup {
    html! { td class="numeric" data-key=(key(number)) { (percent(number)) } }
}

fn key(number: Option<f64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// The paper's Table 1, with balanced accuracy and whether code works.
fn tasks(run: &ReportedRun, rows: &[Row<'_>]) -> Markup {
    let has_sets = rows.iter().any(|(.., card)| card.has_sets);
    let has_tests = rows.iter().any(|(.., card)| !card.functional.is_empty());
    let table = html! {
        table class="breakdown sortable" {
            thead { tr {
                th scope="col" { "Subject" }
                @if has_sets {
                    th scope="col" class="numeric" data-descending="" { "SR@1 seed" }
                    th scope="col" class="numeric" data-descending="" { "SR@1 evolved" }
                }
                th scope="col" class="numeric" data-descending="" { "SR@1 total" }
                @if has_tests { th scope="col" class="numeric" data-descending="" { "Completions work" } }
                th scope="col" class="numeric" data-descending="" { "Repair SR" }
                @if has_tests { th scope="col" class="numeric" data-descending="" { "Repairs work" } }
                th scope="col" class="numeric" data-descending="" { "Balanced accuracy" }
                th scope="col" class="numeric" data-descending="" { "Detection F1" }
                th scope="col" class="numeric" data-descending="" { "Type F1" }
                th scope="col" class="numeric" data-descending="" { "Average" }
            } }
            tbody {
                @for row in rows {
                    @let card = row.2;
                    tr {
                        (name(run, row))
                        @if has_sets { (rate(card.seed())) (rate(card.evolved())) }
                        (rate(Some(card.scores.completion())))
                        @if has_tests { (rate(card.works(COMPLETE))) }
                        (rate(Some(card.scores.repair)))
                        @if has_tests { (rate(card.works(REPAIR))) }
                        (number(card.scores.detection.binary().balanced_accuracy()))
                        (number(card.scores.detection.binary().f1()))
                        (number(card.scores.detection.weighted_f1()))
                        (number(card.scores.average()))
                    }
                }
            }
        }
    };
    scrolling("Tasks by subjects", &table)
}

/// The paper's Table 2.
fn weaknesses(run: &ReportedRun, rows: &[Row<'_>]) -> Markup {
    let all = rows.iter().flat_map(|(.., card)| card.scores.by_cwe.keys());
    let cwes = in_order(all.map(String::as_str));
    let table = html! {
        table class="shades" {
            thead { tr {
                th scope="col" { "Subject" }
                @for id in &cwes { th scope="col" class="numeric" { (cwe(id)) } }
            } }
            tbody {
                @for row in rows {
                    tr {
                        (name(run, row))
                        @for id in &cwes { (shaded(row.2.scores.by_cwe.get(*id).copied())) }
                    }
                }
            }
        }
    };
    scrolling("Secure completions of subjects by weakness", &table)
}

fn shaded(rate: Option<Rate>) -> Markup {
    html! {
        @match rate.filter(|rate| rate.of > 0) {
            Some(rate) => td class={ "numeric shade rate-" (tenths(rate.count, rate.of)) } {
                (percent(rate.share())) span class="of" { (count(rate.count)) "/" (count(rate.of)) }
            },
            None => td class="numeric" { span class="none" { "–" } },
        }
    }
}

/// A share from 0 to 10.
fn tenths(count: usize, of: usize) -> usize {
    (count * 10 + of / 2) / of.max(1)
}

/// The paper's Table 3, with balanced accuracy.
fn own(run: &ReportedRun, rows: &[Row<'_>]) -> Markup {
    let table = html! {
        table class="breakdown sortable" {
            thead { tr {
                th scope="col" { "Subject" }
                th scope="col" data-descending="" { "Balanced accuracy" }
                th scope="col" class="numeric" { "95 %" }
                th scope="col" class="numeric" data-descending="" { "Recall of secure" }
                th scope="col" class="numeric" data-descending="" { "Accuracy" }
                th scope="col" class="numeric" data-descending="" { "Self-repair SR" }
                th scope="col" class="numeric" data-descending="" { "Self-repairs work" }
            } }
            tbody {
                @for row in rows {
                    @let card = row.2;
                    @let binary = card.self_detection.recognition.binary();
                    tr {
                        (name(run, row))
                        td class="overall" data-key=(key(binary.balanced_accuracy())) {
                            (percent(binary.balanced_accuracy())) (badge::meter(binary.balanced_accuracy()))
                        }
                        td class="numeric" { (interval(card.self_detection.balanced_accuracy_interval)) }
                        (number(binary.specificity()))
                        (number(binary.accuracy()))
                        (rate(Some(card.scores.self_repair)))
                        (rate(card.works(SELF_REPAIR)))
                    }
                }
            }
        }
    };
    scrolling("Self-detection and self-repair by subjects", &table)
}

fn attempts_table(run: &ReportedRun, rows: &[Row<'_>]) -> Markup {
    let table = html! {
        table class="breakdown sortable" {
            thead { tr {
                th scope="col" { "Subject" }
                th scope="col" class="numeric" { "Attempts" }
                th scope="col" class="numeric" { "Errored" }
                th scope="col" class="numeric" { "Unjudged" }
                th scope="col" class="numeric" { "Not asked" }
                th scope="col" class="numeric" { "Unread answers" }
            } }
            tbody {
                @for row in rows {
                    @let card = row.2;
                    tr {
                        (name(run, row))
                        @for number in [card.attempts, card.errored, card.unjudged, card.not_asked, card.unread()] {
                            td class="numeric" { (count(number)) }
                        }
                    }
                }
            }
        }
    };
    scrolling("Attempts by subjects", &table)
}
