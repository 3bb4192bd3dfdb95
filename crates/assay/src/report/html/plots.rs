//! The plots of the first page.

use assay_core::Cost;
use maud::{Markup, html};

use super::axis::Axis;
use super::case_table;
use super::cells::Places;
use super::filters::cwes;
use super::heat::{Heat, Line, heat_map};
use super::plot::{Point, Scatter};
use super::reported_run::{Entry, ReportedRun, Tally, ask_for_security, success};
use crate::report::SubjectScore;

pub(super) fn all(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    html! {
        div class="plots" {
            @if ask_for_security(runs) { (works_and_secure(runs, entries)) }
            (cost_and_score(runs, entries))
        }
        (by_cwe(runs, entries))
        (by_case(runs, entries))
    }
}

/// The overall scores by something else, of those that have both.
fn points(
    runs: &[ReportedRun],
    entries: &[Entry<'_>],
    x: impl Fn(&SubjectScore) -> Option<f64>,
) -> Vec<Point> {
    entries
        .iter()
        .filter_map(|entry| {
            let score = entry.score();
            let interval = score.card.intervals.overall.map(|it| (it.low, it.high));
            Some(Point { label: entry.label(runs), x: x(score)?, y: score.card.overall?, interval })
        })
        .collect()
}

/// An axis of overall scores, with room for their intervals.
fn overall_axis(label: &'static str, points: &[Point]) -> Axis {
    let ends = points.iter().flat_map(|point| {
        let (low, high) = point.interval.unwrap_or((point.y, point.y));
        [low, high]
    });
    Axis::percent(label, ends)
}

/// How functional and secure move together.
fn works_and_secure(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    let points = points(runs, entries, |score| score.card.functional);
    if points.is_empty() {
        return html! {};
    }
    let x = Axis::percent("Works (functional score)", points.iter().map(|point| point.x));
    let y = overall_axis("Works and is secure (overall score)", &points);
    let title = "Working code against secure code; bars are 95 % intervals, and on the dashed line all code that works is secure";
    Scatter { title, kind: "works", x, y, points: &points, has_diagonal: true }.draw()
}

/// What an attempt costs, and how good it is; nothing where no cost is known.
fn cost_and_score(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    let cost_each = |score: &SubjectScore| score.spending.cost_each(score.card.attempts);
    let points = points(runs, entries, |score| cost_each(score).map(Cost::units));
    if points.is_empty() {
        return html! {};
    }
    let x = Axis::cost("Cost of an attempt", points.iter().map(|point| point.x));
    let y = overall_axis("Overall score", &points);
    let title = "What an attempt costs, and the overall score; bars are 95 % intervals";
    Scatter { title, kind: "cost", x, y, points: &points, has_diagonal: false }.draw()
}

fn rows(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Vec<Line> {
    let row = |(key, entry): (usize, &Entry<'_>)| Line {
        label: entry.label(runs),
        href: Some(entry.run.subject_path(entry.subject)),
        key,
    };
    entries.iter().enumerate().map(row).collect()
}

fn heat(tally: Tally) -> Heat {
    Heat { successes: tally.successes, judged: tally.judged }
}

fn by_cwe(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    let cwes = cwes(runs);
    let column = |(key, cwe): (usize, &&str)| Line { label: (*cwe).to_owned(), href: None, key };
    let columns: Vec<Line> = cwes.iter().enumerate().map(column).collect();
    let cell = |row: usize, column: usize| {
        let entry = entries[row];
        let cases = entry.run.data.info.cases.iter().enumerate();
        let of_cwe = cases.filter(|(_, case)| case.cwe.iter().any(|it| it == cwes[column]));
        let tallies = of_cwe.map(|(case, _)| entry.run.tally(case, entry.subject));
        let sum = tallies.fold(Tally::default(), Tally::plus);
        (sum.judged > 0).then(|| heat(sum))
    };
    let title = format!("{} attempts by subject and CWE", success(runs));
    heat_map("cwe", &title, (&rows(runs, entries), &columns), cell)
}

fn by_case(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    let (cases, places) = (case_table::rows(runs), Places::of(runs));
    let column = |row: &case_table::Row<'_>| Line {
        label: match row.version() {
            Some(version) => format!("{} ({version})", row.case.id),
            None => row.case.id.clone(),
        },
        href: row.path(runs),
        key: places.place(row.case).unwrap_or_default(),
    };
    let columns: Vec<Line> = cases.iter().map(column).collect();
    let cell = |row: usize, column: usize| {
        let entry = entries[row];
        Some(heat(entry.run.tally(cases[column].position_in(entry.run)?, entry.subject)))
    };
    let title = format!("{} attempts by subject and case", success(runs));
    heat_map("case", &title, (&rows(runs, entries), &columns), cell)
}
