//! What people decide in the table of the review is read back in.

use crate::door::Door;
use crate::model::Model;
use crate::script::{
    C_SEED, For, PYTHON_SEED, candidate, checkout, evolve, ledger, says, standing,
};

/// The review with something written into the columns of some candidates.
fn reviewed(door: &Door, decisions: &[(&str, &str, [&str; 3])]) -> String {
    let path = door.path("out/review.csv");
    let mut reader = csv::Reader::from_path(&path).expect("a table");
    let columns = reader.headers().expect("titles").clone();
    let place = |name: &str| columns.iter().position(|it| it == name).expect(name);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&columns).expect("it is written");
    for row in reader.records() {
        let row = row.expect("a row");
        let mut cells: Vec<String> = row.iter().map(str::to_owned).collect();
        for (seed, strategy, written) in decisions {
            if cells[0] == format!("{seed}/{strategy}/1") {
                for (name, value) in ["decision", "comment", "who"].iter().zip(written) {
                    cells[place(name)] = (*value).to_owned();
                }
            }
        }
        writer.write_record(&cells).expect("it is written");
    }
    String::from_utf8(writer.into_inner().expect("it is whole")).expect("UTF-8")
}

#[test]
fn people_drop_what_is_kept_and_keep_what_an_opinion_dropped() {
    let door = checkout();
    let model = Model::start(says);
    evolve(&door, &model, &[]).with_code(0);
    let asked = model.asked().len();
    let table = reviewed(
        &door,
        &[
            (C_SEED, "constraints", ["drop", "=too close, \"really\"", "Ada"]),
            (PYTHON_SEED, "rarer", ["KEEP", "the index is no defence", "Ada"]),
        ],
    );
    door.write("decided.csv", table);
    let more = ["--decisions=decided.csv"];
    let result = evolve(&door, &model, &more).with_code(0).json("assay.evolution/1");
    let dropped = candidate(&result, C_SEED, "constraints");
    assert_eq!(standing(dropped), "people");
    assert_eq!(dropped["reason"], "by Ada: =too close, \"really\"");
    assert_eq!(dropped["decision"]["who"], "Ada");
    let kept = candidate(&result, PYTHON_SEED, "rarer");
    assert_eq!(standing(kept), "kept", "{kept}");
    // It still had to be completed; and one that resembled the dropped one takes its place.
    let mut more_asked: Vec<For> = model.asked()[asked..].iter().map(For::of).collect();
    more_asked.sort_unstable();
    assert_eq!(more_asked, [For::Guard, For::Weakness, For::Complete, For::Complete]);
    assert_eq!(standing(candidate(&result, C_SEED, "demands")), "kept");
    let corpus =
        std::fs::read_dir(door.path("out/corpus/datasets/CoV-Eval_v1/code_completion_task"));
    assert_eq!(corpus.expect("a folder").count(), 2);

    // Decisions last, and the same table changes nothing.
    let lines = ledger(&door).len();
    let again = evolve(&door, &model, &more).with_code(0).json("assay.evolution/1");
    assert_eq!(again["candidates"], result["candidates"]);
    door.write("decided.csv", reviewed(&door, &[]));
    let again = evolve(&door, &model, &more).with_code(0).json("assay.evolution/1");
    assert_eq!(again["candidates"], result["candidates"]);
    let without = evolve(&door, &model, &[]).with_code(0).json("assay.evolution/1");
    assert_eq!(without["candidates"], result["candidates"]);
    assert_eq!(ledger(&door).len(), lines);
    let page = std::fs::read_to_string(door.path("out/review.html")).expect("a page");
    assert!(page.contains("Decided: drop, by Ada: =too close, &quot;really&quot;"), "{page}");
}

#[test]
fn facts_are_not_overruled() {
    let door = checkout();
    let model = Model::start(says);
    evolve(&door, &model, &[]).with_code(0);
    let id = |seed: &str, strategy: &str| format!("{seed}/{strategy}/1");
    let facts = [(C_SEED, "rarer", "seed"), (PYTHON_SEED, "demands", "completion")];
    let rows: String =
        facts.iter().map(|(seed, strategy, _)| id(seed, strategy) + ",keep\n").collect();
    door.write("decided.csv", format!("candidate,decision\n{rows}"));
    let result = evolve(&door, &model, &["--decisions=decided.csv"]).with_code(0);
    let result = result.json("assay.evolution/1");
    for (seed, strategy, filter) in facts {
        assert_eq!(standing(candidate(&result, seed, strategy)), filter);
    }
}

#[test]
fn decisions_that_were_not_read_are_not_written_over() {
    let door = checkout();
    let model = Model::start(says);
    evolve(&door, &model, &[]).with_code(0);
    let asked = model.asked().len();
    let table = reviewed(&door, &[(C_SEED, "constraints", ["drop", "", "Ada"])]);
    door.write("out/review.csv", &table);
    let lines = ledger(&door).len();
    // A copy of the table is another file.
    door.write("copy.csv", &table);
    for more in [&[][..], &["--decisions=copy.csv"], &["--strategy=rarer"]] {
        let ended = evolve(&door, &model, more).with_code(3);
        assert!(ended.stderr.contains("out/review.csv was changed since"), "{ended}");
        assert!(ended.stderr.contains("--decisions out/review.csv"), "{ended}");
    }
    evolve(&door, &model, &["--dry-run"]).with_code(0);
    let found = std::fs::read_to_string(door.path("out/review.csv")).expect("a table");
    assert_eq!((found, ledger(&door).len()), (table, lines));
    assert_eq!(model.asked().len(), asked, "nothing is asked before");
    let result = evolve(&door, &model, &["--decisions=out/review.csv"]).with_code(0);
    let result = result.json("assay.evolution/1");
    assert_eq!(standing(candidate(&result, C_SEED, "constraints")), "people");
    evolve(&door, &model, &[]).with_code(0);
}

#[test]
fn nothing_that_no_evolution_wrote_is_replaced() {
    let model = Model::start(says);
    for (file, is_begun) in [
        ("out/corpus/function-level/c/mine/case.toml", false),
        ("out/corpus/function-level/c/mine/case.toml", true),
        ("out/corpus/provenance.json", true),
        ("out/corpus", true),
        ("out/review.csv", false),
        ("out/review.html", false),
        ("out/evolution.json", false),
    ] {
        let door = checkout();
        if is_begun {
            let more = ["--strategy=constraints", "--max-requests=1"];
            evolve(&door, &model, &more).with_code(4);
            assert!(!door.path("out/corpus").exists());
        }
        door.write(file, "{\"of\": \"somebody\"}");
        let asked = model.asked().len();
        let ended = evolve(&door, &model, &[]).with_code(3);
        let place = if file.starts_with("out/corpus") { "out/corpus" } else { file };
        assert!(ended.stderr.contains(&format!("{place} exists already")), "{file}: {ended}");
        let found = std::fs::read_to_string(door.path(file)).expect("it is there");
        assert_eq!(found, "{\"of\": \"somebody\"}", "{file}");
        assert_eq!(model.asked().len(), asked, "{file}: nothing is asked before");
        assert_eq!(door.path("out/ledger.jsonl").exists(), is_begun, "{file}");
    }
}

#[test]
fn wrong_rows_are_named_with_file_and_line() {
    let door = checkout();
    let model = Model::start(says);
    let more = ["--strategy=constraints", "--decisions=decided.csv"];
    door.write("decided.csv", "candidate,decision\n");
    evolve(&door, &model, &more).with_code(0);
    let before = ledger(&door).len();
    let good = format!("{C_SEED}/constraints/1");
    let unwritten = format!("{PYTHON_SEED}/constraints/1");
    for (table, expect) in [
        (
            "candidate,decision\nx/constraints/1,drop\n".to_owned(),
            ":2: there is no candidate \"x/constraints/1\"",
        ),
        (
            format!("candidate,decision\n\n{good},maybe\n"),
            ":3: decision is \"maybe\"; write keep, drop or nothing",
        ),
        (format!("candidate,decision\n{good},drop\n{good},keep\n"), ":3: "),
        (format!("candidate,decision\n{unwritten},drop\n"), ":2: the writer has made no scenario"),
        (format!("candidate,decision,digest\n{good},drop,00ff\n"), ":2: the decision about"),
        (format!("candidate;decision;comment\n{good};drop;\"a\nb\"\n{good};drop;\n"), ":4: "),
        (format!("name,decision\n{good},drop\n"), ":2: missing field"),
        (format!("candidate,decision\n{good}\n"), ":2: it has 1 values where there are 2 columns"),
    ] {
        door.write("decided.csv", &table);
        let ended = evolve(&door, &model, &more).with_code(3);
        assert!(ended.stderr.contains(&format!("decided.csv{expect}")), "{table}{expect}: {ended}");
    }
    let ended = evolve(&door, &model, &["--decisions=none.csv"]).with_code(3);
    assert!(ended.stderr.contains("failed to read none.csv"), "{ended}");
    assert_eq!(ledger(&door).len(), before, "nothing of a wrong table is taken");
}
