//! What a provider does wrong drops nothing, and limits stop in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::door::Door;
use crate::model::Model;
use crate::script::{
    C_SEED, EXPECTED, For, PYTHON_SEED, candidate, checkout, evolve, says, standing, strategy,
};
use crate::scripted_server::{Step, answer};

/// A model of the configuration, which has no patience.
fn configured(door: &Door, model: &Model, more: &str) {
    let table = format!(
        "[[subject]]\nprovider = \"openai\"\nmodel = \"m\"\nbase-url = \"{}\"\nretries = 0\ntimeout-seconds = 2\n{more}",
        model.base()
    );
    door.write("assay.toml", table);
}

fn run(door: &Door, code: i32, more: &[&str]) -> Value {
    let common = ["evolve", "--corpus=cov-eval:checkout", "--output=out", "--format=json"];
    door.run(&[&common[..], more].concat()).with_code(code).json("assay.evolution/1")
}

#[test]
fn an_error_of_the_provider_drops_nothing_and_the_same_command_goes_on() {
    let door = checkout();
    let is_well = Arc::new(AtomicBool::new(false));
    let well = Arc::clone(&is_well);
    let model = Model::start(move |asked| {
        if well.load(Ordering::SeqCst) {
            return says(asked);
        }
        let is_c = asked.first().contains("fill_tag");
        match (For::of(asked), is_c) {
            (For::Write, true) if strategy(asked.first()) == "rarer" => {
                answer(429, "{\"error\":{\"message\":\"slow down\"}}")
            }
            (For::Write, true) if strategy(asked.first()) == "steps" => answer(500, "{}"),
            (For::Write, false) if strategy(asked.first()) == "steps" => {
                answer(200, "{\"choices\": 7}")
            }
            (For::Write, false) if strategy(asked.first()) == "demands" => Step::Truncate,
            (For::Guard, false) => Step::Hang,
            (For::Complete, true) => Step::Drop,
            _ => says(asked),
        }
    });
    configured(&door, &model, "");
    let result = run(&door, 4, &[]);
    let open = [
        (C_SEED, "constraints", "complete", "connection"),
        (C_SEED, "rarer", "write", "rate-limit"),
        (C_SEED, "steps", "write", "server"),
        (PYTHON_SEED, "rarer", "guard", "timeout"),
        (PYTHON_SEED, "steps", "write", "malformed-response"),
        (PYTHON_SEED, "demands", "write", "connection"),
    ];
    for (seed, strategy, step, class) in open {
        let found = candidate(&result, seed, strategy);
        assert_eq!(standing(found), "open", "{found}");
        let error = &found["error"];
        let said = error["step"]
            .as_str()
            .or(error["step"].as_object().and_then(|it| it.keys().next().map(String::as_str)));
        assert_eq!((said, error["class"].as_str()), (Some(step), Some(class)), "{found}");
    }
    // One resembles another that is open, and so waits for it.
    assert_eq!(standing(candidate(&result, C_SEED, "demands")), "open");
    assert_eq!(result["outcome"]["dropped"], serde_json::json!({ "form": 1 }));
    assert_eq!(result["errors"].as_array().map(Vec::len), Some(open.len()));
    is_well.store(true, Ordering::SeqCst);
    let result = run(&door, 0, &[]);
    for (seed, strategy, expect) in EXPECTED {
        assert_eq!(standing(candidate(&result, seed, strategy)), expect, "{seed} {strategy}");
    }
    assert_eq!(result["errors"], serde_json::json!([]));
}

#[test]
fn a_model_that_is_refused_is_asked_no_more() {
    let door = checkout();
    let model = Model::start(|_| answer(401, "{\"error\":{\"message\":\"no such key\"}}"));
    configured(&door, &model, "");
    let result = run(&door, 4, &[]);
    assert_eq!(result["given-up"][0]["name"], "m");
    assert_eq!(result["outcome"]["open"], 8);
    assert!(model.asked().len() <= 3, "{}", model.asked().len());
}

#[test]
fn limits_stop_before_they_are_passed_and_a_higher_one_goes_on() {
    let door = checkout();
    let model = Model::start(says);
    configured(&door, &model, "price = { input = 1000, output = 1000 }\n");
    let result = run(&door, 4, &["--max-requests=5", "--no-cache"]);
    assert_eq!((model.asked().len(), &result["stopped-by"]), (5, &"max-requests".into()));
    assert_eq!(result["requests"], 5);
    // Each answer costs 0.15 and is expected to cost more than two.
    let result = run(&door, 4, &["--max-cost=1", "--no-cache"]);
    assert_eq!((model.asked().len(), &result["stopped-by"]), (5, &"max-cost".into()));
    let result = run(&door, 4, &["--max-total-tokens=2000", "--no-cache"]);
    assert_eq!(result["stopped-by"], "max-total-tokens");
    assert!(
        result["spent-tokens"].as_u64().expect("a count") <= 2_000,
        "{}",
        result["spent-tokens"]
    );
    let result = run(&door, 0, &["--no-cache"]);
    assert_eq!((model.asked().len(), &result["stopped-by"]), (17, &Value::Null));
    assert_eq!(result["spent"], 2.55);
}

#[test]
fn a_limit_on_the_cost_needs_a_price() {
    let door = checkout();
    let model = Model::start(says);
    let ended = evolve(&door, &model, &["--max-cost=1"]).with_code(3);
    assert!(ended.stderr.contains("m has no price"), "{ended}");
    assert!(model.asked().is_empty());
}
