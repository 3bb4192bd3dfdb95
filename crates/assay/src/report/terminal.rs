//! The scorecard of a run as plain text.

use std::collections::BTreeSet;

use super::quantity::{
    amount, bracket, cost, count, counted, errors, interval, overall, paid, percent, ranks, tokens,
};
use super::work::SubjectWork;
use super::{RunData, SubjectScore, certificate, opinions, panel, readings, telling, variants};
use crate::printable::Visible;
use crate::table::fold;
use assay_core::score::{Interval, Intervals, Scorecard};
use assay_core::{Language, Scenario};
use table::{Column, Table, cut};

mod cov_eval;
mod table;

/// A compact table of the run: a row for each subject, the best first. Tables are no wider than
/// this; `None` is a width without limit. Holds no control character but line ends.
pub fn scorecard(run: &RunData, width: Option<usize>) -> String {
    let mut text = fold(&heading(run), width);
    match run.is_of_cov_eval() {
        true => text.push_str(&cov_eval::tables(run, width)),
        false => text.push_str(&subjects(run, columns(run)).render(width)),
    }
    text.push_str(&subjects(run, spending(run)).render(width));
    if let Some(table) = work(run) {
        text.push_str("\nwork of agents, an attempt:\n");
        text.push_str(&table.render(width));
    }
    if !run.is_of_cov_eval() && run.info.cases.len() < FEW_CASES {
        text.push_str("\nintervals of the overall score, as there are few cases:\n");
        text.push_str(&subjects(run, intervals(run)).render(width));
    }
    if run.subjects.iter().any(|subject| subject.card.variance.is_some()) {
        text.push_str("\nwhere attempts vary:\n");
        text.push_str(&subjects(run, variance(run)).render(width));
    }
    if !run.beside.is_empty() {
        text.push_str("\nasked beside, held against the verdicts:\n");
        text.push_str(&beside(run).render(width));
    }
    let variants = run.variants();
    if !variants.is_empty() {
        text.push_str("\nvariants of cases beside their originals:\n");
        let rows = variants.iter().map(|it| (it.subject.as_str(), it.cells()));
        text.push_str(&rows_of_subjects(&variants::HEADS, &rows.collect::<Vec<_>>()).render(width));
    }
    text
}

/// A row for each subject and everyone who was asked beside about its code.
fn beside(run: &RunData) -> Table {
    let rows = run.beside.iter().map(|it| (it.subject.as_str(), opinions::cells(it)));
    rows_of_subjects(&opinions::HEADS, &rows.collect::<Vec<_>>())
}

/// A table whose rows each begin with a subject, of which there may be several.
fn rows_of_subjects<const N: usize>(heads: &[&str; N], rows: &[(&str, [String; N])]) -> Table {
    let column = |(place, head): (usize, &&str)| Column {
        head: (*head).to_owned(),
        cells: rows.iter().map(|(_, cells)| cells[place].clone()).collect(),
    };
    let names = Column {
        head: "subject".to_owned(),
        cells: rows.iter().map(|(subject, _)| cut(subject)).collect(),
    };
    Table { names, columns: heads.iter().enumerate().map(column).collect() }
}

/// A table with a row for each subject.
fn subjects(run: &RunData, columns: Vec<Column>) -> Table {
    let names = Column {
        head: "subject".to_owned(),
        cells: run.subjects.iter().map(|subject| cut(&subject.name)).collect(),
    };
    Table { names, columns }
}

/// The run's id, after its label if it has one.
fn called(run: &RunData) -> String {
    let id = Visible::line(&run.info.id);
    match &run.info.label {
        Some(label) => format!("{} ({id})", Visible::line(label)),
        None => id.to_string(),
    }
}

fn heading(run: &RunData) -> String {
    let info = &run.info;
    let completion = run.completion();
    let mut text = format!(
        "run {}: {} ({}), {}, started {}\n",
        called(run),
        Visible::line(&info.corpus),
        counted(info.cases.len(), "case"),
        info.locale,
        Visible::line(&info.started_at),
    );
    if !completion.is_finished() {
        let finished = count(completion.finished());
        let planned = counted(completion.planned, "attempt");
        text.push_str(&format!("unfinished: {finished} of {planned}; the scores cover those\n"));
    }
    for left_out in run.left_out() {
        text.push_str(&format!("left out: {}\n", Visible::line(&left_out)));
    }
    if completion.errored > 0 {
        let errored = counted(completion.errored, "attempt");
        text.push_str(&format!("errored: {errored}, in no score\n"));
    }
    if let Some(panel) = &run.panel {
        let names: Vec<String> = panel.judges.keys().map(|name| cut(name)).collect();
        text.push_str(&format!("judges {}: {}\n", names.join(", "), panel::summary(panel)));
        let certificate = certificate::sentence(panel, run.certificate.as_ref());
        text.push_str(&format!("{}\n", Visible::line(&certificate)));
    }
    for subject in run.subjects.iter().filter(|subject| subject.card.errored > 0) {
        let (name, card) = (cut(&subject.name), &subject.card);
        let attempts = counted(card.attempts, "attempt");
        text.push_str(&format!("  {name}: {} of {attempts}\n", errors(&card.errors)));
        if run.is_of_cov_eval() {
            continue;
        }
        text.push_str(&format!("  {name}: overall {}\n", bracket(&card.bracket)));
        if let Some(withheld) = &card.withheld {
            text.push_str(&format!("  {name}: overall withheld: {withheld} (--max-errors)\n"));
        }
    }
    for (name, summary) in readings::summaries(run) {
        text.push_str(&format!("  {}: {summary}\n", cut(name)));
    }
    for serving in &run.served {
        if let Some(summary) = serving.summary() {
            text.push_str(&format!("  {}: {summary}\n", serving.who()));
        }
    }
    for subject in &run.subjects {
        if let Some(ended) = subject.context_full() {
            text.push_str(&format!("  {}: {ended}\n", cut(&subject.name)));
        }
        if let Some(estimated) = subject.spending.estimated() {
            text.push_str(&format!("  {}: {estimated}\n", cut(&subject.name)));
        }
    }
    if let Some(summary) = telling::summary(run) {
        text.push_str(&format!("{summary}\n"));
    }
    if completion.unjudged > 0 {
        text.push_str(&format!(
            "unjudged: {}, in no score\n",
            counted(completion.unjudged, "attempt")
        ));
    }
    for warning in run.warnings() {
        text.push_str(&format!("warning: {warning}\n"));
    }
    text
}

fn columns(run: &RunData) -> Vec<Column> {
    let column = |head: &str, cell: &dyn Fn(&Scorecard) -> String| Column {
        head: head.to_owned(),
        cells: run.subjects.iter().map(|subject| cell(&subject.card)).collect(),
    };
    let mut columns =
        vec![column("overall", &overall), column("95 %", &|card| interval(card.intervals.overall))];
    if run.subjects.len() > 1 {
        let cells = run.board.entries.iter().map(|entry| ranks(entry.ranks));
        columns.push(Column { head: "ranks".to_owned(), cells: cells.collect() });
    }
    columns.extend([
        column("unweighted", &|card| percent(card.unweighted)),
        column("functional", &|card| percent(card.functional)),
    ]);
    let most = run.subjects.iter().filter_map(|it| it.card.pass_at.keys().max()).max().copied();
    if let Some(k) = most.filter(|k| *k > 1) {
        let score = |card: &Scorecard| percent(card.pass_at.get(&k).copied().flatten());
        columns.push(column(&format!("pass@{k}"), &score));
        let all = |card: &Scorecard| percent(card.pass_all.get(&k).copied().flatten());
        columns.push(column(&format!("pass^{k}"), &all));
    }
    if run.subjects.iter().any(|subject| subject.card.repair.is_some()) {
        let first = |card: &Scorecard| percent(card.repair.map(|repair| repair.first));
        columns.push(column("unrepaired", &first));
    }
    for scenario in scenarios(run) {
        let score = |card: &Scorecard| percent(card.scenarios.get(&scenario).copied().flatten());
        columns.push(column(scenario.as_str(), &score));
    }
    for language in languages(run) {
        let score = |card: &Scorecard| {
            percent(card.languages.get(&language).and_then(|score| score.overall))
        };
        columns.push(column(language.title(), &score));
    }
    columns.push(column("attempts", &|card| count(card.attempts)));
    columns.push(column("errored", &|card| count(card.errored)));
    if run.completion().unjudged > 0 {
        columns.push(column("unjudged", &|card| count(card.unjudged)));
    }
    for verdict in run.verdicts() {
        let number = |card: &Scorecard| count(card.verdicts.get(&verdict).copied().unwrap_or(0));
        columns.push(column(verdict.as_str(), &number));
    }
    columns
}

/// What the models' replies took; nothing where none was asked.
fn spending(run: &RunData) -> Vec<Column> {
    if run.subjects.iter().all(|subject| subject.spending.is_nothing()) {
        return Vec::new();
    }
    let column = |head: &str, cell: &dyn Fn(&SubjectScore) -> String| Column {
        head: head.to_owned(),
        cells: run
            .subjects
            .iter()
            .map(|subject| match subject.spending.is_nothing() {
                true => "–".to_owned(),
                false => cell(subject),
            })
            .collect(),
    };
    vec![
        column("tokens in", &|it| tokens(it.spending.total.tokens.input)),
        column("cached", &|it| tokens(it.spending.total.tokens.cached)),
        column("tokens out", &|it| tokens(it.spending.total.tokens.output)),
        column("reasoning", &|it| tokens(it.spending.total.tokens.reasoning)),
        column("cost", &|it| cost(&it.spending.total)),
        column("an attempt", &|it| amount(it.spending.cost_each(it.card.attempts))),
        column("repairs", &|it| percent(it.spending.repairs.share_of(&it.spending.total))),
        column("judges", &|it| percent(it.spending.judges.share_of(&it.spending.total))),
        column("paid", &|it| paid(&it.spending)),
    ]
}

/// A row for each agent, with what it did for an attempt on average.
fn work(run: &RunData) -> Option<Table> {
    let agents = run.subjects.iter().filter_map(|it| Some((cut(&it.name), it.work?)));
    let agents: Vec<(String, SubjectWork)> = agents.collect();
    let rows: Vec<[String; 6]> = agents.iter().map(|(_, work)| work.an_attempt()).collect();
    let column = |(place, head): (usize, &str)| Column {
        head: head.to_owned(),
        cells: rows.iter().map(|row| row[place].clone()).collect(),
    };
    let columns = SubjectWork::HEADS.into_iter().enumerate().map(column).collect();
    let cells = agents.iter().map(|(name, _)| name.clone()).collect();
    let names = Column { head: "subject".to_owned(), cells };
    (!agents.is_empty()).then_some(Table { names, columns })
}

/// With fewer cases than this the ways to an interval differ much: `docs/coverage.md`.
const FEW_CASES: usize = 60;

/// The interval of the overall score, and what others would give for it.
fn intervals(run: &RunData) -> Vec<Column> {
    let column = |head: &str, cell: &dyn Fn(&Intervals) -> Option<Interval>| Column {
        head: head.to_owned(),
        cells: run.subjects.iter().map(|it| interval(cell(&it.card.intervals))).collect(),
    };
    vec![
        column("Assay's", &|it| it.overall),
        column("bootstrap", &|it| it.overall_by_others.map(|others| others.bootstrap)),
        column("Bayesian", &|it| it.overall_by_others.map(|others| others.bayesian)),
    ]
}

/// Between what the outcomes of attempts vary.
fn variance(run: &RunData) -> Vec<Column> {
    let column = |part: usize, head: &str| Column {
        head: head.to_owned(),
        cells: run.subjects.iter().map(|it| telling::share(it.card.variance, part)).collect(),
    };
    vec![column(0, "between cases"), column(1, "scenarios of a case"), column(2, "rounds")]
}

fn scenarios(run: &RunData) -> Vec<Scenario> {
    let present: BTreeSet<_> = run.attempts.iter().map(|attempt| attempt.key.scenario).collect();
    present.into_iter().collect()
}

fn languages(run: &RunData) -> Vec<Language> {
    let present: BTreeSet<_> =
        run.subjects.iter().flat_map(|subject| subject.card.languages.keys().copied()).collect();
    present.into_iter().collect()
}
