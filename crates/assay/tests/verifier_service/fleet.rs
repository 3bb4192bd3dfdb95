//! The service in front of a fleet: workers elsewhere validate, and it only asks and answers.

use std::thread;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::client::{Answer, CASE, Served, artifact, path_of};
use crate::door::Door;
use crate::nats::Server;
use crate::worker::{Process, join, wait_until};

fn serve(door: &Door, url: &str) -> Served {
    Served::with(door, &[CASE, "--verifier", url])
}

fn ask(served: &Served, name: &str) -> Answer {
    served.ask("POST", "/v1/validations?wait=300").json(&artifact(CASE, name)).send()
}

/// How many validations a worker that ends has done.
fn done(worker: &mut Process) -> u64 {
    worker.signal(Signal::SIGTERM);
    assert_eq!(worker.wait(), 0, "{}", worker.said());
    let said = worker.said();
    let last: Value = serde_json::from_str(said.lines().last().expect("a line")).expect("JSON");
    last["done"].as_u64().expect("a number")
}

#[test]
fn a_fleet_answers_for_the_service_whoever_of_it_dies_and_knows_what_it_has_seen() {
    let door = Door::open();
    let mut server = Server::start();
    let url = server.url();
    let mut victim = join(&door, &url, "victim");
    let mut served = serve(&door, &url);
    let check = |served: &Served, name: &str, verdict: &str| {
        let found = ask(served, name).with(200).json();
        assert_eq!(found["verdict"], verdict, "{found:#}");
    };
    check(&served, "secure", "secure");

    // Its only worker dies over a request, and another does it.
    let look = server.look();
    let mut other = thread::scope(|scope| {
        let asked = scope.spawn(|| check(&served, "vulnerable", "insecure"));
        wait_until("a job", || look.messages("assay-jobs") > 0);
        victim.kill();
        let other = join(&door, &url, "other");
        asked.join().expect("it was answered");
        other
    });

    // The server dies over a request.
    let broken = || {
        let files = json!({ path_of(CASE): "int (" });
        let body = json!({ "case": CASE, "artifact": { "files": files } });
        served.ask("POST", "/v1/validations?wait=300").json(&body).send().with(200).json()
    };
    thread::scope(|scope| {
        let asked = scope.spawn(broken);
        wait_until("a job", || look.messages("assay-jobs") > 0);
        server.kill();
        server.begin();
        assert_eq!(asked.join().expect("it was answered")["verdict"], "build-failed");
    });

    // Another service, in front of the same fleet, gets what was validated before.
    served.signal(Signal::SIGTERM);
    assert_eq!(served.ended(), Some(0));
    let served = serve(&door, &url);
    check(&served, "secure", "secure");
    check(&served, "vulnerable", "insecure");
    assert_eq!(done(&mut other), 2);
}
