//! What becomes of an attempt whose model's server fails, or whose model asks the user: what
//! docs/agents-tried.md says.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::cli::{self, Cli, Turn};
use super::hands::Deed;
use super::model::{Asked, Model};
use crate::door::{Door, Ended, repository, solution};
use crate::scripted_server::{End, Step, answer};

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// What a model, or its server, does; where it can be asked to the end, it has secure code
/// written. Each is a row of the page.
const FAULTS: [&str; 11] = [
    "hangs",
    "answers-429",
    "answers-500",
    "is-malformed",
    "falls-silent",
    "breaks",
    "breaks-once",
    "fails-late",
    "asks-in-words",
    "asks-by-tool",
    "wants-permission",
];

/// The rows that depend on more than the gateway; the others are the same for all agents, of
/// which some take long to start.
const TELLING: [&str; 3] = ["answers-500", "breaks-once", "asks-by-tool"];

/// So many agents of one make work at once.
const AT_ONCE: usize = 3;

#[test]
fn what_becomes_of_an_attempt_at_which_something_fails_is_what_the_page_says() {
    let page = repository().join("docs/agents-tried.md");
    let said = table(&fs::read_to_string(page).expect("the page is there"));
    assert_eq!(said.len(), FAULTS.len(), "{said:#?}");
    let mut wrong = Vec::new();
    for cli in Cli::installed() {
        let is_quick = ["claude-code", "codex"].contains(&cli.name);
        let all = is_quick || cli::chosen().is_some();
        let faults: &[&str] = if all { &FAULTS } else { &TELLING };
        let _turn = Turn::take();
        for some in faults.chunks(AT_ONCE) {
            for found in try_at_once(cli, some) {
                let said = &said[found.fault][cli.name];
                // What it cannot do has no outcome.
                if said != "–" && *said != found.outcome {
                    wrong.push(format!("{} {found:?}, and the page says {said}", cli.name));
                }
                if cli::chosen().is_some() {
                    cli::tell(&format!("{} {found:?}", cli.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a row of the page has for each agent, by the names of rows and columns.
fn table(page: &str) -> BTreeMap<&'static str, BTreeMap<&'static str, String>> {
    let split = |line: &str| -> Vec<String> {
        let inner = line.trim_matches('|').split('|');
        inner.map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    let head = page.lines().find(|line| line.starts_with("| Row |")).expect("the table");
    let names = split(head);
    let mut rows = BTreeMap::new();
    for line in page.lines() {
        let Some(fault) = FAULTS.into_iter().find(|it| line.starts_with(&format!("| `{it}` |")))
        else {
            continue;
        };
        let row = cli::CLIS.map(|cli| {
            let place = names.iter().position(|name| name == cli.name).expect("a column");
            (cli.name, split(line)[place].clone())
        });
        rows.insert(fault, BTreeMap::from(row));
    }
    rows
}

/// What became of an attempt.
#[derive(Debug)]
struct Found {
    fault: &'static str,
    /// A verdict, or the class of an error.
    outcome: String,
    #[expect(dead_code, reason = "it is shown")]
    requests: usize,
}

/// Has an agent work with models that do these things.
fn try_at_once(cli: Cli, faults: &[&'static str]) -> Vec<Found> {
    let questions = AtomicUsize::new(0);
    let model = Model::start(move |asked| {
        let is_work = cli.name == "aider" || !asked.tools.is_empty();
        let is_first = || questions.fetch_add(1, Ordering::Relaxed) == 0;
        let breaks = asked.model == "breaks-once" && is_work && is_first();
        let fault = if breaks { "breaks" } else { &asked.model };
        play(cli, fault, asked)
    });
    let more = "timeout-seconds = 2\nidle-seconds = 2\nretries = 1";
    let table = |fault: &&str| cli.table(cli.protocols[0], fault, &model.address, more);
    let door = Door::open();
    door.write("assay.toml", faults.iter().map(table).collect::<String>());
    let ended = Ended::of(cli::run(&door, CASE).output().expect("assay starts"));
    let listed = door.run(&["attempts", "run.assay", "--format", "json"]).with_code(0);
    let listed = listed.json("assay.attempt-list/1");
    let attempts = listed["attempts"].as_array().expect("a list");
    let of = |fault: &str| {
        let subject = format!("{} {fault}", cli.name);
        let mut found = attempts.iter().filter(|it| it["attempt"]["subject"] == subject);
        found.next().unwrap_or_else(|| panic!("no attempt of {subject}: {ended}"))
    };
    let found = |fault: &&'static str| {
        let attempt = of(fault);
        let outcome = attempt["verdict"].as_str().or(attempt["error"]["class"].as_str());
        let outcome = outcome.expect("one of the two").to_owned();
        Found { fault, outcome, requests: model.asked(fault).len() }
    };
    faults.iter().map(found).collect()
}

/// What the server does with a question.
fn play(cli: Cli, fault: &str, asked: &Asked) -> Step {
    let write = Deed::Write(PATH.to_owned(), solution(CASE, "secure"));
    let good = |deeds: &[Deed]| cli.play(deeds, PATH, asked).step(asked.provider, asked.stream);
    let broken = |end: End| match good(std::slice::from_ref(&write)) {
        Step::Events { mut events, .. } => {
            events.truncate(1.max(events.len() / 2));
            Step::Events { events, end }
        }
        _ if end == End::Silent => Step::Hang,
        _ => Step::Truncate,
    };
    let failed = answer(500, r#"{"error":{"message":"broken"}}"#);
    match fault {
        "hangs" => Step::Hang,
        "answers-429" => answer(429, r#"{"error":{"message":"slow down"}}"#),
        "answers-500" => failed,
        "is-malformed" if asked.stream => {
            Step::Events { events: vec!["data: {\"choices\":".to_owned()], end: End::Proper }
        }
        "is-malformed" => answer(200, "{\"choices\":"),
        "falls-silent" => broken(End::Silent),
        "breaks" => broken(End::Dropped),
        "fails-late" if !asked.results.is_empty() => failed,
        "asks-in-words" => good(&[Deed::Say("May I write the file? Please answer.".to_owned())]),
        "asks-by-tool" => good(&[Deed::Call(cli.question, question()), write]),
        "wants-permission" => good(&[Deed::Run(RISKY.to_owned()), write]),
        _ => good(&[write]),
    }
}

/// What agents ask for permission for, where somebody can give it.
const RISKY: &str =
    "sudo true; rm -f /etc/passwd; touch /usr/mine; curl -s http://localhost:1/; echo it went on";

/// A question to the user, in a form that serves every tool for it.
fn question() -> Value {
    let option = |label: &str| json!({ "label": label, "description": label });
    let question = json!({
        "id": "way", "header": "Way", "question": "Which way?", "type": "choice",
        "options": [option("One"), option("Other")], "multiSelect": false, "multiple": false,
    });
    json!({ "questions": [question] })
}
