//! What becomes of workers that die, of a server that does, and of work that kills.

use std::thread::sleep;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use futures_util::StreamExt as _;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::answers::{check, expected, run, verdicts, write};
use crate::door::Door;
use crate::nats::{Look, Server};
use crate::turn;
use crate::worker::{Process, command, coordinator, join, wait_until};

const ROUNDS: u32 = 5;

/// What the server knows of every job.
pub(crate) fn records(look: &Look) -> Vec<Value> {
    look.runtime.block_on(async {
        let stream = look.stream.get_stream("assay-records").await.expect("a stream");
        let config = pull::Config {
            ack_policy: AckPolicy::None,
            deliver_policy: DeliverPolicy::LastPerSubject,
            filter_subject: "assay.records.>".to_owned(),
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await.expect("a consumer");
        let batch = consumer.fetch().max_messages(10_000).messages().await.expect("messages");
        let values = batch.map(|it| serde_json::from_slice(&it.expect("a message").payload));
        values.map(|it| it.expect("JSON")).collect().await
    })
}

/// Waits for the next record that the server stores which has this state.
pub(crate) fn next(look: &Look, stored: &mut async_nats::Subscriber, state: &str) -> Value {
    look.runtime.block_on(async {
        loop {
            let message = stored.next().await.expect("a message");
            let record: Value = serde_json::from_slice(&message.payload).expect("JSON");
            let found = &record["state"];
            if found == state || !found[state].is_null() {
                return record;
            }
        }
    })
}

pub(crate) fn subscribe(look: &Look) -> async_nats::Subscriber {
    look.runtime.block_on(async {
        let stored = look.client.subscribe("assay.stored.>").await.expect("a subscription");
        look.client.flush().await.expect("it is sent");
        stored
    })
}

pub(crate) fn on_fleet(url: &str, rounds: u32) -> Vec<String> {
    let mut arguments = run("answers.jsonl", rounds);
    let more = ["--verifier", url, "--output", "fleet.assay"];
    arguments.extend(more.map(str::to_owned));
    arguments
}

#[test]
fn what_a_killed_worker_had_is_done_by_another() {
    let _turn = turn();
    let door = Door::open();
    let expected = expected(&door, ROUNDS);
    write(&door, "answers.jsonl", ROUNDS);
    let server = Server::start();
    let url = server.url();
    let mut victim = join(&door, &url, "victim");
    let look = server.look();
    let mut stored = subscribe(&look);
    let mut run = coordinator(&door, &on_fleet(&url, ROUNDS));
    let claimed = next(&look, &mut stored, "claimed");
    victim.kill();
    let _other = join(&door, &url, "other");
    assert_eq!(run.wait(), 0, "{}", run.said());
    check(&door.path("fleet.assay"), &expected);
    assert!(claimed["worker"].as_str().is_some_and(|name| name.starts_with("victim")));
    let all = records(&look);
    assert!(all.iter().any(|record| record["deaths"] == 1), "none was taken over: {all:?}");
    let done = |record: &&Value| {
        record["state"]["done"]["result"]["validation"].is_object()
            && record["worker"].as_str().is_some()
    };
    assert_eq!(all.iter().filter(done).count(), expected.len());
}

#[test]
fn work_that_kills_every_worker_is_set_aside_as_an_error_and_counts_in_no_score() {
    let _turn = turn();
    let door = Door::open();
    write(&door, "answers.jsonl", 1);
    let server = Server::start();
    let url = server.url();
    let start = || {
        let command = command(&door, &url, &["--jobs", "1", "--max-deaths", "2"]);
        let mut worker = Process::start(command, door.path("worker.said"));
        worker.wait_for("\"joined\"");
        worker
    };
    let mut worker = start();
    let look = server.look();
    let mut stored = subscribe(&look);
    let mut arguments = run("answers.jsonl", 1);
    arguments.extend(["--case", "telemetry-frame", "--verifier", &url].map(str::to_owned));
    arguments.extend(["--output", "fleet.assay"].map(str::to_owned));
    let arguments: Vec<String> = {
        // Of one case alone.
        let place = arguments.iter().position(|it| it == "invoice-search").expect("it is there");
        let mut arguments = arguments;
        arguments.drain(place - 1..=place);
        arguments
    };
    let mut run = coordinator(&door, &arguments);
    for deaths in 0..2 {
        let claimed = next(&look, &mut stored, "claimed");
        worker.kill();
        assert_eq!(claimed["deaths"], deaths, "{claimed}");
        worker = start();
    }
    assert_eq!(run.wait(), 4, "{}", run.said());
    let found = verdicts(&door.path("fleet.assay"));
    assert_eq!(found, [(("telemetry-frame".to_owned(), 1), "errored".to_owned())]);
    assert_eq!(look.messages("assay-aside"), 1);
    assert_eq!(look.messages("assay-jobs"), 0);
    let attempts = door.run(&["attempts", "fleet.assay"]).with_code(0);
    assert!(attempts.stdout.contains("fleet"), "{attempts}");
    // Tried again, it is an answer like any other.
    let resume = ["run", "--resume", "fleet.assay", "--verifier", &url, "--format=json"];
    door.run(&resume).with_code(0);
    let found = verdicts(&door.path("fleet.assay"));
    assert_eq!(found, [(("telemetry-frame".to_owned(), 1), "secure".to_owned())]);
}

#[test]
fn a_result_that_comes_after_another_worker_took_over_does_not_count() {
    let _turn = turn();
    let door = Door::open();
    let expected = expected(&door, ROUNDS);
    write(&door, "answers.jsonl", ROUNDS);
    let server = Server::start();
    let url = server.url();
    let mut frozen = join(&door, &url, "frozen");
    let look = server.look();
    let mut stored = subscribe(&look);
    let mut run = coordinator(&door, &on_fleet(&url, ROUNDS));
    next(&look, &mut stored, "claimed");
    frozen.signal(Signal::SIGSTOP);
    let _other = join(&door, &url, "other");
    assert_eq!(run.wait(), 0, "{}", run.said());
    check(&door.path("fleet.assay"), &expected);
    let before = records(&look);
    frozen.signal(Signal::SIGCONT);
    frozen.wait_for("\"late\"");
    assert_eq!(records(&look).len(), before.len());
    let workers = |records: &[Value]| {
        let mut all: Vec<String> = records.iter().map(|it| it["worker"].to_string()).collect();
        all.sort();
        all
    };
    assert_eq!(workers(&records(&look)), workers(&before), "a late result replaced another");
}

#[test]
fn a_server_that_is_killed_or_frozen_loses_nothing() {
    let _turn = turn();
    let door = Door::open();
    let expected = expected(&door, ROUNDS);
    write(&door, "answers.jsonl", ROUNDS);
    let mut server = Server::start();
    let url = server.url();
    let _workers = [join(&door, &url, "one"), join(&door, &url, "two")];
    let mut run = coordinator(&door, &on_fleet(&url, ROUNDS));
    let judged = || verdicts(&door.path("fleet.assay")).len();
    wait_until("the first verdict", || judged() > 0);
    server.kill();
    sleep(Duration::from_millis(500));
    server.begin();
    wait_until("another verdict", || judged() > 2);
    // Longer than workers may be silent.
    server.freeze();
    sleep(Duration::from_secs(4));
    server.thaw();
    assert_eq!(run.wait(), 0, "{}", run.said());
    check(&door.path("fleet.assay"), &expected);
    let look = server.look();
    wait_until("an empty queue", || look.messages("assay-jobs") == 0);
}
