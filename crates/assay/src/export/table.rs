//! [`Table`]: the columns of all formats of tables, and the rows of an attempt.

use assay_core::answer::Answer;
use assay_core::suite::TestOutcome;
use assay_core::{Ballot, NoCode, Phase, Turn};
use serde::Serialize;

use super::column::{Cell, Column, Row, count, text, truth};
use super::source::Exported;
use super::{Contents, Rows, attempts, turns};

/// What a table holds.
#[derive(Debug)]
pub(super) struct Table {
    /// The name and version of the list of columns.
    pub(super) schema: &'static str,
    pub(super) columns: Vec<Column>,
    rows: Rows,
}

/// Which run and which attempt: the first columns of every table.
const KEY: &[Column] = &[
    text("run_id", |row| row.attempt.info.id.as_str().into()),
    text("run_started_at", |row| row.attempt.info.started_at.as_str().into()),
    text("assay_version", |row| row.attempt.info.assay_version.as_str().into()),
    text("corpus", |row| row.attempt.info.corpus.as_str().into()),
    text("corpus_digest", |row| row.attempt.info.corpus_digest.as_str().into()),
    text("locale", |row| row.attempt.info.locale.as_str().into()),
    text("subject", |row| row.record().key.subject.as_str().into()),
    text("case_id", |row| row.record().key.case.as_str().into()),
    text("case_title", |row| row.attempt.case.title.as_str().into()),
    text("language", |row| row.attempt.case.language.as_str().into()),
    text("severity", |row| row.attempt.case.severity.as_str().into()),
    text("cwe", |row| row.attempt.case.cwe.join(";").into()),
    text("scenario", |row| row.record().key.scenario.as_str().into()),
    count("round", |row| row.record().key.round.into()),
];

/// What was observed in a turn; of an attempt, in its last.
const OBSERVED: &[Column] = &[
    text("finish", |row| row.of_turn(|turn| turn.finish.as_str())),
    text("served_model", |row| row.of_turn(|turn| turn.served.model.as_deref())),
    text("fingerprint", |row| row.of_turn(|turn| turn.served.fingerprint.as_deref())),
    text("reading", |row| {
        row.of_turn(|turn| turn.reading.as_ref().map(|reading| reading.reading.as_str()))
    }),
    text("found", |row| row.of_turn(found)),
    text("no_code", |row| row.of_turn(|turn| turn.evidence.why_no_code().map(NoCode::as_str))),
    truth("read_differently", |row| {
        row.of_turn(|turn| turn.reading.as_ref().map(|reading| reading.other.is_some()))
    }),
    count("functional_tests", |row| tests(row, Phase::Functional)),
    count("functional_passed", |row| passed(row, Phase::Functional)),
    count("security_tests", |row| tests(row, Phase::Security)),
    count("security_passed", |row| passed(row, Phase::Security)),
    count("functional_votes", |row| votes(row, Phase::Functional, all)),
    count("functional_against", |row| votes(row, Phase::Functional, Ballot::against)),
    count("security_votes", |row| votes(row, Phase::Security, all)),
    count("security_against", |row| votes(row, Phase::Security, Ballot::against)),
    truth("shared_validation", |row| row.of_turn(|turn| turn.shared_with.is_some())),
];

/// Whole texts, of a turn; of an attempt, of its last.
const TEXTS: &[Column] = &[
    text("prompt", |row| row.of_turn(|turn| turn.prompt.as_str())),
    text("answer", |row| {
        row.of_turn(|turn| match &turn.answer {
            Answer::Text(text) => Some(text.as_str()),
            Answer::Files(_) => None,
        })
    }),
    text("thinking", |row| row.of_turn(|turn| turn.thinking.as_deref())),
    text("artifact", |row| {
        row.of_turn(|turn| turn.artifact.as_ref().map(|artifact| json(&artifact.files)))
    }),
    text("evidence", |row| row.of_turn(|turn| json(&turn.evidence))),
    text("logs", |row| row.of_turn(|turn| json(&turn.logs))),
];

impl Table {
    pub(super) fn new(contents: Contents) -> Table {
        let (schema, own): (_, &[Column]) = match contents.rows {
            Rows::Attempts => (attempts::SCHEMA, attempts::COLUMNS),
            Rows::Turns => (turns::SCHEMA, turns::COLUMNS),
        };
        let texts = if contents.with_texts { TEXTS } else { &[] };
        let columns = [KEY, own, OBSERVED, texts].concat();
        Table { schema, columns, rows: contents.rows }
    }

    /// The rows of an attempt, each cell in its column's place.
    pub(super) fn rows<'a>(
        &'a self,
        attempt: &'a Exported<'a>,
    ) -> impl Iterator<Item = Vec<Cell>> + 'a {
        let turns = &attempt.record.turns;
        let rows: Vec<Row<'a>> = match self.rows {
            Rows::Attempts => {
                vec![Row { attempt, turn: turns.last(), number: turns.len() }]
            }
            Rows::Turns => (1..)
                .zip(turns)
                .map(|(number, turn)| Row { attempt, turn: Some(turn), number })
                .collect(),
        };
        rows.into_iter().map(|row| self.columns.iter().map(|column| column.value(&row)).collect())
    }
}

/// How each file of the artifact was found, by its path, as JSON.
fn found(turn: &Turn) -> Option<String> {
    let reading = turn.reading.as_ref()?;
    (!reading.found.is_empty()).then(|| json(&reading.found))
}

/// A value as JSON. For the types used here this cannot fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn tests(row: &Row<'_>, phase: Phase) -> Cell {
    row.of_turn(|turn| turn.evidence.suite(phase).map(|suite| suite.tests.len()))
}

fn passed(row: &Row<'_>, phase: Phase) -> Cell {
    row.of_turn(|turn| {
        turn.evidence.suite(phase).map(|suite| {
            suite.tests.iter().filter(|test| test.outcome == TestOutcome::Passed).count()
        })
    })
}

fn votes(row: &Row<'_>, phase: Phase, count: fn(&Ballot) -> usize) -> Cell {
    row.of_turn(|turn| turn.evidence.ballot(phase).map(count))
}

fn all(ballot: &Ballot) -> usize {
    ballot.votes().len()
}
