//! What judges cost, through the door: before a run, and within its limit on spending.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
mod scripted_server;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use door::{Door, case_folder, files_below, solution};
use panel::{
    CASE, Deciding, Judge, PATH, always, configure, corpus_of_judges_alone, knowing, opinion,
    price, record, run, says, scores, user, verdict_of,
};
use scripted_server::answer;
use serde_json::{Value, json};

#[test]
fn what_judges_cost_is_counted_apart_and_keeps_to_the_limit() {
    let door = Door::open();
    configure(&door, &["reference"], &[knowing("one")]);
    let ended = run(&door, &["--max-cost", "1"], 3);
    assert!(ended.stderr.contains("one has no price, so --max-cost cannot be enforced"), "{ended}");
    let config = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    door.write("assay.toml", config + "price = { input = 10, output = 100 }\n");
    let arguments = ["run", "--case", CASE, "--output", "run.assay", "--format", "json"];
    let ended = door.run(&[&arguments[..], &["--max-cost", "1"]].concat()).with_code(0);
    // One ballot for four identical artifacts: 100 tokens in, 7 out.
    let spent = ended.json("assay.run/1")["spent"].as_f64().expect("a number");
    assert!((spent - 0.0017).abs() < 1e-9, "{ended}");
    let card = scores(&door, "run.assay");
    let judges = &card["subjects"][0]["spending"]["judges"];
    assert_eq!([&judges["replies"], &judges["cost"]], [&json!(1), &json!(0.0017)], "{card:#}");
    assert_eq!(card["panel"]["judges"][0]["cost"], 0.0017, "{card:#}");
}

fn go_on(door: &Door, limit: &str, code: i32) -> Value {
    let resume = ["run", "--resume", "run.assay", "--format", "json", "--max-cost", limit];
    door.run(&resume).with_code(code).json("assay.run/1")
}

#[test]
fn votes_keep_to_the_limit_on_spending_and_go_on_with_a_higher_one() {
    let door = Door::open();
    let judges = [always("one", true)];
    configure(&door, &[], &judges);
    price(&door, "");
    record(&door, 8);
    let limited = ["--subject", "replay:answers.jsonl", "--max-cost", "0.005", "--format", "json"];
    let end = run(&door, &limited, 4).json("assay.run/1");
    // A fifth vote fits, although it might be asked for three times, and a sixth does not.
    assert_eq!([&end["judged"], &end["errored"], &end["left"]], [5, 0, 3], "{end:#}");
    assert_eq!((&end["spent"], &end["out-of-money"]), (&json!(0.0035), &json!(true)), "{end:#}");
    let asked = || judges[0].server.requests().len();
    assert_eq!(asked(), 5);
    let told = door.run(&["run", "--resume", "run.assay"]).with_code(4).stdout;
    assert!(told.contains("stopped asking: 0.003500 is spent, and the next question or"), "{told}");
    assert!(told.contains("3 attempts not finished"), "{told}");
    assert_eq!(asked(), 5);
    let end = go_on(&door, "1", 0);
    assert_eq!((&end["judged"], &end["spent"]), (&json!(3), &json!(0.0056)), "{end:#}");
    assert_eq!(asked(), 8, "no vote is paid for twice");
    // Votes that are kept cost nothing, whatever the limit.
    let kept = ["run", "--case", CASE, "--scenario", "gen", "--output", "kept.assay"];
    let free = ["--subject", "replay:answers.jsonl", "--max-cost", "0"];
    door.run(&[&kept[..], &free].concat()).with_code(0);
    assert_eq!(asked(), 8);
}

#[test]
fn malformed_votes_that_are_asked_for_again_keep_to_the_limit_too() {
    let door = Door::open();
    let chatty = Judge::new("chatty", |request| match panel::messages(request).len() {
        2 | 4 => says("I think."),
        _ => opinion(true),
    });
    let judges = [chatty];
    configure(&door, &[], &judges);
    price(&door, "");
    record(&door, 4);
    let limited = ["--subject", "replay:answers.jsonl", "--max-cost", "0.005", "--format", "json"];
    let end = run(&door, &limited, 4).json("assay.run/1");
    assert_eq!((&end["judged"], &end["spent"]), (&json!(2), &json!(0.0042)), "{end:#}");
    assert_eq!(judges[0].server.requests().len(), 6);
}

#[test]
fn answers_and_their_votes_keep_to_one_limit_and_neither_is_paid_for_twice() {
    let door = Door::open();
    let judges = [always("one", true)];
    configure(&door, &[], &judges);
    let secure = solution(CASE, "secure");
    let answered = AtomicUsize::new(0);
    let model = Deciding::start(move |_| {
        let number = answered.fetch_add(1, Ordering::SeqCst);
        says(&format!(
            "<result><code><path>{PATH}</path><content><![CDATA[\n{secure}# {number}\n]]></content></code></result>"
        ))
    });
    let subject = format!(
        "[[subject]]\nprovider = \"openai\"\nmodel = \"m\"\nbase-url = \"{}/v1\"\nprice = {{ input = 0, output = 100 }}\n",
        model.address
    );
    price(&door, &subject);
    // The judge's word, three answers and a vote fit, and with three votes they do not.
    let limited = ["--rounds", "3", "--max-cost", "0.0052", "--format", "json"];
    let end = run(&door, &limited, 4).json("assay.run/1");
    let number = |end: &Value, name: &str| end[name].as_f64().expect("a number");
    assert!(number(&end, "spent") <= 0.0052, "{end:#}");
    assert!(number(&end, "judged") >= 1.0 && number(&end, "left") >= 1.0, "{end:#}");
    let paid = model.requests().len() + judges[0].server.requests().len();
    assert!((number(&end, "spent") - paid as f64 * 0.0007).abs() < 1e-9, "{paid}: {end:#}");
    let end = go_on(&door, "1", 0);
    // Each start asks the judge for a word.
    assert_eq!(end["spent"], 0.0056, "{end:#}");
    assert_eq!([model.requests().len(), judges[0].server.requests().len()], [3, 3 + 2]);
    let card = scores(&door, "run.assay");
    assert_eq!(verdict_of(&card, "m", "secure"), 3, "{card:#}");
}

#[test]
fn attempts_that_share_a_ballot_wait_for_its_money_together() {
    let door = Door::open();
    let judges = [always("one", true)];
    configure(&door, &["reference"], &judges);
    price(&door, "");
    let all = ["run", "--case", CASE, "--output", "run.assay", "--format", "json"];
    let end = door.run(&[&all[..], &["--max-cost", "0.002"]].concat()).with_code(4);
    let end = end.json("assay.run/1");
    assert_eq!([&end["judged"], &end["left"], &end["errored"]], [0, 4, 0], "{end:#}");
    assert_eq!((&end["spent"], &end["out-of-money"]), (&json!(0.0), &json!(true)), "{end:#}");
    let end = go_on(&door, "0.0021", 0);
    assert_eq!((&end["judged"], &end["spent"]), (&json!(4), &json!(0.0007)), "{end:#}");
}

fn plan(door: &Door, more: &[&str]) -> Value {
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--dry-run", "--format", "json"];
    let plan = door.run(&[&arguments[..], more].concat()).with_code(0);
    plan.json("assay.plan/1")["estimate"].clone()
}

#[test]
fn a_plan_says_what_judges_will_cost_at_most() {
    let door = Door::open();
    let judges = [always("twice", true), always("once", true)];
    configure(&door, &["reference"], &judges);
    price(&door, "");
    let config = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    let config =
        config.replacen("name = \"twice\"\n", "name = \"twice\"\nvotes = 2\nmax-tokens = 5\n", 1);
    door.write("assay.toml", config);
    let estimate = plan(&door, &["--rounds", "3"]);
    let [twice, once] = [0, 1].map(|place| &estimate["judges"][place]);
    assert_eq!([&twice["judge"], &once["judge"]], ["twice", "once"], "{estimate:#}");
    assert_eq!(
        [&twice["least"]["questions"], &once["least"]["output-tokens"]],
        [0, 0],
        "{estimate:#}"
    );
    assert_eq!([&twice["most"]["questions"], &once["most"]["questions"]], [6, 3], "{estimate:#}");
    // A judge's own limit bounds its votes.
    assert_eq!([&twice["most"]["output-tokens"], &once["most"]["output-tokens"]], [30, 21]);
    assert_eq!([&once["most"]["cost"], &estimate["most-cost"]], [0.0021, 0.0051], "{estimate:#}");
    assert_eq!(estimate["least-cost"], 0.0, "{estimate:#}");

    // The questions are the real ones, about the longest solution of the case.
    let solutions = files_below(&case_folder(CASE).join("solutions"));
    let texts = solutions.iter().map(|file| fs::read_to_string(file).expect("UTF-8"));
    let longest = texts.max_by_key(String::len).expect("a solution");
    let record = json!({ "case": CASE, "scenario": "gen", "round": 1, "code": longest });
    door.write("answers.jsonl", record.to_string());
    run(&door, &["--subject", "replay:answers.jsonl"], 0);
    let requests = judges[1].server.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    let bytes = [panel::system(request), user(request)].map(|text| text.len().div_ceil(4));
    let input = bytes.iter().sum::<usize>();
    assert_eq!(once["most"]["input-tokens"], 3 * input, "{estimate:#}");

    let told = door.run(&["run", "--case", CASE, "--scenario", "gen", "--dry-run"]).with_code(0);
    assert!(
        told.stderr.contains("estimate   judge twice: 0 to 2 questions, tokens 0 to "),
        "{told}"
    );
    assert!(
        told.stderr.contains("from no vote to those on every answer, assuming 7 tokens"),
        "{told}"
    );
    assert!(told.stderr.contains("all        0.00 to 0.001700"), "{told}");
    // Where tests decide there is nothing for judges.
    let elsewhere = ["run", "--case", "telemetry-frame", "--dry-run", "--format", "json"];
    let plan = door.run(&elsewhere).with_code(0).json("assay.plan/1");
    assert_eq!(plan["estimate"]["judges"], json!([]), "{plan:#}");
}

#[test]
fn judges_may_be_asked_whether_each_answer_works_and_once_whether_it_is_secure() {
    let door = Door::open();
    corpus_of_judges_alone(&door);
    let judges = [always("one", true)];
    configure(&door, &[], &judges);
    price(&door, "");
    let model = ["--subject", "openai:m", "--base-url", "http://localhost:1", "--rounds", "2"];
    let limited = ["--corpus", "judged", "--max-answers", "3"];
    let estimate = plan(&door, &[&model[..], &limited].concat());
    // Two attempts of three answers each.
    assert_eq!(estimate["judges"][0]["most"]["questions"], 6 + 2, "{estimate:#}");
    let estimate = plan(&door, &["--subject", "empty", "--corpus", "judged"]);
    assert_eq!(estimate["judges"][0]["most"]["questions"], 2, "{estimate:#}");
}

/// A judge that is busy for as many of its first votes.
fn busy(name: &'static str, times: usize) -> Judge {
    let asked = AtomicUsize::new(0);
    Judge::new(name, move |_| match asked.fetch_add(1, Ordering::SeqCst) < times {
        true => answer(503, "{}"),
        false => opinion(true),
    })
}

fn may_retry(door: &Door) {
    let config = fs::read_to_string(door.path("assay.toml")).expect("UTF-8");
    door.write("assay.toml", config.replace("retries = 0", "retries = 3"));
}

#[test]
fn votes_that_lack_a_request_wait_for_a_higher_limit() {
    for cache in [true, false] {
        let door = Door::open();
        let judges = [always("one", true), busy("two", 2), always("three", true)];
        configure(&door, &[], &judges);
        may_retry(&door);
        record(&door, 2);
        let asked = || judges.iter().map(|judge| judge.server.requests().len()).sum::<usize>();
        let fixed = ["--subject", "replay:answers.jsonl", "--jobs", "1", "--format", "json"];
        let uncached: &[&str] = if cache { &[] } else { &["--no-cache"] };
        // Three votes are all that an artifact needs, and two of five requests fail.
        let limited = [&fixed[..], &["--max-requests", "4"], uncached].concat();
        let end = run(&door, &limited, 4).json("assay.run/1");
        let counts =
            |end: &Value| [&end["judged"], &end["errored"], &end["left"]].map(Value::to_string);
        assert_eq!(counts(&end), ["0", "0", "2"], "{end:#}");
        assert_eq!((&end["stopped-by"], &end["requests"]), (&json!("max-requests"), &json!(4)));
        assert_eq!(asked(), 4);
        let again = ["run", "--resume", "run.assay", "--format", "json", "--max-requests"];
        let go_on = |most: &str, code: i32| {
            let ended = door.run(&[&again[..], &[most], uncached].concat());
            ended.with_code(code).json("assay.run/1")
        };
        // What was voted before is kept, or is asked for again.
        let first = if cache { 4 + 1 } else { 4 + 3 };
        let end = go_on(&first.to_string(), 4);
        assert_eq!(counts(&end), ["1", "0", "1"], "{cache} {end:#}");
        let last = (first + 3).to_string();
        let end = go_on(&last, 0);
        assert_eq!(counts(&end), ["1", "0", "0"], "{cache} {end:#}");
        assert_eq!(asked().to_string(), last);
    }
}

#[test]
fn rejudging_leaves_votes_that_lack_a_request_for_later() {
    let door = Door::open();
    configure(&door, &[], &[]);
    record(&door, 1);
    run(&door, &["--subject", "replay:answers.jsonl", "--judge-later"], 4);
    let judges = [busy("one", 1)];
    configure(&door, &[], &judges);
    may_retry(&door);
    let anew = ["rejudge", "run.assay", "--output", "new.assay", "--max-requests"];
    let ended = door.run(&[&anew[..], &["1"]].concat()).with_code(4);
    assert!(ended.stdout.contains("stopped asking: 1 request is sent"), "{ended}");
    assert_eq!(judges[0].server.requests().len(), 1, "{ended}");
    door.run(&[&anew[..], &["2"]].concat()).with_code(0);
    let card = scores(&door, "new.assay");
    assert_eq!(verdict_of(&card, "answers", "secure"), 1, "{card:#}");
}
