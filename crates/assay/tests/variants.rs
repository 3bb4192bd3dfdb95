//! Variants of cases through the door: they are proved, nothing is overwritten, and a subject that
//! knows the originals by heart is told from one that does not.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "this binary uses a part of it")]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
mod scripted_server;

use std::fs;

use door::{Door, Ended, files_below, solution};
use panel::{Deciding, says};

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// Makes a variant of the case in the folder `both`.
fn make(door: &Door) -> Ended {
    door.run(&["--format", "json", "variants", CASE, "--output", "both"])
}

#[test]
fn a_variant_is_proved_and_has_other_names() {
    let door = Door::open();
    let made = make(&door).with_code(0).json("assay.variants/1");
    let variant = &made["cases"][0];
    assert_eq!(variant["variant"], "bill-search", "{made}");
    let changes = variant["changes"].as_array().expect("a list");
    for kind in ["word", "number", "order"] {
        assert!(changes.iter().any(|change| change["change"] == kind), "{kind}: {made}");
    }
    for file in files_below(&door.path("both/function-level/python/bill-search")) {
        let path = file.to_string_lossy().into_owned();
        assert!(!path.contains("invoice"), "{path}");
        let text = fs::read_to_string(&file).expect("UTF-8");
        let text = text.replace("variant-of = \"invoice-search\"", "");
        assert!(!text.to_lowercase().contains("invoice"), "{path}:\n{text}");
    }
    // What is proved once is proved for whoever looks.
    let checked = door.run(&["--corpus", "both", "check"]).with_code(0);
    assert!(checked.stdout.contains("2 of 2 cases proved"), "{checked}");
}

#[test]
fn who_knows_the_original_by_heart_does_worse_on_the_variant() {
    let door = Door::open();
    make(&door).with_code(0);
    let known = format!(
        "<result><code><path>{PATH}</path><content>\n{}\n</content></code></result>",
        solution(CASE, "secure")
    );
    let server = Deciding::start(move |_| says(&known));
    door.write(
        "assay.toml",
        format!(
            "corpus = 'both'\n[[subject]]\nprovider = 'openai'\nmodel = 'parrot'\nbase-url = '{}/v1'\nretries = 0\n[[subject]]\nprovider = 'reference'\n",
            server.address
        ),
    );
    let run = ["run", "--scenario", "gen", "--max-answers", "1", "--output", "run.assay"];
    let mut command = door.command(&run);
    let ran = Ended::of(command.env("OPENAI_API_KEY", "sk-unused").output().expect("assay starts"));
    let ran = ran.with_code(0);
    assert!(ran.stdout.contains("variants of cases beside their originals"), "{ran}");
    let card = door.run(&["--format", "json", "score", "run.assay"]).with_code(0);
    let card = card.json("assay.scores/1");
    let scores = card["runs"][0]["variants"].as_array().expect("both were asked").clone();
    let of = |subject: &str| {
        let is_it = |score: &&serde_json::Value| {
            let name = score["subject"].as_str().unwrap_or_default();
            name.contains(subject) && score["score"] == "unweighted"
        };
        scores.iter().find(is_it).unwrap_or_else(|| panic!("{subject}: {card}")).clone()
    };
    let (parrot, reference) = (of("parrot"), of("reference"));
    assert_eq!((&parrot["original"], &parrot["variant"]), (&1.0.into(), &0.0.into()));
    assert_eq!(parrot["difference"], -1.0);
    assert_eq!((&reference["original"], &reference["variant"]), (&1.0.into(), &1.0.into()));
    door.run(&["report", "run.assay", "--output", "page"]).with_code(0);
    let pages = files_below(&door.path("page"));
    let holds = |page: &std::path::PathBuf| {
        fs::read_to_string(page).is_ok_and(|text| text.contains("Variants beside their originals"))
    };
    assert!(pages.iter().any(holds), "no page compares variants");
}

#[test]
fn what_is_there_is_not_overwritten() {
    let door = Door::open();
    door.write("both/mine.txt", "mine");
    let refused = make(&door).with_code(3);
    assert!(refused.stderr.contains("both is there already"), "{refused}");
    assert_eq!(fs::read_to_string(door.path("both/mine.txt")).expect("kept"), "mine");
}

#[test]
fn only_cases_in_a_folder_have_variants() {
    let door = Door::open();
    let refused =
        door.run(&["--corpus", "human-eval:x.jsonl", "variants", "--output", "both"]).with_code(3);
    assert!(refused.stderr.contains("variants are made of cases in a folder"), "{refused}");
}
