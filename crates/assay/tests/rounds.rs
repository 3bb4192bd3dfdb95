//! Rounds of a model, through the door: each has a seed of its own, and those that say the
//! same are pointed out.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "this binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod scripted_server;
mod shown;

use door::{Door, Ended};
use scripted_server::Server;
use scripted_server::dialect::saying;
use serde_json::{Value, json};

const C: &str = "telemetry-frame";

fn configure(door: &Door, server: &Server, provider: &str, more: &str) {
    door.write(
        "assay.toml",
        format!(
            "[[subject]]\nprovider = '{provider}'\nmodel = 'm'\nbase-url = '{}/v1'\nconcurrency = 1\nretries = 0\n{more}\n",
            server.address
        ),
    );
}

fn run(door: &Door, output: &str, more: &[&str]) -> Ended {
    let fixed = ["run", "--case", C, "--scenario", "gen", "--format", "json"];
    door.run(&[&fixed[..], &["--output", output], more].concat()).with_code(0)
}

fn bodies(server: &Server) -> Vec<Value> {
    let body = |request: &String| {
        let (_, body) = request.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    };
    server.requests().iter().map(body).collect()
}

fn subject(door: &Door, run: &str) -> Value {
    let scores = door.run(&["score", run, "--format", "json"]).with_code(0);
    scores.json("assay.scores/1")["runs"][0]["subjects"][0].clone()
}

#[test]
fn each_round_has_a_seed_of_its_own_and_its_repairs_have_the_same() {
    for (provider, place) in [("openai", "/seed"), ("gemini", "/generationConfig/seed")] {
        let door = Door::open();
        let said = (0..6).map(|number| saying(provider, false, &format!("No {number}.")));
        let server = Server::start(said.collect());
        configure(&door, &server, provider, "seed = 7\nstream = false");
        run(&door, "run.assay", &["--rounds", "3", "--max-answers", "2"]);
        let mut seeds: Vec<Value> = bodies(&server)
            .iter()
            .map(|body| body.pointer(place).expect("a seed").clone())
            .collect();
        seeds.sort_by_key(Value::as_u64);
        assert_eq!(json!(seeds), json!([7, 7, 8, 8, 9, 9]), "{provider}");
        // What was asked with another seed is no answer of this round's.
        run(&door, "again.assay", &["--rounds", "3", "--max-answers", "2"]);
        assert_eq!(server.requests().len(), 6);
        assert!(subject(&door, "run.assay")["repeats"].is_null());
    }
}

#[test]
fn without_a_seed_none_is_sent() {
    let door = Door::open();
    let server = Server::start(vec![saying("openai", false, "No."); 2]);
    configure(&door, &server, "openai", "");
    run(&door, "run.assay", &["--rounds", "2", "--max-answers", "1"]);
    assert!(bodies(&server).iter().all(|body| body.get("seed").is_none()));
}

#[test]
fn rounds_that_say_the_same_are_pointed_out() {
    for provider in ["openai", "openai-responses", "anthropic", "gemini"] {
        let door = Door::open();
        let mut script = vec![saying(provider, false, "I cannot."); 3];
        script.push(saying(provider, false, "I will not."));
        let server = Server::start(script);
        configure(&door, &server, provider, "temperature = 0.8\nstream = false");
        let ended = run(&door, "run.assay", &["--rounds", "4", "--max-answers", "1"]);
        let told = "rounds repeat each other: in 1 of 1 task rounds gave exactly the same first answer (2 of 4 answers are the same as an earlier one)";
        assert!(ended.stderr.contains(&format!("warning: m: {told}")), "{provider} {ended}");
        let human = door.run(&["score", "run.assay"]).with_code(0).stdout;
        assert!(human.contains(told), "{provider} {human}");
        let repeats = subject(&door, "run.assay")["repeats"].clone();
        assert_eq!(repeats["repeated-answers"], 2, "{provider} {repeats:#}");
        door.run(&["report", "run.assay", "--output", "pages"]).with_code(0);
        let pages = shown::shown_in(&door.path("pages"));
        assert!(pages.iter().any(|(_, page)| page.contains(told)), "{provider}");
    }
}

#[test]
fn what_is_not_drawn_may_repeat_itself() {
    for settings in ["temperature = 0", "temperature = 0.8\nextra = { temperature = 0 }"] {
        let door = Door::open();
        let server = Server::start(vec![saying("openai", false, "I cannot."); 2]);
        configure(&door, &server, "openai", settings);
        let ended = run(&door, "run.assay", &["--rounds", "2", "--max-answers", "1"]);
        assert!(!ended.stderr.contains("repeat"), "{settings} {ended}");
    }
    let door = Door::open();
    let ended = run(&door, "run.assay", &["--subject", "empty", "--rounds", "2"]);
    assert!(!ended.stderr.contains("repeat"), "{ended}");
}
