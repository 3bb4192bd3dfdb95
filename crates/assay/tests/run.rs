//! `assay run` with subjects that ask nobody, and what is made of stored runs:
//! `score`, `agree` and `report`.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
mod door;
mod shown;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use copies::copied;
use door::{Door, Ended, solution};
use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::Connection;
use serde_json::{Value, json};

const C: &str = "telemetry-frame";
const PYTHON: &str = "invoice-search";
const BOTH: [&str; 4] = ["--case", C, "--case", PYTHON];

/// Runs subjects over both cases, in the generating scenario alone.
fn run(door: &Door, arguments: &[&str]) -> Ended {
    let fixed = [&["run", "--scenario", "gen"], &BOTH[..]].concat();
    door.run(&[&fixed[..], arguments].concat())
}

fn scorecard(door: &Door, run: &str) -> Value {
    let scores = door.run(&["score", run, "--format", "json"]).with_code(0);
    scores.json("assay.scores/1")["runs"][0].clone()
}

fn subject<'a>(card: &'a Value, name: &str) -> &'a Value {
    let subjects = card["subjects"].as_array().expect("a list");
    let found = subjects.iter().find(|subject| subject["name"] == name);
    found.unwrap_or_else(|| panic!("no subject {name}: {card:#}"))
}

/// A record of one answer, and its line.
fn record(case: &str, round: u32, answer: (&str, Value)) -> String {
    let (form, answer) = answer;
    let record =
        json!({"model": "m", "case": case, "scenario": "gen", "round": round, form: answer});
    format!("{record}\n")
}

#[test]
fn runs_that_begin_in_one_second_have_names_of_their_own() {
    let door = Door::open();
    for count in 1..=4 {
        door.run(&["run", "--case", C, "--scenario", "gen", "--subject", "empty"]).with_code(0);
        let runs = fs::read_dir(door.path("assay-runs")).expect("a folder");
        let names = runs.map(|entry| entry.expect("readable").file_name().into_string());
        let runs = names.filter(|name| name.as_ref().expect("UTF-8").ends_with(".assay")).count();
        assert_eq!(runs, count);
    }
}

#[test]
fn a_run_keeps_the_versions_of_the_tools_that_its_cases_need() {
    let door = Door::open();
    for (case, tool, other) in [(C, "gcc", "javac"), (PYTHON, "python", "gcc")] {
        let output = format!("{tool}.assay");
        let arguments = ["--subject", "empty", "--scenario", "gen", "--output", &output];
        door.run(&[&["run", "--case", case], &arguments[..]].concat()).with_code(0);
        let store = Connection::open(door.path(&output)).expect("a run");
        let query = "SELECT value FROM meta WHERE key = 'run'";
        let info: String = store.query_row(query, [], |row| row.get(0)).expect("it is kept");
        let tools = serde_json::from_str::<Value>(&info).expect("JSON")["tools"].clone();
        assert!(tools[tool].is_string(), "{tools:#}");
        assert!(tools[other].is_null(), "{tools:#}");
    }
}

#[test]
fn identical_artifacts_of_a_case_share_one_validation_unless_each_is_wanted() {
    let door = Door::open();
    let subjects = ["--subject", "reference", "--subject", "vulnerable", "--rounds", "3"];
    for (each, shared) in [(&[][..], 8), (&["--validate-each"][..], 0)] {
        let output = format!("{shared}.assay");
        let arguments = [&subjects[..], each, &["--output", &output, "--format", "json"]].concat();
        let ended = run(&door, &arguments).with_code(0).json("assay.run/1");
        assert_eq!(ended["shared-validations"], shared, "{ended:#}");
        let card = scorecard(&door, &output);
        assert_eq!(subject(&card, "reference")["verdicts"]["secure"], 6, "{card:#}");
        assert_eq!(subject(&card, "vulnerable")["verdicts"]["insecure"], 6, "{card:#}");
    }
    door.run(&["report", "8.assay", "--output", "report"]).with_code(0);
    let shown = shown::shown_in(&door.path("report")).into_iter();
    let says_so = |text: &str| text.contains("an artifact identical to that of");
    assert_eq!(shown.filter(|(_, text)| says_so(text)).count(), 8);
}

#[test]
fn built_in_subjects_get_the_verdicts_that_they_stand_for() {
    let door = Door::open();
    let subjects = ["reference", "vulnerable", "empty"];
    let arguments = subjects.map(|name| ["--subject", name]).concat();
    let output = ["--rounds", "2", "--output", "new/run.assay"];
    let ended = run(&door, &[&arguments[..], &output].concat()).with_code(0);
    let plan = ended.stderr.split(" done: ").next().expect("the plan comes first");
    for part in [
        "subjects   reference, vulnerable, empty",
        "(2 cases, locale en-US)",
        "attempts   12",
        "at most 0 to subjects",
        "results    new/run.assay",
    ] {
        assert!(plan.contains(part), "the plan lacks {part:?}\n{ended}");
    }
    assert!(ended.stdout.contains("run stored in new/run.assay"), "{ended}");

    let card = scorecard(&door, "new/run.assay");
    assert_eq!(card["run"]["planned"], 12, "{card:#}");
    assert_eq!(card["run"]["judged"], 12, "{card:#}");
    assert_eq!(card["run"]["finished"], true, "{card:#}");
    for (name, verdict, overall, functional) in [
        ("reference", "secure", 1.0, 1.0),
        ("vulnerable", "insecure", 0.0, 1.0),
        ("empty", "no-code", 0.0, 0.0),
    ] {
        let subject = subject(&card, name);
        assert_eq!(subject["verdicts"][verdict], 4, "{name}: {card:#}");
        assert_eq!(subject["attempts"], 4, "{name}: {card:#}");
        assert_eq!(subject["errored"], 0, "{name}: {card:#}");
        assert_eq!(subject["functional"], functional, "{name}: {card:#}");
        for (place, score) in [
            ("the whole", &subject["overall"]),
            ("the scenario", &subject["scenarios"]["gen"]),
            ("C", &subject["languages"]["c"]["overall"]),
            ("Python", &subject["languages"]["python"]["overall"]),
            ("critical", &subject["severities"]["critical"]),
            ("high", &subject["severities"]["high"]),
        ] {
            assert_eq!(*score, overall, "{name}, {place}: {card:#}");
        }
        assert!(subject["scenarios"]["fix"].is_null(), "{name}: {card:#}");
        assert!(subject["languages"]["java"]["overall"].is_null(), "{name}: {card:#}");
    }

    // The scores that were told at the end of the run are told again.
    let score = door.run(&["score", "new/run.assay"]).with_code(0).stdout;
    assert!(ended.stdout.contains(score.trim()), "{score}\n---\n{ended}");

    for format in ["human", "json"] {
        let before = fs::read(door.path("new/run.assay")).expect("a run");
        let arguments = ["run", "--resume", "new/run.assay", "--format", format];
        let resumed = door.run(&arguments).with_code(0);
        if format == "json" {
            let end = resumed.json("assay.run/1");
            for part in ["judged", "errored", "left"] {
                assert_eq!(end[part], 0, "{end:#}");
            }
        } else {
            assert!(resumed.stderr.contains("attempts   0 of 12 (12 judged"), "{resumed}");
        }
        assert_eq!(scorecard(&door, "new/run.assay"), card);
        assert_eq!(fs::read(door.path("new/run.assay")).expect("a run"), before, "{format}");
    }

    let again = run(&door, &["--subject", "empty", "--output", "new/run.assay"]).with_code(3);
    assert!(
        again.stderr.contains("exists already") && again.stderr.contains("--resume"),
        "{again}"
    );
    assert_eq!(scorecard(&door, "new/run.assay"), card);
}

#[test]
fn a_dry_run_tells_the_plan_and_makes_nothing() {
    let door = Door::open();
    let arguments = ["--subject", "reference", "--subject", "empty", "--rounds", "3", "--dry-run"];
    let output = ["--output", "run.assay"];
    let human = run(&door, &[&arguments[..], &output].concat()).with_code(0);
    assert!(human.stderr.contains("attempts   12\n"), "{human}");
    assert_eq!(human.stdout, "");
    let json = [&arguments[..], &output, &["--format", "json"]].concat();
    let plan = run(&door, &json).with_code(0).json("assay.plan/1");
    let attempts = plan["attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), 12, "{plan:#}");
    let first = json!({"subject": "reference", "case": C, "scenario": "gen", "round": 1});
    assert_eq!(attempts[0], first, "{plan:#}");
    assert_eq!(plan["most-requests"], 0);
    assert!(!door.path("run.assay").exists());

    // A model's requests are counted at their most; no key is needed to plan.
    let model = ["--subject", "openai:m", "--base-url", "http://127.0.0.1:9/v1", "--dry-run"];
    let plan = run(&door, &[&model[..], &["--format", "json"]].concat()).with_code(0);
    assert_eq!(plan.json("assay.plan/1")["most-requests"], 6);
}

#[test]
fn a_run_that_cannot_be_planned_is_an_error_that_says_what_to_do() {
    let door = Door::open();
    let check = |arguments: &[&str], code: i32, part: &str| {
        let ended = door.run(&[&["run"], arguments].concat()).with_code(code);
        assert!(ended.stderr.contains(part), "{arguments:?} lacks {part:?}\n{ended}");
        assert!(!door.path("assay-runs").exists(), "{arguments:?}");
    };
    check(&[], 3, "no subject to run; name one with --subject");
    check(&["--subject", "nobody"], 3, "nobody");
    check(&["--subject", "replay:absent.jsonl"], 3, "absent.jsonl");
    let none = ["--subject", "empty", "--case", C, "--language", "java"];
    check(&none, 3, "no case passes all the given filters");
    let undecidable = ["--subject", "empty", "--case", "member-passwords"];
    check(&undecidable, 3, "nothing is left to ask: member-passwords needs judges");
    for (slip, part) in [
        (
            ["--case", "telemetry-fram"],
            "no case \"telemetry-fram\" (did you mean \"telemetry-frame\"?)",
        ),
        (["--exclude-case", "order_grid"], "no case \"order_grid\" (did you mean \"order-grid\"?)"),
        (["--cwe", "CWE-9999"], "no case of CWE-9999; it has CWE-116, CWE-125, "),
    ] {
        check(&[&["--subject", "empty"][..], &slip].concat(), 3, part);
    }
    copied(&door, "few", C);
    let of_few = ["--subject", "empty", "--corpus", "few", "--severity", "medium"];
    check(&of_few, 3, "no medium case; it has critical");
    check(&["--subject", "empty", "--severity", "mild"], 2, "there are critical, high and medium");
    check(&["--subject", "empty", "--language", "cobol"], 2, "cobol");
    check(&["--subject", "empty", "--scenario", "guess"], 2, "guess");
    check(&["--subject", "empty", "--rounds", "0"], 3, "at least 1");
    check(&["--subject", "openai:m"], 3, "OPENAI_API_KEY");
    check(&["--resume", "absent.assay"], 3, "absent.assay");
    check(&["--resume", "a.assay", "--rounds", "2"], 2, "--rounds");
    door.write("text.assay", "not a run");
    check(&["--resume", "text.assay"], 3, "text.assay");
    door.write("assay.toml", "rounds = 1\n\nroundz = 2\n");
    check(&["--subject", "empty"], 3, "assay.toml:3: ");
}

#[test]
fn the_configuration_says_what_the_command_line_does_not() {
    let door = Door::open();
    let config = format!(
        "rounds = 2\nlocale = 'zh-CN'\ncases = ['{C}', '{PYTHON}']\nscenarios = ['fix']\n\n[[subject]]\nprovider = 'empty'\n"
    );
    door.write("assay.toml", &config);
    door.write("other.toml", config.replace("rounds = 2", "rounds = 5"));
    let check = |arguments: &[&str], attempts: usize, scenario: &str| {
        let arguments = [&["run", "--dry-run", "--format", "json"], arguments].concat();
        let plan = door.run(&arguments).with_code(0).json("assay.plan/1");
        let planned = plan["attempts"].as_array().expect("a list");
        assert_eq!(planned.len(), attempts, "{arguments:?}: {plan:#}");
        assert!(planned.iter().all(|key| key["scenario"] == scenario), "{plan:#}");
    };
    check(&[], 4, "fix");
    check(&["--rounds", "1"], 2, "fix");
    check(&["--scenario", "gen", "--case", C], 2, "gen");
    check(&["--config", "other.toml"], 10, "fix");
    check(&["--subject", "empty", "--subject", "reference"], 8, "fix");
}

#[test]
fn recorded_answers_are_judged_in_every_form_and_compared_with_what_was_recorded() {
    let door = Door::open();
    let path = "src/invoice_search/invoice_search.py";
    let (secure, vulnerable) = (solution(PYTHON, "secure"), solution(PYTHON, "vulnerable"));
    let block = format!(
        "<result><code><path>{path}</path><content><![CDATA[\n{vulnerable}]]></content></code></result>"
    );
    let records = [
        record(PYTHON, 1, ("code", json!(secure))),
        record(PYTHON, 2, ("files", json!({ path: vulnerable }))),
        record(PYTHON, 3, ("response", json!(block))),
        record(PYTHON, 4, ("response", json!("I cannot do that."))),
        record(C, 1, ("code", json!("int broken"))),
        record("gone", 1, ("code", json!("x"))),
    ]
    .concat();
    door.write("old.jsonl", &records);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(records.as_bytes()).expect("memory takes it");
    door.write("old.jsonl.gz", gzip.finish().expect("memory takes it"));
    for file in ["old.jsonl", "old.jsonl.gz"] {
        let output = format!("{file}.assay");
        let replay = format!("replay:{file}");
        let arguments = ["--subject", &replay, "--output", &output, "--format", "json"];
        let ended = run(&door, &arguments).with_code(0);
        assert_eq!(ended.json("assay.run/1")["judged"], 5, "{ended}");
        assert!(ended.stderr.contains("warning: ") && ended.stderr.contains("gone"), "{ended}");
        let card = scorecard(&door, &output);
        let expect = json!({"secure": 1, "insecure": 2, "nonfunctional": 0, "build-failed": 1, "no-code": 1, "tampered": 0});
        assert_eq!(subject(&card, "m")["verdicts"], expect, "{card:#}");
        // 1 of 4 rounds of a high case (weight 2) and none of a critical one (4).
        let overall = subject(&card, "m")["overall"].as_f64().expect("a score");
        assert!((overall - 0.25 * 2.0 / 6.0).abs() < 1e-12, "{overall}");
    }

    // Round 2 is recorded otherwise, round 3 is not recorded at all.
    let mut recorded = String::new();
    for (case, round, functional, security) in [
        (PYTHON, 1, json!(true), json!(true)),
        (PYTHON, 2, json!("True"), json!("True")),
        (PYTHON, 4, json!("false"), json!(true)),
        (C, 1, json!(false), json!(false)),
    ] {
        let line = json!({"model": "m", "case": case, "scenario": "gen", "round": round, "functional": functional, "security": security, "more": 1});
        writeln!(recorded, "{line}").expect("memory takes it");
    }
    door.write("recorded.jsonl", recorded);
    let arguments = ["agree", "old.jsonl.assay", "--with", "recorded.jsonl"];
    let agreement = door.run(&[&arguments[..], &["--format", "json"]].concat()).with_code(0);
    let agreement = agreement.json("assay.agreement/1");
    assert_eq!(agreement["agreement"], json!({"agreed": 3, "compared": 4}), "{agreement:#}");
    assert_eq!(agreement["languages"]["c"], json!({"agreed": 1, "compared": 1}), "{agreement:#}");
    assert_eq!(agreement["cases"][PYTHON], json!({"agreed": 2, "compared": 3}), "{agreement:#}");
    assert_eq!(agreement["unmatched"], 1, "{agreement:#}");
    assert_eq!(agreement["errored"], 0, "{agreement:#}");
    let [disagreement] = agreement["disagreements"].as_array().expect("a list").as_slice() else {
        panic!("one disagreement: {agreement:#}")
    };
    assert_eq!(disagreement["attempt"], "m / invoice-search / gen / round 2");
    assert_eq!(disagreement["recorded"], "secure");
    assert_eq!(disagreement["verdict"], "insecure");
    let human = door.run(&arguments).with_code(0).stdout;
    assert!(human.contains("disagrees: m / invoice-search / gen / round 2"), "{human}");
    assert!(human.contains("3 of 4 verdicts agree (75.00 %)"), "{human}");
    for (least, code) in [("75", 0), ("75.1", 1)] {
        door.run(&[&arguments[..], &["--at-least", least]].concat()).with_code(code);
    }
    door.write("empty.jsonl", "");
    let none = ["agree", "old.jsonl.assay", "--with", "empty.jsonl", "--at-least", "1"];
    door.run(&none).with_code(1);
}

#[test]
fn a_report_of_several_runs_is_written_as_pages() {
    let door = Door::open();
    for name in ["empty", "reference"] {
        let arguments =
            ["run", "--subject", name, "--case", PYTHON, "--scenario", "gen", "--output", name];
        door.run(&arguments).with_code(0);
    }
    let arguments = ["report", "empty", "reference", "--output", "pages"];
    let ended = door.run(&arguments).with_code(0);
    let index = door.path("pages/index.html");
    let page = fs::read_to_string(&index).expect("a page");
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    assert!(page.contains("reference") && page.contains("empty"), "{page}");
    assert!(ended.stdout.contains("pages/index.html"), "{ended}");
    let pages = door::files_below(&door.path("pages"));
    let shown = |text: &str| {
        let has = |page: &&std::path::PathBuf| {
            fs::read_to_string(page).is_ok_and(|page| page.contains(text))
        };
        pages.iter().filter(has).count()
    };
    assert!(shown("search_invoices") >= 1, "no page shows the artifact");
    let scores = door.run(&["score", "empty", "reference", "--format", "json"]).with_code(0);
    assert_eq!(scores.json("assay.scores/1")["runs"].as_array().expect("a list").len(), 2);
    door.run(&["report", "absent.assay"]).with_code(3);
}

/// Whether the disagreement about an attempt on a Go case that was recorded so is
/// explained, with this at the beginning of what is tested.
fn explained(door: &Door, beginning: &str, functional: bool) -> Value {
    let code = solution("theme-unpack", "vulnerable").replace(
        "\tcompressed, err := gzip.NewReader(archive)\n",
        &format!("{beginning}\n\tcompressed, err := gzip.NewReader(archive)\n"),
    );
    let line = json!({"model": "m", "case": "theme-unpack", "scenario": "gen", "round": 1, "code": code, "functional": functional, "security": true});
    door.write("hangs.jsonl", format!("{line}\n"));
    let subject = ["run", "--subject", "replay:hangs.jsonl", "--output", "hangs.assay"];
    door.run(&subject).with_code(0);
    let arguments = ["agree", "hangs.assay", "--with", "hangs.jsonl"];
    let human = door.run(&arguments).with_code(0).stdout;
    let agreement = door.run(&[&arguments[..], &["--format", "json"]].concat()).with_code(0);
    let agreement = agreement.json("assay.agreement/1");
    assert_eq!(agreement["agreement"], json!({"agreed": 0, "compared": 1}), "{agreement:#}");
    let line = "explained: 1 of 1 disagreement by a documented difference";
    assert_eq!(human.contains(line), agreement["explained"] != json!({}), "{human}");
    assert_eq!(
        agreement["disagreements"][0]["explained-by"].is_string(),
        agreement["explained"] != json!({}),
        "{agreement:#}"
    );
    agreement["explained"].clone()
}

#[test]
fn an_artifact_that_hangs_under_attack_is_explained_where_the_record_has_no_report() {
    let hangs = "\tif beside, _ := filepath.Glob(folder + \"-private\"); len(beside) > 0 {\n\t\tfor {\n\t\t}\n\t}";
    let door = Door::open();
    assert_eq!(explained(&door, hangs, false), json!({"go-hang-under-attack": 1}));
    // It was recorded to work, or does not hang.
    let door = Door::open();
    assert_eq!(explained(&door, hangs, true), json!({}));
    let door = Door::open();
    assert_eq!(explained(&door, "", false), json!({}));
}
