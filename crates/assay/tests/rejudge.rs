//! Stored runs that judges decide anew, and what that costs.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
mod scripted_server;

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use door::{Door, Ended};
use panel::{
    CASE, Judge, always, configure, knowing, opinion, price, record, run, says, scores, user,
    verdict_of,
};
use scripted_server::{Step, answer};

fn rejudge(door: &Door, run: &str, more: &[&str], code: i32) -> Ended {
    door.run(&[&["rejudge", run], more].concat()).with_code(code)
}

#[test]
fn a_stored_run_is_judged_anew_into_a_new_one_and_stays_as_it_is() {
    let door = Door::open();
    configure(&door, &["reference", "vulnerable", "empty"], &[]);
    let ended = run(&door, &["--judge-later"], 4);
    assert!(ended.stderr.contains("unjudged   1 case has a phase that judges decide"), "{ended}");
    assert!(ended.stdout.contains("2 attempts left to judges; `assay rejudge"), "{ended}");
    assert!(!format!("{ended}").contains("errored attempt"), "{ended}");
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
    let told = "judged anew: 2; verdicts changed: 1; newly decided: 0; left open: 0";
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
    run(&door, &["--judge-later"], 4);
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
    assert!(ended.stdout.contains("newly decided: 1; left open: 1"), "{ended}");
    is_dead.store(false, Ordering::SeqCst);
    let ended = rejudge(&door, "run.assay", &[], 0);
    assert!(ended.stdout.contains("judged anew: 1;"), "{ended}");
    assert_eq!(judges[0].server.requests().len(), 3);
    let card = scores(&door, "run.rejudged.assay");
    assert_eq!([&card["run"]["judged"], &card["run"]["errored"]], [2, 0], "{card:#}");
}

#[test]
fn judging_anew_says_what_it_will_cost_and_keeps_to_a_limit() {
    let door = Door::open();
    configure(&door, &[], &[]);
    record(&door, 6);
    run(&door, &["--subject", "replay:answers.jsonl", "--judge-later"], 4);
    // The second of three answers is a vote.
    let judges = [Judge::new("chatty", |request| match panel::messages(request).len() {
        2 => says("I think."),
        _ => opinion(true),
    })];
    let asked = || judges[0].server.requests().len();
    configure(&door, &[], &judges);
    let ended = rejudge(&door, "run.assay", &["--max-cost", "1"], 3);
    assert!(ended.stderr.contains("chatty has no price"), "{ended}");
    rejudge(&door, "run.assay", &["--max-cost=-1"], 3);
    price(&door, "");

    // Two ballots fit, each of which might be asked for three times, and a third does not.
    let again = |limit: &str, code: i32| rejudge(&door, "run.assay", &["--max-cost", limit], code);
    let ended = again("0.0045", 4);
    let estimate = "estimate   judge chatty: 0 to 6 questions, tokens 0 to ";
    assert!(ended.stderr.contains(estimate), "{ended}");
    assert!(ended.stderr.contains("0 to 42 out; cost 0.00 to 0.004200"), "{ended}");
    assert!(ended.stdout.contains("judged anew: 2; "), "{ended}");
    let told = "stopped asking: 0.002800 is spent, and the next ballot would probably exceed --max-cost 0.004500; 4 attempts left";
    assert!(ended.stdout.contains(told), "{ended}");
    assert_eq!(asked(), 4);
    // What was spent before counts, and no vote is paid for twice.
    again("0.0045", 4);
    assert_eq!(asked(), 4);
    let ended = rejudge(&door, "run.assay", &["--max-cost", "1", "--format", "json"], 0);
    let ended = ended.json("assay.rejudge/1");
    assert_eq!([&ended["judged"], &ended["left"]], [4, 0], "{ended:#}");
    let cost = ended["spent"].as_f64().expect("a number");
    assert!((cost - 0.0084).abs() < 1e-9, "{ended:#}");
    assert_eq!(asked(), 12);
    let card = scores(&door, "run.rejudged.assay");
    assert_eq!(verdict_of(&card, "answers", "secure"), 6, "{card:#}");
    let spending = &card["subjects"][0]["spending"];
    for part in ["judges", "paid"] {
        assert_eq!(spending[part]["replies"], 12, "{spending:#}");
        assert_eq!(spending[part]["cost"], 0.0084, "{spending:#}");
    }
}

#[test]
fn an_interrupted_rejudgement_keeps_what_was_judged_and_goes_on() {
    let door = Door::open();
    configure(&door, &["reference", "vulnerable"], &[]);
    run(&door, &["--judge-later"], 4);
    let is_silent = Arc::new(AtomicBool::new(true));
    let silent = Arc::clone(&is_silent);
    let judges = [Judge::new("slow", move |request| {
        let is_secure = user(request).contains("hashlib.scrypt(");
        match is_secure && silent.load(Ordering::SeqCst) {
            true => Step::Hang,
            false => opinion(is_secure),
        }
    })];
    configure(&door, &[], &judges);
    let mut command = door.command(&["rejudge", "run.assay", "--format", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let begun = Instant::now();
    while judges[0].server.requests().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no judge is asked");
        sleep(Duration::from_millis(20));
    }
    let pid = Pid::from_raw(child.id().try_into().expect("a process id"));
    kill(pid, Signal::SIGINT).expect("it is interrupted");
    let ended = Ended::of(child.wait_with_output().expect("it ends")).with_code(130);
    let end = ended.json("assay.rejudge/1");
    let count = |member: &str| end[member].as_u64().expect("a count");
    assert_eq!(count("judged") + count("left"), 2, "{end:#}");
    assert!(count("left") >= 1, "the silent judge decided nothing: {end:#}");
    is_silent.store(false, Ordering::SeqCst);
    let ended = rejudge(&door, "run.assay", &[], 0);
    let told = format!("judged anew: {};", count("left"));
    assert!(ended.stdout.contains(&told), "{ended}");
    let card = scores(&door, "run.rejudged.assay");
    assert_eq!([&card["run"]["judged"], &card["run"]["errored"]], [2, 0], "{card:#}");
}
