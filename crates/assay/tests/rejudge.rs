//! Stored runs that judges decide anew, and what that costs.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "this binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
mod scripted_server;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use door::{Door, Ended};
use panel::{CASE, Judge, always, configure, knowing, opinion, run, scores, user, verdict_of};
use scripted_server::answer;

fn rejudge(door: &Door, run: &str, more: &[&str], code: i32) -> Ended {
    door.run(&[&["rejudge", run], more].concat()).with_code(code)
}

#[test]
fn a_stored_run_is_judged_anew_into_a_new_one_and_stays_as_it_is() {
    let door = Door::open();
    configure(&door, &["reference", "vulnerable", "empty"], &[]);
    let ended = run(&door, &[], 4);
    assert!(ended.stderr.contains("unjudged   1 case has a phase that judges decide"), "{ended}");
    let before = fs::read(door.path("run.assay")).expect("a run");
    let ended = rejudge(&door, "run.assay", &[], 3);
    assert!(ended.stderr.contains("no judges of its own; name some with --judge"), "{ended}");

    let judges = [knowing("knowing")];
    configure(&door, &[], &judges);
    let ended = rejudge(&door, "run.assay", &["--format", "json"], 0).json("assay.rejudge/1");
    assert_eq!([&ended["judged"], &ended["decided"], &ended["changed"]], [2, 2, 0], "{ended:#}");
    let card = scores(&door, "run.rejudged.assay");
    assert_eq!(verdict_of(&card, "reference", "secure"), 1, "{card:#}");
    assert_eq!(verdict_of(&card, "vulnerable", "insecure"), 1, "{card:#}");
    // What tests had decided is as it was, and no judge was asked about it.
    assert_eq!(verdict_of(&card, "empty", "no-code"), 1, "{card:#}");
    assert_eq!(judges[0].server.requests().len(), 2);
    assert_eq!(card["run"]["derived-from"], scores(&door, "run.assay")["run"]["id"]);
    assert_eq!(fs::read(door.path("run.assay")).expect("a run"), before, "the old run changed");

    // Votes that were given stay given, unless they are asked for anew.
    for (more, asked) in
        [(&["--output", "again.assay"][..], 2), (&["--output", "anew.assay", "--no-cache"], 4)]
    {
        rejudge(&door, "run.assay", more, 0);
        assert_eq!(judges[0].server.requests().len(), asked, "{more:?}");
    }

    // Other judges, other verdicts; the first judges' ballots stay where they are.
    configure(&door, &[], &[always("kind", true)]);
    let ended = rejudge(&door, "run.rejudged.assay", &["--output", "kind.assay"], 0);
    let told = "judged anew: 2; verdicts changed: 1; decided that had none: 0; left open: 0";
    assert!(ended.stdout.contains(told), "{ended}");
    let change = format!("vulnerable / {CASE} / gen / round 1: insecure before, secure now");
    assert!(ended.stdout.contains(&change), "{ended}");
    let ended = rejudge(&door, "run.assay", &["--output", "kind.assay"], 3);
    assert!(ended.stderr.contains("kind.assay exists already"), "{ended}");
    let ended = rejudge(&door, "run.rejudged.assay", &["--output", "kind.assay"], 3);
    assert!(ended.stderr.contains("and has every attempt"), "{ended}");
    let card = scores(&door, "run.rejudged.assay");
    assert_eq!(verdict_of(&card, "vulnerable", "insecure"), 1, "{card:#}");
}

#[test]
fn judging_anew_goes_on_where_the_panel_was_incomplete() {
    let door = Door::open();
    configure(&door, &["reference", "vulnerable"], &[]);
    run(&door, &[], 4);
    let is_dead = Arc::new(AtomicBool::new(true));
    let dead = Arc::clone(&is_dead);
    let judges = [Judge::new("frail", move |request| {
        let is_secure = user(request).contains("hashlib.scrypt(");
        match is_secure && dead.load(Ordering::SeqCst) {
            true => answer(503, "{\"error\":{\"message\":\"out of order\"}}"),
            false => opinion(is_secure),
        }
    })];
    configure(&door, &[], &judges);
    let ended = rejudge(&door, "run.assay", &[], 4);
    assert!(ended.stdout.contains("decided that had none: 1; left open: 1"), "{ended}");
    is_dead.store(false, Ordering::SeqCst);
    let ended = rejudge(&door, "run.assay", &[], 0);
    assert!(ended.stdout.contains("judged anew: 1;"), "{ended}");
    assert_eq!(judges[0].server.requests().len(), 3);
    let card = scores(&door, "run.rejudged.assay");
    assert_eq!([&card["run"]["judged"], &card["run"]["errored"]], [2, 0], "{card:#}");
}
