//! The page of a comparison: differences around zero, then for each pair its scores, what else
//! differs, what each took, and which differences so many cases and rounds show.

use assay_core::score::{Aim, Metric, SIGNIFICANT};
use maud::{Markup, html};

use super::difference_plot::{Mark, Row, plot};
use super::page::{Medium, Page, brief, scrolling};
use super::reported_run::ReportedRun;
use crate::report::comparison::{Pair, cases, of_one_model};
use crate::report::quantity::{counted, percent, points, points_between};
use crate::report::{Compared, Comparison, Power, RunData, Wanted};

/// Where a report has the page.
pub(super) const PATH: &str = "compare.html";

/// A comparison as a page that is complete in one file. `runs` are ids.
pub fn alone(comparisons: &[Comparison], runs: &[&str]) -> String {
    let from = html! {
        @for (place, run) in runs.iter().enumerate() {
            @if place > 0 { " and " }
            code { (brief(run)) }
        }
    };
    let content = content("Comparison", &from, comparisons);
    let title = match comparisons {
        [one] => format!("{} · Assay", one.names()),
        _ => "Comparison · Assay".to_owned(),
    };
    Page { title, root: "", trail: Vec::new(), content }.render(&Medium::Alone).into_string()
}

/// The page of a report: every model of its runs alone and under agents, and agents without and
/// with instructions.
pub(super) fn of_report(runs: &[ReportedRun]) -> Page {
    let data: Vec<&RunData> = runs.iter().map(|run| run.data.as_ref()).collect();
    // Runs without a case in common have nothing to compare.
    let shared = |pair: &Pair<'_>| Comparison::of_pairs(&[*pair], Wanted::default()).is_ok();
    let pairs: Vec<Pair<'_>> = of_one_model(&data).into_iter().filter(shared).collect();
    let comparisons = Comparison::of_pairs(&pairs, Wanted::default()).unwrap_or_default();
    let from = html! { (counted(runs.len(), "run")) };
    let content = content("The harness tax", &from, &comparisons);
    let trail = vec![("Comparison".to_owned(), PATH.to_owned())];
    Page { title: "The harness tax · Assay".to_owned(), root: "", trail, content }
}

/// Whether these runs have a model alone and under an agent, or an agent with instructions and
/// without.
pub(super) fn has_pairs(runs: &[ReportedRun]) -> bool {
    let data: Vec<&RunData> = runs.iter().map(|run| run.data.as_ref()).collect();
    !of_one_model(&data).is_empty()
}

/// The way to the page.
pub(super) fn link(runs: &[ReportedRun]) -> Markup {
    html! {
        @if has_pairs(runs) {
            div class="callout" {
                p {
                    strong { "The harness tax. " }
                    a href=(PATH) { "The same models alone and under agents" }
                    ", paired by case: what agents add to working and to secure code, or take from it."
                }
            }
        }
    }
}

fn content(heading: &str, from: &Markup, comparisons: &[Comparison]) -> Markup {
    html! {
        header class="heading" {
            p class="kicker" { "From " (from) }
            h1 { (heading) }
            p class="lede" { (counted(comparisons.len(), "pair")) ", over the same cases and scenarios. Differences are of the second from the first, in percentage points." }
            @if comparisons.len() > 1 {
                nav class="contents" aria-label="Contents" {
                    @for (place, comparison) in comparisons.iter().enumerate() {
                        a href={ "#pair-" (place + 1) } { (brief(&comparison.names())) }
                    }
                }
            }
        }
        @if comparisons.is_empty() {
            p { "No pair has a case in the same version." }
        } @else {
            (overview(comparisons))
        }
        @for (place, comparison) in comparisons.iter().enumerate() {
            (pair(place + 1, comparison, comparisons.len()))
        }
    }
}

/// All pairs at a glance.
fn overview(comparisons: &[Comparison]) -> Markup {
    let marks = |comparison: &Comparison| {
        [
            (Metric::Functional, "difference-functional", "functional"),
            (Metric::Overall, "difference-secure", "secure (overall)"),
        ]
        .into_iter()
        .filter_map(|(metric, kind, name)| {
            let change = comparison.score(metric)?.change;
            let (low, high) = (change.interval.low, change.interval.high);
            Some(Mark { kind, name, difference: change.difference, low, high })
        })
        .collect()
    };
    let rows: Vec<Row> = comparisons
        .iter()
        .map(|comparison| Row { label: comparison.names(), marks: marks(comparison) })
        .collect();
    plot("Differences with intervals of 95 %; what reaches over zero may be chance.", &rows)
}

fn pair(number: usize, comparison: &Comparison, pairs: usize) -> Markup {
    html! {
        section id={ "pair-" (number) } {
            h2 { (brief(&comparison.names())) }
            (paired(comparison))
            @for warning in &comparison.warnings {
                div class="callout callout-unfinished" { p { "Note: " (brief(warning)) "." } }
            }
            (scores(comparison, pairs))
            @if !comparison.differing.is_empty() { (differing(comparison)) }
            @if comparison.effort.iter().any(|effort| !effort.is_nothing()) { (effort(comparison)) }
            @if !comparison.power.is_empty() { (power(comparison)) }
        }
    }
}

/// What is held against what.
fn paired(comparison: &Comparison) -> Markup {
    let pairing = &comparison.pairing;
    let sides = [
        ("First", &comparison.first, &pairing.first),
        ("Second", &comparison.second, &pairing.second),
    ];
    html! {
        dl class="facts" {
            dt { "Paired" }
            dd {
                (counted(pairing.cases, "case")) ", " (counted(pairing.tasks, "task"))
                @if comparison.left_out > 0 {
                    "; " (counted(comparison.left_out, "case")) " left out, not in both runs in the same version"
                }
            }
            @for (which, name, side) in sides {
                dt { (which) }
                dd {
                    (brief(name)) ", " (counted(side.attempts, "attempt"))
                    @if let Some(left_out) = side.left_out() { "; left out: " (left_out) }
                }
            }
        }
    }
}

fn scores(comparison: &Comparison, pairs: usize) -> Markup {
    let p_value = |score: &Compared| match pairs {
        0 | 1 => score.change.p_value,
        _ => score.adjusted_p_value,
    };
    let table = html! {
        table class="compared" {
            thead { tr {
                th scope="col" { "Score" }
                th scope="col" class="numeric" { "First" }
                th scope="col" class="numeric" { "Second" }
                th scope="col" class="numeric" { "Difference" }
                th scope="col" class="numeric" { "95 %" }
                th scope="col" class="numeric" {
                    @if pairs > 1 { abbr title="The p-value, adjusted for the number of pairs" { "p, adjusted" } } @else { "p" }
                }
            } }
            tbody {
                @for score in &comparison.scores {
                    tr {
                        th scope="row" { (name(score.metric)) }
                        td class="numeric" { (percent(Some(score.first))) }
                        td class="numeric" { (percent(Some(score.second))) }
                        td class=(if p_value(score) < SIGNIFICANT { "numeric changed" } else { "numeric" }) { (points(score.change.difference)) }
                        td class="numeric" { (points_between(score.change.interval)) }
                        td class="numeric" { (format!("{:.4}", p_value(score))) }
                    }
                }
            }
        }
    };
    html! {
        (scrolling("Scores of both", &table))
        p class="note" { "Bold differences are beyond chance (p below " (SIGNIFICANT) ")." }
    }
}

fn name(metric: Metric) -> String {
    match metric {
        Metric::Overall => "secure (overall)".to_owned(),
        Metric::SecureIfFunctional => "secure, of what works".to_owned(),
        Metric::Language(language) => language.title().to_owned(),
        other => other.to_string(),
    }
}

fn differing(comparison: &Comparison) -> Markup {
    let table = html! {
        table class="settings" {
            thead { tr { th scope="col" { "Setting" } th scope="col" { "First" } th scope="col" { "Second" } } }
            tbody {
                @for it in &comparison.differing {
                    tr { th scope="row" { (brief(&it.setting)) } td { (brief(&it.first)) } td { (brief(&it.second)) } }
                }
            }
        }
    };
    html! {
        h3 { "Compare with care" }
        p { "The two differ in these settings, each of which may make a part of the difference." }
        (scrolling("Settings that differ", &table))
    }
}

fn effort(comparison: &Comparison) -> Markup {
    let [first, second] = &comparison.effort;
    let table = html! {
        table class="compared" {
            thead { tr {
                th scope="col" { "Took" }
                th scope="col" class="numeric" { "First" }
                th scope="col" class="numeric" { "Second" }
                th scope="col" class="numeric" { "First, an attempt" }
                th scope="col" class="numeric" { "Second, an attempt" }
            } }
            tbody {
                @for ((name, total, each), (_, other_total, other_each)) in first.lines().into_iter().zip(second.lines()) {
                    tr {
                        th scope="row" { (name) }
                        td class="numeric" { (total) }
                        td class="numeric" { (other_total) }
                        td class="numeric" { (each) }
                        td class="numeric" { (other_each) }
                    }
                }
            }
        }
    };
    html! {
        h3 { "What each took" }
        (scrolling("What each took", &table))
        p class="note" { "All attempts of a subject in its run: " (first.attempts()) " of the first, " (second.attempts()) " of the second. Minutes are those of questions and answers." }
    }
}

fn power(comparison: &Comparison) -> Markup {
    let rounds = comparison.power.first().map(|power| &power.needed);
    let points = comparison.power.first().map_or(0.0, |power| power.points);
    let aim = comparison.power.first().map_or_else(Aim::default, |power| power.aim);
    let table = html! {
        table class="compared" {
            thead { tr {
                th scope="col" { "Cases for " (points) " points" }
                @for needed in rounds.into_iter().flatten() {
                    th scope="col" class="numeric" { (counted(needed.rounds as usize, "round")) }
                }
            } }
            tbody {
                @for power in &comparison.power {
                    tr {
                        th scope="row" { (name(power.metric)) }
                        @for needed in &power.needed { td class="numeric" { (cases(needed.cases)) } }
                    }
                }
            }
        }
    };
    html! {
        h3 { "Which differences would show" }
        @for power in &comparison.power { p { (power.sentence()) "." } }
        (scrolling("Cases that show a difference", &table))
        p class="note" { (Power::aim(aim)) " Estimated from how much these two vary between cases and between rounds." }
    }
}
