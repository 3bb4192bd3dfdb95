//! The steps of an agent, searched in a browser: in the files of a report, and in the pages that
//! are served.

#![expect(clippy::disallowed_methods, reason = "starts the program")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use assay::report::html;
use assay::store::Store;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use assay_core::log::Log;
use assay_core::score::ScoringRules;
use assay_core::{AttemptRecord, Turn, Verdict};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::browser::{Browser, UNTIL, between};
use crate::door::Door;

mod browser;
#[expect(dead_code, reason = "of the door, only what starts the program is used")]
mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod sample_run;

/// A step: what a tool gave before it, what the model thought and said, and what it ran.
fn exchange(place: u64, output: &str, thinking: &str, text: &str, command: &str) -> Value {
    let sent = match place {
        0 => json!({ "role": "user", "content": output }),
        _ => json!({ "role": "user", "content": [{ "type": "tool_result", "content": output }] }),
    };
    json!({
        "begun-ms": place * 1000, "ended-ms": place * 1000 + 400, "method": "POST",
        "path": "/v1/messages", "request-bytes": 1,
        "request": { "members": [], "new": { "tools": [{ "name": "Bash" }], "messages": [sent] } },
        "outcome": { "outcome": "answered", "status": 200,
            "usage": { "tokens": { "input": 100, "output": 20 } },
            "body": { "content": [
                { "type": "thinking", "thinking": thinking },
                { "type": "text", "text": text },
                { "type": "tool_use", "name": "Bash", "input": { "command": command } },
            ] } },
    })
}

/// A turn of an agent that took these steps.
fn turn(exchanges: &[Value]) -> Turn {
    let conversation = json!({ "protocol": "anthropic", "opened-at": "2026-03-02T09:14:05Z",
        "requests": exchanges.len(), "left-out": 0, "exchanges": exchanges });
    let mut turn = sample_run::turn(Verdict::Secure, "int a;\n", "it is");
    let logs = [
        ("agent.end", "claude --print\nit exited with status 0\n".to_owned()),
        ("agent.conversation", conversation.to_string()),
        ("agent.stdout", "needle in what it printed, which is no step\n".to_owned()),
    ];
    turn.logs.extend(logs.map(|(name, text)| Log { name: name.to_owned(), text }));
    turn
}

/// A run with an attempt of an agent in two turns of three steps and one.
fn of_agent(path: &Path) -> Store {
    let first = vec![
        exchange(0, "Write the frame reader.", "No needle yet?", "I look around.", "ls -la src"),
        exchange(
            1,
            "total 4\nframe.c <b>Needle</b> & NEEDLE\n",
            "hm",
            "I build it.",
            "make -j2 all",
        ),
        exchange(2, "cc: error: no such file\n", "The NEEDLE is thought of.", "Done.", "gcc a.c"),
    ];
    let second = vec![exchange(0, "It failed.", "hm", "I mend the needle.", "make check")];
    store(path, vec![turn(&first), turn(&second)])
}

fn store(path: &Path, turns: Vec<Turn>) -> Store {
    let case = sample_run::case("Frame", "Frame", Language::C, Severity::High);
    let info = sample_run::info("agents", &["s"], vec![case], 1);
    let mut store = Store::create(path, &info).expect("a new store");
    let attempt: AttemptRecord =
        sample_run::attempt("s", "Frame", sec_code_bench_v2::GEN, 1, turns);
    store.record(&attempt).expect("recorded");
    store
}

fn report(directory: &Path, make: fn(&Path) -> Store) -> PathBuf {
    let stores = [make(&directory.join("run.assay"))];
    let output = directory.join("report");
    html::write(&stores, &output, &ScoringRules::default(), &mut |_, _| {}).expect("written").index
}

/// What a reader does with the search by keys alone, and what there is to see after each.
const SEARCH: &str = r#"
addEventListener('load', async () => {
  const steps = () => [...document.querySelectorAll('.timeline > li')];
  await until(() => document.querySelector('form.steps') && document.querySelector('.turn [class^=code-]'));
  const form = document.querySelector('form.steps');
  const field = form.elements.find;
  const shown = () => steps().map((it, place) => (it.checkVisibility() ? place : -1)).filter((it) => it >= 0);
  const marks = () => [...(CSS.highlights.get('found') ?? [])].map((range) => range.toString());
  const look = () => ({
    shown: shown(),
    said: form.querySelector('output').textContent,
    hash: location.hash,
    marks: marks(),
    open: [...document.querySelectorAll('.timeline details')].filter((it) => it.open && it.querySelector('summary').textContent.match(/gave|Told|Thinking/)).length,
    current: steps().findIndex((it) => it.classList.contains('current')),
    focused: document.activeElement === field,
    numbers: steps().map((it) => it.value),
  });
  const key = (target, key, more) => target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
  const type = async (text) => {
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await pause();
  };
  const pause = async () => { const begun = Date.now(); await until(() => Date.now() - begun > 400); };
  const seen = { at: look() };
  key(document.body, '/');
  seen.slash = look();
  await type('needle');
  seen.needle = look();
  key(field, 'Enter');
  await pause();
  seen.first = look();
  key(field, 'Enter');
  await pause();
  seen.second = look();
  key(field, 'Enter', { shiftKey: true });
  await pause();
  seen.back = look();
  form.elements.in.value = 'thinking';
  form.elements.in.dispatchEvent(new Event('change', { bubbles: true }));
  await pause();
  seen.thinking = look();
  form.elements.in.value = 'tool';
  form.elements.in.dispatchEvent(new Event('change', { bubbles: true }));
  await type('make');
  seen.tool = look();
  await type('nowhere to be found');
  seen.nowhere = look();
  key(field, 'Escape');
  await pause();
  seen.cleared = look();
  const bytes = new TextEncoder().encode(JSON.stringify(seen));
  document.body.dataset.seen = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
});
"#;

/// What there is to see of a search that stands in the address already.
const ASKED: &str = r#"
addEventListener('load', async () => {
  await until(() => document.querySelector('form.steps output')?.textContent);
  const steps = [...document.querySelectorAll('.timeline > li')];
  const seen = {
    shown: steps.map((it, place) => (it.checkVisibility() ? place : -1)).filter((it) => it >= 0),
    find: document.querySelector('form.steps').elements.find.value,
    in: document.querySelector('form.steps').elements.in.value,
    made: document.querySelectorAll('form.steps b, form.steps script').length,
    written: [...document.scripts].filter((it) => it.text !== '').length,
  };
  document.body.dataset.seen = btoa(JSON.stringify(seen));
});
"#;

/// What a script sees that is put onto the page of attempts of a report.
fn seen(browser: &Browser, index: &Path, fragment: &str, script: &str) -> Value {
    let page = index.with_file_name("attempt.html");
    fs::write(index.with_file_name("look.js"), [UNTIL, script].concat()).expect("written");
    let text = fs::read_to_string(&page).expect("UTF-8");
    let script = "<script src=\"look.js\"></script></head>";
    if !text.contains(script) {
        fs::write(&page, text.replace("</head>", script)).expect("written");
    }
    let dom = browser.dom(&format!("{}#{fragment}", page.display()));
    let seen = BASE64_STANDARD.decode(between(&dom, "data-seen=\"", "\"")).expect("base64");
    serde_json::from_slice(&seen).unwrap_or_else(|error| panic!("{error}: {dom}"))
}

#[test]
fn a_reader_searches_the_steps_of_an_agent_by_keys() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), of_agent);
    let seen = seen(&browser, &index, "1-1-1/1", SEARCH);
    assert_eq!(seen["at"]["shown"], json!([0, 1, 2, 3]), "{seen:#}");
    assert_eq!((&seen["at"]["focused"], &seen["slash"]["focused"]), (&json!(false), &json!(true)));

    // Messages, tools and outputs; what was thought is searched when it is asked for.
    let needle = &seen["needle"];
    assert_eq!(needle["shown"], json!([1, 3]), "{needle:#}");
    assert_eq!(needle["said"], "2 of 4 steps.");
    assert_eq!(needle["hash"], "#1-1-1/1?find=needle");
    assert_eq!(needle["marks"], json!(["Needle", "NEEDLE", "needle"]));
    assert_eq!(needle["open"], 1, "the output that has it is unfolded, and no other: {needle:#}");
    assert_eq!(needle["numbers"], json!([1, 2, 3, 1]), "steps keep their numbers");
    assert_eq!(needle["current"], -1);
    let at = |name: &str| (seen[name]["current"].clone(), seen[name]["said"].clone());
    assert_eq!(at("first"), (json!(1), json!("1 of 2, 2 of 4 steps.")));
    assert_eq!(at("second"), (json!(3), json!("2 of 2, 2 of 4 steps.")));
    assert_eq!(at("back"), at("first"));
    assert_eq!(seen["second"]["focused"], true, "the field keeps the keys");

    assert_eq!(seen["thinking"]["shown"], json!([0, 2]));
    assert_eq!(seen["thinking"]["hash"], "#1-1-1/1?find=needle&in=thinking");
    assert_eq!(seen["thinking"]["marks"], json!(["needle", "NEEDLE"]));
    assert_eq!(seen["tool"]["shown"], json!([1, 3]), "{:#}", seen["tool"]);
    assert_eq!(seen["nowhere"]["shown"], json!([]));
    assert_eq!(seen["nowhere"]["said"], "No step has it.");
    let cleared = &seen["cleared"];
    assert_eq!(cleared["shown"], json!([0, 1, 2, 3]));
    assert_eq!((&cleared["hash"], &cleared["said"]), (&json!("#1-1-1/1"), &json!("")));
    assert_eq!((&cleared["open"], &cleared["marks"]), (&json!(0), &json!([])));
}

#[test]
fn a_search_stands_in_the_address() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), of_agent);
    let seen = |fragment: &str| seen(&browser, &index, fragment, ASKED);
    let asked = seen("1-1-1/1?find=no%20needle&in=thinking");
    let expect = json!({ "shown": [0], "find": "no needle", "in": "thinking", "made": 0,
        "written": 0 });
    assert_eq!(asked, expect);
    // Whoever writes an address writes no page.
    let hostile = seen("1-1-1/1?find=%3Cb%3E%3Cscript%3Ealert(1)%3C/script%3E&in=%22%3E%3Cb%3E");
    let expect = json!({ "shown": [], "find": "<b><script>alert(1)</script>", "in": "",
        "made": 0, "written": 0 });
    assert_eq!(hostile, expect);
}

#[test]
fn a_search_works_in_the_pages_that_are_served() {
    let browser = Browser::find();
    let door = Door::open();
    drop(of_agent(&door.path("run.assay")));
    let mut command = door.command(&["serve", "--listen", "127.0.0.1:0", "run.assay"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("assay starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("UTF-8");
    let address = between(&line, "http://", "/ ").to_owned();
    let dom = browser.dom(&format!("http://{address}/attempt.html#1-1-1/1?find=needle"));
    let _ = child.kill();
    let _ = child.wait();
    assert!(dom.contains("2 of 4 steps."), "{dom}");
    assert_eq!(dom.matches("<li value=\"1\" hidden").count(), 1, "{dom}");
}

/// A run with an attempt of so many steps as no agent takes.
fn of_thousands(path: &Path) -> Store {
    let step = |place: u64| {
        let output = format!("line of output {place}\n").repeat(30);
        exchange(place, &output, "hm", "I go on.", &format!("make part-{place}"))
    };
    store(path, vec![turn(&(0..1_000).map(step).collect::<Vec<_>>())])
}

#[test]
fn thousands_of_steps_are_searched() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), of_thousands);
    let asked = seen(&browser, &index, "1-1-1/1?find=part-99", ASKED);
    assert_eq!(asked["shown"].as_array().map(Vec::len), Some(11), "{asked}");
}
