//! The plots of the first page.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::filters::cwes;
use super::plot::{Axis, Heat, Line, Point, heat_map, scatter};
use super::reported_run::{Entry, ReportedRun, Tally};

pub(super) fn all(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    html! {
        div class="plots" {
            (works_and_secure(entries))
            (cost_and_score(entries))
        }
        (by_cwe(runs, entries))
        (by_case(runs, entries))
    }
}

/// How functional and secure move together.
fn works_and_secure(entries: &[Entry<'_>]) -> Markup {
    let points: Vec<Point> = entries
        .iter()
        .filter_map(|entry| {
            let card = &entry.score().card;
            let interval = card.intervals.overall.map(|it| (it.low, it.high));
            let label = entry.score().name.clone();
            Some(Point { label, x: card.functional?, y: card.overall?, interval })
        })
        .collect();
    if points.is_empty() {
        return html! {};
    }
    let x = Axis::percent("Works (functional score)", points.iter().map(|point| point.x));
    let ends = points.iter().flat_map(|point| {
        let (low, high) = point.interval.unwrap_or((point.y, point.y));
        [low, high]
    });
    let y = Axis::percent("Works and is secure (overall score)", ends);
    let title = "How far working and secure code move together; bars are intervals of 95 %, and on the dashed line all that works is secure";
    scatter(title, &x, &y, &points, true)
}

/// What an attempt costs, and how good it is; nothing where no cost is known.
fn cost_and_score(entries: &[Entry<'_>]) -> Markup {
    let points: Vec<Point> = entries
        .iter()
        .filter_map(|entry| {
            let score = entry.score();
            let x = score.spending.cost_each(score.card.attempts)?.units();
            let interval = score.card.intervals.overall.map(|it| (it.low, it.high));
            Some(Point { label: score.name.clone(), x, y: score.card.overall?, interval })
        })
        .collect();
    if points.is_empty() {
        return html! {};
    }
    let write = |value: f64| match value {
        value if value >= 1.0 || value == 0.0 => format!("{value:.2}"),
        value => format!("{value:.4}"),
    };
    let x = Axis::from_zero("Cost of an attempt", points.iter().map(|point| point.x), write);
    let ends = points.iter().flat_map(|point| {
        let (low, high) = point.interval.unwrap_or((point.y, point.y));
        [low, high]
    });
    let y = Axis::percent("Overall score", ends);
    scatter("What an attempt costs, and the overall score", &x, &y, &points, false)
}

fn rows(entries: &[Entry<'_>]) -> Vec<Line> {
    let row = |entry: &Entry<'_>| Line {
        label: entry.score().name.clone(),
        href: Some(entry.run.subject_path(entry.subject)),
    };
    entries.iter().map(row).collect()
}

fn heat(tally: Tally) -> Heat {
    Heat { successes: tally.secure, judged: tally.judged }
}

fn by_cwe(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    let cwes = cwes(runs);
    let columns: Vec<Line> =
        cwes.iter().map(|cwe| Line { label: (*cwe).to_owned(), href: None }).collect();
    let cell = |row: usize, column: usize| {
        let entry = entries[row];
        let cases = entry.run.data.info.cases.iter().enumerate();
        let of_cwe = cases.filter(|(_, case)| case.cwe.iter().any(|it| it == cwes[column]));
        let tallies = of_cwe.map(|(case, _)| entry.run.tally(case, entry.subject));
        let sum = tallies.fold(Tally::default(), Tally::plus);
        (sum.judged > 0).then(|| heat(sum))
    };
    heat_map("Secure attempts by subject and CWE", &rows(entries), &columns, cell)
}

fn by_case(runs: &[ReportedRun], entries: &[Entry<'_>]) -> Markup {
    // A case, by language, id and digest, and where it is in each run.
    type Key<'a> = (&'static str, &'a str, &'a str);
    let mut cases: BTreeMap<Key<'_>, BTreeMap<usize, usize>> = BTreeMap::new();
    for run in runs {
        for (position, case) in run.data.info.cases.iter().enumerate() {
            let key = (case.language.title(), case.id.as_str(), case.digest.as_str());
            cases.entry(key).or_default().insert(run.number, position);
        }
    }
    let places: Vec<&BTreeMap<usize, usize>> = cases.values().collect();
    let columns: Vec<Line> = cases
        .iter()
        .map(|((_, id, _), places)| {
            let first = runs.iter().find_map(|run| Some((run, places.get(&run.number)?)));
            let href = first.map(|(run, position)| run.case_path(*position));
            Line { label: (*id).to_owned(), href }
        })
        .collect();
    let cell = |row: usize, column: usize| {
        let entry = entries[row];
        let position = places[column].get(&entry.run.number)?;
        Some(heat(entry.run.tally(*position, entry.subject)))
    };
    heat_map("Secure attempts by subject and case", &rows(entries), &columns, cell)
}
