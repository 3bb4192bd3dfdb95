//! What a fleet does when nothing fails, and when workers come and go in order.

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::answers::{check, expected, verdicts, write};
use crate::door::Door;
use crate::failures::on_fleet;
use crate::nats::Server;
use crate::turn;
use crate::worker::{coordinator, join, wait_until};

const ROUNDS: u32 = 6;

#[test]
fn a_run_on_two_workers_has_the_verdicts_of_the_local_pool() {
    let _turn = turn();
    let door = Door::open();
    let expected = expected(&door, ROUNDS);
    write(&door, "answers.jsonl", ROUNDS);
    let server = Server::start();
    let url = server.url();
    let (mut one, mut two) = (join(&door, &url, "one"), join(&door, &url, "two"));
    let ended = door.run(&on_fleet(&url, ROUNDS)).with_code(0);
    let summary = ended.json("assay.run/1");
    assert_eq!(summary["judged"], expected.len(), "{ended}");
    check(&door.path("fleet.assay"), &expected);

    // Validated again there, nothing changes.
    let again = ["revalidate", "fleet.assay", "--verifier", &url, "--format=json"];
    let again = door.run(&again).with_code(0).json("assay.revalidation/1");
    assert_eq!((&again["changed"], &again["compared"]), (&0.into(), &expected.len().into()));

    // Both have worked, and nothing is left over.
    let mut done = 0;
    for worker in [&mut one, &mut two] {
        worker.signal(Signal::SIGTERM);
        assert_eq!(worker.wait(), 0, "{}", worker.said());
        let said = worker.said();
        let last: Value = serde_json::from_str(said.lines().last().expect("a line")).expect("JSON");
        assert!(last["done"].as_u64() > Some(0), "{said}");
        done += last["done"].as_u64().expect("a number");
    }
    assert_eq!(done, 2 * expected.len() as u64, "each validation was done once");
    let look = server.look();
    assert_eq!(look.messages("assay-jobs"), 0);
    assert_eq!(look.messages("assay-workers"), 0);
    assert_eq!(look.messages("assay-aside"), 0);
}

#[test]
fn a_worker_that_is_told_to_go_finishes_what_it_has_and_others_do_the_rest() {
    let _turn = turn();
    let door = Door::open();
    let expected = expected(&door, ROUNDS);
    write(&door, "answers.jsonl", ROUNDS);
    let server = Server::start();
    let url = server.url();
    let mut going = join(&door, &url, "going");
    let mut run = coordinator(&door, &on_fleet(&url, ROUNDS));
    wait_until("the first verdict", || !verdicts(&door.path("fleet.assay")).is_empty());
    going.signal(Signal::SIGTERM);
    assert_eq!(going.wait(), 0, "{}", going.said());
    assert!(run.ended().is_none(), "it went too late: {}", run.said());
    let _staying = join(&door, &url, "staying");
    assert_eq!(run.wait(), 0, "{}", run.said());
    check(&door.path("fleet.assay"), &expected);
    assert!(!going.said().contains("\"late\""), "{}", going.said());
    let look = server.look();
    let deaths = crate::failures::records(&look).into_iter().map(|record| record["deaths"].clone());
    assert!(deaths.into_iter().all(|deaths| deaths == 0), "what was given back was not lost");
}

#[test]
fn a_coordinator_that_is_killed_finds_what_was_validated_meanwhile() {
    let _turn = turn();
    let door = Door::open();
    let expected = expected(&door, ROUNDS);
    write(&door, "answers.jsonl", ROUNDS);
    let server = Server::start();
    let url = server.url();
    let mut worker = join(&door, &url, "one");
    let mut run = coordinator(&door, &on_fleet(&url, ROUNDS));
    wait_until("the first verdict", || !verdicts(&door.path("fleet.assay")).is_empty());
    run.kill();
    let look = server.look();
    wait_until("an empty queue", || look.messages("assay-jobs") == 0);
    let judged = verdicts(&door.path("fleet.assay")).len();
    assert!(judged < expected.len(), "it was killed too late");
    let resume = ["run", "--resume", "fleet.assay", "--verifier", &url, "--format=json"];
    door.run(&resume).with_code(0);
    check(&door.path("fleet.assay"), &expected);
    worker.signal(Signal::SIGTERM);
    assert_eq!(worker.wait(), 0);
    let done = format!("\"done\":{}", expected.len());
    assert!(worker.said().contains(&done), "each was validated once: {}", worker.said());
}
