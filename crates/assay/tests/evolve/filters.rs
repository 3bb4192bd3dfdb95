//! What each filter drops, and what becomes of the rest.

use std::fs;

use assay_core::corpus::CorpusSource;
use serde_json::Value;

use crate::door::Door;
use crate::model::{Model, text};
use crate::script::{
    C_SEED, EXPECTED, For, KEPT, PYTHON_SEED, candidate, checkout, digest, evolve, says, standing,
    verdict,
};

fn json(door: &Door, path: &str) -> Value {
    let text = fs::read_to_string(door.path(path)).expect("it is there");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn each_filter_says_what_it_drops_and_what_is_kept_is_a_corpus() {
    let door = checkout();
    let model = Model::start(says);
    let result = evolve(&door, &model, &[]).with_code(0).json("assay.evolution/1");
    for (seed, strategy, expect) in EXPECTED {
        let found = candidate(&result, seed, strategy);
        assert_eq!(standing(found), expect, "{found}");
    }
    let reason = |seed: &str, strategy: &str| {
        candidate(&result, seed, strategy)["reason"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(reason(C_SEED, "rarer"), "it is the seed in another layout");
    let guard =
        "line 10: a length is held against a size: if (strlen(names[0]) >= sizeof(tag->text))";
    assert_eq!(reason(C_SEED, "steps"), guard);
    let resembles = format!("resembles {C_SEED}/constraints/1 to 9");
    assert!(reason(C_SEED, "demands").starts_with(&resembles), "{}", reason(C_SEED, "demands"));
    assert_eq!(reason(PYTHON_SEED, "rarer"), "the index names the files");
    assert_eq!(reason(PYTHON_SEED, "demands"), "0 new lines of code");
    let outcome = &result["outcome"];
    assert_eq!(
        (&outcome["planned"], &outcome["raw"], &outcome["kept"]),
        (&8.into(), &8.into(), &1.into())
    );
    assert_eq!(outcome["guarded"], 0.25);

    // Nothing that is dropped is asked about any more.
    let count = |wanted| model.asked().iter().filter(|it| For::of(it) == wanted).count();
    assert_eq!([For::Write, For::Guard, For::Weakness, For::Complete].map(count), [8, 4, 3, 2]);

    // What is kept can be read, to the letter, and run.
    let corpus = CorpusSource::CovEval(door.path("out/corpus")).load().expect("a corpus");
    let ids: Vec<&str> = corpus.cases.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["complete-evolved-cwe-787-tag-1-0"]);
    assert_eq!(corpus.cases[0].code().and_then(|it| it.interface.as_deref()), Some(KEPT));
    let provenance = json(&door, "out/corpus/provenance.json");
    let scenario = &provenance["scenarios"][0];
    assert_eq!(scenario["case"], ids[0]);
    assert_eq!(scenario["digest"].as_str(), Some(digest(KEPT).as_str()));
    assert_eq!(scenario["seed"], C_SEED);
    assert_eq!(scenario["answers"].as_array().map(Vec::len), Some(4));
    assert_eq!(provenance["writer"]["model"], "m");
    let asked = model.asked().len();
    let run = [
        "run",
        "--corpus=cov-eval:out/corpus",
        "--scenario=complete",
        "--subject=openai:m",
        "--base-url",
        model.base(),
        "--judge-later",
        "--output=run.assay",
        "--format=json",
    ];
    let ran = door.run(&run);
    let ran = ran.json("assay.run/1");
    assert_eq!((&ran["unjudged"], &ran["errored"]), (&1.into(), &0.into()), "{ran}");
    // The filter has had it completed: the answer is in the response cache.
    assert_eq!(model.asked().len(), asked);
}

#[test]
fn figures_stand_beside_those_of_the_paper() {
    let door = checkout();
    let model = Model::start(says);
    let arguments = crate::script::arguments(model.base(), &["--format=human"]);
    let arguments: Vec<&str> = arguments.into_iter().filter(|it| *it != "--format=json").collect();
    let ended = door.run(&arguments).with_code(0);
    for expect in [
        "8 candidates from 2 seeds: 8 raw, 1 kept",
        "guard-rules  holds the defence already, by a rule",
        "25.0 % of raw scenarios hold the defence already; in the paper 40 %",
        "seeds  2         10.0   19.5   1.5      4.7    3                 23",
        "kept   1         15.0   27.4   3.0      4.8    3                 67",
        "corpus: cov-eval:",
    ] {
        assert!(ended.stdout.contains(expect), "{expect}: {ended}");
    }
    let complexity = &json(&door, "out/evolution.json")["outcome"]["complexity"];
    assert_eq!(complexity["published-evolved"]["mean-lines"], 27.4);
    assert_eq!(complexity["kept"]["distinct-imports"], 3);
}

#[test]
fn another_model_may_be_asked_by_the_filters() {
    let door = checkout();
    let (writer, filter) = (Model::start(says), Model::start(says));
    let more = ["--filter-model=openai:f", "--filter-base-url", filter.base()];
    let result = evolve(&door, &writer, &more).with_code(0).json("assay.evolution/1");
    assert_eq!(result["filter"]["model"], "f");
    let of_filters = |model: &Model| {
        let asked = model.asked();
        let is_filter = |it: &For| matches!(it, For::Guard | For::Weakness);
        (asked.len(), asked.iter().map(For::of).filter(is_filter).count())
    };
    assert_eq!((of_filters(&writer), of_filters(&filter)), ((10, 0), (7, 7)));
}

#[test]
fn a_verdict_that_cannot_be_read_is_asked_for_once_more_and_then_left_to_people() {
    let door = checkout();
    let model = Model::start(|asked| match For::of(asked) {
        For::Guard if asked.0.len() == 1 => text("Hard to say."),
        For::Guard => text(&verdict("no", "now in the form")),
        For::Weakness => text("It depends."),
        _ => says(asked),
    });
    let more = ["--strategy=constraints", C_SEED];
    let result = evolve(&door, &model, &more).with_code(0).json("assay.evolution/1");
    let found = candidate(&result, C_SEED, "constraints");
    assert_eq!(standing(found), "undecided", "{found}");
    assert_eq!(found["filter"], "weakness");
    let asked = model.asked();
    assert_eq!(
        asked.iter().map(For::of).collect::<Vec<_>>(),
        [For::Write, For::Guard, For::Guard, For::Weakness, For::Weakness]
    );
    assert!(asked[2].last().contains("Your answer could not be read"), "{:?}", asked[2]);
    assert_eq!(asked[2].0[1], "Hard to say.");
    // It is not asked again, and is in no corpus.
    evolve(&door, &model, &more).with_code(0);
    assert_eq!(model.asked().len(), 5);
    assert!(!door.path("out/corpus").exists());
}

#[test]
fn questions_name_the_weakness_only_to_those_who_are_to_know_it() {
    let door = checkout();
    let model = Model::start(says);
    evolve(&door, &model, &[]).with_code(0);
    for asked in model.asked() {
        let question = asked.first();
        match For::of(&asked) {
            For::Complete => assert!(!question.contains("CWE-"), "{question}"),
            For::Guard | For::Weakness => {
                let examples = question.matches("The right answer:").count();
                assert_eq!(examples, 2, "{question}");
            }
            _ => assert!(question.contains("CWE-"), "{question}"),
        }
    }
}

#[test]
fn a_dry_run_asks_nothing_and_leaves_nothing() {
    let door = checkout();
    let model = Model::start(says);
    let plan = evolve(&door, &model, &["--dry-run"]).with_code(0).json("assay.evolution-plan/1");
    assert_eq!(plan["candidates"].as_array().map(Vec::len), Some(8));
    assert_eq!(plan["estimate"]["requests"], 8 * 4);
    assert!(model.asked().is_empty() && !door.path("out").exists());
}

#[test]
fn what_cannot_be_evolved_is_named() {
    let door = checkout();
    let check = |arguments: &[&str], expect: &str| {
        let ended = door.run(&[&["evolve", "--output=out"][..], arguments].concat());
        assert_eq!(ended.code, Some(3), "{ended}");
        assert!(ended.stderr.contains(expect), "{expect}: {ended}");
    };
    let corpus = "--corpus=cov-eval:checkout";
    check(&[corpus], "no model is named; name one with --writer, as in --writer openai:MODEL");
    check(&[corpus, "--writer=reference"], "--writer is a model behind a server");
    check(&[corpus, "--writer=openai"], "openai needs MODEL after a colon");
    check(&[corpus, "--writer=openai:m", "nothing"], "the corpus has no case \"nothing\"");
    let judged = ["--writer=openai:m", "--base-url=http://127.0.0.1:9/v1", "member-passwords"];
    check(&judged, "judges decide a phase of member-passwords");
    let ended = door.run(&["evolve", corpus, "--writer=openai:m", "--max-similarity=2"]);
    assert!(ended.with_code(2).stderr.contains("2 is not from 0 to 1"));
}
