//! Where the API key may not be, of whatever a run writes, says and starts.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "nothing here is read as JSON")]
mod door;
mod processes;
#[expect(dead_code, reason = "these tests need no whole dialect")]
mod scripted_server;
mod shown;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use door::{Door, Ended, solution};
use processes::descendants;
use rusqlite::Connection;
use scripted_server::{End, Server, Step, answer, said};
use serde_json::{Value, json};
use stored::stored;

const C: &str = "telemetry-frame";
const C_PATH: &str = "src/telemetry_frame.c";
const PYTHON: &str = "invoice-search";
const PYTHON_PATH: &str = "src/invoice_search/invoice_search.py";

/// The variable that holds the API key, and a key that nothing else contains.
const KEY_VARIABLE: &str = "KEY_OF_THE_SCRIPTED_SERVER";
const KEY: &str = "sk-planted-7d1fe0c5b2a94436";

fn block(path: &str, code: &str) -> String {
    format!(
        "<result><code><path>{path}</path><content><![CDATA[\n{code}\n]]></content></code></result>"
    )
}

fn says(text: &str) -> Step {
    said(&json!({"role": "assistant", "content": text}).to_string())
}

/// A table of a configuration: a model that is asked one question at a time and never
/// again.
fn table(provider: &str, name: &str, server: &Server) -> String {
    format!(
        "[[subject]]\nprovider = '{provider}'\nname = '{name}'\nmodel = 'm'\nbase-url = '{}/v1'\napi-key-env = '{KEY_VARIABLE}'\nconcurrency = 1\nretries = 0\n",
        server.address
    )
}

fn door_to(server: &Server) -> Door {
    let door = Door::open();
    door.write("assay.toml", table("openai", "m", server));
    door
}

fn run(door: &Door, arguments: &[&str]) -> Ended {
    let mut command = door.command(&[&["run"], arguments].concat());
    Ended::of(command.env(KEY_VARIABLE, KEY).output().expect("assay starts"))
}

/// Looks through all that a run left behind, and through what it said.
fn assert_keyless(door: &Door, ended: &Ended) {
    let report = door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let mut places = vec![
        ("the run".to_owned(), stored(&door.path("run.assay"))),
        ("the response cache".to_owned(), stored(&door.path("responses.sqlite"))),
        ("what was said".to_owned(), format!("{ended}{report}")),
    ];
    places.extend(shown::shown_in(&door.path("report")));
    assert!(places.len() > 3, "the report has pages");
    for (place, text) in places {
        assert!(!text.contains("planted"), "the API key is in {place}");
    }
}

/// That each request has the key where it belongs, and nowhere else.
fn assert_key_in_heads_alone(requests: &[String]) {
    for request in requests {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(&format!("Bearer {KEY}")), "the key was not used: {head}");
        assert!(!body.contains("planted"), "the key is in the messages");
    }
}

#[test]
fn the_api_key_is_neither_stored_nor_shown_nor_seen_by_tested_code() {
    let dump = "
import glob, os
seen = ['seen by tested code:']
for name, value in os.environ.items():
    seen.append(name + '=' + value)
for place in glob.glob('/proc/[0-9]*/cmdline') + glob.glob('/proc/[0-9]*/comm'):
    if '/1/' in place:
        continue
    try:
        seen.append(place + ': ' + repr(open(place, 'rb').read()))
    except OSError as error:
        seen.append(place + ': ' + str(error))
raise RuntimeError('\\n'.join(seen))
";
    let secure = solution(PYTHON, "secure");
    let dumping = block(PYTHON_PATH, &format!("{secure}{dump}"));
    let script = vec![says(&dumping), says(&block(PYTHON_PATH, &secure))];
    let server = Server::start(script);
    let door = door_to(&server);
    let arguments = ["--case", PYTHON, "--scenario", "gen", "--output", "run.assay"];
    let ended = run(&door, &arguments).with_code(0);
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{ended}");
    assert_key_in_heads_alone(&requests);
    // The dump came through: what tested code sees is in the run.
    let stored = stored(&door.path("run.assay"));
    for part in ["seen by tested code:", "PATH=/usr/local/bin:/usr/bin:/bin", "/comm"] {
        assert!(stored.contains(part), "the run lacks {part:?}");
    }
    assert_keyless(&door, &ended);
}

#[test]
fn tested_code_that_opens_environments_of_processes_is_tampering_and_gets_no_second_try() {
    let dump = "
import glob
seen = ['seen by tested code:']
for place in glob.glob('/proc/*/environ'):
    try:
        seen.append(place + ': ' + repr(open(place, 'rb').read()))
    except OSError as error:
        seen.append(place + ': ' + str(error))
raise RuntimeError('\\n'.join(seen))
";
    let secure = solution(PYTHON, "secure");
    let script = vec![says(&block(PYTHON_PATH, &format!("{secure}{dump}")))];
    let server = Server::start(script);
    let door = door_to(&server);
    let arguments = ["--case", PYTHON, "--scenario", "gen", "--output", "run.assay"];
    let ended = run(&door, &arguments).with_code(0);
    assert_eq!(server.requests().len(), 1, "{ended}");
    assert!(ended.to_string().contains("1 tampered"), "{ended}");
    assert_keyless(&door, &ended);
}

/// Runs and looks at the arguments and environments of all that it starts; returns how
/// many commands were seen.
fn run_watched(door: &Door, arguments: &[&str]) -> (Ended, usize) {
    let mut command = door.command(&[&["run"], arguments].concat());
    command.env(KEY_VARIABLE, KEY).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("assay starts");
    let id = child.id();
    let read = |id: u32, name: &str| fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
    // It is this test until it is executed.
    let before = fs::read("/proc/self/cmdline").expect("this process");
    let own = loop {
        let own = read(id, "cmdline");
        if own != before && !own.is_empty() {
            break own;
        }
    };
    let mut seen = BTreeSet::new();
    while child.try_wait().expect("a child").is_none() {
        for child in descendants(id) {
            // Between fork and exec a child is its parent still, and has what that has.
            let arguments = read(child, "cmdline");
            if arguments == own || arguments.is_empty() {
                continue;
            }
            let environment = read(child, "environ");
            for text in [&environment, &arguments] {
                let text = String::from_utf8_lossy(text);
                let command = String::from_utf8_lossy(&arguments);
                assert!(!text.contains("planted"), "{command} was given the key: {text}");
            }
            seen.insert(arguments);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    (Ended::of(child.wait_with_output().expect("its output")), seen.len())
}

#[test]
fn a_server_that_echoes_the_key_in_every_way_makes_it_known_nowhere() {
    let escaped: String = KEY.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let error = |text: &str| format!(r#"{{"error":{{"message":"you sent {text}"}}}}"#);
    let event =
        |data: &str| Step::Events { events: vec![format!("data: {data}")], end: End::Proper };
    let redirect = Step::Answer {
        status: 302,
        headers: format!("Location: http://127.0.0.1:1/?{KEY}\r\n"),
        body: String::new(),
    };
    let echo = json!({ "role": "assistant", "content": format!("I got {KEY}"), "reasoning": KEY });
    let thinks = json!({
        "role": "assistant", "content": block(C_PATH, &solution(C, "secure")), "reasoning": KEY,
    });
    let gemini = json!({ "error": { "code": 400, "message": KEY, "status": "INVALID_ARGUMENT",
        "details": [{ "reason": "API_KEY_INVALID" }] } });
    let named = json!({ "model": KEY, "choices": [{ "message": { "content": "I cannot." } }] });
    let scripts: [(&str, &str, &str, Step); 16] = [
        ("openai", "authentication", "", answer(401, &error(KEY))),
        ("openai", "quota", "", answer(402, &error(&escaped))),
        ("anthropic", "rate limit", "stream = false", answer(429, &error(KEY))),
        ("anthropic", "bad request", "", answer(400, &error(KEY))),
        ("openai-responses", "server", "", answer(500, KEY)),
        ("openai-responses", "malformed response", "", answer(200, KEY)),
        ("openai-responses", "malformed response", "", answer(200, &error(KEY))),
        ("gemini", "authentication", "", answer(400, &gemini.to_string())),
        ("gemini", "bad request", "", redirect),
        ("gemini", "malformed response", "stream = true", event(KEY)),
        ("anthropic", "server", "", event(&error(KEY))),
        ("openai", "connection", "", Step::Truncate),
        ("openai", "timeout", "timeout-seconds = 1", Step::Hang),
        ("openai", "key in answer", "", said(&echo.to_string())),
        ("openai", "key in answer", "", said(&thinks.to_string())),
        ("openai", "key in answer", "", answer(200, &named.to_string())),
    ];
    let door = Door::open();
    // Its code is compiled and run, so that there are commands to be seen.
    let mut config = "[[subject]]\nprovider = 'reference'\n".to_owned();
    let mut servers = Vec::new();
    let mut classes = Vec::new();
    for (number, (provider, class, rest, step)) in scripts.into_iter().enumerate() {
        let server = Server::start(vec![step]);
        let name = format!("s{number}");
        config.push_str(&format!("{}{rest}\n", table(provider, &name, &server)));
        classes.push((name, class));
        servers.push(server);
    }
    door.write("assay.toml", config);
    let arguments =
        ["--case", C, "--scenario", "gen", "--max-answers", "1", "--output", "run.assay"];
    let (ended, seen) = run_watched(&door, &arguments);
    let ended = ended.with_code(4);
    assert!(seen > 2, "commands were run and seen: {seen}");
    for server in &servers {
        let requests = server.requests().concat();
        assert!(requests.contains(KEY), "the key was not used: {requests}");
    }
    assert_keyless(&door, &ended);
    let store = Connection::open(door.path("run.assay")).expect("a run");
    let mut errors = store.prepare("SELECT subject, error FROM attempt").expect("attempts");
    let errors = errors
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)));
    let errors: BTreeMap<String, Option<String>> =
        errors.expect("rows").map(|row| row.expect("a row")).collect();
    for (name, class) in classes {
        let error = errors[&name].as_ref().map(|error| {
            let error: Value = serde_json::from_str(error).expect("JSON");
            error["class"].as_str().expect("a class").replace('-', " ")
        });
        assert_eq!(error.unwrap_or_default(), class, "{name}: {:?}", errors[&name]);
    }
    // An answer is kept as it is or not at all.
    assert!(!stored(&door.path("run.assay")).contains("I got"), "an edited answer is kept");
    let kept = stored(&door.path("responses.sqlite"));
    assert!(!kept.contains("I got"), "an edited answer is in the response cache");
    let said = ended.to_string();
    assert!(said.contains("the server sent the API key back in its answer"), "{said}");
}

#[test]
fn a_key_from_a_file_is_used_and_its_file_alone_is_named() {
    let server = Server::start(vec![says("I cannot.")]);
    let door = Door::open();
    door.write("secrets/key", format!("{KEY}\n"));
    let table = table("openai", "m", &server);
    door.write("assay.toml", format!("{table}api-key-file = 'secrets/key'\n"));
    let arguments =
        ["run", "--case", C, "--scenario", "gen", "--max-answers", "1", "--output", "run.assay"];
    let ended = door.run(&arguments).with_code(0);
    assert!(server.requests().concat().contains(&format!("Bearer {KEY}")), "{ended}");
    assert!(stored(&door.path("run.assay")).contains("secrets/key"));
    assert_keyless(&door, &ended);
}

#[test]
fn the_key_of_a_judge_is_where_it_belongs_and_nowhere_else() {
    let vote = json!({ "reason": "I know", "verdict": "pass" }).to_string();
    let server = Server::start(vec![says("Listen."), says(&vote)]);
    let door = Door::open();
    door.write("assay.toml", table("openai", "m", &server).replace("[[subject]]", "[[judge]]"));
    let arguments = ["--subject", "reference", "--case", "member-passwords", "--scenario", "gen"];
    let ended = run(&door, &[&arguments[..], &["--output", "run.assay"]].concat()).with_code(0);
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{ended}");
    assert_key_in_heads_alone(&requests);
    assert!(stored(&door.path("run.assay")).contains("I know"), "{ended}");
    assert_keyless(&door, &ended);
}

#[test]
fn a_judge_whose_server_sends_the_key_back_gives_no_vote() {
    let vote = json!({ "reason": format!("I know {KEY}"), "verdict": "pass" }).to_string();
    let server = Server::start(vec![says(&vote)]);
    let door = Door::open();
    door.write("assay.toml", table("openai", "m", &server).replace("[[subject]]", "[[judge]]"));
    let arguments = ["--subject", "reference", "--case", "member-passwords", "--scenario", "gen"];
    let ended = run(&door, &[&arguments[..], &["--output", "run.assay"]].concat()).with_code(4);
    assert!(ended.to_string().contains("sent the API key back"), "{ended}");
    assert!(stored(&door.path("run.assay")).contains("API key in an answer"), "{ended}");
    assert_keyless(&door, &ended);
}
