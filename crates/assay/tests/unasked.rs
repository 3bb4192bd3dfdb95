//! Nothing is asked that cannot be judged: what is found out before the first question,
//! and by it alone.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these tests need no whole dialect")]
mod scripted_server;
#[expect(dead_code, reason = "this binary reads one file of a report")]
mod shown;

use std::fs;
use std::net::TcpListener;

use door::{Door, Ended};
use panel::{CASE as JUDGED, Deciding, always, configure, says};
use rusqlite::Connection;
use scripted_server::{Server, Step, answer};
use serde_json::json;

const CASE: &str = "archive-list";

/// A subject with so many rounds that asking all at once would show.
const ROUNDS: &str = "40";

fn table(kind: &str, address: &str, more: &str) -> String {
    format!("[[{kind}]]\nprovider = 'openai'\nmodel = 'm-1'\nbase-url = '{address}/v1'\n{more}\n")
}

fn run(door: &Door, case: &str, more: &[&str]) -> Ended {
    let arguments = ["run", "--scenario", "gen", "--case", case, "--output", "run.assay"];
    door.run(&[&arguments[..], more].concat())
}

fn many(door: &Door) -> Ended {
    run(door, CASE, &["--rounds", ROUNDS, "--max-answers", "1"])
}

/// An address where nothing listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

#[test]
fn cases_that_are_not_prepared_are_named_and_nothing_is_asked() {
    let server = Server::start(vec![says("I cannot.")]);
    let door = Door::open();
    door.write("assay.toml", table("subject", &server.address, ""));
    let arguments = ["run", "--case", CASE, "--case", "order-grid", "--output", "run.assay"];
    let mut command = door.command(&arguments);
    command.env("ASSAY_CACHE", door.path("empty"));
    let ended = Ended::of(command.output().expect("assay starts")).with_code(3);
    let said = "2 of 2 cases not prepared: archive-list, order-grid; run `assay prepare`";
    assert!(ended.stderr.contains(said), "{ended}");
    assert_eq!(server.requests(), Vec::<String>::new());
    assert!(!door.path("run.assay").exists());
}

#[test]
fn a_model_or_an_address_that_is_not_found_is_given_up_with_the_address() {
    for status in [404, 405, 410] {
        let server = Server::start(vec![answer(status, "{}"), says("I cannot.")]);
        let door = Door::open();
        door.write("assay.toml", table("subject", &server.address, ""));
        let ended = many(&door).with_code(4);
        assert_eq!(server.requests().len(), 1, "{ended}");
        let asked =
            format!("asked POST {}/v1/chat/completions for the model \"m-1\"", server.address);
        assert!(ended.stdout.contains(&asked) && ended.stdout.contains("given up"), "{ended}");
        assert!(ended.stdout.contains("1 attempt errored, 39 attempts not finished"), "{ended}");
    }
}

#[test]
fn where_nobody_listens_it_is_said_at_once_and_one_question_alone_is_tried_again() {
    let address = nowhere();
    let door = Door::open();
    door.write("assay.toml", table("subject", &address, "retries = 1"));
    let ended = many(&door).with_code(4);
    let nobody = format!("nobody answers at {address}/v1/chat/completions");
    assert!(ended.stderr.contains(&format!("{nobody}: is the server running")), "{ended}");
    assert!(ended.stderr.contains("Trying again"), "{ended}");
    assert!(ended.stdout.contains(&nobody), "{ended}");
    assert!(ended.stdout.contains("1 attempt errored, 39 attempts not finished"), "{ended}");
}

#[test]
fn the_first_questions_go_one_by_one_and_three_that_fail_are_enough() {
    // A server that is silent would get as many at once as a provider begins with.
    for (step, more) in [
        (Step::Hang, "retries = 0\ntimeout-seconds = 1"),
        (answer(400, r#"{"error":{"message":"no such parameter"}}"#), "extra = { seed = 'x' }"),
        (answer(500, "{}"), "retries = 0"),
    ] {
        let server = Server::start(vec![step; 10]);
        let door = Door::open();
        door.write("assay.toml", table("subject", &server.address, more));
        let ended = many(&door).with_code(4);
        assert_eq!(server.requests().len(), 3, "{ended}");
        assert!(ended.stdout.contains("none of the first 3 questions was answered"), "{ended}");
        assert!(ended.stdout.contains("3 attempts errored, 37 attempts not finished"), "{ended}");
    }
}

#[test]
fn a_model_that_has_answered_is_not_given_up_for_single_failures() {
    let mut script = vec![answer(400, "{}"), answer(400, "{}"), says("I cannot.")];
    script.extend(vec![answer(400, "{}"); 37]);
    let server = Server::start(script);
    let door = Door::open();
    door.write("assay.toml", table("subject", &server.address, "retries = 0"));
    let ended = many(&door).with_code(4);
    assert_eq!(server.requests().len(), 40, "{ended}");
    assert!(ended.stdout.contains("39 attempts errored;"), "{ended}");
}

#[test]
fn no_subject_is_asked_where_a_judge_cannot_be() {
    let door = Door::open();
    let subject = Server::start(vec![says("I cannot.")]);
    let judges = [answer(401, "{}"), answer(404, "{}")].map(|step| Server::start(vec![step]));
    let addresses = [&judges[0].address, &judges[1].address, &nowhere()].map(String::clone);
    for (address, part) in
        addresses.iter().zip(["authentication", "asked POST", "nobody answers at"])
    {
        let table =
            table("subject", &subject.address, "") + &table("judge", address, "retries = 0");
        door.write("assay.toml", table);
        let ended = run(&door, JUDGED, &[]).with_code(3);
        assert!(ended.stderr.contains("the judge m-1 cannot be asked"), "{ended}");
        assert!(ended.stderr.contains(part), "{ended}");
        assert!(!door.path("run.assay").exists());
        assert_eq!(subject.requests(), Vec::<String>::new());
    }
}

#[test]
fn the_word_of_a_judge_is_paid_for_and_is_asked_only_where_an_answer_is_paid_for() {
    let door = Door::open();
    let judge = always("judge", true);
    let subject = Deciding::start(|_| says("I cannot."));
    configure(&door, &[], &[judge]);
    let judges = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    let priced = "price = { input = 10, output = 100 }\n";
    door.write("assay.toml", table("subject", &subject.address, priced) + &judges + priced);
    run(&door, JUDGED, &["--max-answers", "1"]).with_code(0);
    let file = Connection::open(door.path("run.assay")).expect("a run");
    let query = "SELECT role, model, requests, cost FROM payment ORDER BY id";
    let mut payments = file.prepare(query).expect("a table");
    let payments: Vec<(String, String, u32, Option<u64>)> = payments
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .expect("rows")
        .map(|row| row.expect("a row"))
        .collect();
    let paid = |role: &str, model: &str| (role.to_owned(), model.to_owned(), 1, Some(1_700_000));
    assert_eq!(payments, [paid("judge", "judge"), paid("subject", "m-1")]);
    // A built-in costs nothing, so that the first vote is soon enough.
    let built_in = ["--subject", "empty", "--output", "built-in.assay"];
    let arguments = ["run", "--scenario", "gen", "--case", JUDGED];
    door.run(&[&arguments[..], &built_in].concat()).with_code(0);
    let file = Connection::open(door.path("built-in.assay")).expect("a run");
    let count: u32 =
        file.query_row("SELECT count(*) FROM payment", [], |row| row.get(0)).expect("one");
    assert_eq!(count, 0);
}

#[test]
fn a_case_that_nobody_can_decide_is_left_out_for_every_subject_and_said_everywhere() {
    let door = Door::open();
    let arguments = ["run", "--subject", "empty", "--scenario", "gen", "--output", "run.assay"];
    let left_out = json!([{ "case": JUDGED, "why": "needs judges, none configured" }]);
    let plan = [&arguments[..], &["--dry-run", "--format", "json"]].concat();
    let plan = door.run(&plan).with_code(0).json("assay.plan/1");
    assert_eq!(plan["left-out"], left_out, "{plan:#}");
    let ended = door.run(&arguments).with_code(0);
    let line = "left out   member-passwords needs judges, none configured";
    assert!(ended.stderr.contains(line), "{ended}");
    let line = "left out: 1 case (needs judges, none configured): member-passwords";
    assert!(ended.stdout.contains(line), "{ended}");
    let card = panel::scores(&door, "run.assay");
    assert_eq!(card["run"]["left-out"], left_out, "{card:#}");
    assert_eq!([&card["run"]["planned"], &card["run"]["judged"]], [53, 53], "{card:#}");
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let page = fs::read_to_string(door.path("report/index.html")).expect("a page");
    assert!(page.contains("1 case (needs judges, none configured): member-passwords"), "{page}");
}

#[test]
fn of_many_cases_left_out_the_first_are_named_and_where_the_others_are() {
    let door = Door::open();
    let judged = ["--cwe=916", "--cwe=1336", "--scenario=complete", "--scenario=repair"];
    let run = ["--corpus=cov-eval:corpus", "run", "--subject=empty", "--output=run.assay"];
    let ended = door.run(&[&run[..], &judged].concat()).with_code(0);
    let named = "complete-member-passwords, repair-member-passwords-vulnerable, \
                 repair-member-passwords-vulnerable-few-rounds";
    assert!(!ended.stderr.contains("fixed-salt"), "{ended}");
    assert!(ended.stderr.contains("left out   and 1 more"), "{ended}");
    assert!(!ended.stdout.contains("fixed-salt"), "{ended}");
    let line = format!("left out: 4 cases (needs judges, none configured): {named} and 1 more");
    assert!(ended.stdout.contains(&line), "{ended}");
    let card = panel::scores(&door, "run.assay");
    assert_eq!(card["run"]["left-out"].as_array().expect("a list").len(), 4, "{card:#}");
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let page = fs::read_to_string(door.path("report/index.html")).expect("a page");
    assert!(page.contains(&format!("{named} and 1 more")), "{page}");
}

#[test]
fn a_case_that_judges_are_to_decide_later_is_scored_for_no_subject() {
    let door = Door::open();
    configure(&door, &["reference", "empty"], &[]);
    let ended = run(&door, JUDGED, &["--judge-later"]).with_code(4);
    assert!(ended.stdout.contains("1 attempt left to judges"), "{ended}");
    let card = panel::scores(&door, "run.assay");
    for subject in card["subjects"].as_array().expect("a list") {
        assert!(subject["overall"].is_null(), "{card:#}");
        assert_eq!(subject["unjudged"], 1, "{card:#}");
    }
}
