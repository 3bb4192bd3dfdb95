//! Answers that are replayed: all differ, so that none shares the validation of another, and what
//! the local pool says of each is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::door::{Door, solution};
use crate::nats::PATIENCE;

/// What is answered, in turn: a case, one of its solutions, and how a comment begins.
const ANSWERS: [(&str, &str, &str); 4] = [
    ("telemetry-frame", "secure", "//"),
    ("telemetry-frame", "vulnerable", "//"),
    ("invoice-search", "secure", "#"),
    ("invoice-search", "vulnerable", "#"),
];

/// Of the cases that take part, each has every other solution in turn.
pub(crate) const PER_ROUND: u32 = 2;

/// Writes a file of answers, so many rounds for each of the two cases.
pub(crate) fn write(door: &Door, name: &str, rounds: u32) {
    let mut text = String::new();
    for round in 1..=rounds {
        for pair in ANSWERS.chunks(2) {
            let (case, name, comment) = pair[(round as usize + 1) % 2];
            let code = format!("{}\n{comment} answer {round}\n", solution(case, name));
            let line = json!({ "case": case, "scenario": "gen", "round": round, "code": code });
            writeln!(text, "{line}").expect("a string");
        }
    }
    door.write(name, text);
}

/// The arguments of a run of these answers, without where it is stored.
pub(crate) fn run(file: &str, rounds: u32) -> Vec<String> {
    let rounds = rounds.to_string();
    let subject = format!("replay:{file}");
    let arguments = [
        "run",
        "--subject",
        &subject,
        "--case",
        "telemetry-frame",
        "--case",
        "invoice-search",
        "--scenario",
        "gen",
        "--rounds",
        &rounds,
        "--max-answers",
        "1",
        "--format=json",
    ];
    arguments.map(str::to_owned).to_vec()
}

/// The verdict or the error of every attempt in a run's file, by its case and round.
pub(crate) fn verdicts(run: &Path) -> Vec<((String, u32), String)> {
    let Ok(run) = Connection::open_with_flags(run, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return Vec::new();
    };
    run.busy_timeout(PATIENCE).expect("a timeout");
    let query = "SELECT case_id, round, coalesce(verdict, 'errored') FROM attempt";
    let Ok(mut statement) = run.prepare(query) else { return Vec::new() };
    let read = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
    let rows = statement.query_map([], read).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

/// What the local pool says of so many rounds: it validates the first two, which all others are
/// like.
pub(crate) fn expected(door: &Door, rounds: u32) -> BTreeMap<(String, u32), String> {
    write(door, "local.jsonl", 2);
    let mut arguments = run("local.jsonl", 2);
    arguments.extend(["--output".to_owned(), "local.assay".to_owned()]);
    door.run(&arguments).with_code(0);
    let local: BTreeMap<_, _> = verdicts(&door.path("local.assay")).into_iter().collect();
    assert_eq!(local.len(), 4);
    let kinds: std::collections::BTreeSet<&String> = local.values().collect();
    assert_eq!(kinds.len(), 2, "of either kind: {local:?}");
    let mut expected = BTreeMap::new();
    for round in 1..=rounds {
        for case in ["telemetry-frame", "invoice-search"] {
            let like = (case.to_owned(), (round + 1) % 2 + 1);
            expected.insert((case.to_owned(), round), local[&like].clone());
        }
    }
    expected
}

/// Holds a run's file against what is expected: every attempt is there once.
#[track_caller]
pub(crate) fn check(run: &Path, expected: &BTreeMap<(String, u32), String>) {
    let found = verdicts(run);
    assert_eq!(found.len(), expected.len(), "an attempt is lost or counted twice");
    let found: BTreeMap<_, _> = found.into_iter().collect();
    assert!(&found == expected, "expected {expected:#?}, found {found:#?}");
}
