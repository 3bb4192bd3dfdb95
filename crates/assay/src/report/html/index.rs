//! The first page of a report.

use std::collections::BTreeSet;

use assay_core::score::Leaderboard;
use maud::{Markup, html};

use super::leaderboard::Names;
use super::page::{Page, brief};
use super::reported_run::{Entry, ReportedRun, ask_for_security, success};
use super::{case_table, comparison, filters, items, leaderboard, plots, provenance, trend};
use crate::report::quantity::{count, counted};

pub(super) fn page(
    runs: &[ReportedRun],
    entries: &[Entry<'_>],
    board: Option<&Leaderboard>,
    has_trend: bool,
) -> Page {
    let title = "Assay report".to_owned();
    if runs.is_empty() {
        return Page { title, root: "", trail: Vec::new(), content: nothing() };
    }
    let names = if runs.len() > 1 { Names::WithRun } else { Names::Alone };
    let content = html! {
        header class="heading" {
            h1 { @if ask_for_security(runs) { "How securely they write code" } @else { "How well they write code" } }
            p class="lede" { (summary(runs, entries.len())) }
            nav class="contents" aria-label="Contents" {
                a href="#leaderboard" { "Leaderboard" }
                a href="#plots" { "Plots" }
                a href="#breakdown" { "Breakdown" }
                a href="#cases" { "Cases" }
                @if has_trend { a href=(trend::PATH) { "Trend" } }
                a href="#provenance" { "Provenance" }
                a href="#method" { "Method" }
            }
        }
        (unfinished(runs))
        (provenance::differences(runs))
        (cov_eval(runs))
        (comparison::link(runs))
        section id="leaderboard" {
            h2 { "Leaderboard" }
            (filters::form(runs))
            (leaderboard::leaderboard(entries, board, names))
        }
        section id="plots" {
            h2 { "At a glance" }
            (plots::all(runs, entries))
        }
        section id="breakdown" {
            h2 { "By scenario, language and severity" }
            (leaderboard::breakdown(entries, names))
        }
        section id="cases" {
            h2 { "Cases" }
            p class="note" { "Each cell: " (success(runs).to_lowercase()) " of judged attempts, over all scenarios and rounds." }
            (case_table::table(runs, entries))
            (items::tables(runs))
        }
        section id="provenance" {
            h2 { "Provenance" }
            @for run in runs { (provenance::run(run)) }
        }
        (provenance::method(runs))
    };
    Page { title, root: "", trail: Vec::new(), content }
}

/// What stands there until a run begins.
fn nothing() -> Markup {
    html! {
        header class="heading" {
            h1 { "No run yet" }
            p class="lede" { "A run is shown here as soon as " code { "assay run" } " has begun it." }
        }
    }
}

fn summary(runs: &[ReportedRun], subjects: usize) -> String {
    let all = runs.iter().flat_map(|run| &run.data.info.cases);
    let cases: BTreeSet<(&str, &str)> =
        all.map(|case| (case.id.as_str(), case.digest.as_str())).collect();
    let judged = runs.iter().map(|run| run.data.completion().judged).sum();
    format!(
        "{} at {}, in {} with {}.",
        counted(subjects, "subject"),
        counted(cases.len(), "case"),
        counted(runs.len(), "run"),
        counted(judged, "judged attempt"),
    )
}

/// The way to the results of runs whose tasks are CoV-Eval's.
fn cov_eval(runs: &[ReportedRun]) -> Markup {
    let has_any = |run: &&ReportedRun| run.data.subjects.iter().any(|it| it.cov_eval.is_some());
    let of_cov_eval: Vec<&ReportedRun> = runs.iter().filter(has_any).collect();
    html! {
        @if !of_cov_eval.is_empty() {
            div class="callout" {
                p {
                    strong { "CoV-Eval. " }
                    "Completion, repair, detection and baselines have pages of their own: "
                    @for (index, run) in of_cov_eval.iter().enumerate() {
                        @if index > 0 { ", " }
                        a href=(run.cov_eval_path()) { (brief(&run.name)) }
                    }
                    ". The scores below count code alone."
                }
            }
        }
    }
}

/// Says at the top that a run is not done; its provenance has the numbers.
fn unfinished(runs: &[ReportedRun]) -> Markup {
    let unfinished: Vec<&ReportedRun> =
        runs.iter().filter(|run| !run.data.completion().is_finished()).collect();
    html! {
        @if !unfinished.is_empty() {
            div class="callout callout-unfinished" {
                p {
                    strong { "Not final. " }
                    @for (index, run) in unfinished.iter().enumerate() {
                        @let completion = run.data.completion();
                        @if index > 0 { "; " }
                        a href={ "#run-" (run.number) } { (brief(&run.name)) }
                        " has finished " (count(completion.finished())) " of " (counted(completion.planned, "attempt"))
                    }
                    "."
                }
            }
        }
    }
}
