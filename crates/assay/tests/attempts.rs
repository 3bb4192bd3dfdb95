//! `assay attempts`, and the filters that `assay export` has too, through the door.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "this binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod scripted_server;

use door::Door;
use rusqlite::Connection;
use scripted_server::dialect::{Deed, saying, step};
use scripted_server::{Server, answer};
use serde_json::Value;

const C: &str = "telemetry-frame";

/// Three rounds, a day after each other: one answered in words, one cut off, one errored.
fn run(door: &Door) {
    let script = vec![
        saying("openai", false, "I cannot."),
        step("openai", false, Deed::Truncate),
        answer(400, "{}"),
    ];
    let server = Server::start(script);
    door.write(
        "assay.toml",
        format!(
            "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nconcurrency = 1\n",
            server.address
        ),
    );
    let arguments = ["run", "--case", C, "--scenario", "gen", "--rounds", "3"];
    door.run(&[&arguments[..], &["--max-answers", "1", "--output", "run.assay"]].concat())
        .with_code(4);
    let run = Connection::open(door.path("run.assay")).expect("a run");
    let days = "UPDATE attempt SET finished_at = '2026-11-2' || round || 'T12:30:15Z';
        UPDATE turn SET asked_ms = 1000 * attempt, validated_ms = 0";
    run.execute_batch(days).expect("a run");
}

#[test]
fn attempts_are_listed_and_exported_by_time_and_by_how_they_ended() {
    let door = Door::open();
    run(&door);
    let check = |filter: &[&str], rounds: &[u64]| {
        let list = ["attempts", "run.assay", "--format", "json"];
        let list = door.run(&[&list[..], filter].concat()).with_code(0);
        let list = list.json("assay.attempt-list/1");
        assert_eq!(list["of"], 3);
        let listed: Vec<u64> = list["attempts"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|it| it["attempt"]["round"].as_u64())
            .collect();
        assert_eq!(listed, rounds, "{filter:?} {list:#}");
        let export = ["export", "run.assay", "--format", "jsonl", "--output", "-"];
        let rows = door.run(&[&export[..], filter].concat()).with_code(0).stdout;
        let row = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        let exported: Vec<u64> =
            rows.lines().filter_map(|line| row(line)["round"].as_u64()).collect();
        assert_eq!(exported, rounds, "{filter:?}");
    };
    check(&[], &[1, 2, 3]);
    check(&["--since", "2026-11-22"], &[2, 3]);
    check(&["--until", "2026-11-22"], &[1, 2]);
    check(&["--since", "2026-11-22", "--until", "2026-11-22"], &[2]);
    check(&["--since", "2026-11-22T12:31"], &[3]);
    check(&["--until", "2026-11-22T12:30"], &[1, 2]);
    check(&["--until", "2026-11-22T13:30:14+01:00"], &[1]);
    check(&["--longer-than", "2s"], &[2]);
    check(&["--shorter-than", "2s"], &[1, 3]);
    check(&["--end", "answers-used"], &[1, 2]);
    check(&["--end", "errored", "--end", "context-full"], &[3]);
    check(&["--end", "settled"], &[]);
    check(&["--finish", "truncated"], &[2]);
    check(&["--finish", "complete", "--finish", "truncated"], &[1, 2]);
    check(&["--error", "bad-request"], &[3]);
    check(&["--error", "timeout"], &[]);
    check(&["--verdict", "no-code", "--case", C, "--scenario", "gen"], &[1, 2]);
    check(&["--case", "order-grid"], &[]);
    let human = door.run(&["attempts", "run.assay", "--end", "errored"]).with_code(0).stdout;
    assert!(human.contains("2026-11-23T12:30:15Z  m"), "{human}");
    assert!(
        human.contains("bad request  errored") && human.ends_with("1 attempt of 3\n"),
        "{human}"
    );
}

#[test]
fn a_filter_that_means_nothing_is_refused_with_what_it_could_be() {
    let door = Door::open();
    for (filter, told) in [
        (["--since", "yesterday"], "how long ago"),
        (["--end", "stopped"], "answers-used"),
        (["--error", "slow"], "rate-limit"),
        (["--finish", "length"], "is not how an answer ends"),
        (["--longer-than", "long"], "--longer-than"),
    ] {
        let ended = door.run(&[&["attempts", "run.assay"][..], &filter].concat()).with_code(2);
        assert!(ended.stderr.contains(told), "{filter:?} {ended}");
    }
}
