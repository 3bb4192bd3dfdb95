//! The table that people decide in: a row for each scenario, with what each filter said of it.

use std::io::Write;

use super::evolution::{Evolution, percent};
use super::filter::{Finding, Standing};
use crate::spreadsheet::{block, line};

const COLUMNS: [&str; 17] = [
    "candidate",
    "standing",
    "dropped-by",
    "reason",
    "strategy",
    "weakness",
    "language",
    "similarity",
    "seed-lines",
    "lines",
    "filters",
    "seed-text",
    "text",
    "digest",
    "decision",
    "comment",
    "who",
];

/// Writes the table: what is to be decided first, then what is dropped.
pub fn write(evolution: &Evolution, standings: &[Standing], out: impl Write) -> csv::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(COLUMNS)?;
    for place in order(evolution, standings) {
        let (candidate, standing) = (&evolution.candidates[place], &standings[place]);
        let seed = evolution.seed(candidate);
        let (text, digest) = candidate.text().unwrap_or_default();
        let (dropped_by, reason) = match standing {
            Standing::Dropped(filter, reason) => (filter.as_str(), reason.as_str()),
            Standing::Undecided(filter, reason) => (filter.as_str(), reason.as_str()),
            _ => ("", ""),
        };
        let said: Vec<String> = evolution.findings(candidate).iter().map(told).collect();
        let decision = candidate.decision.as_ref();
        let similarity = candidate.written().map(|it| percent(it.likeness.share()));
        writer.write_record([
            line(&candidate.id),
            standing.as_str().to_owned(),
            dropped_by.to_owned(),
            line(reason),
            candidate.strategy.as_str().to_owned(),
            line(&seed.case.cwe.join(" ")),
            seed.language().to_string(),
            similarity.unwrap_or_default(),
            seed.text().lines().count().to_string(),
            text.lines().count().to_string(),
            block(&said.join("\n")),
            block(seed.text()),
            block(text),
            digest.to_owned(),
            decision.map(|it| it.verdict.as_str()).unwrap_or_default().to_owned(),
            decision.map(|it| block(&it.comment)).unwrap_or_default(),
            decision.map(|it| block(&it.who)).unwrap_or_default(),
        ])?;
    }
    Ok(writer.flush()?)
}

/// The places of all that have a scenario: kept ones first, then those that people must decide, and
/// dropped ones last.
pub(super) fn order(evolution: &Evolution, standings: &[Standing]) -> Vec<usize> {
    let rank = |standing: &Standing| match standing {
        Standing::Kept => 0,
        Standing::Undecided(..) => 1,
        Standing::Open(_) | Standing::Waits(_) => 2,
        Standing::Dropped(..) => 3,
    };
    let mut places: Vec<usize> = (0..standings.len())
        .filter(|place| evolution.candidates[*place].text().is_some())
        .collect();
    places.sort_by_key(|place| (rank(&standings[*place]), *place));
    places
}

/// What a filter said, in a line.
pub(super) fn told(finding: &Finding) -> String {
    let Finding { filter, passed, reason } = finding;
    let said = match passed {
        Some(true) => "passes",
        Some(false) => "drops",
        None => "unreadable",
    };
    format!("{}: {said}: {reason}", filter.as_str())
}
