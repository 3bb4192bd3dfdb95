//! The page of trends: one subject's scores from run to run, with intervals, and what changed
//! between two runs.

use assay_core::score::Interval;
use maud::{Markup, html};

use super::axis::Axis;
use super::badge;
use super::leaderboard::key;
use super::page::{Page, brief, scrolling, title};
use super::plot::{BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, round};
use super::reported_run::ReportedRun;
use crate::printable::short;
use crate::report::quantity::{counted, interval, overall, percent};
use crate::report::{ChangedCase, RunData, RunOrder, SubjectScore, Trend, TrendPoint, TrendStep};

pub(super) const PATH: &str = "trend.html";

/// Cases that are named of those that changed in a step.
const MOST_CASES: usize = 12;

/// The trends of these runs.
pub(super) fn trends(runs: &[ReportedRun], order: RunOrder) -> Vec<Trend> {
    Trend::all(&data(runs), order)
}

fn data(runs: &[ReportedRun]) -> Vec<&RunData> {
    runs.iter().map(|run| run.data.as_ref()).collect()
}

pub(super) fn page(runs: &[ReportedRun], order: RunOrder) -> Page {
    let trends = trends(runs, order);
    let content = html! {
        header class="heading" {
            h1 { "From run to run" }
            p class="lede" {
                @match order {
                    RunOrder::Given => "In the order in which the runs were given.",
                    RunOrder::Started => "In the order in which the runs began.",
                }
                " Bars are 95 % intervals. A change is over the cases that both have in the same version, paired by case."
            }
        }
        @if trends.is_empty() {
            p { "A trend takes a subject of one name in two runs or more, or runs of one subject each." }
        }
        @for trend in &trends {
            section {
                h2 { @match &trend.name { Some(name) => (brief(name)), None => "All in order" } }
                (one(runs, trend))
            }
        }
    };
    Page { title: "Trend · Assay".to_owned(), root: "", trail: Vec::new(), content }
}

fn one(runs: &[ReportedRun], trend: &Trend) -> Markup {
    let steps = trend.steps(&data(runs));
    let label = |point: &TrendPoint| match (&trend.name, &runs[point.run]) {
        (Some(_), run) => run.name.clone(),
        (None, run) => score(runs, *point).map_or_else(|| run.name.clone(), |it| it.name.clone()),
    };
    let labels: Vec<String> = trend.points.iter().map(label).collect();
    html! {
        (chart(runs, trend, &labels))
        (table(runs, trend, &labels, &steps))
        @for (place, step) in steps.iter().enumerate() {
            (changes(runs, trend, (&labels[place], &labels[place + 1]), place, step))
        }
    }
}

fn score(runs: &[ReportedRun], point: TrendPoint) -> Option<&SubjectScore> {
    runs.get(point.run)?.data.subjects.get(point.subject)
}

/// The overall score and the functional one, point by point.
fn chart(runs: &[ReportedRun], trend: &Trend, labels: &[String]) -> Markup {
    let scores: Vec<&SubjectScore> =
        trend.points.iter().filter_map(|point| score(runs, *point)).collect();
    let ends = |score: &&SubjectScore| {
        let Interval { low, high } = score.card.intervals.overall?;
        Some([low, high])
    };
    let all = scores.iter().flat_map(|score| [score.card.overall, score.card.functional]);
    let values: Vec<f64> = all.flatten().chain(scores.iter().filter_map(ends).flatten()).collect();
    if values.is_empty() {
        return html! { p class="note" { "No attempt has been judged yet." } };
    }
    let y = Axis::percent("Score", values.iter().copied());
    let gaps = u32::try_from(scores.len().saturating_sub(1).max(1)).unwrap_or(u32::MAX);
    let at_x = |place: usize| {
        let share = f64::from(u32::try_from(place).unwrap_or(u32::MAX)) / f64::from(gaps);
        LEFT + 40.0 + share * (WIDTH - LEFT - RIGHT - 80.0)
    };
    let at_y = |value: f64| HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
    let path = |of: &dyn Fn(&SubjectScore) -> Option<f64>| {
        let points = scores.iter().enumerate().filter_map(|(place, score)| {
            Some(format!("{},{}", round(at_x(place)), round(at_y(of(score)?))))
        });
        points.collect::<Vec<_>>().join(" ")
    };
    // More names than fit are in the table alone.
    let every = labels.len().div_ceil(12);
    let name = match &trend.name {
        Some(name) => format!("Scores of {} from run to run", title(name)),
        None => "Scores from one to the next".to_owned(),
    };
    html! {
        figure class="plot trend" {
            div class="scrolling plain" role="region" aria-label=(name) tabindex="0" {
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (name) ". The values are in the table below." } {
                    @for tick in y.ticks() {
                        line class="plot-grid" y1=(round(at_y(tick))) y2=(round(at_y(tick))) x1=(LEFT) x2=(WIDTH - RIGHT) {}
                        text class="plot-tick" y=(round(at_y(tick) + 4.0)) x=(LEFT - 8.0) text-anchor="end" { (y.write_tick(tick)) }
                    }
                    text class="plot-label" transform={ "translate(16 " ((TOP + HEIGHT - BOTTOM) / 2.0) ") rotate(-90)" } text-anchor="middle" { (y.label) }
                    polyline class="trend-functional" points=(path(&|score| score.card.functional)) {}
                    polyline class="trend-overall" points=(path(&|score| score.card.overall)) {}
                    @for (place, score) in scores.iter().enumerate() {
                        @if let Some([low, high]) = ends(score) {
                            line class="plot-interval" x1=(round(at_x(place))) x2=(round(at_x(place))) y1=(round(at_y(low))) y2=(round(at_y(high))) {}
                        }
                        @if let Some(value) = score.card.functional {
                            rect class="trend-square" x=(round(at_x(place) - 3.5)) y=(round(at_y(value) - 3.5)) width="7" height="7" {
                                title { (title(&labels[place])) ": functional " (percent(Some(value))) }
                            }
                        }
                        @if let Some(value) = score.card.overall {
                            circle class="plot-point" cx=(round(at_x(place))) cy=(round(at_y(value))) r="4.5" {
                                title { (title(&labels[place])) ": overall " (percent(Some(value))) }
                            }
                        }
                        @if place % every == 0 {
                            text class="plot-tick" x=(round(at_x(place))) y=(HEIGHT - BOTTOM + 18.0 + staggered(place / every, labels.len())) text-anchor="middle" { (short(&labels[place], 20)) }
                        }
                    }
                }
            }
            figcaption {
                (name)
                span class="trend-legend" {
                    svg viewBox="0 0 28 10" width="28" height="10" aria-hidden="true" {
                        line class="trend-overall" x1="0" x2="28" y1="5" y2="5" {}
                        circle class="plot-point" cx="14" cy="5" r="4" {}
                    }
                    "works and is secure (overall)"
                }
                span class="trend-legend" {
                    svg viewBox="0 0 28 10" width="28" height="10" aria-hidden="true" {
                        line class="trend-functional" x1="0" x2="28" y1="5" y2="5" {}
                        rect class="trend-square" x="10.5" y="1.5" width="7" height="7" {}
                    }
                    "works (functional)"
                }
            }
        }
    }
}

/// Names of many points stand in two or three rows, so that none runs into the next.
fn staggered(place: usize, points: usize) -> f64 {
    let rows = if points > 8 {
        3
    } else if points > 4 {
        2
    } else {
        1
    };
    f64::from(u8::try_from(place % rows).unwrap_or_default()) * 13.0
}

fn table(runs: &[ReportedRun], trend: &Trend, labels: &[String], steps: &[TrendStep]) -> Markup {
    let points = trend.points.iter().zip(labels).enumerate();
    let points = points.filter_map(|(place, (point, label))| {
        Some((place, label, &runs[point.run], point.subject, score(runs, *point)?))
    });
    let table = html! {
        table class="trend" {
            thead { tr {
                th scope="col" { "Point" }
                th scope="col" { "Overall" }
                th scope="col" class="numeric" { "95 %" }
                th scope="col" class="numeric" { "Change" }
                th scope="col" class="numeric" { "95 % of it" }
                th scope="col" class="numeric" { abbr title="How often a difference as large comes about by chance" { "p" } }
                th scope="col" class="numeric" { "Functional" }
                th scope="col" { "Began" }
            } }
            tbody {
                @for (place, label, run, subject, score) in points {
                    @let change = place.checked_sub(1).and_then(|place| steps.get(place)?.overall);
                    tr {
                        th scope="row" class="name" {
                            a class="subject-name" href=(run.subject_path(subject)) { (brief(label)) }
                            @if trend.name.is_none() { span class="note" { (brief(&run.name)) } }
                        }
                        td class="overall" data-key=(key(score.card.overall)) { strong { (overall(&score.card)) } (badge::meter(score.card.overall)) }
                        td class="numeric" { (interval(score.card.intervals.overall)) }
                        @match change.map(|it| it.change) {
                            Some(change) => {
                                td class="numeric" { strong class=(direction(change.difference, change.p_value)) { (points_of(change.difference)) } }
                                td class="numeric" { (points_of(change.interval.low)) " to " (points_of(change.interval.high)) }
                                td class="numeric" { (format!("{:.4}", change.p_value)) }
                            }
                            None => {
                                td class="numeric none" { "–" }
                                td class="numeric none" { "–" }
                                td class="numeric none" { "–" }
                            }
                        }
                        td class="numeric" { (percent(score.card.functional)) }
                        td { time { (brief(&run.data.info.started_at)) } }
                    }
                }
            }
        }
    };
    scrolling("Scores by run", &table)
}

/// Percentage points with their sign.
fn points_of(change: f64) -> String {
    let text = format!("{:+.2}", change * 100.0);
    if text == "-0.00" { "+0.00".to_owned() } else { text }
}

/// What a change beyond chance looks like.
fn direction(change: f64, p_value: f64) -> &'static str {
    const LEVEL: f64 = 0.05;
    match (p_value < LEVEL, change > 0.0) {
        (false, _) => "trend-same",
        (true, true) => "trend-better",
        (true, false) => "trend-worse",
    }
}

/// What changed in a step, unfolded where anything did.
fn changes(
    runs: &[ReportedRun],
    trend: &Trend,
    (from, to): (&str, &str),
    place: usize,
    step: &TrendStep,
) -> Markup {
    let (before, after) = (trend.points[place], trend.points[place + 1]);
    let (better, worse): (Vec<&ChangedCase>, Vec<&ChangedCase>) =
        step.changed.iter().partition(|case| case.change() > 0.0);
    html! {
        section class="step" {
            h3 { (brief(from)) " → " (brief(to)) }
            @if step.cases == 0 {
                p class="note" { "They have no case in the same version, so nothing is compared." }
            } @else {
                p class="note" {
                    (counted(step.cases, "case")) " in both; "
                    (better.len()) " better, " (worse.len()) " worse, "
                    (step.cases.saturating_sub(step.changed.len())) " as before."
                    @if let Some(overall) = step.overall {
                        @if overall.change.p_value < 0.05 { " The overall score differs beyond chance." }
                        @else { " The overall score does not differ beyond chance." }
                    }
                }
            }
            @if !step.settings.is_empty() {
                dl class="facts" {
                    @for difference in &step.settings {
                        dt { (brief(&difference.what)) }
                        dd { @for (at, value) in difference.values.iter().enumerate() { @if at > 0 { " → " } (brief(value)) } }
                    }
                }
            }
            @for (title, cases) in [("Better", &better), ("Worse", &worse)] {
                @if !cases.is_empty() {
                    details {
                        summary { (title) " at " (counted(cases.len(), "case")) }
                        ul class="changed" {
                            @for case in cases.iter().take(MOST_CASES) { li { (changed(runs, (before, after), case)) } }
                        }
                        @if cases.len() > MOST_CASES { p class="cut" { (cases.len() - MOST_CASES) " more are left out here." } }
                    }
                }
            }
        }
    }
}

/// A case that changed, with the way to both attempts side by side.
fn changed(
    runs: &[ReportedRun],
    (before, after): (TrendPoint, TrendPoint),
    case: &ChangedCase,
) -> Markup {
    let stem = |point: TrendPoint| {
        let run = &runs[point.run];
        Some(run.attempts_stem(run.position_of(&case.id)?, point.subject))
    };
    let address = stem(before).zip(stem(after));
    html! {
        @match address {
            Some((first, second)) => a href={ "pair.html#" (first) "//" (second) "/" } { (brief(&case.id)) },
            None => (brief(&case.id)),
        }
        " " (case.before.0) "/" (case.before.1) " → " (case.after.0) "/" (case.after.1)
    }
}
