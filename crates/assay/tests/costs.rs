//! What models' answers cost, through the door: the response cache, the estimate, the
//! limit on spending, and overall scores that are withheld.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "this binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "these tests need no broken answers")]
mod scripted_server;
mod shown;

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use door::{Door, Ended};
use scripted_server::{Server, Step, answer};
use serde_json::{Value, json};

const C: &str = "telemetry-frame";

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer without code, of 1,000 tokens for 2,000: 0.003 at the prices below.
fn says(text: &str) -> Step {
    ends("stop", &json!({ "content": text }))
}

fn ends(reason: &str, message: &Value) -> Step {
    counted(1_000, reason, message)
}

/// An answer that the server counts so many tokens of.
fn counted(tokens: u64, reason: &str, message: &Value) -> Step {
    let body = json!({
        "choices": [{ "finish_reason": reason, "message": message }],
        "usage": { "prompt_tokens": 1_000, "completion_tokens": tokens },
    });
    answer(200, &body.to_string())
}

/// Units for a million tokens.
const PRICE: &str = "price = { input = 1, output = 2 }";

/// A folder in which `m` is behind the server, asked once and one question at a time.
fn configure(door: &Door, server: &Server, more: &str) {
    let subject = format!(
        "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nconcurrency = 1\nretries = 0\n{more}\n",
        server.address
    );
    door.write("assay.toml", subject);
}

/// Has answers be expected as long as they are.
fn expect_1000_tokens(door: &Door) {
    let config = fs::read_to_string(door.path("assay.toml")).expect("written");
    door.write("assay.toml", format!("expected-output-tokens = 1000\n{config}"));
}

/// Runs one case in one scenario, one answer an attempt.
fn run(door: &Door, output: &str, more: &[&str]) -> Ended {
    let fixed = ["run", "--case", C, "--scenario", "gen", "--max-answers", "1", "--format", "json"];
    door.run(&[&fixed[..], &["--output", output], more].concat())
}

fn subject(door: &Door, run: &str, more: &[&str]) -> Value {
    let ended = door.run(&[&["score", run, "--format", "json"], more].concat()).with_code(0);
    ended.json("assay.scores/1")["runs"][0]["subjects"][0].clone()
}

#[test]
fn an_answer_that_was_given_once_is_not_asked_for_again() {
    let door = Door::open();
    let script = vec![says("I cannot."); 6];
    let server = Server::start(script);
    configure(&door, &server, PRICE);
    let asked = |more: &[&str], output: &str, requests: usize| {
        run(&door, output, more).with_code(0);
        assert_eq!(server.requests().len(), requests, "{output}");
        subject(&door, output, &[])["spending"].clone()
    };
    let first = asked(&[], "1.assay", 1);
    assert_eq!(first["total"]["cost"], 0.003, "{first:#}");
    assert_eq!(first["paid"]["cost"], 0.003, "{first:#}");
    assert_eq!(first["from-cache"]["replies"], 0, "{first:#}");
    let second = asked(&[], "2.assay", 1);
    assert_eq!(second["total"]["cost"], 0.003, "{second:#}");
    assert_eq!(second["total"]["tokens"], first["total"]["tokens"], "{second:#}");
    assert_eq!(second["total"]["requests"], 0, "{second:#}");
    assert_eq!(second["paid"]["replies"], 0, "{second:#}");
    assert_eq!(second["from-cache"]["cost"], 0.003, "{second:#}");
    asked(&["--rounds", "2"], "rounds.assay", 2);
    asked(&["--no-cache"], "asked.assay", 3);
    configure(&door, &server, &format!("{PRICE}\ntemperature = 0.5"));
    asked(&[], "warm.assay", 4);
    // A name, a price and limits do not change what a model answers.
    configure(&door, &server, "name = 'other'\ntimeout-seconds = 9");
    asked(&[], "other.assay", 4);
    let config = fs::read_to_string(door.path("assay.toml")).expect("written");
    door.write("assay.toml", format!("response-cache = false\n{config}"));
    asked(&[], "off.assay", 5);
    let report = ["report", "1.assay", "2.assay", "--output", "pages"];
    door.run(&report).with_code(0);
    let pages: Vec<String> =
        shown::shown_in(&door.path("pages")).into_iter().map(|(_, text)| text).collect();
    let shown = |text: &str| pages.iter().filter(|page| page.contains(text)).count();
    // On the page of each attempt, for its turn; the second one took it from the cache.
    assert_eq!(shown("tokens in / out 1,000 / 1,000, cost 0.003000"), 2);
    assert_eq!(shown("the answer came from the response cache"), 1);
    assert_eq!((shown("Paid in this run"), shown(">0.003000<")), (1, 3));
    let doctor = door.run(&["doctor"]);
    assert!(doctor.stdout.contains("3 answers"), "{doctor}");
}

#[test]
fn only_answers_and_truncations_are_kept() {
    let refusal = || ends("stop", &json!({ "content": null, "refusal": "I will not" }));
    for (step, code, kept) in [
        (counted(1, "stop", &json!({ "content": "" })), 0, true),
        // What is counted and does not come is an answer that the server lost.
        (says(""), 4, false),
        (ends("length", &json!({ "content": "int" })), 0, true),
        (refusal(), 0, false),
        (ends("content_filter", &json!({ "content": "" })), 0, false),
        (answer(400, "{}"), 4, false),
    ] {
        let door = Door::open();
        let server = Server::start(vec![step.clone(), says("I cannot.")]);
        configure(&door, &server, PRICE);
        run(&door, "1.assay", &[]).with_code(code);
        run(&door, "2.assay", &[]).with_code(0);
        assert_eq!(server.requests().len(), if kept { 1 } else { 2 }, "{step:?}");
    }
}

#[test]
fn a_killed_run_loses_no_answer_that_it_paid_for() {
    let door = Door::open();
    let server = Server::start(vec![says("I cannot."), Step::Hang, says("I cannot.")]);
    configure(&door, &server, PRICE);
    let arguments = [
        "run",
        "--case",
        C,
        "--scenario",
        "gen",
        "--max-answers",
        "1",
        "--rounds",
        "2",
        "--output",
        "killed.assay",
    ];
    let mut command = door.command(&arguments);
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("assay starts");
    let start = Instant::now();
    while server.requests().len() < 2 && start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(10));
    }
    child.kill().expect("it is killed");
    child.wait().expect("it is reaped");
    assert_eq!(server.requests().len(), 2);
    // The second question alone is left to ask, of a run of its own too.
    run(&door, "new.assay", &["--rounds", "2"]).with_code(0);
    assert_eq!(server.requests().len(), 3);
    let spending = &subject(&door, "new.assay", &[])["spending"];
    assert_eq!(spending["from-cache"]["replies"], 1, "{spending:#}");
    let resumed = door.run(&["run", "--resume", "killed.assay"]).with_code(0);
    assert_eq!(server.requests().len(), 3, "{resumed}");
    // The first run paid for the answer that it had, and for no other.
    let spending = &subject(&door, "killed.assay", &[])["spending"];
    assert_eq!(spending["paid"]["cost"], 0.003, "{spending:#}");
}

#[test]
fn spending_stops_before_its_limit_and_goes_on_with_a_higher_one() {
    let door = Door::open();
    let server = Server::start(vec![says("I cannot."); 10]);
    configure(&door, &server, PRICE);
    expect_1000_tokens(&door);
    // Three answers of 0.003 fit, and a fourth would not.
    let limit = ["--rounds", "10", "--max-cost", "0.0105"];
    let ended = run(&door, "run.assay", &limit).with_code(4);
    let end = ended.json("assay.run/1");
    assert_eq!((&end["judged"], &end["left"]), (&json!(3), &json!(7)), "{end:#}");
    assert_eq!((&end["spent"], &end["out-of-money"]), (&json!(0.009), &json!(true)), "{end:#}");
    assert_eq!(server.requests().len(), 3);
    // The limit is the run's until another one is given.
    let resume = |more: &[&str]| {
        door.run(&[&["run", "--resume", "run.assay", "--format", "json"], more].concat())
    };
    assert_eq!(resume(&[]).with_code(4).json("assay.run/1")["judged"], 0);
    let human = door.run(&["run", "--resume", "run.assay"]).with_code(4).stdout;
    assert!(human.contains("stopped asking: 0.009000 is spent"), "{human}");
    assert_eq!(server.requests().len(), 3);
    let end = resume(&["--max-cost", "0.0165"]).with_code(4).json("assay.run/1");
    assert_eq!((&end["judged"], &end["spent"]), (&json!(2), &json!(0.015)), "{end:#}");
    let end = resume(&["--max-cost", "1"]).with_code(0).json("assay.run/1");
    assert_eq!((&end["judged"], &end["spent"]), (&json!(5), &json!(0.03)), "{end:#}");
    assert_eq!(server.requests().len(), 10);
    // What has been kept costs nothing, so no limit stops it.
    let ended = run(&door, "kept.assay", &["--rounds", "10", "--max-cost", "0"]).with_code(0);
    assert_eq!(ended.json("assay.run/1")["spent"], 0.0);
}

#[test]
fn questions_in_progress_count_against_the_limit_on_spending() {
    let door = Door::open();
    let server = Server::start(vec![says("I cannot."); 10]);
    configure(&door, &server, PRICE);
    let config = fs::read_to_string(door.path("assay.toml")).expect("written");
    door.write("assay.toml", config.replace("concurrency = 1", "concurrency = 8"));
    expect_1000_tokens(&door);
    let ended = run(&door, "run.assay", &["--rounds", "10", "--max-cost", "0.0165"]).with_code(4);
    let end = ended.json("assay.run/1");
    assert_eq!((&end["judged"], &end["spent"]), (&json!(5), &json!(0.015)), "{end:#}");
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn what_was_paid_for_an_attempt_that_is_not_finished_counts_when_the_run_goes_on() {
    let door = Door::open();
    let server = Server::start(vec![says("I cannot."); 2]);
    configure(&door, &server, PRICE);
    expect_1000_tokens(&door);
    let arguments = ["run", "--case", C, "--scenario", "gen", "--max-answers", "2"];
    let limit = ["--max-cost", "0.004", "--output", "run.assay", "--format", "json"];
    // There is money for the first answer, and not for the repair.
    let end = door.run(&[&arguments[..], &limit].concat()).with_code(4).json("assay.run/1");
    assert_eq!((&end["judged"], &end["left"]), (&json!(0), &json!(1)), "{end:#}");
    assert_eq!(end["spent"], 0.003, "{end:#}");
    let spending = &subject(&door, "run.assay", &[])["spending"];
    assert_eq!(
        (&spending["total"]["replies"], &spending["paid"]["cost"]),
        (&json!(0), &json!(0.003))
    );
    let resume = ["run", "--resume", "run.assay", "--max-cost", "0.0075", "--format", "json"];
    let end = door.run(&resume).with_code(0).json("assay.run/1");
    assert_eq!((&end["judged"], &end["spent"]), (&json!(1), &json!(0.006)), "{end:#}");
    assert_eq!(server.requests().len(), 2);
    let spending = &subject(&door, "run.assay", &[])["spending"];
    for part in ["total", "paid"] {
        assert_eq!(spending[part]["cost"], 0.006, "{spending:#}");
    }
    for part in ["repairs", "from-cache"] {
        assert_eq!(spending[part]["cost"], 0.003, "{spending:#}");
    }
    assert_eq!(spending["repairs-share"], 0.5, "{spending:#}");
}

#[test]
fn a_limit_on_spending_needs_a_price_of_every_model() {
    let door = Door::open();
    let server = Server::start(vec![says("I cannot.")]);
    configure(&door, &server, "");
    let ended = run(&door, "run.assay", &["--max-cost", "1"]).with_code(3);
    assert!(ended.stderr.contains("m has no price"), "{ended}");
    assert!(server.requests().is_empty() && !door.path("run.assay").exists());
    for built_in in ["empty", "reference"] {
        run(&door, built_in, &["--subject", built_in, "--max-cost", "0"]).with_code(0);
    }
    run(&door, "none.assay", &["--max-cost=-1"]).with_code(3);
    // Without a limit, there are tokens and no cost.
    run(&door, "run.assay", &[]).with_code(0);
    let spending = &subject(&door, "run.assay", &[])["spending"];
    assert_eq!(spending["total"]["tokens"]["output"], 1_000, "{spending:#}");
    assert!(spending["total"]["cost"].is_null(), "{spending:#}");
    assert!(spending["cost-per-attempt"].is_null(), "{spending:#}");
    let table = door.run(&["score", "run.assay"]).with_code(0).stdout;
    let line = table.lines().find(|line| line.starts_with("m ") && line.contains("1,000"));
    assert!(line.is_some_and(|line| line.contains('–') && !line.contains("0.00 ")), "{table}");
}

#[test]
fn a_plan_says_what_it_will_probably_cost() {
    let door = Door::open();
    let server = Server::start(vec![says("I cannot.")]);
    configure(&door, &server, PRICE);
    let plan = |more: &[&str]| {
        let arguments = ["run", "--case", C, "--scenario", "gen", "--dry-run", "--format", "json"];
        let plan = door.run(&[&arguments[..], more].concat()).with_code(0);
        plan.json("assay.plan/1")["estimate"].clone()
    };
    let prompt = door.run(&[
        "cases",
        "show",
        C,
        "--scenario",
        "gen",
        "--locale",
        "en-US",
        "--format",
        "json",
    ]);
    let case = prompt.with_code(0).json("assay.case/1");
    let bytes = case["prompts"][0]["text"].as_str().expect("a text").len();
    let input = bytes.div_ceil(4) as u64;
    let estimate = plan(&["--rounds", "2"]);
    let model = &estimate["subjects"][0];
    assert_eq!(model["least"]["questions"], 2, "{estimate:#}");
    assert_eq!(model["least"]["input-tokens"], 2 * input, "{estimate:#}");
    assert_eq!(model["least"]["output-tokens"], 4_000, "{estimate:#}");
    assert_eq!(model["most"]["questions"], 6, "{estimate:#}");
    let most = 2 * (3 * input + 3 * (2_000 + 500));
    assert_eq!(model["most"]["input-tokens"], most, "{estimate:#}");
    let cost = (2 * input + 2 * 4_000) as f64 / 1e6;
    assert_eq!(model["least"]["cost"], cost, "{estimate:#}");
    assert_eq!(estimate["least-cost"], cost, "{estimate:#}");
    // A limit on answers bounds the assumption, and what is kept is taken off.
    configure(&door, &server, &format!("{PRICE}\nmax-tokens = 100\nsystem = 'Be brief'"));
    let least = plan(&[])["subjects"][0]["least"].clone();
    assert_eq!((&least["output-tokens"], &least["input-tokens"]), (&json!(100), &json!(input + 2)));
    run(&door, "run.assay", &[]).with_code(0);
    let estimate = plan(&["--rounds", "2"]);
    let model = &estimate["subjects"][0];
    assert_eq!(model["first-answers-in-cache"], 1, "{estimate:#}");
    assert_eq!(model["least"]["questions"], 1, "{estimate:#}");
    assert_eq!(model["most"]["questions"], 5, "{estimate:#}");
    let human = door.run(&["run", "--case", C, "--dry-run"]).with_code(0).stderr;
    assert!(human.contains("estimate   m: 3 to 11 questions, tokens "), "{human}");
    assert!(human.contains("; 1 first answer in the response cache"), "{human}");
    configure(&door, &server, "");
    let human = door.run(&["run", "--case", C, "--dry-run"]).with_code(0).stderr;
    assert!(human.contains("cost –, as it has no price"), "{human}");
    let estimate = plan(&[]);
    assert_eq!(estimate["subjects"][0]["priced"], false);
    assert!(estimate["least-cost"].is_null(), "{estimate:#}");
    assert_eq!(plan(&["--subject", "empty"])["subjects"], json!([]));
}

#[test]
fn a_cache_that_cannot_be_used_is_a_warning() {
    let door = Door::open();
    let server = Server::start(vec![says("I cannot."), says("I cannot.")]);
    configure(&door, &server, PRICE);
    let text = "not a database, and longer than the header of one ".repeat(50);
    door.write("responses.sqlite", &text);
    for output in ["1.assay", "2.assay"] {
        let ended = run(&door, output, &[]).with_code(0);
        assert!(ended.stderr.contains("warning: ") && ended.stderr.contains("responses.sqlite"));
    }
    assert_eq!(server.requests().len(), 2);
    assert_eq!(fs::read_to_string(door.path("responses.sqlite")).expect("there"), text);
}

#[test]
fn an_overall_score_is_withheld_where_too_many_attempts_errored() {
    let check = |errors: usize, limit: &[&str], withheld: bool| {
        let door = Door::open();
        let mut script = vec![says("I cannot."); 100 - errors];
        script.extend(vec![answer(400, "{}"); errors]);
        let server = Server::start(script);
        configure(&door, &server, "");
        run(&door, "run.assay", &["--rounds", "100"]).with_code(4);
        let card = subject(&door, "run.assay", limit);
        assert_eq!(card["errored"], errors, "{card:#}");
        assert_eq!(card["errors"], json!({ "bad-request": errors }), "{card:#}");
        assert_eq!(card["overall"].is_null(), withheld, "{card:#}");
        assert_eq!(card["withheld"].is_null(), !withheld, "{card:#}");
        let bracket = &card["bracket"];
        assert_eq!((&bracket["without"], &bracket["as-failures"]), (&json!(0.0), &json!(0.0)));
        let successes = bracket["as-successes"].as_f64().expect("a score");
        assert!((successes - errors as f64 / 100.0).abs() < 1e-12, "{bracket}");
        let table = door.run(&[&["score", "run.assay"], limit].concat()).with_code(0).stdout;
        assert!(table.contains(&format!("m: bad request {errors} of 100 attempts")), "{table}");
        assert!(table.contains("m: overall 0.00% without them"), "{table}");
        let reason = format!("{errors} of 100 attempts errored ({errors}.00%), more than 1%");
        assert_eq!(table.contains(&reason), withheld, "{table}");
        let report = [&["report", "run.assay", "--output", "pages"], limit].concat();
        door.run(&report).with_code(0);
        let page = fs::read_to_string(door.path("pages/index.html")).expect("a page");
        assert_eq!(page.contains("<strong class=\"value\">withheld</strong>"), withheld);
        assert_eq!(page.contains(&reason), withheld);
        assert!(page.contains(&format!("(bad request {errors}); overall 0.00% without")));
    };
    check(1, &[], false);
    check(2, &[], true);
    check(2, &["--max-errors", "2"], false);
}
