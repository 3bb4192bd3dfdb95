//! The end: nothing new is taken, what was taken is finished, and the program ends well.

use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::client::{ADMIN, CASE, PLATFORM, Served, TRAINER, artifact, tokens};
use crate::door::Door;

#[test]
fn what_was_taken_is_finished_and_answered_while_nothing_new_is_taken() {
    let door = Door::open();
    let file = tokens(&door, "");
    let tokens = ["--tokens", file.to_str().expect("UTF-8"), "--jobs", "1"];
    let mut served = Served::start(&door, &tokens);
    // Enough that it takes a while: none is like another.
    let slow = (0..12).map(|number| {
        let mut body = artifact(CASE, "secure");
        let files = body["artifact"]["files"].as_object_mut().expect("files");
        for text in files.values_mut() {
            *text = format!("{}\n/* {number} */\n", text.as_str().expect("a text")).into();
        }
        body
    });
    let batch = json!({ "validations": slow.collect::<Vec<_>>() });
    let waiting = thread::scope(|scope| {
        let asked = scope.spawn(|| {
            served.ask("POST", "/v1/batches?wait=300").token(PLATFORM).json(&batch).send()
        });
        let begun = Instant::now();
        while !served
            .ask("GET", "/metrics")
            .token(ADMIN)
            .send()
            .body
            .contains("validations_waiting 1")
        {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing was taken");
        }
        served.signal(Signal::SIGTERM);
        let begun = Instant::now();
        while served.get("/readyz").status == 200 {
            assert!(begun.elapsed() < Duration::from_secs(60), "it takes no notice");
        }
        served.get("/readyz").with(503);
        served.get("/healthz").with(200);
        let body = artifact(CASE, "vulnerable");
        for path in ["/v1/validations", "/v1/batches", &format!("/verify/{CASE}")] {
            let refused = served.ask("POST", path).token(TRAINER).json(&body).send();
            let refused = refused.refused(503, "draining");
            assert!(refused.header("retry-after").is_some(), "{refused:?}");
        }
        served.ask("PUT", "/v1/cases/x").token(ADMIN).send().refused(503, "draining");
        asked.join().expect("it does not panic")
    });
    let found = waiting.with(200).json();
    let list = found["validations"].as_array().expect("a list");
    assert_eq!(list.len(), 12);
    assert!(list.iter().all(|it| it["validation"]["verdict"] == "secure"), "{found:#}");
    assert_eq!(served.ended(), Some(0));
    let mut rest = String::new();
    served.stdout.read_to_string(&mut rest).expect("UTF-8");
    assert!(rest.contains("everything that was taken is finished"), "{rest}");
}

#[test]
fn whoever_waits_too_long_at_the_end_is_counted() {
    let door = Door::open();
    let mut served = Served::start(&door, &["--drain-seconds", "0", "--jobs", "1"]);
    for number in 0..4 {
        let body = json!({ "case": CASE, "artifact": { "files": {
            crate::client::path_of(CASE): format!("{}\n/* {number} */", crate::door::solution(CASE, "secure")),
        } } });
        served.ask("POST", "/v1/validations?wait=0").json(&body).send().with(202);
    }
    served.signal(Signal::SIGINT);
    assert_eq!(served.ended(), Some(4));
}

#[test]
fn a_service_at_rest_ends_at_once() {
    let door = Door::open();
    let mut served = Served::start(&door, &[]);
    served.get("/readyz").with(200);
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ended(), Some(0));
}
