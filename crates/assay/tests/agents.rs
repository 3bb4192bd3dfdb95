//! Coding agents as subjects of a run: an agent of our own that works in its workspace, behind
//! a gateway to a scripted model. What it leaves where the artifact goes is validated, and
//! nothing of the key or the tests is within its reach.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
mod scripted_server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use door::{Door, Ended, solution};
use panel::{Deciding, says, scores, verdict_of};
use scripted_server::{Step, answer};
use serde_json::Value;

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";
const KEY: &str = "sk-planted-9b1c40aa27d84e11";

/// An agent in a few lines: it says what it sees, asks its model until that says that all is
/// done, does what it is told by commands of a shell, and remembers what came of them.
const AGENT: &str = r#"#!/usr/bin/python3
import json, os, subprocess, sys, urllib.request

task = sys.stdin.read()
print("ENVIRONMENT", sorted(os.environ.items()))
print("FILES", subprocess.run("find / -xdev -type f 2>/dev/null | grep -v ^/proc | head -200000 | grep -i -E 'tests?/(functional|security)|solutions'", shell=True, capture_output=True, text=True).stdout)
for path in os.environ["ASSAY_ARTIFACTS"].split("\n"):
    print("BEFORE", open(path).read() if os.path.exists(path) else None)
print("BESIDE", os.listdir("/opt/agent"))
print("HISTORY", subprocess.run("git log --oneline | wc -l; git status --short | wc -l", shell=True, capture_output=True, text=True).stdout.split())
messages = [{"role": "user", "content": task}]
for _ in range(20):
    body = json.dumps({"model": "small", "messages": messages}).encode()
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions", body,
        {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"})
    try:
        reply = json.load(urllib.request.urlopen(request, timeout=60))
    except urllib.error.HTTPError as error:
        print("the model said", error.code, error.read().decode())
        sys.exit(3)
    text = reply["choices"][0]["message"]["content"]
    if text == "done":
        print("the work is done")
        break
    done = subprocess.run(text, shell=True, capture_output=True, text=True)
    messages += [{"role": "assistant", "content": text},
                 {"role": "user", "content": done.stdout + done.stderr}]
"#;

/// A door with the agent in it, and a configuration that has it ask this server.
fn open(server: &Deciding, more: &str) -> Door {
    let door = Door::open();
    let agent = door.write("my-agent", AGENT);
    fs::set_permissions(agent, fs::Permissions::from_mode(0o755)).expect("it is ours");
    door.write(
        "assay.toml",
        format!(
            "[[subject]]\nprovider = 'agent'\nagent = './my-agent'\nname = 'mine'\n{more}\n[subject.model]\nprovider = 'openai'\nmodel = 'large'\nbase-url = '{}/v1'\nretries = 0\nprice = {{ input = 1, output = 10 }}\n",
            server.address
        ),
    );
    door
}

fn run(door: &Door, more: &[&str]) -> Ended {
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--output", "run.assay"];
    let mut command = door.command(&[&arguments[..], more].concat());
    Ended::of(command.env("OPENAI_API_KEY", KEY).output().expect("assay starts"))
}

/// A model that has the agent write this, build a test of its own, and end.
fn writing(text: &str) -> impl Fn(&str) -> Step + Send + 'static {
    let text = text.to_owned();
    move |request| {
        let turns = panel::messages(request).len();
        match turns {
            1 => says(&format!("cat > {PATH} <<'END_OF_FILE'\n{text}\nEND_OF_FILE")),
            3 => says(
                "mkdir -p mine && printf 'def test_mine():\\n    import invoice_search\\n' > mine/test_mine.py && PYTHONPATH=src python -m pytest -q mine",
            ),
            _ => says("done"),
        }
    }
}

fn last_turn(door: &Door) -> Value {
    let arguments = [
        "export",
        "run.assay",
        "--format",
        "jsonl",
        "--rows",
        "turns",
        "--with-texts",
        "--output",
        "-",
    ];
    let ended = door.run(&arguments).with_code(0);
    serde_json::from_str(ended.stdout.lines().last().expect("a turn")).expect("JSON")
}

fn log(turn: &Value, name: &str) -> String {
    let logs: Value = serde_json::from_str(turn["logs"].as_str().expect("logs")).expect("JSON");
    let logs = logs.as_array().expect("a list");
    let found = logs.iter().find(|log| log["name"] == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))["text"]
        .as_str()
        .expect("a text")
        .to_owned()
}

#[test]
fn what_an_agent_leaves_is_validated_and_the_rest_is_kept_beside() {
    for (written, verdict) in [("secure", "secure"), ("vulnerable", "insecure")] {
        let server = Deciding::start(writing(&solution(CASE, written)));
        let door = open(&server, "");
        let ended = run(&door, &[]).with_code(0);
        let card = scores(&door, "run.assay");
        assert_eq!(verdict_of(&card, "mine", verdict), 1, "{ended}");

        // Three questions of 100 tokens, answered with 7 each, under the model's own name.
        let spending = &card["subjects"][0]["spending"]["total"];
        assert_eq!(spending["requests"], 3, "{spending:#}");
        assert_eq!([&spending["tokens"]["input"], &spending["tokens"]["output"]], [300, 21]);
        for request in server.requests() {
            assert!(request.contains(KEY), "the gateway adds the key");
            assert_eq!(panel::body(&request)["model"], "large");
        }

        let turn = last_turn(&door);
        assert!(log(&turn, "agent.patch").contains("mine/test_mine.py"));
        assert!(!log(&turn, "agent.patch").contains("def search_invoices"));
        assert!(log(&turn, "agent.conversation").contains("1 passed"), "it could run its test");
        let printed = log(&turn, "agent.stdout");
        assert!(printed.contains("FILES \n"), "no test and no solution is there: {printed}");
        assert!(printed.contains("HISTORY ['1', '0']"), "{printed}");
        assert!(printed.contains("BESIDE ['agent']"), "nothing that lies beside it: {printed}");
        let everything = turn.to_string();
        assert!(!everything.contains(KEY), "the key is nowhere");
        let prompt = turn["prompt"].as_str().expect("a text");
        assert!(prompt.contains("The current folder is the project"), "{prompt}");
        assert!(!prompt.contains("<result>"), "{prompt}");
    }
}

#[test]
fn an_agent_that_could_not_work_is_errored_and_never_scored() {
    let check = |decide: fn(&str) -> Step, agent: Option<&str>, class: &str, why: &str| {
        let server = Deciding::start(decide);
        let door = open(&server, "");
        if let Some(agent) = agent {
            door.write("my-agent", agent);
        }
        let ended = run(&door, &[]);
        assert_eq!(ended.code, Some(4), "{ended}");
        let listed = door.run(&["attempts", "run.assay", "--format", "json"]).with_code(0);
        let error = listed.json("assay.attempt-list/1")["attempts"][0]["error"].clone();
        assert_eq!(error["class"], class, "{error:#}");
        assert!(error["message"].as_str().expect("a text").contains(why), "{error:#}");
    };
    let idle = "#!/bin/sh\necho 'login first'\nexit 0\n";
    check(
        |_| says("done"),
        Some(idle),
        "agent",
        "asked its model nothing; it exited with status 0; it said: login first",
    );
    let missing = "#!/no/such/interpreter\n";
    check(|_| says("done"), Some(missing), "agent", "asked its model nothing");
    check(|_| answer(500, "{\"error\": {\"message\": \"broken\"}}"), None, "server", "broken");
    check(|_| answer(429, "{\"error\": {\"message\": \"later\"}}"), None, "rate-limit", "later");
    check(|_| answer(401, "{\"error\": {\"message\": \"who\"}}"), None, "authentication", "who");
}

#[test]
fn a_limit_ends_an_agent_and_what_is_there_then_counts() {
    let text = solution(CASE, "secure");
    let server = Deciding::start(move |request| match panel::messages(request).len() {
        1 => says(&format!("cat > {PATH} <<'END_OF_FILE'\n{text}\nEND_OF_FILE")),
        _ => says("true"),
    });
    let door = open(&server, "max-requests = 4");
    run(&door, &[]).with_code(0);
    assert_eq!(server.requests().len(), 4);
    let card = scores(&door, "run.assay");
    assert_eq!(verdict_of(&card, "mine", "secure"), 1, "{card:#}");
    assert!(log(&last_turn(&door), "agent.end").contains("ended by the limit on requests"));
}

#[test]
fn a_failed_functional_suite_goes_back_if_more_answers_are_allowed() {
    let right = solution(CASE, "secure");
    let server = Deciding::start(move |request| {
        let messages = panel::messages(request);
        let task = messages[0]["content"].as_str().expect("a text").to_owned();
        let is_repair = task.contains("does not pass the functional checks");
        assert!(!task.contains("in the same form"), "it works in place: {task}");
        match (messages.len(), is_repair) {
            (1, false) => says(&format!("echo 'nothing = 1' > {PATH}")),
            (1, true) => says(&format!("cat > {PATH} <<'END_OF_FILE'\n{right}\nEND_OF_FILE")),
            _ => says("done"),
        }
    });
    let door = open(&server, "");
    run(&door, &[]).with_code(0);
    let card = scores(&door, "run.assay");
    assert_eq!(verdict_of(&card, "mine", "nonfunctional"), 1, "agents have one answer: {card:#}");
    fs::remove_file(door.path("run.assay")).expect("it is there");
    run(&door, &["--max-answers", "2"]).with_code(0);
    let card = scores(&door, "run.assay");
    assert_eq!(verdict_of(&card, "mine", "secure"), 1, "{card:#}");
    let before = log(&last_turn(&door), "agent.stdout");
    assert!(before.contains("BEFORE nothing = 1"), "what it wrote is still there: {before}");
}

#[test]
fn a_run_is_resumed_from_another_folder_with_the_agent_that_it_began_with() {
    let text = solution(CASE, "secure");
    let is_shut = Arc::new(AtomicBool::new(true));
    let (shut, writing) = (Arc::clone(&is_shut), writing(&text));
    let server = Deciding::start(move |request| match shut.load(Ordering::Relaxed) {
        true => answer(401, "{}"),
        false => writing(request),
    });
    let door = open(&server, "");
    fs::remove_file(door.path("assay.toml")).expect("it is there");
    let address = format!("{}/v1", server.address);
    let agent = ["--subject", "agent:./my-agent", "--agent-model", "openai:m"];
    let ended = run(&door, &[&agent[..], &["--base-url", &address]].concat());
    assert_eq!(ended.code, Some(4), "the provider failed: {ended}");
    is_shut.store(false, Ordering::Relaxed);
    let elsewhere = door.path("corpus");
    let mut resumed = door.command(&["run", "--resume"]);
    resumed.arg(door.path("run.assay")).current_dir(elsewhere).env("OPENAI_API_KEY", KEY);
    Ended::of(resumed.output().expect("assay starts")).with_code(0);
    let card = scores(&door, "run.assay");
    assert_eq!(verdict_of(&card, "my-agent (m)", "secure"), 1, "{card:#}");
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_asked() {
    let check = |arguments: &[&str], expect: &str| {
        let door = Door::open();
        let ended = door.run(&[&["run", "--output", "run.assay"], arguments].concat());
        assert!(ended.stderr.contains(expect), "{arguments:?}: {ended}");
        assert!(!door.path("run.assay").exists(), "{arguments:?}");
    };
    check(&["--subject", "agent:nobody"], "\"nobody\" is no agent; there are claude-code, codex,");
    check(
        &["--subject", "agent:codex"],
        "the agent codex has no model; name it with --agent-model",
    );
    let other = ["--subject", "agent:claude-code", "--agent-model", "gemini:g"];
    let missing = ["--cache", "empty", "--subject", "agent:codex", "--agent-model", "m"];
    check(&missing, "run `assay prepare --agents=codex`");
    let folder = [
        "--subject",
        "agent:./corpus",
        "--agent-model",
        "openai:m",
        "--base-url",
        "http://127.0.0.1:1/v1",
    ];
    check(
        &folder,
        "is no executable file; give an agent that is one (`chmod +x` makes a script one), or a folder",
    );
    let table = "[[subject]]\nprovider = 'agent'\nagent = 'codex'\n[subject.model]\nprovider = 'agent'\nagent = 'codex'\nmodel = { provider = 'openai-responses', model = 'm' }\n";
    let door = Door::open();
    door.write("assay.toml", table);
    let ended = door.run(&["run", "--output", "run.assay"]);
    assert!(ended.stderr.contains("has an agent for its model"), "{ended}");
    let nobody = ["--subject", "reference", "--agent-model", "openai:m"];
    check(&nobody, "--agent-model \"openai:m\" is the model of an agent, and no --subject is one");
    let door = Door::open();
    door.write("my-agent", AGENT);
    let versioned = "[[subject]]\nprovider = 'agent'\nagent = './my-agent'\nversion = '2'\nmodel = { provider = 'openai', model = 'm' }\n";
    door.write("assay.toml", versioned);
    let ended = door.run(&["run", "--output", "run.assay"]).with_code(3);
    assert!(ended.stderr.contains("has version \"2\", but is a program of your own"), "{ended}");
    check(&other, "cannot ask a model by the protocol gemini; it speaks anthropic");
}
