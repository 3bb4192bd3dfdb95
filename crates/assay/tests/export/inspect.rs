//! Logs of Inspect, read as JSON.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::sample_run::{HOSTILE_SUBJECT, hostile_text};
use super::{Door, assert_inert, door, door_with_runs, export};

/// The logs of a run, by the names of their files.
fn logs(door: &Door, run: &str) -> Vec<(String, Value)> {
    let folder = export(door, run, "inspect", &[]);
    let logs = door::files_below(&folder).into_iter().map(|path| {
        let text = fs::read_to_string(&path).expect("UTF-8");
        assert_inert(&text);
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, serde_json::from_str(&text).expect("JSON"))
    });
    logs.collect()
}

/// The names of an object's members are of these.
#[track_caller]
fn assert_members(value: &Value, allowed: &[&str]) {
    let names = value.as_object().expect("an object").keys();
    let unknown: Vec<_> = names.filter(|name| !allowed.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// What Inspect's model of a log has, of its members those that are used here; it
/// would pass over others in silence.
fn check_shape(log: &Value) {
    assert_eq!(log["version"], 2);
    assert_members(log, &["version", "status", "eval", "plan", "results", "stats", "samples"]);
    assert_members(
        &log["eval"],
        &[
            "eval_id",
            "run_id",
            "created",
            "task",
            "task_id",
            "task_version",
            "dataset",
            "model",
            "config",
            "packages",
            "metadata",
            "scorers",
        ],
    );
    assert_members(&log["results"], &["total_samples", "completed_samples", "scores"]);
    for score in log["results"]["scores"].as_array().expect("scores") {
        assert_members(score, &["name", "scorer", "scored_samples", "unscored_samples", "metrics"]);
    }
    let mut keys = BTreeSet::new();
    for sample in log["samples"].as_array().expect("samples") {
        assert_members(
            sample,
            &[
                "id",
                "epoch",
                "input",
                "target",
                "messages",
                "output",
                "metadata",
                "model_usage",
                "total_time",
                "scores",
                "error",
            ],
        );
        assert!(keys.insert((sample["id"].to_string(), sample["epoch"].to_string())), "{sample}");
        assert_ne!(sample["scores"].is_null(), sample["error"].is_null());
        for message in sample["messages"].as_array().expect("messages") {
            assert_members(message, &["id", "role", "source", "content", "model"]);
        }
    }
    assert_eq!(log["results"]["total_samples"], keys.len());
}

#[test]
fn each_subject_is_a_log_and_each_attempt_a_sample() {
    let door = door_with_runs();
    let logs = logs(&door, "ordinary.assay");
    let models: Vec<&str> =
        logs.iter().map(|(_, log)| log["eval"]["model"].as_str().expect("text")).collect();
    assert_eq!(
        BTreeSet::from_iter(models),
        BTreeSet::from(["acme/large-2", "acme/small-2", "reference"])
    );
    let mut samples = 0;
    for (name, log) in &logs {
        assert!(
            name.starts_with("2026-03-02T09-14-05+00-00_assay_") && name.ends_with(".json"),
            "{name}"
        );
        check_shape(log);
        assert_eq!(log["status"], "success");
        assert!(log["stats"]["completed_at"].as_str().is_some_and(|time| time.ends_with('Z')));
        samples += log["samples"].as_array().expect("samples").len();
    }
    assert_eq!(samples, 60);
    let log =
        |model: &str| &logs.iter().find(|(_, log)| log["eval"]["model"] == model).expect("a log").1;
    let reference = log("reference");
    assert_eq!(reference["results"]["scores"][0]["metrics"]["accuracy"]["value"], 1.0);
    assert_eq!(reference["results"]["scores"][2]["metrics"]["secure"]["value"], 12.0);
    let small = log("acme/small-2");
    assert_eq!(small["eval"]["config"]["epochs"], 2);
    assert_eq!(small["results"]["completed_samples"], 23);
    let errored = small["samples"]
        .as_array()
        .expect("samples")
        .iter()
        .find(|sample| !sample["error"].is_null());
    let message = &errored.expect("an errored attempt")["error"]["message"];
    assert_eq!(message, "rate limit: the provider answered 429 nine times in 10 minutes");

    let large = log("acme/large-2")["samples"].as_array().expect("samples");
    let repaired = large
        .iter()
        .find(|sample| sample["messages"].as_array().is_some_and(|all| all.len() == 4))
        .expect("a repaired attempt");
    assert_eq!(repaired["messages"][2]["role"], "user");
    assert_eq!(repaired["messages"][3]["role"], "assistant");
    assert_eq!(
        repaired["model_usage"]["acme/large-2"],
        json!({
            "input_tokens": 824, "input_tokens_cache_read": 0, "output_tokens": 2_560,
            "reasoning_tokens": 600, "total_tokens": 3_384, "total_cost": null,
        })
    );
    let insecure = large
        .iter()
        .find(|sample| sample["scores"]["verdict"]["value"] == "insecure")
        .expect("an insecure attempt");
    assert_eq!(insecure["scores"]["secure"]["value"], "I");
    assert_eq!(insecure["scores"]["functional"]["value"], "C");
    let logs = &insecure["scores"]["secure"]["metadata"]["logs"];
    assert!(
        logs["security.stderr"].as_str().is_some_and(|log| log.contains("heap-buffer-overflow"))
    );
}

#[test]
fn hostile_text_stays_text() {
    let door = door_with_runs();
    let logs = logs(&door, "hostile.assay");
    let [(name, log)] = logs.as_slice() else { panic!("{logs:?}") };
    // What is stored as the start is no time.
    assert!(name.starts_with("1970-01-01T00-00-00+00-00_assay_"), "{name}");
    assert!(
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+.".contains(&byte)),
        "{name}"
    );
    check_shape(log);
    assert_eq!(log["eval"]["model"], HOSTILE_SUBJECT);
    let content = &log["samples"][0]["messages"][1]["content"];
    assert_eq!(content[0]["type"], "reasoning");
    assert!(content[1]["text"] == hostile_text());
}
