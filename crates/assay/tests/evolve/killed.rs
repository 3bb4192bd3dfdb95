//! An evolution that is killed loses no answer and asks for none twice.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::model::Model;
use crate::script::{EXPECTED, arguments, candidate, checkout, evolve, ledger, says, standing};
use crate::scripted_server::Step;

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// All answers of one evolution.
const ANSWERS: usize = 17;

/// The questions that are answered in a ledger.
fn answered(door: &crate::door::Door) -> BTreeSet<String> {
    let all = ledger(door);
    let answered = all.iter().filter(|it| it["event"] == "answered");
    answered.map(|it| format!("{} {}", it["candidate"], it["step"])).collect()
}

#[test]
fn killed_at_any_instant_it_loses_nothing_and_asks_nothing_twice() {
    let door = checkout();
    // So many answers more are given; then the model falls silent, and the program is killed.
    let left = Arc::new(AtomicUsize::new(0));
    let budget = Arc::clone(&left);
    let model = Model::start(move |asked| {
        let one_less = |left: usize| left.checked_sub(1);
        match budget.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => says(asked),
            Err(_) => Step::Hang,
        }
    });
    let mut known = 0;
    for more in [1, 2, 5, 3] {
        left.store(more, Ordering::SeqCst);
        let mut child = door
            .command(&arguments(model.base(), &["--no-cache"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("assay starts");
        let begun = Instant::now();
        while answered(&door).len() < known + more {
            assert!(begun.elapsed() < PATIENCE, "only {} answers are kept", answered(&door).len());
            sleep(Duration::from_millis(5));
        }
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
        known += more;
        assert_eq!(answered(&door).len(), known);
    }
    // A kill in the middle of a write leaves half a line.
    let path = door.path("out/ledger.jsonl");
    let mut text = std::fs::read_to_string(&path).expect("a ledger");
    text.push_str("{\"candidate\":\"complete-se");
    std::fs::write(&path, text).expect("it is written");

    left.store(1_000, Ordering::SeqCst);
    let before = model.asked().len();
    let result = evolve(&door, &model, &["--no-cache"]).with_code(0).json("assay.evolution/1");
    assert_eq!(model.asked().len() - before, ANSWERS - known, "something was asked twice");
    assert_eq!(answered(&door).len(), ANSWERS);
    for (seed, strategy, expect) in EXPECTED {
        assert_eq!(standing(candidate(&result, seed, strategy)), expect, "{seed} {strategy}");
    }
    assert_eq!(result["requests"], ANSWERS);

    // What is complete asks nothing more, and stays as it is.
    let again = evolve(&door, &model, &["--no-cache"]).with_code(0).json("assay.evolution/1");
    assert_eq!(model.asked().len() - before, ANSWERS - known);
    assert_eq!(again["candidates"], result["candidates"]);
}

#[test]
fn answers_are_kept_to_the_letter() {
    let door = checkout();
    let model = Model::start(says);
    evolve(&door, &model, &["--strategy=constraints"]).with_code(0);
    let all = ledger(&door);
    assert_eq!(all[0]["schema"], "assay.evolution-ledger/1");
    let texts: Vec<&str> = all.iter().filter_map(|it| it["answer"].as_str()).collect();
    assert!(texts.contains(&"I am sorry, but I cannot help with that."), "{texts:?}");
    assert!(texts.contains(&"{\"reason\": \"nothing is limited\", \"answer\": \"no\"}"));
}

#[test]
fn a_ledger_of_something_else_stays_as_it_is() {
    let door = checkout();
    let model = Model::start(says);
    let more = ["--strategy=steps"];
    for content in ["words", "words\n", "{\"schema\":\"other\"}\n", "{}"] {
        door.write("out/ledger.jsonl", content);
        let ended = evolve(&door, &model, &more).with_code(3);
        assert!(ended.stderr.contains("name another folder with --output"), "{content}: {ended}");
        let left = std::fs::read_to_string(door.path("out/ledger.jsonl")).expect("it is there");
        assert_eq!(left, content);
    }
    std::fs::remove_file(door.path("out/ledger.jsonl")).expect("it is removed");
    evolve(&door, &model, &more).with_code(0);
    let check = |arguments: &[&str], expect: &str| {
        let ended = evolve(&door, &model, &[&more[..], arguments].concat()).with_code(3);
        assert!(ended.stderr.contains(expect), "{expect}: {ended}");
    };
    let filter = ["--filter-model=openai:f", "--filter-base-url=http://127.0.0.1:9/v1"];
    check(&filter, "has another model for the filters");
    door.write("out/ledger.jsonl", {
        let text = std::fs::read_to_string(door.path("out/ledger.jsonl")).expect("it is there");
        text + "{\"candidate\":1}\n"
    });
    check(&[], "ledger.jsonl:");
    check(&[], "not a line of assay.evolution-ledger/1");
}
