//! The evaluator that needs no model, and its weights, which are those of the programs that they name.

use assay::evaluators::{Findings, examples, known_programs};
use assay_core::corpus::CorpusSource;
use assay_core::heuristic::{Example, Heuristic, features_digest, train};
use serde_json::Value;

use crate::door::{Door, repository};
use crate::{ABOUT, COMPARE, score};

/// Two languages with few cases.
const FEW: [&str; 2] = ["--language=ruby", "--language=java"];

#[test]
fn it_says_nothing_of_what_it_has_learnt_and_the_prior_stands_beside() {
    let door = Door::open();
    let found = door.run(&[&COMPARE[..], &ABOUT, &["--heuristic"]].concat()).with_code(0);
    let found = found.json("assay.evaluators/1");
    let heuristic = score(&found, "heuristic");
    assert_eq!((&heuristic["unknown"], &heuristic["auc"]), (&5.into(), &Value::Null));

    let crossed = ["--heuristic=cross-validated"];
    let found = door.run(&[&COMPARE[..], &FEW, &crossed].concat()).with_code(0);
    let found = found.json("assay.evaluators/1");
    let heuristic = score(&found, "heuristic (cross-validated)");
    assert_eq!(heuristic["unknown"], 0, "{heuristic:#}");
    for name in ["heuristic (cross-validated)", "per-weakness prior"] {
        let score = score(&found, name);
        let [low, auc, high] = [
            score["auc-interval"]["low"].as_f64(),
            score["auc"].as_f64(),
            score["auc-interval"]["high"].as_f64(),
        ];
        assert!(low <= auc && auc <= high && auc.is_some(), "{score:#}");
    }
    assert_eq!(score(&found, "always vulnerable")["auc"], Value::Null);
}

#[test]
fn weights_are_trained_into_a_file_that_comparisons_take() {
    let door = Door::open();
    let train = ["--corpus=cov-eval:corpus", "evaluators", "train", "--output=weights.json"];
    let ended = door.run(&[&train[..], &FEW, &["--folds=4"]].concat()).with_code(0);
    assert!(ended.stdout.contains("heuristic (cross-validated)"), "{ended}");
    assert!(ended.stdout.contains("per-weakness prior"), "{ended}");
    let text = std::fs::read_to_string(door.path("weights.json")).expect("it is written");
    let heuristic = Heuristic::read(&text).expect("weights");
    let provenance = &heuristic.provenance;
    assert_eq!(provenance.sources.len(), 1);
    assert_eq!(provenance.cross_validation.folds, 4);
    let programs = provenance.sources[0].vulnerable + provenance.sources[0].secure;
    assert_eq!(provenance.trained_on.programs.len(), programs);
    assert!(provenance.mutants > 0 && !heuristic.weights.is_empty());
    // Programs of other languages were not seen.
    let compare = [&COMPARE[..], &ABOUT, &["--heuristic=weights.json"]].concat();
    let found = door.run(&compare).with_code(0).json("assay.evaluators/1");
    let score = score(&found, "heuristic (weights.json)");
    assert_eq!((&score["programs"], &score["unknown"]), (&5.into(), &0.into()), "{score:#}");

    let ended = door.run(&[&train[..], &FEW].concat());
    assert!(ended.stderr.contains("weights.json exists already"), "{ended}");
    let one = [train[0], train[1], train[2], "--output=other.json", ABOUT[0]];
    let ended = door.run(&one);
    assert!(ended.stderr.contains("there must be vulnerable and secure ones"), "{ended}");
    door.write("broken.json", "{}");
    for (file, expect) in
        [("broken.json", "not the weights of a heuristic"), ("none.json", "failed to read")]
    {
        let weights = format!("--heuristic={file}");
        let ended = door.run(&[&COMPARE[..], &ABOUT, &[weights.as_str()]].concat());
        assert_eq!(ended.code, Some(3), "{ended}");
        assert!(ended.stderr.contains(expect) && ended.stderr.contains(file), "{ended}");
    }
}

/// New cases change nothing about weights that name what they were learnt from. What must not happen
/// unnoticed is that the program sees something else in the same programs.
#[test]
#[expect(clippy::print_stderr, reason = "says why less is shown than could be")]
fn the_weights_that_come_with_the_program_are_what_training_gives() {
    let source = CorpusSource::parse(&format!("cov-eval:{}/corpus", repository().display()));
    let corpus = source.load().expect("our corpus");
    let heuristic = Heuristic::embedded().expect("weights");
    let provenance = &heuristic.provenance;
    let programs = known_programs(&corpus.cases);
    let all = examples(&programs, Some(&corpus), (&[], &Findings::new()));
    let is_known = |example: &&Example| {
        provenance.trained_on.programs.contains(&example.digest[..16]) || example.is_mutant
    };
    let known: Vec<&Example> = all.iter().filter(is_known).collect();
    let again = "to renew them: assay --corpus cov-eval:corpus evaluators train --force --output crates/core/src/heuristic/weights.json";
    if !heuristic.is_of(&known) {
        eprintln!("programs that the weights were learnt from have changed since; {again}");
        return;
    }
    assert_eq!(
        features_digest(&known),
        provenance.features_digest,
        "other things are seen in the same programs; {again}"
    );
    if provenance.sources[0].digest != corpus.digest {
        eprintln!("the corpus has more than the weights were learnt from; {again}");
        return;
    }
    let trained = train(&known, provenance.penalty).expect("both kinds");
    let trained = Heuristic::new(trained, provenance.clone());
    assert!((trained.intercept - heuristic.intercept).abs() < 1e-4, "{again}");
    assert_eq!(trained.weights.len(), heuristic.weights.len(), "{again}");
    for (name, weight) in &heuristic.weights {
        let found = trained.weights.get(name).copied().unwrap_or(f64::NAN);
        assert!((found - weight).abs() < 1e-4, "{name} is {found} and was {weight}; {again}");
    }
}
