//! Agents that are ended: those that go on after their limit or after their provider failed,
//! those that are at work when a run has spent what it may, and those of a run that is
//! interrupted or killed. What they took is counted once, at the moment when it is spent.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
mod scripted_server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use assay::store::Store;
use assay_core::{Bill, Cost};
use door::{Door, Ended, solution};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use panel::{Deciding, says, scores, verdict_of};
use scripted_server::{Step, answer};
use serde_json::{Value, json};

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// Asks its model as often as it is told, does what that says, and takes no refusal for an end:
/// then it sleeps, as do others that it has started.
const STUBBORN: &str = r#"#!/usr/bin/python3
import json, os, signal, subprocess, sys, time, urllib.error, urllib.request

questions, mark = int(sys.argv[1]), sys.argv[2]
task = sys.stdin.read()
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for _ in range(questions):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": task[:400]}]}).encode()
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions", body,
        {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"})
    try:
        reply = json.load(urllib.request.urlopen(request, timeout=600))
    except urllib.error.HTTPError as error:
        print("refused:", error.read().decode(), flush=True)
        break
    subprocess.run(reply["choices"][0]["message"]["content"], shell=True)
subprocess.Popen(["setsid", "sleep", mark])
print("sleeps", flush=True)
while True:
    time.sleep(600)
"#;

/// A door with that agent, which asks so often. The mark is of its sleep alone.
fn open(server: &Deciding, questions: u32, more: &str) -> (Door, String) {
    let door = Door::open();
    let agent = door.write("stubborn", STUBBORN);
    fs::set_permissions(agent, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mark = (3_000_000_000 + port(server)).to_string();
    door.write(
        "assay.toml",
        format!(
            "expected-output-tokens = 7\n[[subject]]\nprovider = 'agent'\nagent = './stubborn'\nname = 'stubborn'\nconcurrency = 1\narguments = ['{questions}', '{mark}']\n{more}\n[subject.model]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nretries = 0\nprice = {{ input = 1, output = 10 }}\n",
            server.address
        ),
    );
    (door, mark)
}

/// A number that no other server of this test has.
fn port(server: &Deciding) -> u64 {
    let port = server.address.rsplit(':').next().and_then(|port| port.parse().ok());
    port.expect("an address with a port")
}

const RUN: [&str; 7] = ["run", "--case", CASE, "--scenario", "gen", "--output", "run.assay"];

fn run(door: &Door, more: &[&str]) -> Ended {
    door.run(&[&RUN[..], more].concat())
}

fn begin(door: &Door, more: &[&str]) -> Child {
    let mut command = door.command(&[&RUN[..], more].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("assay starts")
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a number"));
    kill(pid, signal).expect("it runs");
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process of this machine sleeps under this mark.
fn is_asleep(mark: &str) -> bool {
    let processes = fs::read_dir("/proc").expect("readable").flatten();
    let line = |process: fs::DirEntry| fs::read(process.path().join("cmdline")).unwrap_or_default();
    let sleep = format!("sleep\0{mark}\0");
    processes.map(line).any(|line| line == sleep.as_bytes())
}

fn paid(door: &Door) -> Bill {
    let store = Store::open_to_read(&door.path("run.assay"));
    let paid = store.and_then(|store| store.paid()).unwrap_or_default();
    paid.into_iter().map(|(_, bill)| bill).next().unwrap_or_default()
}

fn end_of(door: &Door) -> String {
    let store = Store::open_to_read(&door.path("run.assay")).expect("a run");
    let attempts = store.attempts().expect("its attempts");
    let attempt = store.attempt(&attempts[0]).expect("readable");
    let logs = &attempt.turns[0].logs;
    logs.iter().find(|log| log.name == "agent.end").expect("how it ended").text.clone()
}

fn writes() -> Step {
    let text = solution(CASE, "secure");
    says(&format!("cat > {PATH} <<'END_OF_FILE'\n{text}\nEND_OF_FILE"))
}

#[test]
fn an_agent_that_goes_on_after_its_limit_is_ended_and_what_it_wrote_counts() {
    for (limit, named) in [
        ("max-requests = 2", "requests"),
        ("max-total-tokens = 200", "tokens"),
        ("max-cost = 0.0002", "cost"),
    ] {
        let server = Deciding::start(|_| writes());
        let (door, mark) = open(&server, 9, limit);
        run(&door, &[]).with_code(0);
        assert!(!is_asleep(&mark), "{limit}");
        let card = scores(&door, "run.assay");
        assert_eq!(verdict_of(&card, "stubborn", "secure"), 1, "{card:#}");
        let end = end_of(&door);
        assert!(end.contains(&format!("ended by the limit on {named}")), "{end}");
        assert!(end.contains("it went on after that, and was stopped"), "{end}");
        assert_eq!(server.requests().len(), 2, "{limit}");
        let spending = &card["subjects"][0]["spending"];
        for member in ["total", "paid"] {
            assert_eq!(spending[member]["tokens"]["input"], 200, "{spending:#}");
            assert_eq!(spending[member]["tokens"]["output"], 14, "{spending:#}");
        }
    }
}

#[test]
fn an_agent_that_goes_on_after_its_provider_failed_is_ended_and_errored() {
    let asked = AtomicUsize::new(0);
    let server = Deciding::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => writes(),
        _ => answer(500, "{\"error\": {\"message\": \"broken\"}}"),
    });
    let (door, mark) = open(&server, 9, "");
    run(&door, &[]).with_code(4);
    assert!(!is_asleep(&mark));
    let listed = door.run(&["attempts", "run.assay", "--format", "json"]).with_code(0);
    let error = listed.json("assay.attempt-list/1")["attempts"][0]["error"].clone();
    assert_eq!(error["class"], "server", "{error:#}");
    assert!(error["message"].as_str().expect("a text").contains("broken"), "{error:#}");
}

#[test]
fn a_run_that_has_spent_what_it_may_ends_its_agents_and_goes_on_with_more() {
    // Each agent asks three times, and the third of them is in the middle of its work.
    for (limit, first, second) in [
        ("--max-total-tokens", "8900", "13000"),
        ("--max-cost", "0.0815", "0.12"),
        ("--max-requests", "8", "11"),
    ] {
        let server = Deciding::start(|_| long(writes()));
        let (door, mark) = open(&server, 1_000, "max-requests = 3");
        let config = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
        let config = config.replace("input = 1, output = 10", "input = 10, output = 1");
        door.write("assay.toml", config);
        let ended = run(&door, &["--rounds", "9", limit, first, "--format", "json"]).with_code(4);
        assert!(!is_asleep(&mark));
        let end = ended.json("assay.run/1");
        assert_eq!(end["stopped-by"], &limit[2..], "{end:#}");
        assert_eq!(
            (&end["judged"], &end["errored"]),
            (&Value::from(2), &Value::from(0)),
            "{end:#}"
        );
        assert_eq!((server.requests().len(), paid_tokens(&door)), (8, 8 * 1_100), "{end:#}");

        let again = ["run", "--resume", "run.assay", limit, second, "--format", "json"];
        let end = door.run(&again).with_code(4).json("assay.run/1");
        assert_eq!(end["judged"], 1, "{end:#}");
        assert_eq!((server.requests().len(), paid_tokens(&door)), (11, 11 * 1_100), "{end:#}");
        assert_eq!(end["spent-tokens"], 11 * 1_100, "{end:#}");
    }
}

/// The same, with 1,000 tokens in and 100 out.
fn long(step: Step) -> Step {
    let Step::Answer { status, headers, body } = step else { panic!("no answer") };
    let mut body: Value = serde_json::from_str(&body).expect("JSON");
    body["usage"] = json!({ "prompt_tokens": 1_000, "completion_tokens": 100 });
    Step::Answer { status, headers, body: body.to_string() }
}

fn paid_tokens(door: &Door) -> u64 {
    let bill = paid(door);
    bill.tokens.input + bill.tokens.output
}

#[test]
fn an_interruption_ends_agents_and_loses_nothing_of_what_they_took() {
    let server = Deciding::start(|_| writes());
    let (door, mark) = open(&server, 3, "");
    let child = begin(&door, &[]);
    wait_until("the agent to sleep", || is_asleep(&mark));
    signal(&child, Signal::SIGINT);
    let ended = Ended::of(child.wait_with_output().expect("it ends")).with_code(130);
    assert!(!is_asleep(&mark), "{ended}");
    let bill = paid(&door);
    assert_eq!((bill.tokens.input, bill.tokens.output), (300, 21), "{bill:?}");
    assert_eq!(bill.cost, Some(Cost::from_nanos(3 * (100_000 + 70_000))));
}

/// The answer that was on its way is estimated: its provider may charge for it.
#[test]
fn an_interruption_within_an_answer_counts_its_question() {
    let server = Deciding::start(|_| Step::Hang);
    let (door, _) = open(&server, 3, "");
    let child = begin(&door, &[]);
    wait_until("the model to be asked", || !server.requests().is_empty());
    signal(&child, Signal::SIGINT);
    Ended::of(child.wait_with_output().expect("it ends")).with_code(130);
    let bill = paid(&door);
    assert_eq!((bill.uncounted, bill.estimated), (1, 1), "{bill:?}");
    assert!(bill.estimate.tokens.input > 50, "{bill:?}");
}

#[test]
fn a_killed_run_has_written_down_what_its_agents_took() {
    let asked = AtomicUsize::new(0);
    let server = Deciding::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        // The end of the agent of the resumed run.
        5 => says("kill -9 $PPID"),
        _ => writes(),
    });
    let (door, mark) = open(&server, 3, "");
    let mut child = begin(&door, &[]);
    wait_until("it to be written down", || paid(&door).tokens.input == 300);
    signal(&child, Signal::SIGKILL);
    child.wait().expect("it ends");
    wait_until("all to be gone", || !is_asleep(&mark));
    let store = Store::open_to_read(&door.path("run.assay")).expect("a run");
    assert_eq!(store.attempts().expect("readable").len(), 0);
    drop(store);

    let again = ["run", "--resume", "run.assay", "--format", "json"];
    let end: Value = door.run(&again).with_code(0).json("assay.run/1");
    assert_eq!(
        (&end["judged"], &end["spent-tokens"]),
        (&Value::from(1), &Value::from(6 * 107)),
        "{end:#}"
    );
    let spending = &scores(&door, "run.assay")["subjects"][0]["spending"];
    assert_eq!(spending["paid"]["tokens"]["input"], 600, "{spending:#}");
    assert_eq!(spending["total"]["tokens"]["input"], 300, "{spending:#}");
}
