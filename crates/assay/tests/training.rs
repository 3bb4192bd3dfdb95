//! `assay export --format sft`: data to train models with, from runs and from programs whose security
//! is known.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use copies::copied;
use door::{Door, solution};
use serde_json::{Value, json};

const CASE: &str = "invoice-search";
const KINDS: [&str; 7] =
    ["judgement", "classification", "repair", "completion", "generation", "preference", "rollout"];
const SIDES: [&str; 2] = ["train", "held-out"];

/// All lines of a kind, those to train with and those that are held out.
fn lines(folder: &Path, kind: &str) -> Vec<Value> {
    SIDES.iter().flat_map(|side| of_side(folder, kind, side)).collect()
}

fn of_side(folder: &Path, kind: &str, side: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(format!("{kind}.{side}.jsonl"))).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn read(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn answers_become_instructions_pairs_and_scored_answers() {
    let door = Door::open();
    let run = ["run", "--case", CASE, "--subject", "reference", "--subject", "vulnerable"];
    let subjects = ["--subject", "empty", "--output", "run.assay"];
    door.run(&[&run[..], &subjects].concat()).with_code(0);

    let ended = door.run(&["export", "run.assay", "--format", "sft", "--form", "messages"]);
    let said = ended.with_code(0);
    assert!(said.stdout.contains("written to run.sft"), "{}", said.stdout);
    assert!(said.stderr.contains("no evaluation set was named"), "{}", said.stderr);
    let folder = door.path("run.sft");
    let counts = KINDS.map(|kind| lines(&folder, kind).len());
    // Two scenarios show the vulnerable code and two do not. Of two programs one is secure.
    assert_eq!(counts, [2, 2, 3, 0, 2, 4, 12], "{KINDS:?}");

    let written = &lines(&folder, "generation")[0];
    let [question, answer] = [0, 1].map(|place| &written["messages"][place]);
    assert_eq!([&question["role"], &answer["role"]], ["user", "assistant"]);
    let secure = solution(CASE, "secure");
    let answer = answer["content"].as_str().expect("a text");
    assert!(answer.contains(secure.lines().nth(20).expect("a line")), "{answer}");
    assert_eq!([&written["decided_by"], &written["scenario"]], ["tests", CASE]);

    let verdicts: BTreeSet<String> = lines(&folder, "rollout")
        .iter()
        .map(|it| format!("{} {} {}", it["verdict"], it["reward"], it["functional"]))
        .collect();
    let expect = [r#""insecure" 0.0 true"#, r#""no-code" 0.0 false"#, r#""secure" 1.0 true"#];
    assert_eq!(verdicts, expect.map(str::to_owned).into());

    let said: BTreeSet<String> = lines(&folder, "judgement")
        .iter()
        .map(|it| it["messages"][1]["content"].as_str().expect("a text").to_owned())
        .collect();
    let expect = [r#"{"vulnerable":"safe"}"#, r#"{"vulnerable":"unsafe"}"#];
    assert_eq!(said, expect.map(str::to_owned).into());
    let types: BTreeSet<String> = lines(&folder, "classification")
        .iter()
        .map(|it| it["messages"][1]["content"].as_str().expect("a text").to_owned())
        .collect();
    assert!(types.iter().any(|it| it.contains(r#""type":"cwe-89""#)), "{types:?}");

    // One scenario is on one side, and the descriptions name the files that are there.
    let sides = SIDES.map(|side| KINDS.iter().any(|kind| !of_side(&folder, kind, side).is_empty()));
    assert_ne!(sides[0], sides[1]);
    let info = read(&folder, "dataset_info.json");
    let info = info.as_object().expect("an object");
    assert_eq!(info.len(), 6);
    for (name, set) in info {
        assert!(folder.join(set["file_name"].as_str().expect("a name")).exists(), "{name}");
        assert_eq!(set["formatting"], "sharegpt", "{name}");
        assert_eq!(set["ranking"] == true, name.contains("preference"), "{name}");
    }
    let card = fs::read_to_string(folder.join("README.md")).expect("a card");
    assert!(card.contains("| rollout |") && card.contains("nothing was looked for"), "{card}");

    // What LLaMA-Factory trains a judge by names the sets that are there.
    let side = if sides[0] { "train" } else { "held_out" };
    for (recipe, rate) in [("full", "5.0e-6"), ("qlora", "1.0e-4")] {
        let path = folder.join(format!("vc-judge-{recipe}.yaml"));
        assert_eq!(path.exists(), side == "train");
        if let Ok(text) = fs::read_to_string(path) {
            let sets =
                "dataset: assay_judgement_train,assay_classification_train,assay_repair_train";
            assert!(text.contains(sets) && text.contains("dataset_dir: \"run.sft\""), "{text}");
            assert!(text.contains(&format!("learning_rate: {rate}")), "{text}");
            assert!(!text.contains("eval_dataset"), "{text}");
        }
    }

    // Nothing is overwritten unasked.
    let again = door.run(&["export", "run.assay", "--format", "sft"]).with_code(3);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    door.run(&["export", "run.assay", "--format", "sft", "--force"]).with_code(0);
    assert_eq!(lines(&folder, "generation")[0]["input"], "");
}

#[test]
fn no_scenario_is_on_both_sides() {
    let door = Door::open();
    let of = ["export", "--format", "sft", "--programs", "cov-eval:corpus", "--output", "data"];
    door.run(&[&of[..], &["--held-out", "30", "--form", "sharegpt"]].concat()).with_code(0);
    let folder = door.path("data");
    let scenarios = |side: &str| -> BTreeSet<String> {
        let lines = KINDS.iter().flat_map(|kind| of_side(&folder, kind, side));
        lines.map(|it| it["scenario"].as_str().expect("a name").to_owned()).collect()
    };
    let [train, held_out] = SIDES.map(scenarios);
    assert!(train.len() > held_out.len() && held_out.len() > 2, "{train:?} {held_out:?}");
    assert!(train.is_disjoint(&held_out));
    // Twins: each vulnerable solution is mended by a secure one of its case.
    let unsafe_programs = lines(&folder, "judgement")
        .iter()
        .filter(|it| it["conversations"][1]["value"] == r#"{"vulnerable":"unsafe"}"#)
        .count();
    let repairs = lines(&folder, "repair").len();
    assert!(repairs > 20 && repairs <= unsafe_programs, "{repairs} of {unsafe_programs}");
}

#[test]
fn what_is_like_an_evaluation_is_left_out() {
    let door = Door::open();
    let case = copied(&door, "asked", CASE);
    let folder = case.join("solutions/secure");
    let file = door::files_below(&folder).remove(0);
    let text = fs::read_to_string(&file).expect("UTF-8");
    // One solution is asked as it is but for its layout, another with a line that is not its own.
    fs::write(&file, text.replace("\n\n", "\n\n\n")).expect("written");
    let vulnerable = case.join("solutions/vulnerable");
    let other = door::files_below(&vulnerable).remove(0);
    let text = fs::read_to_string(&other).expect("UTF-8");
    fs::write(&other, format!("{text}\n\ndef unused(rows):\n    return list(rows)\n"))
        .expect("written");

    let of = ["export", "--format", "sft", "--programs", "cov-eval:corpus", "--output"];
    door.run(&[&of[..], &["all"]].concat()).with_code(0);
    let ended = door.run(&[&of[..], &["clean", "--evaluation", "asked"]].concat()).with_code(0);
    assert!(ended.stdout.contains("left out as it is like an evaluation"), "{}", ended.stdout);
    let found = read(&door.path("clean"), "contamination.json");
    let hits = found["hits"].as_array().expect("a list");
    assert!(!hits.is_empty());
    let of_case = |it: &Value| {
        it["program"] == CASE && it["example"].as_str().is_some_and(|it| it.contains(CASE))
    };
    assert!(hits.iter().all(of_case), "{hits:#?}");
    let mut kinds: BTreeMap<bool, usize> = BTreeMap::new();
    for hit in hits {
        *kinds.entry(hit["resemblance"] == json!(1.0)).or_default() += 1;
    }
    assert!(kinds.get(&true) > Some(&0) && kinds.get(&false) > Some(&0), "{hits:#?}");
    let count = |folder: &str| lines(&door.path(folder), "judgement").len();
    let judged = hits.iter().filter(|it| it["kind"] == "judgement").count();
    assert_eq!(count("all") - count("clean"), judged);
}

/// Programs are planted that are like one of an evaluation, as far as their changes are from it; and
/// one that is not.
#[test]
fn a_near_copy_is_found_as_far_as_its_words_are_the_same() {
    let door = Door::open();
    let original = "int copy_name(char *to, size_t size, const char *from)\n{\n    size_t length = strlen(from);\n\n    if (length >= size)\n        length = size - 1;\n    for (size_t at = 0; at < length; at++)\n        to[at] = from[at];\n    to[length] = 0;\n    log_copy(\"names\", length, size);\n    if (from[length] != 0)\n        return -1;\n    notify_reader(to, length);\n    return (int)length;\n}\n";
    let commented = original
        .replace("    size_t length", "    /* How long it is. */\n    size_t length")
        .replace("    notify_reader", "    // All is there.\n    notify_reader");
    let renamed = original.replace("length", "count");
    let all_renamed = ["to", "from", "at", "size", "log_copy", "notify_reader", "copy_name"]
        .iter()
        .enumerate()
        .fold(renamed.clone(), |text, (number, name)| named(&text, name, &format!("v{number}")));
    let other = "char *join(struct list *all, char with)\n{\n    struct buffer out = { 0 };\n\n    while (all) {\n        append(&out, all->text);\n        all = all->next;\n        if (all)\n            append_char(&out, with);\n    }\n    return finish(&out);\n}\n";
    // The resemblance in per cent, or none where it is under the least that can be asked for.
    let planted = [
        ("exact", original.to_owned(), Some(100)),
        ("indented", original.replace("    ", "\t"), Some(100)),
        ("commented", commented, Some(76)),
        ("one-call", original.replace("notify_reader", "tell"), Some(91)),
        ("one-variable", renamed, None),
        ("all-names", all_renamed, None),
        ("unrelated", other.to_owned(), None),
    ];
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut csv = ",CWE ID,CVE ID,lang,func_after,func_before,vul\n".to_owned();
    for (number, (name, text, _)) in planted.iter().enumerate() {
        let after = format!("{text}\nstatic int mended_{number};\n");
        let (before, after) = (quoted(text), quoted(&after));
        let _ = writeln!(csv, "{number},CWE-119,CVE-{name},C,{after},{before},1");
    }
    fs::write(door.path("big.csv"), csv).expect("written");
    // Three evaluation sets at once: the planted one, HumanEval's file, and our own cases.
    let case = copied(&door, "asked", "archive-list");
    // Its mutants are of the solution that was there.
    fs::remove_dir_all(case.join("mutants")).expect("removed");
    let asked = door::files_below(&case.join("solutions/secure")).remove(0);
    fs::write(asked, original).expect("written");
    let problem = json!({
        "task_id": "HumanEval/0", "prompt": "def double(n):\n    \"\"\"Twice the number that is given, be it above or below zero.\"\"\"\n",
        "entry_point": "double", "canonical_solution": "    return 2 * n\n",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n",
    });
    fs::write(door.path("HumanEval.jsonl"), format!("{problem}\n")).expect("written");

    let sets = ["asked", "human-eval:HumanEval.jsonl", "corpus"];
    let found = |resemblance: &str| -> BTreeMap<String, u64> {
        let output = format!("at-{resemblance}");
        let of = ["export", "--format", "sft", "--bigvul", "big.csv", "--output", output.as_str()];
        let evaluations = sets.iter().flat_map(|set| ["--evaluation", *set]);
        let arguments: Vec<&str> =
            of.into_iter().chain(["--resemblance", resemblance]).chain(evaluations).collect();
        let ended = door.run(&arguments);
        ended.with_code(0);
        let contamination = read(&door.path(&output), "contamination.json");
        for set in ["asked", "HumanEval.jsonl", "corpus"] {
            assert!(contamination["sets"][set].is_u64(), "{set}: {contamination:#}");
        }
        let hits = contamination["hits"].as_array().expect("a list").iter();
        let of_unmended = hits.filter(|it| it["kind"] == "judgement" && it["set"] == "asked");
        of_unmended
            .filter_map(|it| {
                let row = it["example"].as_str()?.strip_prefix("bigvul-")?.parse::<usize>().ok()?;
                let per_cent = (it["resemblance"].as_f64()? * 100.0).round();
                Some((planted[row - 1].0.to_owned(), per_cent.to_string().parse().ok()?))
            })
            .collect()
    };
    for (resemblance, least) in [("50", 50), ("80", 80), ("100", 100)] {
        let expect: BTreeMap<String, u64> = planted
            .iter()
            .filter_map(|(name, _, per_cent)| Some(((*name).to_owned(), (*per_cent)?)))
            .filter(|(_, per_cent)| *per_cent >= least)
            .collect();
        assert_eq!(found(resemblance), expect, "--resemblance {resemblance}");
    }
}

/// The text with another name for a word.
fn named(text: &str, word: &str, other: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut result = String::new();
    let mut rest = text;
    while let Some(place) = rest.find(word) {
        let (before, after) = (&rest[..place], &rest[place + word.len()..]);
        let is_whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        result.push_str(before);
        result.push_str(if is_whole { other } else { word });
        rest = after;
    }
    result + rest
}

#[test]
fn functions_of_bigvul_are_read_as_published() {
    let door = Door::open();
    let before = "int take(char *to, const char *from) {\n  strcpy(to, from);\n  return 0;\n}\n";
    let after = before.replace("strcpy(to, from)", "snprintf(to, 16, \"%s\", from)");
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let row = |number: usize, cwe: &str, vul: u8, lang: &str| {
        let (before, after) = (quoted(before), quoted(&after));
        format!("{number},Remote,{cwe},CVE-2014-{number:04},{lang},p,{after},{before},{vul}\n")
    };
    let mut csv =
        ",Access Gained,CWE ID,CVE ID,lang,project,func_after,func_before,vul\n".to_owned();
    csv.push_str(&row(1, "CWE-119", 1, "C"));
    csv.push_str(&row(2, "CWE-119", 0, "C"));
    csv.push_str(&row(3, "", 1, "C"));
    csv.push_str(&row(4, "CWE-787", 1, "Java"));
    csv.push_str(&row(5, "CWE-787", 1, "C++"));
    fs::write(door.path("big.csv"), &csv).expect("written");
    let of = ["export", "--format", "sft", "--bigvul", "big.csv", "--output"];
    door.run(&[&of[..], &["data"]].concat()).with_code(0);
    let folder = door.path("data");
    assert_eq!(KINDS.map(|kind| lines(&folder, kind).len()), [4, 4, 2, 0, 0, 0, 0]);
    let repair = &lines(&folder, "repair")[0];
    assert!(repair["output"].as_str().is_some_and(|it| it.contains("snprintf")), "{repair}");
    assert!(repair["instruction"].as_str().is_some_and(|it| it.contains("strcpy")), "{repair}");

    door.run(&[&of[..], &["one", "--bigvul-pairs", "1"]].concat()).with_code(0);
    assert_eq!(lines(&door.path("one"), "repair").len(), 1);
    fs::write(door.path("big.csv"), csv.replace("func_before", "before")).expect("written");
    let ended = door.run(&[&of[..], &["none"]].concat()).with_code(3);
    assert!(ended.stderr.contains("has no column \"func_before\""), "{}", ended.stderr);
    assert!(!door.path("none").join("README.md").exists());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let door = Door::open();
    let check = |arguments: &[&str], code: i32, expect: &str| {
        let ended = door.run(&[&["export"], arguments].concat()).with_code(code);
        assert!(ended.stderr.contains(expect), "{arguments:?}: {}", ended.stderr);
    };
    check(&["--format", "sft", "--programs", "corpus", "--output", "o"], 3, "cov-eval:corpus");
    check(&["--format", "sft", "--programs", "cov-eval:corpus"], 3, "--output");
    check(&["--format", "sft", "--programs", "cov-eval:corpus", "--output", "-"], 3, "folder");
    check(&["run.assay", "--format", "csv", "--form", "alpaca"], 3, "--form is for sft");
    check(&["--format", "sft"], 2, "RUN");
    let none = ["--format", "sft", "--bigvul", "big.csv", "--bigvul-pairs", "0", "--output", "o"];
    check(&none, 2, "0 is not in 1..");
}
