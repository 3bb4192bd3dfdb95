//! What is measured of a judge is asked as a run asks it, and cited by the run that it decides.

use serde_json::Value;

use crate::ABOUT;
use crate::answering::Answering;
use crate::door::{Door, Ended};

/// A judge that fails whatever replaces quotes, and gives no vote on what formats statements.
fn votes(question: &str) -> String {
    // Without a program it is asked again, as what it said was no vote.
    let program = question.split_once("BEGIN FILE").map_or("f\"", |(_, program)| program);
    match program {
        it if it.contains(".replace(") => "{\"verdict\": \"fail\"}".to_owned(),
        it if it.contains("f\"") => "Hard to say.".to_owned(),
        _ => "{\"verdict\": \"pass\"}".to_owned(),
    }
}

fn address(server: &Answering) -> String {
    format!("{}/v1", server.address)
}

fn certify(door: &Door, server: &str, more: &[&str]) -> Ended {
    let certify = ["--corpus=cov-eval:corpus", "evaluators", "certify", "--no-cache", "--force"];
    let judge = ["--judge=openai:m", "--judge-base-url", server, "--format=json"];
    door.run(&[&certify[..], &judge, more].concat())
}

fn run(door: &Door, server: &str, more: &[&str]) -> Ended {
    let run = ["--corpus=cov-eval:corpus", "run", "--case=complete-invoice-search", "--no-cache"];
    let subject = ["--subject=vulnerable", "--scenario=complete", "--judge-base-url", server];
    door.run(&[&run[..], &subject, more].concat())
}

const DIRECT: [&str; 3] = ["--judge=openai:m", "--decider=judges:direct", "--output=run.assay"];

fn scores(door: &Door, run: &str) -> Value {
    let ended = door.run(&["score", run, "--format=json"]).with_code(0);
    ended.json("assay.scores/1")["runs"][0].clone()
}

#[test]
fn a_judge_is_certified_with_the_question_of_runs_and_runs_cite_it() {
    let server = Answering::start(votes);
    let (door, address) = (Door::open(), address(&server));
    let direct = [&ABOUT[..], &["--judge-mode=direct", "--output=direct.json"]].concat();
    let ended = certify(&door, &address, &direct).with_code(0);
    let found = ended.json("assay.judge-certificate/1");
    let asked = server.questions();
    let confusion = &found["figures"]["confusion"];
    let unknown = confusion["vulnerable-unknown"].as_u64().expect("a count")
        + confusion["secure-unknown"].as_u64().expect("a count");
    assert_eq!(found["unknown"]["its answers are no votes"], unknown, "{found:#}");
    assert!(unknown > 0, "{found:#}");
    assert_eq!(found["programs"]["count"], 5);
    assert_eq!(found["programs"]["programs"].as_object().map(serde_json::Map::len), Some(5));
    assert_eq!(found["programs"]["held-out"], Value::Null);
    assert_eq!(found["judge"]["asked-as"], "judges:direct");
    let balanced = &found["figures"]["balanced-accuracy"];
    assert!(balanced["interval"]["low"].as_f64() <= balanced["value"].as_f64(), "{balanced}");
    let text = std::fs::read_to_string(door.path("direct.json")).expect("it is written");
    let written: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(written["programs"], found["programs"]);

    let cited = [&DIRECT[..], &["--judge-certificate=direct.json"]].concat();
    run(&door, &address, &cited).with_code(0);
    let of_run = server.questions().split_off(asked.len());
    assert_eq!(of_run.len(), 1, "{of_run:?}");
    assert!(asked.contains(&of_run[0]), "a run asks what was measured:\n{}", of_run[0]);
    // The run has what it says, not where it lay.
    std::fs::remove_file(door.path("direct.json")).expect("it was there");
    let card = scores(&door, "run.assay");
    let kept = &card["panel"]["certificate"]["certificate"];
    for part in ["schema", "date", "judge", "programs", "unknown"] {
        assert_eq!(kept[part], found[part], "{part}: {card:#}");
    }
    assert_eq!(kept["figures"]["confusion"], found["figures"]["confusion"]);
    assert_eq!(card["panel"]["certificate"]["uncovered"], serde_json::json!([]));
    let sentence = "decided by m, certified on 5 programs of corpus";
    let ended = door.run(&["score", "run.assay"]).with_code(0);
    assert!(ended.stdout.contains(sentence), "{ended}");
    assert!(ended.stdout.contains("balanced accuracy "), "{ended}");
    door.run(&["report", "run.assay", "--output=page"]).with_code(0);
    let pages = crate::door::files_below(&door.path("page"));
    let says = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path).is_ok_and(|text| text.contains(sentence))
    };
    assert!(pages.iter().any(says), "no page cites it");
    // Its errors are taken out of what it decided.
    let correct = ["evaluators", "correct", "run.assay", "--format=json"];
    let rates = door.run(&correct).with_code(0).json("assay.corrected/1");
    assert_eq!((&rates["evaluator"], &rates["rates"][0]["judged"]), (&"m".into(), &1.into()));
}

#[test]
fn a_certificate_of_others_is_refused_and_none_is_told() {
    let server = Answering::start(votes);
    let (door, address) = (Door::open(), address(&server));
    let two = [ABOUT[0], ABOUT[2]];
    certify(&door, &address, &[&two[..], &["--output=plain.json"]].concat()).with_code(0);
    let direct = [&two[..], &["--judge-mode=direct", "--output=direct.json"]].concat();
    certify(&door, &address, &direct).with_code(0);
    let text = std::fs::read_to_string(door.path("direct.json")).expect("it is written");
    let mut changed: Value = serde_json::from_str(&text).expect("JSON");
    changed["judge"]["prompts-digest"] = "0123456789abcdef".into();
    door.write("changed.json", changed.to_string());
    door.write("other.json", "{\"schema\": \"other\"}");
    let heuristic = ["--corpus=cov-eval:corpus", "evaluators", "certify", "--heuristic"];
    door.run(&[&heuristic[..], &two, &["--output=heuristic.json"]].concat()).with_code(0);

    let check = |judge: &str, file: &str, expect: &str| {
        let (judge, file) = (format!("--judge={judge}"), format!("--judge-certificate={file}"));
        let output = ["--decider=judges:direct", "--output=refused.assay"];
        let ended = run(&door, &address, &[&[judge.as_str(), file.as_str()], &output[..]].concat());
        assert_eq!(ended.code, Some(3), "{ended}");
        assert!(ended.stderr.contains(expect), "{expect}: {ended}");
        assert!(!door.path("refused.assay").exists());
    };
    check("openai:n", "direct.json", "it is of m of openai, and the run is decided by n of openai");
    check("openai:m", "plain.json", "asked as judges, and the run asks them as judges:direct");
    check("openai:m", "changed.json", "the prompts of judges have changed since it was measured");
    check("openai:m", "other.json", "not a certificate of judges");
    check("openai:m", "none.json", "failed to read the certificate none.json");
    check("openai:m", "heuristic.json", "it is of the heuristic, which decides no run");

    run(&door, &address, &DIRECT).with_code(0);
    let card = scores(&door, "run.assay");
    assert_eq!(card["panel"]["certificate"], Value::Null);
    let ended = door.run(&["score", "run.assay"]).with_code(0);
    assert!(ended.stdout.contains("decided by m, without a certificate"), "{ended}");
    let ended = door.run(&["evaluators", "correct", "run.assay"]);
    assert!(ended.stderr.contains("has no certificate of its judges; name what"), "{ended}");
    let given = ["evaluators", "correct", "run.assay", "--certificate=direct.json"];
    door.run(&given).with_code(0);
    let ended = run(&door, &address, &["--judge=heuristic", "--output=refused.assay"]);
    assert!(ended.stderr.contains("the heuristic is an evaluator and decides no run"), "{ended}");
}

#[test]
fn the_heuristic_is_certified_with_weights_that_it_has_and_says_what_it_has_learnt() {
    let door = Door::open();
    let certify = |weights: &str, output: &str| {
        let command = ["--corpus=cov-eval:corpus", "evaluators", "certify", weights, output];
        door.run(&[&command[..], &ABOUT].concat())
    };
    let ended = certify("--heuristic", "--output=own.json").with_code(0);
    assert!(ended.stderr.contains("of 5 programs it says nothing, as it has learnt"), "{ended}");
    assert!(ended.stdout.contains("nothing where it has learnt from them"), "{ended}");
    for (weights, expect) in [
        ("--heuristic=cross-validated", "there are other weights for each part of the programs"),
        (
            "--heuristic=crossvalidated",
            "the weights \"crossvalidated\"; there are embedded, cross-v",
        ),
        ("--heuristic=", "the weights \"\"; there are embedded, cross-validated, and files"),
    ] {
        let ended = certify(weights, "--output=none.json");
        assert_eq!(ended.code, Some(3), "{ended}");
        assert!(ended.stderr.contains(expect), "{weights}: {ended}");
        assert!(!door.path("none.json").exists());
    }
}

#[test]
fn a_judge_is_not_measured_on_what_it_has_learnt() {
    let server = Answering::start(votes);
    let (door, address) = (Door::open(), address(&server));
    let export = ["export", "--format=sft", "--programs=cov-eval:corpus", "--held-out=40"];
    door.run(&[&export[..], &["--output=data"]].concat()).with_code(0);
    let lines = |side: &str| -> Vec<String> {
        let file = door.path("data").join(format!("judgement.{side}.jsonl"));
        let text = std::fs::read_to_string(file).expect("it was exported");
        let scenario = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["scenario"].as_str().expect("a name").to_owned()
        };
        text.lines().map(scenario).collect()
    };
    let (trained, held_out) = (lines("train"), lines("held-out"));
    let held = [["--held-out=data", "--language=python"].as_slice(), &["--output=c.json"]].concat();
    let found = certify(&door, &address, &held).with_code(0).json("assay.judge-certificate/1");
    let programs = found["programs"]["programs"].as_object().expect("programs");
    assert!(!programs.is_empty());
    for id in programs.keys() {
        let is_of = |scenario: &String| id.starts_with(&format!("detect-{scenario}-"));
        assert!(held_out.iter().any(is_of) && !trained.iter().any(is_of), "{id}");
    }
    let known = &found["programs"]["held-out"];
    assert!(known["trained-scenarios"].as_u64() > known["held-out-scenarios"].as_u64(), "{known}");

    let learnt = format!("detect-{}-secure", trained[0]);
    let ended = certify(&door, &address, &["--held-out=data", "--output=d.json", &learnt]);
    assert!(ended.stderr.contains("with which the judge was trained"), "{ended}");
    let ended = certify(&door, &address, &["--held-out=nothing", "--output=d.json"]);
    assert!(
        ended.stderr.contains("name a folder that `assay export --format sft` wrote"),
        "{ended}"
    );
    door.write("data/judgement.train.jsonl", "{}\n");
    let ended = certify(&door, &address, &["--held-out=data", "--output=d.json"]);
    assert!(ended.stderr.contains("judgement.train.jsonl:1: no line of"), "{ended}");
}

#[test]
fn a_judge_that_cannot_be_asked_has_no_certificate() {
    let steps = vec![crate::scripted_server::answer(400, "{}"); 8];
    let server = crate::scripted_server::Server::start(steps);
    let door = Door::open();
    let address = format!("{}/v1", server.address);
    let ended = certify(&door, &address, &[ABOUT[0], "--output=c.json"]);
    assert_eq!(ended.code, Some(3), "{ended}");
    assert!(ended.stderr.contains("no certificate is written"), "{ended}");
    assert!(!door.path("c.json").exists());
}
