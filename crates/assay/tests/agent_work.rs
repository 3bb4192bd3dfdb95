//! What an agent did, in numbers: an agent of our own works with tools of a shell, and its
//! requests, commands, builds and tests are told wherever a run is shown.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
mod scripted_server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use door::{Door, Ended, files_below, solution};
use panel::{Deciding, says, scores};
use rusqlite::Connection;
use scripted_server::{Step, answer};
use serde_json::{Value, json};

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// An agent in a few lines that offers its model a shell, as a tool or, if it is told so, by
/// words that nobody else understands.
const AGENT: &str = r#"#!/usr/bin/python3
import json, os, subprocess, sys, urllib.request

messages = [{"role": "user", "content": sys.stdin.read()}]
tools = [{"type": "function", "function": {"name": "bash", "parameters": {}}}]
for _ in range(20):
    body = {"model": "small", "messages": messages}
    if TOOLS:
        body["tools"] = tools
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(),
        {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"})
    message = json.load(urllib.request.urlopen(request, timeout=60))["choices"][0]["message"]
    messages.append(message)
    for call in message.get("tool_calls") or []:
        command = json.loads(call["function"]["arguments"])["command"]
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": done.stdout + done.stderr})
    if not message.get("tool_calls"):
        break
"#;

/// A completion that has these commands run.
fn runs(commands: &[&str]) -> Step {
    let call = |command: &&str| {
        let arguments = json!({ "command": command }).to_string();
        json!({ "id": "c", "type": "function",
            "function": { "name": "bash", "arguments": arguments } })
    };
    let calls: Vec<Value> = commands.iter().map(call).collect();
    let message = json!({ "role": "assistant", "content": null, "tool_calls": calls });
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": 7 });
    answer(200, &json!({ "choices": [{ "message": message }], "usage": usage }).to_string())
}

/// A model that reads, writes, tests twice and says that it is done: five commands in three
/// answers.
fn model() -> impl Fn(&str) -> Step + Send + 'static {
    let text = solution(CASE, "secure");
    move |request| match panel::messages(request).len() {
        1 => runs(&["ls", &format!("cat {PATH}")]),
        4 => runs(&[
            &format!("cat > {PATH} <<'END_OF_FILE'\n{text}\nEND_OF_FILE"),
            "mkdir -p mine && printf 'def test_mine():\\n    assert True\\n' > mine/test_mine.py && python -m pytest -q mine",
        ]),
        7 => runs(&["cd mine && bash -lc 'pytest -q'"]),
        _ => says("done"),
    }
}

fn open(server: &Deciding, offers_tools: bool) -> Door {
    let door = Door::open();
    let script = AGENT.replace("TOOLS", if offers_tools { "True" } else { "False" });
    let agent = door.write("my-agent", script);
    fs::set_permissions(agent, fs::Permissions::from_mode(0o755)).expect("it is ours");
    door.write(
        "assay.toml",
        format!(
            "[[subject]]\nprovider = 'agent'\nagent = './my-agent'\nname = 'mine'\n[subject.model]\nprovider = 'openai'\nmodel = 'large'\nbase-url = '{}/v1'\nretries = 0\nprice = {{ input = 1, output = 10 }}\n[[subject]]\nprovider = 'reference'\n",
            server.address
        ),
    );
    door
}

fn run(door: &Door) -> Ended {
    let arguments =
        ["run", "--case", CASE, "--scenario", "gen", "--rounds", "2", "--output", "run.assay"];
    let mut command = door.command(&arguments);
    Ended::of(command.env("OPENAI_API_KEY", "sk-x").output().expect("assay starts")).with_code(0)
}

fn work(door: &Door, run: &str, subject: &str) -> Value {
    let card = scores(door, run);
    let subjects = card["subjects"].as_array().expect("a list");
    subjects.iter().find(|it| it["name"] == subject).expect("it is there")["work"].clone()
}

/// All that the files of a report say.
fn pages(door: &Door) -> String {
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let files = files_below(&door.path("report")).into_iter();
    let html =
        files.filter(|path: &std::path::PathBuf| path.extension().is_some_and(|it| it == "html"));
    html.map(|path| fs::read_to_string(path).expect("UTF-8")).collect()
}

/// Takes the log with the numbers away, as in a run of a version that did not keep them.
fn forget(run: &Path) {
    let run = Connection::open(run).expect("a database");
    let gone = run.execute("DELETE FROM log WHERE name = 'agent.work'", []).expect("a table");
    assert_eq!(gone, 2, "each attempt has one");
}

#[test]
fn the_work_of_an_agent_is_counted_and_shown_wherever_a_run_is() {
    let server = Deciding::start(model());
    let door = open(&server, true);
    let ended = run(&door);
    let check = |of: &Value, total: u64, mean: f64| {
        assert_eq!((&of["total"], &of["known-attempts"]), (&json!(total), &json!(2)), "{of}");
        assert_eq!((of["mean"].as_f64(), &of["at-least"]), (Some(mean), &json!(false)), "{of}");
    };
    let told = work(&door, "run.assay", "mine");
    assert_eq!(told["attempts"], 2, "{told:#}");
    check(&told["requests"], 8, 4.0);
    check(&told["tokens"], 8 * 107, 4.0 * 107.0);
    check(&told["commands"], 10, 5.0);
    check(&told["builds"], 4, 2.0);
    check(&told["tests-written"], 2, 1.0);
    assert!(told["milliseconds"]["total"].as_u64().is_some_and(|it| it > 0), "{told:#}");
    assert_eq!(work(&door, "run.assay", "reference"), Value::Null, "it is no agent");

    let table = ended.stdout.split("work of agents, an attempt:\n\n").nth(1).expect("a table");
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let heads =
        ["subject", "requests", "tokens", "minutes", "commands", "builds", "tests", "written"];
    assert_eq!(rows.next().expect("a head"), heads, "{ended}");
    let row = rows.next().expect("a row");
    assert_eq!(
        [row[0], row[1], row[2], row[4], row[5], row[6]],
        ["mine", "4.0", "428", "5.0", "2.0", "1.0"]
    );
    assert_ne!(rows.next().and_then(|row| row.first().copied()), Some("reference"), "{ended}");

    let pages = pages(&door);
    assert!(pages.contains("<table class=\"work\">"), "there is a table");
    assert!(pages.contains("<th scope=\"row\">Tests written</th>"), "the subject has its own");

    let listed = door.run(&["attempts", "run.assay", "--format", "json"]).with_code(0);
    let listed = listed.json("assay.attempt-list/1");
    let attempts = listed["attempts"].as_array().expect("a list").iter();
    let works: Vec<&Value> =
        attempts.filter(|it| it["attempt"]["subject"] == "mine").map(|it| &it["work"]).collect();
    let one = json!({ "requests": 4, "commands": 5, "builds": 2, "tests-written": 1 });
    assert_eq!(works, [&one, &one]);

    forget(&door.path("run.assay"));
    assert_eq!(work(&door, "run.assay", "mine"), told, "the rest of the record tells it too");
}

#[test]
fn what_the_record_does_not_tell_is_unknown_and_no_zero() {
    let server = Deciding::start(model());
    let door = open(&server, false);
    let ended = run(&door);
    let told = work(&door, "run.assay", "mine");
    for number in ["commands", "builds"] {
        let of = &told[number];
        assert_eq!((&of["total"], &of["mean"]), (&Value::Null, &Value::Null), "{told:#}");
        assert_eq!(of["known-attempts"], 0, "{told:#}");
    }
    assert_eq!(told["requests"]["total"], 8, "{told:#}");
    assert_eq!(told["tests-written"]["total"], 2, "the patch tells it: {told:#}");
    let table = ended.stdout.split("work of agents, an attempt:\n\n").nth(1).expect("a table");
    let row: Vec<&str> = table.lines().nth(1).expect("a row").split_whitespace().collect();
    assert_eq!([row[4], row[5], row[6]], ["–", "–", "1.0"], "{ended}");
    let pages = pages(&door);
    assert!(pages.contains("the record does not tell commands of 2, builds of 2"), "{pages}");
}

#[test]
fn what_an_agent_may_take_is_said_before_a_run() {
    let server = Deciding::start(model());
    let door = open(&server, true);
    let plan = ["run", "--case", CASE, "--scenario", "gen", "--rounds", "3", "--dry-run"];
    let human = door.run(&plan).with_code(0).stderr;
    let expect = "estimate   agent mine: 3 attempts, at most 600 requests; tokens and cost are not foretold: set max-total-tokens";
    assert!(human.contains(expect), "{human}");
    assert!(human.contains("3 answers an attempt, 1 answer an attempt of an agent"), "{human}");
    let table = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    let limits = "name = 'mine'\nmax-requests = 10\nmax-total-tokens = 1000\nmax-cost = 0.5\n";
    door.write("assay.toml", table.replace("name = 'mine'\n", limits));
    let human = door.run(&[&plan[..], &["--max-answers", "2"]].concat()).with_code(0).stderr;
    let expect = "agent mine: 3 attempts of up to 2 answers, at most 60 requests; about 6,000 tokens and cost 3.00 at most, by its limits";
    assert!(human.contains(expect), "{human}");
    let plan = door.run(&[&plan[..], &["--format", "json"]].concat()).with_code(0);
    let estimate = plan.json("assay.plan/1")["estimate"].clone();
    let agent = json!({ "subject": "mine", "priced": true, "attempts": 3, "most-requests": 30,
        "most-tokens": 3000, "most-cost": 1.5 });
    assert_eq!(estimate["agents"], json!([agent]), "{estimate:#}");
    assert_eq!((&estimate["subjects"], &estimate["most-cost"]), (&json!([]), &Value::Null));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn an_agent_mends_the_program_that_it_completed_itself() {
    let (vulnerable, secure) = (solution(CASE, "vulnerable"), solution(CASE, "secure"));
    let server = Deciding::start(move |request| {
        let messages = panel::messages(request);
        let task = messages[0]["content"].as_str().expect("a text");
        let mends = task.contains("has the weakness that is named");
        let text = if mends { &secure } else { &vulnerable };
        match messages.len() {
            1 => runs(&[&format!("cat {PATH}"), "git status --short | wc -l"]),
            4 => runs(&[&format!("cat > {PATH} <<'END_OF_FILE'\n{text}\nEND_OF_FILE")]),
            _ => says("done"),
        }
    });
    let door = open(&server, true);
    let table = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    door.write("assay.toml", table.replace("[[subject]]\nprovider = 'reference'\n", ""));
    let case = format!("complete-{CASE}");
    let run = ["--corpus=cov-eval:corpus", "run", "--case", &case, "--output", "run.assay"];
    let mut command = door.command(&run);
    let ended = Ended::of(command.env("OPENAI_API_KEY", "sk-x").output().expect("assay starts"));
    ended.with_code(0);
    let listed = door.run(&["attempts", "run.assay", "--format", "json"]).with_code(0);
    let listed = listed.json("assay.attempt-list/1");
    let attempts = listed["attempts"].as_array().expect("a list").iter();
    let found: Vec<(&Value, &Value)> =
        attempts.map(|it| (&it["attempt"]["scenario"], &it["judgement"])).collect();
    let expect = [(json!("complete"), json!("insecure")), (json!("self-repair"), json!("secure"))];
    assert_eq!(found, expect.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>(), "{listed:#}");

    // The program lies there, as what is given: nothing of it is a change.
    let asked = server.requests();
    let shown = asked.iter().map(|request| panel::messages(request)).find(|messages| {
        let task = messages[0]["content"].as_str().expect("a text");
        task.contains("has the weakness that is named") && messages.len() == 4
    });
    let shown = shown.expect("it was asked to mend");
    let lies = shown[2]["content"].as_str().expect("a text").trim_end();
    assert_eq!(lies, solution(CASE, "vulnerable").trim_end(), "it lies in its place");
    assert_eq!(shown[3]["content"], "0\n", "and is what the project begins with");
}

#[test]
fn the_way_to_the_first_score_is_as_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/agents.md");
    let page = fs::read_to_string(page).expect("docs/agents.md");
    let (_, first) = page.split_once("## From nothing to the first score").expect("a part");
    let fenced = |kind: &str| {
        let (_, rest) = first.split_once(&format!("```{kind}\n")).expect("a fence");
        rest.split_once("```").expect("its end").0
    };
    let server = Deciding::start(model());
    let door = Door::open();
    let agent = door.write("my-agent", fenced("python"));
    fs::set_permissions(agent, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mut ran = 0;
    for line in fenced("sh").lines().filter(|line| line.starts_with("assay ")) {
        let command = line.split('#').next().unwrap_or_default();
        let command = command.replace("http://localhost:8000", &server.address);
        let words: Vec<&str> = command.split_whitespace().skip(1).collect();
        door.run(&words).with_code(0);
        ran += 1;
    }
    assert_eq!(ran, 3);
    let card = scores(&door, "first.assay");
    assert_eq!(card["subjects"][0]["overall"], 1.0, "{card:#}");
    assert_eq!(card["subjects"][0]["work"]["commands"]["total"], 5, "{card:#}");
    assert!(door.path("first-report/index.html").is_file());
}
