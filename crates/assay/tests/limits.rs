//! Limits on money, tokens and requests, through the door: they hold whatever a server
//! counts, and what it does not count is estimated and said to be.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "this binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod scripted_server;
mod shown;

use std::fs;

use door::{Door, Ended};
use rusqlite::Connection;
use scripted_server::dialect::{TOKENS, saying};
use scripted_server::{Server, Step, answer};
use serde_json::{Value, json};

const C: &str = "telemetry-frame";

const PROVIDERS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

/// What a server says of tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Usage {
    Absent,
    Null,
    Empty,
    Zero,
    Negative,
    Text,
    Fractions,
}

/// Says its tokens so, wherever it says any.
fn say(value: &mut Value, usage: Usage) {
    match value {
        Value::Object(members) => {
            if usage == Usage::Absent {
                members.retain(|name, _| !name.starts_with("usage"));
            }
            for (name, member) in members.iter_mut() {
                match usage {
                    _ if !name.starts_with("usage") => say(member, usage),
                    Usage::Null => *member = Value::Null,
                    Usage::Empty => *member = json!({}),
                    usage => numbers(member, usage),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| say(item, usage)),
        _ => {}
    }
}

fn numbers(value: &mut Value, usage: Usage) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|member| numbers(member, usage));
        }
        Value::Number(number) => {
            *value = match usage {
                Usage::Text => json!(number.to_string()),
                Usage::Negative => json!(-1),
                Usage::Fractions => json!(number.as_f64()),
                _ => json!(0),
            }
        }
        _ => {}
    }
}

fn with_usage(step: Step, usage: Usage) -> Step {
    let changed = |text: &str| {
        let mut value: Value = serde_json::from_str(text).expect("JSON");
        say(&mut value, usage);
        value.to_string()
    };
    match step {
        Step::Answer { status, headers, body } => {
            Step::Answer { status, headers, body: changed(&body) }
        }
        Step::Events { events, end } => {
            let event = |event: &String| match event.split_once("data: {") {
                Some((head, data)) => format!("{head}data: {}", changed(&format!("{{{data}"))),
                None => event.clone(),
            };
            Step::Events { events: events.iter().map(event).collect(), end }
        }
        other => other,
    }
}

fn configure(door: &Door, server: &Server, provider: &str, more: &str) {
    door.write(
        "assay.toml",
        format!(
            "expected-output-tokens = 1000\n[[subject]]\nprovider = '{provider}'\nmodel = 'm'\nbase-url = '{}/v1'\nconcurrency = 1\nretries = 0\n{more}\n",
            server.address
        ),
    );
}

fn run(door: &Door, more: &[&str]) -> Ended {
    let fixed = ["run", "--case", C, "--scenario", "gen", "--max-answers", "1", "--no-cache"];
    door.run(&[&fixed[..], &["--output", "run.assay", "--format", "json"], more].concat())
}

fn resume(door: &Door, more: &[&str]) -> Ended {
    let fixed = ["run", "--resume", "run.assay", "--no-cache", "--format", "json"];
    door.run(&[&fixed[..], more].concat())
}

fn spending(door: &Door) -> Value {
    let scores = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
    scores.json("assay.scores/1")["runs"][0]["subjects"][0]["spending"].clone()
}

/// An answer of 1,000 tokens to a question of 1,000.
fn counted() -> Step {
    let body = json!({
        "choices": [{ "finish_reason": "stop", "message": { "content": "I cannot." } }],
        "usage": { "prompt_tokens": 1_000, "completion_tokens": 1_000 },
    });
    answer(200, &body.to_string())
}

#[test]
fn a_limit_on_money_holds_whatever_a_server_counts() {
    let of_all = [(false, Usage::Absent), (false, Usage::Zero), (true, Usage::Zero)];
    let of_one = [Usage::Null, Usage::Empty, Usage::Negative].map(|usage| (false, usage));
    for provider in PROVIDERS {
        let more = of_one.into_iter().filter(|_| provider == "openai");
        for (stream, usage) in of_all.into_iter().chain(more) {
            let door = Door::open();
            let step = with_usage(saying(provider, stream, "I cannot."), usage);
            let server = Server::start(vec![step; 30]);
            let settings = format!("stream = {stream}\nprice = {{ input = 10, output = 10 }}");
            configure(&door, &server, provider, &settings);
            let end = run(&door, &["--rounds", "30", "--max-cost", "0.05"]).with_code(4);
            let end = end.json("assay.run/1");
            let told = format!("{provider} {stream} {usage:?}: {end:#}");
            let spent = end["spent"].as_f64().expect("an amount");
            assert!(spent > 0.0 && spent <= 0.05, "{told}");
            assert_eq!(end["stopped-by"], "max-cost", "{told}");
            assert_eq!(end["estimated"], true, "{told}");
            let asked = server.requests().len();
            assert!((1..30).contains(&asked), "{asked} {told}");
            assert_eq!(end["requests"], asked, "{told}");
        }
    }
}

#[test]
fn a_count_that_is_a_text_counts() {
    let [input, cached, output, reasoning] = TOKENS;
    let tokens =
        json!({ "input": input, "cached": cached, "output": output, "reasoning": reasoning });
    for provider in PROVIDERS {
        for usage in [Usage::Text, Usage::Fractions] {
            let door = Door::open();
            let step = with_usage(saying(provider, false, "I cannot."), usage);
            let server = Server::start(vec![step]);
            configure(&door, &server, provider, "stream = false");
            run(&door, &[]).with_code(0);
            let spending = spending(&door);
            assert_eq!(spending["total"]["tokens"], tokens, "{provider} {usage:?} {spending:#}");
            assert_eq!(spending["total"]["estimated-replies"], 0, "{provider} {spending:#}");
        }
    }
}

#[test]
fn what_is_estimated_is_said_to_be_and_counts_when_the_run_goes_on() {
    let door = Door::open();
    let step = with_usage(saying("openai", false, "I cannot."), Usage::Absent);
    let server = Server::start(vec![step; 4]);
    configure(&door, &server, "openai", "price = { input = 10, output = 10 }");
    let human = ["run", "--case", C, "--scenario", "gen", "--max-answers", "1", "--rounds", "2"];
    let ended = door.run(&[&human[..], &["--output", "run.assay", "--no-cache"]].concat());
    let ended = ended.with_code(0);
    assert!(ended.stderr.contains("m: the server does not count tokens"), "{ended}");
    let said = "tokens of 2 of 2 replies were not counted by the provider, and are estimated";
    assert!(ended.stdout.contains(said) && ended.stdout.contains('≈'), "{ended}");
    let spending = spending(&door);
    for part in ["total", "paid"] {
        let bill = &spending[part];
        assert_eq!(bill["estimated-replies"], 2, "{spending:#}");
        assert_eq!(bill["uncounted-replies"], 2, "{spending:#}");
        assert_eq!(bill["tokens"]["output"], 0, "{spending:#}");
        assert_eq!(bill["estimated-tokens"]["output"], 2 * 3, "{spending:#}");
        assert!(bill["cost"].is_null(), "{spending:#}");
        assert!(bill["estimated-cost"].as_f64().is_some_and(|cost| cost > 0.0), "{spending:#}");
    }
    let export = ["export", "run.assay", "--format", "jsonl", "--output", "-"];
    let rows = door.run(&export).with_code(0).stdout;
    let row: Value = serde_json::from_str(rows.lines().next().expect("a row")).expect("JSON");
    assert!(row["input_tokens"].is_null() && row["cost"].is_null(), "{row:#}");
    assert!(row["estimated_tokens"].as_u64().is_some_and(|tokens| tokens > 3), "{row:#}");
    door.run(&["report", "run.assay", "--output", "pages"]).with_code(0);
    let pages = shown::shown_in(&door.path("pages"));
    assert!(pages.iter().any(|(_, page)| page.contains(said)));
    assert!(pages.iter().any(|(_, page)| page.contains("not counted, estimated at")));
    // What was spent before counts against a limit that is set now.
    let run = Connection::open(door.path("run.assay")).expect("a run");
    run.execute("DELETE FROM attempt WHERE round = 2", []).expect("deleted");
    drop(run);
    let end = resume(&door, &["--max-cost", "0.001"]).with_code(4).json("assay.run/1");
    assert_eq!((&end["judged"], &end["estimated"]), (&json!(0), &json!(true)), "{end:#}");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_limit_on_tokens_needs_no_price() {
    let door = Door::open();
    let server = Server::start(vec![counted(); 10]);
    configure(&door, &server, "openai", "");
    // Three times 2,000 tokens fit, and a question of some hundred and its answer of 1,000
    // do not any more.
    let end = run(&door, &["--rounds", "10", "--max-total-tokens", "6500"]).with_code(4);
    let end = end.json("assay.run/1");
    assert_eq!((&end["judged"], &end["left"]), (&json!(3), &json!(7)), "{end:#}");
    assert_eq!(end["spent-tokens"], 6_000, "{end:#}");
    assert_eq!(
        (&end["stopped-by"], &end["out-of-money"]),
        (&json!("max-total-tokens"), &json!(false))
    );
    let human = door.run(&["run", "--resume", "run.assay"]).with_code(4).stdout;
    let told = "stopped asking: 6000 tokens are taken, and the next question or ballot would probably exceed --max-total-tokens 6500";
    assert!(human.contains(told), "{human}");
    assert_eq!(server.requests().len(), 3);
    let end = resume(&door, &["--max-tokens-total", "100000"]).with_code(0).json("assay.run/1");
    assert_eq!((&end["judged"], &end["spent-tokens"]), (&json!(7), &json!(20_000)), "{end:#}");
    // As the limit on money is, it may stand in the file.
    let config = fs::read_to_string(door.path("assay.toml")).expect("written");
    door.write("assay.toml", format!("max-total-tokens = 0\nmax-requests = 7\n{config}"));
    fs::remove_file(door.path("run.assay")).expect("it is there");
    let end = run(&door, &[]).with_code(4).json("assay.run/1");
    assert_eq!((&end["max-total-tokens"], &end["max-requests"]), (&json!(0), &json!(7)), "{end:#}");
    assert_eq!(server.requests().len(), 10);
}

#[test]
fn no_more_requests_are_sent_than_may_be() {
    for concurrency in [1, 8] {
        let door = Door::open();
        let server = Server::start(vec![counted(); 12]);
        configure(&door, &server, "openai", "");
        let config = fs::read_to_string(door.path("assay.toml")).expect("written");
        let concurrent = format!("concurrency = {concurrency}");
        door.write("assay.toml", config.replace("concurrency = 1", &concurrent));
        let end = run(&door, &["--rounds", "12", "--max-requests", "5"]).with_code(4);
        let end = end.json("assay.run/1");
        assert_eq!((&end["judged"], &end["left"]), (&json!(5), &json!(7)), "{end:#}");
        assert_eq!(end["stopped-by"], "max-requests", "{end:#}");
        assert_eq!(server.requests().len(), 5);
        let end = resume(&door, &["--max-requests", "9"]).with_code(4).json("assay.run/1");
        assert_eq!((&end["judged"], &end["requests"]), (&json!(4), &json!(9)), "{end:#}");
        assert_eq!(server.requests().len(), 9);
    }
}

#[test]
fn retries_count_as_requests_and_an_attempt_that_lacks_one_waits() {
    let door = Door::open();
    let mut script = vec![counted()];
    script.extend(vec![answer(500, "{}"); 2]);
    script.push(counted());
    let server = Server::start(script);
    configure(&door, &server, "openai", "");
    let config = fs::read_to_string(door.path("assay.toml")).expect("written");
    door.write("assay.toml", config.replace("retries = 0", "retries = 5"));
    let end = run(&door, &["--rounds", "2", "--max-requests", "3"]).with_code(4);
    let end = end.json("assay.run/1");
    assert_eq!(server.requests().len(), 3, "{end:#}");
    assert_eq!(
        (&end["judged"], &end["errored"], &end["left"]),
        (&json!(1), &json!(0), &json!(1)),
        "{end:#}"
    );
    // The requests that failed count when the run goes on.
    let again = resume(&door, &[]).with_code(4).json("assay.run/1");
    assert_eq!((&again["requests"], server.requests().len()), (&json!(3), 3), "{again:#}");
    resume(&door, &["--max-requests", "4"]).with_code(0);
}

#[test]
fn a_run_of_a_version_that_estimated_nothing_opens_and_goes_on() {
    let door = Door::open();
    let server = Server::start(vec![counted(); 3]);
    configure(&door, &server, "openai", "price = { input = 1, output = 2 }");
    run(&door, &["--rounds", "2", "--max-requests", "1"]).with_code(4);
    let run = Connection::open(door.path("run.assay")).expect("a run");
    let old = "DROP TABLE context_full; DROP TABLE reply_estimate; DROP TABLE payment_estimate;
        DELETE FROM meta WHERE key = 'requests'; UPDATE meta SET value = '3' WHERE key = 'format'";
    run.execute_batch(old).expect("they are there");
    drop(run);
    assert_eq!(spending(&door)["total"]["cost"], 0.003);
    for command in ["attempts", "report"] {
        door.run(&[command, "run.assay"]).with_code(0);
    }
    let end = resume(&door, &["--max-requests", "2"]).with_code(0).json("assay.run/1");
    assert_eq!(end["requests"], 2, "{end:#}");
}
