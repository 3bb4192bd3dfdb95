//! What probes and Prometheus are told of a worker.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::answers::{expected, write};
use crate::door::Door;
use crate::failures::on_fleet;
use crate::nats::Server;
use crate::turn;
use crate::worker::{Process, command, wait_until};

/// The status and the body of what is answered.
pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    get_with(address, path, "")
}

/// The same for a request with more lines in its head.
pub(crate) fn get_with(address: &str, path: &str, more: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{more}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("it is sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

/// A value of a metric.
pub(crate) fn value(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().expect("a number")
}

/// Where a worker that was started with `--probes` answers them.
pub(crate) fn address(worker: &mut Process) -> String {
    worker.wait_for("\"probes\"");
    let said = worker.said();
    let events = said.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let probes = events.into_iter().find(|event| event["event"] == "probes").expect("an event");
    probes["address"].as_str().expect("an address").to_owned()
}

#[test]
fn probes_see_a_worker_join_lose_its_server_and_end_and_its_metrics_count_what_it_did() {
    let _turn = turn();
    let door = Door::open();
    write(&door, "answers.jsonl", 2);
    let expected = expected(&door, 2);
    let mut server = Server::start();
    let url = server.url();
    let command = command(&door, &url, &["--jobs", "1", "--probes", "127.0.0.1:0"]);
    let mut worker = Process::start(command, door.path("worker.said"));
    let address = &address(&mut worker);
    let check = |path: &str, status: u16, text: &str| {
        let (found, body) = get(address, path);
        assert!(found == status && body.contains(text), "{path}: {found} {body}");
    };
    check("/healthz", 200, "ok");
    check("/readyz", 200, "ok");
    check("/nothing", 404, "");

    door.run(&on_fleet(&url, 2)).with_code(0);
    let (_, metrics) = get(address, "/metrics");
    let of = |outcome: &str| {
        value(&metrics, &format!("assay_worker_validations_total{{outcome=\"{outcome}\"}}"))
    };
    assert_eq!((of("secure"), of("insecure")), (2, 2), "{metrics}");
    let count = "assay_worker_validation_duration_seconds_count";
    assert_eq!(value(&metrics, count), expected.len() as u64);
    assert_eq!(value(&metrics, "assay_worker_capacity"), 1);
    assert_eq!(value(&metrics, "assay_worker_late_total"), 0);
    assert_eq!(value(&metrics, "assay_worker_connected"), 1);

    server.kill();
    wait_until("a worker that is not ready", || get(address, "/readyz").0 == 503);
    check("/readyz", 503, "the NATS server cannot be reached");
    check("/healthz", 200, "ok");
    server.begin();
    wait_until("a worker that is ready", || get(address, "/readyz").0 == 200);

    // An address that is taken is told before anything is done.
    let mut second = crate::worker::command(&door, &url, &["--probes", address]);
    let refused = crate::door::Ended::of(second.output().expect("assay starts")).with_code(3);
    assert!(refused.stderr.contains(address) && refused.stderr.contains("another"), "{refused}");
    worker.signal(Signal::SIGTERM);
    assert_eq!(worker.wait(), 0, "{}", worker.said());
}
