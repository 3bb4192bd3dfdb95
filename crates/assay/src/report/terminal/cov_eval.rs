//! The scorecard of a run of CoV-Eval: code, statements about given programs beside those of
//! baselines, and what subjects say of and do with their own programs.

use assay_core::benchmark::cov_eval::{COMPLETE, REPAIR, SELF_REPAIR};
use assay_core::score::{CovEvalCard, Detection, Rate};

use super::table::{Column, Table, cut};
use crate::report::quantity::{coefficient, count, interval, percent};
use crate::report::{BaselineScore, RunData};

/// A row for each subject, in every table.
pub(super) fn tables(run: &RunData, width: Option<usize>) -> String {
    let subjects: Vec<(String, &CovEvalCard)> = run
        .subjects
        .iter()
        .filter_map(|subject| Some((cut(&subject.name), subject.cov_eval.as_ref()?)))
        .collect();
    let mut tables = Vec::new();
    if subjects.iter().any(|(_, card)| card.has_code()) {
        tables.push(("completion and repair", code(&subjects)));
    }
    let detections = detections(&subjects, &run.baselines);
    if !run.baselines.is_empty() {
        tables.push(("detection in given programs", detection(&detections)));
        tables.push((
            "its types, and pairs of a vulnerable program and its twin",
            types(&detections),
        ));
    }
    if subjects.iter().any(|(_, card)| card.has_own()) {
        tables.push(("their own completions", own(&subjects)));
    }
    tables.push(("attempts", attempts(&subjects)));
    let render = |(title, table): (&str, Table)| format!("\n{title}:{}", table.render(width));
    tables.into_iter().map(render).collect()
}

type Row<'a, T> = (String, &'a T);

/// A column by its head and what stands in its cells.
type Cells<'a, T> = (&'a str, &'a dyn Fn(&T) -> String);

fn table<T>(rows: &[Row<'_, T>], columns: &[Cells<'_, T>]) -> Table {
    let column = |(head, cell): &Cells<'_, T>| Column {
        head: (*head).to_owned(),
        cells: rows.iter().map(|(_, row)| cell(row)).collect(),
    };
    Table {
        names: Column {
            head: "subject".to_owned(),
            cells: rows.iter().map(|(name, _)| name.clone()).collect(),
        },
        columns: columns.iter().map(column).collect(),
    }
}

fn share(rate: Option<Rate>) -> String {
    percent(rate.and_then(Rate::share))
}

fn code(subjects: &[Row<'_, CovEvalCard>]) -> Table {
    let mut table = table(
        subjects,
        &[
            ("SR@1 seed", &|card| share(card.seed())),
            ("evolved", &|card| share(card.evolved())),
            ("total", &|card| share(Some(card.scores.completion()))),
            ("functional", &|card| share(card.works(COMPLETE))),
            ("repair SR", &|card| share(Some(card.scores.repair))),
            ("functional", &|card| share(card.works(REPAIR))),
            ("Average", &|card| percent(card.scores.average())),
        ],
    );
    if !subjects.iter().any(|(_, card)| card.has_sets) {
        table.columns.drain(..2);
        if let Some(total) = table.columns.first_mut() {
            "SR@1 total".clone_into(&mut total.head);
        }
    }
    table
}

/// What subjects said of given programs, then what baselines do.
fn detections<'a>(
    subjects: &[Row<'a, CovEvalCard>],
    baselines: &'a [BaselineScore],
) -> Vec<Row<'a, Detection>> {
    let of_subjects = subjects.iter().map(|(name, card)| (name.clone(), &card.detection));
    let of_baselines =
        baselines.iter().map(|it| (format!("({})", it.baseline.title()), &it.detection));
    of_subjects.chain(of_baselines).collect()
}

fn detection(rows: &[Row<'_, Detection>]) -> Table {
    table(
        rows,
        &[
            ("balanced accuracy", &|it| percent(it.recognition.binary().balanced_accuracy())),
            ("95 %", &|it| interval(it.balanced_accuracy_interval)),
            ("MCC", &|it| coefficient(it.recognition.binary().mcc())),
            ("specificity", &|it| percent(it.recognition.binary().specificity())),
            ("F1", &|it| percent(it.recognition.binary().f1())),
            ("recall", &|it| percent(it.recognition.binary().recall())),
            ("unread", &|it| count(it.recognition.unread())),
        ],
    )
}

fn types(rows: &[Row<'_, Detection>]) -> Table {
    let of_pairs = |it: &Detection, number: usize| match it.twins.pairs() {
        0 => "–".to_owned(),
        _ => count(number),
    };
    table(
        rows,
        &[
            ("weighted F1", &|it| percent(it.recognition.weighted_f1())),
            ("accuracy", &|it| percent(it.recognition.accuracy())),
            ("both right", &|it| of_pairs(it, it.twins.both)),
            ("only vulnerable", &|it| of_pairs(it, it.twins.only_vulnerable)),
            ("only clean", &|it| of_pairs(it, it.twins.only_secure)),
            ("both wrong", &|it| of_pairs(it, it.twins.neither)),
        ],
    )
}

fn own(subjects: &[Row<'_, CovEvalCard>]) -> Table {
    let binary = |card: &CovEvalCard| card.self_detection.recognition.binary();
    table(
        subjects,
        &[
            ("balanced accuracy", &|card| percent(binary(card).balanced_accuracy())),
            ("95 %", &|card| interval(card.self_detection.balanced_accuracy_interval)),
            ("recall of secure", &|card| percent(binary(card).specificity())),
            ("accuracy", &|card| percent(binary(card).accuracy())),
            ("self-repair SR", &|card| share(Some(card.scores.self_repair))),
            ("functional", &|card| share(card.works(SELF_REPAIR))),
        ],
    )
}

fn attempts(subjects: &[Row<'_, CovEvalCard>]) -> Table {
    table(
        subjects,
        &[
            ("attempts", &|card| count(card.attempts)),
            ("errored", &|card| count(card.errored)),
            ("unjudged", &|card| count(card.unjudged)),
            ("not asked", &|card| count(card.not_asked)),
            ("unread", &|card| count(card.unread())),
        ],
    )
}
