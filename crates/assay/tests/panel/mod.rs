//! Judges behind scripted servers, and what they were asked.

#[path = "../copies/mod.rs"]
pub(crate) mod copies;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use self::copies::copied;
use crate::door::{Door, Ended, solution};
use crate::scripted_server::{Step, answer, is_inquiry, read_request, response};

pub(crate) const CASE: &str = "member-passwords";
pub(crate) const PATH: &str = "src/member_passwords/member_passwords.py";

/// A server that goes on for as long as it is asked, and decides by the question.
pub(crate) struct Deciding {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Deciding {
    pub(crate) fn start(decide: impl Fn(&str) -> Step + Send + 'static) -> Deciding {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        thread::spawn(move || {
            // Silent connections stay open.
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept() {
                let request = read_request(&mut stream);
                if is_inquiry(&request) {
                    let _ = stream.write_all(response(&answer(404, "{}")).as_bytes());
                    continue;
                }
                let step = decide(&request);
                log.lock().expect("no test panics with it").push(request);
                match step {
                    Step::Hang => silent.push(stream),
                    step => drop(stream.write_all(response(&step).as_bytes())),
                }
            }
        });
        Deciding { address, requests }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics with it").clone()
    }
}

/// A judge and the server that is it.
pub(crate) struct Judge {
    pub(crate) name: &'static str,
    pub(crate) server: Deciding,
}

impl Judge {
    pub(crate) fn new(name: &'static str, decide: impl Fn(&str) -> Step + Send + 'static) -> Judge {
        // Before anything is paid for that it is to judge, it is asked for a word.
        let is_greeting = |request: &str| messages(request).len() == 1;
        let decide = move |request: &str| match is_greeting(request) {
            true => says("ready"),
            false => decide(request),
        };
        Judge { name, server: Deciding::start(decide) }
    }
}

/// Writes a configuration of subjects by kind and of judges, who are asked once for
/// each answer.
pub(crate) fn configure(door: &Door, subjects: &[&str], judges: &[Judge]) {
    let mut config = String::new();
    for subject in subjects {
        config.push_str(&format!("[[subject]]\nprovider = \"{subject}\"\n"));
    }
    for judge in judges {
        config.push_str(&format!(
            "[[judge]]\nprovider = \"openai\"\nmodel = \"m\"\nname = \"{}\"\nbase-url = \"{}/v1\"\nretries = 0\n",
            judge.name, judge.server.address
        ));
    }
    door.write("assay.toml", config);
}

/// A completion with this text, which took 100 tokens in and 7 out.
pub(crate) fn says(text: &str) -> Step {
    let body = json!({
        "choices": [{ "message": { "role": "assistant", "content": text } }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 7 },
    });
    answer(200, &body.to_string())
}

/// A vote in due form.
pub(crate) fn opinion(passed: bool) -> Step {
    let verdict = if passed { "pass" } else { "fail" };
    says(&json!({ "reason": "line 1 decides", "verdict": verdict }).to_string())
}

pub(crate) fn body(request: &str) -> Value {
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

pub(crate) fn messages(request: &str) -> Vec<Value> {
    body(request)["messages"].as_array().expect("a list").clone()
}

fn content(request: &str, place: usize) -> String {
    messages(request)[place]["content"].as_str().expect("a text").to_owned()
}

/// What a judge was told of its part.
pub(crate) fn system(request: &str) -> String {
    content(request, 0)
}

/// The rubric and the material.
pub(crate) fn user(request: &str) -> String {
    content(request, 1)
}

/// The mark around the pieces of the material.
pub(crate) fn mark(request: &str) -> String {
    let system = system(request);
    let (before, _) = system.split_once(" BEGIN").expect("a mark");
    before.rsplit(' ').next().expect("a word").to_owned()
}

/// A judge that knows the reference solution when it sees it.
pub(crate) fn knowing(name: &'static str) -> Judge {
    Judge::new(name, |request| opinion(user(request).contains("hashlib.scrypt(")))
}

pub(crate) fn always(name: &'static str, passed: bool) -> Judge {
    Judge::new(name, move |_| opinion(passed))
}

pub(crate) fn run(door: &Door, more: &[&str], code: i32) -> Ended {
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--output", "run.assay"];
    door.run(&[&arguments[..], more].concat()).with_code(code)
}

pub(crate) fn scores(door: &Door, run: &str) -> Value {
    let ended = door.run(&["score", run, "--format", "json"]).with_code(0);
    ended.json("assay.scores/1")["runs"][0].clone()
}

/// The verdicts of the subjects of a run, by name.
pub(crate) fn verdict_of(card: &Value, subject: &str, verdict: &str) -> u64 {
    let subjects = card["subjects"].as_array().expect("a list").iter();
    let mut named = subjects.filter(|card| card["name"] == subject);
    named.next().expect("the subject")["verdicts"][verdict].as_u64().expect("a count")
}

/// The corpus of the case with both phases for judges.
pub(crate) fn corpus_of_judges_alone(door: &Door) {
    let to = copied(door, "judged", CASE);
    fs::remove_dir_all(to.join("tests/functional")).expect("removed");
    let toml = fs::read_to_string(to.join("case.toml")).expect("UTF-8");
    let toml = toml.replace("[rubric]\n", "[rubric]\nfunctional = \"rubric.functional\"\n");
    fs::write(to.join("case.toml"), toml).expect("written");
    let rubric = "Both functions are there and do what the task says.\n";
    fs::write(to.join("rubric.functional.en-US.md"), rubric).expect("written");
}

/// Gives every judge a price, so that a vote of 7 tokens costs 0.0007, and has answers be
/// expected to be as long. A vote that is asked for three times costs 0.0021.
pub(crate) fn price(door: &Door, more: &str) {
    let config = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    let (before, judges) = config.split_once("[[judge]]").expect("a judge");
    let judges =
        judges.replace("retries = 0\n", "retries = 0\nprice = { input = 0, output = 100 }\n");
    let config = format!("expected-output-tokens = 7\n{before}{more}\n[[judge]]{judges}");
    door.write("assay.toml", config);
}

/// As many answers as rounds, none like another.
pub(crate) fn record(door: &Door, rounds: usize) {
    let secure = solution(CASE, "secure");
    let line = |round: usize| {
        let code = format!("{secure}# {round}\n");
        json!({ "case": CASE, "scenario": "gen", "round": round, "code": code }).to_string()
    };
    let lines: Vec<String> = (1..=rounds).map(line).collect();
    door.write("answers.jsonl", lines.join("\n"));
}
