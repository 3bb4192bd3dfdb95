//! What becomes of workers and coordinators that the server cannot hear, while all are alive. With
//! `ASSAY_TEST_FLEET` each partition ends in both ways.

use std::thread::sleep;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::answers::{check, expected, verdicts, write};
use crate::door::Door;
use crate::failures::{next, on_fleet, records, subscribe};
use crate::nats::Server;
use crate::wire::Wire;
use crate::worker::{Process, command, coordinator, join, wait_until};
use crate::{probes, turn};

const ROUNDS: u32 = 4;

/// How a partition ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The connections of before go on.
    Mended,
    /// They are gone, and new ones are made.
    Replaced,
}

impl End {
    fn of(self, wire: &Wire) {
        match self {
            End::Mended => wire.mend(),
            End::Replaced => wire.replace(),
        }
    }
}

/// Cuts the wire of a worker that validates, and is not done before.
fn cut_within_a_validation(wire: &Wire, probes: &str) {
    let validates = || {
        let (_, metrics) = probes::get(probes, "/metrics");
        probes::value(&metrics, "assay_worker_held") > 0
    };
    loop {
        wait_until("a validation", validates);
        wire.cut();
        if validates() {
            return;
        }
        wire.mend();
    }
}

/// Cuts a worker off while it has a job, until another has done everything.
fn check_worker(end: End) {
    let door = Door::open();
    let expected = expected(&door, ROUNDS);
    write(&door, "answers.jsonl", ROUNDS);
    let server = Server::start();
    let (url, wire) = (server.url(), Wire::to(&server.url()));
    let more = ["--jobs", "1", "--name", "apart", "--probes", "127.0.0.1:0"];
    let mut apart = Process::start(command(&door, &wire.url(), &more), door.path("apart.said"));
    apart.wait_for("\"joined\"");
    let probes = probes::address(&mut apart);
    let look = server.look();
    let mut stored = subscribe(&look);
    let mut run = coordinator(&door, &on_fleet(&url, ROUNDS));
    let claimed = next(&look, &mut stored, "claimed");
    cut_within_a_validation(&wire, &probes);
    let mut other = join(&door, &url, "other");
    assert_eq!(run.wait(), 0, "{end:?}: {}", run.said());
    check(&door.path("fleet.assay"), &expected);
    assert!(claimed["worker"].as_str().is_some_and(|name| name.starts_with("apart")), "{end:?}");
    let before = records(&look);
    assert!(before.iter().any(|it| it["deaths"] == 1), "{end:?}: none was taken over: {before:?}");
    end.of(&wire);
    // What it had done by itself comes too late, and changes nothing.
    apart.wait_for("\"late\"");
    let of = |records: &[Value]| {
        let mut all: Vec<String> = records.iter().map(Value::to_string).collect();
        all.sort();
        all
    };
    assert_eq!(of(&records(&look)), of(&before), "{end:?}: a late result replaced another");
    // It works again, and nobody else does.
    other.signal(Signal::SIGTERM);
    assert_eq!(other.wait(), 0, "{end:?}: {}", other.said());
    write(&door, "answers.jsonl", 1);
    let mut more = on_fleet(&url, 1);
    let place = more.iter().position(|it| it == "fleet.assay").expect("it is there");
    more[place] = "again.assay".to_owned();
    door.run(&more).with_code(0);
    assert_eq!(verdicts(&door.path("again.assay")).len(), 2, "{end:?}");
}

/// The ways to try: the usual one, or all.
fn ends(usual: End) -> Vec<End> {
    match std::env::var_os("ASSAY_TEST_FLEET") {
        None => vec![usual],
        Some(_) => vec![End::Mended, End::Replaced],
    }
}

#[test]
fn a_worker_that_is_cut_off_loses_its_job_to_another_and_works_again_afterwards() {
    let _turn = turn();
    ends(End::Replaced).into_iter().for_each(check_worker);
}

#[test]
fn a_coordinator_that_is_cut_off_finds_everything_done_afterwards() {
    let _turn = turn();
    for end in ends(End::Mended) {
        let door = Door::open();
        let expected = expected(&door, ROUNDS);
        write(&door, "answers.jsonl", ROUNDS);
        let server = Server::start();
        let wire = Wire::to(&server.url());
        let _worker = join(&door, &server.url(), "one");
        let mut run = coordinator(&door, &on_fleet(&wire.url(), ROUNDS));
        wait_until("the first verdict", || !verdicts(&door.path("fleet.assay")).is_empty());
        wire.cut();
        let look = server.look();
        wait_until("an empty queue", || look.messages("assay-jobs") == 0);
        sleep(Duration::from_secs(1));
        let judged = verdicts(&door.path("fleet.assay")).len();
        assert!(judged < expected.len(), "{end:?}: it was cut off too late");
        assert!(run.ended().is_none(), "{end:?}: it gave up: {}", run.said());
        end.of(&wire);
        assert_eq!(run.wait(), 0, "{end:?}: {}", run.said());
        check(&door.path("fleet.assay"), &expected);
        assert!(records(&look).iter().all(|it| it["deaths"] == 0), "{end:?}");
    }
}
