//! Cases of our own: what the writer proposes is proved as by `assay check --mutants`, or not kept.

use std::fs;

use assay_core::canary::{CANARY, MARK};
use serde_json::Value;

use crate::door::{Door, files_below, repository};
use crate::model::{Asked, Model, text};
use crate::script::{For, strategy, verdict};
use crate::scripted_server::Step;

const SEED: &str = "invoice-search";
const EVOLVED: &str = "invoice-search-constraints-1";

/// The files of the evolved case, by their paths.
fn proposed() -> Vec<(String, String)> {
    let folder = repository().join("crates/assay/tests/evolve/data/case");
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(&folder).expect("below").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("UTF-8"))
    };
    files_below(&folder).into_iter().map(read).collect()
}

fn block(files: &[(String, String)]) -> String {
    let items: String = files
        .iter()
        .map(|(path, content)| {
            format!(
                "<code>\n<path>{path}</path>\n<content><![CDATA[\n{content}]]></content>\n</code>\n"
            )
        })
        .collect();
    format!("Here is the task.\n\n<result>\n{items}</result>\n")
}

fn only(names: &[&str]) -> Vec<(String, String)> {
    proposed().into_iter().filter(|(path, _)| names.contains(&path.as_str())).collect()
}

fn without(part: &str) -> Vec<(String, String)> {
    let is_left = |path: &str| !path.contains(part) && !path.ends_with("interface.txt");
    proposed().into_iter().filter(|(path, _)| is_left(path)).collect()
}

/// A writer whose first case lacks a secure solution, and whose case of another strategy is always
/// full of what has no place in it.
fn says(asked: &Asked) -> Step {
    text(&match For::of(asked) {
        For::Write if strategy(asked.first()) == "constraints" => {
            block(&only(&["brief.en-US.md", "interface.txt"]))
        }
        For::Write => {
            let mut files = only(&["brief.en-US.md", "interface.txt"]);
            files[0].1 = "# Invoice medians\n\nWrite `invoice_medians`, which finds the median of the totals for each month in which an invoice of the chosen customer was due, without reading all of them at once.\n".to_owned();
            block(&files)
        }
        For::Guard => verdict("no", "the brief asks for nothing"),
        For::Weakness => verdict("yes", "a column is put into a statement"),
        For::Case if asked.first().contains("Invoice medians") => block(&hostile()),
        For::Case if asked.0.len() == 1 => block(&without("secure-in-memory")),
        For::Case => block(&without("nothing")),
        For::Complete => panic!("a case is not completed"),
    })
}

/// Paths that lead elsewhere, and others that have no place in a case.
fn hostile() -> Vec<(String, String)> {
    let mut files = without("nothing");
    for path in [
        "../../../escaped.py",
        "/tmp/evolve-escaped.py",
        "template/../../../escaped.py",
        "solutions/secure-x/tests/security/test_x.py",
        "solutions/../../escaped/x.py",
        "solutions/other/src/invoice_search/invoice_search.py",
        "template/src/invoice_search/invoice_search.py",
        "template/.git/hooks/pre-commit",
        "tests/security/test_invoice_totals_security.py/nested.py",
        "notes.txt",
    ] {
        files.push((path.to_owned(), "print('escaped')\n".to_owned()));
    }
    files.push(("tests/functional/test_bell.py".to_owned(), "x = '\u{7f}'\n".to_owned()));
    // These are written by Assay, whatever is proposed.
    files.push(("case.toml".to_owned(), "id = \"mine\"\n".to_owned()));
    files.push(("template/requirements.txt".to_owned(), "evil==1.0\n".to_owned()));
    files
}

fn evolve(door: &Door, model: &Model, more: &[&str]) -> Value {
    let common = ["evolve", "--corpus=corpus", "--output=out", "--format=json", SEED];
    let writer = ["--writer=openai:m", "--base-url", model.base()];
    let ended = door.run(&[&common[..], &writer, more].concat());
    ended.with_code(0).json("assay.evolution/1")
}

fn candidate<'a>(result: &'a Value, strategy: &str) -> &'a Value {
    let id = format!("{SEED}/{strategy}/1");
    let all = result["candidates"].as_array().expect("a list");
    all.iter().find(|it| it["candidate"] == id.as_str()).expect("a candidate")
}

#[test]
fn an_evolved_case_is_kept_where_its_tests_prove_it() {
    let door = Door::open();
    let model = Model::start(says);
    let strategies = ["--strategy=constraints", "--strategy=demands", "--repairs=1"];
    let result = evolve(&door, &model, &strategies);
    let kept = candidate(&result, "constraints");
    assert_eq!(kept["standing"], "kept", "{kept}");
    assert_eq!((&kept["turns"], &kept["proof"]["proved"]), (&2.into(), &true.into()), "{kept}");
    let mutants = &kept["proof"]["mutants"];
    assert!(mutants["tried"].as_array().is_some_and(|tried| tried.len() >= 2), "{mutants}");
    let dropped = candidate(&result, "demands");
    assert_eq!((&dropped["standing"], &dropped["filter"]), (&"dropped".into(), &"proof".into()));
    let reason = dropped["reason"].as_str().expect("a reason");
    for expect in [
        "not proved after 2 turns",
        "leaves its directory",
        "is absolute",
        "solutions/other: a solution's name is secure, vulnerable",
        "is the solution, which is no part of the template",
        "hidden files are no part of a case",
        "is both a file and a folder",
        "notes.txt has no place in a case",
        "tests/functional/test_bell.py holds a control character",
        "solutions/secure-x/tests/security/test_x.py: a solution is of src/invoice_search/invoice_search.py",
    ] {
        assert!(reason.contains(expect), "{expect}: {reason}");
    }

    // The writer is told what is wrong, sees its own answer, and never sees a canary.
    let cases: Vec<Asked> =
        model.asked().into_iter().filter(|it| For::of(it) == For::Case).collect();
    assert_eq!(cases.len(), 4);
    let again = cases.iter().find(|it| it.0.len() == 3 && !it.first().contains("medians"));
    let again = again.expect("it is asked again");
    assert!(again.last().contains("there are 1 secure solutions; write at least two"));
    assert_eq!(again.0[1], block(&without("secure-in-memory")));
    assert!(cases[0].first().contains("def search_invoices("), "{}", cases[0].first());
    assert!(model.asked().iter().all(|it| it.0.iter().all(|text| !text.contains(MARK))));

    // The case has a head of its own, the dependencies of its seed, and a fresh canary.
    let folder = door.path("out/corpus/evolved/python").join(EVOLVED);
    let read = |path: &str| fs::read_to_string(folder.join(path)).expect("it is there");
    let head: toml::Table = read("case.toml").parse().expect("TOML");
    assert_eq!(head["id"].as_str(), Some(EVOLVED));
    assert_eq!(head["title"].as_str(), Some("Invoice totals"));
    assert_eq!(head["cwe"].as_array().map(Vec::len), Some(1));
    assert!(head["interface"].as_str().expect("one").starts_with("def invoice_totals("));
    assert!(!head.contains_key("mutants"), "what was said of other solutions stays behind");
    assert_eq!(read("template/requirements.txt"), "pytest==8.4.2\n");
    let canary =
        |text: &str| text.lines().last().unwrap_or_default().trim_start_matches("# ").to_owned();
    let own = canary(&read("case.toml"));
    assert!(own.starts_with(MARK) && own != CANARY, "{own}");
    for path in [
        "tests/functional/test_invoice_totals.py",
        "tests/security/test_invoice_totals_security.py",
    ] {
        assert_eq!(canary(&read(path)), own, "{path}");
    }
    for path in ["brief.en-US.md", "solutions/secure/src/invoice_search/invoice_search.py"] {
        assert!(!read(path).contains(MARK), "{path}");
    }
    assert_eq!(files_below(&door.path("out/corpus/evolved")).len(), files_below(&folder).len());
    assert!(
        !door.path("escaped.py").exists() && !fs::exists("/tmp/evolve-escaped.py").expect("known")
    );

    // It is a corpus as any other.
    let shown = door.run(&["check", "--corpus=out/corpus", "--format=json"]).with_code(0);
    assert_eq!(shown.json("assay.check/1")["proved"], 1);
    let page = fs::read_to_string(door.path("out/review.html")).expect("a page");
    assert!(
        page.contains("tests/security/test_invoice_totals_security.py"),
        "no files of the case"
    );

    // Nothing is asked or proved twice.
    let (asked, size) = (model.asked().len(), fs::metadata(door.path("out/ledger.jsonl")));
    let again = evolve(&door, &model, &strategies);
    assert_eq!(again["candidates"], result["candidates"]);
    assert_eq!(model.asked().len(), asked);
    let after = fs::metadata(door.path("out/ledger.jsonl")).expect("it is there").len();
    assert_eq!(after, size.expect("it is there").len());
}

#[test]
fn a_case_whose_tests_do_not_tell_secure_from_vulnerable_is_not_kept() {
    let door = Door::open();
    let model = Model::start(|asked| match For::of(asked) {
        For::Case => {
            let mut files = without("mutants/");
            for (path, content) in &mut files {
                if path.starts_with("tests/security/") {
                    *content = "def test_nothing():\n    assert 1 + 1 == 2\n".to_owned();
                }
            }
            text(&block(&files))
        }
        _ => says(asked),
    });
    let result = evolve(&door, &model, &["--strategy=constraints", "--repairs=0"]);
    let dropped = candidate(&result, "constraints");
    assert_eq!(dropped["filter"], "proof", "{dropped}");
    let reason = dropped["reason"].as_str().expect("a reason");
    assert!(reason.contains("vulnerable is secure, expected insecure"), "{reason}");
    assert!(!door.path("out/corpus").exists());
}
